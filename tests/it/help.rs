//! The help of every command, as read by somebody who sees it for the first time.

use crate::support::Sandbox;

/// Maximum width of a help in columns.
const COLUMNS: usize = 100;

/// The headings of the commands.
const COMMANDS: [&str; 5] =
    ["Commands:", "Start here:", "See what is going on:", "Set up with flags:", "For agents and shells:"];

#[test]
fn every_command_explains_itself() {
    let sandbox = Sandbox::new();
    let mut seen = Vec::new();
    let mut waiting = vec![Vec::new()];
    while let Some(command) = waiting.pop() {
        let help = help(&sandbox, &command);
        check(&command, &help);
        let sections = COMMANDS.into_iter().flat_map(|heading| section(&help, heading));
        for name in sections.filter_map(entry).map(|(name, _)| name) {
            waiting.push(command.iter().copied().chain([String::leak(name) as &str]).collect());
        }
        seen.push(command.join(" "));
    }
    for expected in ["setup", "hook", "themes show", "config check", "config set", "completions", "man"] {
        assert!(seen.iter().any(|command| command == expected), "{seen:?}");
        let words: Vec<&str> = expected.split(' ').collect();
        let asked = sandbox.call(&[&["help"], &words[..]].concat()).run().painted();
        assert_eq!(asked, self::help(&sandbox, &words), "help {expected}");
    }
    assert_eq!(sandbox.call(&["help"]).run().painted(), self::help(&sandbox, &[]));
    let versions = ["version", "--version"].map(|arg| sandbox.call(&[arg]).run().painted());
    assert_eq!(versions, [concat!("bridgeline ", env!("CARGO_PKG_VERSION"), "\n"); 2]);
}

/// Internal commands are in no help, and in no shell's completions.
#[test]
fn internal_commands_are_not_mentioned() {
    let sandbox = Sandbox::new();
    let mut texts = vec![help(&sandbox, &[]), sandbox.call(&["man"]).run().painted()];
    for shell in ["bash", "zsh", "fish", "nu", "pwsh"] {
        texts.push(sandbox.call(&["completions", shell]).run().painted());
    }
    for text in texts {
        let mut words = text.split(|c: char| !c.is_alphanumeric() && c != '_' && c != '-');
        assert!(words.all(|word| word != "refresh"), "{text}");
    }
}

#[test]
fn completions_know_themes_and_presets() {
    let sandbox = Sandbox::new();
    sandbox.file("home/.config/bridgeline/themes/my-own.toml", "inherits = \"nord\"\nabout = \"$(rm -r ~)\"\n");
    for shell in ["bash", "zsh", "fish", "nu"] {
        let script = sandbox.call(&["completions", shell]).run().painted();
        for word in ["gruvbox-dark", "auto", "my-own", "two-row"] {
            assert!(script.contains(word), "{shell} {word}: {script}");
        }
        assert!(!script.contains("rm -r"), "{shell}: {script}");
    }
}

fn help(sandbox: &Sandbox, command: &[&str]) -> String {
    sandbox.call(command).args(&["--help"]).run().painted()
}

#[track_caller]
fn check(command: &[&str], help: &str) {
    let about = help.lines().next().unwrap_or_default();
    assert!(about.contains(' ') && about.starts_with(char::is_uppercase), "{command:?}: {help}");
    assert!(help.contains(&format!("\nUsage: {}", [&["bridgeline"], command].concat().join(" "))), "{help}");
    for line in help.lines() {
        assert!(line.chars().count() <= COLUMNS, "{command:?}: {line}");
    }
    for heading in COMMANDS.into_iter().chain(["Arguments:", "Options:"]) {
        let lines = section(help, heading);
        for (at, line) in lines.iter().enumerate() {
            let Some((name, about)) = entry(line) else { continue };
            // After a long name, the text begins on the next line.
            let below = lines.get(at + 1).filter(|line| entry(line).is_none());
            let about = if about.is_empty() { below.map_or("", |line| line.trim()) } else { about };
            assert!(about.starts_with(char::is_uppercase), "{command:?} {name}: {about:?} in {help}");
        }
    }
}

/// The lines below a heading.
fn section<'h>(help: &'h str, heading: &str) -> Vec<&'h str> {
    let lines = help.lines().skip_while(|line| *line != heading).skip(1);
    lines.take_while(|line| line.is_empty() || line.starts_with(' ')).collect()
}

/// Name and text of a line that begins an entry.
fn entry(line: &str) -> Option<(String, &str)> {
    let indent = line.len() - line.trim_start().len();
    let begins = !line.trim().is_empty() && (indent <= 2 || indent == 6 && line.trim_start().starts_with("--"));
    let (name, about) = line.trim().split_once("  ").unwrap_or((line.trim(), ""));
    begins.then(|| (name.to_owned(), about.trim_start()))
}
