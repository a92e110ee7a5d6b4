//! A row is never wider than the terminal, at any width; and what matters most is still there where
//! there is little room.

use serde_json::{Value, json};
use snapbox::{assert_data_eq, str};
use unicode_width::UnicodeWidthStr;

use crate::support::{RICH, Sandbox, fixture, plain};

/// Wide characters, emoji sequences, stacked marks, and text far longer than any terminal.
fn wide(sandbox: &Sandbox) -> Value {
    let mut payload = sandbox.rich();
    payload["model"]["display_name"] = json!("模型 五 (百万)");
    payload["session_name"] = json!("認証の修正 e\u{301}\u{301}\u{301} 👩\u{200d}💻🇩🇪");
    payload["workspace"]["current_dir"] = json!(sandbox.text("work/日本語のとても長い名前"));
    sandbox
        .file("work/日本語のとても長い名前/.git/HEAD", "ref: refs/heads/機能/👩\u{200d}👩\u{200d}👧-認証\n");
    sandbox.file(
        &format!("config/tasks/{RICH}/2.json"),
        json!({"id": "2", "subject": "型検査を直しています 👩\u{200d}💻".repeat(9), "status": "in_progress"})
            .to_string(),
    );
    payload
}

#[track_caller]
fn never_wider(payload: fn(&Sandbox) -> Value) {
    let sandbox = Sandbox::new();
    let payload = payload(&sandbox);
    for preset in ["default", "full"] {
        for width in 1..=200 {
            let call = || sandbox.render(&payload).args(&["--preset", preset]);
            let rows = call().args(&["--width", &width.to_string()]).run().rows();
            assert!(!rows.is_empty(), "{preset} {width}");
            for row in &rows {
                assert!(!row.is_empty() && row.width() <= width, "{preset} {width}: {row}");
            }
            let by_host = call().env("COLUMNS", (width + 4).to_string()).run().rows();
            assert_eq!(by_host, rows, "COLUMNS is 4 more than {width}");
        }
    }
}

#[test]
fn no_row_of_a_rich_session_is_wider_than_the_terminal() {
    never_wider(Sandbox::rich);
}

#[test]
fn no_row_of_wide_text_is_wider_than_the_terminal() {
    never_wider(wide);
}

#[test]
fn no_row_is_wider_where_characters_of_ambiguous_width_take_two_columns() {
    let sandbox = Sandbox::new();
    let payload = wide(&sandbox);
    for preset in ["default", "powerline", "capsule", "hud"] {
        for width in (2..=200).step_by(11) {
            let (preset, columns) = (["--preset", preset], ["--width", &width.to_string()]);
            let color = ["--set", "ambiguous_width=2", "--set", "icons=\"text\"", "--color", "always"];
            let rows = sandbox.render(&payload).args(&preset).args(&columns).args(&color).run().painted();
            for row in rows.lines().map(plain) {
                assert!(row.width_cjk() <= width, "{preset:?} {width}: {row}");
            }
        }
    }
}

#[test]
fn a_typical_session_is_whole_on_eighty_columns() {
    let sandbox = Sandbox::new();
    let mut payload = sandbox.rich();
    payload["model"]["display_name"] = json!("Opus 4.8");
    payload["rate_limits"] = Value::Null;
    sandbox.file("work/garden/.git/HEAD", "ref: refs/heads/main\n");
    let line = sandbox.render(&payload).env("COLUMNS", "80").run().line();
    assert_data_eq!(
        line,
        str!["Opus 4.8 high │ ▸ Paintin… 1/2 │ $1.25 │ 47t 5f 45s │ garden main │ █▊░░ 43%"]
    );
}

#[test]
fn the_narrower_the_terminal_the_less_is_said() {
    let sandbox = Sandbox::new();
    let payload = sandbox.rich();
    let row = |width: &str| sandbox.render(&payload).args(&["--width", width]).run().line();
    let rows: Vec<String> = ["140", "100", "80", "60", "40", "20", "10", "4", "1"].map(row).into();
    assert_data_eq!(
        rows.join("\n"),
        str![[r#"
Opus 4.6 high │ ▸ Painting the door 1/2 │ 5h 23% ↻2h 7d 41% ↻3d spend 112% ↻6d │ 47t 5f 45s │ garden ⎇ feature/shed │ ████▎░░░░░ 43% used
Opus 4.6 high │ ▸ Paintin… 1/2 │ 5h 23% 7d 41% spend 112% │ 47t 45s │ garden ⎇ feature/s… │ █▊░░ 43%
Opus 4.6 high │ ▸ Paintin… 1/2 │ 5h 23% 7d 41% spend 112% │ garden │ ██▌░░░ 43%
Opus 4.6 │ ▸ Paintin… 1/2 │ 5h 23% 7d 41% spend 112% │ 43%
Opus 4.6 high │ spend 112% │ ██▌░░░ 43%
Opus 4.6 │ █▊░░ 43%
██▌░░░ 43%
43%
…
"#]]
    );
}

#[test]
fn the_narrowest_of_host_and_flag_counts() {
    let payload = fixture("older/2026-05-everything.json");
    let sandbox = Sandbox::new();
    let check = |columns: &str, flag: &[&str], same_as: &str| {
        let row = sandbox.render(&payload).env("COLUMNS", columns).args(flag).run().line();
        let expected = sandbox.render(&payload).args(&["--width", same_as]).run().line();
        assert_eq!(row, expected, "{columns} {flag:?}");
    };
    check("64", &["--width", "200"], "60");
    check("200", &["--width", "60"], "60");
    check("3", &[], "1");
    check("nonsense", &[], "80");
    check("0", &[], "80");
}

#[test]
fn no_column_at_all_is_no_blank_line() {
    let sandbox = Sandbox::new();
    let printed = sandbox.render(&json!({"model": "M"})).args(&["--width", "0"]).run();
    assert!(printed.code == Some(2) || !printed.stdout.trim().is_empty(), "{printed:?}");
}
