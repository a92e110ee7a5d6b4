//! `bridgeline sessions --watch`: selecting, going to, and hiding a session.

use std::process::Command;

use serde_json::json;
use unicode_width::UnicodeWidthStr;

use crate::scene::Scene;
use crate::support::{BINARY, Call, LIMIT, Sandbox, poll};

/// The process of a session that has ended.
const NOBODY: &str = "4294967294";

/// A session of Claude Code in a folder of its own, active when this is run.
fn session(sandbox: &Sandbox, id: &str, pid: &str) -> Call {
    let folder = sandbox.text(&format!("work/{id}"));
    let payload = json!({
        "session_id": id, "session_name": format!("the {id}"), "model": {"display_name": "Opus 4.8"},
        "workspace": {"current_dir": folder, "project_dir": folder},
        "cost": {"total_cost_usd": 1.5}, "context_window": {"used_percentage": 42, "remaining_percentage": 58},
    });
    sandbox.file(&format!("work/{id}.json"), payload.to_string());
    sandbox.render(&payload).env("CLAUDE_PID", pid)
}

/// A process that lives: this one.
fn alive() -> String {
    std::process::id().to_string()
}

fn watch(scene: &Scene, args: &str) {
    scene.start_command(&format!("sessions --watch {args} 2>message"), BINARY, &[]);
    scene.wait_for("q quits");
}

/// The output between the command and its status after the list was left.
#[track_caller]
fn left_with(scene: &Scene) -> String {
    scene.resize(160, 24);
    let screen = scene.wait_for_status("0");
    screen.split("status 0").next().unwrap().trim().to_owned()
}

/// A tmux server inside the terminal of a scene.
struct Inner(String);

impl Inner {
    fn start(scene: &Scene, command: &str) -> Self {
        scene.sandbox.file("home/.tmux.conf", "set -g status off\nset -g exit-empty off\n");
        let inner = Inner(scene.sandbox.text("inner.sock"));
        let args = format!("-u -f ../home/.tmux.conf -S ../inner.sock new-session -s list '{command}'");
        scene.start_command(&args.replace('\'', "\""), "tmux", &[]);
        inner
    }

    #[track_caller]
    fn tmux(&self, args: &[&str]) -> String {
        let output = Command::new("tmux").args(["-S", &self.0]).args(args).output().unwrap();
        assert!(output.status.success(), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        _ = Command::new("tmux").args(["-S", &self.0, "kill-server"]).output();
    }
}

#[test]
fn enter_goes_to_the_pane_and_when_that_is_gone_tells_how_to_resume() {
    let scene = Scene::new("");
    _ = session(&scene.sandbox, "garden", NOBODY);
    let inner = Inner::start(&scene, "bridgeline sessions --watch; cat");
    scene.wait("a list", |screen| screen.contains("q quits") || screen.contains("no live sessions"));
    // In a tmux session of its own, next to the active pane.
    let agent = format!("CLAUDE_PID=$$ {BINARY} <garden.json >line; echo I am the agent; exec cat");
    let folder = scene.sandbox.text("work");
    inner.tmux(&["new-session", "-d", "-s", "other", "-c", &folder, &agent]);
    let pane = inner.tmux(&["display-message", "-p", "-t", "other", "#{pane_id}"]);
    inner.tmux(&["split-window", "-t", "other", "cat"]);
    scene.wait_for("> garden");
    scene.press(&["j", "Enter"]);
    scene.wait_for("I am the agent");
    let shown = || inner.tmux(&["list-clients", "-F", "#{client_session} #{pane_id}"]);
    assert!(poll(LIMIT, shown, |shown| *shown == format!("other {pane}")).is_ok(), "{}", shown());
    // The list continues in its own pane, and keeps the selected session when that ends.
    let client = inner.tmux(&["list-clients", "-F", "#{client_name}"]);
    inner.tmux(&["switch-client", "-c", &client, "-t", "list"]);
    inner.tmux(&["kill-session", "-t", "other"]);
    scene.wait_for("> ◌ ended");
    scene.press(&["Enter"]);
    let folder = scene.sandbox.text("work/garden");
    scene.resize(160, 24);
    scene.wait_for(&format!("cd {folder} && claude --resume garden"));
    scene.wait_for_no("q quits");
}

#[test]
fn outside_of_tmux_enter_tells_how_to_attach() {
    let scene = Scene::new("");
    session(&scene.sandbox, "garden", &alive()).run().rows();
    watch(&scene, "");
    let (server, socket) = (scene.tells("#{socket_path},#{pid},0"), scene.sandbox.text("tmux.sock"));
    let here = session(&scene.sandbox, "garden", &alive()).env("TMUX", server).env("TMUX_PANE", "%0");
    here.run().rows();
    scene.press(&["Enter"]);
    assert_eq!(left_with(&scene), format!("tmux -S {socket} attach-session -t %0"));
    scene.assert_given_back();
}

#[test]
fn a_pane_that_another_server_has_by_that_id_is_not_gone_to() {
    for (server, pane) in [("tmux.sock,1,0", "%0"), ("gone.sock,1,0", "%0"), ("", "%0"), ("tmux.sock,PID,0", "%99")] {
        let scene = Scene::new("");
        session(&scene.sandbox, "garden", &alive()).run().rows();
        watch(&scene, "");
        let server = scene.sandbox.text(server).replace("PID", &scene.tells("#{pid}"));
        let here = session(&scene.sandbox, "garden", &alive()).env("TMUX", &server).env("TMUX_PANE", pane);
        here.run().rows();
        scene.press(&["Enter"]);
        let told = left_with(&scene);
        let folder = scene.sandbox.text("work/garden");
        let expected = format!("Once it has ended, resume it with:\ncd {folder} && claude --resume garden");
        assert!(told.ends_with(&expected), "{server} {pane}: {told}");
    }
}

#[test]
fn what_is_hidden_stays_so_until_it_is_heard_of_again() {
    let scene = Scene::new("");
    session(&scene.sandbox, "garden", &alive()).run().rows();
    session(&scene.sandbox, "shed", NOBODY).run().rows();
    watch(&scene, "--all");
    scene.wait_for("> ");
    // One that is live cannot be hidden.
    scene.press(&["x", "j"]);
    scene.wait_for("> ◌ ended");
    scene.press(&["x"]);
    scene.wait_for_no("shed");
    scene.press(&["a"]);
    scene.wait_for("a show ended");
    scene.press(&["a"]);
    let screen = scene.wait_for("a hide ended");
    assert!(screen.contains("garden") && !screen.contains("shed"), "{screen}");
    session(&scene.sandbox, "shed", NOBODY).later(60).run().rows();
    scene.wait_for("the shed");
    let printed = scene.sandbox.call(&["sessions", "--all"]).run().rows();
    assert_eq!(printed.len(), 3, "{printed:#?}");
}

#[test]
fn names_are_cut_to_the_terminal_and_the_chosen_one_is_seen() {
    let scene = Scene::new("");
    for number in 1..=30 {
        session(&scene.sandbox, &format!("日本語の庭\u{1b}[2J{number:02}"), &alive()).run().rows();
    }
    watch(&scene, "");
    for (columns, rows) in [(30, 10), (80, 24), (160, 12), (12, 3), (200, 24)] {
        scene.resize(columns, rows);
        let seen = rows - 2 - if rows < 5 { 0 } else { 2 };
        for (key, at) in [("End", seen), ("k", seen), ("Home", 1), ("j", seen.min(2))] {
            scene.press(&[key]);
            let fits = |screen: &str| {
                let marked: Vec<usize> =
                    screen.lines().enumerate().filter(|(_, row)| row.starts_with("> ")).map(|(at, _)| at).collect();
                let is_whole = screen.contains(&format!("… {} more", 30 - seen));
                marked == [at] && is_whole && screen.lines().all(|row| row.width() <= columns)
            };
            scene.wait(&format!("{columns} x {rows} {key}"), fits);
        }
    }
}
