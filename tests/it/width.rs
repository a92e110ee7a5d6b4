//! A row is never wider than the terminal, at any width, and keeps what matters most when there is little room.

use serde_json::{Value, json};
use snapbox::{assert_data_eq, str};
use unicode_width::UnicodeWidthStr;

use crate::support::sweep::{self, wide};
use crate::support::{Sandbox, fixture, plain};

/// Every width at which rows change with each column, and some of the others; `tests/storms` has all of them.
fn widths() -> impl Iterator<Item = usize> {
    (1..=24).chain((25..=200).step_by(13))
}

#[test]
fn no_row_of_a_rich_session_is_wider_than_the_terminal() {
    sweep::never_wider(Sandbox::rich, widths());
}

#[test]
fn no_row_of_wide_text_is_wider_than_the_terminal() {
    sweep::never_wider(wide, widths());
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
    assert_data_eq!(line, str!["Opus 4.8 │ ▸ Painting the door 1/2 │ garden ⎇ main │ $1.25 │ ctx █▊   43%"]);
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
Opus 4.6 effort high │ ▸ Painting the door 1/2 │ garden ⎇ feature/shed │ 5h 23% (2h58m) 7d 41% (3d10h) spend 112% (6d21h) │ ctx ██▌    43%
Opus 4.6 │ ▸ Painting the door 1/2 │ ⎇ feature/shed │ 5h 23% 7d 41% spend 112% │ ctx 43%
Opus 4.6 │ ▸ Painting the… │ ⎇ feature/shed │ 5h 23% 7d 41% spend 112% │ ctx 43%
Opus 4.6 │ ⎇ feature/s… │ 5h 23% 7d 41% spend 112% │ ctx 43%
Opus 4.6 │ spend 112% │ ctx 43%
Opus 4.6 │ ctx 43%
ctx 43%
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
