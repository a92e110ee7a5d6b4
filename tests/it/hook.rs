//! `bridgeline hook`: the session of an event, what it accepts, its messages to the agent, and what it sweeps.

use std::collections::BTreeSet;
use std::time::{SystemTime, UNIX_EPOCH};

use bridgeline::bridge::event::EventKind;
use serde_json::{Value, json};
use strum::IntoEnumIterator;

use crate::support::{Call, Sandbox};

const BRIDGE: &str = "tmp/ecc-metrics-s.json";

/// A tool call of the session `s`.
fn tool(name: &str, input: &Value) -> Value {
    json!({"session_id": "s", "hook_event_name": "PostToolUse", "tool_name": name, "tool_input": input})
}

/// The nth of calls with nothing in common.
fn nth(n: usize) -> Value {
    tool("Read", &json!({"file_path": format!("/f{n}")}))
}

fn hook(sandbox: &Sandbox, event: &Value) -> Call {
    sandbox.call(&["hook"]).stdin(event.to_string())
}

/// The files of a session after one event with this text.
fn files_of(spelled: &str) -> BTreeSet<String> {
    let bridge = format!("./tmp/ecc-metrics-{spelled}.json");
    let lock = format!("./state/locks/ecc-metrics-{spelled}.json.lock");
    [lock, bridge, format!("./state/shadow/{spelled}.json")].into()
}

#[test]
fn the_session_is_that_of_the_payload_else_that_of_the_first_variable() {
    let all = [("ECC_SESSION_ID", "ecc"), ("CLAUDE_CODE_SESSION_ID", "code"), ("CLAUDE_SESSION_ID", "old")];
    let check = |id: Value, variables: &[(&str, &str)], session: &str| {
        let sandbox = Sandbox::new();
        let mut event = nth(1);
        event["session_id"] = id.clone();
        let call = variables.iter().fold(hook(&sandbox, &event), |call, (name, value)| call.env(name, value));
        assert_eq!(call.run().painted(), "", "{id}");
        assert_eq!(sandbox.files("."), files_of(session), "{id} {variables:?}");
        let bridge = sandbox.json(&format!("tmp/ecc-metrics-{session}.json"));
        assert_eq!(bridge["session_id"], session, "{id} {variables:?}");
    };
    check(json!("own"), &all, "own");
    check(Value::Null, &all, "ecc");
    check(json!(""), &all, "ecc");
    check(json!(7), &all, "ecc");
    check(Value::Null, &all[1..], "code");
    check(Value::Null, &all[2..], "old");
    check(Value::Null, &[("ECC_SESSION_ID", ""), ("CLAUDE_SESSION_ID", "old")], "old");
}

#[test]
fn without_a_session_of_its_own_nothing_is_written_anywhere() {
    for id in ["", "default", "../x", "..", "a/b", "a\\b", "/etc/x", "a..b"] {
        for by_variable in [false, true] {
            let sandbox = Sandbox::new();
            let mut event = nth(1);
            event["session_id"] = if by_variable { Value::Null } else { json!(id) };
            let variable = if by_variable { id } else { "" };
            let printed = hook(&sandbox, &event).env("ECC_SESSION_ID", variable).run().painted();
            assert_eq!((printed.as_str(), sandbox.files(".")), ("", BTreeSet::new()), "{id} {by_variable}");
        }
    }
}

#[test]
fn an_id_is_spelled_in_file_names_as_node_spells_it() {
    let long = "x".repeat(300);
    for (id, spelled) in [("a.b c", "a_b_c"), ("ü😀", "___"), (long.as_str(), &long[..64]), ("x\0y\n\u{202e}", "x_y__")]
    {
        let sandbox = Sandbox::new();
        let mut event = nth(1);
        event["session_id"] = json!(id);
        assert_eq!(hook(&sandbox, &event).run().painted(), "", "{id}");
        assert_eq!(sandbox.files("."), files_of(spelled), "{id}");
        assert_eq!(sandbox.json(&format!("tmp/ecc-metrics-{spelled}.json"))["session_id"], id);
    }
}

#[test]
fn what_is_no_event_is_passed_over_in_silence() {
    let whole = nth(1).to_string();
    let cuts = [1, 2, whole.len() / 2, whole.len() - 1];
    let mut payloads: Vec<Vec<u8>> = cuts.iter().map(|cut| whole.as_bytes()[..*cut].to_vec()).collect();
    for text in [
        "",
        "\n",
        "null",
        "[]",
        "7",
        "event",
        "{}",
        "}{",
        r#"{"session_id":"s"}"#,
        r#"{"session_id":"s","hook_event_name":null}"#,
        r#"{"session_id":"s","hook_event_name":["PostToolUse"]}"#,
        r#"{"session_id":"s","hook_event_name":"posttooluse"}"#,
        r#"{"session_id":"s","hook_event_name":"FileChanged","tool_name":"Edit"}"#,
        r#"{"session_id":"s","hook_event_name":"PostToolUse",}"#,
        r#"{"session_id":"s" "hook_event_name":"PostToolUse"}"#,
    ] {
        payloads.push(text.into());
    }
    payloads.extend([vec![0; 300], vec![0xff; 300], vec![b'{'; 300_000]]);
    for payload in payloads {
        let sandbox = Sandbox::new();
        let shown = String::from_utf8_lossy(&payload[..payload.len().min(99)]).into_owned();
        let call = sandbox.call(&["hook"]).env("ECC_SESSION_ID", "s").stdin(payload);
        assert_eq!((call.run().painted().as_str(), sandbox.files(".")), ("", BTreeSet::new()), "{shown}");
    }
}

#[test]
fn an_odd_field_costs_that_field_only() {
    let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    for (field, expected) in [
        (r#""tool_input":7"#, json!([])),
        (r#""tool_input":{"file_path":["/a"]}"#, json!([])),
        (r#""tool_input":{"file_path":"/a","edits":[7,{"file_path":"/b"}]}"#, json!(["/a", "/b"])),
        (r#""tool_input":{"file_path":"/a\ud83d","x":1e400}"#, json!(["/a\u{fffd}"])),
        (&format!(r#""tool_input":{{"x":{deep},"file_path":"/a"}}"#), json!(["/a"])),
        (&format!(r#""tool_response":{deep},"cwd":1e999"#), json!([])),
    ] {
        let sandbox = Sandbox::new();
        let payload =
            format!(r#"{{"session_id":"s","hook_event_name":"PostToolUse","tool_name":"Edit",{field}}} more"#);
        assert_eq!(sandbox.call(&["hook"]).stdin(payload).run().painted(), "");
        let bridge = sandbox.json(BRIDGE);
        assert_eq!((&bridge["tool_count"], &bridge["files_modified"]), (&json!(1), &expected));
    }
}

/// From 8 MiB on, an event is abridged.
#[test]
fn payloads_of_any_size_are_taken() {
    let sandbox = Sandbox::new();
    let content = format!("{}\n", "x".repeat(63)).repeat(9 << 13);
    let edit = json!({"content": content, "file_path": "/big", "z": ["."]});
    assert_eq!(hook(&sandbox, &tool("Edit", &edit)).run().painted(), "");
    let bridge = sandbox.json(BRIDGE);
    assert_eq!((&bridge["tool_count"], &bridge["files_modified"]), (&json!(1), &json!(["/big"])));
    assert!(sandbox.read(BRIDGE).len() < 1000, "only what is needed is kept");
    // Two different calls of that size stay different.
    let other = json!({"original": content, "file_path": "/big", "z": [".."]});
    for edit in [&edit, &other] {
        assert_eq!(hook(&sandbox, &tool("Edit", edit)).run().painted(), "");
    }
    let recent = sandbox.json(BRIDGE)["recent_tools"].clone();
    assert_eq!(recent[0], recent[1]);
    assert_ne!(recent[1], recent[2]);
}

#[test]
fn an_event_is_taken_at_its_last_brace_however_it_comes() {
    let sandbox = Sandbox::new();
    // A hook that waited for the end of the input would not count it, since that does not come.
    assert_eq!(hook(&sandbox, &nth(1)).never_closed().run().painted(), "");
    assert_eq!(hook(&sandbox, &nth(2)).byte_by_byte().run().painted(), "");
    assert_eq!(sandbox.json(BRIDGE)["tool_count"], 2);
}

/// The hook's message to the agent; empty without one. The output is one line of valid JSON.
#[track_caller]
fn told(call: Call) -> String {
    let printed = call.run().painted();
    if printed.is_empty() {
        return printed;
    }
    assert_eq!(printed.lines().count(), 1, "{printed}");
    let mut output: Value = serde_json::from_str(&printed).unwrap();
    let message = output["hookSpecificOutput"]["additionalContext"].take();
    assert_eq!(output, json!({"hookSpecificOutput": {"hookEventName": "PostToolUse", "additionalContext": null}}));
    message.as_str().unwrap().to_owned()
}

/// A render with this percentage of context left and this cost.
fn render(sandbox: &Sandbox, remaining: impl Into<Value>, usd: impl Into<Value>) -> Call {
    sandbox.render(&json!({"session_id": "s", "model": "M", "cost": {"total_cost_usd": usd.into()},
        "context_window": {"remaining_percentage": remaining.into()}}))
}

#[test]
fn each_level_of_context_is_told_once() {
    let sandbox = Sandbox::new();
    let warning = |left: u32| format!("Context window: {left}% remaining (warning).");
    for (n, (left, first)) in [
        (36, String::new()),
        (35, warning(35)),
        (30, String::new()),
        (25, "Context window: 25% remaining (critical).".to_owned()),
        (3, String::new()),
        (90, String::new()),
        (34, warning(34)),
    ]
    .into_iter()
    .enumerate()
    {
        render(&sandbox, left, Value::Null).run().line();
        assert_eq!(told(hook(&sandbox, &nth(2 * n))), first, "{left}");
        assert_eq!(told(hook(&sandbox, &nth(2 * n + 1))), "", "{left}");
    }
}

#[test]
fn stale_context_is_never_warned_of() {
    let sandbox = Sandbox::new();
    render(&sandbox, 20, Value::Null).run().line();
    assert_eq!(told(hook(&sandbox, &nth(1)).later(61)), "");
    assert_eq!(told(hook(&sandbox, &nth(2)).later(86_400)), "");
    assert_eq!(told(hook(&sandbox, &nth(3)).later(60)), "Context window: 20% remaining (critical).");
    assert_eq!(told(hook(&sandbox, &nth(4)).later(61)), "");
    assert_eq!(told(hook(&sandbox, &nth(5)).later(59)), "", "being stale for a while is no change");
}

#[test]
fn context_that_a_node_statusline_put_into_the_bridge_is_warned_of_while_it_is_fresh() {
    for (last, expected) in [
        ("03:01:40", "Context window: 30% remaining (warning)."),
        ("03:00:40", "Context window: 30% remaining (warning)."),
        ("03:00:39", ""),
        ("04:00:00", ""),
    ] {
        let sandbox = Sandbox::new();
        let last = format!("2026-11-23T{last}.000Z");
        sandbox.file(BRIDGE, json!({"context_remaining_pct": 30, "last_timestamp": last}).to_string());
        assert_eq!(told(hook(&sandbox, &nth(1))), expected, "{last}");
    }
}

#[test]
fn a_cost_that_exceeds_a_bound_is_told_once() {
    let sandbox = Sandbox::new();
    for (n, (usd, expected)) in [
        (4.99, ""),
        (5.0, ""),
        (5.01, "Session cost: $5.01 (informational)."),
        (9.0, ""),
        (51.0, "Session cost: $51.00 (informational)."),
        (400.0, ""),
    ]
    .into_iter()
    .enumerate()
    {
        render(&sandbox, 80, usd).run().line();
        assert_eq!(told(hook(&sandbox, &nth(n))), expected, "{usd}");
    }
}

#[test]
fn the_cost_is_that_of_the_rows_where_no_render_tells_it() {
    let sandbox = Sandbox::new();
    let row = |id: &str, usd: f64| format!("{}\n", json!({"session_id": id, "estimated_cost_usd": usd}));
    let rows = [row("s", 4.0), row("default", 80.0), row("s", 12.0), row("other", 60.0)].concat();
    sandbox.file("config/metrics/costs.jsonl", rows);
    assert_eq!(told(hook(&sandbox, &nth(1))), "Session cost: $12.00 (informational).");
}

#[test]
fn more_than_twenty_files_are_told_once() {
    let sandbox = Sandbox::new();
    for n in 0..25 {
        let event = tool("Edit", &json!({"file_path": format!("/f{n}")}));
        let expected = if n == 20 { "Files modified in this session: 21." } else { "" };
        assert_eq!(told(hook(&sandbox, &event)), expected, "{n}");
    }
}

#[test]
fn the_same_call_five_times_in_a_row_is_a_loop() {
    const LOOP: &str = "The last 5 tool calls were the same call of Bash with the same input.";
    let check = |inputs: &[&str], expected: &[&str]| {
        let sandbox = Sandbox::new();
        let said = inputs.iter().map(|input| {
            let payload = format!(
                r#"{{"session_id":"s","hook_event_name":"PostToolUse","tool_name":"Bash","tool_input":{input}}}"#
            );
            told(sandbox.call(&["hook"]).stdin(payload))
        });
        let said: Vec<String> = said.filter(|message| !message.is_empty()).collect();
        assert_eq!(said, expected, "{inputs:?}");
    };
    let ab = r#"{"command":"x","timeout":{"a":1,"b":2}}"#;
    let ba = r#"{ "timeout": {"b":2, "a":1}, "command":"\u0078" }"#;
    check(&[ab; 4], &[]);
    check(&[ab; 7], &[LOOP]);
    check(&[ab, ba, ab, ba, ab], &[LOOP]);
    check(&[ab, ab, "{}", ab, ab, ab, ab], &[]);
    check(&[ab, ab, ab, ab, ab, "{}", ab, ab, ab, ab, ab], &[LOOP, LOOP]);
    let long: Vec<String> = (0..6).map(|n| format!(r#"{{"command":"{} {n}"}}"#, "cat <<EOF ".repeat(2000))).collect();
    check(&long.iter().map(String::as_str).collect::<Vec<_>>(), &[]);
}

#[test]
fn parts_of_the_monitor_can_be_switched_off() {
    let parts = ["Context", "cost", "Files", "same call"];
    let check = |variables: &[(&str, &str)], expected: &[&str]| {
        let sandbox = Sandbox::new();
        render(&sandbox, 10, 99).run().line();
        let files: Vec<String> = (0..30).map(|n| format!("/f{n}")).collect();
        sandbox.file(BRIDGE, json!({ "files_modified": files }).to_string());
        let mut said = String::new();
        for _ in 0..5 {
            let call = variables.iter().fold(hook(&sandbox, &nth(0)), |call, (name, on)| call.env(name, on));
            said += &told(call);
        }
        let named: Vec<&str> = parts.into_iter().filter(|part| said.contains(part)).collect();
        assert_eq!(named, expected, "{variables:?}: {said}");
    };
    check(&[], &parts);
    check(&[("BRIDGELINE_MONITOR", "off")], &[]);
    check(&[("BRIDGELINE_MONITOR", "cost,loop")], &["cost", "same call"]);
    check(&[("ECC_CONTEXT_MONITOR_COST_WARNINGS", "off")], &["Context", "Files", "same call"]);
    check(&[("ECC_CONTEXT_MONITOR_COST_WARNINGS", "on")], &parts);
}

#[test]
fn how_many_calls_make_a_loop_can_be_chosen() {
    let sandbox = Sandbox::new();
    let call = || told(hook(&sandbox, &nth(0)).env("BRIDGELINE_LOOP_CALLS", "3"));
    assert_eq!((call().as_str(), call().as_str()), ("", ""));
    assert_eq!(call(), "The last 3 tool calls were the same call of Read with the same input.");
}

#[test]
fn only_the_event_after_a_tool_call_says_anything() {
    let sandbox = Sandbox::new();
    render(&sandbox, 11, 99).without("BRIDGELINE_NOW").run().line();
    let files: Vec<String> = (0..30).map(|n| format!("/f{n}")).collect();
    sandbox.file(BRIDGE, json!({ "files_modified": files }).to_string());
    let others = EventKind::iter().map(<&str>::from).filter(|event| *event != "PostToolUse");
    for event in others.chain(["ConfigChange"]) {
        for _ in 0..5 {
            let mut payload = nth(0);
            payload["hook_event_name"] = json!(event);
            let printed = hook(&sandbox, &payload).without("BRIDGELINE_NOW").run().painted();
            assert_eq!(printed, "", "{event}");
        }
    }
    // Numbers from before the compaction say nothing about the context now.
    render(&sandbox, 10, 99).without("BRIDGELINE_NOW").run().line();
    let said = told(hook(&sandbox, &nth(0)).without("BRIDGELINE_NOW"));
    assert_eq!(
        said,
        "Context window: 10% remaining (critical). Session cost: $99.00 (informational). Files modified in this session: 30."
    );
}

#[test]
fn what_cannot_be_remembered_as_told_is_not_told() {
    let sandbox = Sandbox::new();
    render(&sandbox, 10, 99).run().line();
    std::fs::create_dir(sandbox.path("tmp/ecc-ctx-warn-s.json")).unwrap();
    for n in 0..3 {
        assert_eq!(told(hook(&sandbox, &nth(n))), "");
    }
}

#[test]
fn what_the_node_monitor_keeps_stays_where_it_is() {
    let sandbox = Sandbox::new();
    render(&sandbox, 10, 1).run().line();
    let state = "tmp/ecc-ctx-warn-s.json";
    sandbox.file(state, r#"{"callsSinceWarn":3,"lastLevel":"w\ud83d"}"#);
    assert!(!told(hook(&sandbox, &nth(1))).is_empty());
    let begin = r#"{"callsSinceWarn":3,"lastLevel":"w\ud83d","bridgeline":{"#;
    assert!(sandbox.read(state).starts_with(begin), "{}", sandbox.read(state));
}

const HOUR: u64 = 3600;
const DAY: u64 = 24 * HOUR;

/// A file that was last changed this long ago, by this machine's clock, which dates files.
fn aged(sandbox: &Sandbox, name: &str, seconds: u64) {
    sandbox.file(name, "{}");
    sandbox.set_modified(name, clock() - seconds);
}

fn clock() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs()
}

#[test]
fn the_end_of_a_session_sweeps_what_is_old_and_ours_and_nothing_else() {
    let sandbox = Sandbox::new();
    let goes = [
        ("tmp/ecc-metrics-old.json", 8 * DAY),
        ("tmp/ecc-metrics-old.json.lock", 8 * DAY),
        ("tmp/ecc-ctx-warn-old.json", 8 * DAY),
        ("tmp/harness-cost-old.json", 8 * DAY),
        ("tmp/ecc-metrics-live.json.4242.0a1b2c3d.tmp", 2 * HOUR),
        ("tmp/harness-cost-live.json.1.ffffffff.tmp", 2 * HOUR),
        ("state/sessions/old.json", 8 * DAY),
        ("state/sessions/live.json.7.00000000.tmp", 2 * HOUR),
        ("state/shadow/old.json", 8 * DAY),
    ];
    let stays = [
        ("tmp/ecc-metrics-live.json", 6 * DAY),
        ("tmp/ecc-metrics-live.json.lock", 30 * DAY),
        ("tmp/ecc-metrics-live.json.4242.11111111.tmp", HOUR / 2),
        ("tmp/ecc-metrics-old.json.bak", 99 * DAY),
        ("tmp/ecc-metrics-old.json.tmp", 99 * DAY),
        ("tmp/ecc-metrics-old.json.x.0a1b2c3d.tmp", 99 * DAY),
        ("tmp/ecc-metrics-old.json.1.0a1b2c3.tmp", 99 * DAY),
        ("tmp/ecc-metrics-a.b.json", 99 * DAY),
        ("tmp/notes.json", 99 * DAY),
        ("tmp/notes.json.4242.0a1b2c3d.tmp", 99 * DAY),
        ("tmp/below/ecc-metrics-old.json", 99 * DAY),
        ("state/notes.json", 99 * DAY),
        ("state/sessions/live.json", 6 * DAY),
        ("config/metrics/costs.jsonl", 99 * DAY),
        ("config/todos/old.json", 99 * DAY),
        ("work/ecc-metrics-old.json", 99 * DAY),
    ];
    for (name, age) in goes.iter().chain(&stays) {
        aged(&sandbox, name, *age);
    }
    #[cfg(unix)]
    {
        std::fs::create_dir(sandbox.path("tmp/ecc-metrics-folder.json")).unwrap();
        sandbox.set_modified("tmp/ecc-metrics-folder.json", clock() - 99 * DAY);
    }
    let event = json!({"session_id": "s", "hook_event_name": "SessionEnd", "reason": "other"});
    assert_eq!(hook(&sandbox, &event).without("BRIDGELINE_NOW").run().painted(), "");
    for (name, _) in goes {
        assert!(!sandbox.path(name).exists(), "{name} is left");
    }
    for (name, _) in stays {
        assert!(sandbox.path(name).exists(), "{name} is gone");
    }
    assert!(cfg!(not(unix)) || sandbox.path("tmp/ecc-metrics-folder.json").is_dir());
    assert_eq!(sandbox.json(BRIDGE)["bridgeline"]["state"], "ended");
}

#[test]
fn the_begin_of_a_session_sweeps_once_a_day() {
    let sandbox = Sandbox::new();
    let old = "tmp/ecc-metrics-old.json";
    let event = json!({"session_id": "s", "hook_event_name": "SessionStart", "source": "startup"});
    let left = |hours: u64| {
        aged(&sandbox, old, 30 * DAY);
        let now = (clock() + hours * HOUR) * 1000;
        assert_eq!(hook(&sandbox, &event).env("BRIDGELINE_NOW", now.to_string()).run().painted(), "");
        sandbox.path(old).exists()
    };
    assert_eq!([left(0), left(1), left(23), left(25)], [false, true, true, false]);
}
