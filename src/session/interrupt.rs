//! The end of a transcript, for events without a hook in Claude Code: the user has stopped the turn, or rejected a
//! dialog. It also shows whether the answer that ended the turn has been written yet.

use std::io::{Read, Seek, SeekFrom};
use std::path::Path;

use memchr::memmem;

use crate::base::format;
use crate::base::json::{self, Object};
use crate::store::{self, Trust};

/// Bytes read from the end: lines that follow an interrupt are short.
const TAIL: u64 = 64 * 1024;

/// Beginning of the message that records that the user has stopped the turn.
const MARK: &str = "[Request interrupted by user";

/// The end of a transcript.
pub struct Tail(Vec<u8>);

impl Tail {
    /// Reads the end of a transcript. `None` if it was last changed before `after`, in epoch milliseconds, or cannot be
    /// read. Costs a stat, and for a newer file an open and a read.
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

    /// Time at which the user stopped the turn, in epoch milliseconds. `None` if that is not recorded, or the
    /// conversation continues after it.
    pub fn interrupted(&self) -> Option<u64> {
        // Usually there is none.
        memmem::rfind(&self.0, MARK.as_bytes())?;
        self.last_message()?.interrupts
    }

    /// `true` if the last message is an answer with this text, or its end.
    pub fn ends_with(&self, text: &str) -> bool {
        let answer = self.last_message().and_then(|message| message.answer);
        answer.is_some_and(|answer| text.trim_end().ends_with(answer.trim()))
    }

    fn last_message(&self) -> Option<LastMessage> {
        let lines = self.0.rsplit(|byte| *byte == b'\n');
        let mut messages = lines.filter(|line| has(line, "type", "user") || has(line, "type", "assistant"));
        messages.find_map(|line| LastMessage::read(&String::from_utf8_lossy(line)))
    }

    /// `true` if it contains the result of a tool call.
    pub fn has_result_of(&self, call: &str) -> bool {
        has(&self.0, "tool_use_id", call)
    }
}

/// A prompt or an answer of the main conversation.
struct LastMessage {
    /// Its time in epoch milliseconds, if it records that the user has stopped the turn.
    interrupts: Option<u64>,
    /// Last text of an answer. `None` in a prompt, and without text.
    answer: Option<String>,
}

impl LastMessage {
    /// `None` for any other line, and for the record of a command that the agent ran itself.
    fn read(line: &str) -> Option<Self> {
        let line = Object::parse(line)?;
        let kind = line.string("type").filter(|kind| matches!(kind.as_str(), "user" | "assistant"))?;
        if ["isMeta", "isSidechain"].iter().any(|name| line.bool(name) == Some(true)) {
            return None;
        }
        let message = line.object_or_empty("message");
        let blocks = message.objects("content").into_iter().filter_map(|block| block.string("text"));
        let texts: Vec<String> = message.string("content").into_iter().chain(blocks).collect();
        let begins = |with: &str| texts.iter().any(|text| text.starts_with(with));
        if begins("<command-") || begins("<local-command-") {
            return None;
        }
        let time = line.string("timestamp").filter(|_| kind == "user" && begins(MARK));
        let time = time.and_then(|time| humantime::parse_rfc3339(&time).ok());
        let last = texts.into_iter().next_back();
        let answer = last.filter(|text| kind == "assistant" && !text.trim().is_empty());
        Some(LastMessage { interrupts: time.map(format::epoch_ms), answer })
    }
}

/// `true` if these lines have a member with that name and text. Within another text its quotes would be
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

    const CAPTURED: &str = include_str!("../../tests/fixtures/transcript/claude-code-2.1.332-interrupted.jsonl");

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
        let stop = r#"{"type":"user","timestamp":"1970-01-01T00:00:01.5Z","message":{"content":"[Request interrupted by user]"}}"#;
        let behind = |line: &str, expected: Option<u64>| {
            assert_eq!(interrupted(&format!("{stop}\n{line}\n")), expected, "{line}");
        };
        behind(r#"{"type":"assistant","message":{}}"#, None);
        behind(r#"{ "type": "user", "message": {"content": "go on"}}"#, None);
        behind(r#"{"type":"user","isMeta":true,"message":{"content":"caveat"}}"#, Some(1500));
        behind(r#"{"type":"user","message":{"content":"<command-name>/cost</command-name>"}}"#, Some(1500));
        behind(r#"{"type":"assistant","isSidechain":true,"message":{}}"#, Some(1500));
        behind(r#"{"type":"system","content":"\"type\":\"user\""}"#, Some(1500));
        behind(r#"{"type":"us"#, Some(1500));
        assert_eq!(interrupted(""), None);
        assert_eq!(interrupted("[Request interrupted by user"), None);
    }

    #[test]
    fn an_answer_is_the_last_message() {
        let line =
            |kind: &str, content: &str| format!("{{\"type\":\"{kind}\",\"message\":{{\"content\":{content}}}}}\n");
        let (prompt, answer) = (line("user", "\"go\""), line("assistant", r#"[{"type":"text","text":"Done.\n"}]"#));
        let call = line("assistant", r#"[{"type":"tool_use","name":"Bash"}]"#);
        let check = |lines: &[&str], expected: bool| {
            let tail = Tail(lines.concat().into_bytes());
            assert_eq!(tail.ends_with("All is well.\n\nDone."), expected, "{lines:?}");
        };
        check(&[&prompt, &answer], true);
        check(&[&prompt, &answer, "{\"type\":\"system\"}\n"], true);
        check(&[&answer, &prompt], false);
        check(&[&answer, &call], false);
        check(&[&prompt, &line("assistant", r#"[{"type":"text","text":"Not that."}]"#)], false);
        check(&[&prompt, &line("assistant", r#"[{"type":"text","text":" "}]"#)], false);
        check(&[&line("user", "\"Done.\"")], false);
        check(&[""], false);
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
