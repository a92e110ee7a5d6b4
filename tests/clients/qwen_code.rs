//! Qwen Code: its line, and the state from its hooks.

use serde_json::json;

use crate::QWEN_CODE;
use crate::namespace::play;
use crate::scene::Scene;
use crate::stand_in::Turn;
use crate::terminal::Terminal;

/// Starts Qwen Code with bridgeline in its settings.
#[track_caller]
fn start(scene: &Scene) -> Terminal {
    let settings = json!({
        "security": {"auth": {"selectedType": "openai"}},
        "general": {"enableAutoUpdate": false},
        "privacy": {"usageStatisticsEnabled": false},
        "tools": {"approvalMode": "default"},
        "permissions": {"allow": ["Bash(./hold *)"]},
    });
    scene.settings("home/.qwen/settings.json", &settings);
    scene.bridgeline(&["install", "--agent", "qwen", "--hooks", "--yes"]);
    let variables = ["OPENAI_API_KEY=of-the-stand-in".into(), "OPENAI_MODEL=m1".into()];
    let terminal = Terminal::start(scene, "qwen", &variables, &QWEN_CODE, &[]);
    // Keys pressed earlier are lost.
    terminal.wait_for("Type your message");
    terminal.wait_for_no("Initializing");
    terminal.wait_for("m1 │");
    terminal
}

#[test]
fn a_turn() {
    play(&QWEN_CODE, |scene: &Scene| {
        let tool = |text: &str, command: &str| {
            let input = json!({"command": command, "description": "wait", "is_background": false});
            Turn::says(text).calls("run_shell_command", input)
        };
        scene.scripts(tool);
        let terminal = start(scene);
        terminal.says("script:build");
        terminal.wait_for_answer(&scene.stand_in, "build", 1);
        let id = scene.only_session();
        let expect = |state: &str, activity: &str| _ = scene.expect_state(&id, state, activity);
        expect("working", "◐ Bash ./hold tool");
        scene.builds(&terminal, expect);
        let line = || json!(terminal.screen().lines().rfind(|row| row.contains("m1 │")));
        scene.expect("context in the line", line, |row| !row.as_str().unwrap().contains(" 0%"));

        terminal.says("script:yes");
        terminal.wait_for("Allow execution of");
        // Here the tool is reported once it may run.
        expect("waiting", "");
        terminal.answers("Allow execution of", '›', "Yes, allow once");
        expect("working", "◐ Bash ./ask granted");
        scene.open("granted");
        terminal.wait_for("It was granted.");
        expect("idle", "");
        terminal.says("/quit");
        terminal.wait_for_end();
    });
}
