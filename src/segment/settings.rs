//! How a segment is configured, resolved from all files that say something of it.

use std::borrow::Cow;
use std::fmt;

use super::{Icons, Kind, Role, Value};

/// How a segment is configured.
pub struct Settings {
    /// Its name in config, where that is not the one of its kind.
    pub own_name: Option<Box<str>>,
    /// What it shows.
    pub kind: &'static Kind,
    /// What goes first on a narrow terminal: the lowest.
    pub priority: u8,
    /// Format strings, the longest form first.
    pub formats: Vec<Cow<'static, str>>,
    /// When each shorter form takes the place of the one before.
    pub steps: Vec<u8>,
    /// What stands before it.
    pub prefix: Cow<'static, str>,
    /// The icon in place of the kind's own.
    pub icon: Option<Cow<'static, str>>,
    /// The role of its text in place of the kind's own.
    pub role: Option<Role>,
    /// From where on a number has another role, in rising order.
    pub thresholds: Vec<Threshold>,
    /// When it is not shown.
    pub hide_when: Vec<Condition>,
    /// What only its kind knows, by key.
    pub options: Vec<(&'static str, Cow<'static, str>)>,
}

/// From `at` on a number is painted in `role`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Threshold {
    /// In the unit of the number.
    pub at: f64,
    /// What it then is.
    pub role: Role,
}

/// When a step has no rank of its own, it comes before anything is dropped.
const STEP: u8 = 9;

impl Settings {
    /// The weight of a segment without format.
    pub const LEAST_WEIGHT: usize = 16;

    /// How much work it is to show, in bytes of format strings: each name in one takes some.
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
        let icon = self.icon.as_deref().unwrap_or_else(|| icons.pick(&self.kind.icon));
        Some(icon).filter(|icon| !icon.is_empty())
    }

    /// A key of its kind.
    pub fn option(&self, key: &str) -> Option<&str> {
        let found = self.options.iter().find(|(name, _)| *name == key);
        found.map(|(_, value)| value.as_ref()).filter(|value| !value.is_empty())
    }

    /// A key of its kind that is a number.
    pub fn number(&self, key: &str) -> Option<f64> {
        self.option(key)?.parse().ok()
    }
}

/// A condition such as `used < 10`, `branch = main`, `hit` (it has a value) or `!hit` (it has none).
#[derive(Debug, Clone, PartialEq)]
pub struct Condition {
    /// The name whose value counts.
    pub field: String,
    /// What is asked of it.
    pub op: Op,
}

/// What a condition asks.
#[derive(Debug, Clone, PartialEq)]
pub enum Op {
    Present,
    Absent,
    Equal(String),
    Unequal(String),
    Below(f64),
    AtMost(f64),
    Above(f64),
    AtLeast(f64),
}

/// As in config.
impl fmt::Display for Condition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let field = &self.field;
        match &self.op {
            Op::Present => f.write_str(field),
            Op::Absent => write!(f, "!{field}"),
            Op::Equal(text) => write!(f, "{field} = {text}"),
            Op::Unequal(text) => write!(f, "{field} != {text}"),
            Op::Below(bound) => write!(f, "{field} < {bound}"),
            Op::AtMost(bound) => write!(f, "{field} <= {bound}"),
            Op::Above(bound) => write!(f, "{field} > {bound}"),
            Op::AtLeast(bound) => write!(f, "{field} >= {bound}"),
        }
    }
}

impl Condition {
    /// Reads a condition. `None` when it is none.
    pub fn parse(text: &str) -> Option<Self> {
        const SIGNS: [&str; 6] = ["<=", ">=", "!=", "<", ">", "="];
        let text = text.trim();
        let field = |name: &str| {
            let is_name = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
            let name = name.trim();
            (!name.is_empty() && name.chars().all(is_name)).then(|| name.to_owned())
        };
        let Some(at) = text.find(['<', '>', '=']).map(|at| at - usize::from(text[..at].ends_with('!')))
        else {
            return Some(match text.strip_prefix('!') {
                Some(name) => Condition { field: field(name)?, op: Op::Absent },
                None => Condition { field: field(text)?, op: Op::Present },
            });
        };
        let sign = SIGNS.iter().find(|sign| text[at..].starts_with(**sign))?;
        let value = text[at + sign.len()..].trim();
        let number = || value.parse::<f64>().ok();
        let op = match *sign {
            "=" => Op::Equal(value.to_owned()),
            "!=" => Op::Unequal(value.to_owned()),
            "<" => Op::Below(number()?),
            "<=" => Op::AtMost(number()?),
            ">" => Op::Above(number()?),
            _ => Op::AtLeast(number()?),
        };
        Some(Condition { field: field(&text[..at])?, op })
    }

    /// Whether it holds. What has no value is neither more nor less than anything.
    pub fn holds(&self, value: impl FnOnce(&str) -> Option<Value>) -> bool {
        let value = value(&self.field);
        let number = || value.as_ref()?.number;
        let equals = |text: &str| match (number(), text.parse::<f64>()) {
            (Some(number), Ok(wanted)) => number == wanted,
            _ => value.as_ref().is_some_and(|value| value.as_text() == text),
        };
        match &self.op {
            Op::Present => value.is_some(),
            Op::Absent => value.is_none(),
            Op::Equal(text) => equals(text),
            Op::Unequal(text) => !equals(text),
            Op::Below(bound) => number().is_some_and(|number| number < *bound),
            Op::AtMost(bound) => number().is_some_and(|number| number <= *bound),
            Op::Above(bound) => number().is_some_and(|number| number > *bound),
            Op::AtLeast(bound) => number().is_some_and(|number| number >= *bound),
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
