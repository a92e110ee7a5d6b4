//! Pictures of screens, drawn from a terminal. `SNAPSHOTS=overwrite cargo test --no-fail-fast --test it --test screens
//! pictures` renews them, with all others.

use std::path::Path;

use bridgeline::paint::svg;
use bridgeline::theme::{self, Depth, Look};
use serde_json::json;
use snapbox::{Data, assert_data_eq};

use crate::scene::Scene;
use crate::support::{BINARY, NOW, Sandbox, drawn};

/// The picture shows the screen. Folders that differ at each run are replaced by typical names.
#[track_caller]
fn assert_drawn(scene: &Scene, name: &str, title: &str) {
    let programs = Path::new(BINARY).parent().unwrap().to_str().unwrap();
    let screen = scene.painted().replace(&scene.sandbox.text("home"), "/home/ada");
    let screen = screen.replace(programs, "/home/ada/.cargo/bin");
    let row = |runs| svg::SvgRow { runs, depth: Depth::True };
    let rows: Vec<svg::SvgRow> = drawn::lines(&screen).into_iter().map(row).collect();
    let look: &Look = &theme::find(theme::DEFAULT, None).look;
    let path = drawn::pictures().join(format!("{name}.svg"));
    assert_data_eq!(svg::picture(&rows, look, 0, title), Data::read_from(&path, None));
}

/// A session in a project of its own, with a payload and hook events.
struct Session {
    project: &'static str,
    /// State, and minutes since when.
    state: (&'static str, u64),
    mode: &'static str,
    model: &'static str,
    context: u8,
    cost: f64,
    /// The current task, the number done, and the total.
    task: (&'static str, usize, usize),
}

const SESSIONS: [Session; 4] = [
    Session {
        project: "garden",
        state: ("waiting", 3),
        mode: "plan",
        model: "Opus 4.8",
        context: 42,
        cost: 1.5,
        task: ("Paint the door", 1, 2),
    },
    Session {
        project: "api",
        state: ("working", 0),
        mode: "acceptEdits",
        model: "Sonnet 5",
        context: 71,
        cost: 3.87,
        task: ("Fix the login flow", 3, 5),
    },
    Session {
        project: "website",
        state: ("working", 6),
        mode: "bypassPermissions",
        model: "Opus 4.8",
        context: 93,
        cost: 12.4,
        task: ("Move the pages to the new router", 8, 9),
    },
    Session {
        project: "notes",
        state: ("idle", 25),
        mode: "default",
        model: "Haiku 4.5",
        context: 9,
        cost: 0.12,
        task: ("", 0, 0),
    },
];

fn live(sandbox: &Sandbox, session: &Session) {
    let Session { project, state: (state, minutes), mode, model, context, cost, task } = session;
    let (subject, done, all) = task;
    let status = |at: usize| match at.cmp(done) {
        std::cmp::Ordering::Less => "completed",
        std::cmp::Ordering::Equal => "in_progress",
        std::cmp::Ordering::Greater => "pending",
    };
    let task = |at: usize| json!({"id": at.to_string(), "subject": subject, "status": status(at)});
    let tasks: Vec<_> = (0..*all).map(task).collect();
    let since_ms = (NOW - minutes * 60) * 1000;
    let ours = json!({"seq": 1, "state": state, "since_ms": since_ms, "mode": mode, "tasks": tasks});
    sandbox.bridge(project, json!({ "bridgeline": ours }));
    let dir = sandbox.text(&format!("work/{project}"));
    sandbox.file(&format!("work/{project}/README.md"), "");
    let payload = json!({
        "session_id": project,
        "model": {"display_name": model},
        "workspace": {"current_dir": dir, "project_dir": dir},
        "cost": {"total_cost_usd": cost},
        "context_window": {"used_percentage": context, "remaining_percentage": 100 - context},
    });
    _ = sandbox.render(&payload).run().rows();
}

#[test]
fn a_line_of_every_agent() {
    let scene = Scene::new("");
    let status = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/status");
    let lines = [
        ("claude-code", "older/2026-05-everything.json"),
        ("copilot", "copilot/resumed.json"),
        ("cursor", "cursor/working.json"),
        ("qwen", "qwen/two-models.json"),
        ("antigravity", "antigravity/confirming.json"),
        ("kimi", "kimi/planning.json"),
    ];
    let line = |(agent, file): (&str, &str)| {
        format!("printf '%-13s' {agent}; \"$0\" --width 108 <'{}'; ", status.join(file).display())
    };
    scene.run(&format!("{} cat", lines.map(line).concat()), BINARY, &[COLORS]);
    scene.resize(130, 7);
    scene.wait("a line of kimi", |screen| screen.contains(" 31%"));
    assert_drawn(&scene, "agents", "The line of each agent that runs a statusline command");
}

/// The picture shows the output of this command, up to its end or its question.
#[track_caller]
fn assert_printed(scene: &Scene, args: &str, end: &str, name: &str, title: &str) {
    // The output wraps at the current width of the terminal.
    let sized = r#"until [ "$(stty size)" = "50 220" ]; do sleep 0.05; done"#;
    scene.run(&format!("{sized}; echo '$ bridgeline {args}'; \"$0\" {args}; cat"), BINARY, &[COLORS]);
    scene.resize(220, 50);
    scene.wait(end, |screen| screen.contains(end));
    assert_drawn(scene, name, title);
}

const COLORS: &str = "COLORTERM=truecolor";

#[test]
fn the_list_of_sessions() {
    let scene = Scene::new("");
    SESSIONS.iter().for_each(|session| live(&scene.sandbox, session));
    scene.start_command("sessions --watch", BINARY, &[COLORS]);
    scene.resize(124, 7);
    scene.wait_for("to the new router");
    let title = "bridgeline sessions --watch: sessions with state, project, mode, model, context, cost and task";
    assert_drawn(&scene, "sessions", title);
}

#[test]
fn the_looks_that_setup_offers() {
    let scene = Scene::new("");
    live(&scene.sandbox, &SESSIONS[0]);
    scene.sandbox.file("home/.claude/settings.json", "{}");
    scene.start_command("setup", BINARY, &[COLORS, "COLORFGBG=15;0"]);
    scene.resize(90, 14);
    scene.wait_for("Which coding agents");
    scene.press(&["Enter", "3"]);
    scene.wait_for("4 minimal");
    let title = "bridgeline setup: four looks to choose from, with a session in each";
    assert_drawn(&scene, "setup", title);
}

#[test]
fn the_explanation_of_a_line() {
    let scene = Scene::new("");
    SESSIONS.iter().for_each(|session| live(&scene.sandbox, session));
    let title = "bridgeline explain: what each segment shows, its source, or why it is hidden";
    let args = "explain --session garden --width 50";
    assert_printed(&scene, args, "git ", "explain", title);
}

#[test]
fn a_prompt_and_the_status_line_of_tmux() {
    let scene = Scene::new("");
    let sandbox = &scene.sandbox;
    SESSIONS.iter().for_each(|session| live(sandbox, session));
    sandbox.file("home/.bashrc", "PS1='\\[\\e[1;36m\\]\\W\\[\\e[0m\\] $ '\neval \"$(bridgeline init bash)\"\n");
    let documented = include_str!("../../README.md").split_once("```tmux\n").unwrap().1;
    let (documented, _) = documented.split_once("```").unwrap();
    assert!(documented.contains("prompt tmux --all"));
    let looks = "set -g status-interval 1\nset -g status-style 'bg=#2b2f3a,fg=#9aa2b8'\nset -g status-left ''\n\
                 set -g window-status-current-format ' #{b:pane_current_path} '\n\
                 set -as terminal-features ',*:RGB'\nset -g default-command 'cd garden && exec bash'\n";
    sandbox.file("home/.tmux.conf", format!("{looks}{documented}"));
    scene.start_command("-u -f ../home/.tmux.conf -S ../inner.sock new-session", "tmux", &[COLORS]);
    scene.resize(100, 8);
    scene.wait_for("garden $");
    scene.press(&["ls", "Enter"]);
    // Waiting and working sessions are counted at the end of the last row.
    scene.wait_for("◆ 1 ● 2");
    scene.wait("a second prompt", |screen| screen.matches("garden $").count() == 2);
    let title = "A session above the prompt of bash, and the same in the status line of tmux";
    assert_drawn(&scene, "prompt", title);
    let inner = scene.sandbox.text("inner.sock");
    let ended = std::process::Command::new("tmux").args(["-S", &inner, "kill-server"]).status();
    assert!(ended.unwrap().success());
}

/// The editor, and a config that has something to show.
fn editor(preset: &str) -> Scene {
    let looks = "theme = \"catppuccin-mocha\"\nedges = \"nerd\"\n";
    let scene = Scene::new(&format!("preset = \"{preset}\"\n{looks}"));
    scene.open(&[COLORS]);
    scene
}

#[test]
fn the_editor_with_a_theme_that_is_tried() {
    let scene = editor("powerline");
    scene.press(&["Up"]);
    scene.wait_for("(Enter to choose)");
    let title = "bridgeline configure: a preview of a theme, and the list of themes";
    assert_drawn(&scene, "configure-themes", title);
}

#[test]
fn the_editor_with_the_segments_of_the_rows() {
    let scene = editor("two-row");
    scene.press(&["3", "Right"]);
    scene.wait_for("[git]");
    let title = "bridgeline configure: the line, and its segments to add, move and remove";
    assert_drawn(&scene, "configure-rows", title);
}
