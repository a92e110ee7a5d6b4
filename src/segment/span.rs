//! What a segment comes to: text in roles, in one or more forms.

use super::Role;
use crate::base::text::{Link, Text};

/// Text in a role.
#[derive(Debug, Clone, PartialEq)]
pub struct Span {
    /// What it stands for.
    pub role: Role,
    /// What it says.
    pub text: Text,
    /// Whether it is a drawing, such as a bar: painted in the role's colour, without bold and the like.
    pub drawn: bool,
    /// What a drawing of a part of a cell leaves free: the track of a bar.
    pub track: Option<Role>,
    /// Where it leads to.
    pub link: Option<Link>,
    /// A look of its own in place of the role's: parameters of SGR, digits and semicolons.
    pub sgr: Option<Box<str>>,
}

/// Longest text of a span in bytes: more than any row has columns.
const MAX_TEXT: usize = 2048;

/// Text from outside, or made of it, without what exceeds [`MAX_TEXT`].
pub(super) fn bounded(text: impl Into<String>) -> Text {
    let mut text = text.into();
    if text.len() > MAX_TEXT {
        let end = (0..=MAX_TEXT).rev().find(|end| text.is_char_boundary(*end));
        text.truncate(end.unwrap_or(0));
    }
    Text::new(text)
}

impl Span {
    /// Text from outside, or made of it.
    pub fn new(role: Role, text: impl Into<String>) -> Self {
        Span { text: bounded(text), ..Span::fixed(role, "") }
    }

    /// Text of our own.
    pub const fn fixed(role: Role, text: &'static str) -> Self {
        Span { role, text: Text::fixed(text), drawn: false, track: None, link: None, sgr: None }
    }

    /// Text from outside in a look of its own, as [`crate::base::text::coloured_parts`] gives it.
    pub fn coloured(role: Role, (sgr, text): (String, &str)) -> Self {
        Span { sgr: Some(sgr.into()), ..Span::new(role, text) }
    }

    /// A drawing.
    pub fn drawn(role: Role, text: impl Into<String>) -> Self {
        Span { drawn: true, ..Span::new(role, text) }
    }

    /// Whether it is nothing but spaces.
    pub fn is_blank(&self) -> bool {
        self.text.as_str().trim().is_empty()
    }

    /// Removes spaces at its beginning.
    pub(super) fn trim_start(&mut self) {
        if self.text.as_str().starts_with(char::is_whitespace) {
            self.text = self.text.trimmed_start();
        }
    }

    /// Removes spaces at its end.
    pub(super) fn trim_end(&mut self) {
        if self.text.as_str().ends_with(char::is_whitespace) {
            self.text = self.text.trimmed_end();
        }
    }
}

/// What a segment shows, in one or more forms.
#[derive(Debug, Clone, PartialEq)]
pub struct Segment {
    /// Which of the format strings the first form is of.
    longest: usize,
    /// At least one, the longest first.
    forms: Vec<Form>,
}

/// One way to show a segment.
#[derive(Debug, Clone, PartialEq)]
pub struct Form {
    /// When the longer form before it gives way, among these and the priorities of other segments:
    /// the lowest first. Shortening mostly comes before anything is dropped.
    pub rank: u8,
    /// What is shown.
    pub spans: Vec<Span>,
}

impl Segment {
    /// A segment that has this form, of the `longest`th format string.
    pub fn new(longest: usize, form: Form) -> Self {
        Segment { longest, forms: vec![form] }
    }

    /// Which of the format strings its longest form is of.
    pub(super) fn longest(&self) -> usize {
        self.longest
    }

    /// Adds a shorter form, unless it says the same as the last.
    pub fn extend(&mut self, form: Option<Form>) {
        let said = self.forms.last().map(|last| &last.spans);
        if let Some(form) = form.filter(|form| said != Some(&form.spans)) {
            self.forms.push(form);
        }
    }

    /// The forms, longest first; at least one.
    pub fn forms(&self) -> &[Form] {
        &self.forms
    }

    /// The role that a band under it takes its colour from: that of the first text that is no label, and
    /// of several numbers that of the worst.
    pub fn band(&self) -> Role {
        let roles = self.forms[0].spans.iter().filter(|span| !span.is_blank()).map(|span| span.role);
        let telling = |role: &Role| !matches!(role, Role::Label | Role::Text | Role::Separator);
        let first = roles.clone().find(telling).or_else(|| roles.clone().next()).unwrap_or(Role::Text);
        let worse = |band: Role, role: Role| if role.level() > band.level() { role } else { band };
        roles.fold(first, worse)
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
            let spans = spans.iter().map(|(role, text)| Span::fixed(*role, text)).collect();
            let segment = Segment::new(0, Form { rank: 0, spans });
            assert_eq!(segment.band(), expected, "{segment:?}");
        };
        check(
            &[(Role::Label, "5h"), (Role::Limits, "9%"), (Role::LimitsWarning, "80%")],
            Role::LimitsWarning,
        );
        check(&[(Role::LimitsDanger, "95%"), (Role::LimitsNotice, "60%")], Role::LimitsDanger);
        check(&[(Role::Label, "cache"), (Role::Cache, "93%"), (Role::CacheCold, "cold")], Role::Cache);
        check(&[(Role::Model, " "), (Role::Label, "a")], Role::Label);
        check(&[], Role::Text);
    }
}
