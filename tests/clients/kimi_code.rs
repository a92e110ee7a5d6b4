//! Kimi Code: its line, and the state and the tasks from its hooks.

use serde_json::{Value, json};

use crate::KIMI_CODE;
use crate::namespace::play;
use crate::scene::Scene;
use crate::stand_in::Turn;
use crate::terminal::Terminal;

/// The agent's question for a permission.
const QUESTION: &str = "Run this command?";

const CONFIG: &str = r#"
default_model = "m1"

[providers.stand-in]
type = "openai"
base_url = "URL"
api_key = "of-the-stand-in"

[models.m1]
provider = "stand-in"
model = "m1"
max_context_size = 200000
"#;

/// Starts Kimi Code with bridgeline in its settings.
#[track_caller]
fn start(scene: &Scene) -> Terminal {
    let config = CONFIG.replace("URL", scene.variable("OPENAI_BASE_URL"));
    scene.file("home/.kimi-code/config.toml", config);
    scene.bridgeline(&["install", "--agent", "kimi", "--hooks", "--yes"]);
    let terminal = Terminal::start(scene, "kimi", &[], &KIMI_CODE, &[]);
    terminal.wait_for("Trust this folder?");
    terminal.press(&["Enter"]);
    terminal.wait_for("m1 │");
    terminal
}

#[test]
fn a_turn() {
    play(&KIMI_CODE, |scene: &Scene| {
        scene.scripts(|text, command| Turn::says(text).calls("Bash", json!({"command": command})));
        let todo = |title: &str, status: &str| json!({"title": title, "status": status});
        let todos = [todo("Look around", "done"), todo("Build it", "in_progress"), todo("Try it", "pending")];
        let options = [json!({"label": "One", "description": "1"}), json!({"label": "Two", "description": "2"})];
        let question = json!({"question": "Which one?", "header": "Which", "options": options, "multi_select": false});
        let turns = [
            Turn::says("First the list.").calls("TodoList", json!({"todos": todos})),
            Turn::says("And now?").calls("AskUserQuestion", json!({"questions": [question]})),
            Turn::says("All is asked."),
        ];
        scene.stand_in.script("ask", turns);
        let terminal = start(scene);
        terminal.plays(&scene.stand_in, "build");
        terminal.wait_for(QUESTION);
        let id = scene.only_session();
        let expect = |state: &str, activity: &str| _ = scene.expect_state(&id, state, activity);
        expect("waiting", "◐ Bash ./hold tool");
        scene.expect_counts("◆ 1");
        terminal.answers(QUESTION, '▶', "Approve once");
        expect("working", "◐ Bash ./hold tool");
        scene.builds(&terminal, expect);
        let line = || json!(terminal.screen().lines().rfind(|row| row.contains("m1 │")));
        scene.expect("context in the line", line, |row: &Value| row.as_str().unwrap().contains('%'));

        terminal.plays(&scene.stand_in, "ask");
        terminal.wait_for("Which one?");
        expect("waiting", "◐ AskUserQuestion");
        let tasks = json!({"current": "Build it", "active": true, "done": 1, "total": 3});
        scene.expect_same("tasks", &tasks, || scene.session(&id)["tasks"].clone());
        terminal.press(&["Enter"]);
        terminal.wait_for("Ready to submit your answers?");
        terminal.press(&["Enter"]);
        terminal.wait_for("All is asked.");
        expect("idle", "");
        terminal.says_until("/exit", || !terminal.is_there());
        scene.expect_same("state", &json!("ended"), || scene.session(&id)["state"].clone());
    });
}
