//! Edits of a JSON file with comments that leave every byte as it is but those that the edit is
//! about. The parser gives the places; the text itself is cut and spliced, so that nothing is ever
//! printed anew.

use std::borrow::Cow;
use std::fmt;
use std::ops::Range;

use jsonc_parser::ast::Value;
use jsonc_parser::common::Ranged;
use jsonc_parser::{CollectOptions, CommentCollectionStrategy, ParseOptions, parse_to_ast};

use super::Problem;

/// Comments and a comma behind the last element are accepted, as the agents do; nothing else that
/// is no JSON.
const OPTIONS: ParseOptions = ParseOptions {
    allow_comments: true,
    allow_trailing_commas: true,
    allow_loose_object_property_names: false,
    allow_missing_commas: false,
    allow_single_quoted_strings: false,
    allow_hexadecimal_numbers: false,
    allow_unary_plus_numbers: false,
    allow_bare_decimal_point_numbers: false,
    allow_extended_string_escapes: false,
    allow_non_finite_numbers: false,
};

/// A document and the places of its values.
pub struct Doc<'t> {
    text: &'t str,
    root: Option<Value<'t>>,
}

/// A value to put into a document.
#[derive(Debug, Clone)]
pub enum New {
    /// JSON text, taken as it is.
    Raw(String),
    /// An object, laid out as the document is.
    Object(Vec<(String, New)>),
    /// An array, laid out as the document is.
    Array(Vec<New>),
}

impl New {
    /// A string.
    pub fn string(text: &str) -> New {
        New::Raw(crate::base::json::quote(text))
    }

    /// The same on one line, whatever the document's layout.
    pub fn on_one_line(&self) -> New {
        New::Raw(self.to_string())
    }

    /// An object of these members.
    pub fn object<const N: usize>(members: [(&str, New); N]) -> New {
        New::Object(members.into_iter().map(|(name, value)| (name.to_owned(), value)).collect())
    }
}

/// Writes the value on one line.
impl fmt::Display for New {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (open, close, entries): (_, _, Vec<String>) = match self {
            New::Raw(text) => return f.write_str(text),
            New::Object(members) => {
                let entry =
                    |(name, value): &(String, New)| format!("{}: {value}", crate::base::json::quote(name));
                ("{ ", " }", members.iter().map(entry).collect())
            }
            New::Array(elements) => ("[", "]", elements.iter().map(New::to_string).collect()),
        };
        write!(f, "{open}{}{close}", entries.join(", "))
    }
}

/// Stands for the backslash of an escape that is half a character (`\ud83d` alone), which JavaScript
/// takes and no string here can hold.
const HALF: char = '\u{10ffff}';

/// Makes an edit of texts in which no string has half a character; those that have get it back.
pub fn with_halves<const N: usize>(
    texts: [&str; N],
    edit: impl FnOnce([&str; N]) -> Result<String, Problem>,
) -> Result<String, Problem> {
    if texts.iter().any(|text| text.contains(HALF)) {
        return edit(texts);
    }
    let hidden = texts.map(without_halves);
    let edited = edit(hidden.each_ref().map(|text| &**text))?;
    Ok(if edited.contains(HALF) { edited.replace(HALF, "\\") } else { edited })
}

/// The text with [`HALF`] in the place of the backslashes that such escapes begin with.
pub fn without_halves(text: &str) -> Cow<'_, str> {
    let unit = |at: usize| {
        let digits = text.get(at..)?.strip_prefix("\\u")?.get(..4)?;
        u16::from_str_radix(digits, 16).ok()
    };
    let mut edits = Vec::new();
    let mut at = 0;
    while let Some(found) = text[at..].find('\\') {
        at += found;
        let skipped = match (unit(at), unit(at + 6)) {
            (Some(0xd800..0xdc00), Some(0xdc00..0xe000)) => 12,
            (Some(0xd800..0xe000), _) => {
                edits.push((at..at + 1, HALF.to_string()));
                6
            }
            // The character that is escaped may be a backslash.
            _ => 1 + text[at + 1..].chars().next().map_or(0, char::len_utf8),
        };
        at += skipped;
    }
    if edits.is_empty() { Cow::Borrowed(text) } else { Cow::Owned(splice(text, &edits)) }
}

impl<'t> Doc<'t> {
    /// Parses an object. A text without any value is one without members.
    ///
    /// # Errors
    /// The text is no JSON, or no object.
    pub fn parse(text: &'t str) -> Result<Self, Problem> {
        let collect = CollectOptions { comments: CommentCollectionStrategy::Off, tokens: false };
        let root = parse_to_ast(text, &collect, &OPTIONS)
            .map_err(|err| Problem::at(text, err.range().start, err.kind().to_string()))?
            .value;
        match &root {
            Some(value) if value.as_object().is_none() => {
                Err(Problem::at(text, value.start(), "the file is not an object".to_owned()))
            }
            _ => Ok(Doc { text, root }),
        }
    }

    /// The value under these names; the last one where a name is there twice, as in JavaScript.
    pub fn get(&self, path: &[&str]) -> Option<&Value<'t>> {
        path.iter().try_fold(self.root.as_ref()?, |value, name| member(value, name))
    }

    /// The value as it stands in the document.
    pub fn raw(&self, value: &Value) -> &'t str {
        &self.text[value.start()..value.end()]
    }

    /// The string under these names.
    pub fn string(&self, path: &[&str]) -> Option<String> {
        Some(self.get(path)?.as_string_lit()?.value.to_string())
    }

    /// The text with this value under these names. Objects on the way are created.
    ///
    /// # Errors
    /// Something on the way is not an object.
    pub fn set(&self, path: &[&str], new: &New) -> Result<String, Problem> {
        if let Some(value) = self.get(path) {
            return Ok(self.put(value, new));
        }
        let Some(root) = &self.root else {
            let newline = newline(self.text);
            let gap = if self.text.is_empty() || self.text.ends_with('\n') { "" } else { newline };
            let whole = wrap(path, new.clone());
            let printed = Style::of(self.text, None).print(&whole, "");
            return Ok(format!("{}{gap}{printed}{newline}", self.text));
        };
        let mut container = root;
        let mut depth = 0;
        while let Some(next) = member(container, path[depth]) {
            container = next;
            depth += 1;
        }
        let items = Items::of(container).filter(|_| container.as_object().is_some());
        let items = items.ok_or_else(|| self.unexpected(container, &path[..depth], "object"))?;
        let new = wrap(&path[depth + 1..], new.clone());
        Ok(self.insert(&items, Some(path[depth]), &new))
    }

    /// The text with this value in the place of one that is there.
    pub fn put(&self, value: &Value, new: &New) -> String {
        let indent = line_indent(self.text, value.start());
        let is_on_lines = self.items_around(value).is_none_or(|items| items.are_on_lines(self.text));
        let printed = match is_on_lines {
            true => Style::of(self.text, self.root.as_ref()).print(new, indent),
            false => new.to_string(),
        };
        splice(self.text, &[(value.start()..value.end(), printed)])
    }

    /// The text with one more element in this array.
    pub fn push(&self, array: &Value, new: &New) -> String {
        let items = Items::of(array).expect("an array has items");
        self.insert(&items, None, new)
    }

    /// The text without the member or element that begins at this byte in this object or array.
    pub fn remove(&self, container: &Value, start: usize) -> String {
        let items = Items::of(container).expect("a container has items");
        let index = items.spans.iter().position(|span| span.start <= start && start < span.end);
        self.cut(&items, index.expect("it is one of the items"))
    }

    /// The text without the member of that name.
    pub fn remove_member(&self, object: &Value, name: &str) -> String {
        match member(object, name) {
            Some(value) => self.remove(object, value.start()),
            None => self.text.to_owned(),
        }
    }

    /// That this is not what the agent wants there.
    pub fn unexpected(&self, value: &Value, path: &[&str], wanted: &str) -> Problem {
        Problem::at(self.text, value.start(), format!("{} is not an {wanted}", path.join(".")))
    }

    fn items_around(&self, value: &Value) -> Option<Items> {
        let mut container = self.root.as_ref()?;
        let mut found = None;
        let inside = |span: &Range<usize>| span.start <= value.start() && value.end() <= span.end;
        while let Some(items) = Items::of(container) {
            let Some(index) = items.spans.iter().position(inside) else { break };
            let child = match container {
                Value::Object(object) => &object.properties[index].value,
                Value::Array(array) => &array.elements[index],
                _ => break,
            };
            found = Some(items);
            if child.start() == value.start() {
                break;
            }
            container = child;
        }
        found
    }

    fn insert(&self, items: &Items, name: Option<&str>, new: &New) -> String {
        let text = self.text;
        let style = Style::of(text, self.root.as_ref());
        let key = name.map(|name| format!("{}: ", crate::base::json::quote(name))).unwrap_or_default();
        let Some(last) = items.spans.last() else {
            let outer = line_indent(text, items.open);
            let indent = format!("{outer}{}", style.unit);
            let at = gap_before(text, items.open + 1, items.close);
            let ends_line = text[at..items.close].contains('\n');
            let end = if ends_line { String::new() } else { format!("{}{outer}", style.newline) };
            let entry = format!("{}{indent}{key}{}{end}", style.newline, style.print(new, &indent));
            return splice(text, &[(at..at, entry)]);
        };
        let comma = comma_behind(text, last.end);
        if !items.are_on_lines(text) {
            return match comma {
                Some(at) => splice(text, &[(at + 1..at + 1, format!(" {key}{new},"))]),
                None => splice(text, &[(last.end..last.end, format!(", {key}{new}"))]),
            };
        }
        let indent = items.indent(text);
        let at = line_rest(text, comma.map_or(last.end, |comma| comma + 1));
        let end = if comma.is_some() { "," } else { "" };
        let entry = format!("{}{indent}{key}{}{end}", style.newline, style.print(new, indent));
        match comma {
            Some(_) => splice(text, &[(at..at, entry)]),
            None => splice(text, &[(last.end..last.end, ",".to_owned()), (at..at, entry)]),
        }
    }

    fn cut(&self, items: &Items, index: usize) -> String {
        let text = self.text;
        let span = &items.spans[index];
        let before = index.checked_sub(1).map_or(items.open + 1, |before| items.spans[before].end);
        let mut start = gap_before(text, before, span.start);
        let comma = comma_behind(text, span.end);
        let end = comma.map_or(span.end, |comma| comma + 1);
        // What follows would become part of a comment that ends with its line.
        let rest = text[end..].trim_start_matches([' ', '\t']);
        if ends_in_line_comment(&text[before..start]) && !rest.starts_with(['\r', '\n']) {
            start += text[start..].find('\n').map_or(0, |at| at + 1);
        }
        let mut cuts = vec![(start.min(span.start)..span.end, String::new())];
        if let Some(comma) = comma {
            cuts.push((comma..comma + 1, String::new()));
        } else if index > 0
            && let Some(comma) = comma_behind(text, before)
        {
            cuts.insert(0, (comma..comma + 1, String::new()));
            cuts[1].0.start = cuts[1].0.start.max(comma + 1);
        }
        splice(text, &cuts)
    }
}

/// The value of a member; the last one where the name is there twice.
pub fn member<'v, 't>(value: &'v Value<'t>, name: &str) -> Option<&'v Value<'t>> {
    let properties = &value.as_object()?.properties;
    properties.iter().rfind(|property| property.name.as_str() == name).map(|property| &property.value)
}

/// Whether two values are the same but for white space, comments and the spelling of strings.
pub fn same(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::StringLit(a), Value::StringLit(b)) => a.value == b.value,
        (Value::NumberLit(a), Value::NumberLit(b)) => a.value == b.value,
        (Value::BooleanLit(a), Value::BooleanLit(b)) => a.value == b.value,
        (Value::NullKeyword(_), Value::NullKeyword(_)) => true,
        (Value::Array(a), Value::Array(b)) => {
            a.elements.len() == b.elements.len()
                && a.elements.iter().zip(&b.elements).all(|(a, b)| same(a, b))
        }
        (Value::Object(a), Value::Object(b)) => {
            let (a, b) = (&a.properties, &b.properties);
            let equal = |(a, b): (&jsonc_parser::ast::ObjectProp, &jsonc_parser::ast::ObjectProp)| {
                a.name.as_str() == b.name.as_str() && same(&a.value, &b.value)
            };
            a.len() == b.len() && a.iter().zip(b).all(equal)
        }
        _ => false,
    }
}

/// The text with other text in these places, which are in order and do not overlap.
pub fn splice(text: &str, edits: &[(Range<usize>, String)]) -> String {
    let mut out = String::with_capacity(text.len() + 256);
    let mut from = 0;
    for (range, new) in edits {
        out.push_str(&text[from..range.start]);
        out.push_str(new);
        from = range.end;
    }
    out.push_str(&text[from..]);
    out
}

/// The line end that a text uses first; LF where it has none.
pub fn newline(text: &str) -> &'static str {
    match text.find('\n') {
        Some(at) if text[..at].ends_with('\r') => "\r\n",
        _ => "\n",
    }
}

fn wrap(path: &[&str], new: New) -> New {
    path.iter().rev().fold(new, |inner, name| New::Object(vec![((*name).to_owned(), inner)]))
}

/// Where the members or elements of a container are.
struct Items {
    open: usize,
    /// Of the closing bracket.
    close: usize,
    spans: Vec<Range<usize>>,
}

impl Items {
    /// `None` when the value is no container.
    fn of(value: &Value) -> Option<Items> {
        let spans = match value {
            Value::Object(object) => {
                object.properties.iter().map(|property| property.start()..property.end()).collect()
            }
            Value::Array(array) => {
                array.elements.iter().map(|element| element.start()..element.end()).collect()
            }
            _ => return None,
        };
        Some(Items { open: value.start(), close: value.end() - 1, spans })
    }

    /// Whether the first item begins a line of its own.
    fn are_on_lines(&self, text: &str) -> bool {
        self.spans.first().is_none_or(|first| text[self.open..first.start].contains('\n'))
    }

    /// The indentation of the last item that begins a line.
    fn indent<'t>(&self, text: &'t str) -> &'t str {
        let starts_line = |span: &&Range<usize>| {
            let indent = line_indent(text, span.start);
            text[..span.start].ends_with(indent)
                && matches!(text[..span.start - indent.len()].chars().next_back(), None | Some('\n'))
        };
        let item = self.spans.iter().rfind(starts_line);
        item.or(self.spans.first()).map_or("", |span| line_indent(text, span.start))
    }
}

/// How a document is laid out.
struct Style {
    newline: &'static str,
    unit: String,
}

impl Style {
    fn of(text: &str, root: Option<&Value>) -> Style {
        let unit = root.and_then(Items::of).and_then(|items| {
            let first = items.spans.first().filter(|_| items.are_on_lines(text))?;
            let indent = line_indent(text, first.start).strip_prefix(line_indent(text, items.open))?;
            (!indent.is_empty()).then(|| indent.to_owned())
        });
        Style { newline: newline(text), unit: unit.unwrap_or_else(|| "  ".to_owned()) }
    }

    fn print(&self, new: &New, indent: &str) -> String {
        let deeper = format!("{indent}{}", self.unit);
        let (open, close, entries): (_, _, Vec<String>) = match new {
            New::Raw(text) => return text.clone(),
            New::Object(members) => {
                let entry = |(name, value): &(String, New)| {
                    format!("{}: {}", crate::base::json::quote(name), self.print(value, &deeper))
                };
                ('{', '}', members.iter().map(entry).collect())
            }
            New::Array(elements) => {
                ('[', ']', elements.iter().map(|element| self.print(element, &deeper)).collect())
            }
        };
        let newline = self.newline;
        let entries = entries.join(&format!(",{newline}{deeper}"));
        format!("{open}{newline}{deeper}{entries}{newline}{indent}{close}")
    }
}

/// The white space that the line of this byte begins with.
fn line_indent(text: &str, at: usize) -> &str {
    let line = &text[text[..at].rfind('\n').map_or(0, |newline| newline + 1)..];
    &line[..line.len() - line.trim_start_matches([' ', '\t']).len()]
}

/// What comes at this byte, between values.
enum Trivia {
    /// White space or a comment, and where it ends.
    Skip(usize),
    Comma,
    Other,
}

fn trivia(text: &str, at: usize) -> Trivia {
    let rest = &text[at..];
    if rest.starts_with("//") {
        let line = rest.split('\n').next().unwrap_or(rest);
        return Trivia::Skip(at + line.strip_suffix('\r').unwrap_or(line).len());
    }
    if rest.starts_with("/*") {
        return Trivia::Skip(rest.find("*/").map_or(text.len(), |end| at + end + 2));
    }
    match rest.chars().next() {
        Some(',') => Trivia::Comma,
        Some(c) if c.is_whitespace() || c == '\u{feff}' => Trivia::Skip(at + c.len_utf8()),
        _ => Trivia::Other,
    }
}

/// The comma that follows the value which ends at this byte.
fn comma_behind(text: &str, mut at: usize) -> Option<usize> {
    loop {
        match trivia(text, at) {
            Trivia::Skip(end) => at = end,
            Trivia::Comma => return Some(at),
            Trivia::Other => return None,
        }
    }
}

/// The end of the line of this byte, where only white space and comments come before it; else this byte.
fn line_rest(text: &str, start: usize) -> usize {
    let mut at = start;
    loop {
        if at == text.len() || text[at..].starts_with(['\r', '\n']) {
            return at;
        }
        match trivia(text, at) {
            Trivia::Skip(end) if !text[at..end].contains('\n') => at = end,
            _ => return start,
        }
    }
}

/// Where the white space begins that ends at `end`. Before it, from `at` on, are comments and commas.
fn gap_before(text: &str, mut at: usize, end: usize) -> usize {
    let mut start = at;
    while at < end {
        let is_blank = text[at..].starts_with([' ', '\t', '\r', '\n']);
        at = match trivia(text, at) {
            Trivia::Skip(end) => end,
            Trivia::Comma | Trivia::Other => at + 1,
        };
        if !is_blank {
            start = at;
        }
    }
    start
}

/// Whether white space, comments and commas end in a comment that ends with its line.
fn ends_in_line_comment(text: &str) -> bool {
    let mut at = 0;
    let mut ends = false;
    while at < text.len() {
        ends = text[at..].starts_with("//");
        at = match trivia(text, at) {
            Trivia::Skip(end) => end,
            Trivia::Comma | Trivia::Other => at + 1,
        };
    }
    ends
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(text: &str, path: &[&str], value: &str) -> String {
        Doc::parse(text).unwrap().set(path, &New::Raw(value.to_owned())).unwrap()
    }

    #[test]
    fn escapes_of_half_a_character_come_through_an_edit() {
        let check = |text: &str, hidden: &str| {
            assert_eq!(without_halves(text), hidden, "{text}");
            let add = |[text]: [&str; 1]| Doc::parse(text)?.set(&["x"], &New::Raw("1".into()));
            let edited = with_halves([text], add).unwrap();
            assert_eq!(edited, text.replace('}', ", \"x\": 1}"));
        };
        check(r#"{"a": "\ud83d"}"#, "{\"a\": \"\u{10ffff}ud83d\"}");
        check(r#"{"\uDE00\ud83d": 0}"#, "{\"\u{10ffff}uDE00\u{10ffff}ud83d\": 0}");
        check(r#"{"a": "\ud83d\u0041"}"#, "{\"a\": \"\u{10ffff}ud83d\\u0041\"}");
        for whole in [r#"{"a": "\ud83d\ude00"}"#, r#"{"a": "\\ud83d"}"#, r#"{"a": "\"ä\n"}"#] {
            check(whole, whole);
        }
        check("{\"a\": \"\u{10ffff}\"}", "{\"a\": \"\u{10ffff}\"}");
        for broken in ["{\"a\": \"\\", "{\"\\u", "{\"\\ud8", "{\"\\ud83d\\u"] {
            assert!(Doc::parse(&without_halves(broken)).is_err(), "{broken}");
        }
    }

    #[test]
    fn a_member_is_added_as_its_neighbours_are_written() {
        let check = |text: &str, expected: &str| assert_eq!(set(text, &["x"], "1"), expected, "{text:?}");
        check("", "{\n  \"x\": 1\n}\n");
        check("// note", "// note\n{\n  \"x\": 1\n}\n");
        check("{}", "{\n  \"x\": 1\n}");
        check("{\n}\n", "{\n  \"x\": 1\n}\n");
        check("{\n  // empty\n}\n", "{\n  // empty\n  \"x\": 1\n}\n");
        check("{\"a\":1}", "{\"a\":1, \"x\": 1}");
        check("{\"a\":1,}", "{\"a\":1, \"x\": 1,}");
        check("{\n\t\"a\": 1\n}", "{\n\t\"a\": 1,\n\t\"x\": 1\n}");
        check("{\r\n    \"a\": 1\r\n}\r\n", "{\r\n    \"a\": 1,\r\n    \"x\": 1\r\n}\r\n");
        check("{\n  \"a\": 1 // one\n}", "{\n  \"a\": 1, // one\n  \"x\": 1\n}");
        check("{\r\n  \"a\": 1 // one\r\n}", "{\r\n  \"a\": 1, // one\r\n  \"x\": 1\r\n}");
        check("{\n  \"a\": 1, /* one */\n}", "{\n  \"a\": 1, /* one */\n  \"x\": 1,\n}");
        check("{\n  \"a\": 1\n  // end\n}", "{\n  \"a\": 1,\n  \"x\": 1\n  // end\n}");
        check("{\n  \"a\": 1, \"b\": 2 }", "{\n  \"a\": 1, \"b\": 2,\n  \"x\": 1 }");
        check("{\n  \"a\": {\n  }\n}", "{\n  \"a\": {\n  },\n  \"x\": 1\n}");
    }

    #[test]
    fn nested_objects_are_created_and_a_value_is_replaced_in_its_place() {
        let check = |text: &str, path: &[&str], expected: &str| {
            assert_eq!(set(text, path, "1"), expected, "{text:?} {path:?}");
        };
        check(
            "{\n    \"a\": 0\n}",
            &["ui", "line", "x"],
            "{\n    \"a\": 0,\n    \"ui\": {\n        \"line\": {\n            \"x\": 1\n        }\n    }\n}",
        );
        check("{\"ui\":{\"a\":0}}", &["ui", "x"], "{\"ui\":{\"a\":0, \"x\": 1}}");
        check("{\"a\": /* old */ 0 /* kept */}", &["a"], "{\"a\": /* old */ 1 /* kept */}");
        check("{\"a\":0,\"a\":5}", &["a"], "{\"a\":0,\"a\":1}");
    }

    #[test]
    fn adding_and_removing_leaves_no_trace_beside_comments_and_commas() {
        for text in [
            "{\"a\":1}",
            "{\"a\":1,}",
            "{ \"a\": 1 }",
            "{\n\t\"a\": 1\n}",
            "{\r\n    \"a\": 1\r\n}\r\n",
            "{\n  \"a\": 1 // one\n}",
            "{\n  \"a\": 1, // one\n}",
            "{\n  \"a\": 1 /* one */\n  // end\n}",
            "{\n  // empty\n}\n",
            "{\n  \"a\": 1, \"b\": 2 // x\n }",
        ] {
            let added = set(text, &["x"], "{\"y\": 1}");
            let doc = Doc::parse(&added).unwrap();
            assert_eq!(doc.remove_member(doc.get(&[]).unwrap(), "x"), text);
        }
    }

    #[test]
    fn what_is_removed_takes_one_comma_with_it() {
        let check = |text: &str, name: &str, expected: &str| {
            let doc = Doc::parse(text).unwrap();
            let left = doc.remove_member(doc.get(&[]).unwrap(), name);
            assert_eq!(left, expected, "{text:?} {name}");
            Doc::parse(&left).unwrap();
        };
        check("{\"a\":1,\"b\":2,\"c\":3}", "a", "{\"b\":2,\"c\":3}");
        check("{\"a\":1,\"b\":2,\"c\":3}", "b", "{\"a\":1,\"c\":3}");
        check("{\"a\":1,\"b\":2,\"c\":3}", "c", "{\"a\":1,\"b\":2}");
        check("{\n  \"a\": 1, // one\n  \"b\": 2 }", "b", "{\n  \"a\": 1 // one\n }");
        check("{ // head\n  \"a\": 1 }", "a", "{ // head\n }");
        check("{\n  \"a\": \"//\",\n  \"b\": 2 }", "b", "{\n  \"a\": \"//\" }");
        check("{\n  \"a\": 1,\n  // of b\n  \"b\": 2\n}", "b", "{\n  \"a\": 1\n  // of b\n}");
        check("{\"a\":1 /* , */ , \"b\":2}", "b", "{\"a\":1 /* , */ }");
        check("{\"a\":1}", "z", "{\"a\":1}");
    }

    #[test]
    fn what_is_no_settings_file_says_where() {
        let check = |text: &str, expected: &str| {
            let problem = Doc::parse(text).err().unwrap().to_string();
            assert!(problem.starts_with(expected), "{text:?}: {problem}");
        };
        check("{\"a\" 1}", "line 1, column 6: ");
        check("{\n  \"ä\": tru\n}", "line 2, column 8: ");
        check("{\"a\":1} x", "line 1, column 9: ");
        check("[1]", "line 1, column 1: the file is not an object");
        check("{'a': 1}", "line 1, column 2: ");
        check("{\"a\": 1", "line 1, column 1: ");
        check(&"[".repeat(100_000), "line 1, column ");
    }
}
