//! OpenCode: the state, the context and the cost from our plugin, and its usage.

use serde_json::json;

use crate::OPENCODE;
use crate::namespace::play;
use crate::scene::Scene;
use crate::stand_in::{Tokens, Turn};
use crate::terminal::Terminal;

/// The agent's question for a permission.
const QUESTION: &str = "Permission required";

/// Starts OpenCode with bridgeline's plugin.
#[track_caller]
fn start(scene: &Scene) -> Terminal {
    let model = json!({
        "name": "M 1", "limit": {"context": 200_000, "output": 8000},
        "cost": {"input": 1, "output": 4, "cache_read": 0.1},
    });
    let provider = json!({
        "npm": "@ai-sdk/openai-compatible", "name": "Stand-in", "models": {"m1": model},
        "options": {"baseURL": scene.variable("OPENAI_BASE_URL"), "apiKey": "of-the-stand-in"},
    });
    let settings = json!({
        "autoupdate": false, "share": "disabled", "model": "stand-in/m1", "small_model": "stand-in/m1",
        "provider": {"stand-in": provider}, "permission": {"bash": {"*": "ask", "./hold *": "allow"}},
    });
    scene.settings("home/.config/opencode/opencode.json", &settings);
    // Files of its first start, for which it would wait in vain without a network.
    let installed = json!({"packages": {"": {"dependencies": {"@opencode-ai/plugin": OPENCODE.version}}}});
    scene.settings("home/.config/opencode/package-lock.json", &installed);
    scene.file("home/.config/opencode/node_modules/.keep", "");
    scene.bridgeline(&["install", "--agent", "opencode", "--hooks", "--yes"]);
    let terminal = Terminal::start(scene, "opencode", &[], &OPENCODE, &[]);
    terminal.wait_for("Ask anything");
    terminal.wait_for("M 1");
    terminal
}

/// Calls a tool of the project.
fn tool(text: &str, command: &str) -> Turn {
    Turn::says(text).calls("bash", json!({"command": command, "description": "wait"}))
}

#[test]
fn a_session() {
    play(&OPENCODE, |scene: &Scene| {
        scene.scripts(tool);
        let terminal = start(scene);
        terminal.says("script:build");
        terminal.wait_for("First the tool.");
        let id = scene.only_session();
        let expect = |state: &str, activity: &str| _ = scene.expect_state(&id, state, activity);
        expect("working", "◐ Bash ./hold tool");
        scene.builds(&terminal, expect);
        let last = *scene.stand_in.tokens().last().unwrap();
        scene.expect_facts(&id, "opencode", "m1", last.prompt() + last.output);

        terminal.says("script:yes");
        terminal.wait_for(QUESTION);
        expect("waiting", "◐ Bash ./ask granted");
        scene.expect_counts("◆ 1");
        // The first of its options is to allow it once.
        terminal.press(&["Enter"]);
        terminal.wait_for_no(QUESTION);
        expect("working", "◐ Bash ./ask granted");
        scene.open("granted");
        terminal.wait_for("It was granted.");
        expect("idle", "");

        terminal.says("script:no");
        terminal.wait_for(QUESTION);
        expect("waiting", "◐ Bash ./ask refused");
        // The third is to reject it.
        terminal.press(&["Right", "Right", "Enter"]);
        terminal.wait_for_no(QUESTION);
        expect("idle", "");
        let told: Vec<Tokens> = scene.stand_in.tokens().into_iter().map(Tokens::without_writes).collect();
        scene.expect_usage("opencode", &told);
        let usd = |tokens: &Tokens| (tokens.input + 4 * tokens.output) as f64 / 1e6 + tokens.cache_read as f64 / 1e7;
        let cost = || scene.session(&id)["cost"]["usd"].clone();
        scene.expect_usd("cost", told.iter().map(usd).sum(), cost);
        terminal.says("/exit");
        terminal.wait_for_end();
        scene.expect_same("state", &json!("ended"), || scene.session(&id)["state"].clone());

        // A process that has not seen the beginning of the session.
        scene.stand_in.script("more", [tool("Once more.", "./hold more"), Turn::says("All is said.")]);
        let terminal = Terminal::start(scene, "again", &[], &OPENCODE, &["--continue"]);
        terminal.wait_for("It was granted.");
        terminal.says("script:more");
        terminal.wait_for("Once more.");
        expect("working", "◐ Bash ./hold more");
        scene.open("more");
        terminal.wait_for("All is said.");
        expect("idle", "");
        terminal.says("/exit");
        terminal.wait_for_end();
        scene.expect_same("state", &json!("ended"), || scene.session(&id)["state"].clone());
    });
}
