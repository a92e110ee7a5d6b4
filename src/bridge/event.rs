//! A hook event: the JSON object on the stdin of a Claude Code hook, up to 2.1.330. Only what the
//! bridge keeps is looked at; a payload can hold a whole file.

use crate::format;
use crate::json::{self, Object};
use crate::text::Text;
use crate::width::cut;

/// What happened, of the events that the bridge keeps something of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names of the contract")]
pub enum Kind {
    SessionStart,
    UserPromptSubmit,
    PreToolUse,
    PostToolUse,
    PostToolUseFailure,
    PostToolBatch,
    Notification,
    PermissionRequest,
    SubagentStart,
    SubagentStop,
    TaskCreated,
    TaskCompleted,
    PreCompact,
    PostCompact,
    Stop,
    StopFailure,
    SessionEnd,
}

const KINDS: &[(&str, Kind)] = &[
    ("SessionStart", Kind::SessionStart),
    ("UserPromptSubmit", Kind::UserPromptSubmit),
    ("PreToolUse", Kind::PreToolUse),
    ("PostToolUse", Kind::PostToolUse),
    ("PostToolUseFailure", Kind::PostToolUseFailure),
    ("PostToolBatch", Kind::PostToolBatch),
    ("Notification", Kind::Notification),
    ("PermissionRequest", Kind::PermissionRequest),
    ("SubagentStart", Kind::SubagentStart),
    ("SubagentStop", Kind::SubagentStop),
    ("TaskCreated", Kind::TaskCreated),
    ("TaskCompleted", Kind::TaskCompleted),
    ("PreCompact", Kind::PreCompact),
    ("PostCompact", Kind::PostCompact),
    ("Stop", Kind::Stop),
    ("StopFailure", Kind::StopFailure),
    ("SessionEnd", Kind::SessionEnd),
];

/// Names of the events that the bridge keeps something of.
pub fn names() -> impl Iterator<Item = &'static str> {
    KINDS.iter().map(|(name, _)| *name)
}

/// An event, with the payload that it came in.
pub struct Event<'a> {
    /// What happened.
    pub kind: Kind,
    payload: Object<'a>,
}

impl<'a> Event<'a> {
    /// Reads an event. `None` when it is no JSON object, or an event that the bridge keeps nothing of.
    pub fn parse(payload: &'a str) -> Option<Self> {
        let payload = Object::parse(payload)?;
        let name = payload.string("hook_event_name")?;
        let (_, kind) = KINDS.iter().find(|(known, _)| *known == name)?;
        Some(Event { kind: *kind, payload })
    }

    /// A field of the event that is a string and not empty.
    pub fn text(&self, name: &str) -> Option<String> {
        self.payload.text(name)
    }

    /// What the tool was asked to do; empty when there is no tool.
    pub fn tool_input(&self) -> Object<'_> {
        self.payload.object_or_empty("tool_input")
    }

    /// The same as it stands in the payload.
    pub fn raw_tool_input(&self) -> &str {
        self.payload.raw("tool_input").unwrap_or("null")
    }

    /// What the tool answered; empty when that is no object.
    pub fn tool_response(&self) -> Object<'_> {
        self.payload.object_or_empty("tool_response")
    }

    /// Files that the call has modified; empty for a tool that modifies none.
    pub fn modified_files(&self) -> Vec<String> {
        let modifies = ["Write", "Edit", "MultiEdit", "NotebookEdit"];
        if !self.text("tool_name").is_some_and(|tool| modifies.contains(&tool.as_str())) {
            return Vec::new();
        }
        let input = self.tool_input();
        let named = ["file_path", "notebook_path"].iter().filter_map(|name| input.text(name));
        named.chain(input.objects("edits").iter().filter_map(|edit| edit.text("file_path"))).collect()
    }

    /// What the tool works on, in a few words that may be shown: the file's name, the command, the
    /// pattern. `None` when the input names nothing of the kind.
    pub fn target(&self) -> Option<String> {
        let input = self.tool_input();
        let file = ["file_path", "notebook_path", "path"].iter().find_map(|name| input.text(name));
        let words = ["command", "pattern", "query", "url", "description", "skill", "subject", "prompt"];
        let target = match file {
            Some(path) if input.raw("pattern").is_none() => format::file_name(&path).to_owned(),
            _ => words.iter().find_map(|name| input.text(name))?,
        };
        let line = target.lines().find(|line| !line.trim().is_empty())?;
        Some(cut(Text::new(line.trim()).as_str(), MAX_TARGET))
    }

    /// Whether a notification is about waiting for the user. Clients that do not send its type are
    /// taken by their words.
    pub fn asks_the_user(&self) -> bool {
        let kind = self.text("notification_type");
        match kind.as_deref() {
            Some(kind) => {
                matches!(kind, "permission_prompt" | "idle_prompt" | "agent_needs_input")
                    || kind.starts_with("elicitation_dialog")
            }
            None => self.text("message").is_some_and(|message| {
                message.contains("permission") || message.contains("waiting for your input")
            }),
        }
    }

    /// The todos of a TodoWrite call, raw.
    pub fn todos(&self) -> Option<String> {
        self.tool_input().raw("todos").filter(|todos| json::array(todos).is_some()).map(str::to_owned)
    }
}

/// Columns of a target.
const MAX_TARGET: usize = 40;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn targets_are_short_and_harmless() {
        let check = |input: &str, expected: Option<&str>| {
            let payload =
                format!(r#"{{"hook_event_name":"PreToolUse","tool_name":"X","tool_input":{input}}}"#);
            assert_eq!(Event::parse(&payload).unwrap().target().as_deref(), expected, "{input}");
        };
        check(r#"{"file_path":"/a/b/auth.rs","old_string":"x"}"#, Some("auth.rs"));
        check(r#"{"file_path":"C:\\a\\auth.rs"}"#, Some("auth.rs"));
        check(r#"{"notebook_path":"/n.ipynb"}"#, Some("n.ipynb"));
        check(r#"{"command":"\n cargo test\necho"}"#, Some("cargo test"));
        check(r#"{"pattern":"**/*.rs","path":"/src"}"#, Some("**/*.rs"));
        check(r#"{"command":"\u001b]0;x\u0007ls"}"#, Some("]0;xls"));
        check(&format!(r#"{{"command":"{}"}}"#, "x".repeat(90)), Some(&format!("{}…", "x".repeat(39))));
        check("{}", None);
        check("[]", None);
        check("null", None);
    }

    #[test]
    fn what_is_no_event_of_ours_is_none() {
        for payload in ["", "[]", "{}", r#"{"hook_event_name":"FileChanged"}"#, r#"{"hook_event_name":7}"#] {
            assert!(Event::parse(payload).is_none(), "{payload}");
        }
    }

    #[test]
    fn notifications_that_ask_the_user() {
        let check = |fields: &str, expected| {
            let payload = format!(r#"{{"hook_event_name":"Notification",{fields}}}"#);
            assert_eq!(Event::parse(&payload).unwrap().asks_the_user(), expected, "{fields}");
        };
        check(r#""notification_type":"permission_prompt""#, true);
        check(r#""notification_type":"idle_prompt""#, true);
        check(r#""notification_type":"agent_completed","message":"permission""#, false);
        check(r#""message":"Claude needs your permission to use Bash""#, true);
        check(r#""message":"Claude is waiting for your input""#, true);
        check(r#""message":"done""#, false);
    }
}
