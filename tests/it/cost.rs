//! The cost log: a row for each turn that ends, cumulative for its session.

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
    // The same message again with its final count, another one, and one that is still being written.
    let more =
        format!("{first}{}{}{{\"type\":\"assis", message(1, "claude-opus-4-8", 200), message(2, "claude-opus-4-8", 50));
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
    let prices =
        "[models.claude-novel-9]\ninput = 10\noutput = 100\ncache_write_5m = 1\ncache_write_1h = 1\ncache_read = 1\n";
    sandbox.file("home/.config/bridgeline/prices.toml", prices);
    sandbox.file("work/t.jsonl", message(1, "claude-novel-9", 10));
    stop(&sandbox, "Stop");
    assert_eq!(rows(&sandbox)[0]["estimated_cost_usd"], json!(0.002));
}

#[test]
fn without_a_response_and_a_cost_there_is_no_row() {
    let sandbox = Sandbox::new();
    sandbox.file("work/t.jsonl", "{\"type\":\"user\"}\n");
    stop(&sandbox, "Stop");
    assert!(!sandbox.path(ROWS).exists());
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

/// A message of the main conversation, written this many milliseconds after [`NOW`]. It costs [`EACH`].
fn dated(id: u32, ms: u64) -> String {
    let mut line: Value = serde_json::from_str(&message(id, "claude-opus-4-8", 1000)).unwrap();
    let at = std::time::UNIX_EPOCH + std::time::Duration::from_millis(NOW * 1000 + ms);
    line["timestamp"] = json!(humantime::format_rfc3339_millis(at).to_string());
    format!("{line}\n")
}

const EACH: f64 = (100.0 * 5.0 + 1000.0 * 25.0) / 1e6;

/// A running session, with its clock in milliseconds after [`NOW`].
struct Session {
    sandbox: Sandbox,
    transcript: String,
    messages: u32,
}

impl Session {
    fn new() -> Self {
        Session { sandbox: Sandbox::new(), transcript: String::new(), messages: 0 }
    }

    fn render(&self, ms: u64, usd: f64) {
        let payload = json!({"session_id": SESSION, "model": "M", "cost": {"total_cost_usd": usd}});
        let call = self.sandbox.render(&payload);
        call.env("BRIDGELINE_NOW", (NOW * 1000 + ms).to_string()).run().line();
    }

    fn message(&mut self, ms: u64) {
        self.messages += 1;
        self.transcript += &dated(self.messages, ms);
        self.sandbox.file("work/t.jsonl", &self.transcript);
    }

    fn hook(&self, ms: u64, event: &str) {
        let event = json!({"session_id": SESSION, "hook_event_name": event, "source": "resume",
            "transcript_path": self.sandbox.text("work/t.jsonl")});
        let call = self.sandbox.call(&["hook"]).stdin(event.to_string());
        assert_eq!(call.env("BRIDGELINE_NOW", (NOW * 1000 + ms).to_string()).run().painted(), "");
    }

    /// The last row, and the bridge, count this many messages at that cost; there are this many rows.
    #[track_caller]
    fn check(&self, count: usize, messages: u64, usd: f64) {
        let rows = rows(&self.sandbox);
        let row = rows.last().unwrap();
        assert_eq!((rows.len(), &row["output_tokens"]), (count, &json!(messages * 1000)), "{row}");
        let bridge = self.sandbox.json(&format!("tmp/ecc-metrics-{SESSION}.json"));
        for cost in [&row["estimated_cost_usd"], &bridge["total_cost_usd"]] {
            assert!((cost.as_f64().unwrap() - usd).abs() < 1e-6, "{cost}, not {usd}");
        }
    }
}

#[test]
fn the_row_of_a_turn_holds_its_last_response() {
    let mut session = Session::new();
    session.render(0, 0.0);
    session.hook(50, "UserPromptSubmit");
    // One response, which the render after the end of the turn reports.
    session.message(100);
    session.hook(150, "Stop");
    session.check(1, 1, EACH);
    session.render(450, EACH);
    // A response that the host has reported, and one that it has not.
    session.hook(500, "UserPromptSubmit");
    session.message(600);
    session.render(900, 2.0 * EACH);
    session.hook(920, "PostToolUse");
    session.message(950);
    session.hook(960, "Stop");
    session.check(2, 3, 3.0 * EACH);
    session.render(1300, 3.0 * EACH);
    session.hook(2000, "SessionEnd");
    session.check(2, 3, 3.0 * EACH);
}

#[test]
fn the_end_of_a_session_adds_a_row_where_that_changes_something() {
    let mut session = Session::new();
    session.render(0, 0.0);
    session.hook(10, "SessionEnd");
    assert!(!session.sandbox.path(ROWS).exists());
    // Interrupted: there is no end of the turn.
    session.message(100);
    session.render(400, EACH);
    session.hook(450, "PostToolUse");
    session.hook(500, "SessionEnd");
    session.check(1, 1, EACH);
    // A compaction, which is in no message.
    session.render(900, 1.5);
    session.hook(1000, "SessionEnd");
    session.check(2, 1, 1.5);
    session.hook(1100, "SessionEnd");
    session.check(2, 1, 1.5);
}

#[test]
fn a_session_that_is_resumed_goes_on_from_what_was_there() {
    // The host continues, counts from 0, or sends nothing.
    for (at_mount, later, last) in [
        (Some(6.43), Some(6.43 + EACH), Some(6.43 + 2.0 * EACH)),
        (Some(0.0), Some(EACH), Some(2.0 * EACH)),
        (None, Some(EACH), Some(2.0 * EACH)),
        (Some(0.0), Some(6.43 + EACH), Some(6.43 + 2.0 * EACH)),
        (None, None, None),
    ] {
        let mut session = Session::new();
        session.message(100);
        session.render(400, 6.43);
        session.hook(500, "Stop");
        session.hook(600, "SessionEnd");
        session.check(1, 1, 6.43);
        session.hook(10_000, "SessionStart");
        let render = |session: &Session, ms, usd: Option<f64>| usd.into_iter().for_each(|usd| session.render(ms, usd));
        render(&session, 10_300, at_mount);
        session.hook(11_000, "UserPromptSubmit");
        session.message(12_000);
        render(&session, 12_300, later);
        session.hook(12_400, "Stop");
        session.check(2, 2, 6.43 + EACH);
        session.message(13_000);
        session.hook(13_100, "Stop");
        session.check(3, 3, 6.43 + 2.0 * EACH);
        render(&session, 13_400, last);
        session.hook(14_000, "SessionEnd");
        session.check(3, 3, 6.43 + 2.0 * EACH);
    }
}

#[test]
fn a_row_covers_messages_of_before_that_the_host_leaves_out() {
    let mut session = Session::new();
    session.message(100);
    session.message(200);
    session.message(10_000);
    session.render(10_300, EACH);
    session.hook(10_400, "Stop");
    session.check(1, 3, 3.0 * EACH);
}

#[test]
fn a_session_without_renders_is_exact() {
    let mut session = Session::new();
    session.hook(0, "UserPromptSubmit");
    session.message(100);
    session.hook(200, "Stop");
    session.check(1, 1, EACH);
    session.transcript += "{\"type\":\"cost-state\",\"totalCostUSD\":0.0255}\n";
    session.hook(300, "SessionEnd");
    session.check(1, 1, EACH);
}

#[test]
fn what_is_left_for_trackers_may_be_of_any_time_within_its_second() {
    let sandbox = Sandbox::new();
    let lines = [dated(1, 400), dated(2, 1_100)].concat();
    sandbox.file("work/t.jsonl", lines);
    let left = json!({"ts": NOW, "cost_usd": EACH});
    sandbox.file(&format!("tmp/harness-cost-{SESSION}.json"), left.to_string());
    stop(&sandbox, "Stop");
    assert_eq!(rows(&sandbox)[0]["estimated_cost_usd"], json!(2.0 * EACH));
}
