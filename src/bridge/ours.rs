//! Records of a session that only our hooks keep, since the Node bridge has no keys for them, and their limits.

use serde::Serialize;

use super::bound;
use super::cost::Account;
use crate::agent::State;
use crate::base::hash::fnv;
use crate::base::json::{self, Object};
use crate::session::tasks::Task;

/// The key for records of our own hooks that the Node bridge has no key for.
pub(super) const OURS: &str = "bridgeline";

/// Maximum number kept of each; the oldest are dropped. No line shows this many, and an agent that never reports an end
/// must not fill the file.
const MAX_AGENTS: usize = 50;
pub(super) const MAX_TASKS: usize = 100;
const MAX_BLOCKERS: usize = 16;
const MAX_CALLS: usize = 16;
const MAX_DIALOGS: usize = 8;
pub(super) const MAX_RUNS: usize = 16;
const MAX_COUNTED: usize = 32;

/// Length in bytes of an entry in the list of counted calls.
const HASH: usize = 17;

/// A tool call in the ring.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Call {
    /// Name of the tool.
    pub tool: String,
    /// Fingerprint of the call.
    pub hash: String,
}

/// Records of a session that only our hooks keep.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct Ours {
    /// Number of events in it: of two states, the one with more is newer.
    pub seq: u64,
    /// Name of the agent. `None` for Claude Code, and in records of older versions.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub agent: Option<String>,
    /// Time of the last event that showed the state of the main conversation, in epoch milliseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at_ms: Option<u64>,
    /// `default`, `plan`, `acceptEdits`, `bypassPermissions`…
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mode: Option<String>,
    /// State of the session.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub state: Option<State>,
    /// Beginning of that state, in epoch milliseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub since_ms: Option<u64>,
    /// The main conversation is at work. `None` in records of older versions.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub turn: Option<bool>,
    /// Permission dialogs that are open, according to hooks.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub dialogs: Vec<Dialog>,
    /// Running tool calls. `None` in records of older versions.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub calls: Option<Vec<Running>>,
    /// The tool called last.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tool: Option<ToolCall>,
    /// Subagents at work.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub agents: Vec<SubagentRecord>,
    /// Shells, monitors and the like that run in the background. `None` if the agent does not report them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub background: Option<u64>,
    /// Number of compactions.
    pub compactions: u64,
    /// A compaction has been counted, but has not ended yet.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub compacting: bool,
    /// The last time the context was cleared. `None` if it was not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cleared: Option<Cleared>,
    /// Tool calls that failed. `None` if the agent does not report them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub failures: Option<u64>,
    /// The task list.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub tasks: Vec<Task>,
    /// Bytes of the cost rows that have been read.
    #[serde(skip_serializing_if = "is_zero")]
    pub costs_read: u64,
    /// Parts of the cost so far.
    #[serde(skip_serializing_if = "Account::is_empty")]
    pub cost: Account,
    /// The tool calls counted last, as hashes of their ids.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub counted: String,
    /// Last call of each agent, and how often in a row.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub runs: Vec<Repeats>,
    /// Spooled events that are included, while their files may still exist.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub spooled: Vec<String>,
}

/// A tool and its target.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ToolCall {
    /// Name of the tool.
    pub name: String,
    /// Target in a few words; `None` if the call names none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub target: Option<String>,
    /// Time of the call, in epoch milliseconds.
    pub at_ms: u64,
}

/// A subagent at work.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SubagentRecord {
    /// The agent's id.
    pub id: String,
    /// `Explore`, `Plan`…
    #[serde(rename = "type")]
    pub kind: String,
    /// Time it began, in epoch milliseconds.
    pub since_ms: u64,
}

/// A running tool call.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Running {
    /// The agent's id. `None` if it sends none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// The subagent that called; empty for the main conversation.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub agent: String,
    /// Fingerprint of the call.
    pub hash: String,
    /// The tool, and when it was called.
    #[serde(flatten)]
    pub tool: ToolCall,
}

/// A permission dialog.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Dialog {
    /// The call that it is about. `None` if unknown.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub call: Option<String>,
    /// The subagent that called; empty for the main conversation.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub agent: String,
    /// Name of the tool; empty if unknown.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub tool: String,
    /// Time it was opened, in epoch milliseconds.
    pub at_ms: u64,
}

/// A cleared context: numbers from before do not apply to it.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Cleared {
    /// Time, in epoch milliseconds.
    pub at_ms: u64,
    /// Context left in percent according to the bridge then, which has no time of its own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub percent: Option<f64>,
}

/// Equal calls in a row of one agent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Repeats {
    /// The subagent that called; empty for the main conversation.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub agent: String,
    /// The call.
    #[serde(flatten)]
    pub call: Call,
    /// Number of times.
    pub count: u64,
}

fn is_zero(count: &u64) -> bool {
    *count == 0
}

/// Keeps the last `max` of a list, which are the newest.
pub(super) fn keep_newest<T>(list: &mut Vec<T>, max: usize) {
    list.drain(..list.len().saturating_sub(max));
}

/// A list of objects, without invalid ones.
pub(super) fn list<T>(object: &Object, name: &str, read: impl Fn(&Object) -> Option<T>) -> Vec<T> {
    object.objects(name).iter().filter_map(read).collect()
}

/// An id or a name. `None` if it is missing or blank.
pub(super) fn id(object: &Object, name: &str) -> Option<String> {
    object.text(name).map(bound::id)
}

fn shown(object: &Object, name: &str) -> Option<String> {
    object.text(name).map(|text| bound::shown(&text))
}

pub(super) fn read_call(call: &Object) -> Option<Call> {
    // A call without the name of its tool counts too.
    Some(Call { tool: call.string("tool").map(bound::id)?, hash: id(call, "hash")? })
}

fn read_tool(tool: &Object) -> Option<ToolCall> {
    let at_ms = tool.count("at_ms").unwrap_or(0);
    Some(ToolCall { name: shown(tool, "name")?, target: shown(tool, "target"), at_ms })
}

fn read_running(call: &Object) -> Option<Running> {
    let agent = id(call, "agent").unwrap_or_default();
    Some(Running { id: id(call, "id"), agent, hash: id(call, "hash")?, tool: read_tool(call)? })
}

fn read_dialog(dialog: &Object) -> Option<Dialog> {
    let or_empty = |name: &str| id(dialog, name).unwrap_or_default();
    let (agent, tool, at_ms) = (or_empty("agent"), or_empty("tool"), dialog.count("at_ms")?);
    Some(Dialog { call: id(dialog, "call"), agent, tool, at_ms })
}

fn read_agent(agent: &Object) -> Option<SubagentRecord> {
    let kind = shown(agent, "type").unwrap_or_default();
    Some(SubagentRecord { id: id(agent, "id")?, kind, since_ms: agent.count("since_ms").unwrap_or(0) })
}

fn read_run(run: &Object) -> Option<Repeats> {
    let agent = id(run, "agent").unwrap_or_default();
    Some(Repeats { agent, call: read_call(run)?, count: run.count("count")? })
}

impl Ours {
    /// Reads our key of a bridge. Missing or odd values are left out, long ones are shortened.
    pub fn read(ours: &Object) -> Self {
        let count = |name: &str| ours.count(name).unwrap_or(0);
        let cleared =
            |cleared: Object| Some(Cleared { at_ms: cleared.count("at_ms")?, percent: cleared.number("percent") });
        let agent = shown(ours, "agent");
        // Without an agent the bridge is Claude Code's, which reports failures.
        let failures = ours.count("failures").or_else(|| agent.is_none().then_some(0));
        let mut read = Ours {
            seq: count("seq"),
            agent,
            at_ms: ours.count("at_ms"),
            mode: shown(ours, "mode"),
            state: ours.string("state").and_then(|state| state.parse().ok()),
            since_ms: ours.count("since_ms"),
            turn: ours.bool("turn"),
            dialogs: list(ours, "dialogs", read_dialog),
            calls: ours.has("calls").then(|| list(ours, "calls", read_running)),
            tool: ours.object("tool").as_ref().and_then(read_tool),
            agents: list(ours, "agents", read_agent),
            background: ours.count("background"),
            compactions: count("compactions"),
            compacting: ours.bool("compacting") == Some(true),
            cleared: ours.object("cleared").and_then(cleared),
            failures,
            tasks: list(ours, "tasks", Task::read).into_iter().map(bounded_task).collect(),
            costs_read: count("costs_read"),
            cost: ours.object("cost").map(|cost| Account::read(&cost)).unwrap_or_default(),
            counted: ours.text("counted").filter(|hashes| hashes.is_ascii()).unwrap_or_default(),
            runs: list(ours, "runs", read_run),
            spooled: ours.array("spooled").into_iter().filter_map(json::string).collect(),
        };
        read.bound();
        read
    }

    /// Drops the oldest items of lists that are too long.
    pub fn bound(&mut self) {
        keep_newest(&mut self.dialogs, MAX_DIALOGS);
        keep_newest(&mut self.agents, MAX_AGENTS);
        keep_newest(&mut self.tasks, MAX_TASKS);
        keep_newest(&mut self.runs, MAX_RUNS);
        if let Some(calls) = &mut self.calls {
            keep_newest(calls, MAX_CALLS);
        }
        for task in &mut self.tasks {
            keep_newest(&mut task.blocked_by, MAX_BLOCKERS);
        }
        let surplus = self.counted.len().saturating_sub(MAX_COUNTED * HASH);
        self.counted = self.counted.split_off(surplus);
    }

    /// A tool call is counted for the first time. Two hooks report it if one is registered in the settings and one by a
    /// plugin.
    pub fn counts(&mut self, call: Option<&str>) -> bool {
        let Some(call) = call else { return true };
        let hash = format!("{:016x} ", fnv(call.as_bytes()));
        let is_new = !self.counted.contains(&hash);
        if is_new {
            self.counted.push_str(&hash);
        }
        is_new
    }

    /// The main conversation is at work.
    pub fn is_in_turn(&self) -> bool {
        self.turn.unwrap_or(matches!(self.state, Some(State::Working | State::Waiting)))
    }

    /// Time when the newest open dialog was opened, in epoch milliseconds. `None` if none is open.
    pub fn asked_ms(&self) -> Option<u64> {
        self.dialogs.iter().map(|dialog| dialog.at_ms).max()
    }

    /// The running tool call that a dialog is about, else the newest one.
    pub fn activity(&self) -> Option<&ToolCall> {
        let is_asked = |call: &Running| call.id.is_some() && self.dialogs.iter().any(|dialog| dialog.call == call.id);
        match &self.calls {
            Some(calls) => calls.iter().max_by_key(|call| (is_asked(call), call.tool.at_ms)).map(|call| &call.tool),
            None => self.tool.as_ref(),
        }
    }
}

/// A task with its texts shortened to their limits.
pub fn bounded_task(task: Task) -> Task {
    Task {
        id: bound::id(task.id),
        subject: bound::shown(&task.subject),
        active_form: bound::shown(&task.active_form),
        status: task.status,
        blocked_by: task.blocked_by.into_iter().take(MAX_BLOCKERS).map(bound::id).collect(),
    }
}
