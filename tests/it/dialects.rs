//! Sessions of agents whose hooks tell all that is known of them: captured events of Codex 0.171, Gemini CLI 0.61, and
//! those that our plugin makes of OpenCode 1.18's, replayed from start to end.

use std::fmt::Write;

use serde_json::Value;
use snapbox::{assert_data_eq, str};

use crate::support::{Call, Sandbox};

/// The events of a captured session, with these texts in place of those.
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

/// One row of what a bridge holds.
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

/// What the bridge holds after each event, a second apart.
fn replayed(text: &str) -> String {
    let sandbox = Sandbox::new();
    let mut shown = String::new();
    for (second, event) in (0..).zip(events(text, &[])) {
        assert_eq!(hook(&sandbox, &event, second).run().painted(), "", "{event}");
        writeln!(shown, "{:22}{}", event["hook_event_name"].as_str().unwrap(), row(&bridge(&sandbox, &event))).unwrap();
    }
    // A cost row of nothing but nulls helps nobody.
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
