//! `bridgeline setup`, answered by keys, and the resulting files; and the welcome of the command without arguments.

use std::collections::BTreeMap;

use snapbox::{assert_data_eq, str};

use crate::scene::Scene;
use crate::support::BINARY;

const SETTINGS: &str = "home/.claude/settings.json";
const CONFIG: &str = "home/.config/bridgeline/config.toml";
const ZSHRC: &str = "home/.zshrc";

/// The user's files before, without a line break at the end and with Windows line endings.
const BEFORE: [(&str, &str); 3] = [
    (SETTINGS, "{\n  \"model\": \"opus\" // until Friday\n}"),
    (CONFIG, "# mine\r\npadding = 2\r\n"),
    (ZSHRC, "alias ll='ls -l'"),
];

/// A terminal of that size, in which `args` show the first question.
fn open(args: &str, (columns, rows): (usize, usize)) -> Scene {
    let scene = Scene::new("");
    BEFORE.iter().for_each(|(path, text)| _ = scene.sandbox.file(path, text));
    scene.start_command(&format!("{args} 2>message"), BINARY, &["SHELL=/bin/zsh"]);
    scene.resize(columns, rows);
    scene.wait_for("Which coding agents");
    scene
}

/// All files of the user.
fn files(scene: &Scene) -> BTreeMap<String, String> {
    let files = scene.sandbox.files("home");
    files.into_iter().map(|name| (name.clone(), scene.read(&name))).collect()
}

#[track_caller]
fn assert_unchanged(scene: &Scene) {
    let before = BEFORE.map(|(name, text)| (name.to_owned(), text.to_owned()));
    assert_eq!(files(scene), BTreeMap::from(before));
    assert!(scene.sandbox.files("state").is_empty());
}

#[test]
fn what_is_chosen_is_shown_then_written_and_uninstall_takes_it_back() {
    let scene = open("setup", (80, 24));
    scene.press(&["Enter"]);
    scene.wait_for("Which row looks right?");
    scene.press(&["4"]);
    assert_data_eq!(
        scene.wait_for("Which look"),
        str![[r#"
Which look do you like?
`bridgeline configure` has more looks and lets you change every detail.

> 1 default
    Opus 4.8 accept edits  │  > Fixing th…  │  feature/l…  │  $1.23  │  ctx 38%
  2 powerline
      Opus 4.8  >  feature/l…  >  > Fixing th…  >         <  $1.23  <  ctx 38%
  3 two-row
    garden feature/login +2 ~1 ?3 ^1  │  PR #42       +156 -23  │  15m  │  $1.23
    Opus 4.8 accept edits  │  > Fixing the redirect 1/3             ctx ##-- 38%
  4 minimal
    Opus 4.8  │  $1.23  │  ctx ##---- 38%










 ↑↓ move  Enter accept  Esc back  q quit

"#]]
    );
    scene.press(&["2"]);
    scene.wait_for("Add hooks?");
    scene.press(&["Enter"]);
    scene.wait_for("prompt too?");
    assert_unchanged(&scene);
    scene.press(&["2"]);
    scene.wait_for("Make these changes? [y/N]");
    assert_unchanged(&scene);
    scene.press(&["y", "Enter"]);
    let screen = scene.wait_for_status("0");
    for text in ["settings.json: written", ".zshrc: written", "Restart the agent", "bridgeline uninstall"] {
        assert!(screen.contains(text), "{text}: {screen}");
    }
    assert_eq!(scene.read(CONFIG), "# mine\r\npadding = 2\r\nicons = \"ascii\"\r\npreset = \"powerline\"\r\n");
    let settings = scene.read(SETTINGS);
    assert!(settings.contains("\"statusLine\"") && settings.contains("\"PreToolUse\""), "{settings}");
    assert!(scene.read(ZSHRC).contains("init zsh"));

    let uninstall = scene.sandbox.call(&["uninstall", "--yes"]);
    _ = uninstall.env("CLAUDE_CONFIG_DIR", scene.sandbox.path("home/.claude")).run().painted();
    assert_unchanged(&scene);
}

#[test]
fn the_commands_that_it_names_do_the_same() {
    let scene = open("setup", (120, 50));
    for (question, key) in [("Which coding", "Enter"), ("Which row", "1"), ("Which look", "4")] {
        scene.wait_for(question);
        scene.press(&[key]);
    }
    scene.wait_for("Add hooks?");
    scene.press(&["2"]);
    scene.wait_for("prompt too?");
    scene.press(&["2"]);
    let screen = scene.wait_for("[y/N]");
    let commands: Vec<Vec<String>> = screen
        .lines()
        .filter_map(|line| line.strip_prefix("same as: bridgeline "))
        .map(|args| args.split(' ').map(str::to_owned).collect())
        .collect();
    scene.press(&["y", "Enter"]);
    scene.wait_for_status("0");
    assert_eq!(commands.len(), 3, "{screen}");
    let other = Scene::new("");
    BEFORE.iter().for_each(|(path, text)| _ = other.sandbox.file(path, text));
    for command in commands {
        let yes: &[&str] = if command[0] == "install" { &["--yes"] } else { &[] };
        let args: Vec<&str> = command.iter().map(String::as_str).chain(yes.iter().copied()).collect();
        _ = other.sandbox.call(&args).env("CLAUDE_CONFIG_DIR", other.sandbox.path("home/.claude")).run().painted();
    }
    assert_eq!(files(&scene), files(&other));
}

#[test]
fn a_small_terminal_is_enough_and_escape_goes_back() {
    let scene = open("setup", (40, 15));
    scene.press(&["1", "4", "End", "Enter"]);
    scene.wait_for("Which row looks right?");
    scene.escape("Which row");
    assert_data_eq!(
        scene.wait_for("[x] qwen"),
        str![[r#"
Which coding agents do you use?
Agents with * have no statusline.

  1 [ ] claude-code   found here
  2 [ ] copilot
  3 [ ] cursor
  4 [x] qwen
  5 [ ] antigravity
  6 [ ] kimi
  7 [ ] gemini*
  8 [ ] opencode*
  9 [ ] codex
> 10 continue
 ↑↓ move  Enter accept  Esc back  q quit

"#]]
    );
    scene.press(&["Enter", "3"]);
    assert_data_eq!(
        scene.wait_for("Which look"),
        str![[r#"
Which look do you like?
`bridgeline configure` has more looks
and lets you change every detail.

> 1 default
    Opus 4.8  │  $1.23  │  ctx 38%
  2 powerline
      Opus 4.8  ▌           ▐  ctx 38%
  3 two-row
    garden ⎇ feature/login         $1.23
    Opus 4.8  │  ▸ Fixing th…    ctx 38%
  4 minimal
    Opus 4.8  │  $1.23  │  ctx 38%
 ↑↓ move  Enter accept  Esc back  q quit

"#]]
    );
    scene.press(&["End", "Home", "Down", "Down", "Enter"]);
    scene.wait_for("Add hooks?");
    scene.escape("Add hooks?");
    // The answer is where the cursor is.
    scene.wait_for("> 3 two-row");
    scene.press(&["q"]);
    assert!(scene.wait_for_status("0").contains("nothing was changed"));
    scene.assert_given_back();
    assert_unchanged(&scene);
}

#[test]
fn a_dry_run_writes_nothing() {
    let scene = open("setup --dry-run", (120, 60));
    scene.press(&["Enter", "1", "2", "1", "1"]);
    let screen = scene.wait_for_status("0");
    assert!(screen.contains("+preset = \"powerline\"") && !screen.contains("[y/N]"), "{screen}");
    assert_unchanged(&scene);
}

#[test]
fn an_agent_without_a_statusline_is_set_up_only_with_hooks() {
    for (answer, agents) in [("1", "claude-code,gemini --hooks"), ("2", "claude-code")] {
        let scene = open("setup --dry-run", (200, 120));
        scene.press(&["7", "End", "Enter", "1", "1", answer, "1"]);
        let screen = scene.wait_for_status("0");
        assert!(screen.contains(&format!("same as: bridgeline install --agent {agents}\n")), "{screen}");
        assert_eq!(screen.contains("gemini: "), answer == "1", "{screen}");
    }
}

#[test]
fn whatever_ends_it_nothing_is_written_and_the_terminal_is_given_back() {
    for end in ["C-c", "TERM", "HUP"] {
        let scene = open("install", (80, 24));
        scene.press(&["Enter", "1"]);
        scene.wait_for("Which look");
        let (status, message) = match end {
            "C-c" => {
                scene.press(&["C-c"]);
                ("0", "")
            }
            signal => {
                scene.kill(signal);
                ("1", "bridgeline: setup: stopped by a signal; nothing was changed\n")
            }
        };
        assert_eq!(scene.ended(status), message, "{end}");
        scene.assert_given_back();
        assert_unchanged(&scene);
    }
}

/// At the question after the screen, the terminal's own keys work again.
#[test]
fn a_no_and_an_interrupt_at_the_last_question_change_nothing() {
    let asked = || {
        let scene = open("setup", (80, 24));
        scene.press(&["Enter", "3", "1", "1", "1", "1"]);
        scene.wait_for("[y/N]");
        scene
    };
    let scene = asked();
    scene.press(&["n", "Enter"]);
    assert!(scene.wait_for_status("0").contains("nothing was changed"));
    assert_unchanged(&scene);
    let scene = asked();
    scene.press(&["C-c"]);
    scene.assert_gone();
    assert_unchanged(&scene);
}

#[test]
fn a_look_of_ones_own_is_not_taken_away() {
    let own = "rows = \"model | clock\"\ntheme = \"nord\"\n";
    let scene = Scene::new(own);
    scene.start_command("setup", BINARY, &[]);
    scene.wait_for("Which coding agents");
    scene.press(&["Enter", "3"]);
    let screen = scene.wait_for("Which look");
    assert!(screen.contains("> 1 keep the current look\n    Opus 4.8 │ 14:05\n"), "{screen}");
    scene.press(&["Enter"]);
    assert!(scene.wait_for_status("0").contains("nothing to do"));
    assert_eq!(scene.read(CONFIG), own);
}

#[test]
fn the_name_alone_shows_samples_and_what_to_do_on_one_screen() {
    let scene = Scene::new("");
    scene.start_command("", BINARY, &[]);
    let screen = scene.wait_for_status("0");
    for text in ["bridgeline is a statusline", "Opus 4.8", "bridgeline setup", "bridgeline help"] {
        assert!(screen.contains(text), "{text}: {screen}");
    }
    assert!(scene.screen().starts_with("before\n"));
}

#[test]
fn help_has_colours_in_a_terminal_that_wants_them() {
    let is_coloured = |variables: &[&str]| {
        let scene = Scene::new("");
        scene.start_command("help config", BINARY, variables);
        scene.wait_for_status("0");
        scene.painted().contains("\x1b[1m\x1b[32mUsage:")
    };
    assert!(is_coloured(&[]) && !is_coloured(&["NO_COLOR=1"]));
}
