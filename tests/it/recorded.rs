//! Sessions whose hooks report little: the rest is in the agent's own files.

use serde_json::{Value, json};
use snapbox::{assert_data_eq, str};

use crate::support::{Call, NOW, Sandbox};

const ROLLOUT: &str = include_str!("../fixtures/recorded/codex-0.171.0.jsonl");

/// A few seconds after the end of the rollout, in seconds since 1970.
const THEN: u64 = 1_795_747_700;

const THREAD: &str = "01a21ae2-e3d0-70d0-bcdb-9b17341dbe83";

/// A session of Codex with recent activity, and the first lines of its rollout, up to the `count`th with that text.
fn codex(text: &str, count: usize) -> Sandbox {
    let sandbox = Sandbox::new();
    let (at, _) = ROLLOUT.match_indices(text).nth(count - 1).unwrap();
    let end = at + ROLLOUT[at..].find('\n').unwrap();
    let name = format!("home/.codex/sessions/2026/11/27/rollout-2026-11-27T02-43-26-{THREAD}.jsonl");
    sandbox.file(&name, &ROLLOUT[..end]);
    let entry = json!({"id": THREAD, "thread_name": "please fix it"});
    sandbox.file("home/.codex/session_index.jsonl", format!("{entry}\n"));
    let work = sandbox.text("work");
    let cache = json!({"at_ms": THEN * 1000, "agent": "codex", "cwd": work,
        "payload": {"thread": {"id": THREAD}, "app": {}}});
    sandbox.file(&format!("state/sessions/{THREAD}.json"), cache.to_string());
    let entry = json!({"session": THREAD, "dirs": [work], "at_ms": THEN * 1000});
    sandbox.file("state/register.json", json!({ "sessions": [entry] }).to_string());
    sandbox
}

fn call(sandbox: &Sandbox, args: &[&str]) -> Call {
    sandbox.call(args).later(THEN - NOW).env("COLUMNS", "120").cwd(sandbox.path("work"))
}

fn told(sandbox: &Sandbox) -> Value {
    let all: Value = serde_json::from_str(&call(sandbox, &["sessions", "--json"]).run().painted()).unwrap();
    all["sessions"][0].clone()
}

/// The last hook event, this many seconds before the end of the rollout.
fn hooked(sandbox: &Sandbox, state: &str, turn: bool, seconds: u64) {
    let at_ms = (THEN - 11 - seconds) * 1000;
    let ours = json!({"seq": 1, "state": state, "since_ms": at_ms, "at_ms": at_ms, "turn": turn});
    sandbox.bridge(THREAD, json!({ "bridgeline": ours }));
}

#[test]
fn a_thread_of_codex_is_shown_like_any_session() {
    let sandbox = codex("task_complete", 2);
    let table = call(&sandbox, &["sessions"]).run().painted();
    assert_data_eq!(
        table,
        str![[r#"
state      project  session        model    context      cost                     task
○ idle 3m  work     please fix it  gpt-5.5  ctx ▏─── 2%  5h 42% (1h) 7d 13% (4d)  ▸ Run the tests 2/3

"#]]
    );
    let line = call(&sandbox, &["prompt", "plain"]).run().painted();
    assert_data_eq!(
        line,
        str![[r#"
○ idle 3m │ 5h 42% (1h) 7d 13% (4d) │ ctx ▏─── 2% │ ▸ Run the tests 2/3

"#]]
    );
    let told = told(&sandbox);
    assert_eq!(told["model"], json!({"id": "gpt-5.5", "name": "gpt-5.5", "effort": "high"}));
    assert_eq!(told["context"], json!({"used_percent": 2.0, "estimated": false, "tokens": 16_345, "size": 258_400}));
    assert_eq!(told["limits"][1], json!({"name": "7d", "used_percent": 13.0, "resets_ms": 1_796_147_513_000_u64}));
    assert_eq!(told["tasks"], json!({"current": "Run the tests", "active": true, "done": 2, "total": 3}));
    assert_eq!(told["session"]["name"], "please fix it");
    let sources = call(&sandbox, &["explain", "--json"]).run().painted();
    assert!(sources.contains("session file"), "{sources}");
}

#[test]
fn the_rollout_ends_a_turn_that_no_hook_has_ended() {
    let check = |sandbox: &Sandbox, expected: &str| assert_eq!(told(sandbox)["state"], expected);
    let over = codex("task_complete", 6);
    check(&over, "idle");
    for (state, turn, seconds, expected) in [
        ("working", true, 4, "idle"),
        ("waiting", true, 4, "idle"),
        ("ended", false, 4, "ended"),
        // Subagents that continue.
        ("working", false, 4, "working"),
    ] {
        hooked(&over, state, turn, seconds);
        if expected == "ended" {
            assert_eq!(told(&over), Value::Null, "{state}");
        } else {
            check(&over, expected);
        }
    }
    let begun = codex("task_started", 7);
    check(&begun, "working");
    hooked(&begun, "idle", false, 30);
    check(&begun, "working");
}

#[test]
fn a_rollout_cannot_reach_the_terminal() {
    let sandbox = codex("task_complete", 2);
    let name = format!("home/.codex/sessions/2026/11/27/rollout-2026-11-27T02-43-26-{THREAD}.jsonl");
    let hostile = r"x\u001b[2J\u202e\ny";
    // The plan is JSON within JSON.
    let within = hostile.replace('\\', r"\\");
    let rollout = sandbox.read(&name).replace("gpt-5.5", hostile).replace("Run the tests", &within);
    sandbox.file(&name, rollout + "{\"torn");
    let index = format!(r#"{{"id":"{THREAD}","thread_name":"{hostile}"}}"#);
    sandbox.file("home/.codex/session_index.jsonl", index);
    for args in [&["sessions"][..], &["sessions", "--json"], &["prompt", "plain"], &["explain", "--session", "last"]] {
        let shown = call(&sandbox, args).run().painted();
        assert!(shown.contains("x[2J"), "{args:?}: {shown}");
        assert!(!shown.contains(['\x1b', '\u{202e}']), "{args:?}: {shown}");
    }
}
