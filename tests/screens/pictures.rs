//! The README's pictures of what is more than a line: screens as they stand in a terminal, drawn.
//! `SNAPSHOTS=overwrite cargo test --test screens pictures` makes them anew.

use std::path::Path;

use bridgeline::paint::{painted, svg};
use bridgeline::theme::{self, Depth, Look};
use serde_json::json;
use snapbox::{Data, assert_data_eq};

use crate::support::{NOW, Sandbox};
use crate::terminal::{BINARY, Terminal};

/// What stands on the screen is what its picture shows. Folders that are others at each run have names there
/// as a user would have.
#[track_caller]
fn assert_drawn(terminal: &Terminal, name: &str, title: &str) {
    let programs = Path::new(BINARY).parent().unwrap().to_str().unwrap();
    let screen = terminal.painted().replace(&terminal.sandbox.text("home"), "/home/ada");
    let screen = screen.replace(programs, "/home/ada/.cargo/bin");
    let row = |runs| svg::Row { runs, depth: Depth::True };
    let rows: Vec<svg::Row> = painted::lines(&screen).into_iter().map(row).collect();
    let look: &Look = &theme::find(theme::DEFAULT, None).look;
    let file = format!("docs/screens/{name}.svg");
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(file);
    assert_data_eq!(svg::picture(&rows, look, 0, title), Data::read_from(&path, None));
}

/// A session in a project of its own, as its agent and its hooks tell of it.
struct Session {
    project: &'static str,
    /// State, and minutes since when.
    state: (&'static str, u64),
    mode: &'static str,
    model: &'static str,
    context: u8,
    cost: f64,
    /// The task at hand; how many are done, and how many there are.
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
    let terminal = Terminal::new("");
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
    terminal.run(&format!("{} cat", lines.map(line).concat()), BINARY, &[COLORS]);
    terminal.resize(130, 7);
    terminal.wait_until("no line of kimi", |screen| screen.contains("31% used"));
    assert_drawn(&terminal, "agents", "A line of each agent that bridgeline knows");
}

/// What this command prints, until it ends or asks something, is what its picture shows.
#[track_caller]
fn assert_printed(terminal: &Terminal, args: &str, end: &str, name: &str, title: &str) {
    terminal.run(&format!("echo '$ bridgeline {args}'; \"$0\" {args}; cat"), BINARY, &[COLORS]);
    terminal.resize(220, 50);
    terminal.wait_until(end, |screen| screen.contains(end));
    assert_drawn(terminal, name, title);
}

const COLORS: &str = "COLORTERM=truecolor";

#[test]
fn the_list_of_sessions() {
    let terminal = Terminal::new("");
    SESSIONS.iter().for_each(|session| live(&terminal.sandbox, session));
    terminal.start_command("sessions --watch", BINARY, &[COLORS]);
    terminal.resize(124, 7);
    terminal.wait_for("to the new router");
    let title =
        "bridgeline sessions --watch: sessions with state, project, mode, model, context, cost and task";
    assert_drawn(&terminal, "sessions", title);
}

#[test]
fn the_changes_that_install_asks_about() {
    let terminal = Terminal::new("");
    let settings = "{\n  \"model\": \"opus\", // until Friday\n  \"statusLine\": { \"type\": \"command\", \
                    \"command\": \"npx ccstatusline\" },\n  \"includeCoAuthoredBy\": false\n}\n";
    terminal.sandbox.file("home/.claude/settings.json", settings);
    let title = "bridgeline install: a diff of the settings, and a question";
    assert_printed(&terminal, "install", "[y/N]", "install", title);
}

#[test]
fn the_explanation_of_a_line() {
    let terminal = Terminal::new("");
    SESSIONS.iter().for_each(|session| live(&terminal.sandbox, session));
    let title = "bridgeline explain: what each segment shows and why, or why it does not";
    let args = "explain --session garden --width 50";
    assert_printed(&terminal, args, "git ", "explain", title);
}

#[test]
fn a_prompt_and_the_status_line_of_tmux() {
    let terminal = Terminal::new("");
    let sandbox = &terminal.sandbox;
    SESSIONS.iter().for_each(|session| live(sandbox, session));
    sandbox
        .file("home/.bashrc", "PS1='\\[\\e[1;36m\\]\\W\\[\\e[0m\\] $ '\neval \"$(bridgeline init bash)\"\n");
    let documented = include_str!("../../README.md").split_once("```tmux\n").unwrap().1;
    let (documented, _) = documented.split_once("```").unwrap();
    assert!(documented.contains("prompt tmux --all"));
    let looks = "set -g status-interval 1\nset -g status-style 'bg=#2b2f3a,fg=#9aa2b8'\nset -g status-left ''\n\
                 set -g window-status-current-format ' #{b:pane_current_path} '\n\
                 set -as terminal-features ',*:RGB'\nset -g default-command 'cd garden && exec bash'\n";
    sandbox.file("home/.tmux.conf", format!("{looks}{documented}"));
    terminal.start_command("-u -f ../home/.tmux.conf -S ../inner.sock new-session", "tmux", &[COLORS]);
    terminal.resize(100, 8);
    terminal.wait_for("garden $");
    terminal.press(&["ls", "Enter"]);
    // Who waits and who works stands at the end of the last row.
    terminal.wait_for("◆ 1 ● 2");
    terminal.wait_until("no second prompt", |screen| screen.matches("garden $").count() == 2);
    let title = "A session above the prompt of bash, and the same in the status line of tmux";
    assert_drawn(&terminal, "prompt", title);
    let inner = terminal.sandbox.text("inner.sock");
    let ended = std::process::Command::new("tmux").args(["-S", &inner, "kill-server"]).status();
    assert!(ended.unwrap().success());
}

/// The editor, and a config that has something to show.
fn editor(preset: &str) -> Terminal {
    let looks = "theme = \"catppuccin-mocha\"\nedges = \"nerd\"\n";
    let terminal = Terminal::new(&format!("preset = \"{preset}\"\n{looks}"));
    terminal.open(&[COLORS]);
    terminal
}

#[test]
fn the_editor_with_a_theme_that_is_tried() {
    let terminal = editor("powerline");
    terminal.press(&["Up"]);
    terminal.wait_for("(Enter to choose)");
    let title = "bridgeline configure: the line in a theme that is tried, and a list of themes";
    assert_drawn(&terminal, "configure-themes", title);
}

#[test]
fn the_editor_with_the_segments_of_the_rows() {
    let terminal = editor("two-row");
    terminal.press(&["3", "Right"]);
    terminal.wait_for("[git]");
    let title = "bridgeline configure: the line, and its segments to add, move and remove";
    assert_drawn(&terminal, "configure-rows", title);
}
