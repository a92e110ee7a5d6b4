//! `bridgeline preview`, help and version: they work without any setup; and messages about wrong arguments.

use serde_json::json;
use snapbox::{assert_data_eq, str};

use crate::support::{Sandbox, plain, themes};

/// Names of the samples.
const SAMPLES: [&str; 8] = ["fresh", "busy", "waiting", "nearly-full", "subscriber", "limits", "wide-text", "narrow"];

#[test]
fn all_samples_are_shown_without_any_setup() {
    let sandbox = Sandbox::new();
    let printed = sandbox.call(&["preview"]).without_environment().run().painted();
    assert_data_eq!(
        plain(&printed),
        str![[r#"
fresh
Opus 4.8 effort high │ garden ⎇ main │ $0.00

busy
Opus 4.8 accept edits │ ▸ Fixing the re… │ ⎇ feature/login │ $1.23 │ ctx 38%

waiting
Opus 4.8 plan │ ▹ Sort the tools 0/2 │ ⎇ worktree-tidy-shed │ $5.40 │ ctx 53%

nearly-full
Opus 4.8 effort max BYPASS │ garden ⎇ main │ $63.50 │ ctx █████▌ 91%

subscriber
Sonnet 5.5 │ ▸ Fixing the redirect 1/3 │ 5h 62% full in 1h 7d 23% (3d) │ ctx 57%

limits
Sonnet 5.5 │ ▸ Covering the… │ ⎇ fix/frost │ 5h 94% 7d 78% spend 51% │ ctx 44%

wide-text
Fable 5.1 │ ▸ 型検査を直しています 👩‍💻 0/2 │ ⎇ 機能/認証 │ $7.06 │ ctx ██▉─ 73%

narrow
Opus 4.8 │ $1.23 │ ctx 38%

"#]]
    );
}

#[test]
fn every_theme_shows_every_sample() {
    let sandbox = Sandbox::new();
    for theme in themes() {
        let rows = sandbox.call(&["preview", "--theme", &theme]).without_environment().run().rows();
        for name in SAMPLES {
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
    let what = "expected a colour of the palette, \"#rrggbb\", a terminal colour such as bright-red, or 0-255, found \"mauve\"";
    assert_eq!(first("odd").replace('\\', "/"), format!("warning: {place}/odd.toml:2: roles.model: {what}"));
    assert_data_eq!(first("unknown"), str!["warning: theme unknown: not found; `bridgeline themes` lists them"]);
    assert_data_eq!(first("dracla"), str!["warning: theme dracla: not found; did you mean dracula?"]);
    assert_eq!(first("mono"), "fresh");
}

#[test]
fn samples_and_presets_can_be_chosen() {
    let sandbox = Sandbox::new();
    let rows = |args: &[&str]| {
        sandbox.call(&[&["preview", "--width", "120"], args].concat()).without_environment().run().rows()
    };
    let check = |args: &[&str], beginnings: &[&str]| {
        let rows = rows(args);
        let begin =
            |(row, beginning): (&String, &&str)| row.starts_with(beginning) && row.is_empty() == beginning.is_empty();
        assert!(rows.len() == beginnings.len() && rows.iter().zip(beginnings).all(begin), "{args:?}: {rows:#?}");
    };
    check(&["--sample", "busy"], &["Opus 4.8 accept edits"]);
    check(&["--sample", "limits", "--sample", "fresh"], &["Sonnet 5.5", "", "Opus 4.8"]);
    check(
        &["--sample", "busy", "--preset", "minimal", "--preset", "two-row"],
        &["Opus 4.8 │ $1.23", "", "garden", "Opus"],
    );
    let help = sandbox.call(&["preview", "--help"]).run().painted();
    assert!(SAMPLES.iter().all(|name| help.contains(&format!("\n  {name} "))), "{help}");
}

/// The separator comes from config, and `…` marks a cut in any set.
#[test]
fn ascii_icons_are_ascii() {
    let sandbox = Sandbox::new();
    for preset in ["full", "hud", "powerline", "capsule", "two-row"] {
        let args = ["preview", "--icons", "ascii", "--width", "200", "--preset", preset, "--sample"];
        for sample in ["busy", "waiting", "nearly-full"] {
            let call = sandbox.call(&[&args[..], &[sample]].concat()).env("BRIDGELINE_SEPARATOR", "|");
            let rows = call.run().rows();
            assert!(rows.iter().all(|row| row.is_ascii()), "{preset}: {rows:#?}");
        }
    }
}

/// Each segment shows something in some sample, except `env`, `text` and `command`, which are the user's own, and
/// `age`, which is for prompts.
#[test]
fn every_segment_has_something_to_show_in_a_sample() {
    let sandbox = Sandbox::new();
    for kind in bridgeline::segment::ALL
        .iter()
        .filter(|kind| !matches!(kind.name, "age" | "budget" | "env" | "text" | "command" | "classic"))
    {
        let row = format!("rows = \"{}\"", kind.name);
        let call = sandbox.call(&["preview", "--width", "200", "--set", &row]);
        let rows = call.without_environment().run().rows();
        let shown = |row: &String| !row.is_empty() && !SAMPLES.contains(&row.as_str());
        assert!(rows.iter().any(shown), "{}: {rows:#?}", kind.name);
    }
}

#[test]
fn samples_are_the_same_at_any_time_on_any_machine() {
    let sandbox = Sandbox::new();
    let call = || sandbox.call(&["preview", "--preset", "full", "--width", "150"]);
    let printed = call().run().painted();
    let elsewhere =
        call().later(86_400).env("TZ", "Asia/Tokyo").env("HOSTNAME", "barn").env("BRIDGELINE_MONITOR", "off");
    assert_eq!(elsewhere.run().painted(), printed);
    assert!(plain(&printed).contains("14:05") && plain(&printed).contains("shed"), "{printed}");
}

#[test]
fn ones_own_last_session_is_shown() {
    let sandbox = Sandbox::new();
    let session = |id: &str, model: &str| json!({"session_id": id, "model": model, "cwd": sandbox.text("work")});
    _ = sandbox.render(&session("first", "M1")).run().line();
    _ = sandbox.render(&session("second", "M2")).run().line();
    sandbox.set_modified("state/sessions/first.json", 1_795_402_000);
    sandbox.set_modified("state/sessions/second.json", 1_795_402_800);
    let preview = |id: &str| sandbox.call(&["preview", "--session", id]).run();
    assert_eq!(preview("last").line(), "M2 │ work");
    assert_eq!(preview("first").line(), "M1 │ work");
    let svg = sandbox.call(&["preview", "--session", "last", "--svg"]).run().painted();
    assert!(svg.contains(">M2</text>"), "{svg}");
    for id in ["third", "../first", ""] {
        let printed = preview(id);
        assert_eq!((printed.code, printed.stdout.as_str()), (Some(1), ""), "{id}");
        let said = format!("bridgeline: session {id}: not found in ");
        assert!(printed.stderr.starts_with(&said), "{}", printed.stderr);
    }
}

#[test]
fn a_picture_has_the_colours_that_are_asked_for_and_all_without() {
    let sandbox = Sandbox::new();
    let picture = |args: &[&str], no_color: &str| {
        let args = [&["preview", "--svg", "--sample", "busy", "--theme", "nord", "--width", "120"], args].concat();
        sandbox.call(&args).env("NO_COLOR", no_color).run().painted()
    };
    let (all, none) = (picture(&[], "1"), picture(&["--color", "never"], ""));
    assert!(all.starts_with("<svg xmlns=\"http://www.w3.org/2000/svg\"") && all.ends_with("</svg>\n"), "{all}");
    // Background and text of the theme, and one colour.
    for color in ["fill=\"#2e3440\"", "fill=\"#d8dee9\"", "fill=\"#88c0d0\""] {
        assert!(all.contains(color), "{color}: {all}");
    }
    assert!(none.contains("#2e3440") && !none.contains("#88c0d0"), "{none}");
    assert!(picture(&["--color", "16"], "").contains("fill=\"#00ffff\""));
}

#[test]
fn what_does_not_go_together_is_a_mistake() {
    let sandbox = Sandbox::new();
    let printed = sandbox.call(&["preview", "--session", "last", "--sample", "busy"]).run();
    assert_eq!(printed.code, Some(2), "{printed:?}");
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
    check(&["--preset", "nope"], "capsule, classic, default, full, hud, minimal, powerline, two-row");
    check(&["--width", "wide"], "wide");
    check(&["--width", "-1"], "-1");
    check(&["--color", "sometimes"], "auto, always, never");
    check(&["--theme"], "--theme");
}
