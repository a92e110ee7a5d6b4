//! Output of commands that need no session: helps, the manual page, the config and its schema, shell code, and the
//! reports of an empty machine.

use std::fmt::Write;

use super::{Golden, TRANSCRIPTS, digest, read};
use crate::support::{NOW, Sandbox};

/// Texts with more bytes are in the corpus as a digest.
const LONGEST: usize = 30_000;

/// Commands with a help, in the order of the program's own help.
const HELPS: [&str; 23] = [
    "", "hook", "subagents", "prompt", "init", "sessions", "preview", "themes", "themes show", "config", "config path",
    "config show", "config default", "config schema", "config check", "configure", "doctor", "explain", "install",
    "uninstall", "usage", "completions", "man",
];

/// On an empty machine.
const PRINTED: [&str; 34] = [
    "--version",
    "man",
    "config default",
    "config schema",
    "config path",
    "config show",
    "config check",
    "init bash",
    "init zsh",
    "init fish",
    "init nu",
    "init pwsh",
    "completions bash",
    "completions zsh",
    "completions fish",
    "completions pwsh",
    "completions nu",
    "themes --names",
    "themes show node",
    "themes --width 80 --color never",
    "preview --width 80 --color never",
    "prompt plain",
    "prompt json",
    "sessions",
    "doctor",
    "explain",
    "usage",
    "usage --format json",
    "usage --format csv",
    "usage --format prometheus",
    "install --agent claude-code --hooks --dry-run",
    "install --prompt zsh --dry-run",
    "uninstall --dry-run",
    "configur",
];

/// With a running session in `work/garden`, and past ones.
const REPORTED: [&str; 35] = [
    "prompt bash",
    "prompt zsh",
    "prompt fish",
    "prompt nu",
    "prompt pwsh",
    "prompt tmux",
    "prompt plain",
    "prompt json",
    "prompt plain --all",
    "prompt json --all",
    "sessions",
    "sessions --all",
    "sessions --json",
    "explain --session last",
    "explain --session last --preset full --width 80",
    "explain --session last --json",
    "doctor",
    "doctor --json",
    "preview --session last --color never",
    "usage",
    "usage --weekly",
    "usage --monthly",
    "usage --session",
    "usage --project",
    "usage --model",
    "usage --daily --format json",
    "usage --session --format json",
    "usage --model --format csv",
    "usage --format prometheus",
    "usage --since 2026-11-24",
    "usage --timezone Pacific/Auckland",
    "usage weekly --week-starts sunday --models",
    "usage blocks",
    "usage blocks --active --format json",
    "usage blocks --format csv",
];

fn printed(sandbox: &Sandbox, command: &str, more: &[&str]) -> String {
    let args: Vec<&str> = command.split_whitespace().chain(more.iter().copied()).collect();
    let run = sandbox.call(&args).run();
    let mut text = run.stdout;
    if text.len() > LONGEST {
        text = format!("{} bytes, {} lines, {}\n", text.len(), text.lines().count(), digest(&text));
    }
    if !run.stderr.is_empty() {
        write!(text, "-- stderr:\n{}", run.stderr).unwrap();
    }
    if run.code != Some(0) {
        writeln!(text, "-- exit status {}", run.code.unwrap()).unwrap();
    }
    for (here, anywhere) in [
        (sandbox.text("").as_str(), "/sandbox/"),
        (env!("CARGO_BIN_EXE_bridgeline"), "/bin/bridgeline"),
        (env!("CARGO_PKG_VERSION"), "[VERSION]"),
        ("\x1b", "␛"),
    ] {
        text = text.replace(here, anywhere);
    }
    text
}

#[test]
fn every_help() {
    let mut golden = Golden::new("help.txt");
    let sandbox = Sandbox::new();
    for command in HELPS {
        golden.entry(&format!("bridgeline {command} --help"), &printed(&sandbox, command, &["--help"]));
    }
    golden.check();
}

#[test]
fn every_command() {
    let mut golden = Golden::new("commands.txt");
    for command in PRINTED {
        golden.entry(&format!("bridgeline {command}"), &printed(&Sandbox::new(), command, &[]));
    }
    golden.check();
}

#[test]
fn every_report_of_a_session() {
    let mut golden = Golden::new("reports.txt");
    let sandbox = Sandbox::new();
    let payload = sandbox.rich();
    for name in TRANSCRIPTS {
        sandbox.file(&format!("config/projects/-home-dev-work/{name}"), read("transcript", name));
    }
    for name in sandbox.files("config").iter().chain(&sandbox.files("tmp")) {
        sandbox.set_modified(name, NOW - 60);
    }
    golden.entry("bridgeline", &sandbox.render(&payload).run().painted().replace('\x1b', "␛"));
    for command in REPORTED {
        let at = ["--dir", &sandbox.text("work/garden")];
        let more = if command.starts_with("prompt") { &at[..] } else { &[] };
        let text = printed(&sandbox, command, more);
        golden.entry(
            &format!("bridgeline {command}"),
            &if command.starts_with("doctor") { untimed(&text) } else { text },
        );
    }
    golden.check();
}

/// Without the lines about the duration of a replay.
fn untimed(report: &str) -> String {
    let is_time = |line: &str| {
        line.contains("rendered in ") || line.ends_with(" µs") || line.ends_with(" ms") || line.contains("us\": ")
    };
    report.lines().filter(|line| !is_time(line)).map(|line| format!("{line}\n")).collect()
}
