//! `bridgeline usage --live` shows the running block, follows it, and restores the terminal.

use std::fs::{self, File};
use std::io::Write;

use serde_json::json;

use crate::scene::Scene;
use crate::support::{BINARY, NOW};

/// Lines of a message for each of these minutes before now, 25 USD each.
fn lines(minutes: &[u64]) -> String {
    let line = |minute: &u64| {
        let at = jiff::Timestamp::from_second((NOW - minute * 60) as i64).unwrap();
        let usage = json!({"output_tokens": 1_000_000});
        let message = json!({"id": format!("m{minute}"), "model": "claude-opus-4-8", "usage": usage});
        let line = json!({"type": "assistant", "timestamp": at.to_string(), "sessionId": "s", "message": message});
        format!("{line}\n")
    };
    minutes.iter().map(line).collect()
}

/// The screen with a block of two messages, whose limit resets in three hours.
fn live() -> Scene {
    live_of("")
}

/// The same for an agent.
fn live_of(args: &str) -> Scene {
    let scene = Scene::new("");
    let payload = json!({
        "session_id": "s", "session_name": "the garden", "model": {"display_name": "Opus 4.8"},
        "rate_limits": {
            "five_hour": {"used_percentage": 60, "resets_at": NOW + 3 * 3600},
            "seven_day": {"used_percentage": 75, "resets_at": NOW + 2 * 86_400},
        },
    });
    scene.sandbox.render(&payload).env("CLAUDE_PID", std::process::id().to_string()).run().rows();
    scene.sandbox.file("home/.claude/projects/p/s.jsonl", lines(&[90, 30]));
    scene.start_command(&format!("usage --live {args} 2>message"), BINARY, &[]);
    scene.wait_for("q quits");
    scene
}

#[test]
fn another_agent_has_other_blocks_and_sessions() {
    let screen = live_of("--agent codex").screen();
    assert!(screen.contains("no running block") && !screen.contains("the garden"), "{screen}");
}

#[test]
fn the_running_block_is_shown_and_followed() {
    let scene = live();
    let screen = scene.screen();
    for part in ["3h left", "60% used, pace +20%, full in 1h20m", "75% used, pace +4%", "$50.00/h", "the garden"] {
        assert!(screen.contains(part), "{part}: {screen}");
    }
    let path = scene.sandbox.path("home/.claude/projects/p/s.jsonl");
    let mut file = File::options().append(true).open(path).unwrap();
    file.write_all(lines(&[1]).as_bytes()).unwrap();
    scene.wait_for("$75.00");
    scene.resize(40, 12);
    scene.wait("a narrow screen", |screen| screen.contains("q quits") && screen.lines().count() <= 12);
    for text in ["3h left", "60% used"] {
        assert!(scene.screen().contains(text), "{}", scene.screen());
    }
    scene.resize(80, 24);
    scene.wait_for("full in 1h20m");
    scene.press(&["q"]);
    scene.assert_restored("0", "");
}

#[test]
fn whatever_ends_it_the_terminal_is_given_back() {
    for key in ["Escape", "C-c"] {
        let scene = live();
        scene.press(&[key]);
        scene.assert_restored("0", "");
    }
    let scene = live();
    scene.kill("TERM");
    scene.assert_restored("1", "bridgeline: usage --live: stopped by a signal\n");
}

#[test]
fn an_index_that_cannot_be_written_is_told() {
    let scene = Scene::new("");
    fs::create_dir_all(scene.sandbox.path("state")).unwrap();
    scene.sandbox.file("state/usage", "a file");
    scene.start_command("usage --live 2>message", BINARY, &[]);
    let told = scene.ended("1");
    assert!(told.contains("usage index"), "{told}");
}

#[test]
fn a_report_says_what_it_waits_for() {
    let scene = Scene::new("");
    scene.sandbox.file("home/.claude/projects/p/s.jsonl", lines(&[30]));
    scene.sandbox.call(&["usage"]).run().painted();
    let lock = File::open(scene.sandbox.path("state/usage/files.lock")).unwrap();
    lock.lock().unwrap();
    scene.start_command("usage monthly", BINARY, &[]);
    scene.wait_for("waiting for another process");
    lock.unlock().unwrap();
    scene.wait("the report", |screen| screen.contains("$25.00") && !screen.contains("waiting"));
}
