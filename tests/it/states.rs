//! The state on the line, in prompts and in the list of sessions, where hooks report too little: after Escape, an
//! answered dialog, a compaction.

use serde_json::{Value, json};

use crate::support::{Call, NOW, Sandbox};

const BRIDGE: &str = "tmp/ecc-metrics-s.json";
const TRANSCRIPT: &str = "work/t.jsonl";

/// A hook event of the session `s`, this many seconds after the first.
fn hook(sandbox: &Sandbox, second: u64, name: &str, fields: &Value) -> String {
    let mut event = json!({"session_id": "s", "hook_event_name": name, "cwd": sandbox.text("work"),
        "transcript_path": sandbox.text(TRANSCRIPT)});
    for (key, value) in fields.as_object().into_iter().flatten() {
        event[key] = value.clone();
    }
    sandbox.call(&["hook"]).stdin(event.to_string()).later(second).run().painted()
}

/// An event of a call of Bash.
fn call(sandbox: &Sandbox, second: u64, name: &str, id: &str) -> String {
    let input = json!({"command": format!("run {id}")});
    hook(sandbox, second, name, &json!({"tool_name": "Bash", "tool_use_id": id, "tool_input": input}))
}

/// A payload of the session, with this percentage of context left and this cost.
fn payload(sandbox: &Sandbox, left: u32, usd: f64) -> Value {
    json!({"session_id": "s", "version": "2.1.332", "model": {"display_name": "M"}, "transcript_path": sandbox.text(TRANSCRIPT),
        "workspace": {"current_dir": sandbox.text("work"), "project_dir": sandbox.text("work")},
        "cost": {"total_cost_usd": usd}, "context_window": {"remaining_percentage": left}})
}

/// The line of that payload.
fn render(sandbox: &Sandbox, second: u64, payload: &Value) -> Call {
    let rows = "rows=[\"state activity mode context model\"]";
    sandbox.render(payload).args(&["--set", rows, "--set", "icons=\"ascii\""]).later(second)
}

fn line(sandbox: &Sandbox, second: u64) -> String {
    render(sandbox, second, &payload(sandbox, 90, 1.0)).run().line()
}

/// The session as the prompt knows it, as JSON.
fn prompt(sandbox: &Sandbox, second: u64) -> Value {
    let dir = sandbox.text("work");
    let printed = sandbox.call(&["prompt", "json", "--dir", &dir]).later(second).run().painted();
    serde_json::from_str(&printed).unwrap()
}

/// The session in the prompt, in tmux and in the list.
fn told(sandbox: &Sandbox, second: u64) -> [String; 3] {
    let list = sandbox.call(&["sessions", "--json"]).later(second).run().painted();
    let list: Value = serde_json::from_str(&list).unwrap();
    let state = |document: &Value| document["state"].as_str().unwrap_or("none").to_owned();
    let counts = sandbox.call(&["prompt", "tmux", "--all"]).later(second).run().painted();
    let count = ["working", "waiting"].into_iter().zip(["●", "◆"]).find(|(_, mark)| counts.contains(mark));
    [state(&prompt(sandbox, second)), count.map_or("idle", |(state, _)| state).to_owned(), state(&list["sessions"][0])]
}

fn interrupt(sandbox: &Sandbox, text: &str, at: &str, changed: u64) {
    let content = json!([{"type": "text", "text": text}]);
    let message = json!({"role": "user", "content": content});
    let stop = json!({"type": "user", "timestamp": at, "message": message});
    let lines =
        format!("{{\"type\":\"assistant\",\"message\":{{}}}}\n{stop}\n{{\"type\":\"mode\",\"mode\":\"normal\"}}\n");
    sandbox.file(TRANSCRIPT, lines);
    sandbox.set_modified(TRANSCRIPT, NOW + changed);
}

#[test]
fn escape_ends_the_turn_though_no_hook_tells_of_it() {
    for (text, waits) in
        [("[Request interrupted by user]", false), ("[Request interrupted by user for tool use]", true)]
    {
        let sandbox = Sandbox::new();
        sandbox.file(TRANSCRIPT, "{}\n");
        hook(&sandbox, 0, "UserPromptSubmit", &json!({}));
        call(&sandbox, 1, "PreToolUse", "1");
        if waits {
            hook(&sandbox, 1, "PermissionRequest", &json!({"tool_name": "Bash", "tool_input": {"command": "run 1"}}));
        }
        let before = if waits { "waiting" } else { "working" };
        assert!(line(&sandbox, 1).contains(before));
        assert_eq!(told(&sandbox, 1), [before; 3]);
        interrupt(&sandbox, text, "2026-11-23T03:01:44.000Z", 4);
        assert_eq!(line(&sandbox, 64), "- idle 1m ctx #--------- 10% M");
        assert_eq!(told(&sandbox, 64), ["idle"; 3]);
        // Also without a render in between.
        assert_eq!(told(&sandbox, 90), ["idle"; 3]);
        hook(&sandbox, 100, "UserPromptSubmit", &json!({}));
        assert!(line(&sandbox, 100).contains("working"), "{text}");
        assert_eq!(told(&sandbox, 101), ["working"; 3]);
    }
}

#[test]
fn what_the_transcript_said_before_the_last_event_is_not_looked_at() {
    let sandbox = Sandbox::new();
    interrupt(&sandbox, "[Request interrupted by user]", "2026-11-23T03:01:44.000Z", 4);
    hook(&sandbox, 5, "UserPromptSubmit", &json!({}));
    assert!(line(&sandbox, 6).contains("working"));
    // It may be anything at all.
    std::fs::remove_file(sandbox.path(TRANSCRIPT)).unwrap();
    assert!(line(&sandbox, 7).contains("working"));
    std::fs::create_dir(sandbox.path(TRANSCRIPT)).unwrap();
    assert!(line(&sandbox, 8).contains("working"));
}

#[test]
fn a_failure_by_interrupt_ends_the_turn() {
    let sandbox = Sandbox::new();
    hook(&sandbox, 0, "UserPromptSubmit", &json!({}));
    call(&sandbox, 1, "PreToolUse", "1");
    hook(&sandbox, 2, "PostToolUseFailure", &json!({"tool_name": "Bash", "tool_use_id": "1", "is_interrupt": true}));
    assert_eq!(line(&sandbox, 5), "- idle 3s ctx #--------- 10% M");
}

#[test]
fn a_line_that_is_drawn_again_shows_that_the_dialog_is_answered() {
    let sandbox = Sandbox::new();
    sandbox.file(TRANSCRIPT, "{}\n");
    hook(&sandbox, 0, "UserPromptSubmit", &json!({}));
    line(&sandbox, 1);
    call(&sandbox, 1, "PreToolUse", "1");
    hook(&sandbox, 2, "PermissionRequest", &json!({"tool_name": "Bash", "tool_input": {"command": "run 1"}}));
    let bridge = sandbox.read(BRIDGE);
    // A line that was due before the dialog opened does not show that it was answered.
    assert!(line(&sandbox, 2).starts_with("? waiting"));
    assert_eq!(told(&sandbox, 9), ["waiting"; 3]);
    // The payload is the same as before, and is kept for its time.
    assert!(line(&sandbox, 10).starts_with("* working"));
    assert_eq!(told(&sandbox, 11), ["working"; 3]);
    assert_eq!(sandbox.read(BRIDGE), bridge, "a render leaves the bridge alone");
    // The next dialog is another one.
    call(&sandbox, 12, "PostToolUse", "1");
    call(&sandbox, 12, "PreToolUse", "2");
    hook(&sandbox, 13, "PermissionRequest", &json!({"tool_name": "Bash", "tool_input": {"command": "run 2"}}));
    assert_eq!(told(&sandbox, 14), ["waiting"; 3]);
    // Nor does a line that a busy machine draws late: the agent reports the dialog again.
    assert!(line(&sandbox, 15).starts_with("* working"));
    hook(&sandbox, 19, "Notification", &json!({"notification_type": "permission_prompt"}));
    assert_eq!(told(&sandbox, 20), ["waiting"; 3]);
    call(&sandbox, 21, "PostToolUse", "2");
    assert_eq!(told(&sandbox, 21), ["working"; 3]);
}

#[test]
fn the_result_of_its_call_shows_that_a_dialog_is_answered() {
    let sandbox = Sandbox::new();
    hook(&sandbox, 0, "UserPromptSubmit", &json!({}));
    line(&sandbox, 0);
    call(&sandbox, 1, "PreToolUse", "toolu_1");
    hook(&sandbox, 2, "PermissionRequest", &json!({"tool_name": "Bash", "tool_input": {"command": "run toolu_1"}}));
    let result = json!({"type": "user", "message": {"content": [{"type": "tool_result", "tool_use_id": "toolu_1", "is_error": true}]}});
    sandbox.file(TRANSCRIPT, format!("{result}\n"));
    sandbox.set_modified(TRANSCRIPT, NOW + 1);
    assert_eq!(told(&sandbox, 3), ["waiting"; 3]);
    sandbox.set_modified(TRANSCRIPT, NOW + 3);
    assert_eq!(told(&sandbox, 3), ["working"; 3]);
}

#[test]
fn agents_that_draw_while_a_dialog_is_open_say_nothing_of_an_answer() {
    let sandbox = Sandbox::new();
    hook(&sandbox, 0, "UserPromptSubmit", &json!({}));
    hook(&sandbox, 1, "PermissionRequest", &json!({"tool_name": "Bash"}));
    let kimi = payload(&sandbox, 90, 1.0);
    let shown = render(&sandbox, 10, &kimi).args(&["--agent", "qwen"]).run().line();
    assert!(shown.starts_with("? waiting"), "{shown}");
}

#[test]
fn a_percentage_of_before_a_compaction_is_neither_told_nor_shown() {
    for events in [&["SessionStart"][..], &["PreCompact", "SessionStart"], &["PreCompact"], &["PostCompact"]] {
        let sandbox = Sandbox::new();
        render(&sandbox, 0, &payload(&sandbox, 3, 1.0)).run().line();
        hook(&sandbox, 1, "UserPromptSubmit", &json!({}));
        assert!(call(&sandbox, 2, "PostToolUse", "1").contains("3% remaining (critical)"), "{events:?}");
        for event in events {
            hook(&sandbox, 3, event, &json!({"source": "compact", "trigger": "auto"}));
        }
        let prompt = prompt(&sandbox, 4);
        assert_eq!((&prompt["context"], &prompt["warnings"]), (&json!({"estimated": false}), &json!([])), "{events:?}");
        std::fs::remove_file(sandbox.path("tmp/ecc-ctx-warn-s.json")).unwrap();
        assert_eq!(call(&sandbox, 5, "PostToolUse", "2"), "", "{events:?}");
        // Events since then count again.
        render(&sandbox, 6, &payload(&sandbox, 20, 1.0)).run().line();
        assert!(call(&sandbox, 7, "PostToolUse", "3").contains("20% remaining"), "{events:?}");
        let count = &sandbox.json(BRIDGE)["bridgeline"]["compactions"];
        assert_eq!(count, if events == ["PostCompact"] { 0 } else { 1 }, "{events:?}");
    }
}

#[test]
fn a_payload_that_repeats_the_numbers_of_before_a_compaction_shows_no_percentage() {
    let sandbox = Sandbox::new();
    let with = |tokens: u64, output: u64| {
        let mut payload = payload(&sandbox, 3, 1.0);
        payload["context_window"] = json!({"used_percentage": tokens / 10_000, "context_window_size": 1_000_000,
            "current_usage": {"input_tokens": tokens, "output_tokens": output}});
        payload
    };
    let line = |second, payload: &Value| render(&sandbox, second, payload).run().line();
    assert!(line(0, &with(970_000, 5)).contains(" 97%"));
    hook(&sandbox, 10, "SessionStart", &json!({"source": "compact"}));
    assert_eq!(line(11, &with(970_000, 5)), "M");
    assert_eq!(line(12, &with(970_000, 5)), "M");
    assert!(line(13, &with(30_000, 7)).contains(" 3%"));
}

#[test]
fn a_percentage_that_a_node_statusline_left_before_a_compaction_is_not_told() {
    let sandbox = Sandbox::new();
    sandbox.file(BRIDGE, json!({"context_remaining_pct": 3}).to_string());
    hook(&sandbox, 0, "SessionStart", &json!({"source": "compact"}));
    assert_eq!(call(&sandbox, 1, "PostToolUse", "1"), "");
    let mut bridge = sandbox.json(BRIDGE);
    bridge["context_remaining_pct"] = json!(30);
    sandbox.file(BRIDGE, bridge.to_string());
    assert!(call(&sandbox, 2, "PostToolUse", "2").contains("30% remaining"));
}

#[test]
fn activity_is_the_call_that_runs() {
    let sandbox = Sandbox::new();
    hook(&sandbox, 0, "UserPromptSubmit", &json!({}));
    call(&sandbox, 1, "PreToolUse", "1");
    assert_eq!(line(&sandbox, 3), "* working 3s * Bash run 1 ctx #--------- 10% M");
    call(&sandbox, 4, "PostToolUse", "1");
    assert_eq!(line(&sandbox, 5), "* working 5s ctx #--------- 10% M");
    let document = prompt(&sandbox, 5);
    assert_eq!(document["tools"]["last"]["target"], "run 1", "{document}");
}

#[test]
fn a_mode_that_may_have_been_left_is_dimmed() {
    let sandbox = Sandbox::new();
    let painted = |second| {
        let call = render(&sandbox, second, &payload(&sandbox, 90, 1.0));
        let shown = call.args(&["--theme", "mono"]).env("FORCE_COLOR", "3").run().painted();
        shown.split("BYPASS").next().unwrap().rsplit("\u{1b}[").next().unwrap().to_owned()
    };
    hook(&sandbox, 0, "UserPromptSubmit", &json!({"permission_mode": "bypassPermissions"}));
    let fresh = painted(9);
    hook(&sandbox, 10, "Stop", &json!({"permission_mode": "bypassPermissions"}));
    assert_eq!(painted(10), fresh);
    assert_eq!((painted(12).as_str(), painted(60).as_str()), ("2m", "2m"));
    hook(&sandbox, 61, "UserPromptSubmit", &json!({"permission_mode": "bypassPermissions"}));
    assert_eq!(painted(62), fresh);
}

#[test]
fn a_mode_called_manual_is_the_default_one() {
    let sandbox = Sandbox::new();
    hook(&sandbox, 0, "UserPromptSubmit", &json!({"permission_mode": "manual"}));
    assert_eq!(line(&sandbox, 0), "* working 0s ctx #--------- 10% M");
}

#[test]
fn a_fan_out_of_equal_calls_is_no_loop_and_a_call_told_of_twice_counts_once() {
    let sandbox = Sandbox::new();
    let said: String = (0..5)
        .map(|agent| {
            let fields = json!({"tool_name": "Bash", "tool_input": {"command": "ls"},
                "agent_id": agent.to_string(), "tool_use_id": format!("t{agent}")});
            hook(&sandbox, 0, "PostToolUse", &fields) + &hook(&sandbox, 0, "PostToolUse", &fields)
        })
        .collect();
    assert_eq!((said.as_str(), &sandbox.json(BRIDGE)["tool_count"]), ("", &json!(5)));
}

#[test]
fn subagents_in_the_background_keep_a_session_at_work() {
    let sandbox = Sandbox::new();
    let task = |kind: &str, id: &str| json!({"id": id, "type": kind, "status": "running", "agent_type": "Explore"});
    hook(&sandbox, 0, "UserPromptSubmit", &json!({}));
    let both = json!({"background_tasks": [task("subagent", "a"), task("shell", "b"), task("monitor", "c")]});
    hook(&sandbox, 1, "Stop", &both);
    assert!(line(&sandbox, 2).starts_with("* working"));
    assert_eq!(told(&sandbox, 2), ["working"; 3]);
    let prompt = prompt(&sandbox, 2);
    assert_eq!((&prompt["subagents"], &prompt["background_tasks"]), (&json!(["Explore"]), &json!(2)));
    hook(&sandbox, 3, "SubagentStop", &json!({"agent_id": "a", "background_tasks": both["background_tasks"]}));
    assert_eq!(told(&sandbox, 4), ["idle"; 3]);
}

#[test]
fn a_bridge_that_is_too_large_is_mended_and_counts_survive() {
    let sandbox = Sandbox::new();
    let long = "x".repeat(6_000);
    let files: Vec<String> = (0..200).map(|n| format!("/{n}{long}")).collect();
    let tasks: Vec<Value> = (0..300).map(|n| json!({"id": format!("{n}{long}"), "subject": "s"})).collect();
    let bridge = json!({"mine": 7, "huge": "y".repeat(1 << 20), "tool_count": 41, "files_modified_count": 230,
        "files_modified": files, "total_cost_usd": 2.5, "bridgeline": {"seq": 50, "failures": 3, "tasks": tasks}});
    for large in [[BRIDGE, ""], [BRIDGE, "state/shadow/s.json"], ["", "state/shadow/s.json"]] {
        for name in [BRIDGE, "state/shadow/s.json"] {
            _ = std::fs::remove_file(sandbox.path(name));
        }
        for name in large.into_iter().filter(|name| !name.is_empty()) {
            sandbox.file(name, bridge.to_string());
        }
        call(&sandbox, 0, "PostToolUse", &format!("{large:?}"));
        let mended = sandbox.json(BRIDGE);
        assert!(sandbox.read(BRIDGE).len() < 1 << 20);
        assert_eq!([&mended["tool_count"], &mended["files_modified_count"], &mended["mine"]], [42, 230, 7]);
        assert_eq!((&mended["bridgeline"]["failures"], &mended["total_cost_usd"]), (&json!(3), &json!(2.5)));
        assert_eq!(sandbox.read("state/shadow/s.json"), sandbox.read(BRIDGE));
    }
}

/// Captured sessions: each event, and after it the first letter of the state.
const CAPTURED: &[&[(&str, char)]] = &[
    &[
        ("SessionStart-startup", 'i'),
        ("UserPromptSubmit", 'w'),
        ("PreToolUse-TaskCreate", 'w'),
        ("TaskCreated", 'w'),
        ("PostToolUse-TaskCreate", 'w'),
        ("PreToolUse-TaskUpdate", 'w'),
        ("PostToolUse-TaskUpdate", 'w'),
        ("PreToolUse-Write", 'w'),
        ("PostToolUse-Write", 'w'),
        ("PreToolUse-Read", 'w'),
        ("PostToolUse-Read", 'w'),
        ("PreToolUse-Edit", 'w'),
        ("PostToolUse-Edit", 'w'),
        ("PreToolUse-Bash", 'w'),
        ("PostToolUse-Bash", 'w'),
        ("PostToolUseFailure-Bash", 'w'),
        ("TaskCompleted", 'w'),
        ("Stop", 'i'),
        ("SessionEnd-prompt_input_exit", 'e'),
    ],
    &[
        ("PreToolUse-AskUserQuestion", 'w'),
        ("PermissionRequest-AskUserQuestion", '?'),
        ("PostToolUse-AskUserQuestion", 'w'),
        // Their calls were not captured; they end with the turn.
        ("PermissionRequest-Bash", '?'),
        ("PermissionRequest-Write", '?'),
        ("Notification-permission_prompt", '?'),
        ("StopFailure", 'i'),
    ],
    &[
        ("UserPromptSubmit-plan", 'w'),
        ("PreToolUse-Read-plan", 'w'),
        ("PreToolUse-ExitPlanMode-plan", 'w'),
        ("PermissionRequest-ExitPlanMode", '?'),
        ("PostToolUse-ExitPlanMode", 'w'),
        ("PreCompact-manual", 'i'),
        ("SubagentStop-internal", 'i'),
        ("SessionStart-compact", 'i'),
        ("SessionEnd-clear", 'e'),
    ],
    &[("SessionStart-clear", 'i'), ("SessionStart-resume", 'i')],
    &[
        ("PreToolUse-Agent", 'w'),
        ("SubagentStart", 'w'),
        ("PostToolUse-Agent", 'w'),
        ("PreToolUse-Bash-subagent", 'w'),
        ("Stop-background-subagent", 'w'),
        ("PostToolUse-Bash-subagent", 'w'),
        ("PreToolUse-Write-subagent", 'w'),
        ("PostToolUse-Write-subagent", 'w'),
        ("PreToolUse-Read-subagent", 'w'),
        ("PostToolUse-Read-subagent", 'w'),
        ("SubagentStop", 'w'),
        ("UserPromptSubmit-task-notification", 'w'),
        ("Stop-background-shell", 'i'),
    ],
    &[("PreToolUse-EnterWorktree", 'w'), ("PostToolUse-EnterWorktree", 'w')],
    &[("PreToolUse-WebFetch", 'w'), ("PermissionRequest-WebFetch", '?')],
];

#[test]
fn captured_sessions_do_what_their_events_tell() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/hook/claude-code-2.1.332");
    let sandbox = Sandbox::new();
    for events in CAPTURED {
        for (second, (name, expected)) in events.iter().enumerate() {
            let event = std::fs::read_to_string(format!("{folder}/{name}.json")).unwrap();
            let call = sandbox.call(&["hook"]).stdin(event.as_str()).later(second as u64);
            assert_eq!(call.run().painted(), "", "{name}");
            let event: Value = serde_json::from_str(&event).unwrap();
            let session = event["session_id"].as_str().unwrap();
            let ours = &sandbox.json(&format!("tmp/ecc-metrics-{session}.json"))["bridgeline"];
            let state = ours["state"].as_str().unwrap();
            let letter = if state == "waiting" { '?' } else { state.chars().next().unwrap() };
            assert_eq!(letter, *expected, "{name}: {ours}");
        }
    }
    let used = CAPTURED.iter().map(|events| events.len()).sum::<usize>();
    assert_eq!(used, std::fs::read_dir(folder).unwrap().count());
}
