//! The chats of Gemini CLI: a file of lines, in older versions one document. See `docs/usage.md` for what is counted.

use std::path::{Path, PathBuf};

use super::thread::{MAX_DIR, MAX_ID, Thread, short};
use super::tokens::Tokens;
use super::transcript::line::{Marks, MessageLine, epoch_ms};
use crate::agent::GEMINI;
use crate::base::env::Env;
use crate::base::json::Object;
use crate::store::{self, Found, Trust};

/// Lines that matter.
pub(super) const MARKS: Marks = Marks(&["\"tokens\"", "\"sessionId\""]);

/// All chats.
pub(super) fn files(env: &Env) -> Vec<Found> {
    /// `<project>/chats`, and a folder for the subagents of a session.
    const DEPTH: usize = 3;
    let is_chat = |name: &str| name.starts_with("session-") && (name.ends_with(".jsonl") || is_document(name));
    let home = GEMINI.settings.folder(env).into_iter();
    let found = home.flat_map(|home| store::files_below(&home.join("tmp"), DEPTH, is_chat));
    found.filter(|found| project(&found.path).is_some()).collect()
}

/// The chat is one document.
pub(super) fn is_document(name: &str) -> bool {
    name.ends_with(".json")
}

/// The folder of a chat's project, `tmp/<project>`.
fn project(chat: &Path) -> Option<&Path> {
    chat.ancestors().find(|folder| folder.file_name().is_some_and(|name| name == "chats"))?.parent()
}

/// The folder that the sessions of a chat's project work in. Empty if it is unknown.
pub(super) fn dir(chat: &Path) -> String {
    let read = |path: PathBuf| store::read_text(&path, Trust::Lenient, store::MAX_STATE).ok();
    let find = || {
        let project = project(chat)?;
        if let Some(root) = read(project.join(".project_root")) {
            return Some(root.trim().to_owned());
        }
        let name = project.file_name()?.to_str()?;
        let names = read(project.parent()?.parent()?.join("projects.json"))?;
        let names = Object::parse(&names)?;
        let names = names.object("projects")?;
        names.members().map(|(dir, _)| dir).find(|dir| names.says(dir, name))
    };
    short(find(), MAX_DIR)
}

/// Reads a line or document. Calls `each` with the responses that it counts.
pub(super) fn take(thread: &mut Thread, text: &str, mut each: impl FnMut(MessageLine)) {
    let Some(line) = Object::parse(text) else { return };
    if thread.session.is_empty() {
        thread.session = short(line.text("sessionId"), MAX_ID);
    }
    // Resuming and compressing repeat earlier messages.
    let set = line.object_or_empty("$set");
    let all = [&line, &set].into_iter().flat_map(|whole| whole.objects("messages")).collect::<Vec<_>>();
    all.iter().chain([&line]).filter_map(message).for_each(&mut each);
}

/// `None` if nothing was used.
fn message(line: &Object) -> Option<MessageLine> {
    let (id, tokens) = (line.text("id")?, line.object("tokens")?);
    let count = |name| tokens.count(name).unwrap_or(0);
    let tokens = Tokens {
        input: count("input").saturating_sub(count("cached")).saturating_add(count("tool")),
        output: count("output").saturating_add(count("thoughts")),
        cache_read: count("cached"),
        ..Tokens::default()
    };
    MessageLine::of_tokens(&id, short(line.text("model"), MAX_ID), tokens, epoch_ms(line))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> (String, Vec<(String, Tokens)>) {
        let mut thread = Thread::default();
        let mut found = Vec::new();
        text.lines().for_each(|line| take(&mut thread, line, |line| found.push((line.model, line.usage.tokens))));
        (thread.session, found)
    }

    #[test]
    fn responses_stand_in_lines_in_sets_and_in_documents() {
        let message = |id: &str| {
            format!(
                r#"{{"id":"{id}","type":"gemini","model":"m","tokens":{{"input":90,"output":7,"cached":60,"thoughts":3,"tool":1,"total":100}}}}"#
            )
        };
        let tokens = Tokens { input: 31, output: 10, cache_read: 60, ..Tokens::default() };
        let one = ("m".to_owned(), tokens);
        let chat = format!(
            "{{\"sessionId\":\"s\",\"kind\":\"main\"}}\n{}\n{{\"$set\":{{\"messages\":[{}],\"sessionId\":\"t\"}}}}",
            message("a"),
            message("b")
        );
        assert_eq!(read(&chat), ("s".to_owned(), vec![one.clone(), one.clone()]));
        let document =
            format!(r#"{{"sessionId":"s","messages":[{},{{"id":"u","type":"user"}},{}]}}"#, message("a"), message("b"));
        assert_eq!(read(&document), ("s".to_owned(), vec![one.clone(), one]));
        assert_eq!(read(&message("a").replace("\"id\"", "\"x\"")).1, []);
        assert_eq!(read(r#"{"id":"a","tokens":{"total":9}}"#).1, []);
    }
}
