//! A config file as far as its own text tells: keys of the right types, with the lines that they
//! stand on. Read when this program is built for the embedded files, and at run time for the user's.

use std::borrow::Cow;
use std::ops::Range;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::key::{KEYS, Key, SEGMENT_KEYS, Takes};
use super::suggest;

/// What one file sets.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Layer {
    /// The top of the file, named by nothing, and a table for each segment; in order of their names.
    pub tables: Cow<'static, [Table]>,
}

/// A table of a file.
#[derive(Debug, Clone, PartialEq)]
pub struct Table {
    /// The segment that it is for; empty for the top.
    pub name: Cow<'static, str>,
    /// Its keys.
    pub entries: Cow<'static, [Entry]>,
}

/// A key and what it is set to.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// The key.
    pub key: Cow<'static, str>,
    /// What it is set to.
    pub value: Value,
    /// Its line in the file, from 1; 0 where there is no file.
    pub line: u32,
}

/// What a key can be set to.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    Bool(bool),
    Number(u32),
    Text(Cow<'static, str>),
    List(Cow<'static, [Cow<'static, str>]>),
}

/// What was wrong with a line of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mistake {
    /// The line, from 1; 0 where there is no file.
    pub line: u32,
    /// What is wrong with it, and what would be right.
    pub message: String,
}

impl Layer {
    /// A table; `None` when the file has none of that name.
    pub fn table(&self, name: &str) -> Option<&Table> {
        let at = self.tables.binary_search_by(|table| table.name.as_ref().cmp(name)).ok()?;
        Some(&self.tables[at])
    }

    /// What a key is set to.
    pub fn get(&self, table: &str, key: &str) -> Option<&Value> {
        self.table(table)?.get(key)
    }

    /// Sets a key of the top.
    pub fn set(&mut self, key: &'static str, value: Value) {
        let entry = Entry { key: Cow::Borrowed(key), value, line: 0 };
        let tables = self.tables.to_mut();
        match tables.first_mut() {
            Some(top) if top.name.is_empty() => {
                let entries = top.entries.to_mut();
                entries.retain(|entry| entry.key != key);
                entries.push(entry);
            }
            _ => tables.insert(0, Table { name: Cow::Borrowed(""), entries: vec![entry].into() }),
        }
    }
}

impl Table {
    /// What a key is set to.
    pub fn get(&self, key: &str) -> Option<&Value> {
        self.entries.iter().find(|entry| entry.key == key).map(|entry| &entry.value)
    }
}

impl Value {
    /// Text of its own.
    pub fn text(text: impl Into<String>) -> Self {
        Value::Text(Cow::Owned(text.into()))
    }

    fn list(texts: Vec<String>) -> Self {
        Value::List(texts.into_iter().map(Cow::Owned).collect::<Vec<_>>().into())
    }
}

/// Longest text of a key, in bytes.
const MAX_TEXT: usize = 256;

/// Longest text in a list, such as a format string or a row, in bytes.
const MAX_ELEMENT: usize = 1024;

/// Longest text of a key that only a kind of segment has, such as a command, in bytes.
const MAX_OWN: usize = 4096;

/// Longest list, such as the forms of a segment.
const MAX_LIST: usize = 16;

/// Most segments in all rows.
pub(super) const MAX_SEGMENTS: usize = 512;

/// Mistakes of a file that are described.
pub const MAX_MISTAKES: usize = 50;

/// Largest file that is read on behind a mistake of TOML, in bytes: each costs the parser microseconds, and a
/// file can consist of them.
const MAX_RECOVERED: usize = 16 << 10;

/// Reads a file. One bad key costs that key.
pub fn parse(source: &str) -> (Layer, Vec<Mistake>) {
    let is_large = source.len() > MAX_RECOVERED;
    let (document, errors) = match is_large.then(|| DeTable::parse(source)) {
        None => DeTable::parse_recoverable(source),
        Some(Ok(document)) => (document, Vec::new()),
        Some(Err(first)) => (Spanned::new(0..0, DeTable::new()), vec![first]),
    };
    let ends = source.match_indices('\n').map(|(end, _)| end).collect();
    let mut reader = Reader { ends, tables: Vec::new(), mistakes: Vec::new(), broken: Vec::new() };
    // What is no TOML is often wrong in several ways: the first is told.
    let mut lines: Vec<u32> = Vec::new();
    for err in &errors {
        let line = reader.line(err.span().unwrap_or(0..0));
        if lines.last() != Some(&line) {
            lines.push(line);
            reader.mistake(line, || match is_large {
                false => err.message().to_owned(),
                true => format!("{}; a file of more than 16 KiB is not used with this", err.message()),
            });
        }
    }
    lines.sort_unstable();
    reader.broken = lines;
    reader.top(document.get_ref());
    reader.tables.sort_by(|a, b| a.name.cmp(&b.name));
    let broken = std::mem::take(&mut reader.broken);
    reader.mistakes.sort_by_key(|mistake| mistake.line);
    reader
        .mistakes
        .dedup_by(|next, first| next.line == first.line && broken.binary_search(&next.line).is_ok());
    (Layer { tables: reader.tables.into() }, reader.mistakes)
}

/// A value that is no longer than it may be.
fn bounded(value: Value, most: usize) -> Result<Value, String> {
    let too_long = |length: usize, most: usize| {
        (length > most).then(|| format!("{length} bytes are too long, at most {most}"))
    };
    let excess = match &value {
        Value::Text(text) => too_long(text.len(), most),
        Value::List(list) if list.len() > MAX_LIST => {
            Some(format!("{} are too many for a list, at most {MAX_LIST}", list.len()))
        }
        Value::List(list) => list.iter().find_map(|text| too_long(text.len(), MAX_ELEMENT)),
        Value::Bool(_) | Value::Number(_) => None,
    };
    excess.map_or(Ok(value), Err)
}

/// Reads the value of a key from one text, as a variable or a flag holds it.
///
/// # Errors
/// It is not what the key takes; says what would be.
pub fn from_text(key: &Key, text: &str) -> Result<Value, String> {
    let parsed = match key.takes {
        Takes::Bool => match text {
            "true" | "1" | "yes" | "on" => Some(Value::Bool(true)),
            "false" | "0" | "no" | "off" => Some(Value::Bool(false)),
            _ => None,
        },
        Takes::Number(least, most) => {
            text.parse().ok().filter(|number| (least..=most).contains(number)).map(Value::Number)
        }
        Takes::Text => Some(Value::text(text)),
        Takes::Word(words) => words.contains(&text).then(|| Value::text(text)),
        Takes::Texts => Some(Value::list(text.lines().map(str::to_owned).collect())),
        Takes::Words(words) => match text {
            "true" | "1" | "all" | "on" => {
                Some(Value::list(words.iter().map(|&word| word.to_owned()).collect()))
            }
            "false" | "0" | "none" | "off" => Some(Value::list(Vec::new())),
            list => {
                let found: Vec<String> = list.split(',').map(|word| word.trim().to_owned()).collect();
                found.iter().all(|word| words.contains(&word.as_str())).then(|| Value::list(found))
            }
        },
        Takes::Numbers | Takes::Thresholds | Takes::Names => None,
    };
    let value = parsed.ok_or_else(|| format!("expected {}, found \"{text}\"", key.takes.words()))?;
    bounded(value, MAX_TEXT)
}

impl Takes {
    /// What it takes, in words.
    pub fn words(self) -> String {
        let listed = |words: &[&str]| words.join(", ");
        match self {
            Takes::Bool => "true or false".to_owned(),
            Takes::Number(least, most) => format!("a whole number from {least} to {most}"),
            Takes::Text => "text".to_owned(),
            Takes::Word(words) => format!("one of {}", listed(words)),
            Takes::Texts => "text or a list of texts".to_owned(),
            Takes::Words(words) => format!("true, false or a list of {}", listed(words)),
            Takes::Numbers => "a list of whole numbers from 0 to 255".to_owned(),
            Takes::Thresholds => "a list such as [{ at = 80, role = \"danger\" }]".to_owned(),
            Takes::Names => "a table such as { \"claude-opus-4-8\" = \"Opus\" }".to_owned(),
        }
    }
}

struct Reader {
    /// Where the lines of the file end.
    ends: Vec<usize>,
    tables: Vec<Table>,
    mistakes: Vec<Mistake>,
    /// Lines on which the document is no TOML, in order: what was recovered from them is not what was meant.
    broken: Vec<u32>,
}

impl Reader {
    fn line(&self, span: Range<usize>) -> u32 {
        let before = self.ends.partition_point(|end| *end < span.start);
        u32::try_from(before).unwrap_or(u32::MAX - 1) + 1
    }

    fn mistake(&mut self, line: u32, message: impl FnOnce() -> String) {
        if self.mistakes.len() < MAX_MISTAKES {
            self.mistakes.push(Mistake { line, message: message() });
        }
    }

    fn wrong(&mut self, span: Range<usize>, message: impl FnOnce() -> String) {
        self.mistake(self.line(span), message);
    }

    fn is_broken(&self, line: u32) -> bool {
        self.broken.binary_search(&line).is_ok()
    }

    fn top(&mut self, document: &DeTable) {
        let mut entries = Vec::new();
        for (name, value) in in_order(document) {
            match value.get_ref() {
                DeValue::Table(segments) if name.get_ref() == "segments" => self.segments(segments),
                _ if name.get_ref() == "segments" => {
                    self.wrong(name.span(), || "segments: expected tables, as [segments.context]".to_owned());
                }
                _ => match KEYS.iter().find(|key| key.name == name.get_ref()) {
                    Some(key) => entries.extend(self.entry(key.name, key.takes, name, value)),
                    None => {
                        let known = KEYS.iter().map(|key| key.name).chain(["segments"]);
                        let hint = || suggest::did_you_mean(name.get_ref(), known);
                        self.wrong(name.span(), || format!("{}: no such key{}", name.get_ref(), hint()));
                    }
                },
            }
        }
        self.table("", entries);
    }

    fn segments(&mut self, segments: &DeTable) {
        for (segment, table) in in_order(segments) {
            let path = format!("segments.{}", segment.get_ref());
            let DeValue::Table(table) = table.get_ref() else {
                self.wrong(segment.span(), || format!("{path}: expected a table"));
                continue;
            };
            let mut entries = Vec::new();
            for (name, value) in in_order(table) {
                let path = format!("{path}.{}", name.get_ref());
                entries.extend(match SEGMENT_KEYS.iter().find(|key| key.name == name.get_ref()) {
                    Some(key) => self.entry(&path, key.takes, name, value),
                    // What only a kind knows is checked where kinds are known.
                    None => self.scalar(&path, name, value),
                });
            }
            self.table(segment.get_ref(), entries);
        }
    }

    fn table(&mut self, name: &str, entries: Vec<Entry>) {
        if !entries.is_empty() {
            self.tables.push(Table { name: Cow::Owned(name.to_owned()), entries: entries.into() });
        }
    }

    fn entry(&mut self, path: &str, takes: Takes, name: &Name, value: &Spanned<DeValue>) -> Option<Entry> {
        let read = read(takes, value.get_ref()).ok_or_else(|| format!("expected {}", takes.words()));
        self.keep(path, name, value, read.and_then(|value| bounded(value, MAX_TEXT)))
    }

    fn scalar(&mut self, path: &str, name: &Name, value: &Spanned<DeValue>) -> Option<Entry> {
        let text = match value.get_ref() {
            DeValue::String(text) => Ok(text.to_string()),
            DeValue::Integer(number) => Ok(number.as_str().to_owned()),
            DeValue::Float(number) => Ok(number.as_str().to_owned()),
            DeValue::Boolean(truth) => Ok(truth.to_string()),
            _ => Err("expected text, a number, true or false".to_owned()),
        };
        self.keep(path, name, value, text.and_then(|text| bounded(Value::text(text), MAX_OWN)))
    }

    fn keep(
        &mut self,
        path: &str,
        name: &Name,
        at: &Spanned<DeValue>,
        value: Result<Value, String>,
    ) -> Option<Entry> {
        let line = self.line(name.span());
        if self.is_broken(line) {
            return None;
        }
        match value {
            Ok(value) => Some(Entry { key: Cow::Owned(name.get_ref().to_string()), value, line }),
            Err(why) => {
                self.wrong(at.span(), || format!("{path}: {why}"));
                None
            }
        }
    }
}

type Name<'i> = Spanned<toml::de::DeString<'i>>;

/// The entries of a table in the order of the file.
fn in_order<'a, 'i>(table: &'a DeTable<'i>) -> Vec<(&'a Name<'i>, &'a Spanned<DeValue<'i>>)> {
    let mut entries: Vec<_> = table.iter().collect();
    entries.sort_by_key(|(name, _)| name.span().start);
    entries
}

fn read(takes: Takes, value: &DeValue) -> Option<Value> {
    match takes {
        Takes::Bool => value.as_bool().map(Value::Bool),
        Takes::Number(least, most) => {
            Some(Value::Number(whole(value)?)).filter(|_| (least..=most).contains(&whole(value).unwrap_or(0)))
        }
        Takes::Text => Some(Value::text(value.as_str()?)),
        Takes::Word(words) => {
            // `color = 256` is as clear as `color = "256"`.
            let text = value.as_str().map(str::to_owned).or_else(|| Some(whole(value)?.to_string()))?;
            words.contains(&text.as_str()).then(|| Value::text(text))
        }
        Takes::Texts => match value.as_str() {
            Some(text) => Some(Value::list(vec![text.to_owned()])),
            None => list(value, |element| Some(element.as_str()?.to_owned())),
        },
        Takes::Words(words) => match value.as_bool() {
            Some(all) => {
                let words = words.iter().filter(|_| all).map(|&word| word.to_owned());
                Some(Value::list(words.collect()))
            }
            None => {
                list(value, |element| Some(element.as_str().filter(|word| words.contains(word))?.to_owned()))
            }
        },
        Takes::Numbers => {
            list(value, |element| Some(whole(element).filter(|number| *number <= 255)?.to_string()))
        }
        Takes::Thresholds => list(value, threshold),
        Takes::Names => {
            let pairs = in_order(value.as_table()?).into_iter();
            let pair = |(key, name): (&Name, &Spanned<DeValue>)| {
                Some(format!("{} = {}", key.get_ref(), name.get_ref().as_str()?))
            };
            Some(Value::list(pairs.map(pair).collect::<Option<_>>()?))
        }
    }
}

fn list(value: &DeValue, element: impl Fn(&DeValue) -> Option<String>) -> Option<Value> {
    let elements = value.as_array()?.iter().map(|value| element(value.get_ref()));
    Some(Value::list(elements.collect::<Option<Vec<String>>>()?))
}

/// As `80 danger`: a number and the name of a role.
fn threshold(value: &DeValue) -> Option<String> {
    let table = value.as_table().filter(|table| table.len() == 2)?;
    let (at, role) = (table.get("at")?.get_ref(), table.get("role")?.get_ref().as_str()?);
    let at = match at {
        DeValue::Integer(number) => number.as_str(),
        DeValue::Float(number) => number.as_str(),
        _ => return None,
    };
    let at: f64 = at.replace('_', "").parse().ok()?;
    at.is_finite().then(|| format!("{at} {role}"))
}

fn whole(value: &DeValue) -> Option<u32> {
    let DeValue::Integer(number) = value else { return None };
    u32::from_str_radix(&number.as_str().replace('_', ""), number.radix()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_right_is_kept_with_its_line() {
        let source = "theme = \"nord\"\nrows = [\"model | cost\"]\npadding = 2\n[segments.context]\nformat = \"{used}\"\nreserve = 20\nthresholds = [{ at = 80, role = \"danger\" }]\n";
        let (layer, mistakes) = parse(source);
        assert_eq!(mistakes, []);
        assert_eq!(layer.get("", "theme"), Some(&Value::text("nord")));
        assert_eq!(layer.get("", "padding"), Some(&Value::Number(2)));
        assert_eq!(layer.get("context", "format"), Some(&Value::list(vec!["{used}".to_owned()])));
        assert_eq!(layer.get("context", "reserve"), Some(&Value::text("20")));
        assert_eq!(layer.get("context", "thresholds"), Some(&Value::list(vec!["80 danger".to_owned()])));
        assert_eq!(layer.table("context").unwrap().entries[0].line, 5);
    }

    #[test]
    fn one_bad_key_costs_that_key() {
        let check = |bad: &str, expected: &str| {
            let source = format!("theme = \"nord\"\n{bad}\n[segments.model]\npriority = 7\n");
            let (layer, mistakes) = parse(&source);
            let mistakes: Vec<_> = mistakes.iter().map(|m| (m.line, m.message.as_str())).collect();
            assert_eq!(mistakes, [(2, expected)], "{bad}");
            assert_eq!(layer.get("", "theme"), Some(&Value::text("nord")), "{bad}");
            assert_eq!(layer.get("model", "priority"), Some(&Value::Number(7)), "{bad}");
        };
        check("them = 1", "them: no such key; did you mean theme?");
        check("padding = 99", "padding: expected a whole number from 0 to 8");
        check("padding = \"1\"", "padding: expected a whole number from 0 to 8");
        check("style = \"fancy\"", "style: expected one of plain, powerline, capsule");
        check("rows = [1]", "rows: expected text or a list of texts");
        check("links = [\"model\"]", "links: expected true, false or a list of dir, repo, pr");
        check("segments.cost = 1", "segments.cost: expected a table");
        check("segments.cost.priority = -1", "segments.cost.priority: expected a whole number from 0 to 255");
        check(
            "segments.cost.thresholds = [{ at = 5 }]",
            "segments.cost.thresholds: expected a list such as [{ at = 80, role = \"danger\" }]",
        );
        check("segments.cost.budget = []", "segments.cost.budget: expected text, a number, true or false");
    }

    #[test]
    fn what_is_no_toml_costs_its_line() {
        let (layer, mistakes) = parse("theme = \"nord\"\npadding = = 2\nstyle = \"capsule\"\n");
        assert_eq!(mistakes.iter().map(|mistake| mistake.line).collect::<Vec<_>>(), [2]);
        assert_eq!(layer.get("", "theme"), Some(&Value::text("nord")));
        assert_eq!(layer.get("", "padding"), None);
        assert_eq!(layer.get("", "style"), Some(&Value::text("capsule")));
    }

    #[test]
    fn what_is_too_much_is_refused() {
        let check = |source: &str, expected: Option<&str>| {
            let (_, mistakes) = parse(source);
            let messages: Vec<&str> = mistakes.iter().map(|mistake| mistake.message.as_str()).collect();
            assert_eq!(messages, expected.as_slice(), "{source}");
        };
        let text = |bytes| format!("separator = \"{}\"", "x".repeat(bytes));
        check(&text(256), None);
        check(&text(257), Some("separator: 257 bytes are too long, at most 256"));
        let rows = |count| format!("rows = [{}]", "\"model\", ".repeat(count));
        check(&rows(16), None);
        check(&rows(17), Some("rows: 17 are too many for a list, at most 16"));
        let format = |bytes: usize| format!("segments.model.format = [\"{}\"]", "é".repeat(bytes / 2));
        check(&format(1024), None);
        check(&format(1026), Some("segments.model.format: 1026 bytes are too long, at most 1024"));
        let steps = format!("segments.model.steps = [{}]", "1, ".repeat(17));
        check(&steps, Some("segments.model.steps: 17 are too many for a list, at most 16"));
        let own = |bytes| format!("segments.command.command = \"{}\"", "x".repeat(bytes));
        check(&own(4096), None);
        check(&own(4097), Some("segments.command.command: 4097 bytes are too long, at most 4096"));
        let rows = KEYS.iter().find(|key| key.name == "rows").unwrap();
        assert!(from_text(rows, &"model\n".repeat(17)).is_err());
    }

    #[test]
    fn behind_a_mistake_a_large_file_is_not_read_on() {
        let source = |lines: usize| format!("margin = 2\n{}=\n", "# bed\n".repeat(lines));
        let (small, mistakes) = parse(&source(10));
        assert_eq!((small.get("", "margin").is_some(), mistakes.len()), (true, 1));
        let (large, mistakes) = parse(&source(MAX_RECOVERED / 6));
        assert!(large.get("", "margin").is_none());
        let [mistake] = &mistakes[..] else { panic!("{mistakes:?}") };
        assert!(mistake.message.ends_with("a file of more than 16 KiB is not used with this"), "{mistake:?}");
        let whole = format!("margin = 2\n{}", "# bed\n".repeat(MAX_RECOVERED / 6));
        assert_eq!((parse(&whole).0.get("", "margin").is_some(), parse(&whole).1), (true, vec![]));
    }

    #[test]
    fn not_every_mistake_of_many_is_told() {
        for source in ["x = 1\n", "=\n", "segments.x = 1\n", "\"\n"] {
            let (_, mistakes) = parse(&source.repeat(4000));
            assert!((1..=MAX_MISTAKES).contains(&mistakes.len()), "{source}");
        }
    }

    #[test]
    fn variables() {
        let check = |key: &str, text: &str, expected: Option<Value>| {
            let key = KEYS.iter().find(|known| known.name == key).unwrap();
            assert_eq!(from_text(key, text).ok(), expected, "{text}");
        };
        check("padding", "2", Some(Value::Number(2)));
        check("padding", "9", None);
        check("newline", "off", Some(Value::Bool(false)));
        check("newline", "maybe", None);
        check("style", "capsule", Some(Value::text("capsule")));
        check("style", "x", None);
        check("links", "pr, dir", Some(Value::list(vec!["pr".to_owned(), "dir".to_owned()])));
        check("links", "model", None);
        check("rows", "a | b\nc", Some(Value::list(vec!["a | b".to_owned(), "c".to_owned()])));
    }
}
