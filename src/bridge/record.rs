//! What our hooks keep of a session, as read from the bridge and from the shadow, and as written
//! back. Counters only grow: of two records the larger count and the union of files are true.

use serde::Serialize;

use crate::input::tasks::Task;
use crate::json::{self, Object};

/// The key under which our own hooks record what the Node bridge has no place for.
pub(super) const OURS: &str = "bridgeline";

/// Most files that are kept by name; the Node hook has the same limit.
const MAX_FILES: usize = 200;

/// Calls in the ring of recent tools.
pub const RING: usize = 5;

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
    /// `default`, `plan`, `acceptEdits`, `bypassPermissions`…
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mode: Option<String>,
    /// What the session is doing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub state: Option<State>,
    /// Since when, in epoch milliseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub since_ms: Option<u64>,
    /// The tool called last.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tool: Option<Tool>,
    /// Subagents at work.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub agents: Vec<Agent>,
    /// How often the context was compacted.
    pub compactions: u64,
    /// Tool calls that failed.
    pub failures: u64,
    /// The task list.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub tasks: Vec<Task>,
    /// How much of the cost rows has been read, in bytes.
    #[serde(skip_serializing_if = "is_zero")]
    pub costs_read: u64,
}

/// What a session is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum State {
    /// The model or a tool is at work.
    Working,
    /// The user has to answer.
    Waiting,
    /// The turn is over.
    Idle,
    /// The session is over.
    Ended,
}

/// A tool and what it works on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Tool {
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
pub struct Agent {
    /// The host's id.
    pub id: String,
    /// `Explore`, `Plan`…
    #[serde(rename = "type")]
    pub kind: String,
    /// When it began, in epoch milliseconds.
    pub since_ms: u64,
}

fn is_zero(count: &u64) -> bool {
    *count == 0
}

impl Record {
    /// Reads a bridge, or a shadow of one. What is missing or odd is left out.
    pub fn read(bridge: &Object) -> Self {
        let files: Vec<String> =
            bridge.array("files_modified").into_iter().filter_map(json::string).collect();
        let call = |call: &Object| Some(Call { tool: call.text("tool")?, hash: call.text("hash")? });
        Record {
            cost_usd: bridge.number("total_cost_usd").unwrap_or(0.0),
            input_tokens: bridge.count("total_input_tokens").unwrap_or(0),
            output_tokens: bridge.count("total_output_tokens").unwrap_or(0),
            tool_count: bridge.count("tool_count").unwrap_or(0),
            file_count: bridge.count("files_modified_count").unwrap_or(0).max(files.len() as u64),
            files,
            recent: bridge.objects("recent_tools").iter().filter_map(call).collect(),
            first: bridge.text("first_timestamp"),
            last: bridge.text("last_timestamp"),
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
        bridge.set("total_cost_usd", self.cost_usd.to_string());
        bridge.set("total_input_tokens", self.input_tokens.to_string());
        bridge.set("total_output_tokens", self.output_tokens.to_string());
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

fn to_json(value: &impl Serialize) -> String {
    serde_json::to_string(value).expect("plain data serialises")
}

impl Ours {
    /// Reads our key of a bridge. What is missing or odd is left out.
    pub fn read(ours: &Object) -> Self {
        let state = match ours.string("state").as_deref() {
            Some("working") => Some(State::Working),
            Some("waiting") => Some(State::Waiting),
            Some("idle") => Some(State::Idle),
            Some("ended") => Some(State::Ended),
            _ => None,
        };
        let tool = |tool: Object| {
            let at_ms = tool.count("at_ms").unwrap_or(0);
            Some(Tool { name: tool.text("name")?, target: tool.text("target"), at_ms })
        };
        let agent = |agent: &Object| {
            let kind = agent.text("type").unwrap_or_default();
            Some(Agent { id: agent.text("id")?, kind, since_ms: agent.count("since_ms").unwrap_or(0) })
        };
        Ours {
            seq: ours.count("seq").unwrap_or(0),
            mode: ours.text("mode"),
            state,
            since_ms: ours.count("since_ms"),
            tool: ours.object("tool").and_then(tool),
            agents: ours.objects("agents").iter().filter_map(agent).collect(),
            compactions: ours.count("compactions").unwrap_or(0),
            failures: ours.count("failures").unwrap_or(0),
            tasks: ours.objects("tasks").iter().filter_map(Task::from_json).collect(),
            costs_read: ours.count("costs_read").unwrap_or(0),
        }
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
            r#"{"session_id":"s","total_cost_usd":0,"total_input_tokens":0,"total_output_tokens":0,"tool_count":0,"files_modified_count":0,"files_modified":[],"recent_tools":[],"first_timestamp":null,"last_timestamp":null,"context_remaining_pct":null,"bridgeline":{"seq":0,"compactions":0,"failures":0}}"#
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
