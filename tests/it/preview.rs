//! `bridgeline preview`, help and version: what works without any set-up, and how mistakes in the
//! arguments are told.

use std::path::Path;

use snapbox::{Data, assert_data_eq, str};

use crate::support::{Sandbox, plain, themes};

#[test]
fn six_samples_are_shown_without_any_setup() {
    let sandbox = Sandbox::new();
    let printed = sandbox.call(&["preview"]).without_environment().run().painted();
    assert_data_eq!(
        plain(&printed),
        str![[r#"
fresh
Opus 4.8 high │ $0.00 │ 4s │ garden ⎇ main

busy
Opus 4.8 high │ ▸ Fixing… 1/3 │ $1.23 │ 47t 15m │ garden ⎇ feature/l… │ █▌░░ 38%

nearly full
Opus 4.8 max │ $63.50 │ 1203t 64f 5h41m │ garden ⎇ main │ █████████▏ 91% used

subscriber
Sonnet 5.5 medium │ ▸ Fixing… 1/3 │ 5h 63% ↻2h 7d 23% ↻3d │ 1h │ api │ ██▎░ 57%

wide text
Fable 5.1 high │ ▸ 型検査… 0/2 │ $7.06 │ 8t 2f 1h │ 日本語 機能/認証 │ ██▉░ 73%

narrow
Opus 4.8 │ ▸ Fixing… 1/3 │ $1.23 │ 38%


"#]]
    );
}

/// `docs/preview.term.svg`, which the README shows.
#[test]
fn the_picture_in_the_readme_is_what_is_printed() {
    let sandbox = Sandbox::new();
    let call = sandbox.call(&["preview", "--width", "110", "--color", "always"]);
    let printed = call.without_environment().env("COLORTERM", "truecolor").run().painted();
    let picture = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/preview.term.svg");
    assert_data_eq!(printed, Data::read_from(&picture, None));
}

#[test]
fn every_theme_shows_every_sample() {
    let sandbox = Sandbox::new();
    for theme in themes() {
        let rows = sandbox.call(&["preview", "--theme", &theme]).without_environment().run().rows();
        for name in ["fresh", "busy", "nearly full", "subscriber", "wide text", "narrow"] {
            let at = rows.iter().position(|row| row == name);
            assert!(at.is_some_and(|at| rows[at + 1].contains("│")), "{theme} {name}: {rows:#?}");
        }
    }
}

#[test]
fn preview_writes_nothing() {
    let sandbox = Sandbox::new();
    _ = sandbox.call(&["preview"]).run().rows();
    assert_eq!(sandbox.files("."), [].into());
}

#[test]
fn what_is_wrong_with_a_theme_is_said_in_the_preview() {
    let sandbox = Sandbox::new();
    let first = |theme: &str| sandbox.call(&["preview", "--theme", theme]).run().rows().remove(0);
    sandbox.file("home/.config/bridgeline/themes/odd.toml", "[roles]\nmodel = \"mauve\"\n");
    let place = sandbox.text("home/.config/bridgeline/themes").replace('\\', "/");
    let what = "expected a colour of the palette, \"#rrggbb\", one of the sixteen, or 0-255, found \"mauve\"";
    assert_eq!(first("odd").replace('\\', "/"), format!("warning: {place}/odd.toml:2: roles.model: {what}"));
    assert_data_eq!(
        first("none"),
        str!["warning: theme none: not found; `bridgeline preview --help` lists them"]
    );
    assert_data_eq!(first("dracla"), str!["warning: theme dracla: not found; did you mean dracula?"]);
    assert_eq!(first("mono"), "fresh");
}

#[test]
fn help_and_version_go_to_stdout() {
    let sandbox = Sandbox::new();
    let help = sandbox.call(&["--help"]).run().painted();
    for word in ["preview", "--theme", "--preset", "--color", "--width", "BRIDGELINE_THEME", "NO_COLOR"] {
        assert!(help.contains(word), "{word}: {help}");
    }
    let version = sandbox.call(&["--version"]).run().painted();
    assert_eq!(version, format!("bridgeline {}\n", env!("CARGO_PKG_VERSION")));
}

#[test]
fn mistakes_in_the_arguments_are_told_with_status_two() {
    let sandbox = Sandbox::new();
    let check = |args: &[&str], said: &str| {
        let printed = sandbox.call(args).run();
        assert_eq!((printed.code, printed.stdout.as_str()), (Some(2), ""), "{args:?}");
        assert!(printed.stderr.starts_with("error: ") && printed.stderr.contains(said), "{}", printed.stderr);
    };
    check(&["rendr"], "rendr");
    check(&["--bogus"], "--bogus");
    check(&["preview", "--bogus"], "--bogus");
    check(&["--preset", "nope"], "classic, default, full, hud, minimal, powerline, two-row");
    check(&["--width", "wide"], "wide");
    check(&["--width", "-1"], "-1");
    check(&["--color", "sometimes"], "auto, always, never");
    check(&["--theme"], "--theme");
}
