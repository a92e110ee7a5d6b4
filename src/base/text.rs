//! Text that is safe to show. Everything from outside (model, task, branch, path, session name)
//! becomes a [`Text`] before it is measured or painted, and nothing else can be painted: this is
//! the one sanitiser.

use std::borrow::Cow;
use std::fmt;

/// Text of one row that cannot move the cursor, start a control sequence, or reverse the text next to it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Text(Cow<'static, str>);

/// More marks than this on one character are dropped: stacked marks reach into the rows above.
const MAX_MARKS: usize = 4;

impl Text {
    /// Text of our own source code.
    pub const fn fixed(text: &'static str) -> Self {
        Text(Cow::Borrowed(text))
    }

    /// Text from outside, made harmless: control and format characters are dropped, white space of any
    /// kind becomes a space.
    pub fn new(text: impl Into<String>) -> Self {
        let text = text.into();
        if text.bytes().all(|byte| matches!(byte, b' '..=b'~')) {
            return Text(Cow::Owned(text));
        }
        Text(Cow::Owned(sanitise(&text)))
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Nothing but spaces.
    pub fn is_blank(&self) -> bool {
        self.0.chars().all(char::is_whitespace)
    }

    /// Removes spaces at the beginning.
    pub fn trim_start(&mut self) {
        let spaces = self.0.len() - self.0.trim_start().len();
        if spaces > 0 {
            self.0.to_mut().drain(..spaces);
        }
    }

    /// Removes spaces at the end.
    pub fn trim_end(&mut self) {
        let end = self.0.trim_end().len();
        if end < self.0.len() {
            self.0.to_mut().truncate(end);
        }
    }
}

/// The target of a hyperlink: an address that is safe inside a terminal's hyperlink sequence (OSC 8), with a scheme
/// that only shows something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link(String);

impl Link {
    /// A link to that address. `None` if it is not an `https`, `http` or `file` address. Everything but printable ASCII
    /// is percent-encoded.
    pub fn new(address: &str) -> Option<Self> {
        /// Longer addresses are cut off by terminals (VTE: 2,083 bytes).
        const LONGEST: usize = 2000;
        let known = ["https://", "http://", "file://"].iter().any(|scheme| address.starts_with(scheme));
        let mut safe = String::with_capacity(address.len());
        for byte in address.bytes() {
            match byte {
                b'!'..=b'~' if !matches!(byte, b'"' | b'<' | b'>' | b'\\' | b'`') => {
                    safe.push(char::from(byte));
                }
                _ => safe.push_str(&format!("%{byte:02X}")),
            }
        }
        (known && safe.len() <= LONGEST).then_some(Link(safe))
    }

    /// A link to a folder or file of this machine. `None` for a relative path.
    pub fn to_path(path: &std::path::Path) -> Option<Self> {
        let path = path.is_absolute().then(|| path.to_string_lossy().replace('%', "%25"))?;
        let path = path.replace('\\', "/").replace('?', "%3F").replace('#', "%23");
        let slash = if path.starts_with('/') { "" } else { "/" };
        Link::new(&format!("file://{slash}{path}"))
    }

    /// The address.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Text from outside shows nothing: sanitised, it is white space at most.
pub fn is_blank(text: &str) -> bool {
    !text.bytes().any(|byte| byte.is_ascii_graphic()) && sanitise(text).trim().is_empty()
}

/// Text without escape sequences for colours, titles and links (ECMA-48: CSI, OSC and the like, up to their ends). The
/// rest is still text from outside.
pub fn without_sequences(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('\u{1b}') {
        out.push_str(&rest[..at]);
        rest = behind_sequence(&rest[at + 1..]);
    }
    out.push_str(rest);
    out
}

/// Text in parts of one look each, with the parameters of the sequences that colour it (ECMA-48, SGR): digits
/// and semicolons, empty for none. Other sequences are dropped. The rest is still text from outside.
pub fn coloured_parts(text: &str) -> Vec<(String, &str)> {
    /// More than any look needs, in bytes.
    const LONGEST: usize = 64;
    let mut parts = Vec::new();
    let mut codes = String::new();
    let mut rest = text;
    while !rest.is_empty() {
        let (plain, sequence) = rest.split_once('\u{1b}').unwrap_or((rest, ""));
        if !plain.is_empty() {
            parts.push((codes.clone(), plain));
        }
        let sgr = sequence.strip_prefix('[').and_then(|body| body.split_once('m'));
        let is_code = |byte: u8| byte.is_ascii_digit() || byte == b';';
        rest = match sgr.filter(|(new, _)| new.bytes().all(is_code)) {
            Some((new, behind)) => {
                let is_reset = new.is_empty() || new == "0" || new.starts_with("0;");
                if is_reset || codes.len() + new.len() > LONGEST {
                    codes.clear();
                }
                if !is_reset || new.len() > 1 {
                    codes.push_str(if codes.is_empty() { "" } else { ";" });
                    codes.push_str(new.get(..LONGEST).unwrap_or(new));
                }
                behind
            }
            None => behind_sequence(sequence),
        };
    }
    parts
}

/// The text after a sequence whose escape character has been removed.
fn behind_sequence(rest: &str) -> &str {
    let mut chars = rest.chars();
    match chars.next() {
        // Parameters and intermediates, then one final character.
        Some('[') => {
            let body = chars.as_str();
            let end = body.find(|c: char| !matches!(c, ' '..='?'));
            end.map_or("", |end| body[end..].strip_prefix(|c: char| matches!(c, '@'..='~')).unwrap_or(&body[end..]))
        }
        // Strings, up to their terminator.
        Some(']' | 'P' | 'X' | '^' | '_') => {
            let body = chars.as_str();
            match body.find(['\u{7}', '\u{1b}']) {
                Some(end) if body[end..].starts_with("\u{1b}\\") => &body[end + 2..],
                Some(end) if body[end..].starts_with('\u{7}') => &body[end + 1..],
                Some(end) => &body[end..],
                None => "",
            }
        }
        Some('\u{1b}') => rest,
        Some(' '..='/') => {
            chars.next();
            chars.as_str()
        }
        _ => chars.as_str(),
    }
}

/// Text in which `escape` writes the characters that are invisible or change how others show. ASCII ones except DEL are
/// left to the caller, who has quoted them.
pub fn with_escapes(text: &str, mut escape: impl FnMut(char, &mut String)) -> String {
    if text.is_ascii() && !text.contains('\u{7f}') {
        return text.to_owned();
    }
    let mut out = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        let shows = c != '\u{7f}' && (c.is_ascii() || sanitise(&format!("x{c}")).ends_with(c));
        if shows { out.push(c) } else { escape(c, &mut out) }
    }
    out
}

/// Text from the bytes of a file or a pipe: invalid UTF-8 becomes U+FFFD, a byte order mark is dropped.
pub fn decode(bytes: Vec<u8>) -> String {
    let mut text = String::from_utf8(bytes).unwrap_or_else(|err| String::from_utf8_lossy(err.as_bytes()).into_owned());
    if text.starts_with('\u{feff}') {
        text.drain(..'\u{feff}'.len_utf8());
    }
    text
}

fn sanitise(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut marks = 0;
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match class(c) {
            Class::Drop => {}
            Class::Space => {
                marks = 0;
                // CR LF is one line break, not two.
                if !(c == '\r' && chars.peek() == Some(&'\n')) {
                    out.push(' ');
                }
            }
            Class::Joiner => {
                let inside = out.chars().next_back().is_some_and(joins) && chars.peek().copied().is_some_and(joins);
                if inside {
                    out.push(c);
                }
            }
            Class::Mark if out.is_empty() || marks == MAX_MARKS => {}
            Class::Mark => {
                marks += 1;
                out.push(c);
            }
            Class::Plain => {
                marks = 0;
                out.push(c);
            }
        }
    }
    out
}

enum Class {
    Plain,
    Space,
    /// ZERO WIDTH JOINER, which holds emoji such as families together, and hides text elsewhere.
    Joiner,
    Mark,
    Drop,
}

fn class(c: char) -> Class {
    match c {
        ' '..='~' => Class::Plain,
        '\t' | '\n' | '\r' | '\u{b}' | '\u{c}' | '\u{85}' | '\u{2028}' | '\u{2029}' => Class::Space,
        '\u{200d}' => Class::Joiner,
        // Other control characters; C1 holds the 8-bit CSI and OSC.
        '\0'..='\u{1f}' | '\u{7f}'..='\u{9f}' => Class::Drop,
        // Soft hyphen, Arabic letter mark, Mongolian vowel separator, Hangul fillers: invisible, and
        // terminals disagree about their width.
        '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{115f}' | '\u{1160}' | '\u{3164}' | '\u{ffa0}' => Class::Drop,
        // Zero-width, bidirectional controls and isolates, invisible operators, byte order mark,
        // interlinear annotation.
        '\u{200b}' | '\u{200c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' => Class::Drop,
        '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' => Class::Drop,
        // Tags spell hidden ASCII; supplementary variation selectors can carry bytes.
        '\u{e0000}'..='\u{e0fff}' => Class::Drop,
        // Noncharacters: fish keeps its own marks there (CVE-2023-49284).
        '\u{fdd0}'..='\u{fdef}' => Class::Drop,
        c if u32::from(c) & 0xfffe == 0xfffe => Class::Drop,
        c if c > '\u{2ff}' && unicode_width::UnicodeWidthChar::width(c) == Some(0) => Class::Mark,
        _ => Class::Plain,
    }
}

/// A character may stand next to a joiner: pictographs, their modifiers and selectors, and
/// the few symbols that emoji sequences are made with (♀ ♂ ⚕ ➡ …).
fn joins(c: char) -> bool {
    matches!(c, '\u{1f000}'..='\u{1faff}' | '\u{2190}'..='\u{2bff}' | '\u{fe0f}')
}

/// A text inside of an XML element.
pub fn in_xml(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn outside_text_is_made_harmless() {
        let check = |text: &str, expected: &str| assert_eq!(Text::new(text).as_str(), expected, "{text:?}");
        check("feature/auth", "feature/auth");
        check("naïve 日本語", "naïve 日本語");
        check("\x1b]0;owned\x07", "]0;owned");
        check("\x1b[2Jx", "[2Jx");
        check("a\nb\r\nc\td", "a b c d");
        check("a\u{2028}b\u{2029}c\u{85}d", "a b c d");
        check("\u{9b}31mred\u{9d}0;t\u{9c}", "31mred0;t");
        check("a\u{202e}b\u{2066}c\u{200f}d\u{61c}", "abcd");
        check("a\u{200b}b\u{feff}c\u{200c}d\u{ad}", "abcd");
        check("x\u{200d}y", "xy");
        check("👩\u{200d}💻", "👩\u{200d}💻");
        check("🏳\u{fe0f}\u{200d}🌈", "🏳\u{fe0f}\u{200d}🌈");
        check("👩\u{200d}", "👩");
        check("e\u{301}", "e\u{301}");
        check("\u{301}e", "e");
        check(&format!("e{}", "\u{301}".repeat(50)), "e\u{301}\u{301}\u{301}\u{301}");
        check("hidden\u{e0041}\u{e0042}", "hidden");
        check("\u{fdd0}a\u{ffff}", "a");
        check("del\x7f", "del");
    }

    #[test]
    fn links_hold_nothing_but_an_address() {
        let check = |address: &str, expected: Option<&str>| {
            assert_eq!(Link::new(address).as_ref().map(Link::as_str), expected, "{address:?}");
        };
        check("https://example.org/a?b=c#d", Some("https://example.org/a?b=c#d"));
        check("https://x/\x1b]8;;\x07\x1b\\ é", Some("https://x/%1B]8;;%07%1B%5C%20%C3%A9"));
        check("javascript:alert(1)", None);
        check("vscode://file/x", None);
        check("", None);
        check(&format!("https://{}", "x".repeat(2000)), None);
    }

    #[test]
    #[cfg(unix)]
    fn links_to_paths() {
        let check = |path: &str, expected: Option<&str>| {
            let link = Link::to_path(std::path::Path::new(path));
            assert_eq!(link.as_ref().map(Link::as_str), expected, "{path:?}");
        };
        check("/home/ada/my work", Some("file:///home/ada/my%20work"));
        check("/a%20b?c#d", Some("file:///a%2520b%3Fc%23d"));
        check("work", None);
    }

    #[test]
    fn sequences_go_whole() {
        let check = |text: &str, expected: &str| assert_eq!(without_sequences(text), expected, "{text:?}");
        check("plain [31m", "plain [31m");
        check("\x1b[1;38;5;208mwarm\x1b[0m", "warm");
        check("\x1b]0;title\x07after", "after");
        check("\x1b]8;;https://x\x1b\\link\x1b]8;;\x1b\\", "link");
        check("\x1b]unfinished", "");
        check("\x1b[", "");
        check("\x1b[31é", "é");
        check("\x1b(Bx\x1b7y", "xy");
        check("\x1b\x1b[31mx", "x");
        check("x\x1b", "x");
    }

    #[test]
    fn colours_are_kept_and_nothing_else() {
        let check = |text: &str, expected: &[(&str, &str)]| {
            let parts = coloured_parts(text);
            let parts: Vec<_> = parts.iter().map(|(codes, text)| (codes.as_str(), *text)).collect();
            assert_eq!(parts, expected, "{text:?}");
        };
        check("plain", &[("", "plain")]);
        check("\x1b[31mred\x1b[0m \x1b[1;32mgreen\x1b[m.", &[("31", "red"), ("", " "), ("1;32", "green"), ("", ".")]);
        check("\x1b[1m\x1b[31mx\x1b[0;32my", &[("1;31", "x"), ("0;32", "y")]);
        check("\x1b]0;t\x07a\x1b[2Jb\x1b[?25lc", &[("", "a"), ("", "b"), ("", "c")]);
        check("\x1b]8;;https://x\x1b\\link\x1b]8;;\x1b\\", &[("", "link")]);
        check("\x1b[31", &[]);
        let many = coloured_parts(&"\x1b[38;5;208mx".repeat(99)).iter().map(|(codes, _)| codes.len()).max();
        assert!(many <= Some(64), "{many:?}");
    }

    #[test]
    fn blank_text_shows_nothing() {
        let check = |text: &str, expected| assert_eq!(is_blank(text), expected, "{text:?}");
        check("", true);
        check(" \t\n", true);
        check("\u{7}\u{202e}\u{200b}", true);
        check("\u{3164}", true);
        check("x", false);
        check("日", false);
        check("\u{7}日", false);
    }

    proptest! {
        #[test]
        fn nothing_that_controls_comes_through(text: String) {
            let controls = |c: char| {
                c.is_control() || matches!(c, '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
            };
            prop_assert_eq!(Text::new(text).as_str().find(controls), None);
        }

        #[test]
        fn sanitising_again_changes_nothing(text in "\\PC*|[\\x00-\\x{ff}\\u{200b}-\\u{206f}👩\\u{301}]*") {
            let once = Text::new(text);
            prop_assert_eq!(Text::new(once.as_str()), once);
        }
    }
}
