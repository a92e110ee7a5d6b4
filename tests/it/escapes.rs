//! Text from outside never controls the terminal: whatever a name, a path or a task contains, there are as many rows as
//! the preset has, and the only escape sequences are our own colours.

use serde_json::{Value, json};

use crate::support::{RICH, Sandbox};

const HOSTILE: &[&str] = &[
    "\x1b]52;c;cm0gLXJm\x07",
    "\x1b]8;;https://example.org\x1b\\click\x1b]8;;\x1b\\",
    "\x1b]0;title\x07\x1b[2J\x1b[H\x1b[31m",
    "\x1bP+q544e\x1b\\\x1b_x\x1b\\\x1bc\x1b#8",
    "line\nbreaks\r\nof\rall\x0bkinds\x0c\u{85}\u{2028}and\u{2029}more",
    "\u{9b}31m\u{9d}0;t\u{9c}\u{90}q\u{9f}",
    "\u{202e}desrever\u{202d}\u{2066}\u{2067}\u{2069}\u{200e}\u{200f}\u{61c}",
    "zero\u{200b}width\u{200c}\u{2060}\u{feff}x\u{200d}y",
    "tags\u{e0041}\u{e0042}\u{e007f}",
    "marks e\u{301}\u{301}\u{301}\u{301}\u{301}\u{301}\u{301}\u{301}",
    "\x00\x07\x08\x7f\t",
    "$(touch /tmp/x) `id` %s ${HOME} \\[ \\] \u{fdd0}\u{ffff}",
];

/// A session in which every text from outside is hostile.
fn session(sandbox: &Sandbox, text: &str) -> Value {
    let mut payload = sandbox.rich();
    payload["model"]["display_name"] = json!(text);
    payload["effort"]["level"] = json!(text);
    payload["session_name"] = json!(text);
    payload["output_style"]["name"] = json!(text);
    payload["version"] = json!(text);
    payload["vim"]["mode"] = json!(text);
    payload["worktree"]["name"] = json!(text);
    payload["pr"]["review_state"] = json!(text);
    payload["pr"]["url"] = json!(text);
    sandbox.file("work/garden/.git/HEAD", format!("ref: refs/heads/{text}\n"));
    let task = json!({"id": "2", "subject": text, "activeForm": text, "status": "in_progress"});
    sandbox.file(&format!("config/tasks/{RICH}/2.json"), task.to_string());
    payload
}

/// Each preset with its number of rows; blank ones are not printed.
const PRESETS: [(&str, usize); 7] =
    [("default", 1), ("full", 3), ("minimal", 1), ("powerline", 1), ("two-row", 2), ("hud", 3), ("classic", 1)];

#[track_caller]
fn check(sandbox: &Sandbox, payload: &Value, args: &[&str], depth: &str) {
    for (preset, rows) in PRESETS {
        let call = sandbox.render(payload).args(&["--preset", preset, "--width", "2000"]).args(args);
        let printed = call.env("FORCE_COLOR", depth).run().rows();
        assert!((1..=rows).contains(&printed.len()), "{preset} {args:?}: {printed:?}");
    }
}

#[test]
fn no_hostile_text_gets_through() {
    for text in HOSTILE {
        let sandbox = Sandbox::new();
        let mut payload = session(&sandbox, text);
        check(&sandbox, &payload, &[], "3");
        payload["workspace"]["current_dir"] = json!(format!("/x/{text}"));
        check(&sandbox, &payload, &[], "3");
    }
}

#[test]
fn no_hostile_text_comes_through_in_any_theme_and_depth() {
    let sandbox = Sandbox::new();
    let payload = session(&sandbox, &HOSTILE.concat());
    for theme in ["default", "light", "mono", "node"] {
        for depth in ["0", "1", "2", "3"] {
            check(&sandbox, &payload, &["--theme", theme], depth);
        }
    }
}

#[test]
fn hostile_text_is_as_harmless_in_the_last_good_line() {
    for text in HOSTILE {
        let sandbox = Sandbox::new();
        let payload = session(&sandbox, text);
        sandbox.render(&payload).run().line();
        let call = || sandbox.call(&[]).env("CLAUDE_CODE_SESSION_ID", RICH);
        call().run().line();
        let cache = format!("state/sessions/{RICH}.json");
        let mut planted = sandbox.json(&cache);
        planted["line"] = json!(text);
        sandbox.file(&cache, planted.to_string());
        assert!(call().run().line().ends_with(" (0s old)"));
    }
}

const HOSTILE_THEME: &str = "about = \"\\u001b]0;x\\u0007\"\n[roles]\nmodel = \"\\u001b[2J\"\n";

#[test]
fn a_theme_file_brings_no_escape_sequence_into_the_line() {
    let sandbox = Sandbox::new();
    sandbox.file("home/.config/bridgeline/themes/x.toml", HOSTILE_THEME);
    let payload = sandbox.rich();
    check(&sandbox, &payload, &["--theme", "x"], "3");
}

#[test]
fn what_preview_says_of_a_theme_is_harmless_too() {
    let sandbox = Sandbox::new();
    sandbox.file("home/.config/bridgeline/themes/x.toml", HOSTILE_THEME);
    for theme in ["x", "\x1b]0;x\x07"] {
        let rows = sandbox.call(&["preview", "--theme", theme]).run().rows();
        assert!(rows[0].starts_with("warning: "), "{rows:?}");
    }
}

#[test]
fn text_of_which_nothing_is_left_is_absent() {
    let sandbox = Sandbox::new();
    let check = |payload: Value, expected: &str| {
        assert_eq!(sandbox.render(&payload).run().line(), expected, "{payload}");
    };
    check(json!({"model": "\x07", "effort": "\u{202e}", "cwd": "/x"}), "x");
    check(json!({"model": "M", "effort": "\u{200b}", "cwd": "/x"}), "M │ x");
    check(json!({"model": "M", "cwd": "/\x1b"}), "M");
}
