//! What a name in a format string stands for.

use super::{Icons, Role, Settings, Span};
use crate::base::format;
use crate::base::text::Link;
use crate::base::width::{cut, width};

/// What a name in a format string stands for.
#[derive(Debug, Clone, PartialEq)]
pub struct Value {
    shape: Shape,
    /// The number that conditions compare; for text without one they compare the text.
    pub number: Option<f64>,
    /// Whether its role tells of a level, or of a state, and stays what it is in any configuration.
    telling: bool,
}

#[derive(Debug, Clone, PartialEq)]
enum Shape {
    Spans(Vec<Span>),
    Bar { role: Role, track: Role, percent: f64 },
}

/// Cells of a bar when the format string does not say.
const CELLS: usize = 10;

impl Value {
    /// Text.
    pub fn text(role: Role, text: impl Into<String>) -> Self {
        Value { shape: Shape::Spans(vec![Span::new(role, text)]), number: None, telling: false }
    }

    /// A number, as it is shown.
    pub fn number(role: Role, number: f64, text: impl Into<String>) -> Self {
        Value { number: Some(number), ..Value::text(role, text) }
    }

    /// How many there are, with the word for one and for several where these are given. `None` for none.
    pub fn count(role: Role, count: u64, words: Option<[&str; 2]>) -> Option<Self> {
        let text = match words {
            Some([one, _]) if count == 1 => format!("1 {one}"),
            Some([_, several]) => format!("{count} {several}"),
            None => count.to_string(),
        };
        (count > 0).then(|| Value::number(role, count as f64, text))
    }

    /// Several pieces of text.
    pub fn spans(spans: Vec<Span>) -> Self {
        Value { shape: Shape::Spans(spans), number: None, telling: true }
    }

    /// A bar for a percentage, in steps of an eighth cell.
    pub fn bar(role: Role, track: Role, percent: f64) -> Self {
        Value { shape: Shape::Bar { role, track, percent }, number: Some(percent), telling: true }
    }

    /// The same, in a role that stays what it is in any configuration: it tells of a level or state.
    #[must_use]
    pub fn telling(self) -> Self {
        Value { telling: true, ..self }
    }

    /// The same, compared by this number in conditions.
    #[must_use]
    pub fn with_number(self, number: f64) -> Self {
        Value { number: Some(number), ..self }
    }

    /// The same, leading to somewhere.
    #[must_use]
    pub fn linked(mut self, link: Option<&Link>) -> Self {
        if let Shape::Spans(spans) = &mut self.shape {
            spans.iter_mut().for_each(|span| span.link = link.cloned());
        }
        self
    }

    /// Whether it shows nothing.
    pub(super) fn is_blank(&self) -> bool {
        matches!(&self.shape, Shape::Spans(spans) if spans.iter().all(Span::is_blank))
    }

    /// What conditions compare it by, when it is no number.
    pub fn as_text(&self) -> String {
        match &self.shape {
            Shape::Spans(spans) => spans.iter().map(|span| span.text.as_str()).collect(),
            Shape::Bar { percent, .. } => percent.to_string(),
        }
    }

    /// In the role that is configured, unless its own says something.
    pub(super) fn in_role(mut self, settings: &Settings) -> Self {
        if let (Some(role), false, Shape::Spans(spans)) = (settings.role, self.telling, &mut self.shape) {
            spans.iter_mut().for_each(|span| span.role = role);
        }
        self
    }

    /// As spans of at most `columns`, where that is said.
    pub(super) fn into_spans(self, columns: Option<usize>, icons: Icons, links: bool) -> Vec<Span> {
        let mut spans = match self.shape {
            Shape::Spans(spans) => spans,
            Shape::Bar { role, track, percent } => {
                let (full, part, empty) = format::bar(percent, columns.unwrap_or(CELLS), icons.bar());
                let part = Span { drawn: true, track: Some(track), ..Span::fixed(role, part) };
                let spans = [Span::drawn(role, full), part, Span::drawn(track, empty)];
                return spans.into_iter().filter(|span| !span.text.as_str().is_empty()).collect();
            }
        };
        if !links {
            spans.iter_mut().for_each(|span| span.link = None);
        }
        if let (Some(columns), [only]) = (columns, &mut spans[..])
            && width(only.text.as_str()) > columns
        {
            let cut = Span::new(only.role, cut(only.text.as_str(), columns));
            *only = Span { link: only.link.take(), ..cut };
        }
        spans
    }
}
