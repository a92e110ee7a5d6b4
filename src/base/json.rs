//! Lenient JSON: an object as its members, read one field at a time.
//!
//! A wrong type, a lone surrogate, `1e400` or deep nesting affects one field and nothing else, because values stay raw
//! text until they are read. For the same reason members that are not ours go back into a file byte for byte. The
//! documents of all agents, hooks, bridges, caches and task files are read here.

use std::borrow::Cow;
use std::fmt;
use std::ops::Range;

use crate::base::text::{self, is_blank};

/// The members of a JSON object, in document order.
#[derive(Debug, Default, Clone, PartialEq)]
pub struct Object<'a> {
    /// Name (with its quotes) and value, both as written in the document.
    members: Vec<(Cow<'a, str>, Cow<'a, str>)>,
}

impl<'a> Object<'a> {
    /// Parses an object. `None` if `text` is anything else, or has more text after it.
    pub fn parse(text: &'a str) -> Option<Self> {
        // The usual number of members for this much text.
        let mut members = Vec::with_capacity((text.len() / 16).min(24));
        walk(text.as_bytes(), b'{', 1, &mut |_, name, value| {
            members.push((Cow::Borrowed(&text[name]), Cow::Borrowed(&text[value])));
        })?;
        Some(Object { members })
    }

    /// The same together with [`Self::object`] of that name, in one pass.
    pub fn parse_with(text: &'a str, name: &str) -> Option<(Self, Option<Self>)> {
        let (mut outer, mut inner, mut nested) = (Object::default(), Object::default(), None);
        walk(text.as_bytes(), b'{', 2, &mut |depth, key, value| {
            let (key, value) = (&text[key], &text[value]);
            if depth == 1 {
                let members = std::mem::take(&mut inner);
                if is_name(key, name) {
                    nested = value.starts_with('{').then_some(members);
                }
            }
            let members = if depth == 1 { &mut outer.members } else { &mut inner.members };
            members.push((Cow::Borrowed(key), Cow::Borrowed(value)));
        })?;
        Some((outer, nested))
    }

    /// There is a member with that name, even if it is `null`.
    pub fn has(&self, name: &str) -> bool {
        self.members.iter().any(|(key, _)| is_name(key, name))
    }

    /// Names and raw values, in document order.
    pub fn members(&self) -> impl Iterator<Item = (String, &str)> {
        self.members.iter().map(|(key, value)| (string(key).unwrap_or_default(), value.as_ref()))
    }

    /// A value as written in the document. `None` if it is absent or `null`; the last one if the name occurs twice, as
    /// in JavaScript.
    pub fn raw(&self, name: &str) -> Option<&str> {
        let member = self.members.iter().rfind(|(key, _)| is_name(key, name))?;
        Some(member.1.as_ref()).filter(|value| *value != "null")
    }

    /// A string. `None` when the value is absent or of another type.
    pub fn string(&self, name: &str) -> Option<String> {
        string(self.raw(name)?)
    }

    /// A value is this string.
    pub fn says(&self, name: &str, text: &str) -> bool {
        self.string(name).is_some_and(|found| found == text)
    }

    /// A string that shows something: see [`is_blank`].
    pub fn text(&self, name: &str) -> Option<String> {
        self.string(name).filter(|text| !is_blank(text))
    }

    /// A finite number, also one written as a string. `None` when the value is absent or of
    /// another type.
    pub fn number(&self, name: &str) -> Option<f64> {
        number(self.raw(name)?)
    }

    /// A whole number of at least 0, rounded down. `None` when it is absent, negative or of another type.
    pub fn count(&self, name: &str) -> Option<u64> {
        let number = self.number(name)?;
        (number >= 0.0).then_some(number as u64)
    }

    /// A truth value. `None` when it is absent or of another type.
    pub fn bool(&self, name: &str) -> Option<bool> {
        match self.raw(name)? {
            "true" => Some(true),
            "false" => Some(false),
            _ => None,
        }
    }

    /// A nested object. `None` when the value is absent or of another type.
    pub fn object(&self, name: &str) -> Option<Object<'_>> {
        Object::parse(self.raw(name)?)
    }

    /// A nested object, or an empty one: for reading fields that are all optional.
    pub fn object_or_empty(&self, name: &str) -> Object<'_> {
        self.object(name).unwrap_or_default()
    }

    /// The raw elements of an array. Empty when the value is absent or of another type.
    pub fn array(&self, name: &str) -> Vec<&str> {
        self.raw(name).and_then(array).unwrap_or_default()
    }

    /// The objects of an array; elements of another type are skipped.
    pub fn objects(&self, name: &str) -> Vec<Object<'_>> {
        self.array(name).into_iter().filter_map(Object::parse).collect()
    }

    /// Adds the members of `other` that it lacks.
    pub fn complete(&mut self, other: &Object<'a>) {
        let missing = other.members.iter().filter(|(key, _)| self.members.iter().all(|(own, _)| own != key));
        let missing: Vec<_> = missing.cloned().collect();
        self.members.extend(missing);
    }

    /// Keeps the members whose name and raw value `wanted` picks.
    pub fn retain(&mut self, mut wanted: impl FnMut(&str, &str) -> bool) {
        self.members.retain(|(key, value)| wanted(&string(key).unwrap_or_default(), value));
    }

    /// Replaces the raw value with that name, or adds it at the end.
    pub fn set(&mut self, name: &str, value: impl Into<Cow<'a, str>>) {
        let value = value.into();
        match self.members.iter_mut().rfind(|(key, _)| is_name(key, name)) {
            Some(member) => member.1 = value,
            None => self.members.push((Cow::Owned(quote(name)), value)),
        }
    }
}

/// Writes the object on one line.
impl fmt::Display for Object<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("{")?;
        for (i, (key, value)) in self.members.iter().enumerate() {
            write!(f, "{}{key}:{value}", if i == 0 { "" } else { "," })?;
        }
        f.write_str("}")
    }
}

/// The raw elements of a JSON array. `None` when `text` is anything else.
pub fn array(text: &str) -> Option<Vec<&str>> {
    let mut elements = Vec::new();
    walk(text.as_bytes(), b'[', 1, &mut |_, _, element| elements.push(&text[element]))?;
    Some(elements)
}

/// Calls `each` for every part of the container in `bytes`, which begins with `first`, and before it for those of its
/// own down to depth `most`, 1 or 2, with its depth from 1 and the places of its name, in quotes, and its value;
/// elements of an array have no name. `None` if the bytes are anything else, or not strictly JSON (RFC 8259). As strict
/// as serde_json, but faster, and at any depth.
fn walk(bytes: &[u8], first: u8, most: usize, each: &mut dyn FnMut(usize, Range<usize>, Range<usize>)) -> Option<()> {
    let mut at = after_space(bytes, 0);
    if bytes.get(at) != Some(&first) {
        return None;
    }
    // The closing brackets of the open containers; and the current parts of the outermost ones.
    let mut open = Vec::with_capacity(16);
    let mut parts = [(0..0, 0), (0..0, 0)];
    loop {
        'value: {
            at = match *bytes.get(at)? {
                b'"' => after_string(bytes, at)?,
                bracket @ (b'{' | b'[') => {
                    // The closing bracket is two places later in ASCII.
                    open.push(bracket + 2);
                    at = after_space(bytes, at + 1);
                    if bytes.get(at) != open.last() {
                        break 'value;
                    }
                    open.pop();
                    at + 1
                }
                b't' | b'f' | b'n' => after_word(bytes, at)?,
                _ => after_number(bytes, at)?,
            };
            loop {
                match open.len() {
                    0 => return (after_space(bytes, at) == bytes.len()).then_some(()),
                    depth if depth <= most => {
                        let (name, begin) = parts[depth - 1].clone();
                        each(depth, name, begin..at);
                    }
                    _ => {}
                }
                at = after_space(bytes, at);
                match bytes.get(at)? {
                    b',' => break,
                    byte if Some(byte) == open.last() => open.pop(),
                    _ => return None,
                };
                at += 1;
            }
            at = after_space(bytes, at + 1);
        }
        let name_begin = at;
        let mut name_end = at;
        if open.last() == Some(&b'}') {
            name_end = after_string(bytes, at)?;
            at = after_space(bytes, name_end);
            if bytes.get(at) != Some(&b':') {
                return None;
            }
            at = after_space(bytes, at + 1);
        }
        if let Some(part) = parts.get_mut(open.len() - 1) {
            *part = (name_begin..name_end, at);
        }
    }
}

fn after_space(bytes: &[u8], mut at: usize) -> usize {
    while let Some(b' ' | b'\t' | b'\n' | b'\r') = bytes.get(at) {
        at += 1;
    }
    at
}

fn after_word(bytes: &[u8], at: usize) -> Option<usize> {
    let words: [&[u8]; 3] = [b"true", b"false", b"null"];
    Some(at + words.iter().find(|word| bytes[at..].starts_with(word))?.len())
}

fn after_string(bytes: &[u8], at: usize) -> Option<usize> {
    if bytes.get(at) != Some(&b'"') {
        return None;
    }
    let end = at + 1 + plain_length(&bytes[at + 1..]);
    match bytes.get(end)? {
        b'"' => Some(end + 1),
        _ => after_escapes(bytes, end),
    }
}

/// The end of a string that has an escape at `at`.
#[cold]
fn after_escapes(bytes: &[u8], mut at: usize) -> Option<usize> {
    loop {
        at += match (bytes.get(at)?, bytes.get(at + 1)) {
            (b'"', _) => return Some(at + 1),
            (b'\\', Some(b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't')) => 2,
            (b'\\', Some(b'u')) if bytes.get(at + 2..at + 6)?.iter().all(u8::is_ascii_hexdigit) => 6,
            _ => return None,
        };
        at += plain_length(bytes.get(at..)?);
    }
}

/// Number of bytes before the first quote, backslash or control character.
pub fn plain_length(bytes: &[u8]) -> usize {
    /// A 1 in each byte.
    const ONES: u64 = u64::MAX / 255;
    // Eight at a time: most of a document is strings.
    let (words, rest) = bytes.as_chunks();
    for (count, word) in words.iter().enumerate() {
        let word = u64::from_le_bytes(*word);
        // Sets the highest bit of each byte below `limit`, and perhaps of some after it.
        let below = |limit: u64, word: u64| word.wrapping_sub(ONES * limit);
        // With its second bit turned, the quote comes right after the control characters.
        let found = below(0x21, word ^ (ONES * 2)) | below(1, word ^ (ONES * u64::from(b'\\')));
        let found = found & !word & (ONES << 7);
        if found != 0 {
            return count * 8 + found.trailing_zeros() as usize / 8;
        }
    }
    words.len() * 8 + rest.iter().take_while(|byte| !matches!(byte, 0..b' ' | b'"' | b'\\')).count()
}

fn after_number(bytes: &[u8], at: usize) -> Option<usize> {
    let digits = |from: usize| {
        let end = from + bytes.get(from..)?.iter().take_while(|byte| byte.is_ascii_digit()).count();
        (end > from).then_some(end)
    };
    let begin = at + usize::from(bytes.get(at) == Some(&b'-'));
    let mut end = if bytes.get(begin) == Some(&b'0') { begin + 1 } else { digits(begin)? };
    if bytes.get(end) == Some(&b'.') {
        end = digits(end + 1)?;
    }
    if let Some(b'e' | b'E') = bytes.get(end) {
        let sign = usize::from(matches!(bytes.get(end + 1), Some(b'+' | b'-')));
        end = digits(end + 1 + sign)?;
    }
    Some(end)
}

/// The string in a raw JSON value. A lone surrogate, which JavaScript writes and Rust cannot
/// hold, becomes one U+FFFD. `None` when the value is of another type.
pub fn string(raw: &str) -> Option<String> {
    let inner = raw.strip_prefix('"')?.strip_suffix('"')?;
    if plain_length(inner.as_bytes()) == inner.len() {
        return Some(inner.to_owned());
    }
    serde_json::from_str(raw).or_else(|_| serde_json::from_str(&without_lone_surrogates(raw))).ok()
}

/// The finite number in a raw JSON value, also one in a string.
pub fn number(raw: &str) -> Option<f64> {
    let number = if raw.starts_with('"') { string(raw)?.trim().parse() } else { raw.parse() };
    number.ok().filter(|number: &f64| number.is_finite())
}

/// `text` as a JSON string with its quotes.
pub fn quote(text: &str) -> String {
    serde_json::to_string(text).expect("a string always serialises")
}

/// JSON with escapes in place of characters that are invisible or change how others show.
pub fn harmless(json: &str) -> String {
    text::with_escapes(json, |c, out| {
        for unit in c.encode_utf16(&mut [0; 2]) {
            out.push_str(&format!("\\u{unit:04x}"));
        }
    })
}

/// A key, with its quotes, is that name.
#[inline]
fn is_name(key: &str, name: &str) -> bool {
    // Usually the first character decides.
    let (first, wanted) = (key.as_bytes()[1], name.as_bytes().first().unwrap_or(&b'"'));
    (first == *wanted || first == b'\\') && is_whole_name(key, name)
}

fn is_whole_name(key: &str, name: &str) -> bool {
    let bytes = &key.as_bytes()[1..key.len() - 1];
    // An escape is longer than its character.
    if bytes.len() <= name.len() {
        return is_same(bytes, name.as_bytes());
    }
    let same = bytes.iter().zip(name.as_bytes()).take_while(|(one, other)| one == other).count();
    bytes[same] == b'\\' && string(key).is_some_and(|key| key == name)
}

/// The same as `==`, which compares single bytes in a static program: names of 8 to 16 bytes are two numbers.
fn is_same(one: &[u8], other: &[u8]) -> bool {
    let ends = |bytes: &[u8]| Some([*bytes.first_chunk()?, *bytes.last_chunk()?].map(u64::from_ne_bytes));
    let has_two = (8..=16).contains(&one.len());
    one.len() == other.len() && if has_two { ends(one) == ends(other) } else { one.iter().eq(other) }
}

/// JSON, of the same length, with U+FFFD for lone surrogates (`\ud83d`): JavaScript accepts them, but no string
/// here can hold one.
pub fn without_lone_surrogates(json: &str) -> String {
    let unit = |at: usize| u16::from_str_radix(json.get(at..)?.strip_prefix("\\u")?.get(..4)?, 16).ok();
    let mut text = json.to_owned();
    let mut at = 0;
    while let Some(found) = json[at..].find('\\') {
        at += found;
        at += match (unit(at), unit(at + 6)) {
            (Some(0xd800..0xdc00), Some(0xdc00..0xe000)) => 12,
            (Some(0xd800..0xe000), _) => {
                text.replace_range(at..at + 6, "\\ufffd");
                6
            }
            // The escaped character may be a backslash.
            _ => 1 + json[at + 1..].chars().next().map_or(0, char::len_utf8),
        };
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn what_does_not_show_is_escaped() {
        let check = |text: &str, expected: &str| assert_eq!(harmless(text), expected, "{text:?}");
        check("\"日本語 é\"", "\"日本語 é\"");
        check("\"a\u{202e}b\u{9b}c\u{7f}\"", "\"a\\u202eb\\u009bc\\u007f\"");
        check("\"\u{e0041}\"", "\"\\udb40\\udc41\"");
    }

    proptest! {
        #[test]
        fn escaping_changes_no_string(text: String) {
            prop_assert_eq!(serde_json::from_str::<String>(&harmless(&quote(&text))).unwrap(), text);
        }

        /// No name of ours has a backslash.
        #[test]
        fn a_name_is_found_in_any_spelling(name in "[ab\"é]{0,20}", other in "[ab\"é]{0,20}") {
            let escaped: String = name.encode_utf16().map(|unit| format!("\\u{unit:04x}")).collect();
            let longer = format!("{name}a");
            for key in [quote(&name), format!("\"{escaped}\"")] {
                for text in [&name, &other, &longer] {
                    prop_assert_eq!(is_name(&key, text), *text == name);
                }
            }
            prop_assert!(!is_name(&quote(&longer), &name));
        }
    }

    #[test]
    fn fields_are_read_one_at_a_time() {
        let text = r#"{"s":"a\nb","n":1.5,"q":"42","z":null,"b":true,"o":{"x":1},"big":1e400,"bad":"x\ud83d","a":[1,{"y":2},"s"]}"#;
        let object = Object::parse(text).unwrap();
        assert_eq!(object.string("s").as_deref(), Some("a\nb"));
        assert_eq!(object.number("n"), Some(1.5));
        assert_eq!(object.number("q"), Some(42.0));
        assert_eq!(object.number("z"), None);
        assert_eq!(object.raw("z"), None);
        assert_eq!(object.bool("b"), Some(true));
        assert_eq!(object.bool("n"), None);
        assert_eq!(object.object("o").unwrap().count("x"), Some(1));
        assert_eq!(object.object("s"), None);
        assert_eq!(object.number("big"), None);
        assert_eq!(object.string("bad").as_deref(), Some("x\u{fffd}"));
        assert_eq!(object.objects("a").len(), 1);
        assert_eq!(object.to_string(), text);
    }

    #[test]
    fn numbers() {
        let check = |raw: &str, expected: Option<f64>| assert_eq!(number(raw), expected, "{raw}");
        check("0", Some(0.0));
        check("-1.5e2", Some(-150.0));
        check("\" 7 \"", Some(7.0));
        check("\"inf\"", None);
        check("\"NaN\"", None);
        check("\"\"", None);
        check("1e400", None);
        check("[1]", None);
        check("true", None);
    }

    #[test]
    fn counts_are_never_negative() {
        let object = Object::parse(r#"{"a":-1,"b":2.9,"c":"3"}"#).unwrap();
        assert_eq!((object.count("a"), object.count("b"), object.count("c")), (None, Some(2), Some(3)));
    }

    #[test]
    fn the_last_of_two_names_counts_and_an_escaped_name_is_found() {
        let object = Object::parse(r#"{"a":1,"a":2,"\u0062":3}"#).unwrap();
        assert_eq!((object.count("a"), object.count("b")), (Some(2), Some(3)));
    }

    #[test]
    fn set_keeps_the_order_and_what_is_not_ours() {
        let mut object = Object::parse(r#"{ "x\ud83d" : [1e400 , {}], "pct":1, "z":"\ud83d" }"#).unwrap();
        object.set("pct", "42");
        object.set("new", "true");
        assert_eq!(object.to_string(), r#"{"x\ud83d":[1e400 , {}],"pct":42,"z":"\ud83d","new":true}"#);
    }

    #[test]
    fn nesting_of_any_depth_costs_nothing_else() {
        let text = format!(r#"{{"deep":{}{},"a":1}}"#, "[".repeat(100_000), "]".repeat(100_000));
        assert_eq!(Object::parse(&text).unwrap().count("a"), Some(1));
    }

    #[test]
    fn what_is_no_object_is_none() {
        for text in ["", "null", "[]", "7", "\"{}\"", "{", "{\"a\":}", "{} x", "nope"] {
            assert_eq!(Object::parse(text), None, "{text}");
        }
    }

    #[test]
    fn members_are_as_they_stand_there() {
        let check = |text: &str, expected: Option<&[(&str, &str)]>| {
            let object = Object::parse(text);
            let found: Option<Vec<_>> = object.as_ref().map(|object| object.members().collect());
            let found: Option<Vec<_>> =
                found.as_ref().map(|found| found.iter().map(|(name, value)| (name.as_str(), *value)).collect());
            assert_eq!(found.as_deref(), expected, "{text}");
        };
        check("{}", Some(&[]));
        check(" { } \r\n", Some(&[]));
        check(r#"{"a":1}"#, Some(&[("a", "1")]));
        check(r#"{"a" : -1.5e3 , "b":null}"#, Some(&[("a", "-1.5e3"), ("b", "null")]));
        check(r#"{"a":"x\"}\\","b":""}"#, Some(&[("a", r#""x\"}\\""#), ("b", r#""""#)]));
        check(r#"{"a":[1,{"b":"]"}],"c":{"d":{}}}"#, Some(&[("a", r#"[1,{"b":"]"}]"#), ("c", r#"{"d":{}}"#)]));
        for cut in ["", "{", r#"{"a"#, r#"{"a":"#, r#"{"a":1"#, r#"{"a":[1}"#, r#"{"a":"x}"#, r#"{"a":1,}"#, "{}x"] {
            check(cut, None);
        }
    }

    #[test]
    fn an_array_gives_its_elements() {
        let check = |text: &str, expected: Option<&[&str]>| assert_eq!(array(text).as_deref(), expected, "{text}");
        check("[]", Some(&[]));
        check(r#"[1, {"a":[2]},"x,y"]"#, Some(&["1", r#"{"a":[2]}"#, r#""x,y""#]));
        check("[1", None);
        check("[1 2]", None);
        check("{}", None);
    }

    /// Pieces of JSON, some of them invalid.
    fn token() -> impl Strategy<Value = String> {
        let marks =
            prop::sample::select(vec!["{", "}", "[", "]", ":", ",", " ", "\n", "\"a\":", "\"a\":1,", "[]", "{}"]);
        let values = prop::sample::select(vec![
            "true", "fals", "null", "0", "-0", "01", "-", "1.5e-3", "1.", "1e", "1E+9", "\u{a0}",
        ]);
        let string = "\"([a-z\u{1}\u{e9}]|\\\\[\"/bnux\\\\]|\\\\u[0-9a-fG]{4}){0,4}\"?";
        prop_oneof![marks.prop_map(str::to_owned), values.prop_map(str::to_owned), string]
    }

    proptest! {
        #[test]
        fn a_value_is_checked_as_serde_checks_it(tokens in proptest::collection::vec(token(), 0..12)) {
            let text = tokens.concat();
            let is_json = serde_json::from_str::<serde::de::IgnoredAny>(&text).is_ok();
            let begin = text.trim_start_matches([' ', '\t', '\n', '\r']);
            prop_assert_eq!(Object::parse(&text).is_some(), is_json && begin.starts_with('{'));
            prop_assert_eq!(array(&text).is_some(), is_json && begin.starts_with('['));
            let within = format!("{{\"a\":[{text}],\"b\":{text}}}");
            let is_json = serde_json::from_str::<serde::de::IgnoredAny>(&within).is_ok();
            prop_assert_eq!(Object::parse(&within).is_some(), is_json);
            for text in [&text, &within, &format!("{{\"b\":{within},\"a\":{{\"a\":{text}}}}}")] {
                for name in ["a", "b"] {
                    let parsed = Object::parse(text);
                    let expected = parsed.as_ref().map(|whole| (whole.clone(), whole.object(name)));
                    prop_assert_eq!(Object::parse_with(text, name), expected);
                }
            }
        }

        #[test]
        fn any_string_survives_quoting(text: String) {
            prop_assert_eq!(string(&quote(&text)), Some(text));
        }

        #[test]
        fn any_text_is_parsed_without_panic(text: String, name: String) {
            if let Some(object) = Object::parse(&text) {
                let _ = (object.string(&name), object.number(&name), object.array(&name));
            }
            let _ = (string(&text), number(&text), array(&text));
        }

        #[test]
        fn surrogates_in_any_string_never_lose_it(units in proptest::collection::vec(any::<u16>(), 0..20)) {
            let raw = format!("\"{}\"", units.iter().map(|unit| format!("\\u{unit:04x}")).collect::<String>());
            prop_assert_eq!(string(&raw), Some(String::from_utf16_lossy(&units)));
        }
    }
}
