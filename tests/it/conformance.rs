//! The classic preset prints what the Node statusline printed, byte for byte: its recorded output
//! for 120 sessions.

use std::time::{Duration, UNIX_EPOCH};

use serde_json::{Value, json};

use crate::support::{NOW, Sandbox};

const RECORDED: &str = include_str!("../fixtures/conformance/classic-line.jsonl");

#[test]
fn the_classic_preset_is_the_node_statusline_byte_for_byte() {
    assert_eq!(RECORDED.lines().count(), 120);
    // Recorded on Linux, where such a path has only one part.
    let is_meant = |text: &&str| cfg!(unix) || !text.contains(r"C:\\");
    for text in RECORDED.lines().filter(is_meant) {
        let row: Value = serde_json::from_str(text).unwrap();
        let sandbox = Sandbox::new();
        put_bridge(&sandbox, &row);
        put_todos(&sandbox, &row, text);
        let printed = sandbox.render(&row["payload"]).args(&["--preset", "classic"]).run().painted();
        assert_eq!(printed, row["expect"].as_str().unwrap(), "{}", row["name"]);
    }
}

fn put_bridge(sandbox: &Sandbox, row: &Value) {
    let mut bridge = row["bridge"].clone();
    if bridge.is_null() {
        return;
    }
    if let Some(age) = row["bridge_age_s"].as_u64() {
        let then = UNIX_EPOCH + Duration::from_secs(NOW - age);
        let then = json!(humantime::format_rfc3339_millis(then).to_string());
        bridge["first_timestamp"] = then.clone();
        bridge["last_timestamp"] = then;
    }
    let session = row["payload"]["session_id"].as_str().unwrap();
    sandbox.file(&format!("tmp/ecc-metrics-{session}.json"), bridge.to_string());
}

/// The last one in the recording is the newest. A parsed object has lost that order.
fn put_todos(sandbox: &Sandbox, row: &Value, text: &str) {
    let Some(todos) = row["todos"].as_object() else { return };
    let mut names: Vec<&String> = todos.keys().collect();
    names.sort_by_key(|name| text.find(name.as_str()));
    for (n, name) in names.into_iter().enumerate() {
        let todo = format!("config/todos/{name}");
        sandbox.file(&todo, todos[name].to_string());
        sandbox.set_modified(&todo, 1_000_000_000 + n as u64);
    }
}
