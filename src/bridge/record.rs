//! What our hooks keep of a session, as read from the bridge and from the shadow, and as written
//! back. Counters only grow: of two records the larger count and the union of files are true.

use serde::Serialize;

use super::bound;
use super::cost::Account;
use crate::agent::State;
use crate::base::hash::fnv;
use crate::base::json::{self, Object};
use crate::session::tasks::Task;

/// The key under which our own hooks record what the Node bridge has no place for.
pub(super) const OURS: &str = "bridgeline";

/// The keys of a bridge that are written with every event, and bounded.
const KEYS: &[&str] = &[
    "total_cost_usd", "total_input_tokens", "total_output_tokens", "tool_count", "files_modified_count",
    "files_modified", "recent_tools", "first_timestamp", "last_timestamp", OURS,
];

/// Most files that are kept by name; the Node hook has the same limit.
const MAX_FILES: usize = 200;

/// Calls in the ring of recent tools.
pub const RING: usize = 5;

/// More of these are forgotten, the oldest first: no line shows so many, and a client that never says
/// that one has ended must not fill the file.
const MAX_AGENTS: usize = 50;
pub(super) const MAX_TASKS: usize = 100;
const MAX_BLOCKERS: usize = 16;
const MAX_CALLS: usize = 16;
const MAX_DIALOGS: usize = 8;
const MAX_RUNS: usize = 16;
const MAX_COUNTED: usize = 32;

/// Bytes of one in the list of those that were counted.
const HASH: usize = 17;

/// A session, as its hooks know it.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Record {
    /// Cost so far in USD; 0 while nobody knows, as in the Node bridge.
    pub cost_usd: f64,
    /// Input tokens so far.
    pub input_tokens: u64,
    /// Output tokens so far.
    pub output_tokens: u64,
    /// Tool calls that succeeded.
    pub tool_count: u64,
    /// Files written or edited, in the order of their first change.
    pub files: Vec<String>,
    /// How many they are: more than are listed, where whoever wrote the bridge lost the list.
    pub file_count: u64,
    /// The last calls, the newest last.
    pub recent: Vec<Call>,
    /// First and last event, as ISO 8601 with milliseconds.
    pub first: Option<String>,
    /// The last event, likewise.
    pub last: Option<String>,
    /// What only our hooks know.
    pub ours: Ours,
}

/// A tool call in the ring.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Call {
    /// Name of the tool.
    pub tool: String,
    /// Fingerprint of the call.
    pub hash: String,
}

/// What only our hooks know of a session.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct Ours {
    /// How many events are in it: of two states the one with more is the newer.
    pub seq: u64,
    /// Name of the agent. `None` for Claude Code, and in what older versions wrote.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub agent: Option<String>,
    /// When the last event of the main conversation came that tells what it does, in epoch milliseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at_ms: Option<u64>,
    /// `default`, `plan`, `acceptEdits`, `bypassPermissions`…
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mode: Option<String>,
    /// What the session is doing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub state: Option<State>,
    /// Since when, in epoch milliseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub since_ms: Option<u64>,
    /// Whether the main conversation is at work. `None` in what older versions wrote.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub turn: Option<bool>,
    /// Permission dialogs that are open, as far as hooks tell.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub dialogs: Vec<Dialog>,
    /// Tool calls that run. `None` in what older versions wrote.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub calls: Option<Vec<Running>>,
    /// The tool called last.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tool: Option<ToolCall>,
    /// Subagents at work.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub agents: Vec<SubagentRecord>,
    /// Shells, monitors and the like that run in the background. `None` where the host does not say.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub background: Option<u64>,
    /// How often the context was compacted.
    pub compactions: u64,
    /// Whether a compaction is counted whose end has not come yet.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub compacting: bool,
    /// When the context last began anew. `None` when it has not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cleared: Option<Cleared>,
    /// Tool calls that failed. `None` if the agent does not report them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub failures: Option<u64>,
    /// The task list.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub tasks: Vec<Task>,
    /// How much of the cost rows has been read, in bytes.
    #[serde(skip_serializing_if = "is_zero")]
    pub costs_read: u64,
    /// What the cost so far is made of.
    #[serde(skip_serializing_if = "Account::is_empty")]
    pub cost: Account,
    /// Tool calls that were counted last, by the hashes of their ids.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub counted: String,
    /// What each agent has called last, and how often in a row.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub runs: Vec<Repeats>,
    /// Events that were left for others and are in it, while their files may still be there.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub spooled: Vec<String>,
}

/// A tool and what it works on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ToolCall {
    /// Name of the tool.
    pub name: String,
    /// In a few words; `None` when the call names nothing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub target: Option<String>,
    /// When it was called, in epoch milliseconds.
    pub at_ms: u64,
}

/// A subagent at work.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SubagentRecord {
    /// The host's id.
    pub id: String,
    /// `Explore`, `Plan`…
    #[serde(rename = "type")]
    pub kind: String,
    /// When it began, in epoch milliseconds.
    pub since_ms: u64,
}

/// A tool call that runs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Running {
    /// The host's id. `None` where it sends none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// The subagent that called; empty for the main conversation.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub agent: String,
    /// Fingerprint of the call.
    pub hash: String,
    /// What runs, and since when.
    #[serde(flatten)]
    pub tool: ToolCall,
}

/// A permission dialog.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Dialog {
    /// The call that it is about. `None` when that is not known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub call: Option<String>,
    /// The subagent that called; empty for the main conversation.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub agent: String,
    /// Name of the tool; empty when that is not known.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub tool: String,
    /// When it was opened, in epoch milliseconds.
    pub at_ms: u64,
}

/// Where the context began anew: what the host said of it before says nothing of it now.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Cleared {
    /// When, in epoch milliseconds.
    pub at_ms: u64,
    /// Context left in percent as the bridge held it then, which does not tell when it was put there.
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
    /// How often.
    pub count: u64,
}

fn is_zero(count: &u64) -> bool {
    *count == 0
}

impl Record {
    /// Reads a bridge, or a shadow of one. What is missing or odd is left out.
    pub fn read(bridge: &Object) -> Self {
        let files = bridge.array("files_modified").into_iter().take(MAX_FILES);
        let files: Vec<String> = files.filter_map(json::string).map(bound::path).collect();
        let mut recent = list(bridge, "recent_tools", read_call);
        keep_newest(&mut recent, RING);
        Record {
            cost_usd: bridge.number("total_cost_usd").unwrap_or(0.0),
            input_tokens: bridge.count("total_input_tokens").unwrap_or(0),
            output_tokens: bridge.count("total_output_tokens").unwrap_or(0),
            tool_count: bridge.count("tool_count").unwrap_or(0),
            file_count: bridge.count("files_modified_count").unwrap_or(0).max(files.len() as u64),
            files,
            recent,
            first: id(bridge, "first_timestamp"),
            last: id(bridge, "last_timestamp"),
            ours: bridge.object(OURS).map(|ours| Ours::read(&ours)).unwrap_or_default(),
        }
    }

    /// What is true when both have been: a writer that takes no lock has put an older state back.
    #[must_use]
    pub fn join(mut self, other: Record) -> Self {
        for file in &other.files {
            self.add_file(file);
        }
        self.tool_count = self.tool_count.max(other.tool_count);
        self.file_count = self.file_count.max(other.file_count);
        self.first = [self.first.take(), other.first].into_iter().flatten().min();
        if other.ours.seq > self.ours.seq {
            self.recent = other.recent;
            self.last = other.last;
            self.cost_usd = other.cost_usd;
            self.input_tokens = other.input_tokens;
            self.output_tokens = other.output_tokens;
            self.ours = other.ours;
        }
        self
    }

    /// What each agent has called last. A bridge of other hooks tells it of all together.
    pub fn runs(&self) -> Vec<Repeats> {
        if !self.ours.runs.is_empty() {
            return self.ours.runs.clone();
        }
        let Some(call) = self.recent.last() else { return Vec::new() };
        let count = self.recent.iter().rev().take_while(|other| other.hash == call.hash).count();
        vec![Repeats { agent: String::new(), call: call.clone(), count: count as u64 }]
    }

    /// Adds a call to the ring and to those of its agent.
    pub fn add_call(&mut self, agent: String, call: Call) {
        self.recent.push(call.clone());
        keep_newest(&mut self.recent, RING);
        let runs = &mut self.ours.runs;
        let before = runs.iter().position(|run| run.agent == agent).map(|at| runs.remove(at));
        let count = before.filter(|run| run.call.hash == call.hash).map_or(0, |run| run.count);
        runs.push(Repeats { agent, call, count: count.saturating_add(1) });
        keep_newest(runs, MAX_RUNS);
    }

    /// Remembers that a file was modified.
    pub fn add_file(&mut self, path: &str) {
        if self.files.len() < MAX_FILES && !self.files.iter().any(|known| known == path) {
            self.files.push(path.to_owned());
            self.file_count = self.file_count.max(self.files.len() as u64);
        }
    }

    /// Puts the record into a bridge, whose other keys stay as they are.
    pub fn write(&self, session_id: &str, bridge: &mut Object) {
        if bridge.raw("session_id").is_none() {
            bridge.set("session_id", json::quote(session_id));
        }
        // Of other agents nobody else reads it, so that what is unknown need not be 0.
        let known = |sum: String| if self.ours.agent.is_some() && sum == "0" { "null".to_owned() } else { sum };
        bridge.set("total_cost_usd", known(self.cost_usd.to_string()));
        bridge.set("total_input_tokens", known(self.input_tokens.to_string()));
        bridge.set("total_output_tokens", known(self.output_tokens.to_string()));
        bridge.set("tool_count", self.tool_count.to_string());
        bridge.set("files_modified_count", self.file_count.to_string());
        bridge.set("files_modified", to_json(&self.files));
        bridge.set("recent_tools", to_json(&self.recent));
        for (key, time) in [("first_timestamp", &self.first), ("last_timestamp", &self.last)] {
            bridge.set(key, time.as_deref().map_or_else(|| "null".to_owned(), json::quote));
        }
        if !bridge.has("context_remaining_pct") {
            bridge.set("context_remaining_pct", "null");
        }
        bridge.set(OURS, to_json(&self.ours));
    }
}

/// A bridge as text of at most `max` bytes: where others have put in more, without their longest parts.
pub fn fitting(mut bridge: Object, max: usize) -> String {
    let mut text = bridge.to_string();
    for longest in [1024, 0] {
        if text.len() > max {
            bridge.retain(|name, raw| KEYS.contains(&name) || raw.len() <= longest);
            text = bridge.to_string();
        }
    }
    text
}

fn to_json(value: &impl Serialize) -> String {
    serde_json::to_string(value).expect("plain data serialises")
}

/// Keeps the last `max` of a list, which are the newest.
fn keep_newest<T>(list: &mut Vec<T>, max: usize) {
    list.drain(..list.len().saturating_sub(max));
}

/// A list of objects, without what makes no sense.
fn list<T>(object: &Object, name: &str, read: impl Fn(&Object) -> Option<T>) -> Vec<T> {
    object.objects(name).iter().filter_map(read).collect()
}

/// An id or a name, `None` when it is missing or blank.
fn id(object: &Object, name: &str) -> Option<String> {
    object.text(name).map(bound::id)
}

fn shown(object: &Object, name: &str) -> Option<String> {
    object.text(name).map(|text| bound::shown(&text))
}

fn read_call(call: &Object) -> Option<Call> {
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
    /// Reads our key of a bridge. What is missing or odd is left out, and nothing is longer than it may be.
    pub fn read(ours: &Object) -> Self {
        let count = |name: &str| ours.count(name).unwrap_or(0);
        let cleared =
            |cleared: Object| Some(Cleared { at_ms: cleared.count("at_ms")?, percent: cleared.number("percent") });
        let mut read = Ours {
            seq: count("seq"),
            agent: shown(ours, "agent"),
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
            failures: ours.count("failures").or_else(|| (!ours.has("agent")).then_some(0)),
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

    /// Forgets the oldest of what there is too much of.
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

    /// Whether a tool call is counted for the first time. Two hooks tell of it where one is registered in
    /// the settings and one by a plugin.
    pub fn counts(&mut self, call: Option<&str>) -> bool {
        let Some(call) = call else { return true };
        let hash = format!("{:016x} ", fnv(call.as_bytes()));
        let is_new = !self.counted.contains(&hash);
        if is_new {
            self.counted.push_str(&hash);
        }
        is_new
    }

    /// Whether the main conversation is at work.
    pub fn is_in_turn(&self) -> bool {
        self.turn.unwrap_or(matches!(self.state, Some(State::Working | State::Waiting)))
    }

    /// The tool call that runs now, the newest of several.
    pub fn activity(&self) -> Option<&ToolCall> {
        match &self.calls {
            Some(calls) => calls.iter().map(|call| &call.tool).max_by_key(|tool| tool.at_ms),
            None => self.tool.as_ref(),
        }
    }
}

/// A task whose parts are not longer than they may be.
pub fn bounded_task(task: Task) -> Task {
    Task {
        id: bound::id(task.id),
        subject: bound::shown(&task.subject),
        active_form: bound::shown(&task.active_form),
        status: task.status,
        blocked_by: task.blocked_by.into_iter().take(MAX_BLOCKERS).map(bound::id).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn record(text: &str) -> Record {
        Record::read(&Object::parse(text).unwrap())
    }

    fn written(record: &Record, bridge: &str) -> String {
        let mut bridge = Object::parse(bridge).unwrap();
        record.write("s", &mut bridge);
        bridge.to_string()
    }

    #[test]
    fn a_record_survives_writing_and_the_rest_keeps_its_bytes() {
        let text = r#"{"session_id":"s","other":1e400,"tool_count":3,"files_modified_count":5,"files_modified":["/a"],"recent_tools":[{"tool":"Bash","hash":"x"}],"context_remaining_pct":42,"bridgeline":{"seq":2,"mode":"plan","state":"waiting","since_ms":5,"tool":{"name":"Edit","target":"a.rs","at_ms":4},"agents":[{"id":"1","type":"Explore","since_ms":3}],"compactions":1,"failures":2,"tasks":[{"id":"1","subject":"a","activeForm":"b","status":"in_progress","blockedBy":["2"]}],"costs_read":9}}"#;
        let before = record(text);
        let after = written(&before, text);
        assert_eq!(record(&after), before);
        assert!(
            after.starts_with(r#"{"session_id":"s","other":1e400,"tool_count":3,"files_modified_count":5,"#),
            "{after}"
        );
        assert!(after.contains(r#""context_remaining_pct":42,"#), "{after}");
    }

    #[test]
    fn a_new_bridge_has_the_keys_of_node_in_its_order() {
        assert_eq!(
            written(&Record::default(), "{}"),
            r#"{"session_id":"s","total_cost_usd":0,"total_input_tokens":0,"total_output_tokens":0,"tool_count":0,"files_modified_count":0,"files_modified":[],"recent_tools":[],"first_timestamp":null,"last_timestamp":null,"context_remaining_pct":null,"bridgeline":{"seq":0,"compactions":0}}"#
        );
    }

    proptest! {
        #[test]
        fn nothing_decreases_when_records_are_joined(
            a in (0u64..9, proptest::collection::vec("[a-e]", 0..5), 0u64..9),
            b in (0u64..9, proptest::collection::vec("[a-e]", 0..5), 0u64..9),
        ) {
            let make = |(tool_count, files, seq): &(u64, Vec<String>, u64)| {
                let ours = Ours { seq: *seq, ..Ours::default() };
                let mut record = Record { tool_count: *tool_count, ours, ..Record::default() };
                files.iter().for_each(|file| record.add_file(file));
                record
            };
            let joined = make(&a).join(make(&b));
            prop_assert_eq!(joined.tool_count, a.0.max(b.0));
            prop_assert_eq!(joined.ours.seq, a.2.max(b.2));
            prop_assert!(a.1.iter().chain(&b.1).all(|file| joined.files.contains(file)));
        }
    }
}
