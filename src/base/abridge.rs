//! Abridges JSON while it streams in: a document too long for memory keeps its small values.

use crate::base::hash::Fnv;
use crate::base::json::plain_length;

/// Maximum length of a string in bytes, as written. A longer one ends in `…` and a hash of the rest, so that different
/// strings stay different. Paths are shorter.
const MAX_STRING: usize = 4 << 10;

/// Maximum sizes in bytes: of the document, whose later members are dropped; of one of its members, and of a member of
/// that, which become `null`.
const MAX: [usize; 3] = [4 << 20, 1 << 20, 256 << 10];

/// A JSON object that is being abridged: any number of chunks come in, at most a few megabytes are kept. The result is
/// well formed only if the document is. White space between values is dropped.
#[derive(Default)]
pub struct Abridged {
    out: Vec<u8>,
    depth: usize,
    string: Option<InString>,
    /// End of the document's last whole member, and beginnings of the values being read at depths 1 and 2.
    begins: [usize; 3],
    /// Depth of the value that is being left out.
    skipped: Option<usize>,
}

/// A string that has begun.
struct InString {
    /// Its beginning, after the quote.
    begins: usize,
    /// Beginning of its last escape sequence.
    escape: usize,
    /// The next byte belongs to a backslash.
    escaped: bool,
    /// Hash of what is left out; `None` while nothing is.
    rest: Option<Fnv>,
}

impl Abridged {
    /// Reads the next piece of the document. Nothing may follow its last brace.
    pub fn feed(&mut self, mut bytes: &[u8]) {
        while let Some(first) = bytes.first() {
            let taken = match &mut self.string {
                Some(_) => self.feed_string(bytes),
                None => {
                    self.feed_byte(*first);
                    1
                }
            };
            bytes = &bytes[taken..];
            self.bound();
        }
    }

    /// The abridged document.
    pub fn into_bytes(self) -> Vec<u8> {
        self.out
    }

    fn feed_byte(&mut self, byte: u8) {
        match byte {
            b'"' if self.depth > 0 => {
                self.emit(byte);
                let begins = self.out.len();
                self.string = Some(InString { begins, escape: begins, escaped: false, rest: None });
            }
            b'{' | b'[' => {
                self.emit(byte);
                self.depth += 1;
                self.begin_value();
            }
            b'}' | b']' => {
                self.depth = self.depth.saturating_sub(1);
                // A value that is left out ends at the end of its container; the document at its own.
                if self.skipped.is_some_and(|depth| self.depth < depth.max(1)) {
                    self.skipped = None;
                }
                self.emit(byte);
            }
            b',' | b':' => {
                if self.skipped == Some(self.depth) {
                    self.skipped = None;
                }
                if self.depth == 1 && byte == b',' && self.skipped.is_none() {
                    self.begins[0] = self.out.len();
                }
                self.emit(byte);
                self.begin_value();
            }
            b' ' | b'\t' | b'\r' | b'\n' => {}
            _ if self.depth > 0 => self.emit(byte),
            _ => {}
        }
    }

    /// Reads as much of a string as there is. Returns the number of bytes.
    fn feed_string(&mut self, bytes: &[u8]) -> usize {
        let Some(string) = &mut self.string else { return 0 };
        let is_over = self.skipped.is_some() || string.rest.is_some();
        let mut end = usize::from(std::mem::take(&mut string.escaped));
        loop {
            end += plain_length(&bytes[end..]);
            match bytes.get(end) {
                None | Some(b'"') => break,
                Some(b'\\') => {}
                Some(_) => {
                    end += 1;
                    continue;
                }
            }
            if !is_over {
                self.keep(&bytes[..end]);
                return self.begin_escape(end);
            }
            end += 2;
            if end > bytes.len() {
                string.escaped = true;
                end = bytes.len();
                break;
            }
        }
        self.keep(&bytes[..end]);
        if end == bytes.len() {
            return end;
        }
        match self.string.take().and_then(|string| string.rest) {
            Some(rest) if self.skipped.is_none() => {
                self.out.extend(format!("…{:016x}\"", rest.finish()).bytes());
            }
            _ => self.emit(b'"'),
        }
        end + 1
    }

    /// Reads the backslash at `at`. Returns the number of bytes read including it.
    fn begin_escape(&mut self, at: usize) -> usize {
        if let Some(string) = &mut self.string {
            string.escaped = true;
            string.escape = self.out.len();
        }
        self.keep(b"\\");
        at + 1
    }

    /// Keeps as much of a string as there is room for.
    fn keep(&mut self, text: &[u8]) {
        let Some(string) = self.string.as_mut().filter(|_| self.skipped.is_none()) else { return };
        if let Some(rest) = &mut string.rest {
            return rest.bytes(text);
        }
        let room = MAX_STRING.saturating_sub(self.out.len() - string.begins).min(text.len());
        self.out.extend(&text[..room]);
        if room < text.len() {
            let mut rest = Fnv::default();
            // `\u1234` is kept whole or not at all.
            if self.out.len() - string.escape < 6 {
                rest.bytes(&self.out[string.escape..]);
                self.out.truncate(string.escape);
            }
            rest.bytes(&text[room..]);
            string.rest = Some(rest);
        }
    }

    fn emit(&mut self, byte: u8) {
        if self.skipped.is_none() {
            self.out.push(byte);
        }
    }

    fn begin_value(&mut self) {
        if let (None, depth @ 1..) = (self.skipped, self.depth)
            && let Some(begins) = self.begins.get_mut(depth)
        {
            *begins = self.out.len();
        }
    }

    /// Leaves out the value that has become too large.
    fn bound(&mut self) {
        if self.skipped.is_some() {
            return;
        }
        let too_large = |depth: &usize| match depth {
            0 => self.out.len() > MAX[0],
            depth => self.out.len() - self.begins[*depth] > MAX[*depth],
        };
        if let Some(depth) = (0..=self.depth.min(2)).rfind(too_large) {
            self.out.truncate(self.begins[depth]);
            if depth > 0 {
                self.out.extend(b"null");
            }
            self.skipped = Some(depth);
        }
    }
}

/// Abridges `text`, a JSON object.
pub fn abridge(text: &str) -> String {
    let mut abridged = Abridged::default();
    abridged.feed(text.as_bytes());
    String::from_utf8_lossy(&abridged.into_bytes()).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::json::{Object, quote};
    use proptest::prelude::*;

    #[test]
    fn what_is_short_stays_as_it_is() {
        for text in [
            "{}",
            r#"{"a":[1,{"b":null},"x\ud83d\"\\"],"c":-1e400,"d":true,"e":{}}"#,
            r#"{"ü":"…","\u0062":""}"#,
            r#"{"a":"{[,:\""}"#,
        ] {
            assert_eq!(abridge(text), text);
            let spaced = format!(" \u{feff}{}\n", text.replace("\":", "\" :\t"));
            assert_eq!(abridge(&spaced), text);
        }
    }

    #[test]
    fn long_strings_are_cut_and_stay_different() {
        let cut = |text: &str| {
            let object = abridge(&format!(r#"{{"a":{},"b":1}}"#, quote(text)));
            let object = Object::parse(&object).unwrap_or_else(|| panic!("{object}"));
            assert_eq!(object.count("b"), Some(1));
            object.string("a").unwrap()
        };
        let path = "/".repeat(MAX_STRING);
        assert_eq!(cut(&path), path);
        let (one, two) = (format!("{path}1"), format!("{path}2"));
        assert!(cut(&one).starts_with(&format!("{path}…")) && cut(&one).len() == MAX_STRING + 19);
        assert_ne!(cut(&one), cut(&two));
        // The cut may fall within an escape sequence, a pair of them, or a character.
        for text in ["\u{1}", "\n", "\\", "😀", "ü"] {
            for shift in 0..12 {
                let long = format!("{}{}", "x".repeat(MAX_STRING - shift), text.repeat(12));
                let kept = cut(&long);
                assert!(kept.starts_with(&"x".repeat(MAX_STRING - shift)), "{text:?} {shift}");
            }
        }
    }

    #[test]
    fn values_that_are_too_large_are_left_out_and_their_neighbours_kept() {
        let strings = |count: usize| format!("[{}]", vec![quote(&"x".repeat(1000)); count].join(", "));
        let check = |input: &str, expected: &str| assert_eq!(abridge(input), expected);
        check(
            &format!(r#"{{"a":{{"b":{},"file_path":"/f","c":[{{"d":{}}}]}},"z":1}}"#, strings(300), strings(300)),
            r#"{"a":{"b":null,"file_path":"/f","c":null},"z":1}"#,
        );
        let members: Vec<String> = (0..9).map(|n| format!(r#""{n}":{}"#, strings(200))).collect();
        check(&format!(r#"{{"a":{{{}}},"z":[1]}}"#, members.join(",")), r#"{"a":null,"z":[1]}"#);
        check(&format!(r#"{{"a":{},"z":1}}"#, "9".repeat(9 << 20)), r#"{"a":null,"z":1}"#);
        let deep = format!("{}{}", "[".repeat(9 << 20), "]".repeat(9 << 20));
        check(&format!(r#"{{"a":{deep},"z":1}}"#), r#"{"a":[null],"z":1}"#);
        // A document that consists of small members ends early.
        let members: Vec<String> = (0..400_000).map(|n| format!(r#""member {n}":1"#)).collect();
        let kept = abridge(&format!(r#"{{"a":1,{}}}"#, members.join(",")));
        assert!(kept.len() <= MAX[0] + 1, "{}", kept.len());
        assert_eq!(Object::parse(&kept).unwrap().count("member 200000"), Some(1));
    }

    proptest! {
        #[test]
        fn the_chunks_make_no_difference(text in ".*", cuts in proptest::collection::vec(1usize..900, 0..30)) {
            let long = quote(&text.repeat(1 + 6000 / (text.len() + 1)));
            let document = format!(r#"{{"a":{long},"b":[{long},{{}}],"c":{{"d":{long},"e":2}}}}"#);
            let (mut rest, mut abridged) = (document.as_bytes(), Abridged::default());
            for cut in cuts.into_iter().chain([usize::MAX]) {
                let (chunk, tail) = rest.split_at(cut.min(rest.len()));
                abridged.feed(chunk);
                rest = tail;
            }
            let kept = String::from_utf8_lossy(&abridged.into_bytes()).into_owned();
            prop_assert_eq!(&kept, &abridge(&document));
            prop_assert_eq!(Object::parse(&kept).and_then(|kept| kept.object("c")?.count("e")), Some(2));
        }
    }
}
