//! A config file by itself: keys with values of the right types, and their lines. The built-in files are read when
//! this program is built, the user's at run time.

use std::borrow::Cow;
use std::ops::Range;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::key::{self, KEYS};
use super::value::{Fault, KeyValue, Name, Takes, in_order};
use crate::base::suggest;
use crate::base::warning::Warning;

/// The contents of a file.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Layer {
    /// The top of the file, which has no name, and a table for each segment; in order of their names.
    pub tables: Cow<'static, [LayerTable]>,
}

/// A table of a file.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct LayerTable {
    /// The segment that it is for; empty for the top.
    pub name: Cow<'static, str>,
    pub entries: Cow<'static, [LayerEntry]>,
    /// Faults of values whose type is right, each with its key and line.
    pub faults: Cow<'static, [(Cow<'static, str>, u32, Fault)]>,
}

/// A key and its value.
#[derive(Debug, Clone, PartialEq)]
pub struct LayerEntry {
    pub key: Cow<'static, str>,
    pub value: KeyValue,
    /// Its line in the file, from 1; 0 if there is no file.
    pub line: u32,
}

impl Layer {
    /// A table; `None` if the file has none with that name.
    pub fn table(&self, name: &str) -> Option<&LayerTable> {
        if name.is_empty() {
            return self.tables.first().filter(|table| table.name.is_empty());
        }
        let at = self.tables.binary_search_by(|table| table.name.as_ref().cmp(name)).ok()?;
        Some(&self.tables[at])
    }

    /// The value of a key.
    pub fn get(&self, table: &str, key: &str) -> Option<&KeyValue> {
        self.table(table)?.get(key)
    }

    /// Sets a key of the top.
    pub fn set(&mut self, key: &'static str, value: KeyValue) {
        let entry = LayerEntry { key: Cow::Borrowed(key), value, line: 0 };
        let tables = self.tables.to_mut();
        match tables.first_mut().filter(|table| table.name.is_empty()) {
            Some(top) => {
                let entries = top.entries.to_mut();
                entries.retain(|entry| entry.key != key);
                entries.push(entry);
            }
            None => tables.insert(0, LayerTable { entries: vec![entry].into(), ..LayerTable::default() }),
        }
    }
}

impl LayerTable {
    /// The value of a key.
    pub fn get(&self, key: &str) -> Option<&KeyValue> {
        self.entries.iter().find(|entry| entry.key == key).map(|entry| &entry.value)
    }
}

/// Maximum number of mistakes that are reported per file.
pub const MAX_MISTAKES: usize = 50;

/// Maximum size of a file that is read further after a TOML mistake, in bytes: each mistake takes the parser
/// microseconds, and a file can consist of them.
const MAX_RECOVERED: usize = 16 << 10;

/// Reads a file. A bad key is left out, and the rest applies.
pub fn parse(source: &str) -> (Layer, Vec<Warning>) {
    let is_large = source.len() > MAX_RECOVERED;
    let (document, errors) = match is_large.then(|| DeTable::parse(source)) {
        None => DeTable::parse_recoverable(source),
        Some(Ok(document)) => (document, Vec::new()),
        Some(Err(first)) => (Spanned::new(0..0, DeTable::new()), vec![first]),
    };
    let ends = source.match_indices('\n').map(|(end, _)| end).collect();
    let mut reader = LayerReader { ends, tables: Vec::new(), mistakes: Vec::new(), broken: Vec::new() };
    // A line that is not TOML often has several mistakes: the first is reported.
    for err in &errors {
        let span = err.span().unwrap_or(0..0);
        let line = reader.line(span.clone());
        if reader.broken.last() != Some(&line) {
            reader.broken.push(line);
            let note =
                if is_large { "; a file larger than 16 KiB is ignored when it has a mistake like this" } else { "" };
            reader.wrong(span, || format!("{}{note}", err.message()));
        }
    }
    reader.broken.sort_unstable();
    reader.top(document.get_ref());
    let LayerReader { mut tables, mut mistakes, broken, .. } = reader;
    tables.sort_by(|a, b| a.name.cmp(&b.name));
    mistakes.sort_by_key(|mistake| mistake.line);
    mistakes.dedup_by(|next, first| next.line == first.line && broken.binary_search(&next.line).is_ok());
    (Layer { tables: tables.into() }, mistakes)
}

struct LayerReader {
    /// Offsets of the ends of lines.
    ends: Vec<usize>,
    tables: Vec<LayerTable>,
    mistakes: Vec<Warning>,
    /// Lines that are not TOML, in order: what the parser recovers from them is not what the user meant.
    broken: Vec<u32>,
}

impl LayerReader {
    fn line(&self, span: Range<usize>) -> u32 {
        let before = self.ends.partition_point(|end| *end < span.start);
        u32::try_from(before).unwrap_or(u32::MAX - 1) + 1
    }

    fn wrong(&mut self, span: Range<usize>, message: impl FnOnce() -> String) {
        let line = self.line(span);
        if self.mistakes.len() < MAX_MISTAKES {
            self.mistakes.push(Warning { file: None, line, message: message() });
        }
    }

    fn top(&mut self, document: &DeTable) {
        let mut top = LayerTable::default();
        for (name, value) in in_order(document) {
            match (value.get_ref(), key::find("", name.get_ref())) {
                (DeValue::Table(segments), None) if name.get_ref() == "segments" => self.segments(segments),
                (_, None) if name.get_ref() == "segments" => {
                    self.wrong(name.span(), || "segments: expected tables such as [segments.context]".to_owned());
                }
                (_, Some(key)) => self.entry(&mut top, key.name, key.takes, name, value),
                (_, None) => {
                    let known = KEYS.iter().map(|key| key.name).chain(["segments"]);
                    let hint = || suggest::did_you_mean(name.get_ref(), known);
                    self.wrong(name.span(), || format!("{}: unknown key{}", name.get_ref(), hint()));
                }
            }
        }
        self.keep(top);
    }

    fn segments(&mut self, segments: &DeTable) {
        for (segment, entries) in in_order(segments) {
            let path = format!("segments.{}", segment.get_ref());
            let DeValue::Table(entries) = entries.get_ref() else {
                self.wrong(segment.span(), || format!("{path}: expected a table"));
                continue;
            };
            if segment.get_ref().is_empty() {
                self.wrong(segment.span(), || "segments: a segment needs a name".to_owned());
                continue;
            }
            let mut table = LayerTable { name: segment.get_ref().to_string().into(), ..LayerTable::default() };
            for (name, value) in in_order(entries) {
                // A key that only a kind has is checked once kinds are known.
                let takes = key::find(&table.name, name.get_ref()).map_or(Takes::Own, |key| key.takes);
                self.entry(&mut table, &format!("{path}.{}", name.get_ref()), takes, name, value);
            }
            self.keep(table);
        }
    }

    fn keep(&mut self, table: LayerTable) {
        if !(table.entries.is_empty() && table.faults.is_empty()) {
            self.tables.push(table);
        }
    }

    fn entry(&mut self, table: &mut LayerTable, path: &str, takes: Takes, name: &Name, value: &Spanned<DeValue>) {
        let line = self.line(name.span());
        if self.broken.binary_search(&line).is_ok() {
            return;
        }
        let key = || Cow::Owned(name.get_ref().to_string());
        match takes.read_toml(value.get_ref()) {
            Ok((read, faults)) => {
                table.faults.to_mut().extend(faults.into_iter().map(|fault| (key(), line, fault)));
                table.entries.to_mut().extend(read.map(|value| LayerEntry { key: key(), value, line }));
            }
            Err(why) => self.wrong(value.span(), || format!("{path}: {why}")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_right_is_kept_with_its_line() {
        let source = "theme = \"nord\"\nrows = [\"model | cost\"]\npadding = 2\n[segments.context]\nformat = \"{used}\"\nreserve = 20\nthresholds = [{ at = 80, role = \"danger\" }]\n";
        let (layer, mistakes) = parse(source);
        assert_eq!(mistakes, []);
        assert_eq!(layer.get("", "theme"), Some(&KeyValue::text("nord")));
        assert_eq!(layer.get("", "padding"), Some(&KeyValue::Number(2)));
        assert_eq!(layer.get("context", "format").unwrap().elements(), ["{used}"]);
        assert_eq!(layer.get("context", "reserve"), Some(&KeyValue::Own("20".into())));
        assert_eq!(layer.get("context", "thresholds").unwrap().elements(), ["80 danger"]);
        assert_eq!(layer.table("context").unwrap().entries[0].line, 5);
    }

    #[test]
    fn one_bad_key_costs_that_key() {
        let check = |bad: &str, expected: &str| {
            let source = format!("theme = \"nord\"\n{bad}\n[segments.model]\npriority = 7\n");
            let (layer, mistakes) = parse(&source);
            let mistakes: Vec<_> = mistakes.iter().map(|m| (m.line, m.message.as_str())).collect();
            assert_eq!(mistakes, [(2, expected)], "{bad}");
            assert_eq!(layer.get("", "theme"), Some(&KeyValue::text("nord")), "{bad}");
            assert_eq!(layer.get("model", "priority"), Some(&KeyValue::Number(7)), "{bad}");
        };
        check("them = 1", "them: unknown key; did you mean theme?");
        check("padding = 99", "padding: expected a whole number from 0 to 8");
        check("padding = \"1\"", "padding: expected a whole number from 0 to 8");
        check("style = \"fancy\"", "style: expected one of plain, powerline, capsule");
        check("rows = [1]", "rows: expected text or a list of texts");
        check("links = [\"model\"]", "links: expected true, false or a list of auto, dir, repo, pr");
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
        assert_eq!(layer.get("", "theme"), Some(&KeyValue::text("nord")));
        assert_eq!(layer.get("", "padding"), None);
        assert_eq!(layer.get("", "style"), Some(&KeyValue::text("capsule")));
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
        check(&text(257), Some("separator: 257 bytes are too long; at most 256 are allowed"));
        let rows = |count| format!("rows = [{}]", "\"model\", ".repeat(count));
        check(&rows(16), None);
        check(&rows(17), Some("rows: 17 entries are too many; at most 16 are allowed"));
        let format = |bytes: usize| format!("segments.model.format = [\"{}\"]", "é".repeat(bytes / 2));
        check(&format(1024), None);
        check(&format(1026), Some("segments.model.format: 1026 bytes are too long; at most 1024 are allowed"));
        let steps = format!("segments.model.steps = [{}]", "1, ".repeat(17));
        check(&steps, Some("segments.model.steps: 17 entries are too many; at most 16 are allowed"));
        let own = |bytes| format!("segments.command.command = \"{}\"", "x".repeat(bytes));
        check(&own(4096), None);
        check(&own(4097), Some("segments.command.command: 4097 bytes are too long; at most 4096 are allowed"));
    }

    #[test]
    fn behind_a_mistake_a_large_file_is_not_read_on() {
        let source = |lines: usize| format!("margin = 2\n{}=\n", "# bed\n".repeat(lines));
        let (small, mistakes) = parse(&source(10));
        assert_eq!((small.get("", "margin").is_some(), mistakes.len()), (true, 1));
        let (large, mistakes) = parse(&source(MAX_RECOVERED / 6));
        assert!(large.get("", "margin").is_none());
        let [mistake] = &mistakes[..] else { panic!("{mistakes:?}") };
        assert!(
            mistake.message.ends_with("a file larger than 16 KiB is ignored when it has a mistake like this"),
            "{mistake:?}"
        );
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
}
