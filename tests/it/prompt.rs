//! `bridgeline prompt` and `init`: the session that belongs to a folder, and the output for each program.

use serde_json::{Value, json};

use crate::support::{Call, NOW, RICH, Sandbox};

/// A payload of a session that was started in `project`.
fn payload(session: &str, project: &str) -> Value {
    json!({
        "session_id": session,
        "model": {"display_name": "Opus 4.8"},
        "workspace": {"current_dir": project, "project_dir": project},
        "cost": {"total_cost_usd": 1.5},
        "context_window": {"used_percentage": 42, "remaining_percentage": 58},
    })
}

/// Renders a session, so that it is known.
fn live(sandbox: &Sandbox, session: &str, project: &str) {
    std::fs::create_dir_all(sandbox.path(project)).unwrap();
    sandbox.render(&payload(session, &sandbox.text(project))).run().line();
}

/// Our hooks' records of it.
fn state(sandbox: &Sandbox, session: &str, state: &str) {
    sandbox.bridge(session, json!({"bridgeline": {"seq": 1, "state": state, "since_ms": NOW * 1000}}));
}

fn prompt(sandbox: &Sandbox, folder: &str) -> Call {
    sandbox.call(&["prompt", "plain"]).cwd(sandbox.path(folder))
}

#[test]
fn the_session_of_the_folder_or_of_one_above_is_shown() {
    let sandbox = Sandbox::new();
    live(&sandbox, "s", "work/garden");
    std::fs::create_dir_all(sandbox.path("work/garden/src/deep")).unwrap();
    std::fs::create_dir_all(sandbox.path("work/gardener")).unwrap();
    let check = |folder: &str, expected: &str| {
        assert_eq!(prompt(&sandbox, folder).run().painted(), expected, "{folder}");
    };
    let shown = "$1.50 │ ctx █▋── 42%\n";
    check("work/garden", shown);
    check("work/garden/src/deep", shown);
    check("work/gardener", "");
    check("work", "");
}

#[test]
fn a_session_that_has_moved_into_a_worktree_is_shown_where_it_was_started_too() {
    let sandbox = Sandbox::new();
    let tree = sandbox.text("elsewhere/tree");
    std::fs::create_dir_all(sandbox.path("work/garden")).unwrap();
    std::fs::create_dir_all(&tree).unwrap();
    let mut payload = payload("s", &tree);
    payload["worktree"] = json!({"name": "tree", "path": tree, "original_cwd": sandbox.text("work/garden")});
    sandbox.render(&payload).run().line();
    for folder in ["work/garden", "elsewhere/tree"] {
        assert_eq!(prompt(&sandbox, folder).run().painted(), "$1.50 │ ctx █▋── 42%\n", "{folder}");
    }
    assert_eq!(prompt(&sandbox, "work").run().painted(), "");
}

#[test]
fn without_any_session_nothing_is_said() {
    let sandbox = Sandbox::new();
    for reader in ["bash", "zsh", "fish", "nu", "pwsh", "tmux", "plain", "json"] {
        assert_eq!(sandbox.call(&["prompt", reader]).run().painted(), "", "{reader}");
        let bare = sandbox.call(&["prompt", reader]).without_environment();
        assert_eq!(bare.run().painted(), "", "{reader}");
    }
    assert_eq!(sandbox.call(&["prompt", "tmux", "--all"]).run().painted(), "");
    assert_eq!(sandbox.call(&["prompt", "json", "--all"]).run().painted(), "{\"version\":1,\"sessions\":[]}\n");
    assert_eq!(sandbox.files("."), [].into());
}

#[test]
fn the_nearest_folder_goes_before_the_newest_session() {
    let sandbox = Sandbox::new();
    let cost = |session: &str, project: &str, usd: f64, seconds: u64| {
        std::fs::create_dir_all(sandbox.path(project)).unwrap();
        let mut payload = payload(session, &sandbox.text(project));
        payload["cost"]["total_cost_usd"] = json!(usd);
        sandbox.render(&payload).later(seconds).run().line();
    };
    cost("near", "work/garden", 1.0, 0);
    cost("home", "work", 2.0, 60);
    cost("twin", "work/garden", 3.0, 30);
    let shown = |folder: &str| prompt(&sandbox, folder).later(90).run().line();
    assert_eq!(shown("work/garden"), "$3.00 │ ctx █▋── 42% │ 1m ago");
    assert_eq!(shown("work"), "$2.00 │ ctx █▋── 42%");
    state(&sandbox, "twin", "ended");
    assert_eq!(shown("work/garden"), "$1.00 │ ctx █▋── 42% │ 1m ago");
    state(&sandbox, "near", "ended");
    assert_eq!(shown("work/garden"), "$2.00 │ ctx █▋── 42%");
}

#[test]
fn a_silent_session_goes_unless_it_waits_for_you() {
    let sandbox = Sandbox::new();
    live(&sandbox, "s", "work");
    let shown = |seconds: u64, args: &[&str]| prompt(&sandbox, "work").args(args).later(seconds).run().painted();
    assert_ne!(shown(3600, &[]), "");
    assert_eq!(shown(3601, &[]), "");
    assert_ne!(shown(3601, &["--idle", "120"]), "");
    assert_eq!(shown(61, &["--idle", "1"]), "");
    state(&sandbox, "s", "waiting");
    assert_eq!(shown(7200, &[]), "◆ waiting 2h │ $1.50 │ ctx █▋── 42% │ 2h ago\n");
    // Its process is unknown: after a day of silence it counts as gone.
    assert_eq!(shown(86_401, &["--idle", "9999"]), "");
}

#[test]
fn a_session_whose_process_is_gone_is_not_shown() {
    let sandbox = Sandbox::new();
    let render = |pid: u32| {
        let call = sandbox.render(&payload("s", &sandbox.text("work")));
        call.env("CLAUDE_PID", pid.to_string()).run().line()
    };
    let shown = || prompt(&sandbox, "work").run().painted();
    let mut waits = sandbox.call(&["hook"]).never_closed();
    let mut child = waits.spawn();
    _ = render(child.id());
    assert_ne!(shown(), "");
    child.kill().unwrap();
    child.wait().unwrap();
    assert_eq!(shown(), "");
    // The session continues in another process.
    _ = render(std::process::id());
    assert_ne!(shown(), "");
}

#[test]
fn what_is_shown_is_configured_as_the_line_is() {
    let sandbox = Sandbox::new();
    live(&sandbox, "s", "work");
    state(&sandbox, "s", "working");
    let shown = |args: &[&str]| prompt(&sandbox, "work").args(args).run().painted();
    assert_eq!(shown(&[]), "● working 0s │ $1.50 │ ctx █▋── 42%\n");
    assert_eq!(shown(&["--width", "20"]), "● │ $1.50 │ ctx 42%\n");
    assert_eq!(shown(&["--set", "prompt_rows = [\"model\", \"context\"]"]), "Opus 4.8\nctx █▋── 42%\n");
    assert_eq!(shown(&["--set", "separator = \"/\"", "--set", "prompt_rows = \"model | cost\""]), "Opus 4.8 / $1.50\n");
    sandbox.file(
        "home/.config/bridgeline/config.toml",
        "rows = \"model\"\nprompt_rows = \"cost context\"\nprefix = \"> \"\n[segments.context]\nformat = \"{used} used\"\n",
    );
    assert_eq!(shown(&[]), "$1.50 42% used\n");
    let tmux = sandbox.call(&["prompt", "tmux", "--set", "prompt_rows = [\"model\", \"cost\"]"]);
    assert_eq!(tmux.env("NO_COLOR", "1").run().painted(), "Opus 4.8\n");
}

#[test]
fn every_reader_has_its_own_marks() {
    let sandbox = Sandbox::new();
    live(&sandbox, "s", "work");
    let shown = |reader: &str| {
        let call = sandbox.call(&["prompt", reader, "--set", "prompt_rows = \"context\"", "--color", "16"]);
        call.args(&["--set", "segments.context.format = \"{used}\""]).run().painted()
    };
    assert_eq!(shown("bash"), "\x01\x1b[36m\x0242%\x01\x1b[0m\x02\n");
    assert_eq!(shown("zsh"), "%{\x1b[36m%}42%%%{\x1b[0m%}\n");
    for reader in ["fish", "nu", "pwsh", "plain"] {
        assert_eq!(shown(reader), "\x1b[36m42%\x1b[0m\n", "{reader}");
    }
    assert_eq!(shown("tmux"), "#[fg=colour6]42%#[default]\n");
    let json: Value = serde_json::from_str(&shown("json")).unwrap();
    assert_eq!(json["context"]["used_percent"], json!(42.0));
}

#[test]
fn tmux_is_told_how_many_wait_and_work() {
    let sandbox = Sandbox::new();
    let of_states = ["waiting", "waiting", "working", "idle", "ended"];
    for (number, own) in of_states.iter().enumerate() {
        let session = format!("s{number}");
        live(&sandbox, &session, &format!("work/{number}"));
        state(&sandbox, &session, own);
    }
    let shown = |reader: &str| sandbox.call(&["prompt", reader, "--all"]).run().painted();
    assert_eq!(shown("plain"), "◆ 2 ● 1\n");
    assert!(shown("tmux").starts_with("#["), "{}", shown("tmux"));
    let json: Value = serde_json::from_str(&shown("json")).unwrap();
    assert_eq!(json["sessions"].as_array().unwrap().len(), 4);
}

#[test]
fn a_pane_has_its_own_session() {
    let sandbox = Sandbox::new();
    live(&sandbox, "a", "work/a");
    let shown = |dir: &str| sandbox.call(&["prompt", "plain", "--dir", dir]).run().painted();
    assert_ne!(shown(&sandbox.text("work/a")), "");
    assert_eq!(shown(&sandbox.text("work/b")), "");
    assert_eq!(shown("a"), "");
}

#[test]
fn spoiled_files_are_no_session() {
    let sandbox = Sandbox::new();
    live(&sandbox, "s", "work");
    let check = |name: &str, content: &str| {
        let whole = sandbox.read(name);
        sandbox.file(name, content);
        assert_eq!(prompt(&sandbox, "work").run().painted(), "", "{name} {content}");
        sandbox.file(name, whole);
    };
    for content in ["", "{", "[]", "null", "{\"sessions\":[{\"session\":\"../../x\",\"dirs\":[\"/\"]}]}"] {
        check("state/register.json", content);
    }
    for content in ["", "{}", "{\"payload\":7}", "{\"at_ms\":\"x\"}"] {
        check("state/sessions/s.json", content);
    }
    assert_ne!(prompt(&sandbox, "work").run().painted(), "");
}

#[test]
fn a_prompt_writes_nothing() {
    let sandbox = Sandbox::new();
    live(&sandbox, "s", "work");
    let before = sandbox.files(".");
    let register = sandbox.read("state/register.json");
    _ = prompt(&sandbox, "work").run().line();
    _ = sandbox.call(&["prompt", "tmux", "--all"]).run();
    assert_eq!((sandbox.files("."), sandbox.read("state/register.json")), (before, register));
}

/// `docs/json.md` has exactly the existing keys.
#[test]
fn the_json_of_a_session_is_as_documented() {
    let sandbox = Sandbox::new();
    let mut payload = sandbox.rich();
    payload["workspace"]["project_dir"] = payload["workspace"]["current_dir"].clone();
    let printed = sandbox.call(&["--format", "json"]).stdin(payload.to_string()).run().painted();
    let told: Value = serde_json::from_str(&printed).unwrap();
    assert_eq!((&told["version"], &told["agent"]["name"]), (&json!(1), &json!("claude-code")));
    assert_eq!(told["git"]["branch"], json!("feature/shed"));
    assert_eq!(told["tasks"], json!({"current": "Painting the door", "active": true, "done": 1, "total": 2}));
    assert_eq!(told["tools"]["count"], json!(47));
    assert_documented(&told);
    // The session is the same when asked for later.
    sandbox.render(&payload).run().rows();
    let later = sandbox.call(&["prompt", "json", "--dir", &sandbox.text("work/garden")]).run().painted();
    assert_eq!(serde_json::from_str::<Value>(&later).unwrap(), told);
}

/// Every key, however deep, is in `docs/json.md`.
#[track_caller]
fn assert_documented(told: &Value) {
    let documented = include_str!("../../docs/json.md");
    for (key, value) in told.as_object().into_iter().flatten() {
        assert!(documented.contains(&format!("`{key}`")), "{key} is not in docs/json.md");
        assert_documented(value);
    }
    told.as_array().into_iter().flatten().for_each(assert_documented);
}

/// Facts that the line's refreshes have computed are available to other programs too.
#[test]
fn the_json_has_what_git_said_and_what_all_sessions_used() {
    let sandbox = Sandbox::new();
    let mut payload = sandbox.rich();
    std::fs::remove_dir_all(sandbox.path("work/garden/.git")).unwrap();
    sandbox.file("work/garden/a.txt", "a");
    assert!(sandbox.git("work/garden", &["init", "--quiet", "--initial-branch=main"]));
    assert!(sandbox.git("work/garden", &["add", "."]));
    assert!(sandbox.git("work/garden", &["commit", "--quiet", "--message=first"]));
    sandbox.file("work/garden/b.txt", "b");
    sandbox.file("work/garden/.git/MERGE_HEAD", "0".repeat(40));
    let message = json!({"type": "assistant", "sessionId": RICH, "requestId": "r", "timestamp": "2026-11-23T02:30:00Z",
        "message": {"id": "m", "model": "claude-opus-4-8", "usage": {"input_tokens": 0, "output_tokens": 1_000_000}}});
    sandbox.file(&format!("config/projects/garden/{RICH}.jsonl"), format!("{message}\n"));
    payload["workspace"]["repo"] = json!({"host": "github.com", "owner": "ada", "name": "garden"});
    payload["workspace"]["added_dirs"] = json!(["/srv/shed"]);
    let refresh = |args: &[&str]| _ = sandbox.call(args).refreshing().run();
    refresh(&["refresh", "git", &sandbox.text("work/garden")]);
    refresh(&["refresh", "usage", "all"]);
    let printed = sandbox.call(&["--format", "json"]).stdin(payload.to_string()).run().painted();
    let told: Value = serde_json::from_str(&printed).unwrap();
    assert_documented(&told);
    let git = &told["git"];
    assert_eq!((&git["branch"], &git["operation"]), (&json!("main"), &json!({"name": "merge"})), "{told:#}");
    assert_eq!((&git["untracked"], &git["staged"], &git["more"]), (&json!(1), &json!(0), &json!(false)));
    assert_eq!((&git["as_of_ms"], &git["ahead"]), (&json!(NOW * 1000), &Value::Null));
    assert_eq!(told["repo"]["owner"], json!("ada"));
    assert_eq!(told["added_dirs"], json!(["/srv/shed"]));
    assert_eq!(told["usage"]["week"], json!({"usd": 25.0, "unpriced_messages": 0, "tokens": 1_000_000}));
    assert_eq!(told["usage"]["block"]["tokens"], json!(1_000_000));
}

#[test]
fn json_of_no_payload_has_the_version_only() {
    let sandbox = Sandbox::new();
    for input in ["", "{", "[]", "null"] {
        let printed = sandbox.call(&["--format", "json"]).stdin(input).run().painted();
        assert_eq!(printed, "{\"version\":1}\n", "{input}");
    }
    assert_eq!(sandbox.files("."), [].into());
}

#[test]
fn json_holds_outside_text_without_harm() {
    let sandbox = Sandbox::new();
    let mut payload = payload("s", &sandbox.text("work"));
    payload["session_name"] = json!("a\u{202e}b\u{9b}31m\x1b[2J\u{7f}");
    let printed = sandbox.call(&["--format", "json"]).stdin(payload.to_string()).run().painted();
    assert_eq!(crate::support::plain(&printed), printed);
    let told: Value = serde_json::from_str(&printed).unwrap();
    assert_eq!(told["session"]["name"], payload["session_name"]);
}

#[test]
fn every_shell_has_its_snippet() {
    let sandbox = Sandbox::new();
    for shell in ["bash", "zsh", "fish", "nu", "pwsh"] {
        let snippet = sandbox.call(&["init", shell]).run().painted();
        assert!(snippet.contains(&format!("bridgeline init {shell}")), "{snippet}");
    }
}
