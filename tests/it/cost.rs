//! The cost tracker: a row for each turn that ends, cumulative for its session.

use serde_json::{Value, json};

use crate::support::{NOW, Sandbox};

const SESSION: &str = "b74f797f-744c-483f-bba0-b9bf1988ae28";
const TRANSCRIPT: &str = include_str!("../fixtures/transcript/claude-code-2.1.330.jsonl");
const ROWS: &str = "config/metrics/costs.jsonl";

/// The end of a turn.
fn stop(sandbox: &Sandbox, event: &str) {
    let event = json!({
        "session_id": SESSION,
        "hook_event_name": event,
        "transcript_path": sandbox.text("work/t.jsonl"),
    });
    let printed = sandbox.call(&["hook"]).stdin(event.to_string()).run().painted();
    assert_eq!(printed, "");
}

fn rows(sandbox: &Sandbox) -> Vec<Value> {
    sandbox.read(ROWS).lines().map(|row| serde_json::from_str(row).unwrap()).collect()
}

/// A message of the main conversation.
fn message(id: u32, model: &str, output: u32) -> String {
    let usage = json!({"input_tokens": 100, "output_tokens": output});
    let message = json!({"id": format!("msg_{id}"), "role": "assistant", "model": model, "usage": usage});
    json!({"type": "assistant", "requestId": format!("req_{id}"), "message": message}).to_string() + "\n"
}

#[test]
fn a_turn_ends_in_a_row_with_the_hosts_numbers() {
    let sandbox = Sandbox::new();
    sandbox.file("work/t.jsonl", TRANSCRIPT);
    stop(&sandbox, "Stop");
    assert_eq!(
        rows(&sandbox),
        [json!({
            "timestamp": "2026-11-23T03:01:40.000Z",
            "session_id": SESSION,
            "transcript_path": sandbox.text("work/t.jsonl"),
            "model": "claude-opus-4-8",
            "input_tokens": 60,
            "output_tokens": 1725,
            "cache_write_tokens": 20000,
            "cache_read_tokens": 260_000,
            "estimated_cost_usd": 0.298_425,
        })]
    );
    let bridge = sandbox.json(&format!("tmp/ecc-metrics-{SESSION}.json"));
    assert_eq!(bridge["total_cost_usd"], json!(0.298_425));
    assert_eq!(bridge["total_output_tokens"], json!(1725));
}

#[test]
fn rows_are_cumulative_and_read_on_from_the_last_turn() {
    let sandbox = Sandbox::new();
    let first = message(1, "claude-opus-4-8", 2);
    sandbox.file("work/t.jsonl", &first);
    stop(&sandbox, "Stop");
    // The same message again with its true count, one more, and one that is still being written.
    let more = format!(
        "{first}{}{}{{\"type\":\"assis",
        message(1, "claude-opus-4-8", 200),
        message(2, "claude-opus-4-8", 50)
    );
    sandbox.file("work/t.jsonl", more);
    stop(&sandbox, "SubagentStop");
    let outputs: Vec<Value> = rows(&sandbox).into_iter().map(|row| row["output_tokens"].clone()).collect();
    assert_eq!(outputs, [json!(2), json!(250)]);
    let usd = (200.0 * 5.0 + 250.0 * 25.0) / 1e6;
    assert_eq!(rows(&sandbox)[1]["estimated_cost_usd"], json!(usd));
}

#[test]
fn the_hosts_own_cost_wins_while_it_is_recent() {
    let cost = |age: u64| {
        let sandbox = Sandbox::new();
        sandbox.file("work/t.jsonl", message(1, "claude-opus-4-8", 1000));
        let left = json!({"ts": NOW - age, "cost_usd": 7.5});
        sandbox.file(&format!("tmp/harness-cost-{SESSION}.json"), left.to_string());
        stop(&sandbox, "Stop");
        rows(&sandbox)[0]["estimated_cost_usd"].as_f64().unwrap()
    };
    assert_eq!(cost(0), 7.5);
    assert_eq!(cost(300), 7.5);
    assert_eq!(cost(301), 0.0255);
}

#[test]
fn a_model_without_a_price_has_no_cost() {
    let sandbox = Sandbox::new();
    sandbox.file("work/t.jsonl", message(1, "claude-novel-9", 10));
    stop(&sandbox, "Stop");
    let row = &rows(&sandbox)[0];
    assert_eq!((&row["estimated_cost_usd"], &row["output_tokens"]), (&Value::Null, &json!(10)));
}

#[test]
fn a_price_of_the_users_own_counts() {
    let sandbox = Sandbox::new();
    let prices = "[models.claude-novel-9]\ninput = 10\noutput = 100\ncache_write_5m = 1\ncache_write_1h = 1\ncache_read = 1\n";
    sandbox.file("home/.config/bridgeline/prices.toml", prices);
    sandbox.file("work/t.jsonl", message(1, "claude-novel-9", 10));
    stop(&sandbox, "Stop");
    assert_eq!(rows(&sandbox)[0]["estimated_cost_usd"], json!(0.002));
}

#[test]
fn without_a_transcript_and_a_cost_there_is_no_row() {
    let sandbox = Sandbox::new();
    stop(&sandbox, "Stop");
    assert!(!sandbox.path(ROWS).exists());
}

#[test]
fn rows_of_others_stay_and_a_torn_one_is_ended() {
    let sandbox = Sandbox::new();
    sandbox.file(ROWS, "{\"session_id\":\"other\",\"estimated_cost_usd\":9}\n{\"session_id\":\"to");
    sandbox.file("work/t.jsonl", message(1, "claude-opus-4-8", 10));
    stop(&sandbox, "Stop");
    let text = sandbox.read(ROWS);
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines.len(), 3);
    assert_eq!(lines[1], "{\"session_id\":\"to");
    assert!(lines[2].contains(SESSION));
}
