//! Edits of JSON with comments that change no byte but those of the edit: the parser finds values and commas, and
//! the text itself is cut and spliced.
//!
//! The editable tree of the parser (`jsonc_parser::cst`) cannot do that: adding a member breaks an object of one
//! line onto several and drops its blank lines, and removing one drops the comments next to it.

use std::ops::Range;

use anyhow::Result;
use jsonc_parser::ast::Value;
use jsonc_parser::common::Ranged;
use jsonc_parser::{CollectOptions, CommentCollectionStrategy, ParseOptions, parse_to_ast};

use super::{BOM, error_at, not_valid};
use crate::base::json::{quote, without_lone_surrogates};

/// Comments and trailing commas are accepted, as agents do, but nothing else that is not JSON.
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

/// A document: an object, or nothing but comments.
pub struct JsonDoc<'t> {
    /// Byte order mark, if there is one.
    bom: &'t str,
    text: &'t str,
    root: Option<JsonNode>,
    /// Everything but white space, in order.
    tokens: Vec<Range<usize>>,
    newline: &'static str,
    /// Indentation of one level.
    unit: &'t str,
}

/// A value and its place in the text.
#[derive(Debug)]
pub struct JsonNode {
    range: Range<usize>,
    pub kind: JsonKind,
    /// Members of an object, elements of an array.
    pub items: Vec<JsonItem>,
}

#[derive(Debug, PartialEq, Eq)]
pub enum JsonKind {
    Object,
    Array,
    String(String),
    Bool(bool),
    /// A number or `null`, as it is written.
    Other(String),
}

#[derive(Debug)]
pub struct JsonItem {
    start: usize,
    /// Empty in an array.
    pub name: String,
    pub value: JsonNode,
}

/// A value to put into a document.
#[derive(Debug, Clone)]
pub enum NewJson {
    /// JSON text, put in as it is.
    Raw(String),
    /// An object, laid out as the document is.
    Object(Vec<(String, NewJson)>),
}

impl NewJson {
    pub fn string(text: &str) -> NewJson {
        NewJson::Raw(quote(text))
    }

    pub fn object<'n>(members: impl IntoIterator<Item = (&'n str, NewJson)>) -> NewJson {
        NewJson::Object(members.into_iter().map(|(name, value)| (name.to_owned(), value)).collect())
    }

    pub fn on_one_line(&self) -> String {
        self.print(None)
    }

    /// The value on one line, or on several: `layout` is the line ending with the indentation around the object,
    /// and the indentation of one level.
    fn print(&self, layout: Option<(&str, &str)>) -> String {
        let members = match self {
            NewJson::Raw(text) => return text.clone(),
            NewJson::Object(members) => members,
        };
        let (end, unit) = layout.unwrap_or((" ", ""));
        let gap = format!("{end}{unit}");
        let print = |value: &NewJson| value.print(layout.map(|(_, unit)| (gap.as_str(), unit)));
        let members = members.iter().map(|(name, value)| format!("{gap}{}: {}", quote(name), print(value)));
        format!("{{{}{end}}}", members.collect::<Vec<_>>().join(","))
    }
}

impl<'t> JsonDoc<'t> {
    /// Parses an object. A text without any value counts as an object without members.
    ///
    /// # Errors
    /// The text is not JSON, or not an object.
    pub fn parse(text: &'t str) -> Result<Self> {
        let body = text.trim_start_matches(BOM);
        let whole = without_lone_surrogates(body);
        let collect = CollectOptions { comments: CommentCollectionStrategy::AsTokens, tokens: true };
        let parsed = parse_to_ast(&whole, &collect, &OPTIONS)
            .map_err(|err| error_at(body.as_bytes(), err.range().start, &not_valid("JSON", &err.kind().to_string())))?;
        let root = parsed.value.map(JsonNode::new);
        if let Some(root) = root.as_ref().filter(|root| root.kind != JsonKind::Object) {
            return Err(error_at(body.as_bytes(), root.range.start, "the file is not an object"));
        }
        Ok(JsonDoc {
            bom: &text[..text.len() - body.len()],
            text: body,
            tokens: parsed.tokens.iter().flatten().map(|token| token.start()..token.end()).collect(),
            newline: newline(body),
            unit: root.as_ref().and_then(|root| root.unit(body)).unwrap_or("  "),
            root,
        })
    }

    /// The value at a path. Of two members of the same name the last one is used, as in JavaScript.
    pub fn get(&self, path: &[&str]) -> Option<&JsonNode> {
        path.iter().try_fold(self.root.as_ref()?, |node, name| node.member(name))
    }

    /// The text of a value.
    pub fn raw(&self, node: &JsonNode) -> &'t str {
        &self.text[node.range.clone()]
    }

    pub fn string(&self, path: &[&str]) -> Option<&str> {
        self.get(path)?.string()
    }

    /// The text with other JSON instead of a value.
    pub fn put(&self, node: &JsonNode, json: &str) -> String {
        self.spliced(&[(node.range.clone(), json)])
    }

    /// The text with this value at a path. Missing objects are created.
    ///
    /// # Errors
    /// A value on the path is not an object.
    pub fn set(&self, path: &[&str], new: &NewJson) -> Result<String> {
        let wrapped = |path: &[&str]| path.iter().rfold(new.clone(), |inner, name| NewJson::object([(*name, inner)]));
        let Some(mut object) = self.root.as_ref() else {
            let gap = if self.text.is_empty() || self.text.ends_with('\n') { "" } else { self.newline };
            let object = wrapped(path).print(Some((self.newline, self.unit)));
            return Ok(format!("{}{}{gap}{object}{}", self.bom, self.text, self.newline));
        };
        for (depth, name) in path.iter().enumerate() {
            match object.member(name) {
                Some(node) if depth + 1 == path.len() => {
                    let indent = line_indent(self.text, node.range.start);
                    return Ok(self.put(node, &self.printed(new, object, indent)));
                }
                Some(node) => object = node,
                None if object.kind == JsonKind::Object => {
                    return Ok(self.with_item(object, Some(name), &wrapped(&path[depth + 1..])));
                }
                None => return Err(self.unexpected(object, &path[..depth], "object")),
            }
        }
        Ok(self.put(object, &new.on_one_line()))
    }

    /// The text with one more element in the array at a path, which is created if missing.
    ///
    /// # Errors
    /// The value there is not an array, or one on the path is not an object.
    pub fn push(&self, path: &[&str], new: &NewJson) -> Result<String> {
        match self.get(path) {
            None => self.set(path, &NewJson::Raw(format!("[{}]", new.on_one_line()))),
            Some(array) if array.kind == JsonKind::Array => Ok(self.with_item(array, None, new)),
            Some(other) => Err(self.unexpected(other, path, "array")),
        }
    }

    /// The text without the member at a path, and without objects that become empty, unless `stays` holds for
    /// their path.
    pub fn without(&self, mut path: &[&str], stays: impl Fn(&[&str]) -> bool) -> String {
        let is_alone = |above| self.get(above).is_some_and(|object| object.items.len() == 1);
        while let Some((_, above @ [_, ..])) = path.split_last()
            && is_alone(above)
            && !stays(above)
        {
            path = above;
        }
        let found = path.split_last().and_then(|(name, above)| {
            let object = self.get(above)?;
            Some((object, object.items.iter().rposition(|item| item.name == **name)?))
        });
        found.map_or_else(|| self.spliced(&[]), |(object, index)| self.without_item(object, index))
    }

    /// The text without an item of an object or array, and without one comma.
    pub fn without_item(&self, from: &JsonNode, index: usize) -> String {
        let item = &from.items[index];
        let before = &self.tokens[self.token_from(item.start) - 1];
        let mut start = before.end;
        let end = item.value.range.end;
        let own_comma = self.comma_after(end);
        // Otherwise the rest would become part of the comment on the line above.
        let rest = self.text[own_comma.map_or(end, |comma| comma + 1)..].trim_start_matches([' ', '\t']);
        if self.text[before.start..].starts_with("//") && !rest.starts_with(['\r', '\n']) {
            start += self.text[start..].find('\n').map_or(0, |newline| newline + 1);
        }
        let previous = || self.comma_after(from.items[index.checked_sub(1)?].value.range.end);
        let comma = own_comma.or_else(previous).map(|comma| (comma..comma + 1, ""));
        let mut cuts: Vec<_> = comma.into_iter().chain([(start.min(item.start)..end, "")]).collect();
        cuts.sort_by_key(|(range, _)| range.start);
        self.spliced(&cuts)
    }

    fn unexpected(&self, node: &JsonNode, path: &[&str], wanted: &str) -> anyhow::Error {
        let message = format!("{} is not an {wanted}", path.join("."));
        error_at(self.text.as_bytes(), node.range.start, &message)
    }

    fn with_item(&self, into: &JsonNode, name: Option<&str>, new: &NewJson) -> String {
        let key = name.map(|name| format!("{}: ", quote(name))).unwrap_or_default();
        let Some((first, last)) = into.items.first().zip(into.items.last()) else {
            let outer = line_indent(self.text, into.range.start);
            let close = into.range.end - 1;
            let start = self.tokens[self.token_from(close) - 1].end;
            let ends_line = self.text[start..close].contains('\n');
            let end = if ends_line { String::new() } else { format!("{}{outer}", self.newline) };
            let indent = format!("{outer}{}", self.unit);
            let entry = format!("{}{indent}{key}{}{end}", self.newline, self.printed(new, into, &indent));
            return self.spliced(&[(start..start, &entry)]);
        };
        let comma = self.comma_after(last.value.range.end);
        let start = comma.map_or(last.value.range.end, |comma| comma + 1);
        let (separator, end) = if comma.is_some() { ("", ",") } else { (",", "") };
        let (at, gap, indent) = match into.is_on_lines(self.text) {
            true => (self.rest_of_line(start), self.newline, line_indent(self.text, first.start)),
            false => (start, " ", ""),
        };
        let entry = format!("{gap}{indent}{key}{}{end}", self.printed(new, into, indent));
        self.spliced(&[(start..start, separator), (at..at, &entry)])
    }

    /// A new value laid out as the items of its container are, on one line or several.
    fn printed(&self, new: &NewJson, container: &JsonNode, indent: &str) -> String {
        let gap = format!("{}{indent}", self.newline);
        new.print(container.is_on_lines(self.text).then_some((&gap, self.unit)))
    }

    /// Index of the first token that starts at this byte or after it.
    fn token_from(&self, at: usize) -> usize {
        self.tokens.partition_point(|token| token.start < at)
    }

    fn is_comment(&self, token: &Range<usize>) -> bool {
        self.text[token.start..].starts_with('/')
    }

    /// Place of the comma after a value that ends at this byte.
    fn comma_after(&self, end: usize) -> Option<usize> {
        let next = self.tokens[self.token_from(end)..].iter().find(|token| !self.is_comment(token))?;
        self.text[next.start..].starts_with(',').then_some(next.start)
    }

    /// End of the line if nothing but comments follows this byte on it; otherwise this byte.
    fn rest_of_line(&self, start: usize) -> usize {
        let line_end = self.text[start..].find('\n').map_or(self.text.len(), |newline| start + newline);
        let tokens = self.tokens[self.token_from(start)..].iter();
        let comments = tokens.take_while(|token| self.is_comment(token) && token.end <= line_end);
        let at = comments.last().map_or(start, |comment| comment.end);
        let blank = self.text[at..].trim_start_matches([' ', '\t']);
        let ends = blank.is_empty() || blank.starts_with(['\r', '\n']);
        if ends { self.text.len() - blank.len() } else { start }
    }

    /// The text with these ranges replaced, which are in order and do not overlap.
    fn spliced(&self, edits: &[(Range<usize>, &str)]) -> String {
        let mut out = self.bom.to_owned();
        let mut from = 0;
        for (range, new) in edits {
            out.push_str(&self.text[from..range.start]);
            out.push_str(new);
            from = range.end;
        }
        out.push_str(&self.text[from..]);
        out
    }
}

impl JsonNode {
    fn new(value: Value) -> JsonNode {
        let range = value.start()..value.end();
        let item = |start, name, value| JsonItem { start, name, value: JsonNode::new(value) };
        let mut items = Vec::new();
        let kind = match value {
            Value::Object(object) => {
                let members = object.properties.into_iter();
                items.extend(members.map(|each| item(each.start(), each.name.into_string(), each.value)));
                JsonKind::Object
            }
            Value::Array(array) => {
                let elements = array.elements.into_iter();
                items.extend(elements.map(|value| item(value.start(), String::new(), value)));
                JsonKind::Array
            }
            Value::StringLit(string) => JsonKind::String(string.value.into_owned()),
            Value::BooleanLit(switch) => JsonKind::Bool(switch.value),
            Value::NumberLit(number) => JsonKind::Other(number.value.to_owned()),
            Value::NullKeyword(_) => JsonKind::Other("null".to_owned()),
        };
        JsonNode { range, kind, items }
    }

    /// A member; of two with this name the last one.
    pub fn member(&self, name: &str) -> Option<&JsonNode> {
        let is_object = self.kind == JsonKind::Object;
        self.items.iter().rfind(|item| is_object && item.name == name).map(|item| &item.value)
    }

    /// The elements of an array; none of anything else.
    pub fn elements(&self) -> impl Iterator<Item = &JsonNode> {
        let is_array = self.kind == JsonKind::Array;
        self.items.iter().filter(move |_| is_array).map(|item| &item.value)
    }

    pub fn string(&self) -> Option<&str> {
        if let JsonKind::String(text) = &self.kind { Some(text) } else { None }
    }

    /// The first item starts on a line of its own.
    fn is_on_lines(&self, text: &str) -> bool {
        self.items.first().is_none_or(|first| text[self.range.start..first.start].contains('\n'))
    }

    /// Indentation of its items relative to its own. `None` if there is none.
    fn unit<'t>(&self, text: &'t str) -> Option<&'t str> {
        let first = self.items.first().filter(|_| self.is_on_lines(text))?;
        let outer = line_indent(text, self.range.start);
        line_indent(text, first.start).strip_prefix(outer).filter(|unit| !unit.is_empty())
    }
}

/// Equal values, whatever their white space, comments and spelling of strings.
impl PartialEq for JsonNode {
    fn eq(&self, other: &JsonNode) -> bool {
        let [own, others] = [self, other].map(|node| node.items.iter().map(|item| (&item.name, &item.value)));
        self.kind == other.kind && own.eq(others)
    }
}

/// Applies an edit until it returns `None`.
///
/// # Errors
/// The edit fails, or the text does not parse.
pub fn repeated(text: &str, edit: impl Fn(&JsonDoc) -> Result<Option<String>>) -> Result<String> {
    let mut text = text.to_owned();
    while let Some(edited) = edit(&JsonDoc::parse(&text)?)? {
        text = edited;
    }
    Ok(text)
}

/// The first line ending in a text; LF if there is none.
pub fn newline(text: &str) -> &'static str {
    match text.find('\n') {
        Some(at) if text[..at].ends_with('\r') => "\r\n",
        _ => "\n",
    }
}

/// Indentation of the line of this byte.
fn line_indent(text: &str, at: usize) -> &str {
    let line = &text[text[..at].rfind('\n').map_or(0, |newline| newline + 1)..];
    &line[..line.len() - line.trim_start_matches([' ', '\t']).len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(text: &str, path: &[&str], value: &str) -> String {
        JsonDoc::parse(text).unwrap().set(path, &NewJson::Raw(value.to_owned())).unwrap()
    }

    #[test]
    fn escapes_of_half_a_character_come_through_an_edit() {
        let check = |text: &str, hidden: &str| {
            assert_eq!(without_lone_surrogates(text), hidden, "{text}");
            assert_eq!(set(text, &["x"], "1"), text.replace('}', ", \"x\": 1}"));
        };
        check(r#"{"a": "\ud83d"}"#, r#"{"a": "\ufffd"}"#);
        check(r#"{"\uDE00\ud83d": 0}"#, r#"{"\ufffd\ufffd": 0}"#);
        check(r#"{"a": "\ud83d\u0041"}"#, r#"{"a": "\ufffd\u0041"}"#);
        for whole in [r#"{"a": "\ud83d\ude00"}"#, r#"{"a": "\\ud83d"}"#, r#"{"a": "\"ä\n"}"#] {
            check(whole, whole);
        }
        for broken in ["{\"a\": \"\\", "{\"\\u", "{\"\\ud8", "{\"\\ud83d\\u"] {
            assert!(JsonDoc::parse(broken).is_err(), "{broken}");
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
            let doc = JsonDoc::parse(&added).unwrap();
            assert_eq!(doc.without(&["x"], |_| true), text);
        }
    }

    #[test]
    fn what_is_removed_takes_one_comma_with_it() {
        let check = |text: &str, name: &str, expected: &str| {
            let doc = JsonDoc::parse(text).unwrap();
            let left = doc.without(&[name], |_| true);
            assert_eq!(left, expected, "{text:?} {name}");
            JsonDoc::parse(&left).unwrap();
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
            let problem = JsonDoc::parse(text).err().unwrap().to_string();
            assert!(problem.starts_with(expected), "{text:?}: {problem}");
        };
        check("{\"a\" 1}", "line 1, column 6: ");
        check("{\n  \"ä\": tru\n}", "line 2, column 8: ");
        check("{\"a\":1} x", "line 1, column 9: ");
        check("[1]", "line 1, column 1: the file is not an object");
        check("{'a': 1}", "line 1, column 2: ");
        check("{\"a\": 1", "line 1, column 1: not valid JSON: unterminated object");
        check(&"[".repeat(100_000), "line 1, column ");
    }
}
