//! Changes to input, drawn from a seed.

use crate::support::random::Random;

/// Difficult input for parsers: limits of numbers, nesting, escapes, control and direction characters, and words with a
/// meaning in our own formats.
const WORDS: &[&str] = &[
    "null",
    "true",
    "false",
    "{}",
    "[]",
    "\"\"",
    "0",
    "-1",
    "-0.0",
    "1e999",
    "1e-999",
    "0.1",
    "1e300",
    "18446744073709551615",
    "18446744073709551616",
    "9223372036854775808",
    "4294967296",
    "NaN",
    "inf",
    "\"\\ud83d\"",
    "\\u0000",
    "\\\"",
    "\\",
    "\"",
    "{",
    "}",
    "[",
    "]",
    ",",
    ":",
    "=",
    ".",
    "..",
    "/",
    "\n",
    "\r\n",
    "\t",
    "\0",
    "\u{1b}[31m",
    "\u{1b}]8;;x\u{7}",
    "\u{9b}2J",
    "\u{202e}",
    "\u{2028}",
    "\u{200b}",
    "\u{feff}",
    "\u{301}",
    "👩\u{200d}👩",
    "日本語",
    "%1$s",
    "$(id)",
    "`id`",
    "#(id)",
    "{bar:99999}",
    "{used:-1}",
    "[{x}]",
    "fill",
    "|",
    "# ",
    "//",
    "/*",
    "1970-01-01T00:00:00Z",
    "9999-12-31T23:59:60Z",
    "-271821-04-20T00:00:00Z",
    "#ffffff",
    "bold",
    "red on",
    "[segments.x]",
    "[[x]]",
    "'''",
    "\"\"\"",
    "session_id",
    "hook_event_name",
    "PostToolUse",
    "Stop",
];

/// A copy of `input` with one to four changes, some of which insert a part of `other`.
pub fn mutate(input: &[u8], other: &[u8], random: &mut Random) -> Vec<u8> {
    let mut bytes = input.to_vec();
    for _ in 0..=random.index(4) {
        change(&mut bytes, other, random);
        // Other tests cover input of any size.
        bytes.truncate(1 << 20);
    }
    bytes
}

fn change(bytes: &mut Vec<u8>, other: &[u8], random: &mut Random) {
    let (from, to) = range(bytes, random);
    let put = |bytes: &mut Vec<u8>, what: &[u8], to: usize| {
        bytes.splice(from..to, what.iter().copied());
    };
    match random.index(10) {
        0 => bytes.truncate(from),
        1 => put(bytes, b"", to),
        2 => put(bytes, &[random.index(256) as u8], (from + 1).min(bytes.len())),
        3 => put(bytes, random.one_of(WORDS).as_bytes(), from),
        4 => put(bytes, random.one_of(WORDS).as_bytes(), to),
        5 => put(bytes, &random.one_of(WORDS).repeat(random.index(3000)).into_bytes(), from),
        6 => {
            let (start, end) = range(other, random);
            put(bytes, &other[start..end], to);
        }
        7 => {
            let part = bytes[from..to].repeat(1 + random.index(20));
            put(bytes, &part, to);
        }
        // Replaces a value of JSON or TOML.
        _ => {
            let starts: Vec<usize> = (0..bytes.len()).filter(|&i| matches!(bytes[i], b':' | b'=')).collect();
            if !starts.is_empty() {
                let start = *random.one_of(&starts) + 1;
                let is_end = |byte: &u8| matches!(byte, b',' | b'}' | b']' | b'\n');
                let end = bytes[start..].iter().position(is_end).map_or(bytes.len(), |end| start + end);
                bytes.splice(start..end, random.one_of(WORDS).bytes());
            }
        }
    }
}

/// A part of `bytes`, mostly a short one.
fn range(bytes: &[u8], random: &mut Random) -> (usize, usize) {
    let from = random.index(bytes.len() + 1);
    let longest = if random.index(4) == 0 { bytes.len() } else { 40 };
    (from, (from + random.index(longest + 1)).min(bytes.len()))
}
