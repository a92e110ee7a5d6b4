//! `bridgeline sessions`: live and waiting sessions, and a table that fits.

use serde_json::{Value, json};
use snapbox::{assert_data_eq, str};

use crate::support::{Call, NOW, Sandbox};

/// A session in a project of its own, with a payload and hook events.
fn session(sandbox: &Sandbox, name: &str, state: Option<&str>, keys: &Value) -> Call {
    let mut payload = json!({
        "session_id": name,
        "model": {"display_name": "Opus 4.8"},
        "workspace": {"current_dir": format!("/work/{name}"), "project_dir": format!("/work/{name}")},
        "cost": {"total_cost_usd": 1.5},
        "context_window": {"used_percentage": 42, "remaining_percentage": 58},
    });
    for (key, value) in keys.as_object().into_iter().flatten() {
        payload[key] = value.clone();
    }
    if let Some(state) = state {
        let ours = json!({"seq": 1, "state": state, "since_ms": (NOW - 120) * 1000, "mode": "plan",
            "tasks": [{"id": "1", "subject": "Paint the door of the shed", "status": "in_progress"}]});
        sandbox.bridge(name, json!({ "bridgeline": ours }));
    }
    sandbox.render(&payload)
}

fn scene() -> Sandbox {
    let sandbox = Sandbox::new();
    for (name, state) in [("idle", "idle"), ("garden", "working"), ("shed", "waiting"), ("over", "ended")] {
        session(&sandbox, name, Some(state), &json!({})).run().rows();
    }
    session(&sandbox, "bare", None, &json!({"model": {"display_name": "モデル"}})).run().rows();
    session(&sandbox, "gone", Some("waiting"), &json!({})).env("CLAUDE_PID", "4294967294").run().rows();
    sandbox
}

#[test]
fn live_sessions_are_listed_and_those_that_wait_come_first() {
    let sandbox = scene();
    let table = sandbox.call(&["sessions"]).env("COLUMNS", "100").run().painted();
    assert_data_eq!(
        table,
        str![[r#"
state         project  session  mode  model     context       cost   task
◆ waiting 2m  shed     shed     plan  Opus 4.8  ctx █▋── 42%  $1.50  ▸ Paint the door of the shed
● working 2m  garden   garden   plan  Opus 4.8  ctx █▋── 42%  $1.50  ▸ Paint the door of the shed
○ idle 2m     idle     idle     plan  Opus 4.8  ctx █▋── 42%  $1.50  ▸ Paint the door of the shed
              bare     bare           モデル    ctx █▋── 42%  $1.50

"#]]
    );
    let names = |args: &[&str]| -> Vec<String> {
        let rows = sandbox.call(args).env("COLUMNS", "100").run().rows();
        let known = ["idle", "garden", "shed", "over", "bare", "gone"];
        let name = |row: &String| row.split_whitespace().find(|word| known.contains(word)).map(str::to_owned);
        // One session is named like the state of another.
        rows.iter().skip(1).filter_map(|row| name(&row.replace("○ idle 2m", ""))).collect()
    };
    assert_eq!(names(&["sessions"]), ["shed", "garden", "idle", "bare"]);
    assert_eq!(names(&["sessions", "--all"])[..4], ["shed", "garden", "idle", "bare"]);
    assert_eq!(names(&["sessions", "--all"]).len(), 6);
}

#[test]
fn sessions_of_one_folder_are_told_apart() {
    let sandbox = Sandbox::new();
    sandbox.file("work/garden/.git/HEAD", "ref: refs/heads/beds\n");
    let place = json!({"current_dir": sandbox.text("work/garden"), "project_dir": sandbox.text("work/garden")});
    for (id, name) in [("11111111-2222", Value::Null), ("33333333-4444", Value::Null), ("c", json!("Water"))] {
        session(&sandbox, id, Some("idle"), &json!({"workspace": place, "session_name": name})).run().rows();
    }
    let rows = sandbox.call(&["sessions"]).env("COLUMNS", "100").run().rows();
    let labels = ["11111111 beds", "33333333 beds", "Water"];
    assert_eq!(rows.len(), 4, "{rows:#?}");
    for label in labels {
        assert_eq!(rows.iter().filter(|row| row.contains(label)).count(), 1, "{label}: {rows:#?}");
    }
}

#[test]
fn the_table_fits_whatever_the_terminal_has() {
    let sandbox = scene();
    let long = json!({"session_name": "x", "model": {"display_name": "日本語".repeat(40)}});
    session(&sandbox, "wide", Some("waiting"), &long).run().rows();
    for columns in [1, 2, 3, 8, 9, 13, 20, 31, 47, 59, 60, 79, 80, 99, 140_usize] {
        let rows = sandbox.call(&["sessions", "--all"]).env("COLUMNS", columns.to_string()).run().rows();
        assert_eq!(rows.len(), 8, "{columns}: {rows:#?}");
        for row in rows {
            assert!(unicode_width::UnicodeWidthStr::width(row.as_str()) <= columns, "{columns}: {row}");
        }
    }
}

#[test]
fn outside_text_cannot_leave_its_cell() {
    let sandbox = Sandbox::new();
    let hostile = json!({"model": {"display_name": "M\x1b[2J\nfake row\u{202e}"},
        "workspace": {"current_dir": "/w/a\nb\x1b]0;x\x07", "project_dir": "/w/a\nb\x1b]0;x\x07"}});
    session(&sandbox, "s", Some("waiting"), &hostile).run().rows();
    let rows = sandbox.call(&["sessions", "--color", "always"]).env("COLUMNS", "120").run().rows();
    assert_eq!(rows.len(), 2, "{rows:#?}");
    assert!(rows[1].contains("M[2J fake row") && rows[1].contains("a b]0;x"), "{rows:#?}");
}

#[test]
fn colours_are_for_terminals_and_for_whoever_asks() {
    let sandbox = scene();
    let table = || sandbox.call(&["sessions"]).env("TERM", "xterm-256color");
    assert!(!table().run().painted().contains('\x1b'));
    assert!(table().args(&["--color", "always"]).run().painted().contains("\x1b["));
    assert!(table().env("FORCE_COLOR", "1").run().painted().contains("\x1b["));
}

#[test]
fn as_json_for_other_programs() {
    let sandbox = scene();
    let told = |args: &[&str]| -> Value { serde_json::from_str(&sandbox.call(args).run().painted()).unwrap() };
    let live = told(&["sessions", "--json"]);
    let states: Vec<&Value> = live["sessions"].as_array().unwrap().iter().map(|one| &one["state"]).collect();
    assert_eq!(states, [&json!("waiting"), &json!("working"), &json!("idle"), &Value::Null]);
    assert_eq!(live["sessions"][0]["state_since_ms"], json!((NOW - 120) * 1000));
    let all = told(&["sessions", "--json", "--all"]);
    let ended = all["sessions"].as_array().unwrap().iter().filter(|one| one["ended"] == json!(true));
    assert_eq!(ended.count(), 2);
}

#[test]
fn without_sessions_it_says_what_to_do() {
    let sandbox = Sandbox::new();
    let said = |args: &[&str]| sandbox.call(args).run().painted();
    assert!(said(&["sessions"]).contains("sessions --all"));
    assert!(said(&["sessions", "--all"]).contains("bridgeline install"));
    assert_eq!(said(&["sessions", "--json"]), "{\"version\":1,\"sessions\":[]}\n");
}

#[test]
fn watching_needs_a_terminal() {
    let printed = Sandbox::new().call(&["sessions", "--watch"]).run();
    assert_eq!((printed.code, printed.stdout.as_str()), (Some(1), ""));
    assert_data_eq!(
        printed.stderr,
        str![[r#"
bridgeline: sessions --watch: standard output is not a terminal; run it in one

"#]]
    );
}
