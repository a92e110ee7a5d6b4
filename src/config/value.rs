//! The values of keys: each kind is read from TOML and from typed text, and printed, here.

use std::borrow::Cow;
use std::fmt;
use std::path::Path;

use toml::Spanned;
use toml::de::{DeString, DeTable, DeValue};

use crate::base::suggest::did_you_mean;
use crate::segment::{Condition, Format, FormatMistake, Level, Role, Threshold};

/// The value of a key.
#[derive(Debug, Clone, PartialEq)]
pub enum KeyValue {
    Bool(bool),
    Number(u32),
    Text(Cow<'static, str>),
    /// Value of a key that only a kind has: text, a number or a boolean, as written.
    Own(Cow<'static, str>),
    Role(Role),
    Texts(Cow<'static, [Cow<'static, str>]>),
    Formats(Cow<'static, [Format]>),
    Conditions(Cow<'static, [Condition]>),
    Steps(Cow<'static, [u8]>),
    Thresholds(Cow<'static, [Threshold]>),
    Names(Cow<'static, [(Cow<'static, str>, Cow<'static, str>)]>),
    Budgets(Cow<'static, [(Cow<'static, str>, f64)]>),
}

/// The values that a key takes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Takes {
    /// `true` or `false`.
    Bool,
    /// A whole number within these bounds.
    Number(u32, u32),
    Text,
    /// One of these words.
    Word(&'static [&'static str]),
    /// Name of a role of themes.
    Role,
    /// Text, a number or a boolean.
    Own,
    /// Text, or a list of texts.
    Texts,
    /// A list of these words; `true` for all, `false` for none.
    Words(&'static [&'static str]),
    /// Format strings, as texts.
    Formats,
    /// Conditions, as texts.
    Conditions,
    /// A list of whole numbers from 0 to 255.
    Steps,
    /// A list of `{ at = 80, role = "danger" }`.
    Thresholds,
    /// A table of texts.
    Names,
    /// A table of USD by period or by project.
    Budgets,
}

/// Periods of the user's calendar that have budgets.
pub const PERIODS: [&str; 3] = ["day", "week", "month"];

/// A value, and the faults of elements that were left out. `None` if nothing is left.
pub type ReadValue = (Option<KeyValue>, Vec<Fault>);

/// A fault of an element whose type is right.
#[derive(Debug, Clone, PartialEq)]
pub enum Fault {
    Format(FormatMistake),
    /// Text that is not a condition.
    Condition(String),
    /// Text that is not a budget.
    Budget(String),
    /// An unknown role.
    Role(String),
    /// Anything but this.
    Expected(&'static str),
}

/// Maximum length of a text in bytes.
const MAX_TEXT: usize = 256;

/// Maximum length in bytes of a text in a list, such as a format string or a row.
const MAX_ELEMENT: usize = 1024;

/// Maximum length in bytes of a text of a key that only a kind of segment has, such as a command.
const MAX_OWN: usize = 4096;

/// Maximum length of a list, such as the forms of a segment.
const MAX_LIST: usize = 16;

impl Takes {
    /// Description of the values, for messages.
    pub fn words(self) -> String {
        let listed = |words: &[&str]| words.join(", ");
        match self {
            Takes::Bool => "true or false".to_owned(),
            Takes::Number(least, most) => format!("a whole number from {least} to {most}"),
            Takes::Text | Takes::Role => "text".to_owned(),
            Takes::Word(words) => format!("one of {}", listed(words)),
            Takes::Own => "text, a number, true or false".to_owned(),
            Takes::Texts | Takes::Formats | Takes::Conditions => "text or a list of texts".to_owned(),
            Takes::Words(words) => format!("true, false or a list of {}", listed(words)),
            Takes::Steps => "a list of whole numbers from 0 to 255".to_owned(),
            Takes::Thresholds => "a list such as [{ at = 80, role = \"danger\" }]".to_owned(),
            Takes::Names => "a table such as { \"claude-opus-4-8\" = \"Opus\" }".to_owned(),
            Takes::Budgets => "a table such as { day = 20, \"~/garden\" = 50 }".to_owned(),
        }
    }

    /// An element of a list as [`KeyValue::elements`] has it, for people.
    pub fn element(self) -> &'static str {
        match self {
            Takes::Conditions => "a condition, e.g. used < 10, branch = main, subscriber or !hit",
            Takes::Steps => "a whole number from 0 to 255",
            Takes::Thresholds => "threshold and role, e.g. 80 danger",
            Takes::Names => "id or name of a model and your name for it, e.g. claude-opus-4-8 = Opus",
            Takes::Budgets => "day, week, month or a project's full path, and USD above 0, e.g. day = 20",
            _ => "text",
        }
    }

    /// Reads a value from a file.
    ///
    /// # Errors
    /// The key does not take it; the message says what it takes.
    pub fn read_toml(self, value: &DeValue) -> Result<ReadValue, String> {
        let expected = || format!("expected {}", self.words());
        let text = match (self, value) {
            (Takes::Bool | Takes::Own, DeValue::Boolean(truth)) => truth.to_string(),
            // `color = 256` is as clear as `color = "256"`.
            (Takes::Number(..) | Takes::Word(_), DeValue::Integer(_)) => whole(value).ok_or_else(expected)?.to_string(),
            (Takes::Own, DeValue::Integer(number)) => number.as_str().to_owned(),
            (Takes::Own, DeValue::Float(number)) => number.as_str().to_owned(),
            (Takes::Text | Takes::Word(_) | Takes::Words(_) | Takes::Role | Takes::Own, DeValue::String(text)) => {
                text.to_string()
            }
            _ => return self.list(&self.texts(value).ok_or_else(expected)?),
        };
        match self.parse(&text)? {
            None if self == Takes::Role => Ok((None, vec![Fault::Role(text)])),
            value => Ok((Some(value.ok_or_else(expected)?), Vec::new())),
        }
    }

    /// Reads a value from one text, as a variable, a flag or a person writes it.
    ///
    /// # Errors
    /// The key does not take it; the message says what it takes.
    pub fn read_text(self, text: &str) -> Result<KeyValue, String> {
        self.parse(text)?.ok_or_else(|| format!("expected {}, found \"{text}\"", self.words()))
    }

    /// `None` for text that the key does not take.
    ///
    /// # Errors
    /// The text is too long.
    fn parse(self, text: &str) -> Result<Option<KeyValue>, String> {
        let list = |texts: Vec<String>| self.list(&texts).map(|(value, _)| value);
        match self {
            Takes::Text | Takes::Role => bounded(text, MAX_TEXT)?,
            Takes::Own => bounded(text, MAX_OWN)?,
            _ => {}
        }
        Ok(match (self, text) {
            (Takes::Bool, "true" | "1" | "yes" | "on") => Some(KeyValue::Bool(true)),
            (Takes::Bool, "false" | "0" | "no" | "off") => Some(KeyValue::Bool(false)),
            (Takes::Number(least, most), _) => {
                text.parse().ok().filter(|number| (least..=most).contains(number)).map(KeyValue::Number)
            }
            (Takes::Text, _) => Some(KeyValue::text(text)),
            (Takes::Word(words), _) => words.contains(&text).then(|| KeyValue::text(text)),
            (Takes::Role, _) => Role::find(text).map(KeyValue::Role),
            (Takes::Own, _) => Some(KeyValue::Own(Cow::Owned(text.to_owned()))),
            (Takes::Texts, _) => list(text.lines().map(str::to_owned).collect())?,
            (Takes::Words(words), "true" | "1" | "all" | "on") => list(owned(words))?,
            (Takes::Words(_), "false" | "0" | "none" | "off") => list(Vec::new())?,
            (Takes::Words(words), _) => {
                let found: Vec<String> = text.split(',').map(|word| word.trim().to_owned()).collect();
                let are_known = found.iter().all(|word| words.contains(&word.as_str()));
                if are_known { list(found)? } else { None }
            }
            _ => None,
        })
    }

    /// Reads a list from its elements as [`KeyValue::elements`] has them.
    ///
    /// # Errors
    /// It is too long.
    pub fn list(self, texts: &[String]) -> Result<ReadValue, String> {
        if texts.len() > MAX_LIST {
            return Err(format!("{} entries are too many; at most {MAX_LIST} are allowed", texts.len()));
        }
        texts.iter().try_for_each(|text| bounded(text, MAX_ELEMENT))?;
        let mut faults = Vec::new();
        let wrong = &mut faults;
        let expected = || Fault::Expected(self.element());
        let value = match self {
            Takes::Formats => KeyValue::Formats(each(texts, wrong, |text| Format::parse(text).map_err(Fault::Format))),
            Takes::Conditions => KeyValue::Conditions(each(texts, wrong, |text| {
                Condition::parse(text).ok_or_else(|| Fault::Condition(text.to_owned()))
            })),
            Takes::Steps => KeyValue::Steps(each(texts, wrong, |text| text.trim().parse().map_err(|_| expected()))),
            Takes::Thresholds => KeyValue::Thresholds(each(texts, wrong, |text| {
                let (at, role) = text.trim().split_once(char::is_whitespace).ok_or_else(expected)?;
                let at = at.parse().ok().filter(|at: &f64| at.is_finite()).ok_or_else(expected)?;
                let role = role.trim();
                Ok(Threshold { at, level: Level::find(role).ok_or_else(|| Fault::Role(role.to_owned()))? })
            })),
            Takes::Names => KeyValue::Names(each(texts, wrong, |text| {
                let (model, name) = pair(text).ok_or_else(expected)?;
                Ok((Cow::Owned(model.to_owned()), Cow::Owned(name.to_owned())))
            })),
            Takes::Budgets => KeyValue::Budgets(each(texts, wrong, |text| {
                let (of, usd) = pair(text).unwrap_or_default();
                let is_known = PERIODS.contains(&of) || of.starts_with("~/") || Path::new(of).has_root();
                let usd = usd.parse().ok().filter(|usd: &f64| is_known && usd.is_finite() && *usd > 0.0);
                Ok((Cow::Owned(of.to_owned()), usd.ok_or_else(|| Fault::Budget(text.to_owned()))?))
            })),
            _ => KeyValue::Texts(each(texts, wrong, |text| Ok(Cow::Owned(text.to_owned())))),
        };
        Ok((Some(value), faults))
    }

    /// The elements of a list in a file. `None` for anything that the key does not take, and for keys that are not
    /// lists.
    fn texts(self, value: &DeValue) -> Option<Vec<String>> {
        let element = |value: &Spanned<DeValue>| match self {
            Takes::Steps => whole(value.get_ref()).filter(|number| *number <= 255).map(|n| n.to_string()),
            Takes::Thresholds => threshold(value.get_ref()),
            Takes::Words(words) => value.get_ref().as_str().filter(|word| words.contains(word)).map(str::to_owned),
            _ => value.get_ref().as_str().map(str::to_owned),
        };
        match (self, value) {
            (Takes::Texts | Takes::Formats | Takes::Conditions, DeValue::String(text)) => Some(vec![text.to_string()]),
            (Takes::Words(words), DeValue::Boolean(all)) => Some(if *all { owned(words) } else { Vec::new() }),
            (Takes::Names | Takes::Budgets, DeValue::Table(names)) => {
                let pair = |(name, value): (&Name, &Spanned<DeValue>)| {
                    let (name, value) = (name.get_ref(), value.get_ref());
                    let value = if self == Takes::Names { value.as_str().map(str::to_owned) } else { decimal(value) };
                    // A name by itself is a mistake of that entry.
                    value.map_or_else(|| name.to_string(), |value| format!("{name} = {value}"))
                };
                Some(in_order(names).into_iter().map(pair).collect())
            }
            (Takes::Bool | Takes::Number(..) | Takes::Text | Takes::Word(_), _) => None,
            (Takes::Role | Takes::Own | Takes::Names | Takes::Budgets, _) => None,
            (_, DeValue::Array(elements)) => elements.iter().map(element).collect(),
            _ => None,
        }
    }
}

impl KeyValue {
    pub fn text(text: impl Into<String>) -> Self {
        KeyValue::Text(Cow::Owned(text.into()))
    }

    pub fn texts<T: Into<String>>(texts: impl IntoIterator<Item = T>) -> Self {
        KeyValue::Texts(texts.into_iter().map(|text| Cow::Owned(text.into())).collect())
    }

    /// The elements of a list as typed; none for other values.
    pub fn elements(&self) -> Vec<String> {
        match self {
            KeyValue::Texts(list) => list.iter().map(ToString::to_string).collect(),
            KeyValue::Formats(list) => list.iter().map(|format| format.source.to_string()).collect(),
            KeyValue::Conditions(list) => list.iter().map(|condition| condition.source.to_string()).collect(),
            KeyValue::Steps(list) => list.iter().map(ToString::to_string).collect(),
            KeyValue::Thresholds(list) => {
                list.iter().map(|threshold| format!("{} {}", threshold.at, threshold.level.name())).collect()
            }
            KeyValue::Names(list) => list.iter().map(|(model, name)| format!("{model} = {name}")).collect(),
            KeyValue::Budgets(list) => list.iter().map(|(of, usd)| format!("{of} = {usd}")).collect(),
            _ => Vec::new(),
        }
    }
}

/// As typed; elements of a list on lines of their own.
impl fmt::Display for KeyValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            KeyValue::Bool(truth) => truth.fmt(f),
            KeyValue::Number(number) => number.fmt(f),
            KeyValue::Text(text) | KeyValue::Own(text) => f.write_str(text),
            KeyValue::Role(role) => f.write_str(role.name()),
            list => f.write_str(&list.elements().join("\n")),
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Fault::Format(FormatMistake::Unmatched(sign)) => {
                write!(f, "unmatched `{sign}` (write `\\{sign}` for the character itself)")
            }
            Fault::Format(FormatMistake::Columns(text)) => {
                write!(f, "expected a number of columns from 1 to 400, found `{text}`")
            }
            Fault::Condition(text) => write!(f, "expected a condition such as `used < 10`, found `{text}`"),
            Fault::Budget(text) => write!(f, "expected {}, found `{text}`", Takes::Budgets.element()),
            Fault::Role(name) => {
                let known = Role::ALL.iter().map(|role| role.name()).chain(Level::WORDS);
                write!(f, "unknown role {name}{}", did_you_mean(name, known))
            }
            Fault::Expected(what) => write!(f, "expected {what}"),
        }
    }
}

fn bounded(text: &str, most: usize) -> Result<(), String> {
    let length = text.len();
    if length > most { Err(format!("{length} bytes are too long; at most {most} are allowed")) } else { Ok(()) }
}

/// Reads each element; those that cannot be read are left out, with the reason in `faults`.
fn each<T: Clone>(
    texts: &[String], faults: &mut Vec<Fault>, read: impl Fn(&str) -> Result<T, Fault>,
) -> Cow<'static, [T]> {
    texts.iter().filter_map(|text| read(text).map_err(|fault| faults.push(fault)).ok()).collect()
}

fn owned(words: &[&str]) -> Vec<String> {
    words.iter().map(|&word| word.to_owned()).collect()
}

/// `{ at = 80, role = "danger" }` as `80 danger`.
fn threshold(value: &DeValue) -> Option<String> {
    let table = value.as_table().filter(|table| table.len() == 2)?;
    let (at, role) = (table.get("at")?.get_ref(), table.get("role")?.get_ref().as_str()?);
    Some(format!("{} {role}", decimal(at)?))
}

/// A finite number, without the underscores that TOML allows.
fn decimal(value: &DeValue) -> Option<String> {
    let number = match value {
        DeValue::Integer(number) => number.as_str(),
        DeValue::Float(number) => number.as_str(),
        _ => return None,
    };
    let number: f64 = number.replace('_', "").parse().ok()?;
    number.is_finite().then(|| number.to_string())
}

/// The two sides of the first equals sign.
fn pair(text: &str) -> Option<(&str, &str)> {
    let (name, value) = text.split_once(" = ").or_else(|| text.split_once('='))?;
    Some((name.trim(), value.trim()))
}

fn whole(value: &DeValue) -> Option<u32> {
    let DeValue::Integer(number) = value else { return None };
    u32::from_str_radix(&number.as_str().replace('_', ""), number.radix()).ok()
}

pub(super) type Name<'i> = Spanned<DeString<'i>>;

/// The entries of a table in the order of the file.
pub(super) fn in_order<'a, 'i>(table: &'a DeTable<'i>) -> Vec<(&'a Name<'i>, &'a Spanned<DeValue<'i>>)> {
    let mut entries: Vec<_> = table.iter().collect();
    entries.sort_by_key(|(name, _)| name.span().start);
    entries
}

#[cfg(test)]
mod tests {
    use super::super::key::KEYS;
    use super::*;

    #[test]
    fn variables() {
        let check = |key: &str, text: &str, expected: Option<KeyValue>| {
            let key = KEYS.iter().find(|known| known.name == key).unwrap();
            assert_eq!(key.takes.read_text(text).ok(), expected, "{text}");
        };
        check("padding", "2", Some(KeyValue::Number(2)));
        check("padding", "9", None);
        check("newline", "off", Some(KeyValue::Bool(false)));
        check("newline", "maybe", None);
        check("style", "capsule", Some(KeyValue::text("capsule")));
        check("style", "x", None);
        check("links", "pr, dir", Some(KeyValue::texts(["pr", "dir"])));
        check("links", "auto", Some(KeyValue::texts(["auto"])));
        check("links", "model", None);
        check("rows", "a | b\nc", Some(KeyValue::texts(["a | b", "c"])));
        check("rows", &"model\n".repeat(17), None);
        check("model_names", "a = b", None);
    }

    #[test]
    fn elements_are_read_as_they_are_printed() {
        let check = |takes: Takes, text: &str, expected: Result<&str, &str>| {
            let (value, faults) = takes.list(&[text.to_owned()]).unwrap();
            let printed = value.unwrap().elements();
            let found = faults.first().map_or_else(|| Ok(printed[0].clone()), |fault| Err(fault.to_string()));
            assert_eq!(found, expected.map(str::to_owned).map_err(str::to_owned), "{text}");
        };
        check(Takes::Steps, " 7", Ok("7"));
        check(Takes::Steps, "256", Err("expected a whole number from 0 to 255"));
        check(Takes::Thresholds, "80  danger", Ok("80 danger"));
        check(Takes::Thresholds, "0.5 limits.reset", Ok("0.5 limits.reset"));
        check(Takes::Thresholds, "80 dangr", Err("unknown role dangr; did you mean danger?"));
        for shape in ["danger", "nan danger"] {
            check(Takes::Thresholds, shape, Err("expected threshold and role, e.g. 80 danger"));
        }
        check(Takes::Formats, "{usd} ", Ok("{usd} "));
        check(Takes::Formats, "{usd", Err("unmatched `{` (write `\\{` for the character itself)"));
        check(Takes::Conditions, "used<5", Ok("used<5"));
        check(Takes::Conditions, "used", Ok("used"));
        check(Takes::Conditions, "usd ~ 5", Err("expected a condition such as `used < 10`, found `usd ~ 5`"));
        check(Takes::Names, "claude-opus-4-8=Opus", Ok("claude-opus-4-8 = Opus"));
        for (typed, printed) in [("day=20", "day = 20"), ("~/garden = 7.5", "~/garden = 7.5")] {
            check(Takes::Budgets, typed, Ok(printed));
        }
        for wrong in ["dya = 20", "day", "day = 0", "day = -1", "day = inf", "day = twenty"] {
            let expected = "expected day, week, month or a project's full path, and USD above 0, e.g. day = 20, found";
            check(Takes::Budgets, wrong, Err(&format!("{expected} `{wrong}`")));
        }
    }
}
