//! Codex: our line in its footer, the state and the plan from its hooks, its limits, and its usage.

use std::process::Command;

use serde_json::{Value, json};

use crate::CODEX;
use crate::namespace::play;
use crate::scene::Scene;
use crate::stand_in::Turn;
use crate::terminal::Terminal;

/// The agent's question for a permission.
const QUESTION: &str = "Would you like to run the following command?";

/// The config of a user who has answered all questions of the first start.
const CONFIG: &str = r#"
model = "gpt-5.5"
model_provider = "stand-in"
model_reasoning_effort = "high"
approval_policy = "on-request"
sandbox_mode = "workspace-write"
check_for_update_on_startup = false

[model_providers.stand-in]
name = "Stand-in"
base_url = "URL"
wire_api = "responses"
env_key = "STAND_IN_KEY"

[projects."WORK"]
trust_level = "trusted"

[tools.update_plan]
enabled = true

[notice.model_migrations]
"gpt-5.5" = "gpt-6-sol"
"#;

/// Starts Codex with bridgeline installed, and trusts its hooks.
#[track_caller]
fn start(scene: &Scene) -> Terminal {
    let config = CONFIG.replace("URL", scene.variable("OPENAI_BASE_URL")).replace("WORK", &scene.text("work"));
    scene.file("home/.codex/config.toml", config);
    scene.bridgeline(&["install", "--agent", "codex", "--hooks", "--yes"]);
    let terminal = Terminal::start(scene, "codex", &["STAND_IN_KEY=of-the-stand-in".into()], &CODEX, &[]);
    terminal.wait_for("Hooks need review");
    terminal.answers("Hooks need review", '›', "Trust all and continue");
    terminal.wait_for("Ask Codex to do anything");
    terminal
}

/// Calls a tool that needs a permission.
fn ask(text: &str, gate: &str) -> Turn {
    let reason = "It is outside of the sandbox.";
    let input = json!({
        "cmd": format!("./ask {gate}"), "sandbox_permissions": "require_escalated", "justification": reason,
    });
    Turn::says(text).calls("exec_command", input)
}

/// Our row in the footer, the last one that names the model, with normal blanks: Codex gets non-breaking ones.
#[track_caller]
fn line(terminal: &Terminal) -> String {
    let screen = terminal.screen();
    let row = screen.lines().rfind(|row| row.trim_start().starts_with("GPT-5.5")).unwrap_or_default();
    row.trim().replace('\u{a0}', " ")
}

/// The agent's own percentage of its context, without the part that every request has.
fn context(scene: &Scene) -> u64 {
    const WINDOW: f64 = 258_400.0;
    const ALWAYS: f64 = 12_000.0;
    let last = *scene.stand_in.tokens().last().unwrap();
    ((((last.prompt() + last.output) as f64 - ALWAYS) / (WINDOW - ALWAYS)) * 100.0).round() as u64
}

#[test]
fn a_session() {
    play(&CODEX, |scene: &Scene| {
        let step = |step: &str, status: &str| json!({"step": step, "status": status});
        let plan = [step("Look around", "completed"), step("Build it", "in_progress"), step("Try it", "pending")];
        let first = Turn::says("First the tool.").calls("update_plan", json!({"plan": plan}));
        let first = first.calls("exec_command", json!({"cmd": "./hold tool"}));
        scene.stand_in.script("build", [first, Turn::says("All is built.").held("answer")]);
        // Of two calls at once only the first one needs a permission.
        let first = ask("May I?", "granted").calls("exec_command", json!({"cmd": "./hold tool"}));
        scene.stand_in.script("yes", [first, Turn::says("It was granted.").reads(120_000)]);
        scene.stand_in.script("no", [ask("And now?", "refused").reads(120_000), Turn::says("Never said.")]);
        let terminal = start(scene);
        let is_ours = |row: &Value| row.as_str().unwrap().contains(" │ ");
        scene.expect("line before the first prompt", || json!(line(&terminal)), is_ours);

        terminal.says("script:build");
        terminal.wait_for("background terminal running");
        let id = scene.only_session();
        let expect = |state: &str, activity: &str| {
            let (told, part) = scene.expect_state(&id, state, activity);
            // There is no line while a question is open.
            if told && state != "waiting" {
                let has_part = |row: &Value| row.as_str().unwrap().split(" │ ").nth(1) == Some(&part);
                scene.expect(&format!("state in the line: not {part}"), || json!(line(&terminal)), has_part);
            }
        };
        expect("working", "◐ Bash ./hold tool");
        let tasks = json!({"current": "Build it", "active": true, "done": 1, "total": 3});
        scene.expect_same("plan", &tasks, || scene.session(&id)["tasks"].clone());
        scene.builds(&terminal, expect);
        expect_facts(scene, &terminal, &id);

        terminal.says("script:yes");
        terminal.wait_for(QUESTION);
        expect("waiting", "◐ Bash ./ask granted");
        scene.expect_counts("◆ 1");
        terminal.answers(QUESTION, '›', "Yes, proceed (y)");
        // It reports the answer with the end of the tool.
        scene.open("granted");
        terminal.wait_for("It was granted.");
        expect("idle", "");
        expect_facts(scene, &terminal, &id);

        terminal.says("script:no");
        terminal.wait_for(QUESTION);
        expect("waiting", "◐ Bash ./ask refused");
        terminal.answers(QUESTION, '›', "No, and tell Codex what to do differently (esc)");
        expect("idle", "");
        scene.expect_usage("codex", &scene.stand_in.tokens());

        // Nothing of its parent is counted again.
        scene.stand_in.script("fork", [Turn::says("In the fork.")]);
        terminal.says("/fork");
        terminal.wait_for("Fork created.");
        terminal.says("script:fork");
        terminal.wait_for("In the fork.");
        scene.expect_usage("codex", &scene.stand_in.tokens());
        leave(scene, &terminal, &id);
    });
}

/// Expects the model, context and limits of the agent and its provider.
#[track_caller]
fn expect_facts(scene: &Scene, terminal: &Terminal, id: &str) {
    let used = context(scene);
    let ends = format!(" {used}%");
    let has_context = |row: &Value| row.as_str().unwrap().split(" │ ").any(|part| part.ends_with(&ends));
    scene.expect(&format!("context in the line: not {used}%"), || json!(line(terminal)), has_context);
    let wanted = json!({
        "agent": "codex", "model": ["gpt-5.5", "high"], "context": used as f64, "limits": [["5h", 42.0], ["7d", 13.0]],
    });
    scene.expect_same("facts", &wanted, || {
        let session = scene.session(id);
        let limits = session["limits"].as_array().cloned().unwrap_or_default();
        let limits: Vec<Value> = limits.iter().map(|limit| json!([limit["name"], limit["used_percent"]])).collect();
        json!({
            "agent": session["agent"]["name"], "model": [session["model"]["id"], session["model"]["effort"]],
            "context": session["context"]["used_percent"], "limits": limits,
        })
    });
}

/// Quits the agent, and ends its daemon, which would keep the session open for a minute.
#[track_caller]
fn leave(scene: &Scene, terminal: &Terminal, id: &str) {
    terminal.says("/quit");
    terminal.wait_for_end();
    let daemon = scene.json("home/.codex/app-server-daemon/daemon.pid")["pid"].to_string();
    assert!(Command::new("kill").arg(&daemon).status().unwrap().success());
    scene.expect_same("state", &json!("ended"), || scene.session(id)["state"].clone());
}
