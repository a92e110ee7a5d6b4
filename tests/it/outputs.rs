//! The output of any command, in any format: text from outside, wherever it was planted, never controls the terminal or
//! turns the reading direction.

use serde_json::json;

use crate::support::{Call, RICH, Sandbox, is_dangerous};

/// Usable in a path.
const HOSTILE: &str = "x\u{1b}]0;t\u{7}\u{1b}[2J\u{9b}31m\u{202e}\u{2066}\u{200b}\u{e0041}\u{2028}\n\ry";

/// As a string of TOML or JSON.
fn quoted(text: &str) -> String {
    json!(text).to_string().replace('\u{7f}', "")
}

/// A sandbox with hostile text wherever others can write: folders, files and variables.
struct Planted(Sandbox);

impl Planted {
    fn new() -> Self {
        let sandbox = Sandbox::new();
        let home = format!("{HOSTILE}/home");
        let text = quoted(HOSTILE);
        let config = format!(
            "{text} = 1\npreset = {text}\nseparator = {text}\ngap = {text}\nprefix = [{text}]\n\
             rows = [{text}, 'model | odd | env | run git cost dir task session version']\n\
             extra_rows = ['context limits today block burn files tools activity agents pr repo']\n\
             [segments.model]\nicon = {text}\nrole = {text}\nformat = [{text}, \"{{name}} {{{HOSTILE_TOML}}}\", \"{{name}}\"]\n\
             thresholds = [{{ at = 1, role = {text} }}]\nhide_when = [{text}]\n{text} = 1\n\
             [segments.{text}]\nkind = {text}\n[segments.odd]\nkind = 'text'\nformat = {text}\n\
             [segments.env]\nvariable = 'ODD'\n[segments.run]\nkind = 'command'\ncommand = {text}\n[broken = = {text}\n",
        );
        sandbox.file(&format!("{home}/.config/bridgeline/config.toml"), &config);
        let theme = format!(
            "about = {text}\nname = {text}\nparent = {text}\n# {HOSTILE}\n[palette]\n{text} = {text}\n[roles]\nmodel = {text}\n{text} = {text}\n"
        );
        for name in [HOSTILE, "mine"] {
            sandbox.file(&format!("{home}/.config/bridgeline/themes/{name}.toml"), &theme);
        }
        sandbox.file(
            &format!("{home}/.config/bridgeline/prices.toml"),
            format!("[[price]]\nmodel = {text}\ninput = {text}\n{text} = 1\n"),
        );
        let project = format!("work/{HOSTILE}");
        sandbox.file(&format!("{project}/.bridgeline.toml"), &config);
        sandbox.file(&format!("{project}/.git/HEAD"), format!("ref: refs/heads/{HOSTILE}\n"));
        sandbox.file(&format!("{project}/.git/rebase-merge/head-name"), HOSTILE);
        let claude = json!({
            "statusLine": {"type": "command", "command": HOSTILE}, HOSTILE: HOSTILE, "theme": HOSTILE,
            "hooks": {"Stop": [{"matcher": HOSTILE, "hooks": [{"type": "command", "command": HOSTILE}]}]},
        });
        for name in ["config/settings.json", &format!("{project}/.claude/settings.json")] {
            sandbox.file(name, claude.to_string());
        }
        sandbox.file(&format!("{home}/.codex/config.toml"), format!("# {HOSTILE}\n[tui]\n{text} = {text}\n"));
        sandbox.file(&format!("{home}/.gemini/settings.json"), format!("{{ {HOSTILE}"));
        sandbox.file(&format!("{home}/.bashrc"), format!("# {HOSTILE}\n"));
        let usage = json!({"input_tokens": 5, "output_tokens": 1000});
        let line = json!({
            "type": "assistant", "timestamp": "2026-11-20T09:00:00Z", "sessionId": HOSTILE, "requestId": HOSTILE,
            "cwd": HOSTILE, "message": {"id": HOSTILE, "model": HOSTILE, "usage": usage},
        });
        for folder in ["-home-ada", HOSTILE] {
            sandbox.file(&format!("config/projects/{folder}/{HOSTILE}.jsonl"), format!("{line}\n"));
        }
        let task = json!({"id": HOSTILE, "subject": HOSTILE, "activeForm": HOSTILE, "status": "in_progress"});
        sandbox.file(&format!("config/tasks/{RICH}/2.json"), task.to_string());
        let ours = json!({
            "seq": 1, "state": "waiting", "since_ms": 1_795_402_800_000_u64, "mode": HOSTILE,
            "tool": {"name": HOSTILE, "target": HOSTILE, "at_ms": 1}, "compactions": 2, "tasks": [task],
            "agents": [{"id": HOSTILE, "type": HOSTILE, "since_ms": 1}],
        });
        sandbox.bridge(RICH, json!({ "bridgeline": ours, HOSTILE: HOSTILE, "total_cost_usd": 99.0 }));
        let failed = json!({"failures": 3, "failed_at_ms": 1_795_402_899_000_u64, "error": HOSTILE});
        for kind in ["git", "command", "usage"] {
            sandbox.file(&format!("state/{kind}/0123456789abcdef.json"), failed.to_string());
        }
        let planted = Planted(sandbox);
        // It is also in the files that a session leaves.
        planted.call(&[]).stdin(planted.payload()).run();
        planted
    }

    fn payload(&self) -> String {
        let dir = self.0.text(&format!("work/{HOSTILE}"));
        json!({
            "session_id": RICH, "session_name": HOSTILE, "version": HOSTILE, "cwd": dir,
            "transcript_path": self.0.text(&format!("config/projects/{HOSTILE}/{HOSTILE}.jsonl")),
            "model": {"id": HOSTILE, "display_name": HOSTILE}, "effort": {"level": HOSTILE},
            "workspace": {"current_dir": dir, "project_dir": dir, "added_dirs": [HOSTILE],
                "repo": {"host": HOSTILE, "owner": HOSTILE, "name": HOSTILE}},
            "output_style": {"name": HOSTILE}, "vim": {"mode": HOSTILE}, "agent": {"name": HOSTILE},
            "worktree": {"name": HOSTILE, "branch": HOSTILE}, "permission_mode": HOSTILE,
            "pr": {"number": 7, "url": format!("https://x/{HOSTILE}"), "review_state": HOSTILE},
            "cost": {"total_cost_usd": 99.0}, "context_window": {"used_percentage": 95},
        })
        .to_string()
    }

    fn call(&self, args: &[&str]) -> Call {
        let mut call = self.0.call(args).cwd(self.0.path(&format!("work/{HOSTILE}")));
        call = call.env("HOME", self.0.path(&format!("{HOSTILE}/home"))).env("USERPROFILE", HOSTILE);
        for name in ["ODD", "HOSTNAME", "USER", "TERM", "COLORTERM", "LANG", "TERM_PROGRAM", "SHELL", "EDITOR"] {
            call = call.env(name, HOSTILE);
        }
        for name in ["THEME", "STYLE", "ROWS", "PADDING", "COLOR", "SEPARATOR", "LINKS"] {
            call = call.env(&format!("BRIDGELINE_{name}"), HOSTILE);
        }
        call
    }
}

/// Inside a TOML string.
const HOSTILE_TOML: &str = r"\u001b]0;t\u0007\u009b31m\u202e";

/// Checks stdout and stderr: only text, line breaks and our own colours, and `more` in stdout.
#[track_caller]
fn check(call: Call, what: &str, more: &[char]) -> String {
    let printed = call.run();
    for (stream, more) in [(&printed.stdout, more), (&printed.stderr, &[][..])] {
        // CSV has line breaks of two characters.
        let stream = stream.replace("\r\n", "\n");
        let mut rest = stream.as_str();
        while let Some(at) = rest.find(|c| c != '\n' && !more.contains(&c) && is_dangerous(c)) {
            let colour = rest[at..].strip_prefix("\u{1b}[").and_then(|codes| codes.split_once('m'));
            let is_colour = |codes: &str| codes.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b';'));
            match colour.filter(|(codes, _)| is_colour(codes)) {
                Some((_, after)) => rest = after,
                None => panic!("{what}: {:?} in {stream:?}", rest[at..].chars().next()),
            }
        }
    }
    printed.stdout + &printed.stderr
}

#[test]
fn no_command_prints_hostile_text() {
    let planted = Planted::new();
    let payload = planted.payload();
    let panel = json!({
        "session_id": RICH, "cwd": HOSTILE, "columns": 80,
        "tasks": [{"id": HOSTILE, "name": HOSTILE, "status": HOSTILE, "label": HOSTILE, "model": HOSTILE}],
    });
    let event = |name: &str| {
        json!({
            "session_id": RICH, "hook_event_name": name, "tool_name": HOSTILE, "cwd": HOSTILE,
            "tool_input": {"file_path": HOSTILE, "command": HOSTILE}, "message": HOSTILE,
            "transcript_path": planted.0.text(&format!("config/projects/{HOSTILE}/{HOSTILE}.jsonl")),
        })
        .to_string()
    };
    let on_stdin: &[(&[&str], String)] = &[
        (&[], payload.clone()),
        (&["--preset", "full"], payload.clone()),
        (&["--preset", "hud", "--theme", "mine"], payload.clone()),
        (&["--format", "json"], payload.clone()),
        (&["explain"], payload.clone()),
        (&["explain", "--json"], payload.clone()),
        (&["explain", "--preset", "full"], payload.clone()),
        (&[], format!("{{\"session_id\": {}", quoted(HOSTILE))),
        (&["subagents"], panel.to_string()),
        (&["hook"], event("PostToolUse")),
        (&["hook"], event("UserPromptSubmit")),
        (&["hook"], event("Stop")),
        (&["install"], "n\n".to_owned()),
    ];
    for (args, stdin) in on_stdin {
        check(planted.call(args).stdin(stdin.as_str()), &format!("{args:?}"), &[]);
    }
    let without_stdin: &[&[&str]] = &[
        &["config", "show"],
        &["config", "check"],
        &["config", "path"],
        &["config", "default"],
        &["config", "schema"],
        &["config", "get", "theme"],
        &["config", "get", HOSTILE],
        &["config", "set", "theme", HOSTILE],
        &["config", "set", HOSTILE, HOSTILE],
        &["config", "unset", HOSTILE],
        &["help", HOSTILE],
        &["setup"],
        &["doctor"],
        &["doctor", "--json"],
        &["doctor", "--fix"],
        &["explain"],
        &["explain", "--session", "last", "--json"],
        &["explain", "--session", HOSTILE],
        &["preview"],
        &["preview", "--session", "last"],
        &["preview", "--session", HOSTILE],
        &["preview", "--theme", "mine"],
        &["preview", "--svg", "--session", "last"],
        &["themes"],
        &["themes", "--names"],
        &["themes", "show", "mine"],
        &["themes", "show", HOSTILE],
        &["themes", "show", "../x\u{1b}[2J"],
        &["usage"],
        &["usage", "--project"],
        &["usage", "--model"],
        &["usage", "--session"],
        &["usage", "--format", "json", "--project"],
        &["usage", "--format", "csv", "--project"],
        &["usage", "--format", "csv", "--model"],
        &["usage", "--format", "prometheus"],
        &["usage", "--from", HOSTILE],
        &["usage", "--timezone", HOSTILE],
        &["usage", "--since", HOSTILE],
        &["sessions"],
        &["sessions", "--all"],
        &["sessions", "--json"],
        &["install", "--dry-run"],
        &["install", "--dry-run", "--hooks", "--command", HOSTILE],
        &["install", "--prompt", "bash", "--dry-run"],
        &["install", "--hooks", "--yes"],
        &["uninstall", "--dry-run"],
        &["uninstall", "--yes"],
        &["configure"],
        &["completions", "bash"],
        &["completions", HOSTILE],
        &["init", "bash"],
        &["init", HOSTILE],
        &["refresh", "git", HOSTILE],
        &["refresh", HOSTILE, HOSTILE],
        &["refresh", "command", HOSTILE],
        &["refresh", HOSTILE],
        &[HOSTILE],
        &["--theme", HOSTILE],
        &["--set", HOSTILE],
        &["--width", HOSTILE],
        &["--bogus", HOSTILE],
    ];
    for args in without_stdin {
        check(planted.call(args).refreshing(), &format!("{args:?}"), &[]);
    }
    for reader in ["bash", "zsh", "fish", "nu", "pwsh", "tmux", "plain", "json"] {
        for all in [&[][..], &["--all"]] {
            let args = [&["prompt", reader], all].concat();
            // Readline's marks around characters without a width.
            let more: &[char] = if reader == "bash" { &['\u{1}', '\u{2}'] } else { &[] };
            check(planted.call(&args), &format!("{args:?}"), more);
        }
    }
}

/// The test above proves nothing if a command does not reach the planted text.
#[test]
fn planted_text_reaches_the_commands() {
    let planted = Planted::new();
    for (args, word) in [
        (&["config", "show"][..], "]0;t"),
        (&["config", "check"], "]0;t"),
        (&["config", "path"], "]0;t"),
        (&["doctor"], "]0;t"),
        (&["explain"], "]0;t"),
        (&["preview", "--session", "last"], "]0;t"),
        (&["themes"], "]0;t"),
        (&["themes", "show", "mine"], "]0;t"),
        (&["usage", "--model"], "]0;t"),
        (&["usage", "--format", "json", "--model"], "]0;t"),
        (&["sessions"], "]0;t"),
        (&["sessions", "--json"], "]0;t"),
        (&["prompt", "plain"], "]0;t"),
        (&["install", "--dry-run"], "]0;t"),
        (&["refresh", "git", HOSTILE], "]0;t"),
        // The parser removes complete sequences.
        (&[HOSTILE], "unrecognized subcommand 'x31m"),
    ] {
        let printed = check(planted.call(args).refreshing(), &format!("{args:?}"), &[]);
        assert!(printed.contains(word), "{args:?}: {printed}");
    }
}
