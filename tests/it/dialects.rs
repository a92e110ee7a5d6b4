//! Sessions known only from hooks: captured events of Codex 0.171, Gemini CLI 0.61, Kimi Code 2.1, and our plugin for
//! OpenCode 1.18, replayed from start to end.

use std::fmt::Write;

use serde_json::{Value, json};
use snapbox::{assert_data_eq, str};

use crate::support::{Call, NOW, Sandbox};

/// The events of a captured session, with these texts replaced.
fn events(text: &str, replaced: &[(&str, &str)]) -> Vec<Value> {
    let replace = |line: &str| replaced.iter().fold(line.to_owned(), |line, (old, new)| line.replace(old, new));
    text.lines().map(|line| serde_json::from_str(&replace(line)).unwrap()).collect()
}

fn hook(sandbox: &Sandbox, event: &Value, second: u64) -> Call {
    sandbox.call(&["hook"]).stdin(event.to_string()).later(second)
}

fn bridge(sandbox: &Sandbox, event: &Value) -> Value {
    sandbox.json(&format!("tmp/ecc-metrics-{}.json", event["session_id"].as_str().unwrap()))
}

/// The content of a bridge in one row.
fn row(bridge: &Value) -> String {
    let ours = &bridge["bridgeline"];
    let name = |call: &Value| {
        let target = call["target"].as_str().map(|target| format!(" {target}")).unwrap_or_default();
        format!("{}{target}", call["name"].as_str().unwrap())
    };
    let list = |key: &str| ours[key].as_array().cloned().unwrap_or_default();
    let mut row = format!("{:8}tools {}", ours["state"].as_str().unwrap_or("-"), bridge["tool_count"]);
    if let Some(failures) = ours["failures"].as_u64().filter(|failures| *failures > 0) {
        write!(row, ", {failures} failed").unwrap();
    }
    for call in list("calls") {
        write!(row, ", runs {}", name(&call)).unwrap();
    }
    for agent in list("agents") {
        write!(row, ", agent {}", agent["type"].as_str().unwrap()).unwrap();
    }
    for task in list("tasks").iter().filter(|task| task["status"] == "in_progress") {
        write!(row, ", {} of {} tasks", task["subject"], list("tasks").len()).unwrap();
    }
    for file in bridge["files_modified"].as_array().unwrap() {
        // Windows joins a folder and a file with its own separator.
        write!(row, ", {}", file.as_str().unwrap().replace('\\', "/")).unwrap();
    }
    row
}

/// The content of the bridge after each event, a second apart.
fn replayed(text: &str) -> String {
    let sandbox = Sandbox::new();
    let mut shown = String::new();
    for (second, event) in (0..).zip(events(text, &[])) {
        assert_eq!(hook(&sandbox, &event, second).run().painted(), "", "{event}");
        writeln!(shown, "{:22}{}", event["hook_event_name"].as_str().unwrap(), row(&bridge(&sandbox, &event))).unwrap();
    }
    // A cost row of only nulls helps nobody.
    assert!(!sandbox.files(".").contains("./config/metrics/costs.jsonl"), "{shown}");
    shown
}

macro_rules! captured {
    ($name:literal) => {
        include_str!(concat!("../fixtures/hook/", $name, ".jsonl"))
    };
}

#[test]
fn turns_of_codex() {
    assert_data_eq!(
        replayed(captured!("codex/turns")),
        str![[r#"
SessionStart          idle    tools 0
UserPromptSubmit      working tools 0
PreToolUse            working tools 0, runs TodoWrite
PostToolUse           working tools 1, "Look at the files" of 3 tasks
PreToolUse            working tools 1, runs Bash ls -la; echo hello, "Look at the files" of 3 tasks
PostToolUse           working tools 2, "Look at the files" of 3 tasks
Stop                  idle    tools 2, "Look at the files" of 3 tasks
UserPromptSubmit      working tools 2, "Look at the files" of 3 tasks
PreToolUse            working tools 2, runs TodoWrite, "Look at the files" of 3 tasks
PostToolUse           working tools 2, "Look at the files" of 3 tasks
PreToolUse            working tools 2, runs Bash ls -la; echo hello, "Look at the files" of 3 tasks
PostToolUse           working tools 2, "Look at the files" of 3 tasks
PreToolUse            working tools 2, runs Edit notes.txt, "Look at the files" of 3 tasks
PostToolUse           working tools 3, "Look at the files" of 3 tasks, /home/user/work/notes.txt
PreToolUse            working tools 3, runs Bash touch /home/user/outside.txt, "Look at the files" of 3 tasks, /home/user/work/notes.txt
PermissionRequest     waiting tools 3, runs Bash touch /home/user/outside.txt, "Look at the files" of 3 tasks, /home/user/work/notes.txt
PostToolUse           working tools 4, "Look at the files" of 3 tasks, /home/user/work/notes.txt
PreToolUse            working tools 4, runs Bash exit 3, "Look at the files" of 3 tasks, /home/user/work/notes.txt
PostToolUse           working tools 5, "Look at the files" of 3 tasks, /home/user/work/notes.txt
PreToolUse            working tools 5, runs TodoWrite, "Look at the files" of 3 tasks, /home/user/work/notes.txt
PostToolUse           working tools 6, "Run the tests" of 3 tasks, /home/user/work/notes.txt
Stop                  idle    tools 6, "Run the tests" of 3 tasks, /home/user/work/notes.txt
UserPromptSubmit      working tools 6, "Run the tests" of 3 tasks, /home/user/work/notes.txt
Stop                  idle    tools 6, "Run the tests" of 3 tasks, /home/user/work/notes.txt
UserPromptSubmit      working tools 6, "Run the tests" of 3 tasks, /home/user/work/notes.txt
PreToolUse            working tools 6, runs Bash sleep 30, "Run the tests" of 3 tasks, /home/user/work/notes.txt
Interrupt             idle    tools 6, "Run the tests" of 3 tasks, /home/user/work/notes.txt
PreCompact            idle    tools 6, "Run the tests" of 3 tasks, /home/user/work/notes.txt
PostCompact           idle    tools 6, "Run the tests" of 3 tasks, /home/user/work/notes.txt
SessionStart          idle    tools 6, "Run the tests" of 3 tasks, /home/user/work/notes.txt
UserPromptSubmit      working tools 6, "Run the tests" of 3 tasks, /home/user/work/notes.txt
Stop                  idle    tools 6, "Run the tests" of 3 tasks, /home/user/work/notes.txt
SessionEnd            ended   tools 6, "Run the tests" of 3 tasks, /home/user/work/notes.txt
SessionStart          idle    tools 6, "Run the tests" of 3 tasks, /home/user/work/notes.txt
UserPromptSubmit      working tools 6, "Run the tests" of 3 tasks, /home/user/work/notes.txt
Stop                  idle    tools 6, "Run the tests" of 3 tasks, /home/user/work/notes.txt

"#]]
    );
}

#[test]
fn a_refused_approval_of_codex_ends_the_turn() {
    assert_data_eq!(
        replayed(captured!("codex/refused")),
        str![[r#"
SessionStart          idle    tools 0
UserPromptSubmit      working tools 0
PreToolUse            working tools 0, runs Edit notes.txt
PostToolUse           working tools 1, /home/user/work2/notes.txt
PreToolUse            working tools 1, runs Bash touch /home/user/outside.txt, /home/user/work2/notes.txt
PermissionRequest     waiting tools 1, runs Bash touch /home/user/outside.txt, /home/user/work2/notes.txt
Interrupt             idle    tools 1, /home/user/work2/notes.txt
SessionEnd            ended   tools 1, /home/user/work2/notes.txt

"#]]
    );
}

#[test]
fn a_question_of_codex_waits_and_a_subagent_has_the_name_of_its_task() {
    assert_data_eq!(
        replayed(captured!("codex/question")),
        str![[r#"
SessionStart          idle    tools 0
UserPromptSubmit      working tools 0
PreToolUse            waiting tools 0, runs Question
PostToolUse           working tools 1
Stop                  idle    tools 1
SessionEnd            ended   tools 1

"#]]
    );
    assert_data_eq!(
        replayed(captured!("codex/subagent")),
        str![[r#"
SessionStart          idle    tools 0
UserPromptSubmit      working tools 0
PreToolUse            working tools 0, runs Agent count_files
SubagentStart         working tools 0, runs Agent count_files, agent count_files
PostToolUse           working tools 1, agent count_files
SubagentStop          working tools 1
PreToolUse            working tools 1, runs collaborationwait_agent
PostToolUse           working tools 2
Stop                  idle    tools 2
SessionEnd            ended   tools 2

"#]]
    );
    assert_data_eq!(
        replayed(captured!("codex/no-turn")),
        str![[r#"
SessionStart          idle    tools 0
UserPromptSubmit      working tools 0
SessionEnd            ended   tools 0

"#]]
    );
}

#[test]
fn turns_of_gemini() {
    assert_data_eq!(
        replayed(captured!("gemini/turns")),
        str![[r#"
SessionStart          idle    tools 0
BeforeAgent           working tools 0
PreCompress           working tools 0
BeforeModel           working tools 0
BeforeToolSelection   working tools 0
AfterModel            working tools 0
AfterModel            working tools 0
BeforeTool            working tools 0, runs LS work
AfterTool             working tools 1
BeforeTool            working tools 1, runs Bash touch made.txt
Notification          waiting tools 1, runs Bash touch made.txt
AfterTool             working tools 2
BeforeTool            working tools 2, runs Write notes.txt
Notification          waiting tools 2, runs Write notes.txt
AfterTool             working tools 3, /home/user/work/notes.txt
BeforeTool            working tools 3, runs Edit notes.txt, /home/user/work/notes.txt
Notification          waiting tools 3, runs Edit notes.txt, /home/user/work/notes.txt
AfterTool             working tools 4, /home/user/work/notes.txt
BeforeTool            working tools 4, runs Bash exit 3, /home/user/work/notes.txt
Notification          waiting tools 4, runs Bash exit 3, /home/user/work/notes.txt
AfterTool             working tools 4, 1 failed, /home/user/work/notes.txt
AfterAgent            idle    tools 4, 1 failed, /home/user/work/notes.txt
BeforeAgent           working tools 4, 1 failed, /home/user/work/notes.txt
AfterAgent            idle    tools 4, 1 failed, /home/user/work/notes.txt
PreCompress           idle    tools 4, 1 failed, /home/user/work/notes.txt
SessionEnd            ended   tools 4, 1 failed, /home/user/work/notes.txt
SessionEnd            ended   tools 4, 1 failed, /home/user/work/notes.txt

"#]]
    );
}

#[test]
fn turns_of_kimi() {
    assert_data_eq!(
        replayed(captured!("kimi/turns")),
        str![[r#"
SessionStart          idle    tools 0
UserPromptSubmit      working tools 0
PreToolUse            working tools 0, runs TodoList
PostToolUse           working tools 1, "One" of 2 tasks
PreToolUse            working tools 1, runs Bash rm -rf x; touch /home/user/outside, "One" of 2 tasks
PermissionRequest     waiting tools 1, runs Bash rm -rf x; touch /home/user/outside, "One" of 2 tasks
PostToolUse           working tools 2, "One" of 2 tasks
PermissionResult      working tools 2, "One" of 2 tasks
PreToolUse            waiting tools 2, runs AskUserQuestion, "One" of 2 tasks
PostToolUse           working tools 3, "One" of 2 tasks
PreToolUse            working tools 3, runs Write notes.txt, "One" of 2 tasks
PermissionRequest     waiting tools 3, runs Write notes.txt, "One" of 2 tasks
PermissionResult      working tools 3, runs Write notes.txt, "One" of 2 tasks
PostToolUse           working tools 4, "One" of 2 tasks, /home/user/work/notes.txt
PreToolUse            working tools 4, runs Bash rm -rf y; touch /home/user/outside2, "One" of 2 tasks, /home/user/work/notes.txt
PermissionRequest     waiting tools 4, runs Bash rm -rf y; touch /home/user/outside2, "One" of 2 tasks, /home/user/work/notes.txt
PermissionResult      working tools 4, runs Bash rm -rf y; touch /home/user/outside2, "One" of 2 tasks, /home/user/work/notes.txt
PostToolUseFailure    working tools 4, 1 failed, "One" of 2 tasks, /home/user/work/notes.txt
Stop                  idle    tools 4, 1 failed, "One" of 2 tasks, /home/user/work/notes.txt

"#]]
    );
}

#[test]
fn turns_of_opencode() {
    assert_data_eq!(
        replayed(captured!("opencode/turns")),
        str![[r#"
SessionStart          idle    tools 0
UserPromptSubmit      working tools 0
PreToolUse            working tools 0, runs Write notes.txt
PostToolUse           working tools 1, /home/user/work/notes.txt
PreToolUse            working tools 1, runs Bash exit 3, /home/user/work/notes.txt
PreToolUse            working tools 1, runs Bash exit 3, runs TodoWrite, /home/user/work/notes.txt
PostToolUse           working tools 2, runs Bash exit 3, /home/user/work/notes.txt
PermissionRequest     waiting tools 2, runs Bash exit 3, /home/user/work/notes.txt
PermissionResult      working tools 2, runs Bash exit 3, /home/user/work/notes.txt
PostToolUseFailure    working tools 2, 1 failed, /home/user/work/notes.txt
Stop                  idle    tools 2, 1 failed, /home/user/work/notes.txt
Notification          idle    tools 2, 1 failed, /home/user/work/notes.txt
UserPromptSubmit      working tools 2, 1 failed, /home/user/work/notes.txt
Stop                  idle    tools 2, 1 failed, /home/user/work/notes.txt
Notification          idle    tools 2, 1 failed, /home/user/work/notes.txt

"#]]
    );
}

/// The sessions that are listed.
fn listed(sandbox: &Sandbox, args: &[&str]) -> Vec<Value> {
    let args = [&["sessions", "--json"], args].concat();
    let listed: Value = serde_json::from_str(&sandbox.call(&args).later(120).run().painted()).unwrap();
    listed["sessions"].as_array().unwrap().clone()
}

/// The output of a prompt in the folder `work`.
fn prompt(sandbox: &Sandbox, format: &str) -> String {
    let call = sandbox.call(&["prompt", format, "--dir", &sandbox.text("work")]);
    call.args(&["--set", "prompt_rows=[\"state activity model dir\"]", "--set", "icons=\"ascii\""])
        .later(120)
        .run()
        .painted()
}

#[test]
fn a_thread_of_codex_is_listed_while_it_is_locked() {
    let sandbox = Sandbox::new();
    let (home, work) = (sandbox.text("home/.codex"), sandbox.text("work"));
    let replaced = [("/home/user/.codex", home.as_str()), ("/home/user/work2", work.as_str())];
    let events = events(captured!("codex/refused"), &replaced);
    for (second, event) in (0..).zip(&events[..6]) {
        // This environment is the daemon's, not the session's.
        let call = hook(&sandbox, event, second).env("TMUX", "/t/sock,7,0").env("TMUX_PANE", "%0");
        call.env("CLAUDE_PID", "4294967294").run().painted();
    }
    let sessions = listed(&sandbox, &[]);
    let [session] = &sessions[..] else { panic!("{sessions:?}") };
    assert_eq!((&session["agent"]["name"], &session["state"]), (&json!("codex"), &json!("waiting")));
    assert_eq!((&session["cwd"], &session["model"]["id"]), (&json!(work), &json!("gpt-5.5")));
    assert_eq!((&session["tools"]["count"], &session["tools"]["failures"]), (&json!(1), &Value::Null));
    assert_eq!((&session["cost"], &session["mode"]), (&Value::Null, &json!("default")));
    assert_eq!(serde_json::from_str::<Value>(&prompt(&sandbox, "json")).unwrap()["state"], "waiting");
    assert_eq!(prompt(&sandbox, "plain"), "? waiting 1m * Bash touch /home/user/outside.txt gpt-5.5 work\n");
    let id = session["session"]["id"].as_str().unwrap();
    let cache = sandbox.json(&format!("state/sessions/{id}.json"));
    assert_eq!((&cache["pid"], &cache["pane"]), (&Value::Null, &Value::Null));

    let lock = sandbox.file(&format!("home/.codex/thread-writer-locks/{id}.lock"), "");
    assert_eq!(listed(&sandbox, &[]), [] as [Value; 0]);
    let lock = std::fs::File::open(lock).unwrap();
    lock.lock().unwrap();
    assert_eq!(listed(&sandbox, &[]).len(), 1);
    hook(&sandbox, &events[6], 6).run().painted();
    assert_eq!(listed(&sandbox, &[])[0]["state"], "idle");
    hook(&sandbox, &events[7], 7).run().painted();
    assert_eq!(listed(&sandbox, &[]).len(), 0);
    assert_eq!(listed(&sandbox, &["--all"])[0]["ended"], true);
}

#[test]
fn a_thread_of_codex_without_a_session_file_has_no_lock() {
    let sandbox = Sandbox::new();
    sandbox.file("home/.codex/thread-writer-locks/other.lock", "");
    let work = sandbox.text("work");
    // As of `codex exec --ephemeral`. The first event and the last name no turn.
    let mut events = events(captured!("codex/no-turn"), &[("/home/user/work", &work)]);
    events.iter_mut().for_each(|event| event["transcript_path"] = Value::Null);
    for (second, event) in (0..).zip(&events[..2]) {
        hook(&sandbox, event, second).run().painted();
    }
    let bridge = bridge(&sandbox, &events[0]);
    assert_eq!((&bridge["bridgeline"]["agent"], &bridge["total_cost_usd"]), (&json!("codex"), &Value::Null));
    let session = &listed(&sandbox, &[])[0];
    assert_eq!((&session["state"], &session["tools"]["failures"]), (&json!("working"), &Value::Null));
    hook(&sandbox, &events[2], 2).run().painted();
    assert_eq!(listed(&sandbox, &[]).len(), 0);
}

#[test]
fn a_dialog_of_gemini_is_over_once_the_chat_grows() {
    let sandbox = Sandbox::new();
    let (home, work) = (sandbox.text("home"), sandbox.text("work"));
    let events = events(captured!("gemini/turns"), &[("/home/user/work", &work), ("/home/user", &home)]);
    let chat = "home/.gemini/tmp/work/chats/session-2026-11-27T02-53-216d9d23.jsonl";
    sandbox.file(chat, "{}\n");
    sandbox.set_modified(chat, NOW);
    for (second, event) in (0..).zip(&events[..11]) {
        hook(&sandbox, event, second).env("TMUX", "/t/sock,7,0").env("TMUX_PANE", "%3").run().painted();
    }
    let session = &listed(&sandbox, &[])[0];
    assert_eq!((&session["agent"]["name"], &session["state"]), (&json!("gemini"), &json!("waiting")));
    assert_eq!((&session["cwd"], &session["session"]["transcript"]), (&json!(work), &events[0]["transcript_path"]));
    let cache = sandbox.json(&format!("state/sessions/{}.json", events[0]["session_id"].as_str().unwrap()));
    assert_eq!(cache["pane"]["id"], "%3");
    assert_eq!(cache["pid"].as_u64(), cfg!(unix).then_some(u64::from(std::process::id())));
    assert_eq!(prompt(&sandbox, "plain"), "? waiting 1m * Bash touch made.txt work\n");
    sandbox.set_modified(chat, NOW + 20);
    assert_eq!(listed(&sandbox, &[])[0]["state"], "idle");
}

#[test]
fn a_session_of_opencode_lives_as_long_as_its_process() {
    let sandbox = Sandbox::new();
    let work = sandbox.text("work");
    let pid = std::process::id().to_string();
    let alive = events(captured!("opencode/turns"), &[("/home/user/work", &work), ("4294967294", &pid)]);
    for (second, event) in (0..).zip(&alive) {
        hook(&sandbox, event, second).run().painted();
    }
    let session = &listed(&sandbox, &[])[0];
    assert_eq!((&session["agent"]["name"], &session["state"]), (&json!("opencode"), &json!("idle")));
    assert_eq!((&session["session"]["name"], &session["cwd"]), (&json!("stand-in title"), &json!(work)));
    assert_eq!((&session["cost"]["usd"], &session["context"]["tokens"]), (&json!(0.03364), &json!(30_400)));
    assert_eq!((&session["model"]["name"], &session["tools"]["failures"]), (&json!("test-model"), &json!(1)));
    // A resumed session, of which the new process knows no more than the id.
    let resumed = json!({"agent": "opencode", "session_id": session["session"]["id"], "pid": std::process::id(),
        "hook_event_name": "UserPromptSubmit"});
    hook(&sandbox, &resumed, 29).run().painted();
    assert_eq!(prompt(&sandbox, "plain"), "* working 1m test-model work\n");
    let mut gone = alive[1].clone();
    gone["pid"] = json!(u32::MAX - 1);
    hook(&sandbox, &gone, 30).run().painted();
    assert_eq!(listed(&sandbox, &[]).len(), 0);
}

#[test]
fn agents_with_a_statusline_are_listed_without_it_and_keep_what_it_was_told() {
    let check = |agent: &str, id: &str, fields: &Value, payload: &Value| {
        let sandbox = Sandbox::new();
        let mut event = json!({"session_id": id, "hook_event_name": "UserPromptSubmit", "cwd": sandbox.text("work")});
        event.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
        hook(&sandbox, &event, 0).run().painted();
        let session = &listed(&sandbox, &[])[0];
        assert_eq!((&session["agent"]["name"], &session["state"]), (&json!(agent), &json!("working")));
        assert_eq!((&session["session"]["id"], &session["cwd"]), (&json!(id), &json!(sandbox.text("work"))));
        sandbox.render(payload).args(&["--agent", agent]).run().rows();
        let cache = format!("state/sessions/{id}.json");
        let rendered = sandbox.read(&cache);
        assert!(!rendered.contains("by_hook"), "{rendered}");
        hook(&sandbox, &event, 5).run().painted();
        assert_eq!(sandbox.read(&cache), rendered);
    };
    let claude = json!({"transcript_path": "/h/.claude/projects/-h-sessions/s.jsonl", "prompt": "go"});
    check("claude-code", "s", &claude, &json!({"session_id": "s", "model": "M"}));
    let qwen = json!({"transcript_path": "/h/.qwen/projects/h/chats/s.jsonl", "timestamp": "2026-11-27T02:53:07Z"});
    check("qwen", "s", &qwen, &json!({"session_id": "s", "version": "1"}));
    check("kimi", "session_1", &json!({"model": "K3"}), &json!({"sessionId": "session_1", "model": "K3"}));
}

#[test]
fn what_an_agent_is_told_names_its_own_event() {
    let check = |event: &str, fields: &Value| {
        let sandbox = Sandbox::new();
        let mut payload = json!({"session_id": "s", "hook_event_name": event, "tool_name": "x", "tool_input": {}});
        payload.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
        let told: Vec<String> = (0..5).map(|second| hook(&sandbox, &payload, second).run().painted()).collect();
        assert_eq!(told[..4].concat(), "");
        let told: Value = serde_json::from_str(&told[4]).unwrap();
        let text = told["hookSpecificOutput"]["additionalContext"].clone();
        assert!(text.as_str().unwrap().contains("same call of x"), "{text}");
        assert_eq!(told, json!({"hookSpecificOutput": {"hookEventName": event, "additionalContext": text}}));
    };
    check("PostToolUse", &json!({"turn_id": "t"}));
    check("AfterTool", &json!({}));
}

#[test]
fn a_hostile_event_affects_only_itself() {
    let sandbox = Sandbox::new();
    let patch: String = (0..5000).map(|n| format!("*** Add File: ../../\u{1b}[31m{n}\n")).collect();
    let patch = format!("*** Begin Patch\n{patch}*** Move to: \n*** End Patch");
    let event = json!({"session_id": "s", "turn_id": 7, "hook_event_name": "PreToolUse", "cwd": 7, "model": [],
        "transcript_path": {"a": "rollout-"}, "tool_name": "apply_patch", "tool_input": {"command": patch}});
    for name in ["PreToolUse", "PostToolUse", "UserPromptSubmit"] {
        let mut event = event.clone();
        event["hook_event_name"] = json!(name);
        hook(&sandbox, &event, 0).run().painted();
    }
    let bridge = sandbox.json("tmp/ecc-metrics-s.json");
    assert_eq!(bridge["files_modified"].as_array().unwrap().len(), 200);
    assert_eq!(bridge["bridgeline"]["tool"]["target"], "[31m0");
    let session = &listed(&sandbox, &[])[0];
    assert_eq!((&session["agent"]["name"], &session["model"]), (&json!("codex"), &json!({})));
    for plan in [json!(7), json!([7, {"step": 7}, {"step": "a", "status": []}]), json!({"step": "a"})] {
        let input = json!({"plan": plan, "questions": 7});
        for tool in ["update_plan", "request_user_input", "collaborationspawn_agent"] {
            let event =
                json!({"session_id": "s", "hook_event_name": "PostToolUse", "tool_name": tool, "tool_input": input});
            assert_eq!(hook(&sandbox, &event, 1).run().painted(), "");
        }
    }
    for (response, failures) in [(json!(7), 0), (json!({"llmContent": [7]}), 0), (json!({"error": {}}), 1)] {
        let sandbox = Sandbox::new();
        let event = json!({"session_id": "s", "hook_event_name": "AfterTool", "timestamp": [],
            "transcript_path": "/h/.gemini/chats/session-1.jsonl", "tool_name": "x", "tool_response": response});
        hook(&sandbox, &event, 0).run().painted();
        assert_eq!(sandbox.json("tmp/ecc-metrics-s.json")["bridgeline"]["failures"], failures, "{response}");
    }
    // An id that would lead out of its folder, from an agent that names itself.
    let sandbox = Sandbox::new();
    let event = json!({"agent": "opencode", "session_id": "../../x", "hook_event_name": "SessionStart", "pid": 1e300});
    hook(&sandbox, &event, 0).run().painted();
    assert_eq!(sandbox.files(".").len(), 0);
    let event = json!({"agent": "opencode", "session_id": "s", "hook_event_name": "SessionStart", "pid": 1e300});
    hook(&sandbox, &event, 0).run().painted();
    assert_eq!(listed(&sandbox, &["--all"]).len(), 1);
}
