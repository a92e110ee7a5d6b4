//! Gemini CLI: the state from its hooks, the context in its chat, and its usage.

use std::fs;
use std::time::Duration;

use serde_json::json;

use crate::GEMINI_CLI;
use crate::namespace::play;
use crate::scene::Scene;
use crate::stand_in::{Tokens, Turn};
use crate::support::wait_until;
use crate::terminal::Terminal;

/// The agent's question for a permission.
const QUESTION: &str = "Allow execution of";

/// Allows the project's tool, which waits for a gate.
const POLICY: &str = r#"
[[rule]]
toolName = "run_shell_command"
commandPrefix = "./hold"
decision = "allow"
priority = 100
"#;

/// Starts Gemini CLI with bridgeline in its settings.
#[track_caller]
fn start(scene: &Scene) -> Terminal {
    let settings = json!({
        "security": {"auth": {"selectedType": "gemini-api-key"}, "folderTrust": {"enabled": false}},
        "general": {"enableAutoUpdate": false},
        "privacy": {"usageStatisticsEnabled": false},
        "model": {"name": "gemini-2.5-pro"},
    });
    scene.settings("home/.gemini/settings.json", &settings);
    scene.file("home/.gemini/policies/hold.toml", POLICY);
    scene.bridgeline(&["install", "--agent", "gemini", "--hooks", "--yes"]);
    let variables = ["GEMINI_API_KEY=of-the-stand-in".into()];
    let terminal = Terminal::start(scene, "gemini", &variables, &GEMINI_CLI, &[]);
    terminal.wait_for("Type your message");
    terminal.wait_for_no("Executing Hook");
    terminal
}

/// Calls a tool of the project.
fn tool(text: &str, command: &str) -> Turn {
    Turn::says(text).calls("run_shell_command", json!({"command": command}))
}

#[test]
fn a_session() {
    play(&GEMINI_CLI, |scene: &Scene| {
        scene.scripts(tool);
        let terminal = start(scene);
        terminal.plays(&scene.stand_in, "build");
        terminal.wait_for("First the tool.");
        let id = scene.only_session();
        let expect = |state: &str, activity: &str| _ = scene.expect_state(&id, state, activity);
        expect("working", "◐ Bash ./hold tool");
        scene.builds(&terminal, expect);
        let last = *scene.stand_in.tokens().last().unwrap();
        scene.expect_facts(&id, "gemini", "gemini-2.5-pro", last.prompt());

        terminal.plays(&scene.stand_in, "yes");
        terminal.wait_for(QUESTION);
        expect("waiting", "◐ Bash ./ask granted");
        scene.expect_counts("◆ 1");
        terminal.answers(QUESTION, '●', "Allow once");
        scene.open("granted");
        terminal.wait_for("It was granted.");
        expect("idle", "");

        terminal.plays(&scene.stand_in, "no");
        terminal.wait_for(QUESTION);
        expect("waiting", "◐ Bash ./ask refused");
        // No hook reports the refusal, only the chat file, and not within half a second, which is how fast people are.
        let chat = scene.session(&id)["session"]["transcript"].as_str().unwrap().to_owned();
        let age = || fs::metadata(&chat).unwrap().modified().unwrap().elapsed().unwrap_or_default();
        wait_until("a chat that rests", || age() > Duration::from_secs(1));
        terminal.answers(QUESTION, '●', "No, suggest changes (esc)");
        terminal.wait_for("Request cancelled.");
        expect("idle", "");
        let told: Vec<Tokens> = scene.stand_in.tokens().into_iter().map(Tokens::without_writes).collect();
        scene.expect_usage("gemini", &told);
        terminal.says_until("/quit", || !terminal.is_there());
        scene.expect_same("state", &json!("ended"), || scene.session(&id)["state"].clone());
    });
}
