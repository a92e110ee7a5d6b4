//! Looks: embedded themes as painted, the user's own, and the variables that decide about colours.

use std::fmt::Write;
use std::path::Path;

use serde_json::{Value, json};
use snapbox::{Data, assert_data_eq};

use crate::support::{Sandbox, plain, themes};

/// Forces each depth.
const DEPTHS: [(&str, &str, &str); 4] = [
    ("none", "NO_COLOR", "1"),
    ("16", "FORCE_COLOR", "1"),
    ("256", "FORCE_COLOR", "2"),
    ("truecolor", "FORCE_COLOR", "3"),
];

#[test]
fn every_theme_is_painted_as_its_picture_shows() {
    for theme in ["default", "light", "mono", "node"] {
        let sandbox = Sandbox::new();
        let (calm, alarming) = (sandbox.rich(), alarming(&sandbox));
        let mut painted = String::new();
        for (depth, name, value) in DEPTHS {
            writeln!(painted, "{depth}").unwrap();
            for (payload, preset) in [(&calm, "default"), (&calm, "full"), (&calm, "classic"), (&alarming, "full")] {
                let args = ["--theme", theme, "--preset", preset, "--width", "180"];
                let rows = sandbox.render(payload).args(&args).env(name, value).run().painted();
                writeln!(painted, "{}", rows.trim_end()).unwrap();
            }
        }
        let picture = format!("tests/snapshots/theme-{theme}.term.svg");
        let picture = Path::new(env!("CARGO_MANIFEST_DIR")).join(picture);
        assert_data_eq!(painted, Data::read_from(&picture, None));
    }
}

/// A session with many values at their worst.
fn alarming(sandbox: &Sandbox) -> Value {
    let mut payload = sandbox.rich();
    let head = "3b1a5a6f9e103b1a5a6f9e103b1a5a6f9e103b1a\n";
    sandbox.file("work/detached/.git/HEAD", head);
    payload["workspace"]["current_dir"] = json!(sandbox.text("work/detached"));
    payload["rate_limits"] = Value::Null;
    payload["cost"]["total_cost_usd"] = json!(63.5);
    payload["context_window"]["used_percentage"] = json!(91.4);
    payload["prompt_cache"]["warm"] = json!(false);
    payload
}

/// Except that the track of a bar is a line if no background can be seen.
#[test]
fn colours_change_no_letter() {
    let sandbox = Sandbox::new();
    let payload = sandbox.rich();
    let call = |theme: &str| sandbox.render(&payload).args(&["--preset", "full", "--theme", theme]);
    let without = call("mono").env("NO_COLOR", "1").run().painted();
    let with_track = without.replace('─', " ");
    assert_ne!(with_track, without);
    for theme in themes() {
        for (_, name, value) in DEPTHS {
            let text = plain(&call(&theme).env(name, value).run().painted());
            assert!(text == without || text == with_track, "{theme} {name}: {text}");
        }
    }
}

/// The depth that a line is painted at.
fn depth(painted: &str) -> &'static str {
    let kinds = [("\x1b[38;2;", "truecolor"), ("\x1b[38;5;", "256"), ("\x1b[", "16")];
    kinds.iter().find(|(sign, _)| painted.contains(sign)).map_or("none", |(_, depth)| depth)
}

#[test]
fn variables_and_flag_decide_about_colours() {
    let sandbox = Sandbox::new();
    let payload = sandbox.rich();
    let check = |vars: &[(&str, &str)], args: &[&str], expected: &str| {
        let call = sandbox.render(&payload).args(args);
        let call = vars.iter().fold(call, |call, (name, value)| call.env(name, value));
        assert_eq!(depth(&call.run().painted()), expected, "{vars:?} {args:?}");
    };
    let (always, never) = (&["--color", "always"], &["--color", "never"]);
    check(&[], &[], "256");
    check(&[("TERM", "xterm-256color")], &[], "256");
    check(&[("TERM", "xterm-256color"), ("COLORTERM", "truecolor")], &[], "truecolor");
    check(&[("TERM", "linux")], &[], "16");
    check(&[("TERM", "dumb")], &[], "none");
    check(&[("TERM", "dumb"), ("CLICOLOR_FORCE", "1")], &[], "256");
    check(&[("NO_COLOR", "")], &[], "256");
    check(&[("NO_COLOR", "1")], &[], "none");
    check(&[("NO_COLOR", "1"), ("FORCE_COLOR", "3")], &[], "none");
    check(&[("NO_COLOR", "1"), ("COLORTERM", "truecolor")], always, "truecolor");
    check(&[("FORCE_COLOR", "0")], &[], "none");
    check(&[("FORCE_COLOR", "1"), ("COLORTERM", "truecolor")], &[], "16");
    check(&[("FORCE_COLOR", "3")], &[], "truecolor");
    check(&[("FORCE_COLOR", "3")], never, "none");
    check(&[("COLORTERM", "truecolor")], &["--theme", "node"], "256");
    check(&[("NO_COLOR", "1")], &["--theme", "node"], "none");
}

/// The line of a model in a theme of 16 colours.
fn line(sandbox: &Sandbox, args: &[&str]) -> String {
    let payload = json!({"model": "M", "effort": "high"});
    sandbox.render(&payload).args(args).env("FORCE_COLOR", "1").run().painted()
}

fn with_theme(name: &str, content: &str) -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.file(&format!("home/.config/bridgeline/themes/{name}.toml"), content);
    sandbox
}

#[test]
fn a_theme_of_the_user_hides_the_embedded_one() {
    let sandbox = with_theme("mono", "[roles]\nmodel = \"red\"\n");
    assert_eq!(line(&sandbox, &["--theme", "mono"]), "\x1b[31mM\x1b[0m effort high │ work\n");
}

/// A link, as used by people who keep their settings in a repository.
#[test]
#[cfg(unix)]
fn a_theme_of_the_user_may_be_a_link() {
    let sandbox = with_theme("real", "[roles]\nmodel = \"red\"\n");
    let themes = sandbox.path("home/.config/bridgeline/themes");
    std::os::unix::fs::symlink(themes.join("real.toml"), themes.join("link.toml")).unwrap();
    assert_eq!(line(&sandbox, &["--theme", "link"]), "\x1b[31mM\x1b[0m effort high │ work\n");
}

#[test]
fn a_theme_takes_what_it_does_not_say_from_the_one_that_it_builds_on() {
    let sandbox = with_theme("mine", "inherits = \"mono\"\n[roles]\nmodel = \"red\"\n");
    assert_eq!(
        line(&sandbox, &["--theme", "mine"]),
        "\x1b[31mM\x1b[0m \x1b[2meffort\x1b[0m \x1b[2mhigh\x1b[0m \x1b[2m│\x1b[0m work\n"
    );
    let sandbox = with_theme("mono", "inherits = \"mono\"\n[roles]\nmodel = \"red\"\n");
    assert_eq!(
        line(&sandbox, &["--theme", "mono"]),
        "\x1b[31mM\x1b[0m \x1b[2meffort\x1b[0m \x1b[2mhigh\x1b[0m \x1b[2m│\x1b[0m work\n"
    );
}

#[test]
fn a_bad_key_costs_that_key_only() {
    let content = "typo = 1\n[palette]\nx = \"#12\"\n[roles]\nmodel = \"red\"\neffort = \"mauve\"\n";
    let sandbox = with_theme("mine", content);
    assert_eq!(line(&sandbox, &["--theme", "mine"]), "\x1b[31mM\x1b[0m effort high │ work\n");
}

#[test]
fn a_theme_that_is_not_there_or_builds_on_itself_is_a_line_all_the_same() {
    let default = line(&Sandbox::new(), &[]);
    assert_eq!(line(&Sandbox::new(), &["--theme", "nope"]), default);
    assert_eq!(line(&Sandbox::new(), &["--theme", "../../mono"]), default);
    assert_eq!(plain(&line(&with_theme("x", "not toml"), &["--theme", "x"])), "M effort high │ work\n");
    assert_eq!(plain(&line(&with_theme("x", "inherits = \"gone\""), &["--theme", "x"])), "M effort high │ work\n");
    let sandbox = with_theme("x", "inherits = \"y\"\n[roles]\nmodel = \"red\"\n");
    sandbox.file("home/.config/bridgeline/themes/y.toml", "inherits = \"x\"\n");
    assert_eq!(line(&sandbox, &["--theme", "x"]), "\x1b[31mM\x1b[0m effort high │ work\n");
}

#[test]
fn the_flag_wins_over_the_variable() {
    let sandbox = Sandbox::new();
    let payload = json!({"model": "M", "effort": "high"});
    let by_variable = |args| sandbox.render(&payload).env("BRIDGELINE_THEME", "mono").args(args).run().painted();
    let by_flag = |theme| sandbox.render(&payload).args(&["--theme", theme]).run().painted();
    assert_eq!(by_variable(&[]), by_flag("mono"));
    assert_eq!(by_variable(&["--theme", "light"]), by_flag("light"));
    assert_ne!(by_flag("mono"), by_flag("light"));
}

#[test]
fn themes_are_listed_with_a_sample_on_their_background() {
    let sandbox = with_theme("mine", "about = \"My own\"\ninherits = \"nord\"\n");
    sandbox.file("home/.config/bridgeline/themes/odd.toml", "[roles]\nmodel = \"mauve\"\n");
    let list = |depth: &str| {
        sandbox
            .call(&["themes", "--width", "100"])
            .env("FORCE_COLOR", depth)
            .env("BRIDGELINE_THEME", "nord")
            .run()
            .painted()
    };
    let painted = list("3");
    let rows: Vec<String> = plain(&painted).lines().map(str::to_owned).collect();
    let after = |heading: &str| {
        let at = rows.iter().position(|row| row.starts_with(heading)).unwrap_or_else(|| panic!("{heading}: {rows:#?}"));
        rows[at + 1].clone()
    };
    for theme in themes() {
        assert!(after(&format!("{theme} (")).starts_with(" Opus 4.8 "), "{theme}");
    }
    after("mine (dark, yours): My own");
    after("nord (dark, in use): Nord");
    after("catppuccin-latte (light): ");
    assert!(after("odd (dark, yours): ").contains("warning: ") && after("odd (").contains("mauve"));
    // A light theme has both its own text and its own background.
    let latte = painted.lines().skip_while(|row| !row.starts_with("catppuccin-latte")).nth(1).unwrap();
    let sequences = latte.split('\x1b').filter(|part| part.starts_with('[') && !part.starts_with("[0m"));
    let on_base = |part: &str| (part.contains("48;2;239;241;245m") || part.contains('▌')) && part.contains("38;2;");
    assert!(sequences.clone().count() > 5 && sequences.clone().all(on_base), "{latte:?}");
    assert_eq!(depth(&list("2")), "256");
    assert_eq!(plain(&list("0")), list("0"));
}

#[test]
fn the_names_of_themes_are_listed_for_scripts() {
    let sandbox = with_theme("mine", "");
    let mut expected = themes();
    expected.push("mine".to_owned());
    expected.sort();
    assert_eq!(sandbox.call(&["themes", "--names"]).run().rows(), expected);
}

#[test]
fn the_file_of_a_theme_is_shown() {
    let sandbox = with_theme("mine", "about = \"My own\"\n");
    let show = |name: &str| sandbox.call(&["themes", "show", name]).run();
    let file = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("themes/nord.toml")).unwrap();
    assert_eq!(show("nord").painted(), file);
    assert_eq!(show("mine").painted(), "about = \"My own\"\n");
    let fails = |name: &str, said: &str| {
        let printed = show(name);
        assert_eq!((printed.code, printed.stdout.as_str()), (Some(1), ""), "{name}");
        assert_eq!(printed.stderr, format!("bridgeline: theme {said}\n"));
    };
    fails("dracla", "dracla: not found; did you mean dracula?");
    fails("nothing", "nothing: not found; `bridgeline themes` lists them");
    fails("../mine", "../mine: not found; `bridgeline themes` lists them");
    fails("a\x1b[31mb", "a[31mb: not found; `bridgeline themes` lists them");
}

#[test]
fn auto_is_what_the_agent_the_terminal_or_a_variable_says() {
    let sandbox = Sandbox::new();
    let payload = json!({"model": "M", "session_id": "auto"});
    let line = |args: &[&str], background: &str, later| {
        let call = sandbox.render(&payload).args(args).env("FORCE_COLOR", "3").env("TERM_PROGRAM", "WezTerm");
        call.env("COLORFGBG", background).later(later).run().painted()
    };
    let [dark, light, neutral] = ["default", "light", "terminal"].map(|theme| line(&["--theme", theme], "", 0));
    let by = |later| [line(&[], "", later), line(&[], "15;0", later), line(&[], "0;15", later)];
    assert_eq!(by(0), [neutral, dark.clone(), light.clone()]);
    sandbox.file("state/terminals.json", r#"[["WezTerm",true],["tmux",false]]"#);
    assert_eq!(by(100), [&light, &light, &light].map(String::clone));
    sandbox.file("config/settings.json", r#"{"theme":"auto"}"#);
    assert_eq!(by(200), [&light, &light, &light].map(String::clone));
    sandbox.file("config/settings.json", r#"{"theme":"dark-daltonized"}"#);
    assert_eq!(by(300), [&dark, &dark, &dark].map(String::clone));
    let pair = ["--set", "theme_dark = 'nord'"];
    assert_eq!(line(&pair, "", 300), line(&["--theme", "nord"], "", 300));
}

/// Text on a band has the band's background.
#[test]
fn bands_have_colours_on_any_background() {
    let sandbox = Sandbox::new();
    let bands = |args: &[&str]| {
        let call = sandbox.render(&json!({"model": "M"})).args(&["--preset", "powerline"]).args(args);
        call.without("COLORFGBG").env("FORCE_COLOR", "3").run().painted()
    };
    assert_eq!(bands(&[]), bands(&["--theme", "default"]));
    assert_ne!(bands(&[]), bands(&["--theme", "terminal"]));
}
