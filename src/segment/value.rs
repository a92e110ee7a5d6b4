//! The value of a field: text, a number or a bar, and the role that it is shown in.

use std::time::Duration;

use super::span::{Span, bounded};
use super::{Cx, Role, bar};
use crate::base::format;
use crate::base::text::{Link, Text};
use crate::base::width::{cut, width};

/// The value of a field.
#[derive(Debug, Clone, PartialEq)]
pub struct Value {
    shape: Shape,
    /// Compared by conditions; they compare the text of a value without one.
    pub number: Option<f64>,
    /// `None` for the role of the segment.
    role: Option<Role>,
    /// Config may not recolour it: its role shows a level or state.
    keeps_role: bool,
    link: Option<Link>,
}

#[derive(Debug, Clone, PartialEq)]
enum Shape {
    Text(Text),
    /// Text in several roles.
    Spans(Vec<Span>),
    /// A bar that is full to this percentage.
    Bar(f64),
}

impl Value {
    const fn new(shape: Shape, number: Option<f64>) -> Self {
        Value { shape, number, role: None, keeps_role: false, link: None }
    }

    /// Text from outside, or made from it.
    pub fn text(text: impl Into<String>) -> Self {
        Value::new(Shape::Text(bounded(text)), None)
    }

    /// Text of our own.
    pub const fn fixed(text: &'static str) -> Self {
        Value::new(Shape::Text(Text::fixed(text)), None)
    }

    /// A number, and its text.
    pub fn number(number: f64, text: impl Into<String>) -> Self {
        Value { number: Some(number), ..Value::text(text) }
    }

    /// A count. `None` for 0.
    pub fn count(count: u64) -> Option<Self> {
        (count > 0).then(|| Value::number(count as f64, count.to_string()))
    }

    /// A count with its noun. `None` for 0.
    pub fn counted(count: u64, one: &str, several: &str) -> Option<Self> {
        let noun = if count == 1 { one } else { several };
        (count > 0).then(|| Value::number(count as f64, format!("{count} {noun}")))
    }

    /// A count with a unit letter.
    pub fn compact(count: f64) -> Self {
        Value::number(count, format::compact(count))
    }

    /// A percentage as a whole number.
    pub fn percent(percent: f64) -> Self {
        Value::number(percent, format::percent(percent))
    }

    /// A duration in its two largest units; its number is in seconds.
    pub fn duration(duration: Duration) -> Self {
        let seconds = duration.as_secs();
        Value::number(seconds as f64, format::duration(seconds))
    }

    /// A duration in its largest unit; its number is in seconds.
    pub fn duration_short(duration: Duration) -> Self {
        let seconds = duration.as_secs();
        Value::number(seconds as f64, format::duration_short(seconds))
    }

    /// The age of what is shown next to it.
    pub fn stale(age: Duration) -> Self {
        Value::text(format!("({})", format::duration(age.as_secs()))).state(Role::Stale)
    }

    /// Text in several roles, which config may not recolour.
    pub fn spans(spans: Vec<Span>) -> Self {
        Value::new(Shape::Spans(spans), None)
    }

    /// A bar for a percentage.
    pub fn bar(percent: f64) -> Self {
        Value::new(Shape::Bar(percent), Some(percent))
    }

    /// Compared by this number in conditions.
    #[must_use]
    pub fn with_number(self, number: f64) -> Self {
        Value { number: Some(number), ..self }
    }

    /// In this role instead of the segment's.
    #[must_use]
    pub fn in_role(self, role: Role) -> Self {
        Value { role: Some(role), ..self }
    }

    /// In this role, whatever config sets: it shows a level or state.
    #[must_use]
    pub fn state(self, role: Role) -> Self {
        Value { role: Some(role), keeps_role: true, ..self }
    }

    /// With a hyperlink.
    #[must_use]
    pub fn linked(self, link: Option<Link>) -> Self {
        Value { link, ..self }
    }

    /// Nothing but spaces.
    pub(super) fn is_blank(&self) -> bool {
        match &self.shape {
            Shape::Text(text) => text.is_blank(),
            Shape::Spans(spans) => spans.iter().all(Span::is_blank),
            Shape::Bar(_) => false,
        }
    }

    /// The text that conditions compare if there is no number.
    pub fn as_text(&self) -> String {
        match &self.shape {
            Shape::Text(text) => text.as_str().to_owned(),
            Shape::Spans(spans) => spans.iter().map(|span| span.text.as_str()).collect(),
            Shape::Bar(percent) => percent.to_string(),
        }
    }

    /// Adds its spans to `spans`, in at most `columns`.
    pub(super) fn append_to(self, spans: &mut Vec<Span>, columns: Option<usize>, cx: &Cx) {
        let from = spans.len();
        let own = self.role.unwrap_or(cx.settings.kind.role);
        let role = cx.settings.role.filter(|_| !self.keeps_role).unwrap_or(own);
        match self.shape {
            Shape::Text(text) => spans.push(Span { text, link: self.link, ..Span::fixed(role, "") }),
            Shape::Spans(own) => spans.extend(own),
            Shape::Bar(percent) => return bar::append_to(spans, percent, columns, own, cx),
        }
        if let (Some(columns), [only]) = (columns, &mut spans[from..])
            && width(only.text.as_str()) > columns
        {
            let cut = Span::new(only.role, cut(only.text.as_str(), columns));
            *only = Span { link: only.link.take(), ..cut };
        }
    }
}
