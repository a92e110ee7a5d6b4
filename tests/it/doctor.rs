//! `bridgeline doctor`: each check has a scene that triggers it.

use std::fs;

use serde_json::{Value, json};

use crate::support::{Call, NOW, Printed, RICH, Sandbox, plain};

const SETTINGS: &str = "config/settings.json";
const CONFIG: &str = "home/.config/bridgeline/config.toml";

/// An agent that is set up, and has shown a line.
fn healthy() -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.call(&["install", "--agent", "claude-code", "--hooks", "--yes"]).run().painted();
    let payload = sandbox.rich();
    sandbox.render(&payload).run().line();
    sandbox
}

#[track_caller]
fn report(call: Call) -> (Value, Option<i32>) {
    let Printed { stdout, code, stderr, .. } = call.run();
    let report: Value = serde_json::from_str(&stdout).unwrap_or_else(|err| panic!("{err}: {stdout}{stderr}"));
    (report, code)
}

/// The findings of a check: level and message of each.
fn found(report: &Value, name: &str) -> Vec<(String, String)> {
    let checks = report["checks"].as_array().unwrap().iter().filter(|check| check["name"] == name);
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    checks.map(|check| (text(&check["level"]), text(&check["message"]))).collect()
}

/// The check finds this in the sandbox, and the exit status follows from all levels.
#[track_caller]
fn finds(sandbox: &Sandbox, name: &str, level: &str, message: &str) {
    finds_in(sandbox.call(&["doctor", "--json"]), name, level, message);
}

#[track_caller]
fn finds_in(call: Call, name: &str, level: &str, message: &str) {
    let (report, code) = report(call);
    let found = found(&report, name);
    let is_it = |(of, text): &(String, String)| of == level && text.contains(message);
    assert!(found.iter().any(is_it), "{level} {message}: {found:#?}");
    let problems = report["checks"].as_array().unwrap().iter().filter(|check| check["level"] == "problem");
    let problems = problems.count();
    assert_eq!(report["problems"], problems);
    assert_eq!(code, Some(i32::from(problems > 0)), "{found:?}");
}

#[test]
fn a_healthy_place_has_no_problem_and_nothing_is_changed() {
    let sandbox = healthy();
    let before: Vec<(String, String)> =
        sandbox.files(".").into_iter().map(|name| (name.clone(), sandbox.read(&name))).collect();
    let shown = plain(&sandbox.call(&["doctor"]).run().painted());
    assert!(!shown.contains("problem") && !shown.contains("warning"), "{shown}");
    for part in ["program\n", "agents\n", "config\n", "files\n", "replay\n", " events are registered", "µs"] {
        assert!(shown.contains(part), "{part}: {shown}");
    }
    let line = sandbox.render(&sandbox.rich()).run().line();
    assert!(shown.contains(&format!("shown: {line}\n")), "{shown}");
    let after: Vec<(String, String)> =
        sandbox.files(".").into_iter().map(|name| (name.clone(), sandbox.read(&name))).collect();
    assert_eq!(after, before);
}

#[test]
fn the_json_has_these_keys() {
    let sandbox = healthy();
    let (report, code) = report(sandbox.call(&["doctor", "--json"]));
    assert_eq!((code, &report["schema"], &report["version"]), (Some(0), &json!("bridgeline.doctor"), &json!(1)));
    let keys = |value: &Value| {
        let mut keys: Vec<String> = value.as_object().unwrap().keys().cloned().collect();
        keys.sort();
        keys.join(" ")
    };
    assert_eq!(keys(&report), "checks problems removed replay schema version warnings");
    for check in report["checks"].as_array().unwrap() {
        assert_eq!(keys(check), "about advice group level message name path");
    }
    let replay = &report["replay"];
    assert_eq!(keys(replay), "parts rows segments total_us");
    let names = |list: &Value| -> Vec<String> {
        let names = list.as_array().unwrap().iter();
        names.map(|part| part["name"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(
        names(&replay["parts"]),
        ["parse", "config", "cache", "bridge", "tasks", "head", "git", "segments", "layout", "paint"]
    );
    assert!(names(&replay["segments"]).contains(&"context".to_owned()));
    assert!(replay["parts"].as_array().unwrap().iter().all(|part| part["us"].as_f64().unwrap() >= 0.0));
    assert_eq!(report["removed"], Value::Null);
    // The JSON has the same findings.
    let document = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/doctor.md")).unwrap();
    for check in report["checks"].as_array().unwrap() {
        let name = check["name"].as_str().unwrap();
        assert!(document.contains(&format!("`{name}`")), "{name}");
    }
}

#[test]
fn who_shows_the_line() {
    let sandbox = Sandbox::new();
    finds(&sandbox, "statusline", "problem", "claude-code has no statusline");
    finds(&sandbox, "settings", "note", "no agent is configured to run bridgeline");
    sandbox.file(SETTINGS, r#"{"statusLine": {"type": "command", "command": "~/other.sh"}}"#);
    finds(&sandbox, "statusline", "problem", "shows another statusline: `~/other.sh`");
    sandbox.file(SETTINGS, "{ nonsense");
    finds(&sandbox, "statusline", "problem", "ignores its user settings: line 1, column 3");

    let sandbox = healthy();
    finds(&sandbox, "statusline", "ok", "claude-code shows our statusline (user settings)");
    // Then an agent without our statusline is only a note.
    sandbox.file("home/.qwen/settings.json", "{}");
    finds(&sandbox, "statusline", "note", "qwen has no statusline");
    sandbox.file("work/.claude/settings.json", r#"{"statusLine": {"type": "command", "command": "x"}}"#);
    finds(&sandbox, "statusline", "problem", "shows the statusline `x` from the project settings instead of ours");
    fs::remove_dir_all(sandbox.path("config")).unwrap();
    fs::remove_dir_all(sandbox.path("home/.qwen")).unwrap();
    finds(&sandbox, "statusline", "problem", "no agent has been used here");
}

#[test]
#[cfg(unix)]
fn versions_of_agents_by_their_packages() {
    use std::os::unix::fs::{PermissionsExt, symlink};
    let sandbox = Sandbox::new();
    fs::create_dir_all(sandbox.path("home/.codex")).unwrap();
    let package = "lib/node_modules/@openai/codex/package.json";
    let program = sandbox.file("lib/node_modules/@openai/codex/bin/codex.js", "");
    fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
    fs::create_dir_all(sandbox.path("bin")).unwrap();
    symlink(&program, sandbox.path("bin/codex")).unwrap();
    let with_path = || sandbox.call(&["doctor", "--json"]).env("PATH", sandbox.path("bin"));
    assert_eq!(found(&report(with_path()).0, "versions"), []);
    sandbox.file(package, r#"{"name": "@openai/codex", "version": "0.171.0"}"#);
    finds_in(with_path(), "versions", "ok", "codex 0.171.0");
    sandbox.file(package, r#"{"version": "0.99.4"}"#);
    finds_in(with_path(), "versions", "warning", "codex 0.99.4 may not support");
    for odd in ["", "[]", r#"{"version": 7}"#, r#"{"version": ""}"#] {
        sandbox.file(package, odd);
        assert_eq!(found(&report(with_path()).0, "versions"), [], "{odd}");
    }
    sandbox.file(package, r#"{"version": "9.1\u001b[2J"}"#);
    finds_in(with_path(), "versions", "ok", "codex 9.1[2J");
}

#[test]
#[cfg(unix)]
fn the_program_that_settings_start() {
    use std::os::unix::fs::{PermissionsExt, symlink};
    let sandbox = healthy();
    finds(&sandbox, "settings", "ok", "claude-code starts this program");
    finds(&sandbox, "command", "ok", "can be started");
    finds(&sandbox, "path", "note", "not on PATH");
    let with_path = || sandbox.call(&["doctor", "--json"]).env("PATH", sandbox.path("bin"));
    fs::create_dir(sandbox.path("bin")).unwrap();
    symlink(env!("CARGO_BIN_EXE_bridgeline"), sandbox.path("bin/bridgeline")).unwrap();
    finds_in(with_path(), "path", "ok", "PATH has this program");
    fs::remove_file(sandbox.path("bin/bridgeline")).unwrap();
    let other = sandbox.file("bin/bridgeline", "#!/bin/sh\n");
    finds_in(with_path(), "path", "warning", "is not executable");
    let line = |command: &str| {
        sandbox.file(SETTINGS, json!({"statusLine": {"type": "command", "command": command}}).to_string());
    };
    line(other.to_str().unwrap());
    finds(&sandbox, "command", "problem", "bin/bridgeline cannot be started");
    fs::set_permissions(&other, fs::Permissions::from_mode(0o755)).unwrap();
    finds_in(with_path(), "path", "warning", "another bridgeline");
    finds(&sandbox, "settings", "warning", "starts another bridgeline");
    line("/nowhere/bridgeline");
    finds(&sandbox, "command", "problem", "/nowhere/bridgeline does not exist");
    line("bridgeline");
    finds(&sandbox, "command", "problem", "bridgeline does not exist, or is not on this PATH");
    line("$HOME/bin/bridgeline");
    finds(&sandbox, "command", "note", "only the agent's shell can resolve");
}

#[test]
#[cfg(unix)]
fn the_program_that_hooks_start() {
    for (agent, file) in [
        ("gemini", "home/.gemini/settings.json"),
        ("codex", "home/.codex/hooks.json"),
        ("opencode", "home/.config/opencode/plugin/bridgeline.js"),
    ] {
        let sandbox = Sandbox::new();
        sandbox.call(&["install", "--agent", agent, "--hooks", "--yes"]).run().painted();
        finds(&sandbox, "settings", "ok", &format!("{agent} starts this program"));
        let (report, _) = report(sandbox.call(&["doctor", "--json"]));
        assert_eq!(found(&report, "settings").len(), if agent == "codex" { 2 } else { 1 });
        sandbox.file(file, sandbox.read(file).replace(env!("CARGO_BIN_EXE_bridgeline"), "/nowhere/bridgeline"));
        finds(&sandbox, "command", "problem", "/nowhere/bridgeline does not exist");
    }
}

#[test]
fn a_session_of_hooks_has_no_line() {
    let sandbox = healthy();
    let event = json!({"agent": "gemini", "session_id": "s", "hook_event_name": "SessionStart", "cwd": "/w"});
    sandbox.call(&["hook"]).stdin(event.to_string()).later(1).run().painted();
    finds_in(sandbox.call(&["doctor", "--json"]).later(2), "session", "ok", "session s of gemini in /w");
}

#[test]
fn what_turns_the_line_off() {
    let sandbox = healthy();
    finds(&sandbox, "disabled", "ok", "are enabled");
    let safe = sandbox.call(&["doctor", "--json"]).env("CLAUDE_CODE_SAFE_MODE", "1");
    finds_in(safe, "disabled", "warning", "CLAUDE_CODE_SAFE_MODE");
    sandbox.file("work/.claude/settings.local.json", r#"{"disableAllHooks": true}"#);
    finds(&sandbox, "disabled", "problem", "disableAllHooks turns hooks off in the local settings");

    finds(&sandbox, "trust", "note", "not recorded any trusted folder");
    let trust = |accepted: bool| {
        let projects = json!({sandbox.text("work"): {"hasTrustDialogAccepted": accepted}});
        sandbox.file("config/.claude.json", json!({ "projects": projects }).to_string());
    };
    trust(true);
    finds(&sandbox, "trust", "ok", "claude-code trusts");
    trust(false);
    finds(&sandbox, "trust", "problem", "does not trust");
    sandbox.file("config/.claude.json", r#"{"projects": {}}"#);
    finds(&sandbox, "trust", "note", "has not been used in");
}

#[test]
fn what_codex_gemini_and_opencode_still_need() {
    let sandbox = healthy();
    sandbox.file("home/.gemini/settings.json", "{}");
    let config = sandbox.file("home/.codex/config.toml", "");
    fs::create_dir_all(sandbox.path("home/.config/opencode")).unwrap();
    finds(&sandbox, "statusline", "note", "codex has no statusline");
    finds(&sandbox, "statusline", "note", "gemini has no statusline; prompt, tmux");
    finds(&sandbox, "hooks", "note", "gemini: no hooks are registered");
    finds(&sandbox, "hooks", "note", "opencode: our plugin is not installed");
    sandbox.call(&["install", "--agent", "codex,gemini,opencode", "--hooks", "--yes"]).run().painted();
    finds(&sandbox, "statusline", "ok", "codex shows our statusline");
    finds(&sandbox, "hooks", "ok", "opencode: our plugin is installed");
    finds(&sandbox, "trust", "problem", "codex does not trust 10 of our hooks");
    finds(&sandbox, "trust", "note", "gemini does not trust");
    // Codex's record of the user's trust.
    let hooks = sandbox.json("home/.codex/hooks.json");
    let place = |event: &str| {
        let split = |c: char| if c.is_uppercase() { format!("_{}", c.to_lowercase()) } else { c.to_string() };
        event.chars().map(split).collect::<String>().trim_start_matches('_').to_owned()
    };
    let record = |event: &String| {
        format!("[hooks.state.'{}:{}:0:0']\ntrusted_hash = 'x'\n", sandbox.text("home/.codex/hooks.json"), place(event))
    };
    let records: String = hooks["hooks"].as_object().unwrap().keys().map(record).collect();
    let trusting = fs::read_to_string(&config).unwrap() + "[hooks.state]\n" + &records;
    sandbox.file("home/.codex/config.toml", &trusting);
    finds(&sandbox, "trust", "ok", "codex trusts our hooks");
    sandbox.file("home/.codex/config.toml", trusting.replace("tui_extensions_statusline = true", ""));
    finds(
        &sandbox,
        "statusline",
        "problem",
        "codex has our statusline, but features.tui_extensions_statusline turns it off",
    );
    sandbox.file("home/.gemini/trustedFolders.json", json!({sandbox.text("work"): "DO_NOT_TRUST"}).to_string());
    finds(&sandbox, "trust", "problem", "gemini does not trust");
    let mut settings = sandbox.json("home/.gemini/settings.json");
    settings["hooksConfig"] = json!({"enabled": false});
    sandbox.file("home/.gemini/settings.json", settings.to_string());
    finds(&sandbox, "disabled", "note", "hooksConfig.enabled turns hooks off in the user settings of gemini");
    sandbox.file("home/.config/opencode/plugin/bridgeline.js", "export {}");
    finds(&sandbox, "hooks", "warning", "opencode: our plugin was edited");
}

#[test]
fn hooks_that_are_missing_doubled_or_of_node() {
    let sandbox = healthy();
    finds(&sandbox, "hooks", "ok", "claude-code: all ");
    let settings = sandbox.json(SETTINGS);
    let change = |change: &dyn Fn(&mut Value)| {
        let mut changed = settings.clone();
        change(&mut changed);
        sandbox.file(SETTINGS, changed.to_string());
    };
    change(&|settings| _ = settings["hooks"].as_object_mut().unwrap().remove("Stop"));
    finds(&sandbox, "hooks", "warning", "not registered: Stop");
    change(&|settings| {
        let stop = settings["hooks"]["Stop"][0].clone();
        settings["hooks"]["Stop"].as_array_mut().unwrap().push(stop);
    });
    finds(&sandbox, "hooks", "warning", "may count twice: Stop");
    change(&|_| {});
    sandbox.file("work/.claude/settings.json", json!({"hooks": {"Stop": settings["hooks"]["Stop"]}}).to_string());
    finds(&sandbox, "hooks", "warning", "may count twice: Stop");
    change(&|settings| {
        let node = json!({"hooks": [{"type": "command", "command": "node ~/ecc-metrics-bridge.js"}]});
        settings["hooks"]["PostToolUse"].as_array_mut().unwrap().push(node);
        settings["subagentStatusLine"] = json!({"type": "command", "command": "other"});
    });
    finds(&sandbox, "node", "problem", "count twice: ecc-metrics-bridge.js for PostToolUse");
    finds(&sandbox, "subagents", "note", "another command draws the rows of subagents: `other`");
    change(&|settings| {
        settings["hooks"]["PreCompact"] = settings["hooks"]["Stop"].clone();
        settings["subagentStatusLine"] = json!({"type": "command", "command": "bridgeline subagents"});
    });
    finds(&sandbox, "hooks", "warning", "they print into the conversation: PreCompact");
    finds(&sandbox, "subagents", "note", "Claude Code warns about subagentStatusLine at each start");
    let sandbox = Sandbox::new();
    finds(&sandbox, "hooks", "note", "no hooks are registered");
    sandbox.file(SETTINGS, include_str!("../fixtures/settings/node-hooks.json"));
    finds(&sandbox, "node", "note", "Node hooks write the session bridge");
}

#[test]
fn hooks_of_the_plugin() {
    let sandbox = healthy();
    let plugin = |file: &str, value: Value| {
        let mut settings = if sandbox.path(file).exists() { sandbox.json(file) } else { json!({}) };
        settings["enabledPlugins"] = json!({"other@x": true, "bridgeline@bridgeline": value});
        sandbox.file(file, settings.to_string());
    };
    plugin(SETTINGS, json!(true));
    finds(&sandbox, "hooks", "warning", "both in the settings and by the plugin, so they run twice");
    plugin("work/.claude/settings.json", json!(false));
    finds(&sandbox, "hooks", "ok", "all 15 events are registered");
    plugin("work/.claude/settings.local.json", json!(["1.0.0"]));
    finds(&sandbox, "hooks", "warning", "run twice");
    let mut settings = sandbox.json(SETTINGS);
    settings.as_object_mut().unwrap().remove("hooks");
    sandbox.file(SETTINGS, settings.to_string());
    finds(&sandbox, "hooks", "ok", "the plugin registers all events");
}

#[test]
fn other_agents_have_hooks_and_switches_too() {
    let sandbox = healthy();
    fs::create_dir_all(sandbox.path("home/.kimi-code")).unwrap();
    finds(&sandbox, "hooks", "note", "kimi: no hooks are registered");
    sandbox.call(&["install", "--agent", "kimi,qwen", "--hooks", "--yes"]).run().painted();
    finds(&sandbox, "hooks", "ok", "kimi: all ");
    finds(&sandbox, "hooks", "ok", "qwen: all ");
    finds(&sandbox, "statusline", "ok", "kimi shows our statusline");
    let off = r#"{"statusLine":{"type":"command","command":"bridgeline","enabled":false}}"#;
    sandbox.file("home/.gemini/antigravity-cli/settings.json", off);
    finds(&sandbox, "statusline", "problem", "antigravity has our statusline, but statusLine.enabled turns it off");
    sandbox.file("home/.copilot/settings.json", off);
    finds(&sandbox, "statusline", "problem", "copilot has our statusline, but footer.showCustom turns it off");
    sandbox.file("home/.qwen/settings.json", r#"{"disableAllHooks": true}"#);
    finds(&sandbox, "disabled", "note", "settings of qwen: no hooks run");
}

#[test]
fn config_and_theme_and_who_chose_them() {
    let sandbox = healthy();
    finds(&sandbox, "file", "note", "no config file");
    finds(&sandbox, "mistakes", "ok", "no mistakes");
    finds(&sandbox, "preset", "ok", "default (built-in), one row");
    sandbox.file(CONFIG, "preset = \"two-row\"\ntheme = \"nrd\"\npadding = 99\n");
    sandbox.file("work/.bridgeline.toml", "icons = \"emoji\"\n");
    finds(&sandbox, "file", "ok", "your config is in use");
    finds(&sandbox, "file", "ok", "the project's config is in use");
    finds(&sandbox, "mistakes", "warning", "line 3: padding: expected");
    finds(&sandbox, "mistakes", "warning", "theme nrd: not found; did you mean nord?");
    finds(&sandbox, "preset", "ok", "config.toml), 2 rows");
    finds(&sandbox, "icons", "ok", "emoji: icons from the config");
    let call = |vars: &[(&str, &str)]| {
        vars.iter().fold(sandbox.call(&["doctor", "--json"]), |call, (name, value)| call.env(name, value))
    };
    finds_in(
        call(&[("COLORFGBG", "0;15"), ("BRIDGELINE_THEME", "auto")]),
        "theme",
        "ok",
        "light (set by environment): from COLORFGBG",
    );
    finds_in(call(&[("NO_COLOR", "1")]), "color", "note", "no colours: NO_COLOR");
    finds_in(call(&[("COLORTERM", "truecolor")]), "color", "ok", "24-bit colours: COLORTERM");
    finds_in(call(&[("COLUMNS", "120")]), "width", "ok", "116 columns: COLUMNS less margin");
    finds_in(call(&[]), "width", "ok", "80 columns: fallback_width");
    finds_in(call(&[]), "links", "ok", "none: this terminal is not known to support links");
    finds_in(call(&[("TERM", "foot")]), "links", "ok", "dir, repo, pr: TERM");
    let tmux = [("TERM_PROGRAM", "tmux"), ("TERM_PROGRAM_VERSION", "3.3a"), ("VTE_VERSION", "7600")];
    finds_in(call(&tmux), "links", "ok", "none: TERM_PROGRAM_VERSION of tmux");
    finds_in(call(&[("BRIDGELINE_LINKS", "pr")]), "links", "ok", "pr: links from the config");
}

#[test]
#[cfg(unix)]
fn folders_that_cannot_be_used_or_not_in_safety() {
    use std::os::unix::fs::PermissionsExt;
    let sandbox = healthy();
    let mode = |name: &str, mode| {
        fs::set_permissions(sandbox.path(name), fs::Permissions::from_mode(mode)).unwrap();
    };
    finds(&sandbox, "temp", "ok", "is usable");
    finds(&sandbox, "state", "ok", "usable and private");
    mode("state", 0o755);
    finds(&sandbox, "state", "warning", "mode 0755");
    mode("tmp", 0o777);
    finds(&sandbox, "temp", "warning", "other users can delete");
    mode("tmp", 0o1777);
    finds(&sandbox, "temp", "ok", "is usable");
    let call = |name, value: &str| sandbox.call(&["doctor", "--json"]).env(name, value);
    finds_in(call("TMPDIR", "tmp"), "temp", "problem", "depends on the working directory");
    finds_in(call("TMPDIR", "/nowhere"), "temp", "problem", "missing");
    let file = sandbox.file("work/file", "");
    finds_in(call("BRIDGELINE_STATE_DIR", file.to_str().unwrap()), "state", "problem", "not a folder");
    finds_in(call("BRIDGELINE_STATE_DIR", &sandbox.text("new")), "state", "note", "created by the first render");
    let homeless = sandbox.call(&["doctor", "--json"]).without("HOME").without("BRIDGELINE_STATE_DIR");
    finds_in(homeless, "state", "problem", "no home directory");
}

#[test]
fn the_last_session_and_its_bridge() {
    let sandbox = Sandbox::new();
    finds(&sandbox, "session", "note", "no line has been rendered yet");
    finds(&sandbox, "line", "note", "no payload to replay");
    let sandbox = healthy();
    let later = || sandbox.call(&["doctor", "--json"]).later(60);
    finds_in(later(), "session", "ok", "1m old");
    finds(&sandbox, "bridge", "ok", "written by the Node hooks");
    let bridge = format!("tmp/ecc-metrics-{RICH}.json");
    sandbox.file(&bridge, r#"{"tool_count": 7, "bridgeline": {"seq": 1}}"#);
    sandbox.set_modified(&bridge, NOW - 3);
    finds(&sandbox, "bridge", "ok", "by our hooks, 3s old, 7 tool calls");
    sandbox.file(&bridge, "{");
    finds(&sandbox, "bridge", "problem", "is not a JSON object");
    sandbox.file(&bridge, "");
    finds(&sandbox, "bridge", "problem", "invalid: empty");
    fs::remove_file(sandbox.path(&bridge)).unwrap();
    finds(&sandbox, "bridge", "note", "no hook has written one");
    let cache = format!("state/sessions/{RICH}.json");
    let mut kept = sandbox.json(&cache);
    kept["payload"] = json!([1]);
    sandbox.file(&cache, kept.to_string());
    finds(&sandbox, "session", "problem", "has no field that bridgeline knows");
}

#[test]
fn a_line_with_nothing_in_it() {
    let sandbox = healthy();
    sandbox.file(CONFIG, "rows = 'env'\n");
    finds(&sandbox, "line", "problem", "an empty line");
}

#[test]
fn locks_that_are_held() {
    let sandbox = healthy();
    finds(&sandbox, "locks", "ok", "no lock is held");
    let path = sandbox.file("state/locks/git-0123456789abcdef.lock", "");
    let held = fs::File::options().read(true).write(true).open(path).unwrap();
    held.lock().unwrap();
    sandbox.set_modified("state/locks/git-0123456789abcdef.lock", NOW - 10);
    finds(&sandbox, "locks", "note", "is running");
    sandbox.set_modified("state/locks/git-0123456789abcdef.lock", NOW - 600);
    finds(&sandbox, "locks", "warning", "held for 10m");
}

#[test]
fn facts_that_fail_and_usage_that_cannot_be_read() {
    let sandbox = healthy();
    finds(&sandbox, "facts", "ok", "background facts are up to date");
    finds(&sandbox, "usage", "note", "not been indexed");
    let failed = json!({"failures": 3, "failed_at_ms": (NOW - 5) * 1000, "error": "git status: \u{1b}]0;no"});
    sandbox.file("state/git/0123456789abcdef.json", failed.to_string());
    finds(&sandbox, "facts", "warning", "git has failed 3 times: git status: ]0;no; next try in 15s; showing nothing");
    sandbox.file("state/usage.json", "{}");
    finds(&sandbox, "usage", "warning", "cannot be read");
    fs::remove_file(sandbox.path("state/usage.json")).unwrap();
    sandbox.call(&["usage"]).run();
    finds(&sandbox, "usage", "ok", "the usage summary is 0s old");
    sandbox.file("home/.config/bridgeline/prices.toml", "= nonsense");
    let (report, _) = report(sandbox.call(&["doctor", "--json"]));
    assert!(found(&report, "usage").iter().any(|(level, _)| level == "warning"), "{report:#}");
}

#[test]
fn only_what_is_ours_and_old_is_removed_and_only_when_asked_for() {
    const DAY: u64 = 86_400;
    let sandbox = healthy();
    for (name, age) in [
        ("tmp/ecc-metrics-old.json", 8 * DAY),
        ("tmp/ecc-metrics-live.json.9.00000000.tmp", DAY),
        ("state/sessions/old.json", 8 * DAY),
        ("tmp/ecc-metrics-young.json", DAY),
        ("tmp/ecc-metrics-x.json.bak", 99 * DAY),
        ("tmp/notes.json", 99 * DAY),
        ("state/notes.json", 99 * DAY),
        ("state/usage/2026-01-01.day", 99 * DAY),
    ] {
        sandbox.file(name, "{}");
        sandbox.set_modified(name, NOW - age);
    }
    let before = sandbox.files(".");
    finds(&sandbox, "orphans", "note", "3 files");
    assert_eq!(sandbox.files("."), before);
    let (report, code) = report(sandbox.call(&["doctor", "--json", "--fix"]));
    let gone: Vec<String> = before.difference(&sandbox.files(".")).cloned().collect();
    assert_eq!(
        gone,
        ["./state/sessions/old.json", "./tmp/ecc-metrics-live.json.9.00000000.tmp", "./tmp/ecc-metrics-old.json"]
    );
    assert_eq!((code, report["removed"].as_array().unwrap().len()), (Some(0), 3));
    for path in report["removed"].as_array().unwrap() {
        let path = path.as_str().unwrap();
        assert!(gone.iter().any(|name| sandbox.path(&name[2..]).to_str() == Some(path)), "{path}");
    }
    let shown = sandbox.call(&["doctor", "--fix"]).run().painted();
    assert!(shown.contains("nothing to remove"), "{shown}");
}

#[test]
fn hostile_texts_come_out_harmless() {
    let sandbox = healthy();
    let evil = "\u{1b}]0;owned\u{7}\u{9b}2J\u{202e}";
    let settings = json!({
        "statusLine": {"type": "command", "command": format!("x{evil}")},
        "subagentStatusLine": {"type": "command", "command": format!("y{evil}")},
    });
    sandbox.file(SETTINGS, settings.to_string());
    sandbox.file(CONFIG, format!("theme = \"n{}\"\n", "\\u001b]0;owned\\u0007"));
    let cache = format!("state/sessions/{RICH}.json");
    let mut kept = sandbox.json(&cache);
    kept["cwd"] = json!(evil);
    kept["payload"]["model"] = json!({ "display_name": evil });
    kept["payload"]["session_id"] = json!(format!("s{evil}"));
    sandbox.file(&cache, kept.to_string());
    for args in [&["doctor"][..], &["doctor", "--color", "256"], &["doctor", "--json"]] {
        let printed = sandbox.call(args).run();
        // Panics at anything dangerous.
        let shown = plain(&printed.stdout);
        assert!(shown.contains("x]0;owned2J"), "{shown}");
        assert_eq!(printed.code, Some(1));
        assert_eq!(printed.stderr, "bridgeline: one problem found\n");
    }
}

#[test]
fn colours_are_for_terminals_unless_asked_for() {
    let sandbox = healthy();
    let painted = |args: &[&str]| sandbox.call(args).env("COLORTERM", "truecolor").run().painted();
    assert!(!painted(&["doctor"]).contains('\u{1b}'));
    assert!(painted(&["doctor", "--color", "truecolor"]).contains("\u{1b}[38;2;"));
    assert_eq!(sandbox.call(&["doctor", "--nonsense"]).run().code, Some(2));
}
