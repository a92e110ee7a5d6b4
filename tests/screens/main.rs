//! `bridgeline configure`, and the list of sessions, in a terminal: the real program in tmux, driven by keys, and the
//! resulting screens and files. Needs tmux: `cargo test --test screens`.
#![cfg(unix)]

mod pictures;
mod scene;
mod sessions;
mod setup;
#[path = "../support/mod.rs"]
mod support;
mod usage;

use std::fs;
use std::io::{self, Write};
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};

use scene::Scene;
use snapbox::{assert_data_eq, str};
use support::{BINARY, Sandbox, fixture, wait_until};

const FILE: &str = "home/.config/bridgeline/config.toml";

#[test]
fn a_theme_is_tried_chosen_and_saved_and_comments_stay() {
    let scene = Scene::new("# mine\ntheme = \"nord\" # cold\n\n# money\n[segments.cost]\nbudget = 20 # USD\n");
    scene.open(&[]);
    scene.wait_for(" > * nord ");
    scene.press(&["Down"]);
    scene.wait_for("(Enter to choose)");
    scene.press(&["Enter", "s"]);
    let screen = scene.wait_for("> changes to save");
    assert_data_eq!(
        screen,
        str![[r#"
┌ sample "busy": 76 columns ───────────────────────────────────────────────────┐
│Opus 4.8 accept edits │ ▸ Fixing the re… │ ⎇ feature/login │ $1.23 │ ctx 38%  │
└──────────────────────────────────────────────────────────────────────────────┘

 [1 Theme]  2 Preset   3 Rows   4 Line   5 Colours   6 Setup  > changes to save
 @ @ -1,5 +1,5 @@
   # mine
 - theme = "nord" # cold
 + theme = "one-dark" # cold

   # money
   [segments.cost]









 Enter save  ↑ ↓ scroll  Esc back
 - + width  c depth  p session  u undo  / find  s save  ? keys  q quit

"#]]
    );
    scene.press(&["Enter"]);
    scene.wait_for("saved: ");
    assert_eq!(
        scene.read(FILE),
        "# mine\ntheme = \"one-dark\" # cold\n\n# money\n[segments.cost]\nbudget = 20 # USD\n"
    );
    scene.press(&["q"]);
    scene.assert_restored("0", "");
}

/// Tmux answers with the colour of its windows, and not at all if that is the terminal's own.
#[test]
fn the_terminal_is_asked_and_its_answer_counts() {
    for (color, theme, answers) in [
        ("white", "light", r#"[["tmux",true]]"#),
        ("#101010", "default", r#"[["tmux",false]]"#),
        ("default", "terminal", "none"),
    ] {
        let sandbox = Sandbox::new();
        let variables = ["TERM_PROGRAM=tmux", "COLORFGBG=", "PS1=$ "];
        let terminal = sandbox.terminal((80, 24), &sandbox.text("work"), &variables, &["sh"]);
        terminal.tmux(&["set-option", "-g", "window-style", &format!("bg={color}")]);
        terminal.types("bridgeline preview --sample busy; cat ../state/terminals.json || printf none; echo\n");
        // Keys typed meanwhile, or an unread answer, would appear at the next prompt.
        terminal.wait(answers, |screen| screen.contains(answers) && screen.trim_end().ends_with("\n$"));
        terminal.types("clear; bridgeline doctor | grep ' theme '\n");
        terminal.wait_for(&format!("theme      {theme} ("));
    }
}

#[test]
fn segments_move_and_the_line_moves_with_them() {
    let scene = Scene::new("");
    scene.open(&[]);
    scene.press(&["3", "End", "R", "Left", "Left", "Left", "Left", "<"]);
    assert_data_eq!(
        scene.wait_for("│ [git]"),
        str![[r#"
┌ sample "busy": 76 columns ───────────────────────────────────────────────────┐
│Opus 4.8 accept edits │ ▸ Fixing the re… │ ⎇ feature/login │ $1.23   ctx 38%  │
└──────────────────────────────────────────────────────────────────────────────┘

  1 Theme   2 Preset  [3 Rows]  4 Line   5 Colours   6 Setup
 >1  left    model  effort  mode  │  task  │ [git] dir  │  cost  limits  budget
 >   right   context












 git: branch and state of the repository
 arrows select  < > K J move  L C R side  a add  d remove  n D row
 Enter options
 - + width  c depth  p session  u undo  / find  s save  ? keys  q quit

"#]]
    );
    scene.press(&["Home", "J", "a", "End", "Up", "Up", "Up", "Up", "Up"]);
    scene.wait_for(" >   clock ");
    scene.press(&["Enter", "s"]);
    assert_data_eq!(
        scene.wait_for("> changes to save"),
        str![[r#"
┌ sample "busy": 76 columns ───────────────────────────────────────────────────┐
│accept edits │ ▸ Fixing the redirect 1/3 │ ⎇ feature/login │ $1.23   ctx 38%  │
│Opus 4.8 14:05                                                                │
└──────────────────────────────────────────────────────────────────────────────┘

  1 Theme   2 Preset  [3 Rows]  4 Line   5 Colours   6 Setup  > changes to save
 @ @ -0,0 +1 @@
 + rows = ["effort mode | task | git dir | cost limits budget fill context", "m
   odel clock"]












 Enter save  ↑ ↓ scroll  Esc back
 - + width  c depth  p session  u undo  / find  s save  ? keys  q quit

"#]]
    );
    scene.escape("> changes to save");
    scene.press(&["u", "u", "u", "u", "u"]);
    scene.wait_for("nothing to undo");
    scene.press(&["U"]);
    scene.wait_for("redone");
    scene.press(&["u", "q"]);
    scene.assert_restored("0", "");
    assert_eq!(scene.sandbox.files("home"), [FILE.to_owned()].into());
    assert_eq!(scene.read(FILE), "");
}

#[test]
fn options_are_typed_and_mistakes_explained() {
    let scene = Scene::new("rows = \"model | cost\"\n");
    scene.open(&[]);
    scene.press(&["3", "End", "Enter", "Enter", "Enter", " ", "{", "e", "u", "r", "}", "Enter"]);
    assert_data_eq!(
        scene.wait_for("unknown field"),
        str![[r#"
┌ sample "busy": 76 columns ───────────────────────────────────────────────────┐
│Opus 4.8 │ $1.23                                                              │
└──────────────────────────────────────────────────────────────────────────────┘

 [3 Rows] > cost > format > change
 a format string such as [{icon} ]{name}; a part in [ ] is dropped if a name in
it has no value
 > [{icon} ]{usd}[ {full}] {eur}
 segments.cost.format: unknown field {eur}; available: usd, rate, budget, full,
icon, columns, subscriber

 >   {usd}                  $1.23 – cost as the agent reports it, else compute…
     {rate}                 $4.80/h – USD per hour since the session began: `$…
     {budget}               percentage of `budget` spent
     {full}                 time until `budget` is spent at the session's rate…
     {icon}                 icon of the segment from the chosen set, or a word…
     {columns}              76 – width of the row in columns
     {subscriber}           present when usage limits apply instead of cost


 $1.23 – cost as the agent reports it, else computed from transcripts and marke…
 ↑ ↓ select  Tab insert  Enter accept  Esc cancel


"#]]
    );
    scene.press(&["BSpace", "BSpace", "BSpace", "BSpace", "r", "a", "t", "e", "}"]);
    scene.wait_for(" = $1.23 $4.80/h");
    scene.press(&["Enter"]);
    scene.escape("> cost > format");
    scene.wait_for("[{icon} ]{usd}[ {full}] {rate}");
    scene.press(&["Down", "Down", "Enter", "BSpace", "1", "Enter", "s", "Enter"]);
    scene.wait_for("saved: ");
    assert_eq!(
        scene.read(FILE),
        "rows = \"model | cost\"\n\n[segments.cost]\nformat = [\"[{icon} ]{usd}[ {full}] {rate}\", \"[{icon} ]{usd}\"]\npriority = 81\n"
    );
}

/// A click of the mouse at a column and row, from 1.
fn click(scene: &Scene, column: usize, row: usize) {
    scene.types(&format!("\u{1b}[<0;{column};{row}M\u{1b}[<0;{column};{row}m"));
}

#[test]
fn a_low_and_narrow_terminal_is_enough() {
    let scene = Scene::new("rows = \"model | cost\"\n");
    scene.open(&[]);
    scene.resize(40, 15);
    scene.wait_for("36 columns");
    scene.press(&["3", "End", "Enter", "Enter", "Enter"]);
    scene.types(" {");
    assert_data_eq!(
        scene.wait_for("full}] {"),
        str![[r#"
┌ sample "busy": 36 columns ───────────┐
│Opus 4.8 │ $1.23                      │
└──────────────────────────────────────┘
 [Rows] > cost > format > change
 a format string such as [{icon}
 > [{icon} ]{usd}[ {full}] {
 >   {usd}                  $1.23 – co…
     {rate}                 $4.80/h –…
     {budget}               percentage…
     {full}                 time until…
 $1.23 – cost as the agent reports it,…
 ↑ ↓ select  Tab insert  Enter accept
 Esc cancel


"#]]
    );
    scene.types("rate}");
    scene.wait_for(" = $1.23 $4.80/h");
    scene.press(&["Enter"]);
    scene.wait_for_no("> change");
    scene.escape("> cost > format");
    scene.escape("> cost");
    scene.press(&["?"]);
    assert_data_eq!(
        scene.wait_for("Tab  1 2 3"),
        str![[r#"
 ↑ ↓ ← →  h j k l
   select
 Enter, Space
   choose, change, open
 Esc
   back
 Tab  1 2 3 4 5 6
   theme, preset, rows, line, colours, s
   etup
 /
   search everything, then open, choose

 Esc back
 / find  u undo  s save  ? keys  q quit

"#]]
    );
    scene.escape("Tab  1 2 3");
    scene.press(&["s", "Enter"]);
    scene.wait_for("saved: ");
    assert_eq!(
        scene.read(FILE),
        "rows = \"model | cost\"\n\n[segments.cost]\nformat = [\"[{icon} ]{usd}[ {full}] {rate}\", \"[{icon} ]{usd}\"]\n"
    );
}

#[test]
fn everything_is_found_and_what_the_line_has_not_is_added() {
    let scene = Scene::new("rows = \"model | cost\"\n");
    scene.open(&[]);
    scene.press(&["/"]);
    scene.types("budg");
    assert_data_eq!(
        scene.wait_for(" > budg"),
        str![[r#"
┌ sample "busy": 76 columns (Enter to choose) ─────────────────────────────────┐
│Opus 4.8 │ $1.23                                                              │
└──────────────────────────────────────────────────────────────────────────────┘

 [1 Theme]  2 Preset   3 Rows   4 Line   5 Colours   6 Setup  > search
 find segments, fields, options, themes, presets, roles, keys

 > budg
 >   budget                 segment: the budget in `[budget]` that is closest…
     budget                 option: budgets in USD per day, week or month, or…
     budget {bar}           field: percentage spent, as a bar
     budget {usd}           field: USD spent; `+` if a model's price is unknown
     budget {name}          field: `day`, `week`, `month`, or the name of the…
     budget {used}          field: percentage spent
     budget {left}          field: USD left; 0 once it is spent
     budget {pace}          field: how far ahead of even spending over the per…
     budget {full}          field: time until it is spent at the period's rate…
     budget {limit}         field: the budget in USD
     budget {stale}         field: age of these numbers, once older than ten m…
     cost budget            option: budget for the session in USD; thresholds…
 segment: the budget in `[budget]` that is closest to being spent
 ↑ ↓ select  Enter open or add  Esc back


"#]]
    );
    scene.press(&["Down", "Enter"]);
    scene.wait_for(" > budget         -");
    scene.resize(40, 15);
    scene.press(&["/"]);
    scene.types("tokyo");
    scene.wait_for(" >   tokyo-night ");
    scene.press(&["Enter", "Enter"]);
    scene.wait_for(" > * tokyo-night ");
    scene.resize(120, 40);
    scene.press(&["/"]);
    scene.types("clock");
    // The preview has it before it is added.
    let screen = scene.wait_for(" > clock");
    assert!(screen.contains("│Opus 4.8 14:05 │ $1.23 "), "{screen}");
    scene.press(&["Enter", "s", "Enter"]);
    scene.wait_for("saved: ");
    assert_eq!(scene.read(FILE), "rows = \"model clock | cost\"\ntheme = \"tokyo-night\"\n");
}

#[test]
fn colours_of_a_role_become_a_theme_of_ones_own() {
    const OWN: &str = "home/.config/bridgeline/themes/nord-mine.toml";
    let scene = Scene::new("theme = \"nord\" # cold\n");
    scene.open(&["COLORTERM=truecolor"]);
    scene.press(&["5", "/"]);
    scene.types("role model");
    scene.press(&["Enter"]);
    scene.wait_for(" > model ");
    scene.press(&["Enter"]);
    scene.wait_for("contrast");
    scene.press(&["End"]);
    assert_data_eq!(
        scene.wait_for("255: contrast"),
        str![[r#"
┌ sample "busy": 76 columns (Enter to choose) ─────────────────────────────────┐
│Opus 4.8 accept edits │ ▸ Fixing the re… │ ⎇ feature/login │ $1.23 │ ctx 38%  │
└──────────────────────────────────────────────────────────────────────────────┘

  1 Theme   2 Preset   3 Rows   4 Line  [5 Colours]  6 Setup  > model
 ████████████████████████████████
 ████████████████████████████████
 ████████████████████████████████
 ████████████████████████████████
 ████████████████████████████████
 ████████████████████████████████
 ████████████████████████████████
 ████████████████████████████████
 ████████████████████████████████
 ████████████████████████████████
 ████████████████████████████████
 ████████████████████████████████
 ████████████████████████████████
 ████████████████████████████████
 ██████████████████[]
 255: contrast 10.8:1
 arrows preview  Enter choose  x the terminal's  Esc back
 - + width  c depth  p session  u undo  / find  s save  ? keys  q quit

"#]]
    );
    assert!(scene.painted().contains("48;5;117m") || scene.painted().contains("38;5;117m"));
    scene.press(&["Enter", "d"]);
    scene.wait_for(" > model                255 bold dim");
    scene.press(&["u"]);
    scene.wait_for_no("bold dim");
    scene.press(&["u"]);
    scene.wait_for("based on nord");
    scene.press(&["U", "s"]);
    assert_data_eq!(
        scene.wait_for("> changes to save"),
        str![[r#"
┌ sample "busy": 76 columns ───────────────────────────────────────────────────┐
│Opus 4.8 accept edits │ ▸ Fixing the re… │ ⎇ feature/login │ $1.23 │ ctx 38%  │
└──────────────────────────────────────────────────────────────────────────────┘

  1 Theme   2 Preset   3 Rows   4 Line  [5 Colours]  6 Setup  > changes to save
 @ @ -1 +1 @@
 - theme = "nord" # cold
 + theme = "nord-mine" # cold
   themes/nord-mine.toml
 @ @ -0,0 +1,5 @@
 + about = "nord with your own colours"
 + inherits = "nord"
 +
 + [roles]
 + model = { fg = 255, bold = true }






 Enter save  ↑ ↓ scroll  Esc back
 - + width  c depth  p session  u undo  / find  s save  ? keys  q quit

"#]]
    );
    scene.press(&["Enter"]);
    scene.wait_for("saved: ");
    let head = "about = \"nord with your own colours\"\ninherits = \"nord\"\n\n[roles]\n";
    assert_eq!(scene.read(FILE), "theme = \"nord-mine\" # cold\n");
    assert_eq!(scene.read(OWN), format!("{head}model = {{ fg = 255, bold = true }}\n"));
    scene.press(&["x", "s", "Enter"]);
    wait_until("the role is taken out", || scene.read(OWN) == head.split("\n[").next().unwrap());
    scene.press(&["q"]);
    scene.assert_restored("0", "");
}

#[test]
fn the_mouse_is_taken_and_given_back() {
    for (columns, rows) in [(80, 24), (40, 15), (120, 40)] {
        let scene = Scene::new("rows = \"model | cost\"\n");
        scene.open(&[]);
        scene.resize(columns, rows);
        scene.wait_for(&format!("{} columns", columns - 4));
        let tabs = scene.rows().iter().position(|row| row.contains("[")).unwrap() + 1;
        // Two steps of the wheel, then a click on the item below, twice.
        scene.types("\u{1b}[<65;5;12M\u{1b}[<65;5;12M");
        scene.wait_for(" >   catppuccin-latte");
        for _ in 0..2 {
            click(&scene, 8, tabs + 4);
            scene.wait_for("catppuccin-macchiato");
        }
        scene.wait_for(" > * catppuccin-macchiato");
        let column = scene.rows()[tabs - 1].find("Rows").unwrap() + 1;
        click(&scene, column, tabs);
        scene.wait_for("[model]");
        let row = &scene.rows()[tabs];
        let before = &row[..row.find("cost").unwrap()];
        click(&scene, before.chars().count() + 1, tabs + 1);
        scene.wait_for("[cost]");
        scene.press(&["u", "q"]);
        scene.assert_restored("0", "");
    }
}

#[test]
fn setup_export_and_import_are_called_outside_of_the_screen() {
    let scene = Scene::new("rows = \"model | cost\"\n");
    scene.sandbox.file("home/.claude/settings.json", "{}\n");
    let settings = || scene.read("home/.claude/settings.json");
    scene.open(&[]);
    scene.resize(40, 15);
    scene.wait_for(": 36 columns");
    scene.press(&["6", "Enter"]);
    scene.wait_for("Which coding");
    scene.press(&["q"]);
    scene.wait_for("nothing was changed");
    assert_eq!(settings(), "{}\n");
    scene.press(&["Enter"]);
    scene.wait_for(" [Setup]".trim());
    scene.resize(120, 40);
    scene.press(&["Enter"]);
    for (question, key) in [("Which coding", "Enter"), ("Which row", "3"), ("Which look", "1"), ("Add hooks?", "2")] {
        scene.wait_for(question);
        scene.press(&[key]);
    }
    scene.wait_for("[y/N]");
    scene.press(&["y", "Enter"]);
    wait_until("the line is set up", || settings().contains("statusLine"));
    scene.press(&["Enter"]);
    scene.wait_for("[6 Setup]");
    scene.press(&["Down", "Down", "Enter", "Enter"]);
    scene.wait_for("statusline.toml: written");
    assert_eq!(scene.read("work/statusline.toml"), "rows = \"model | cost\"\n");
    scene.sandbox.file("work/statusline.toml", "rows = \"cost\"\n");
    scene.press(&["Enter"]);
    scene.wait_for("[6 Setup]");
    scene.press(&["Down", "Enter", "Enter"]);
    scene.wait_for("+rows = \"cost\"");
    scene.press(&["y", "Enter"]);
    scene.wait_for("config.toml: written");
    scene.press(&["Enter"]);
    scene.wait_for("│$1.23 ");
    scene.press(&["u"]);
    scene.wait_for("│Opus 4.8 │ $1.23 ");
    scene.press(&["U", "Up", "Up", "Enter"]);
    scene.wait_for("[y/N]");
    scene.press(&["y", "Enter"]);
    wait_until("the line is taken out", || settings() == "{}\n");
    assert_eq!(scene.read(FILE), "rows = \"cost\"\n");
    scene.press(&["Enter"]);
    scene.wait_for("[6 Setup]");
    scene.press(&["q"]);
    assert_eq!(scene.ended("0"), "");
    assert_eq!(scene.tells("#{alternate_on} #{cursor_flag} #{mouse_any_flag}"), "0 1 0");
}

#[test]
fn the_last_session_is_shown() {
    let scene = Scene::new("\u{feff}rows = \"session | model\"\n");
    let mut payload = fixture("claude-code-2.1.330/status-5.json");
    payload["session_name"] = "the garden\u{1b}[2J".into();
    _ = scene.sandbox.render(&payload).run().line();
    scene.open(&[]);
    let screen = scene.wait_for("your last session");
    assert!(screen.lines().nth(1).unwrap().contains("the garden[2J │ Opus 4.8"), "{screen}");
    scene.press(&["p"]);
    scene.wait_for("sample \"busy\"");
}

#[test]
fn a_link_is_followed_and_the_mode_kept() {
    let scene = Scene::new("");
    let (link, dotfile) = (scene.sandbox.path(FILE), scene.sandbox.file("dotfiles/c.toml", "padding = 2\n"));
    fs::set_permissions(&dotfile, fs::Permissions::from_mode(0o644)).unwrap();
    fs::remove_file(&link).unwrap();
    symlink(&dotfile, &link).unwrap();
    scene.open(&[]);
    scene.press(&["Home", "End", "Enter", "s", "Enter"]);
    scene.wait_for("saved: ");
    assert_eq!(scene.read("dotfiles/c.toml"), "padding = 2\ntheme = \"tokyo-night\"\n");
    assert_eq!(fs::metadata(&dotfile).unwrap().mode() & 0o777, 0o644);
    assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
}

#[test]
fn what_somebody_else_has_written_meanwhile_is_not_lost() {
    let scene = Scene::new("");
    scene.open(&[]);
    scene.sandbox.file(FILE, "padding = 3\n");
    scene.press(&["End", "Enter", "s", "Enter"]);
    scene.wait_for("not saved: another program changed the file meanwhile");
    assert_eq!(scene.read(FILE), "padding = 3\n");
}

#[test]
fn unsaved_changes_are_asked_about() {
    let scene = Scene::new("");
    scene.open(&[]);
    scene.press(&["End", "Enter", "q"]);
    scene.wait_for("You have unsaved changes.");
    scene.escape("Your changes");
    scene.press(&["C-c"]);
    scene.wait_for("You have unsaved changes.");
    scene.press(&["C-c"]);
    scene.assert_restored("0", "");
    assert_eq!(scene.read(FILE), "");
}

#[test]
fn saving_on_the_way_out_saves_and_leaves() {
    let scene = Scene::new("");
    scene.open(&[]);
    scene.press(&["End", "Enter", "q", "s", "Enter"]);
    scene.assert_restored("0", "");
    assert_eq!(scene.read(FILE), "theme = \"tokyo-night\"\n");
}

#[test]
fn signals_give_the_terminal_back() {
    for signal in ["TERM", "HUP", "INT"] {
        let scene = Scene::new("");
        scene.open(&[]);
        scene.press(&["End", "Enter"]);
        scene.wait_for("(changed, not saved)");
        scene.kill(signal);
        scene.assert_restored("1", "bridgeline: configure: stopped by a signal; changes were not saved\n");
        assert_eq!(scene.read(FILE), "");
    }
}

#[test]
fn signals_and_a_closed_terminal_end_the_list_of_sessions() {
    let start = || {
        let scene = Scene::new("");
        scene.start_command("sessions --watch 2>message", BINARY, &[]);
        scene.wait_for("q quits");
        scene
    };
    for signal in ["TERM", "HUP"] {
        let scene = start();
        scene.kill(signal);
        scene.assert_restored("1", "bridgeline: sessions --watch: stopped by a signal\n");
    }
    let scene = start();
    scene.close();
    scene.assert_gone();
}

/// The part of the test below that runs in a terminal.
#[test]
#[ignore = "takes the screen"]
fn a_defect() {
    let _screen = bridgeline::tools::screen::Screen::enter().unwrap();
    io::stdout().write_all(b"drawn").unwrap();
    panic!("the defect's message");
}

#[test]
fn a_defect_gives_the_terminal_back_and_tells_its_message() {
    let scene = Scene::new("");
    let this = std::env::current_exe().unwrap();
    scene.start_command("--exact a_defect --ignored --nocapture", this.to_str().unwrap(), &[]);
    let screen = scene.wait_for_status("101");
    assert!(screen.contains("the defect's message") && !screen.contains("drawn"), "{screen}");
    scene.assert_given_back();
}

#[test]
fn a_terminal_that_is_closed_ends_the_program() {
    let scene = Scene::new("");
    scene.open(&[]);
    scene.press(&["End", "Enter"]);
    scene.wait_for("(changed, not saved)");
    scene.close();
    scene.assert_gone();
    assert_eq!(scene.read(FILE), "");
}

/// Not every program gets SIGHUP when its terminal goes: one in a session of its own does not.
#[test]
fn a_terminal_that_is_closed_ends_the_program_also_without_a_signal() {
    let scene = Scene::new("");
    scene.start_in_own_session();
    scene.wait_for("[1 Theme]");
    scene.close();
    scene.assert_gone();
}

#[test]
fn the_terminal_may_change_its_size() {
    let scene = Scene::new("");
    scene.open(&[]);
    scene.wait_for("76 columns");
    scene.resize(120, 30);
    scene.wait_for("116 columns");
    scene.resize(50, 10);
    assert_data_eq!(
        scene.wait_for("Enlarge it"),
        str![[r#"
terminal has 50 x 10. Enlarge it, or quit with
Ctrl-C; press it twice if there are unsaved
changes.







"#]]
    );
    scene.resize(80, 24);
    scene.wait_for("[1 Theme]");
    scene.press(&["-", "-", "-"]);
    scene.wait_for("70 columns");
}

/// Colours are between `\x1b[` and `m`.
fn has_color(painted: &str) -> bool {
    let codes = painted.split("\x1b[").skip(1).filter_map(|part| part.split_once('m'));
    let mut codes = codes.flat_map(|(codes, _)| codes.split(';'));
    codes.any(|code| code.parse().is_ok_and(|code: u8| (30..=49).contains(&code) && code != 39 && code != 49))
}

#[test]
fn without_colours_everything_is_still_told() {
    let [coloured, plain] = [&[][..], &["NO_COLOR=1"]].map(|variables| {
        let scene = Scene::new("theme = \"nord\"\n");
        scene.open(variables);
        let screen = scene.wait_for(" > * nord ");
        (has_color(&scene.painted()), screen)
    });
    assert_eq!((coloured.0, plain.0), (true, false));
    // Then the track of the bar is a line.
    assert_eq!(coloured.1.replace("█▌   38%", "█▌── 38%"), plain.1);
}

#[test]
fn what_cannot_be_edited_is_refused_before_the_screen_is_taken() {
    let scene = Scene::new("theme = \"nord\"\npadding = = 2\n");
    scene.start(&[]);
    let path = scene.sandbox.text(FILE);
    let message = scene.ended("1");
    assert!(message.starts_with(&format!("bridgeline: configure: {path}: line 2: ")), "{message}");
    assert!(message.contains("fix it"), "{message}");
}

#[test]
fn warnings_of_the_config_are_shown() {
    let scene = Scene::new("them = 1\nrows = \"moddel | cost\"\n");
    scene.open(&["BRIDGELINE_PADDING=2"]);
    scene.wait_for("(! shows 1 more)");
    scene.press(&["!"]);
    let screen = scene.wait_for("> warnings");
    let told = screen.split_whitespace().collect::<Vec<_>>().join(" ");
    for text in
        ["them: unknown key", "unknown segment moddel; did you mean model?", "BRIDGELINE_PADDING is set and overrides"]
    {
        assert!(told.contains(text), "{text}: {screen}");
    }
}
