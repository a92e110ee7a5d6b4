//! `sessions --watch` in a real terminal.

use serde_json::json;
use unicode_width::UnicodeWidthStr;

use crate::scene::Scene;
use crate::support::NOW;
use crate::support::terminal::Terminal;

/// A shell in which the list can be started, as users do.
fn start(scene: &Scene) -> Terminal {
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
        let rows = terminal.wait_for_rows(key, |rows| rows[0].starts_with("  state"));
        assert!(rows[1].starts_with("> ◆ "), "{rows:#?}");
        assert!(rows.iter().any(|row| row.starts_with("q quits")), "{rows:#?}");
        assert_eq!(terminal.tells("#{alternate_on} #{cursor_flag}"), "1 0");
        told(&scene, "working");
        terminal.wait_for_rows(key, |rows| rows[1].starts_with("> ● "));
        told(&scene, "ended");
        terminal.wait_for_rows(key, |rows| rows[0].starts_with("no live sessions"));
        terminal.press(&[key]);
        let rows = terminal.wait_for_rows(key, |rows| rows.contains(&"after 0"));
        assert_eq!(rows[1..3], ["before", "after 0"], "{key}");
        terminal.wait_for_cursor_behind(key, "> ");
        let modes = terminal.tells("#{alternate_on} #{cursor_flag} #{wrap_flag}");
        assert_eq!(modes, "0 1 1", "{key}");
        // The terminal echoes and edits lines again.
        terminal.types("echo back");
        terminal.press(&["Enter"]);
        terminal.wait_for_rows(key, |rows| rows.contains(&"back"));
        scene.assert_nothing_ran();
    }
}

#[test]
fn the_list_fits_a_terminal_that_gets_smaller() {
    let scene = Scene::new();
    let terminal = start(&scene);
    terminal.wait_for_rows("wide", |rows| rows[0].contains("task"));
    for (columns, rows) in [(60, 10), (20, 5), (9, 3)] {
        terminal.resize(columns, rows);
        let fits = |screen: &[&str]| {
            let is_narrow = screen.iter().all(|row| row.width() <= columns);
            let is_table = screen[0].starts_with("  state") && screen[1].starts_with("> ◆");
            is_table && is_narrow && (rows < 4 || screen[3].starts_with("q quits"))
        };
        terminal.wait_for_rows(&format!("{columns} columns"), fits);
    }
    terminal.resize(300, 24);
    terminal.wait_for_rows("wide again", |rows| rows[0].contains("task") && rows[3].starts_with("q quits"));
    terminal.press(&["q"]);
    terminal.wait_for_rows("end", |rows| rows.contains(&"after 0"));
}
