//! The files that a run finds, and those that it may leave, whatever happens to it.

use std::collections::BTreeMap;
use std::fs;
use std::time::{SystemTime, UNIX_EPOCH};

use serde_json::{Value, json};

use crate::support::{Printed, Sandbox, is_unfinished};

pub const BRIDGE: &str = "tmp/ecc-metrics-s.json";
pub const SHADOW: &str = "state/shadow/s.json";

/// A member of the bridge that belongs to another program; it stays byte for byte.
pub const FOREIGN: &str = r#""theirs":{"b":[1, 2.50],"a":null}"#;

const COSTS: &str = "./config/metrics/costs.jsonl";

/// The program in a sandbox, run by the tool before it in the command line, if any.
#[track_caller]
pub fn run(sandbox: &Sandbox, tool: &[&str], args: &[&str], input: &str) -> Printed {
    let call = sandbox.call_under(tool, args).with_programs().env("ROOT", sandbox.path("."));
    call.without("BRIDGELINE_NOW").stdin(input).run()
}

pub fn clock() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs()
}

/// The nth of the tool calls of the session `s`.
pub fn event(n: u32) -> String {
    json!({"session_id": "s", "hook_event_name": "PostToolUse", "tool_name": "Write",
        "tool_input": {"file_path": format!("/new{n}.rs")}})
    .to_string()
}

/// Spools the nth of the tool calls, like a hook that cannot get the lock.
pub fn leave(sandbox: &Sandbox, n: u32) {
    let name = format!("state/spool/s-{n:016x}-00000007.json");
    sandbox.file(&name, format!(r#"{{"fingerprint":"{n}","event":{}}}"#, event(n)));
}

/// A bridge of our hooks after this many calls.
pub fn bridge(calls: u64) -> String {
    let files: Vec<String> = (0..calls).map(|n| format!("/f{n}.rs")).collect();
    let known = json!({"session_id": "s", "total_cost_usd": 1.5, "tool_count": calls,
        "files_modified_count": calls, "files_modified": files, "context_remaining_pct": null,
        "bridgeline": {"seq": calls, "mode": "plan", "compactions": 2}});
    format!("{{{FOREIGN},{}", &known.to_string()[1..])
}

/// Other files, which must stay as they are.
pub fn furnish(sandbox: &Sandbox) {
    let payload = json!({"session_id": "s", "cost": {"total_cost_usd": 2.0},
        "context_window": {"remaining_percentage": 80}});
    sandbox
        .file("state/sessions/s.json", json!({"at_ms": clock() * 1000, "line": "M", "payload": payload}).to_string());
    sandbox.file("config/metrics/costs.jsonl", "{\"session_id\":\"s\",\"estimated_cost_usd\":1.5}\n");
    for name in ["tmp/notes.json", "tmp/ecc-metrics-s.json.bak", "home/.profile", "work/main.rs"] {
        sandbox.file(name, format!("precious {name}"));
    }
}

/// The files of a sandbox at one moment.
pub struct Files(BTreeMap<String, Vec<u8>>);

impl Files {
    pub fn of(sandbox: &Sandbox) -> Files {
        let names = sandbox.files(".").into_iter();
        Files(names.map(|name| (name.clone(), fs::read(sandbox.path(&name)).unwrap())).collect())
    }

    fn json(&self, name: &str) -> Value {
        let bytes = self.0.get(&format!("./{name}"));
        bytes.map_or(Value::Null, |bytes| serde_json::from_slice(bytes).unwrap())
    }

    /// Calls counted in the bridge and in its shadow.
    pub fn counted(&self) -> u64 {
        [BRIDGE, SHADOW].iter().filter_map(|name| self.json(name)["tool_count"].as_u64()).max().unwrap_or(0)
    }

    /// No file of others has changed, all of ours are complete, no count and no file name is lost, and only `temporary`
    /// files with our kind of name are left over.
    #[track_caller]
    pub fn assert_sound_since(&self, before: &Files, temporary: usize, what: &str) {
        let is_ours = |name: &str| {
            name.starts_with("./state/")
                || ["ecc-metrics-", "ecc-ctx-warn-", "harness-cost-"]
                    .iter()
                    .any(|ours| name.starts_with(&format!("./tmp/{ours}")))
                    && !name.ends_with(".bak")
        };
        for (name, content) in before.0.iter().filter(|(name, _)| !is_ours(name)) {
            let mut now = self.0[name].as_slice();
            // Rows are only added, each of them complete.
            if name == COSTS {
                let added = now.strip_prefix(content.as_slice());
                let added = added.unwrap_or_else(|| panic!("{name} after {what}"));
                for row in added.split_inclusive(|byte| *byte == b'\n') {
                    assert!(row.ends_with(b"}\n"), "{name} after {what}");
                    serde_json::from_slice::<Value>(row).unwrap();
                }
                now = content;
            }
            assert_eq!(now, content, "{name} after {what}");
        }
        let mut left = 0;
        for (name, content) in self.0.iter().filter(|(name, _)| !before.0.contains_key(*name)) {
            assert!(is_ours(name), "{name} after {what}");
            left += usize::from(is_unfinished(name, ".json") || is_unfinished(name, "/swept"));
            assert!(left <= temporary, "{name} is left after {what}");
            assert!(!name.ends_with(".lock") || content.is_empty(), "{name} after {what}");
        }
        for (name, content) in self.0.iter().filter(|(name, _)| is_ours(name) && name.ends_with(".json")) {
            let whole: Result<Value, _> = serde_json::from_slice(content);
            assert!(whole.is_ok_and(|value| value.is_object()), "{name} after {what}");
        }
        for name in [BRIDGE, SHADOW] {
            self.assert_none_less(before, name, what);
        }
        assert!(self.counted() >= before.counted(), "{what}");
    }

    /// The file exists if it did before, and none of its counts, costs and file names is lost.
    #[track_caller]
    fn assert_none_less(&self, before: &Files, name: &str, what: &str) {
        let (then, now) = (before.json(name), self.json(name));
        for key in ["tool_count", "files_modified_count", "total_cost_usd"] {
            let [then, now] = [&then, &now].map(|bridge| bridge[key].as_f64().unwrap_or(0.0));
            assert!(now >= then, "{key} of {name} went from {then} to {now} after {what}");
        }
        for file in then["files_modified"].as_array().into_iter().flatten() {
            assert!(now["files_modified"].as_array().unwrap().contains(file), "{file} after {what}");
        }
        if !then["theirs"].is_null() {
            let text = String::from_utf8_lossy(&self.0[&format!("./{name}")]);
            assert!(text.contains(FOREIGN), "{text} after {what}");
        }
    }
}
