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
#[allow(missing_docs, reason = "the names say it")]
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

/// Reads a file. One bad key costs that key.
pub fn parse(source: &str) -> (Layer, Vec<Mistake>) {
    let mut reader = Reader { source, tables: Vec::new(), mistakes: Vec::new(), broken: Vec::new() };
    let (document, errors) = DeTable::parse_recoverable(source);
    for err in errors {
        let line = reader.line(err.span().unwrap_or(0..0));
        reader.broken.push(line);
        reader.mistakes.push(Mistake { line, message: err.message().to_owned() });
    }
    reader.top(document.get_ref());
    reader.tables.sort_by(|a, b| a.name.cmp(&b.name));
    reader.mistakes.sort_by_key(|mistake| mistake.line);
    // What is no TOML is often wrong in several ways.
    let broken = std::mem::take(&mut reader.broken);
    reader.mistakes.dedup_by(|next, first| next.line == first.line && broken.contains(&next.line));
    (Layer { tables: reader.tables.into() }, reader.mistakes)
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
        Takes::Numbers | Takes::Thresholds => None,
    };
    parsed.ok_or_else(|| format!("expected {}, found \"{text}\"", key.takes.words()))
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
        }
    }
}

struct Reader<'a> {
    source: &'a str,
    tables: Vec<Table>,
    mistakes: Vec<Mistake>,
    /// Lines on which the document is no TOML: what was recovered from them is not what was meant.
    broken: Vec<u32>,
}

impl Reader<'_> {
    fn line(&self, span: Range<usize>) -> u32 {
        let before = &self.source.as_bytes()[..span.start.min(self.source.len())];
        u32::try_from(before.iter().filter(|byte| **byte == b'\n').count()).unwrap_or(u32::MAX - 1) + 1
    }

    fn wrong(&mut self, span: Range<usize>, message: String) {
        let line = self.line(span);
        self.mistakes.push(Mistake { line, message });
    }

    fn top(&mut self, document: &DeTable) {
        let mut entries = Vec::new();
        for (name, value) in in_order(document) {
            match value.get_ref() {
                DeValue::Table(segments) if name.get_ref() == "segments" => self.segments(segments),
                _ if name.get_ref() == "segments" => {
                    self.wrong(name.span(), "segments: expected tables, as [segments.context]".to_owned());
                }
                _ => match KEYS.iter().find(|key| key.name == name.get_ref()) {
                    Some(key) => entries.extend(self.entry(key.name, key.takes, name, value)),
                    None => {
                        let known = KEYS.iter().map(|key| key.name).chain(["segments"]);
                        let hint = suggest::did_you_mean(name.get_ref(), known);
                        self.wrong(name.span(), format!("{}: no such key{hint}", name.get_ref()));
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
                self.wrong(segment.span(), format!("{path}: expected a table"));
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
        let line = self.line(name.span());
        if self.broken.contains(&line) {
            return None;
        }
        match read(takes, value.get_ref()) {
            Some(value) => Some(Entry { key: Cow::Owned(name.get_ref().to_string()), value, line }),
            None => {
                self.wrong(value.span(), format!("{path}: expected {}", takes.words()));
                None
            }
        }
    }

    fn scalar(&mut self, path: &str, name: &Name, value: &Spanned<DeValue>) -> Option<Entry> {
        let line = self.line(name.span());
        let text = match value.get_ref() {
            DeValue::String(text) => text.to_string(),
            DeValue::Integer(number) => number.as_str().to_owned(),
            DeValue::Float(number) => number.as_str().to_owned(),
            DeValue::Boolean(truth) => truth.to_string(),
            _ => {
                self.wrong(value.span(), format!("{path}: expected text, a number, true or false"));
                return None;
            }
        };
        let is_broken = self.broken.contains(&line);
        (!is_broken).then(|| Entry {
            key: Cow::Owned(name.get_ref().to_string()),
            value: Value::text(text),
            line,
        })
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
