//! Prompts of bash, zsh and fish, under every option that changes what a prompt expands.

use std::fs;
use std::process::Command;

use unicode_width::UnicodeWidthStr;

use crate::scene::{COLUMNS, Scene};
use crate::support::ROOT;
use crate::support::terminal::Terminal;

/// The end of every prompt here.
const SIGN: &str = "> ";

/// A shell with this start-up file.
fn shell(scene: &Scene, name: &str, rc: &str) -> Terminal {
    match name {
        "bash" => {
            let rc = scene.sandbox.file("home/.bashrc", rc);
            scene.terminal(&["bash", "--noprofile", "--rcfile", rc.to_str().unwrap(), "-i"])
        }
        "zsh" => {
            scene.sandbox.file("home/.zshrc", rc);
            scene.terminal(&["zsh", "-d", "-i"])
        }
        _ => {
            scene.sandbox.file("home/.config/fish/config.fish", rc);
            scene.terminal(&["fish", "-i"])
        }
    }
}

/// The session is in a line above the prompt, also after commands and a redraw, and editing leaves the cursor in the
/// right place.
#[track_caller]
fn stands_above(name: &str, rc: &str) {
    let scene = Scene::new();
    let terminal = shell(&scene, name, rc);
    let what = format!("{name}: {rc}");
    let shown = scene.shown();
    terminal.wait_for_rows(&what, |rows| rows.contains(&shown.as_str()));
    terminal.wait_for_cursor_behind(&what, SIGN);
    edit(&scene, &terminal, &what, SIGN);
    terminal.press(&["Enter"]);
    // A second prompt, and the session above it, once.
    let above = |rows: &[&str]| {
        let signs: Vec<usize> = (0..rows.len()).filter(|at| rows[*at].starts_with(SIGN.trim_end())).collect();
        signs.len() == 2 && signs.iter().all(|at| *at > 0 && rows[at - 1] == shown)
    };
    terminal.wait_for_rows(&what, above);
    terminal.wait_for_cursor_behind(&what, SIGN);
    if name != "fish" {
        terminal.press(&["C-l"]);
        terminal.wait_for_rows(&what, |rows| rows[0] == shown && rows[1] == SIGN.trim_end() && rows[2].is_empty());
        terminal.wait_for_cursor_behind(&what, SIGN);
    }
    scene.assert_nothing_ran();
}

/// The session is where the user has put it: before the sign, on the same line.
#[track_caller]
fn stands_before(name: &str, rc: &str) {
    let scene = Scene::new();
    let terminal = shell(&scene, name, rc);
    let what = format!("{name}: {rc}");
    let prompt = format!("{} {SIGN}", scene.shown());
    terminal.wait_for_cursor_behind(&what, &prompt);
    edit(&scene, &terminal, &what, &prompt);
    terminal.press(&["Enter"]);
    terminal.wait_for_rows(&what, |rows| rows.iter().filter(|row| row.starts_with(prompt.trim_end())).count() == 2);
    terminal.wait_for_cursor_behind(&what, &prompt);
    scene.assert_nothing_ran();
}

/// Types a command, moves in it, changes its beginning, and comes back to its end.
#[track_caller]
fn edit(scene: &Scene, terminal: &Terminal, what: &str, prompt: &str) {
    terminal.types("rue");
    terminal.wait_for_cursor_behind(what, &format!("{prompt}rue"));
    terminal.press(&["C-a"]);
    terminal.wait_for_cursor_behind(what, prompt);
    terminal.types("t");
    terminal.wait_for_cursor_behind(what, &format!("{prompt}t"));
    terminal.press(&["C-e"]);
    terminal.wait_for_cursor_behind(what, &format!("{prompt}true"));
    let rows = terminal.rows();
    let (_, row) = terminal.cursor();
    assert_eq!(rows[row], format!("{prompt}true"), "{what}");
    wrap(terminal, what, prompt, row);
    scene.assert_nothing_ran();
}

/// Continues past the end of the row: a shell that counts colours as columns would break it elsewhere. In the end, the
/// command is `true` again.
#[track_caller]
fn wrap(terminal: &Terminal, what: &str, prompt: &str, row: usize) {
    const OVER: usize = 7;
    let room = COLUMNS - prompt.width() - "true".len();
    terminal.types(&format!(" {}", "x".repeat(room + OVER - 1)));
    terminal.wait_for_cursor(what, (OVER, row + 1));
    let whole = format!("{prompt}true {}", "x".repeat(room - 1));
    let rows = terminal.rows();
    assert_eq!(rows[row..row + 2], [whole, "x".repeat(OVER)], "{what}");
    terminal.press(&["C-a"]);
    terminal.wait_for_cursor(what, (prompt.width(), row));
    terminal.press(&["C-e"]);
    terminal.wait_for_cursor(what, (OVER, row + 1));
    terminal.press(&["C-w"]);
    terminal.wait_for_cursor(what, (prompt.width() + "true ".len(), row));
}

const BASH: &str = "eval \"$(bridgeline init bash)\"\n";
const ZSH: &str = "eval \"$(bridgeline init zsh)\"\n";
const FISH: &str = "set -g fish_greeting\nbridgeline init fish | source\n";

#[test]
fn bash_shows_it_above_the_prompt() {
    for options in ["", "shopt -u promptvars\n", "set -o posix\n", "shopt -u promptvars; set -o posix\n", "set -eu\n"] {
        stands_above("bash", &format!("PS1='> '\n{BASH}{BASH}{options}"));
    }
}

#[test]
fn bash_shows_it_where_the_user_puts_it() {
    let place = "bridgeline_place=none\nPS1='${bridgeline_prompt} > '\n";
    for options in ["", "set -o posix\n", "set -H -eu\n"] {
        stands_before("bash", &format!("{place}{BASH}{options}"));
    }
    stands_before("bash", "PS1='$(bridgeline prompt bash --width 299) > '\n");
}

#[test]
fn zsh_shows_it_above_the_prompt() {
    for subst in ["prompt_subst", "no_prompt_subst"] {
        for percent in ["prompt_percent", "no_prompt_percent"] {
            for bang in ["prompt_bang", "no_prompt_bang"] {
                let options = format!("setopt {subst} {percent} {bang}\n");
                stands_above("zsh", &format!("PROMPT='> '\n{ZSH}{ZSH}{options}"));
            }
        }
    }
    for options in ["set -eu", "setopt ksh_arrays sh_word_split extended_glob warn_create_global", "emulate ksh"] {
        stands_above("zsh", &format!("PROMPT='> '\n{ZSH}{options}\n"));
    }
}

#[test]
fn zsh_shows_it_where_the_user_puts_it() {
    for percent in ["prompt_percent", "no_prompt_percent"] {
        for bang in ["prompt_bang", "no_prompt_bang"] {
            let options = format!("setopt prompt_subst {percent} {bang}\n");
            let place = "bridgeline_place=none\nPROMPT='${bridgeline_prompt} > '\n";
            stands_before("zsh", &format!("{place}{ZSH}{options}"));
        }
    }
    stands_before("zsh", "setopt prompt_subst\nPROMPT='$(bridgeline prompt zsh --width 299) > '\n");
}

#[test]
fn fish_shows_it_above_the_prompt() {
    stands_above("fish", &format!("function fish_prompt; echo -n '> '; end\n{FISH}{FISH}"));
}

#[test]
fn fish_shows_it_where_the_user_puts_it() {
    let place = "set -g bridgeline_place none\nfunction fish_prompt; echo -n \"$bridgeline_prompt > \"; end\n";
    stands_before("fish", &format!("{place}{FISH}"));
}

/// The module in `docs/prompts.md`, in starship itself, which takes minutes to build. So this is run by hand: `cargo
/// test --test shells -- --ignored starship`.
#[test]
#[ignore = "needs starship: cargo install starship"]
fn starship_shows_it_as_a_module() {
    let starship = find("starship");
    let documented = fs::read_to_string(format!("{ROOT}/docs/prompts.md")).unwrap();
    let (_, module) = documented.split_once("# ~/.config/starship.toml\n").unwrap();
    let (module, _) = module.split_once("```").unwrap();
    assert!(module.contains("command = \"bridgeline prompt plain --color always\""));
    let module = module.replace("--color always", "--color always --width 299");
    let config = format!("format = \"${{custom.bridgeline}}{SIGN}\"\nadd_newline = false\n{module}");
    for (name, rc) in [
        ("bash", format!("eval \"$({starship} init bash)\"")),
        ("zsh", format!("eval \"$({starship} init zsh)\"")),
        ("fish", format!("set -g fish_greeting\n{starship} init fish | source")),
    ] {
        let scene = Scene::new();
        scene.sandbox.file("home/.config/starship.toml", &config);
        let terminal = shell(&scene, name, &format!("{rc}\n"));
        // starship writes `\$` for a `$`, which bash shows to root as `#`.
        let shown = scene.shown();
        let shown = if name == "bash" && is_root() { shown.replace('$', "#") } else { shown };
        let prompt = format!("{shown} {SIGN}");
        let what = format!("starship: {rc}");
        terminal.wait_for_cursor_behind(&what, &prompt);
        edit(&scene, &terminal, &what, &prompt);
        scene.assert_nothing_ran();
    }
}

fn is_root() -> bool {
    let output = Command::new("id").arg("-u").output();
    output.expect("id is needed").stdout == b"0\n"
}

/// The path of a program on the `PATH`.
#[track_caller]
fn find(program: &str) -> String {
    let path = std::env::var_os("PATH").unwrap();
    let found = std::env::split_paths(&path).map(|folder| folder.join(program)).find(|file| file.exists());
    found.unwrap_or_else(|| panic!("{program} is needed")).to_str().unwrap().to_owned()
}

/// The status of the last command is available to the prompt, and to anything else that runs before it.
#[test]
fn the_status_of_the_last_command_stays() {
    let check = |name: &str, rc: &str| {
        let scene = Scene::new();
        let terminal = shell(&scene, name, rc);
        terminal.wait_for_rows(name, |rows| rows.iter().any(|row| row.starts_with("0> ") || *row == "0>"));
        terminal.types("(exit 7)");
        if name == "fish" {
            terminal.press(&["C-u"]);
            terminal.types("sh -c 'exit 7'");
        }
        terminal.press(&["Enter"]);
        terminal.wait_for_rows(name, |rows| rows.contains(&"7>") && rows.contains(&"after 7"));
    };
    let after = "after() { echo \"after $?\"; }\n";
    check("bash", &format!("PS1='$?> '\n{after}PROMPT_COMMAND=''\n{BASH}PROMPT_COMMAND+='; after'\n"));
    check("bash", &format!("PS1='$?> '\n{after}PROMPT_COMMAND=()\n{BASH}PROMPT_COMMAND+=(after)\n"));
    check("zsh", &format!("PROMPT='%?> '\n{ZSH}{after}add-zsh-hook precmd after\n"));
    let fish = "function after --on-event fish_prompt; echo \"after $status\"; end\n";
    check("fish", &format!("function fish_prompt; echo -n \"$status> \"; end\n{FISH}{fish}"));
}

/// Code that runs before prompts already keeps running, whatever form it has.
#[test]
fn bash_keeps_what_runs_before_the_prompt() {
    for before in [
        "PROMPT_COMMAND='echo kept'",
        "PROMPT_COMMAND='echo kept;'",
        "PROMPT_COMMAND='echo kept # always'",
        "PROMPT_COMMAND=('echo kept')",
        "PROMPT_COMMAND=(true 'echo kept')",
        "declare -r x=1; PROMPT_COMMAND=$'\\n echo kept \\n'",
    ] {
        let scene = Scene::new();
        let terminal = shell(&scene, "bash", &format!("PS1='> '\n{before}\n{BASH}{BASH}"));
        let shown = scene.shown();
        let rows = terminal.wait_for_rows(before, |rows| rows.contains(&">"));
        assert_eq!(rows[..3], ["kept", &shown, ">"], "{before}");
    }
}

/// If the program is missing, the prompt is as before, without a message.
#[test]
fn a_missing_program_leaves_the_prompt_alone() {
    let (bash, zsh, fish) = ("src/shell/init.bash", "src/shell/init.zsh", "src/shell/init.fish");
    for (name, rc, snippet) in [
        ("bash", "PS1='> '\nset -eu\n", bash),
        ("zsh", "PROMPT='> '\nset -eu\n", zsh),
        ("fish", "set -g fish_greeting\nfunction fish_prompt; echo -n '> '; end\n", fish),
    ] {
        let scene = Scene::new();
        let path = if name == "fish" { "set -gx PATH /usr/bin /bin\n" } else { "PATH=/usr/bin:/bin\n" };
        let terminal = shell(&scene, name, &format!("{rc}{path}. {ROOT}/{snippet}\n"));
        terminal.wait_for_cursor_behind(name, SIGN);
        terminal.types("echo on");
        terminal.press(&["Enter"]);
        let rows = terminal.wait_for_rows(name, |rows| rows.iter().filter(|row| row.starts_with('>')).count() == 2);
        assert_eq!(rows[..3], ["> echo on", "on", ">"], "{name}");
    }
}
