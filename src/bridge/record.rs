//! Our hooks' record of a session, as read from bridge and shadow and written back. Counters only grow: of two records,
//! the larger count and the union of files are right.

use serde::Serialize;

use super::bound;
use super::ours::{Call, MAX_RUNS, OURS, Ours, Repeats, id, keep_newest, list, read_call};
use crate::base::json::{self, Object};

/// The keys of a bridge that are written with every event, and bounded.
const KEYS: &[&str] = &[
    "total_cost_usd", "total_input_tokens", "total_output_tokens", "tool_count", "files_modified_count",
    "files_modified", "recent_tools", "first_timestamp", "last_timestamp", OURS,
];

/// Maximum number of files kept by name; the Node hook has the same limit.
const MAX_FILES: usize = 200;

/// Number of calls in the ring of recent tools.
pub const RING: usize = 5;

/// A session as recorded by its hooks.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Record {
    /// Cost so far in USD; 0 while unknown, as in the Node bridge.
    pub cost_usd: f64,
    /// Input tokens so far.
    pub input_tokens: u64,
    /// Output tokens so far.
    pub output_tokens: u64,
    /// Tool calls that succeeded.
    pub tool_count: u64,
    /// Files written or edited, in the order of their first change.
    pub files: Vec<String>,
    /// Number of files: more than are listed if another writer lost the list.
    pub file_count: u64,
    /// The last calls, the newest last.
    pub recent: Vec<Call>,
    /// First event, as ISO 8601 with milliseconds.
    pub first: Option<String>,
    /// Last event, likewise.
    pub last: Option<String>,
    /// Records that only our hooks keep.
    pub ours: Ours,
}

impl Record {
    /// Reads a bridge or shadow. Missing or odd values are left out.
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
            ours: Ours::read(&bridge.object_or_empty(OURS)),
        }
    }

    /// Joins two records after a writer without the lock has put back an older state.
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

    /// Last call of each agent. A bridge of other hooks has only that of all together.
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

    /// Writes the record into a bridge, whose other keys stay as they are.
    pub fn write(&self, session_id: &str, bridge: &mut Object) {
        if bridge.raw("session_id").is_none() {
            bridge.set("session_id", json::quote(session_id));
        }
        // Only we read the bridges of other agents, so unknown values need not be 0 there.
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

/// A bridge as text of at most `max` bytes. If others have added too much, their longest parts are left out.
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
    fn an_agent_that_is_no_text_is_none() {
        for text in [r#"{"bridgeline":{"seq":1,"agent":7}}"#, r#"{"bridgeline":7}"#, "{}"] {
            assert_eq!(record(&written(&record(text), text)), record(text), "{text}");
        }
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
