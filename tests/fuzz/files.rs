//! Every file that a command reads, mutated, with the real binary, which ends as it promises.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use serde_json::json;

use crate::mutate::mutate;
use crate::support::{RICH, Sandbox, fixture, plain};

/// The commands, and `true` for those that promise to exit 0 whatever they find.
const COMMANDS: &[(&[&str], bool)] = &[
    (&[], true),
    (&["hook"], true),
    (&["--preset", "full"], true),
    (&["--format", "json"], true),
    (&["subagents"], true),
    (&["prompt", "plain"], true),
    (&["prompt", "tmux", "--all"], true),
    (&["prompt", "json"], true),
    (&["sessions"], false),
    (&["sessions", "--json"], false),
    (&["usage"], false),
    (&["usage", "--format", "csv"], false),
    (&["usage", "--format", "json"], false),
    (&["config", "check"], false),
    (&["config", "show"], false),
    (&["doctor"], false),
    (&["explain"], false),
    (&["preview", "--last"], false),
    (&["themes"], false),
    (&["refresh", "git", "garden"], false),
    (&["install", "--yes", "--agent", "claude-code", "--command", "/opt/bridgeline"], false),
    (&["install", "--yes", "--agent", "kimi", "--command", "/opt/bridgeline"], false),
    (&["uninstall", "--yes"], false),
];

const GIT_STATUS: &str = "# branch.oid 0123456789abcdef0123456789abcdef01234567\0# branch.head main\0\
    # branch.upstream origin/main\0# branch.ab +1 -2\0# stash 2\0\
    1 .M N... 100644 100644 100644 1 1 f\0u UU N... 1 1 1 1 1 1 1 g\0? x\0";

/// Sessions of other agents, dated later.
const OTHER_AGENTS: [(&str, &str); 4] = [
    (
        "home/.codex/sessions/2026/11/20/rollout-2026-11-20T02-48-15-01a21ae7-4991-7c40-9c86-297ec5d76ef7.jsonl",
        include_str!(
            "../fixtures/usage-codex/sessions/2026/11/27/rollout-2026-11-27T02-48-15-01a21ae7-4991-7c40-9c86-297ec5d76ef7.jsonl"
        ),
    ),
    ("home/.codex/session_index.jsonl", include_str!("../fixtures/usage-codex/session_index.jsonl")),
    (
        "home/.gemini/tmp/work/chats/session-2026-11-20T02-53-216d9d23.jsonl",
        include_str!("../fixtures/usage-gemini/tmp/work/chats/session-2026-11-27T02-53-216d9d23.jsonl"),
    ),
    ("home/.gemini/projects.json", include_str!("../fixtures/usage-gemini/projects.json")),
];

#[test]
fn files() {
    crate::for_a_while("files", |random| {
        let (sandbox, payload) = furnished();
        for _ in 0..8 {
            let names: Vec<String> = sandbox.files(".").into_iter().collect();
            let (name, second): (&String, &String) = (random.one_of(&names), random.one_of(&names));
            let path = sandbox.path(name);
            let Ok(whole) = fs::read(&path) else { continue };
            let other = fs::read(sandbox.path(second)).unwrap_or_default();
            // The program may replace its own files in between, so each mutation starts from the present content.
            let mutated = mutate(&whole, &other, random);
            fs::write(&path, &mutated).unwrap();
            let (args, always_succeeds) = random.one_of(COMMANDS);
            let event = json!({"session_id": RICH, "hook_event_name": "PostToolUse", "tool_name": "Write",
                "tool_input": {"file_path": "/a.rs"}, "transcript_path": sandbox.text("transcript.jsonl")});
            let stdin = match args.first() {
                Some(&"hook") => mutate(event.to_string().as_bytes(), &other, random),
                None => mutate(payload.as_bytes(), &other, random),
                _ => payload.clone().into_bytes(),
            };
            let ran = sandbox.call(args).env("PATH", sandbox.path("bin")).stdin(stdin).run();
            let what = format!("{args:?} with {name}: {ran:?}");
            match always_succeeds {
                true => assert_eq!((ran.code, ran.stderr.as_str()), (Some(0), ""), "{what}"),
                false => assert!(matches!(ran.code, Some(0..=2)), "{what}"),
            }
            plain(&ran.stdout.replace("\r\n", "\n"));
            plain(&ran.stderr);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(&path, whole).unwrap();
        }
    });
}

/// A sandbox with every file of ours and of the agent's, written by the program where possible, and the payload of its
/// session.
fn furnished() -> (Sandbox, String) {
    let sandbox = Sandbox::new();
    let mut payload = sandbox.rich();
    payload["transcript_path"] = json!(sandbox.text("transcript.jsonl"));
    let transcript = include_str!("../fixtures/transcript/claude-code-2.1.330.jsonl");
    sandbox.file("transcript.jsonl", transcript);
    sandbox.file(&format!("config/projects/-work/{RICH}.jsonl"), transcript);
    for (path, text) in OTHER_AGENTS {
        sandbox.file(path, text.replace("2026-11-27T", "2026-11-20T"));
    }
    sandbox.file("config/settings.json", include_str!("../fixtures/settings/node-hooks.json"));
    sandbox.file("home/.config/bridgeline/config.toml", "theme = \"mine\"\n[segments.cost]\nbudget = 5\n");
    sandbox.file("home/.config/bridgeline/themes/mine.toml", include_str!("../../themes/nord.toml"));
    sandbox.file("work/garden/.bridgeline.toml", "rows = [\"model git | fill | cost\"]\n");
    for name in ["UserPromptSubmit", "PostToolUse-Write", "Stop"] {
        let path = format!("{}/tests/fixtures/hook/claude-code-2.1.330/{name}.json", env!("CARGO_MANIFEST_DIR"));
        let mut event: serde_json::Value = serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap();
        event["session_id"] = json!(RICH);
        event["transcript_path"] = json!(sandbox.text("transcript.jsonl"));
        assert_eq!(sandbox.call(&["hook"]).stdin(event.to_string()).run().painted(), "");
    }
    // A git that prints the file `git-status`, whatever it is asked.
    let git = sandbox.file("bin/git", format!("#!/bin/sh\nexec /bin/cat '{}'\n", sandbox.text("git-status")));
    fs::set_permissions(git, fs::Permissions::from_mode(0o755)).unwrap();
    sandbox.file("git-status", GIT_STATUS);
    sandbox.file("home/.kimi-code/tui.toml", "theme = \"dark\"\n\n[editor]\ncommand = \"\"\n");
    assert!(!sandbox.render(&payload).run().painted().is_empty());
    _ = sandbox.render(&fixture("qwen/two-models.json")).run();
    _ = sandbox.call(&["usage"]).run();
    (sandbox, payload.to_string())
}
