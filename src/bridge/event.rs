//! Hook events: the JSON object on the stdin of a hook of Claude Code, up to 2.1.332, and of agents that adopted
//! its hooks. Only fields that the bridge keeps are read; a payload can hold a whole file.

use std::cell::OnceCell;
use std::fmt;
use std::path::Path;

use strum::{EnumIter, EnumString, IntoEnumIterator, IntoStaticStr};

use super::bound;
use super::fingerprint::fingerprint;
use crate::agent::{self, Agent, CLAUDE_CODE, CODEX, GEMINI, KIMI, QWEN};
use crate::base::format;
use crate::base::json::{self, Object};
use crate::base::text::Text;
use crate::base::width::cut;

/// Kind of an event, by its name. Only kinds from which the bridge keeps something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, EnumIter, EnumString, IntoStaticStr)]
pub enum EventKind {
    SessionStart,
    UserPromptSubmit,
    PreToolUse,
    PostToolUse,
    PostToolUseFailure,
    PostToolBatch,
    Notification,
    PermissionRequest,
    PermissionDenied,
    /// Kimi Code, OpenCode: a permission dialog was answered.
    PermissionResult,
    SubagentStart,
    SubagentStop,
    TaskCreated,
    TaskCompleted,
    PreCompact,
    PostCompact,
    Stop,
    StopFailure,
    /// Kimi Code, Codex, OpenCode: the user stopped the turn.
    Interrupt,
    SessionEnd,
}

impl EventKind {
    /// It ends a turn, or something like it.
    pub fn ends_turn(self) -> bool {
        matches!(self, EventKind::Stop | EventKind::SubagentStop | EventKind::SessionEnd)
    }

    /// The cost is read: before the first response of a turn, which shows a process that counts from 0, and from then
    /// on.
    pub fn follows_cost(self) -> bool {
        matches!(self, EventKind::UserPromptSubmit | EventKind::PostToolUse) || self.ends_turn()
    }

    /// `install` registers it in the settings of an agent, which may reject events that it does not know. Compactions
    /// are not registered, because Claude Code prints a line into the conversation for each of their hooks; nor is
    /// PostToolBatch, because each tool has its own event.
    fn is_registered_in(self, agent: &Agent) -> bool {
        let is_of = |agents: &[&Agent]| agents.contains(&agent);
        match self {
            EventKind::PostToolBatch | EventKind::PreCompact | EventKind::PostCompact => false,
            EventKind::TaskCreated | EventKind::TaskCompleted => is_of(&[&CLAUDE_CODE]),
            EventKind::PermissionDenied => is_of(&[&CLAUDE_CODE, &QWEN]),
            EventKind::PermissionResult => is_of(&[&KIMI]),
            EventKind::Interrupt => is_of(&[&KIMI, &CODEX]),
            EventKind::PostToolUseFailure | EventKind::StopFailure => is_of(&[&CLAUDE_CODE, &QWEN, &KIMI]),
            EventKind::PermissionRequest | EventKind::SubagentStart | EventKind::SubagentStop => {
                is_of(&[&CLAUDE_CODE, &QWEN, &KIMI, &CODEX])
            }
            EventKind::Notification => is_of(&[&CLAUDE_CODE, &QWEN, &KIMI, &GEMINI]),
            _ => is_of(&[&CLAUDE_CODE, &QWEN, &KIMI, &CODEX, &GEMINI]),
        }
    }
}

/// Events that older versions registered, and that `install` removes.
pub const RETIRED: [&str; 1] = ["PreCompact"];

/// Names of the events that `install` registers for an agent, as it spells them, in the order of [`EventKind`].
pub fn registered_by(agent: &Agent) -> impl Iterator<Item = &'static str> {
    EventKind::iter().filter(|kind| kind.is_registered_in(agent)).map(|kind| agent.hooks.spelled(kind.into()))
}

/// Facts of an event that an abridged payload no longer shows.
#[derive(Debug)]
pub struct Whole {
    pub kind: EventKind,
    pub fingerprint: String,
    /// Files that the call modified.
    pub files: Vec<String>,
}

/// An event with its payload.
pub struct Event<'a> {
    pub kind: EventKind,
    pub(super) payload: Object<'a>,
    /// From the payload before it was abridged; `None` if it was not.
    whole: Option<Whole>,
    /// Id of the subagent that it happened in; empty for the main conversation.
    agent: String,
    sender: OnceCell<&'static Agent>,
}

impl<'a> Event<'a> {
    /// Parses an event. `None` if it is not a JSON object, or an event from which the bridge keeps nothing.
    pub fn parse(payload: &'a str) -> Option<Self> {
        let payload = Object::parse(payload)?;
        let name = payload.string("hook_event_name")?;
        let kind = name.parse().ok().or_else(|| foreign(&name, &payload))?;
        let agent = payload.text("agent_id").map(bound::id).unwrap_or_default();
        Some(Event { kind, payload, whole: None, agent, sender: OnceCell::new() })
    }

    /// Facts to keep when the payload is abridged.
    pub fn whole(&self) -> Whole {
        Whole { kind: self.kind, fingerprint: self.fingerprint(), files: self.modified_files() }
    }

    /// The same event with the facts from before its payload was abridged.
    #[must_use]
    pub fn with_whole(self, whole: Whole) -> Self {
        Event { kind: whole.kind, whole: Some(whole), ..self }
    }

    /// The agent that sent it.
    pub fn sender(&self) -> &'static Agent {
        self.sender.get_or_init(|| agent::of_event(&self.payload))
    }

    /// A payload that its agent reads, made of what the event contains about its session.
    pub fn session(&self) -> Object<'static> {
        (self.sender().hooks.payload)(&self.payload)
    }

    /// A string field. `None` if it is missing or blank.
    pub fn text(&self, name: &str) -> Option<String> {
        self.payload.text(name)
    }

    /// A number field. `None` if it is missing or not a number of at least 0.
    pub fn count(&self, name: &str) -> Option<u64> {
        self.payload.count(name)
    }

    /// A field with an id or a name, shortened. `None` if it is missing or blank.
    pub fn id(&self, name: &str) -> Option<String> {
        self.text(name).map(bound::id)
    }

    /// A field with a path, shortened. `None` if it is missing or blank.
    pub fn path(&self, name: &str) -> Option<String> {
        self.text(name).map(bound::path)
    }

    /// Id of the subagent that it happened in; empty for the main conversation.
    pub fn agent(&self) -> String {
        self.agent.clone()
    }

    /// Id of the tool call. `None` if the agent sends none.
    pub fn call(&self) -> Option<String> {
        self.id("tool_use_id").or_else(|| self.id("tool_call_id"))
    }

    /// Name of the tool; empty if there is none.
    pub fn tool(&self) -> String {
        self.tool_name().map(bound::id).unwrap_or_default()
    }

    /// Name of the tool, of any length; Claude Code's name if it has such a tool. `None` if there is none.
    pub fn tool_name(&self) -> Option<String> {
        let name = self.text("tool_name")?;
        Some(agent::tool_named(&name).map_or(name, str::to_owned))
    }

    /// Fingerprint of the tool call, equal for the same tool and input.
    pub fn fingerprint(&self) -> String {
        let of_call = || {
            let input = self.payload.raw("tool_input").unwrap_or("null");
            fingerprint(&self.text("tool_name").unwrap_or_default(), input)
        };
        self.whole.as_ref().map_or_else(of_call, |whole| whole.fingerprint.clone())
    }

    /// Running background tasks. `None` if the agent sends no such list.
    pub fn background(&self) -> Option<Vec<BackgroundTask>> {
        let list = json::array(self.payload.raw("background_tasks")?)?;
        let tasks = list.into_iter().filter_map(Object::parse);
        let running = tasks.filter(|task| task.text("status").is_none_or(|status| status == "running"));
        Some(running.filter_map(|task| BackgroundTask::read(&task)).collect())
    }

    /// Input of the tool; empty if there is no tool.
    pub fn tool_input(&self) -> Object<'_> {
        self.payload.object_or_empty("tool_input")
    }

    /// Files that the call modified; empty for a tool that modifies none.
    pub fn modified_files(&self) -> Vec<String> {
        if let Some(whole) = &self.whole {
            return whole.files.clone();
        }
        let modifies = ["Write", "Edit", "MultiEdit", "NotebookEdit"];
        if !self.tool_name().is_some_and(|tool| modifies.contains(&tool.as_str())) {
            return Vec::new();
        }
        let input = self.tool_input();
        let named = ["file_path", "notebook_path"].iter().filter_map(|name| input.text(name));
        let edits = input.objects("edits");
        let files: Vec<String> = named.chain(edits.iter().filter_map(|edit| edit.text("file_path"))).collect();
        let files = if files.is_empty() { self.relative_files(&input) } else { files };
        files.into_iter().map(bound::path).collect()
    }

    /// Files that a call names relative to its folder: those of the patch that it applies, as in Codex, or the path of
    /// Kimi Code.
    fn relative_files(&self, input: &Object) -> Vec<String> {
        let (dir, path) = (self.text("cwd").unwrap_or_default(), input.text("path"));
        let patch = PATCHES.iter().find_map(|name| input.text(name)).unwrap_or_default();
        let whole = |file| Path::new(&dir).join(file).to_string_lossy().into_owned();
        patched(&patch).take(MAX_FILES).chain(path.as_deref()).map(whole).collect()
    }

    /// Target of the tool in a few sanitised words: the file's name, the command, the pattern. `None` if the input
    /// has nothing of the kind.
    pub fn target(&self) -> Option<String> {
        let input = self.tool_input();
        let file = ["file_path", "notebook_path", "path", "dir_path"].iter().find_map(|name| input.text(name));
        let words = [
            "command", "pattern", "query", "url", "description", "skill", "subject", "prompt", "task_name", "patchText",
        ];
        let target = match file {
            Some(path) if input.raw("pattern").is_none() => format::file_name(&path).to_owned(),
            _ => words.iter().find_map(|name| input.text(name))?,
        };
        let file = target.starts_with(PATCH).then(|| patched(&target).next()).flatten();
        let target = file.map_or(target.as_str(), format::file_name);
        let line = target.lines().find(|line| !line.trim().is_empty())?;
        Some(cut(Text::new(line.trim()).as_str(), MAX_TARGET))
    }

    /// The user's answer that a notification asks for. `None` if it only informs. If the agent sends no type, the
    /// message decides.
    pub fn wants(&self) -> Option<Want> {
        let message = || self.text("message").unwrap_or_default();
        match self.text("notification_type").as_deref() {
            Some("permission_prompt" | "ToolPermission") => Some(Want::Permission),
            Some("idle_prompt" | "agent_needs_input") => Some(Want::Answer),
            Some(kind) => kind.starts_with("elicitation_dialog").then_some(Want::Answer),
            None if message().contains("permission") => Some(Want::Permission),
            None => message().contains("waiting for your input").then_some(Want::Answer),
        }
    }

    /// The todos of a TodoWrite call as JSON.
    pub fn todos(&self) -> Option<String> {
        let input = self.tool_input();
        input.raw("todos").or_else(|| input.raw("plan")).filter(|todos| json::array(todos).is_some()).map(str::to_owned)
    }
}

/// Kind of an event that its agent calls something else.
fn foreign(name: &str, payload: &Object) -> Option<EventKind> {
    let kind = agent::event_named(name)?.parse().ok()?;
    let has_failed = kind == EventKind::PostToolUse && has_failed(&payload.object_or_empty("tool_response"));
    Some(if has_failed { EventKind::PostToolUseFailure } else { kind })
}

/// A tool call of Gemini CLI failed, judging by its response.
fn has_failed(response: &Object) -> bool {
    let content = response.string("llmContent").unwrap_or_default();
    let code = content.lines().find_map(|line| line.strip_prefix("Exit Code: "));
    response.raw("error").is_some() || code.is_some_and(|code| code.trim() != "0")
}

/// First line of a patch.
const PATCH: &str = "*** Begin Patch";

/// Fields with a patch.
const PATCHES: [&str; 2] = ["command", "patchText"];

/// Maximum number of files that are read from a patch.
const MAX_FILES: usize = 200;

/// The files that a patch of Codex or OpenCode touches, in its order.
fn patched(patch: &str) -> impl Iterator<Item = &str> {
    const MARKS: [&str; 4] = ["*** Add File: ", "*** Update File: ", "*** Delete File: ", "*** Move to: "];
    patch.lines().filter_map(|line| MARKS.iter().find_map(|mark| line.strip_prefix(mark))).map(str::trim)
}

/// The user's answer that a notification asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Want {
    /// An answer to a permission dialog.
    Permission,
    /// Any other answer.
    Answer,
}

/// A running background task.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BackgroundTask {
    pub id: String,
    /// Type of a subagent; `None` for anything else, such as a shell or a monitor.
    pub subagent: Option<String>,
}

impl BackgroundTask {
    fn read(task: &Object) -> Option<Self> {
        let is_agent = matches!(task.text("type").as_deref(), Some("subagent" | "agent"));
        let subagent = is_agent.then(|| bound::shown(&task.text("agent_type").unwrap_or_default()));
        Some(BackgroundTask { id: bound::id(task.text("id")?), subagent })
    }
}

impl fmt::Display for Event<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.payload.fmt(f)
    }
}

/// Maximum width of a target in columns.
const MAX_TARGET: usize = 40;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::agent::OPENCODE;

    #[test]
    fn targets_are_short_and_harmless() {
        let check = |input: &str, expected: Option<&str>| {
            let payload = format!(r#"{{"hook_event_name":"PreToolUse","tool_name":"X","tool_input":{input}}}"#);
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
    fn events_are_registered_in_the_words_of_their_agent() {
        let check = |agent, expected: &[&str]| assert_eq!(registered_by(agent).collect::<Vec<_>>(), expected);
        check(
            &GEMINI,
            &["SessionStart", "BeforeAgent", "BeforeTool", "AfterTool", "Notification", "AfterAgent", "SessionEnd"],
        );
        let codex = [
            "SessionStart", "UserPromptSubmit", "PreToolUse", "PostToolUse", "PermissionRequest", "SubagentStart",
            "SubagentStop", "Stop", "Interrupt", "SessionEnd",
        ];
        check(&CODEX, &codex);
        check(&OPENCODE, &[]);
        assert_eq!((registered_by(&CLAUDE_CODE).count(), registered_by(&KIMI).count()), (15, 14));
    }

    #[test]
    fn what_is_no_event_of_ours_is_none() {
        for payload in ["", "[]", "{}", r#"{"hook_event_name":"FileChanged"}"#, r#"{"hook_event_name":7}"#] {
            assert!(Event::parse(payload).is_none(), "{payload}");
        }
    }

    #[test]
    fn notifications_that_want_something() {
        let check = |fields: &str, expected| {
            let payload = format!(r#"{{"hook_event_name":"Notification",{fields}}}"#);
            assert_eq!(Event::parse(&payload).unwrap().wants(), expected, "{fields}");
        };
        check(r#""notification_type":"permission_prompt""#, Some(Want::Permission));
        check(r#""notification_type":"idle_prompt""#, Some(Want::Answer));
        check(r#""notification_type":"elicitation_dialog_shown""#, Some(Want::Answer));
        check(r#""notification_type":"agent_completed","message":"permission""#, None);
        check(r#""message":"Claude needs your permission to use Bash""#, Some(Want::Permission));
        check(r#""message":"Claude is waiting for your input""#, Some(Want::Answer));
        check(r#""message":"done""#, None);
    }
}
