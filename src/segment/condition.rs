//! Conditions such as `used < 10`, `branch = main`, `hit` (it has a value) or `!hit` (it has none).

use std::borrow::Cow;

/// A condition.
#[derive(Debug, Clone, PartialEq)]
pub struct Condition {
    /// As in config.
    pub source: Cow<'static, str>,
    /// The name whose value counts.
    pub field: Cow<'static, str>,
    pub test: Test,
}

#[derive(Debug, Clone, PartialEq)]
pub enum Test {
    Present,
    Absent,
    Equal(Cow<'static, str>),
    Unequal(Cow<'static, str>),
    /// By a row of [`ORDERS`].
    Ordered(usize, f64),
}

type Compare = fn(&f64, &f64) -> bool;

/// `<=` before `<`, since the first match is used.
pub const ORDERS: [(&str, Compare); 4] = [("<=", f64::le), (">=", f64::ge), ("<", f64::lt), (">", f64::gt)];

impl Condition {
    /// `None` when it is not a condition.
    pub fn parse(source: &str) -> Option<Self> {
        let owned = |text: &str| Cow::Owned(text.trim().to_owned());
        let text = source.trim();
        let (field, test) = match text.find(['<', '>', '=']) {
            None => match text.strip_prefix('!') {
                Some(field) => (field, Test::Absent),
                None => (text, Test::Present),
            },
            Some(at) if text[at..].starts_with('=') => match text[..at].strip_suffix('!') {
                Some(field) => (field, Test::Unequal(owned(&text[at + 1..]))),
                None => (&text[..at], Test::Equal(owned(&text[at + 1..]))),
            },
            Some(at) => {
                let order = ORDERS.iter().position(|(sign, _)| text[at..].starts_with(sign))?;
                let bound = text[at + ORDERS[order].0.len()..].trim();
                (&text[..at], Test::Ordered(order, bound.parse().ok()?))
            }
        };
        let field = owned(field);
        let is_name = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
        let is_field = !field.is_empty() && field.chars().all(is_name);
        is_field.then(|| Condition { source: Cow::Owned(source.to_owned()), field, test })
    }
}
