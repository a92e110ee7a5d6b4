//! The status line of a real tmux, drawn on the screen of another.

use std::fs;

use crate::scene::{COLUMNS, Scene};
use crate::support::ROOT;
use crate::support::terminal::Terminal;

/// As `docs/prompts.md` has it.
const STATUS: &str = r##"set -g status-right "#(bridgeline prompt tmux --dir #{q;s/[\n\t]/_/:pane_current_path})""##;

/// The same, with enough room for the names of these scenes.
fn wide() -> String {
    STATUS.replace("prompt tmux", &format!("prompt tmux --width {}", COLUMNS - 1))
}

/// A tmux within a terminal, its shell in `dir`.
fn tmux(scene: &Scene, conf: &str, dir: &str) -> Terminal {
    let conf = scene.sandbox.file(
        "home/tmux.conf",
        format!(
            "set -g status-interval 1\nset -g status-left ''\nset -g window-status-format ''\n\
             set -g window-status-current-format ''\nset -g status-right-length {COLUMNS}\n\
             set -g default-command 'cd \"$START\" && PS1=\"in> \" exec sh'\n{conf}\n"
        ),
    );
    let socket = scene.sandbox.text("inner.sock");
    let conf = conf.to_str().unwrap();
    scene.terminal(&["env", &format!("START={dir}"), "tmux", "-u", "-f", conf, "-S", &socket, "new-session"])
}

fn end(scene: &Scene) {
    let socket = scene.sandbox.text("inner.sock");
    let ended = std::process::Command::new("tmux").args(["-S", &socket, "kill-server"]).output();
    assert!(ended.unwrap().status.success());
}

#[test]
fn the_status_line_shows_the_session_of_the_pane() {
    let documented = fs::read_to_string(format!("{ROOT}/docs/prompts.md")).unwrap();
    assert!(documented.contains(STATUS));
    let scene = Scene::new();
    let terminal = tmux(&scene, &wide(), &scene.dir());
    let shown = scene.shown();
    terminal.wait_for_rows("status line", |rows| rows.last().is_some_and(|row| row.trim() == shown));
    scene.assert_nothing_ran();
    // Another pane, another directory: no session.
    terminal.types("cd /");
    terminal.press(&["Enter"]);
    terminal.wait_for_rows("status line elsewhere", |rows| rows.last().is_some_and(|row| row.is_empty()));
    scene.assert_nothing_ran();
    end(&scene);
}

#[test]
fn a_directory_cannot_end_the_command_of_the_status_line() {
    let scene = Scene::new();
    let dir = scene.sandbox.text("work/x\ntouch\tran1\n(touch\tran2)");
    fs::create_dir_all(&dir).unwrap();
    // tmux shows a command's output up to a second late, when that of the same directory has long run.
    let late = r##"set -ag status-right " #(sleep 1; basename #{q;s/[\n\t]/_/:pane_current_path})""##;
    let terminal = tmux(&scene, &format!("{STATUS}\n{late}"), &dir);
    let name = "x_touch_ran1_(touch_ran2)";
    terminal.wait_for_rows("status line", |rows| rows.last().is_some_and(|row| row.trim().starts_with(name)));
    scene.assert_nothing_ran();
    end(&scene);
}

#[test]
fn colours_are_styles_of_tmux() {
    let scene = Scene::new();
    let terminal = tmux(&scene, &wide(), &scene.dir());
    let shown = scene.shown();
    terminal.wait_for_rows("status line", |rows| rows.last().is_some_and(|row| row.trim() == shown));
    let colored = terminal.painted();
    let last = colored.trim_end().lines().last().unwrap();
    assert!(last.matches("\x1b[").count() >= 3, "{last:?}");
    end(&scene);
}
