//! The settings of a segment, resolved from all config files.

use std::borrow::Cow;
use std::fmt;

use super::{Icons, Kind, Role, Value};

/// The settings of a segment.
pub struct Settings {
    /// Its name in config, where that is not the one of its kind.
    pub own_name: Option<Box<str>>,
    pub kind: &'static Kind,
    /// The lowest goes first on a narrow terminal.
    pub priority: u8,
    /// Format strings, the longest form first.
    pub formats: Vec<Cow<'static, str>>,
    /// Ranks at which each shorter form replaces the one before.
    pub steps: Vec<u8>,
    /// Text before it.
    pub prefix: Cow<'static, str>,
    /// Replaces the icon of the kind.
    pub icon: Option<Cow<'static, str>>,
    /// Replaces the role of the kind.
    pub role: Option<Role>,
    /// In rising order.
    pub thresholds: Vec<Threshold>,
    /// It is hidden while one of these holds.
    pub hide_when: Vec<Condition>,
    /// Values of the keys that only its kind has.
    pub options: Vec<(&'static str, Cow<'static, str>)>,
}

/// From `at` on a number is painted in `role`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Threshold {
    pub at: f64,
    pub role: Role,
}

/// Rank of a step that config leaves out: below nearly every priority.
const STEP: u8 = 9;

impl Settings {
    /// The weight of a segment without format.
    pub const LEAST_WEIGHT: usize = 16;

    /// Cost of computing it, in bytes of format strings.
    pub fn weight(&self) -> usize {
        let formats: usize = self.formats.iter().map(|format| format.len()).sum();
        Self::LEAST_WEIGHT * (1 + self.hide_when.len()) + formats
    }

    /// Its name in config.
    pub fn name(&self) -> &str {
        self.own_name.as_deref().unwrap_or(self.kind.name)
    }

    /// The rank of the step to the form after the `index`th.
    pub fn step(&self, index: usize) -> u8 {
        self.steps.get(index).copied().unwrap_or(STEP)
    }

    /// The icon, `None` where it is empty.
    pub fn icon(&self, icons: Icons) -> Option<&str> {
        let icon = self.icon.as_deref().unwrap_or_else(|| self.kind.icon[icons as usize]);
        Some(icon).filter(|icon| !icon.is_empty())
    }

    /// Value of a key of its kind.
    pub fn option(&self, key: &str) -> Option<&str> {
        let found = self.options.iter().find(|(name, _)| *name == key);
        found.map(|(_, value)| value.as_ref()).filter(|value| !value.is_empty())
    }

    /// Value of a key of its kind, as a number.
    pub fn number(&self, key: &str) -> Option<f64> {
        self.option(key)?.parse().ok()
    }
}

/// A condition such as `used < 10`, `branch = main`, `hit` (it has a value) or `!hit` (it has none).
#[derive(Debug, Clone, PartialEq)]
pub struct Condition {
    /// The name whose value counts.
    pub field: String,
    test: Test,
}

#[derive(Debug, Clone, PartialEq)]
enum Test {
    Present,
    Absent,
    Equal(String),
    Unequal(String),
    /// By a row of [`ORDERS`].
    Ordered(usize, f64),
}

type Compare = fn(&f64, &f64) -> bool;

/// `<=` before `<`, so that the first one that matches is meant.
const ORDERS: [(&str, Compare); 4] = [("<=", f64::le), (">=", f64::ge), ("<", f64::lt), (">", f64::gt)];

/// As in config.
impl fmt::Display for Condition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let field = &self.field;
        match &self.test {
            Test::Present => f.write_str(field),
            Test::Absent => write!(f, "!{field}"),
            Test::Equal(text) => write!(f, "{field} = {text}"),
            Test::Unequal(text) => write!(f, "{field} != {text}"),
            Test::Ordered(order, bound) => write!(f, "{field} {} {bound}", ORDERS[*order].0),
        }
    }
}

impl Condition {
    /// `None` when it is not a condition.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let (field, test) = match text.find(['<', '>', '=']) {
            None => match text.strip_prefix('!') {
                Some(field) => (field, Test::Absent),
                None => (text, Test::Present),
            },
            Some(at) if text[at..].starts_with('=') => match text[..at].strip_suffix('!') {
                Some(field) => (field, Test::Unequal(text[at + 1..].trim().to_owned())),
                None => (&text[..at], Test::Equal(text[at + 1..].trim().to_owned())),
            },
            Some(at) => {
                let order = ORDERS.iter().position(|(sign, _)| text[at..].starts_with(sign))?;
                let bound = text[at + ORDERS[order].0.len()..].trim();
                (&text[..at], Test::Ordered(order, bound.parse().ok()?))
            }
        };
        let field = field.trim();
        let is_name = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
        let is_field = !field.is_empty() && field.chars().all(is_name);
        is_field.then(|| Condition { field: field.to_owned(), test })
    }

    /// An unknown value is neither more nor less than anything.
    pub fn holds(&self, value: impl FnOnce(&str) -> Option<Value>) -> bool {
        let value = value(&self.field);
        let number = value.as_ref().and_then(|value| value.number);
        let equals = |text: &str| match (number, text.parse::<f64>()) {
            (Some(number), Ok(wanted)) => number == wanted,
            _ => value.as_ref().is_some_and(|value| value.as_text() == text),
        };
        match &self.test {
            Test::Present => value.is_some(),
            Test::Absent => value.is_none(),
            Test::Equal(text) => equals(text),
            Test::Unequal(text) => !equals(text),
            Test::Ordered(order, bound) => number.is_some_and(|number| ORDERS[*order].1(&number, bound)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn conditions() {
        let used = || Some(Value::number(45.0, "45%"));
        let branch = || Some(Value::fixed("main"));
        let check = |text: &str, value: Option<Value>, expected: Option<bool>| {
            let condition = Condition::parse(text);
            if let Some(condition) = &condition {
                assert_eq!(Condition::parse(&condition.to_string()).as_ref(), Some(condition), "{text}");
            }
            assert_eq!(condition.map(|condition| condition.holds(|_| value)), expected, "{text}");
        };
        check("used < 50", used(), Some(true));
        check("used<45", used(), Some(false));
        check("used <= 45", used(), Some(true));
        check("used > 45.5", used(), Some(false));
        check("used >= 45", used(), Some(true));
        check("used = 45", used(), Some(true));
        check("used != 45", used(), Some(false));
        check("branch = main", branch(), Some(true));
        check("branch != main", branch(), Some(false));
        check("branch < 5", branch(), Some(false));
        check("used < 50", None, Some(false));
        check("used", used(), Some(true));
        check("!used", used(), Some(false));
        check("!used", None, Some(true));
        check("used != 45", None, Some(true));
        check("used < many", used(), None);
        check("", None, None);
        check("a b", None, None);
        check("= 5", None, None);
        check("!=5", None, None);
    }
}
