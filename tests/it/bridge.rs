//! The session bridge after hook events: the keys of the Node hook, our own records, and everything of others
//! unchanged.

use std::collections::BTreeSet;

use bridgeline::bridge::event::EventKind;
use serde_json::{Value, json};
use strum::IntoEnumIterator;

use crate::support::{Sandbox, fixture};

const RECORDED: &str = include_str!("../fixtures/conformance/bridge.jsonl");

#[test]
fn events_lead_to_the_bridge_that_the_node_hook_made_of_them() {
    assert_eq!(RECORDED.lines().count(), 30);
    for row in RECORDED.lines() {
        let row: Value = serde_json::from_str(row).unwrap();
        let sandbox = Sandbox::new();
        put_costs(&sandbox, &row["costs"]);
        for event in row["events"].as_array().unwrap() {
            let printed = sandbox.call(&["hook"]).env("BRIDGELINE_MONITOR", "off").stdin(event.to_string());
            assert_eq!(printed.run().painted(), "", "{}", row["name"]);
        }
        let session = row["expect"]["session_id"].as_str().unwrap();
        let mut bridge = sandbox.json(&format!("tmp/ecc-metrics-{session}.json"));
        for key in ["first_timestamp", "last_timestamp", "bridgeline"] {
            assert!(bridge.as_object_mut().unwrap().remove(key).is_some(), "{key} of {}", row["name"]);
        }
        let tools = bridge["recent_tools"].as_array().unwrap().iter().map(|call| call["tool"].clone());
        bridge["recent_tools"] = tools.collect();
        assert_eq!(bridge, row["expect"], "{}", row["name"]);
    }
}

fn put_costs(sandbox: &Sandbox, costs: &Value) {
    let rows = costs.as_array().into_iter().flatten().map(|cost| format!("{cost}\n"));
    let rows: String = rows.collect();
    if !rows.is_empty() {
        sandbox.file("config/metrics/costs.jsonl", rows);
    }
}

macro_rules! captured {
    ($($name:literal),*) => {
        [$(($name, include_str!(concat!("../fixtures/hook/claude-code-2.1.330/", $name, ".json")))),*]
    };
}

#[test]
fn a_captured_session_is_on_the_line_at_its_end() {
    const SESSION: &str = "b74f797f-744c-483f-bba0-b9bf1988ae28";
    let sandbox = Sandbox::new();
    let bridge = || sandbox.json(&format!("tmp/ecc-metrics-{SESSION}.json"));
    let mut states = Vec::new();
    for (name, event) in captured!(
        "SessionStart", "UserPromptSubmit", "PreToolUse-TaskCreate", "TaskCreated", "PostToolUse-TaskCreate",
        "PostToolBatch", "PreToolUse-TaskUpdate", "PostToolUse-TaskUpdate", "PreToolUse-Write", "PostToolUse-Write",
        "Stop", "SessionEnd"
    ) {
        // Sweeps compare the clock with the times of files.
        let printed = sandbox.call(&["hook"]).without("BRIDGELINE_NOW").stdin(event).run().painted();
        assert_eq!(printed, "", "{name}");
        let state = bridge()["bridgeline"]["state"].as_str().unwrap().to_owned();
        if states.last() != Some(&state) {
            states.push(state);
        }
    }
    assert_eq!(states, ["idle", "working", "idle", "ended"]);
    let bridge = bridge();
    assert_eq!((&bridge["tool_count"], &bridge["files_modified_count"]), (&json!(3), &json!(1)));
    let ours = &bridge["bridgeline"];
    assert_eq!((&ours["mode"], &ours["seq"]), (&json!("acceptEdits"), &json!(12)));
    assert_eq!((&ours["tool"]["name"], &ours["tool"]["target"]), (&json!("Write"), &json!("a.txt")));
    assert_eq!(
        ours["tasks"],
        json!([{"id": "1", "subject": "Fix auth flow", "activeForm": "Fixing auth flow", "status": "in_progress"}])
    );

    let payload = fixture("claude-code-2.1.330/status-5.json");
    let line = sandbox.render(&payload).without("BRIDGELINE_NOW").args(&["--width", "120"]).run().line();
    assert_eq!(line, "Opus 4.8 effort high accept edits │ ▸ Fixing auth flow │ work │ $0.30 │ ctx ▋          6%");
}

#[test]
fn a_captured_todo_list_is_on_the_line() {
    let sandbox = Sandbox::new();
    for (_, event) in captured!("PreToolUse-TodoWrite", "PostToolUse-TodoWrite") {
        sandbox.call(&["hook"]).stdin(event).run().painted();
    }
    let payload = json!({"session_id": "6c56abef-0198-4f50-a224-825036a7e8bf", "model": "M", "cwd": "/x"});
    assert_eq!(sandbox.render(&payload).run().line(), "M accept edits │ ▸ Fixing auth flow 0/2 │ x");
}

#[test]
fn foreign_keys_and_the_order_of_keys_outlive_every_event() {
    let deep = format!("{}{}", "[".repeat(10_000), "]".repeat(10_000));
    let foreign =
        format!(r#""zeta":1e400,"x\ud83d":"\udc00","n":{{ "b" :[1, 2.50],"a":null , "a":true}},"deep":{deep},"":-0"#);
    let keys = r#""context_remaining_pct":42.0,"files_modified":["/old.rs"],"session_id":"s""#;
    for event in EventKind::iter().map(<&str>::from) {
        let sandbox = Sandbox::new();
        let path = "tmp/ecc-metrics-s.json";
        sandbox.file(path, format!("{{{foreign},\"tool_count\":3.0,{keys}}}"));
        let payload = json!({"session_id": "s", "hook_event_name": event, "tool_name": "Read"});
        for round in 1..=2 {
            let call = sandbox.call(&["hook"]).without("BRIDGELINE_NOW");
            assert_eq!(call.stdin(payload.to_string()).run().painted(), "", "{event}");
            let count = if event == "PostToolUse" { 3 + round } else { 3 };
            let begin = format!("{{{foreign},\"tool_count\":{count},{keys},\"total_cost_usd\":");
            assert!(sandbox.read(path).starts_with(&begin), "{event}");
        }
    }
}

#[test]
fn a_new_bridge_has_the_keys_of_node_in_its_order_and_ours_last() {
    let sandbox = Sandbox::new();
    let payload =
        r#"{"session_id":"s","hook_event_name":"PostToolUse","tool_name":"Edit","tool_input":{"file_path":"/a"}}"#;
    sandbox.call(&["hook"]).stdin(payload).run().painted();
    let bridge = sandbox.read("tmp/ecc-metrics-s.json");
    let (before, after) = bridge.split_once(r#""hash":""#).unwrap();
    assert_eq!(
        before,
        r#"{"session_id":"s","total_cost_usd":0,"total_input_tokens":0,"total_output_tokens":0,"tool_count":1,"files_modified_count":1,"files_modified":["/a"],"recent_tools":[{"tool":"Edit","#
    );
    let (hash, after) = after.split_at(16);
    assert!(hash.bytes().all(|byte| byte.is_ascii_hexdigit()), "{hash}");
    let begin = r#""}],"first_timestamp":"2026-11-23T03:01:40.000Z","last_timestamp":"2026-11-23T03:01:40.000Z","context_remaining_pct":null,"bridgeline":{"#;
    assert!(after.starts_with(begin), "{after}");
    let expected = ["./state/locks/ecc-metrics-s.json.lock", "./state/shadow/s.json", "./tmp/ecc-metrics-s.json"];
    assert_eq!(sandbox.files("."), BTreeSet::from(expected.map(str::to_owned)));
}

#[test]
fn at_most_two_hundred_files_are_kept_by_name() {
    let sandbox = Sandbox::new();
    let edits: Vec<Value> = (0..250).map(|n| json!({"file_path": format!("/f{n}")})).collect();
    let payload = json!({"session_id": "s", "hook_event_name": "PostToolUse", "tool_name": "MultiEdit",
        "tool_input": {"file_path": "/f7", "edits": edits}});
    sandbox.call(&["hook"]).env("BRIDGELINE_MONITOR", "off").stdin(payload.to_string()).run().painted();
    let bridge = sandbox.json("tmp/ecc-metrics-s.json");
    assert_eq!(bridge["files_modified_count"], 200);
    let files = bridge["files_modified"].as_array().unwrap();
    assert_eq!((files.len(), &files[0], &files[1]), (200, &json!("/f7"), &json!("/f0")));
}

#[test]
#[cfg(unix)]
fn files_and_folders_are_for_their_owner_only() {
    use std::os::unix::fs::MetadataExt;
    let sandbox = Sandbox::new();
    let payload = r#"{"session_id":"s","hook_event_name":"PostToolUse","tool_name":"Read"}"#;
    sandbox.call(&["hook"]).stdin(payload).run().painted();
    let mode = |name: &str| std::fs::metadata(sandbox.path(name)).unwrap().mode() & 0o777;
    for file in ["tmp/ecc-metrics-s.json", "state/locks/ecc-metrics-s.json.lock", "state/shadow/s.json"] {
        assert_eq!(mode(file), 0o600, "{file}");
    }
    for folder in ["state", "state/locks", "state/shadow"] {
        assert_eq!(mode(folder), 0o700, "{folder}");
    }
}
