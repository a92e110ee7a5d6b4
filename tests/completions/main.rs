//! Completions as shells use them, with the Tab key where a terminal is available, and the manual page as groff reads
//! it. Needs bash, zsh, fish, `script` (bsdutils), groff, node and npm, which installs the versions of Nushell and of a
//! grammar for PowerShell named here: `cargo test --test completions`.

#[path = "../support/mod.rs"]
mod support;

use std::io::Write;
use std::path::PathBuf;
use std::process::Stdio;

use support::{Sandbox, finish, npm};

const NUSHELL: &str = "0.115.1";
const TREE_SITTER: &str = "0.27.2";
const POWERSHELL: &str = "0.26.4";

/// Text typed into a shell whose `bridgeline` prints its arguments, and the arguments printed.
const TYPED: [(&str, &[&str]); 6] = [
    ("bridgeline --th\tnor\t", &["--theme nord"]),
    ("bridgeline previ\t--pres\ttwo\t", &["preview --preset two-row"]),
    ("bridgeline themes show gruvbox-d\t", &["themes show gruvbox-dark"]),
    ("bridgeline themes show my-o\t", &["themes show my-own"]),
    ("bridgeline ins\t--dry\t", &["install --dry-run"]),
    ("bridgeline refr\t", &["refr"]),
];

#[test]
fn bash_completes() {
    let sandbox = Sandbox::new();
    let script = script(&sandbox, "bash");
    shell(&sandbox, "bash", &["-n", &script]);
    let registered = shell(&sandbox, "bash", &["-c", &format!("set -eu; . '{script}'; complete -p bridgeline")]);
    assert!(registered.contains("-F _bridgeline") && registered.contains(" bridgeline"), "{registered}");
    let start = sandbox.file("work/start", format!("{PRINTS}\n. '{script}'\n"));
    typed(&sandbox, &format!("bash --noprofile --rcfile '{}' -i", start.display()));
}

#[test]
fn zsh_completes() {
    let sandbox = Sandbox::new();
    let script = script(&sandbox, "zsh");
    shell(&sandbox, "zsh", &["-n", &script]);
    sandbox.file("work/functions/_bridgeline", sandbox.read("work/script.zsh"));
    let start = format!(
        "fpath=('{}' $fpath)\nautoload -U compinit\ncompinit -u -d \"$ZDOTDIR/dump\"\n{PRINTS}\n",
        sandbox.text("work/functions")
    );
    sandbox.file("home/.zshrc", start);
    typed(&sandbox, "zsh -d -i");
}

#[test]
fn fish_completes() {
    let sandbox = Sandbox::new();
    let script = script(&sandbox, "fish");
    shell(&sandbox, "fish", &["-n", &script]);
    for (line, expected) in [
        ("bridgeline --th", "--theme"),
        ("bridgeline --theme nor", "nord"),
        ("bridgeline --theme=nor", "--theme=nord"),
        ("bridgeline --theme nord prev", "preview"),
        ("bridgeline preview --preset tw", "two-row"),
        ("bridgeline themes show gruvbox-d", "gruvbox-dark"),
        ("bridgeline themes show my-o", "my-own"),
        ("bridgeline completions f", "fish"),
        ("bridgeline refr", ""),
    ] {
        let ask = format!("source '{script}'; complete -C '{line}'");
        let proposed = shell(&sandbox, "fish", &["-N", "-c", &ask]);
        let words: Vec<&str> = proposed.lines().filter_map(|line| line.split('\t').next()).collect();
        assert_eq!(words.join(" "), expected, "{line}");
    }
}

#[test]
fn nushell_knows_every_command() {
    let sandbox = Sandbox::new();
    let script = script(&sandbox, "nu");
    let ask = "help commands | where name =~ '^bridgeline' | get name | to text";
    let names =
        shell(&sandbox, nushell().to_str().unwrap(), &["--no-config-file", "-c", &format!("use '{script}' *\n{ask}")]);
    for command in ["bridgeline", "bridgeline install", "bridgeline themes show", "bridgeline completions"] {
        assert!(names.lines().any(|name| name == command), "{command}: {names}");
    }
    assert!(sandbox.read("work/script.nu").contains("\"my-own\""));
}

/// The completions install this shell anyway, so its start-up file is tried here too.
#[test]
fn nushell_shows_what_the_prompt_prints() {
    use std::os::unix::fs::PermissionsExt;

    const HOSTILE: &str = "$(touch stolen) `touch stolen` ($env.HOME) (touch stolen)";
    let sandbox = Sandbox::new();
    let printed = sandbox.call(&["init", "nu"]).run();
    assert_eq!((printed.code, printed.stderr.as_str()), (Some(0), ""));
    let start = sandbox.file("work/init.nu", printed.stdout);
    let program = format!("#!/bin/sh\nprintf '%s' '{HOSTILE}'; printf ' <%s>' \"$1\" \"$2\"\n");
    let program = sandbox.file("bin/bridgeline", program);
    std::fs::set_permissions(&program, PermissionsExt::from_mode(0o755)).unwrap();
    let session = format!(
        "$env.PATH = ($env.PATH | prepend '{}')\n$env.PROMPT_COMMAND = {{|| \"inner\" }}\n\
         source '{}'\nsource '{}'\n\
         for hook in $env.config.hooks.pre_prompt {{ do --env $hook }}\nprint (do $env.PROMPT_COMMAND)\n\
         $env.bridgeline_place = \"none\"\nprint (do $env.PROMPT_COMMAND)",
        program.parent().unwrap().display(),
        start.display(),
        start.display(),
    );
    let said = shell(&sandbox, nushell().to_str().unwrap(), &["--no-config-file", "-c", &session]);
    assert_eq!(said, format!("{HOSTILE} <prompt> <nu>\ninner\ninner\n"));
    assert!(!sandbox.path("work/stolen").exists());
}

/// PowerShell is not available to these tests; a grammar of it finds at least syntax errors.
#[test]
fn powershell_could_read_the_start_file() {
    let sandbox = Sandbox::new();
    let parser = npm::file("web-tree-sitter", TREE_SITTER, "web-tree-sitter.cjs");
    let grammar = npm::file("tree-sitter-powershell", POWERSHELL, "tree-sitter-powershell.wasm");
    let errors = "
        const { Parser, Language } = require(process.argv[1]);
        const { readFileSync } = require('node:fs');
        Parser.init().then(async () => {
            const parser = new Parser();
            parser.setLanguage(await Language.load(process.argv[2]));
            const errors = (node) =>
                (node.isError || node.isMissing ? [`line ${node.startPosition.row + 1}`] : []).concat(
                    ...node.children.map(errors));
            console.log(errors(parser.parse(readFileSync(process.argv[3], 'utf8')).rootNode).join());
        });";
    let (parser, grammar) = (parser.to_str().unwrap(), grammar.to_str().unwrap());
    let errors = |script: &str| {
        let script = sandbox.file("work/init.ps1", script).to_str().unwrap().to_owned();
        shell(&sandbox, "node", &["-e", errors, parser, grammar, &script])
    };
    let printed = sandbox.call(&["init", "pwsh"]).run().painted();
    assert_eq!(errors(&printed), "\n");
    assert_eq!(errors(include_str!("../shells/powershell.ps1")), "\n");
    assert_ne!(errors(&printed.replacen('}', "", 1)), "\n");
}

#[test]
fn manual_page_is_without_fault() {
    let sandbox = Sandbox::new();
    let page = sandbox.file("work/bridgeline.1", sandbox.call(&["man"]).run().painted());
    let page = shell(&sandbox, "groff", &["-man", "-Tascii", "-P-c", "-ww", page.to_str().unwrap()]);
    // Bold is overstruck.
    let mut plain = String::new();
    for c in page.chars() {
        if c == '\x08' { _ = plain.pop() } else { plain.push(c) }
    }
    for part in ["BRIDGELINE(1)", "NAME", "--theme", "bridgeline themes show", "--replace-node", "EXIT STATUS"] {
        assert!(plain.contains(part), "{part}: {plain}");
    }
    assert!(!plain.contains("refresh git"), "{plain}");
}

/// A function that replaces the program.
const PRINTS: &str = "bridgeline() { printf 'RAN<%s>\\n' \"$*\"; }";

/// A file with the completions for a shell, including a theme of the user's that would run a program if it could.
fn script(sandbox: &Sandbox, shell: &str) -> String {
    let theme = "about = \"mine' $(touch stolen) `touch stolen`\"\ninherits = \"nord\"\n";
    sandbox.file("home/.config/bridgeline/themes/my-own.toml", theme);
    let printed = sandbox.call(&["completions", shell]).run();
    assert_eq!((printed.code, printed.stderr.as_str()), (Some(0), ""));
    sandbox.file(&format!("work/script.{shell}"), printed.stdout).to_str().unwrap().to_owned()
}

/// The output of a program that succeeds without any message on standard error.
#[track_caller]
fn shell(sandbox: &Sandbox, program: &str, args: &[&str]) -> String {
    let output = sandbox.installed(program).args(args).stdin(Stdio::null()).output();
    let output = output.unwrap_or_else(|err| panic!("{program} is needed: {err}"));
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && stderr.is_empty(), "{program} {args:?}: {stderr}");
    String::from_utf8(output.stdout).unwrap()
}

/// Types all lines into a terminal in which this shell runs.
#[track_caller]
fn typed(sandbox: &Sandbox, shell: &str) {
    let mut command = sandbox.installed("script");
    command.args(["-qec", shell, "/dev/null"]).env("TERM", "dumb").env("ZDOTDIR", sandbox.path("home"));
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("script is needed, of bsdutils");
    let lines: String = TYPED.iter().map(|(line, _)| format!("{line}\n")).collect();
    child.stdin.take().unwrap().write_all(format!("{lines}exit\n").as_bytes()).unwrap();
    let output = finish(child);
    let said = String::from_utf8_lossy(&output.stdout);
    let ran: Vec<String> =
        said.lines().filter_map(|line| Some(line.split_once("RAN<")?.1.split_once('>')?.0.replace('=', " "))).collect();
    let expected: Vec<&str> = TYPED.iter().flat_map(|(_, words)| words.iter().copied()).collect();
    assert_eq!(ran, expected, "{said}");
    assert!(!sandbox.path("work/stolen").exists() && !sandbox.path("home/stolen").exists());
}

fn nushell() -> PathBuf {
    let platform = format!("{}-{}", std::env::consts::OS, std::env::consts::ARCH.replace("x86_64", "x64"));
    npm::file(&format!("@nushell/{}", platform.replace("aarch64", "arm64")), NUSHELL, "bin/nu")
}
