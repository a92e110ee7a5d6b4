//! `sessions --watch` in a real terminal.

use serde_json::json;

use crate::scene::Scene;
use crate::support::NOW;

/// A shell in which the list can be started, as a user would.
fn start(scene: &Scene) -> crate::scene::Terminal<'_> {
    scene.sandbox.file("home/.bashrc", "PS1='> '\n");
    let rc = scene.sandbox.text("home/.bashrc");
    let terminal = scene.terminal(&["bash", "--noprofile", "--rcfile", &rc, "-i"]);
    terminal.wait_for_cursor_behind("bash", "> ");
    terminal.types("echo before; bridgeline sessions --watch; echo after $?");
    terminal.press(&["Enter"]);
    terminal
}

fn told(scene: &Scene, state: &str) {
    let ours = json!({"seq": 9, "state": state, "since_ms": NOW * 1000, "tasks": []});
    scene.sandbox.bridge("s", json!({ "bridgeline": ours }));
}

#[test]
fn the_list_follows_what_happens_and_the_terminal_is_given_back() {
    for key in ["q", "Escape", "C-c"] {
        let scene = Scene::new();
        let terminal = start(&scene);
        let rows = terminal.wait(key, |rows| rows[0].starts_with("state"));
        assert!(rows[1].starts_with("◆ "), "{rows:#?}");
        assert!(rows.iter().any(|row| row == "q quits"), "{rows:#?}");
        assert_eq!(terminal.tmux(&["display-message", "-p", "#{alternate_on} #{cursor_flag}"]).trim(), "1 0");
        told(&scene, "working");
        terminal.wait(key, |rows| rows[1].starts_with("● "));
        told(&scene, "ended");
        terminal.wait(key, |rows| rows[0].starts_with("no session is live"));
        terminal.press(&[key]);
        let rows = terminal.wait(key, |rows| rows.iter().any(|row| row == "after 0"));
        assert_eq!(rows[1..3], ["before", "after 0"], "{key}");
        terminal.wait_for_cursor_behind(key, "> ");
        let modes = terminal.tmux(&["display-message", "-p", "#{alternate_on} #{cursor_flag} #{wrap_flag}"]);
        assert_eq!(modes.trim(), "0 1 1", "{key}");
        // The terminal echoes and edits lines again.
        terminal.types("echo back");
        terminal.press(&["Enter"]);
        terminal.wait(key, |rows| rows.iter().any(|row| row == "back"));
        scene.assert_nothing_ran();
    }
}

#[test]
fn the_list_fits_a_terminal_that_gets_smaller() {
    let scene = Scene::new();
    let terminal = start(&scene);
    terminal.wait("wide", |rows| rows[0].contains("task"));
    for (columns, rows) in [("60", "10"), ("20", "5"), ("9", "3")] {
        terminal.tmux(&["resize-window", "-x", columns, "-y", rows]);
        let fits = |screen: &[String]| {
            let columns: usize = columns.parse().unwrap();
            let narrow =
                screen.iter().all(|row| unicode_width::UnicodeWidthStr::width(row.as_str()) <= columns);
            let rows: usize = rows.parse().unwrap();
            let is_table = screen[0].starts_with("state") && screen[1].starts_with('◆');
            is_table && narrow && (rows < 4 || screen[3] == "q quits")
        };
        terminal.wait(columns, fits);
    }
    terminal.tmux(&["resize-window", "-x", "300", "-y", "24"]);
    terminal.wait("wide again", |rows| rows[0].contains("task") && rows.iter().any(|row| row == "q quits"));
    terminal.press(&["q"]);
    terminal.wait("end", |rows| rows.iter().any(|row| row == "after 0"));
}
