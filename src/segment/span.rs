//! The text of a segment, in spans of one role each, and in forms of different lengths.

use super::Role;
use crate::base::text::{Link, Text};
use crate::base::width::width;

/// Text in a role.
#[derive(Debug, Clone, PartialEq)]
pub struct Span {
    pub role: Role,
    pub text: Text,
    pub ground: Ground,
    /// A drawing, such as a bar: painted in the role's colour, without bold and other attributes.
    pub drawn: bool,
    /// Part of a bar, on the background of its track.
    pub on_track: bool,
    pub link: Option<Link>,
    /// A look instead of the role's: SGR parameters, i.e. digits and semicolons.
    pub sgr: Option<Box<str>>,
}

/// The background of a span.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ground {
    /// The terminal's own background.
    Terminal,
    /// A band of the colour of that role.
    Band(Role),
    /// The place where bands meet.
    Edge {
        /// The band whose colour it is drawn in.
        front: Role,
        /// The band in its background; `None` for the terminal's own background.
        back: Option<Role>,
        /// Drawn instead if both have the same colour; as wide as the edge.
        seam: &'static str,
    },
}

/// Longest text of a span in bytes: more than any row has columns.
const MAX_TEXT: usize = 2048;

/// Text from outside, or made from it, cut at [`MAX_TEXT`].
pub(super) fn bounded(text: impl Into<String>) -> Text {
    let mut text = text.into();
    if text.len() > MAX_TEXT {
        let end = (0..=MAX_TEXT).rev().find(|end| text.is_char_boundary(*end));
        text.truncate(end.unwrap_or(0));
    }
    Text::new(text)
}

impl Span {
    /// Text from outside, or made from it.
    pub fn new(role: Role, text: impl Into<String>) -> Self {
        Span { text: bounded(text), ..Span::fixed(role, "") }
    }

    /// Text of our own.
    pub const fn fixed(role: Role, text: &'static str) -> Self {
        let ground = Ground::Terminal;
        Span { role, text: Text::fixed(text), ground, drawn: false, on_track: false, link: None, sgr: None }
    }

    /// Text from outside in its own look, as [`crate::base::text::coloured_parts`] gives it.
    pub fn coloured(role: Role, (sgr, text): (String, &str)) -> Self {
        Span { sgr: Some(sgr.into()), ..Span::new(role, text) }
    }

    /// A drawing.
    pub fn drawn(role: Role, text: impl Into<String>) -> Self {
        Span { drawn: true, ..Span::new(role, text) }
    }

    /// Nothing but spaces; spaces of a track are visible.
    pub fn is_blank(&self) -> bool {
        !self.on_track && self.text.is_blank()
    }
}

/// One way to show a segment.
#[derive(Debug, Clone, PartialEq)]
pub struct Form {
    /// Rank at which it replaces the next longer form, compared with the priorities of segments: the lowest first.
    pub rank: u8,
    pub spans: Vec<Span>,
    /// Width of `spans`.
    pub columns: usize,
}

impl Form {
    pub fn new(rank: u8, spans: Vec<Span>) -> Self {
        let columns = spans.iter().map(|span| width(span.text.as_str())).sum();
        Form { rank, spans, columns }
    }

    /// The role that gives a band its colour: that of the first text that is not a label, or the worst one of several
    /// numbers.
    pub fn band(&self) -> Role {
        let roles = self.spans.iter().filter(|span| !span.is_blank()).map(|span| span.role);
        let says_something = |role: &Role| !role.is_decoration() && !matches!(role, Role::Label | Role::Text);
        let first = roles.clone().find(says_something).or_else(|| roles.clone().next());
        let worse = |band: Role, role: Role| if role.level() > band.level() { role } else { band };
        roles.fold(first.unwrap_or(Role::Text), worse)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_has_an_end() {
        let span = Span::new(Role::Text, "日".repeat(1000));
        assert_eq!(span.text.as_str(), "日".repeat(MAX_TEXT / 3));
    }

    #[test]
    fn a_band_has_the_colour_of_what_matters_most() {
        let check = |spans: &[(Role, &'static str)], expected| {
            let form = Form::new(0, spans.iter().map(|(role, text)| Span::fixed(*role, text)).collect());
            assert_eq!(form.band(), expected, "{form:?}");
        };
        check(&[(Role::Label, "5h"), (Role::Limits, "9%"), (Role::LimitsWarning, "80%")], Role::LimitsWarning);
        check(&[(Role::LimitsDanger, "95%"), (Role::LimitsNotice, "60%")], Role::LimitsDanger);
        check(&[(Role::Label, "cache"), (Role::Cache, "93%"), (Role::CacheCold, "cold")], Role::Cache);
        check(&[(Role::Model, " "), (Role::Label, "a")], Role::Label);
        check(&[], Role::Text);
    }
}
