//! What only the end of a transcript tells: that the user has stopped the turn, or answered a dialog with
//! no. Claude Code runs no hook for either.

use std::io::{Read, Seek, SeekFrom};
use std::path::Path;

use memchr::memmem;

use crate::format;
use crate::json::{self, Object};
use crate::store::{self, Trust};

/// How much of the end is read, in bytes: lines that follow an interrupt are short.
const TAIL: u64 = 64 * 1024;

/// What a message begins with that says that the user has stopped the turn.
const MARK: &str = "[Request interrupted by user";

/// The end of a transcript.
pub struct Tail(Vec<u8>);

impl Tail {
    /// Reads the end of a transcript. `None` when it was last changed before `after`, in epoch
    /// milliseconds, or cannot be read. Costs a stat, and where it is newer an open and a read.
    pub fn read(path: &Path, after: u64) -> Option<Self> {
        let (changed, size) = store::version(path)?;
        if changed / 1_000_000 < after || size == 0 {
            return None;
        }
        let (mut file, metadata) = store::open(path, Trust::Lenient).ok()?;
        let size = metadata.len();
        file.seek(SeekFrom::Start(size.saturating_sub(TAIL))).ok()?;
        let mut bytes = Vec::with_capacity(size.min(TAIL) as usize);
        file.take(TAIL).read_to_end(&mut bytes).ok()?;
        Some(Tail(bytes))
    }

    /// When the user stopped the turn, in epoch milliseconds. `None` when that is not in it, or an answer
    /// follows.
    pub fn interrupted(&self) -> Option<u64> {
        let at = memmem::rfind(&self.0, MARK.as_bytes())?;
        let start = memchr::memrchr(b'\n', &self.0[..at]).map_or(0, |before| before + 1);
        let end = memchr::memchr(b'\n', &self.0[at..]).map_or(self.0.len(), |length| at + length);
        if has(&self.0[end..], "type", "assistant") {
            return None;
        }
        let line = String::from_utf8_lossy(&self.0[start..end]);
        let line = Object::parse(&line)?;
        let is_main =
            line.string("type").as_deref() == Some("user") && line.bool("isSidechain") != Some(true);
        let message = line.object("message")?;
        let content = message.raw("content").filter(|_| is_main)?;
        let says = |text: Option<String>| text.is_some_and(|text| text.starts_with(MARK));
        let blocks = json::array(content).unwrap_or_default().into_iter().filter_map(Object::parse);
        let is_said =
            says(json::string(content)) || blocks.into_iter().any(|block| says(block.string("text")));
        let at = humantime::parse_rfc3339(&line.string("timestamp").filter(|_| is_said)?).ok()?;
        Some(format::epoch_ms(at))
    }

    /// Whether it holds the result of a tool call.
    pub fn has_result_of(&self, call: &str) -> bool {
        has(&self.0, "tool_use_id", call)
    }
}

/// Whether a member of that name and text is somewhere in these lines. Within a text its quotes would be
/// escaped.
fn has(lines: &[u8], name: &str, text: &str) -> bool {
    let (name, text) = (json::quote(name), json::quote(text));
    memmem::find_iter(lines, text.as_bytes()).any(|at| {
        let before = lines[..at].trim_ascii_end().strip_suffix(b":");
        before.is_some_and(|before| before.trim_ascii_end().ends_with(name.as_bytes()))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::tests::Folder;

    const CAPTURED: &str =
        include_str!("../../tests/fixtures/transcript/claude-code-2.1.332-interrupted.jsonl");

    fn interrupted(text: &str) -> Option<u64> {
        Tail(text.as_bytes().to_vec()).interrupted()
    }

    #[test]
    fn the_users_stop_is_found_and_no_talk_of_it() {
        // The captured session goes on with another prompt.
        let end = CAPTURED.find("[Request interrupted").unwrap();
        let end = end + CAPTURED[end..].find('\n').unwrap();
        assert_eq!(interrupted(&CAPTURED[..end]), Some(1_795_747_347_847));
        assert_eq!(interrupted(CAPTURED), None);
        let check = |message: &str, fields: &str, expected: Option<u64>| {
            let line = format!(
                r#"{{"type":"user","timestamp":"1970-01-01T00:00:01.5Z"{fields},"message":{{"role":"user","content":{message}}}}}"#
            );
            assert_eq!(interrupted(&format!("{{}}\n{line}\n{{\"type\":\"mode\"}}\n")), expected, "{line}");
            assert_eq!(interrupted(&line), expected, "{line}");
        };
        check(r#""[Request interrupted by user]""#, "", Some(1500));
        check(r#"[{"type":"text","text":"[Request interrupted by user for tool use]"}]"#, "", Some(1500));
        check(r#"[{"type":"text","text":"[Request interrupted by user]"}]"#, r#","isSidechain":true"#, None);
        check(r#"[{"type":"text","text":"what is [Request interrupted by user]?"}]"#, "", None);
        check(r#"[{"type":"tool_result","content":"[Request interrupted by user]"}]"#, "", None);
        check(r#""[Request interrupted by user]""#, r#","timestamp":"soon""#, None);
        assert_eq!(interrupted(""), None);
        assert_eq!(interrupted("[Request interrupted by user"), None);
    }

    #[test]
    fn a_result_names_its_call() {
        let tail = Tail(br#"{"id":"a"} {"tool_use_id" : "b"} {"tool_use_id":"c"}"#.to_vec());
        assert_eq!(["a", "b", "c", "d"].map(|call| tail.has_result_of(call)), [false, true, true, false]);
    }

    #[test]
    fn only_the_end_of_what_is_new_is_read() {
        let folder = Folder::new();
        let path = folder.file("t.jsonl", &vec![b'x'; 3 * TAIL as usize]);
        let changed = store::version(&path).unwrap().0 / 1_000_000;
        assert_eq!(Tail::read(&path, changed).unwrap().0.len(), TAIL as usize);
        assert!(Tail::read(&path, changed + 1).is_none());
        assert!(Tail::read(&folder.path(""), 0).is_none());
        assert!(Tail::read(&folder.path("none"), 0).is_none());
    }
}
