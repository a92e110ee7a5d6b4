//! `bridgeline install` and `uninstall`: files before and after, questions, and refusals.

use std::fs;

use bridgeline::agent::{CODEX, GEMINI, KIMI, QWEN};
use bridgeline::bridge::event::registered_by;
use serde_json::{Value, json};

use crate::support::{Printed, Sandbox, plain};

/// The path of each agent's settings in the sandbox, and a typical file.
const SETTINGS: [(&str, &str, &str); 11] = [
    ("claude-code", "config/settings.json", include_str!("../fixtures/settings/node-hooks.json")),
    ("copilot", "home/.copilot/settings.json", "// Copilot\r\n{\r\n\t\"model\": \"gpt-5.6\", // new\r\n}\r\n"),
    ("cursor", "home/.cursor/cli-config.json", "{\"version\":1,\"editor\":{\"vimMode\":false}}"),
    ("qwen", "home/.qwen/settings.json", "\u{feff}{\n    \"ui\": {\n        \"theme\": \"Dracula\"\n    }\n}"),
    (
        "antigravity",
        "home/.gemini/antigravity-cli/settings.json",
        "{ \"statusLine\": { \"type\": \"command\", \"command\": \"~/line.sh\", \"stack_with_default\": true } }\n",
    ),
    (
        "kimi",
        "home/.kimi-code/tui.toml",
        "# Kimi\r\ntheme = \"dark\"\r\n\r\n[status_line]   # mine\r\nitems = [\r\n  \"model\",\r\n]\r\n\r\n[keys]",
    ),
    (
        "kimi",
        "home/.kimi-code/config.toml",
        "model = \"k2\"\r\n\r\n[[hooks]]\r\nevent = \"Stop\"\r\ncommand = \"say done\"  # loud\r\n\r\n[ui]",
    ),
    (
        "gemini",
        "home/.gemini/settings.json",
        "{\n \"hooks\": {\n  \"AfterTool\": []\n },\n \"model\": { \"name\": \"x\" }\n}",
    ),
    ("opencode", "home/.config/opencode/plugin/bridgeline.js", "export const mine = 1\n"),
    (
        "codex",
        "home/.codex/config.toml",
        "model = \"gpt-5.5\"\n\n[tui]\nstatus_line_provider = { server = \"other\", tool = 'x' } # mine\n\n[tui.nux]\n\"gpt-6.1-sol\" = 1\n",
    ),
    (
        "codex",
        "home/.codex/hooks.json",
        "{ \"hooks\": { \"Stop\": [{ \"hooks\": [{ \"type\": \"command\", \"command\": \"say\" }] }] } }\n",
    ),
];

const SETTINGS_JSON: &str = "config/settings.json";

fn with_all_agents() -> Sandbox {
    let sandbox = Sandbox::new();
    for (_, path, text) in SETTINGS {
        sandbox.file(path, text);
    }
    sandbox
}

/// The output, with paths as Unix spells them.
#[track_caller]
fn run(sandbox: &Sandbox, args: &[&str]) -> String {
    slashes(plain(&sandbox.call(args).run().painted()))
}

fn slashes(text: String) -> String {
    if cfg!(windows) { text.replace('\\', "/") } else { text }
}

#[track_caller]
fn refused(printed: &Printed, expected: &str) {
    assert_eq!(printed.code, Some(1), "{printed:?}");
    assert!(printed.stderr.starts_with("bridgeline: ") && printed.stderr.contains(expected), "{printed:?}");
}

#[test]
fn every_file_comes_back_byte_for_byte_and_a_second_install_has_nothing_to_do() {
    let sandbox = with_all_agents();
    let shown = run(&sandbox, &["install", "--replace-node", "--yes"]);
    for (agent, path, text) in SETTINGS {
        assert!(shown.contains(&format!("{agent}: {}\n", slashes(sandbox.text(path)))), "{shown}");
        let installed = sandbox.read(path);
        assert!(
            installed != text && installed.contains(&slashes(env!("CARGO_BIN_EXE_bridgeline").to_owned())),
            "{installed}"
        );
    }
    let installed = SETTINGS.map(|(_, path, _)| sandbox.read(path));
    let shown = run(&sandbox, &["install", "--replace-node"]);
    assert_eq!(shown.matches(": nothing to do\n").count(), SETTINGS.len(), "{shown}");
    assert_eq!(SETTINGS.map(|(_, path, _)| sandbox.read(path)), installed);
    assert_eq!(sandbox.files("state/install").len(), SETTINGS.len());

    run(&sandbox, &["uninstall", "-y"]);
    for (_, path, text) in SETTINGS {
        assert_eq!(sandbox.read(path), text, "{path}");
    }
    assert!(sandbox.files("state/install").is_empty());
    assert_eq!(sandbox.files("home").len() + sandbox.files("config").len(), SETTINGS.len());
    assert_eq!(run(&sandbox, &["uninstall"]), "nothing to do\n");
}

#[test]
fn without_a_terminal_and_without_yes_nothing_is_done() {
    let sandbox = with_all_agents();
    for command in ["install", "uninstall"] {
        let before = SETTINGS.map(|(_, path, _)| sandbox.read(path));
        let dry = run(&sandbox, &[command, "--dry-run"]);
        let printed = sandbox.call(&[command]).stdin("y\n").run();
        refused(&printed, "nothing was changed");
        assert!(printed.stderr.contains("--yes"));
        assert_eq!(slashes(plain(&printed.stdout)), dry);
        assert!(dry.contains("\n+") && dry.contains("\n@@ ") && dry.contains("/settings.json\n"), "{dry}");
        assert_eq!(SETTINGS.map(|(_, path, _)| sandbox.read(path)), before);
        // Now there is something to uninstall.
        run(&sandbox, &["install", "--yes"]);
    }
}

#[test]
fn setup_needs_a_terminal() {
    let sandbox = with_all_agents();
    refused(&sandbox.call(&["setup"]).stdin("y\n").run(), "setup: standard input is not a terminal");
    assert!(sandbox.files("state").is_empty());
}

#[test]
fn the_diff_of_a_file_shows_what_is_added_and_that_it_replaces_something() {
    let sandbox = Sandbox::new();
    sandbox.file(SETTINGS_JSON, "{\n  \"statusLine\": { \"type\": \"command\", \"command\": \"~/my line.sh\" }\n}\n");
    let path = slashes(sandbox.text(SETTINGS_JSON));
    let program = if cfg!(windows) { "C:/b/bridgeline" } else { "/b/bridgeline" };
    let shown = run(&sandbox, &["install", "--dry-run", "--command", program]);
    assert_eq!(
        shown,
        format!(
            "claude-code: {path}
replaces the statusline `~/my line.sh` (use --wrap to keep both)
--- {path}
+++ {path}
@@ -1,3 +1,3 @@
 {{
-  \"statusLine\": {{ \"type\": \"command\", \"command\": \"~/my line.sh\" }}
+  \"statusLine\": {{ \"type\": \"command\", \"command\": \"{program}\", \"refreshInterval\": 10 }}
 }}
"
        )
    );
}

#[test]
fn files_and_folders_that_are_missing_are_made_and_go_again() {
    let sandbox = Sandbox::new();
    let file = "home/.qwen/settings.json";
    run(&sandbox, &["install", "--agent", "qwen,kimi", "--yes"]);
    assert_eq!(sandbox.json(file)["ui"]["statusLine"]["type"], "command");
    assert!(sandbox.read("home/.kimi-code/tui.toml").starts_with("[status_line]\ncommand = "));
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt;
        let mode = |name: &str| fs::metadata(sandbox.path(name)).unwrap().mode() & 0o777;
        assert_eq!((mode(file), mode("home/.qwen")), (0o600, 0o700));
    }
    run(&sandbox, &["uninstall", "--agent", "qwen", "--agent", "kimi", "--yes"]);
    assert!(!sandbox.path("home/.qwen").exists() && !sandbox.path("home/.kimi-code").exists());
}

#[test]
fn a_file_that_was_made_stays_when_somebody_else_uses_it() {
    let sandbox = Sandbox::new();
    run(&sandbox, &["install", "--agent", "claude-code", "--hooks", "--yes"]);
    let mut settings = sandbox.json(SETTINGS_JSON);
    settings["model"] = json!("opus");
    sandbox.file(SETTINGS_JSON, serde_json::to_string_pretty(&settings).unwrap());
    run(&sandbox, &["uninstall", "--yes"]);
    assert_eq!(sandbox.json(SETTINGS_JSON), json!({"model": "opus"}));
}

#[test]
fn edits_of_others_survive_also_between_two_installs() {
    let sandbox = Sandbox::new();
    let text = "{\n  \"a\": 1, // one\n  \"statusLine\": {\"type\": \"command\", \"command\": \"old\"}\n}\n";
    sandbox.file(SETTINGS_JSON, text);
    let edit = |from: &str, to: &str| {
        let now = sandbox.read(SETTINGS_JSON);
        assert!(now.contains(from), "{now}");
        sandbox.file(SETTINGS_JSON, now.replace(from, to));
    };
    run(&sandbox, &["install", "--yes"]);
    edit("\"a\": 1", "\"a\": 2");
    run(&sandbox, &["install", "--hooks", "--yes"]);
    run(&sandbox, &["install", "--hooks", "--yes", "--command", "/moved/bridgeline"]);
    edit("// one", "// two");
    run(&sandbox, &["uninstall", "--yes"]);
    assert_eq!(sandbox.read(SETTINGS_JSON), text.replace("1, // one", "2, // two"));

    // Without a receipt only ours is removed.
    run(&sandbox, &["install", "--hooks", "--yes"]);
    fs::remove_dir_all(sandbox.path("state")).unwrap();
    run(&sandbox, &["uninstall", "--yes"]);
    assert_eq!(sandbox.read(SETTINGS_JSON), "{\n  \"a\": 2 // two\n}\n");
}

#[test]
fn the_hooks_are_those_of_their_page() {
    let sandbox = Sandbox::new();
    run(&sandbox, &["install", "--agent", "claude-code", "--hooks", "--command", "bridgeline", "--yes"]);
    let page = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/hooks.md")).unwrap();
    let blocks = page.split("```json\n").skip(1).map(|rest| rest.split("```").next().unwrap());
    let told: Vec<Value> = blocks.filter_map(|block| serde_json::from_str(block).ok()).collect();
    let told = told.iter().find_map(|block| block.get("hooks")).expect("the page shows the hooks");
    assert_eq!(sandbox.json(SETTINGS_JSON)["hooks"], *told);
}

#[test]
fn the_program_that_is_named_is_found_from_everywhere() {
    let check = |named: &str, expected: &str| {
        let sandbox = Sandbox::new();
        run(&sandbox, &["install", "--hooks", "--yes", "--command", named]);
        let settings = sandbox.json(SETTINGS_JSON);
        let hook = &settings["hooks"]["Stop"][0]["hooks"][0];
        let expected = if expected.contains('/') { slashes(sandbox.text(expected)) } else { expected.into() };
        assert_eq!((&hook["command"], &hook["args"]), (&json!(expected), &json!(["hook"])));
        assert_eq!(settings["statusLine"]["command"], json!(expected));
    };
    check("bridgeline", "bridgeline");
    check("~/bin/line", "home/bin/line");
    check("bin/line", "work/bin/line");
}

#[test]
#[cfg(unix)]
fn a_link_on_the_path_is_named_and_not_what_it_leads_to_today() {
    let sandbox = Sandbox::new();
    fs::create_dir(sandbox.path("home/bin")).unwrap();
    std::os::unix::fs::symlink(env!("CARGO_BIN_EXE_bridgeline"), sandbox.path("home/bin/bridgeline")).unwrap();
    let call = sandbox.call(&["install", "--yes"]);
    call.env("PATH", format!("relative:{}:/usr/bin", sandbox.text("home/bin"))).run().painted();
    let command = &sandbox.json(SETTINGS_JSON)["statusLine"]["command"];
    assert_eq!(*command, json!(sandbox.text("home/bin/bridgeline")));
}

#[test]
fn node_scripts_make_room_and_hooks_of_others_stay() {
    let sandbox = Sandbox::new();
    let text = include_str!("../fixtures/settings/node-hooks.json");
    sandbox.file(SETTINGS_JSON, text);
    let shown = run(&sandbox, &["install", "--replace-node", "--wrap", "--yes"]);
    let installed = sandbox.read(SETTINGS_JSON);
    for script in ["ecc-metrics-bridge.js", "ecc-context-monitor.js", "cost-tracker.js", "ecc-statusline.js"] {
        assert!(!installed.contains(script) && shown.contains(script), "{installed}");
    }
    assert!(installed.contains("~/bin/format.sh") && installed.contains("say done"));
    // The Node statusline is replaced, not wrapped.
    assert!(!sandbox.path("home/.config").exists());
    run(&sandbox, &["uninstall", "--yes"]);
    assert_eq!(sandbox.read(SETTINGS_JSON), text);
}

#[test]
fn a_statusline_is_wrapped_and_unwrapped() {
    let sandbox = Sandbox::new();
    let settings = "{\"statusLine\": {\"type\": \"command\", \"command\": \"npx \\\"my line\\\"\"}}";
    let config = "# mine\nrows = [\"model\"] # one\n";
    sandbox.file(SETTINGS_JSON, settings);
    sandbox.file("home/.config/bridgeline/config.toml", config);
    let args = ["install", "--agent", "claude-code", "--wrap", "--yes"];
    run(&sandbox, &args);
    assert_eq!(
        sandbox.read("home/.config/bridgeline/config.toml"),
        "# mine\nrows = [\"model\", \"wrapped\"] # one\n\n[segments.wrapped]\nkind = \"command\"\ncommand = 'npx \"my line\"'\nas_printed = true\ninterval = 5\n"
    );
    assert!(run(&sandbox, &args).ends_with(": nothing to do\n"));
    // That of another agent stays.
    run(&sandbox, &["uninstall", "--agent", "cursor", "--yes"]);
    assert!(sandbox.read("home/.config/bridgeline/config.toml").contains("wrapped"));
    run(&sandbox, &["uninstall", "--agent", "claude-code", "--yes"]);
    assert_eq!(sandbox.read("home/.config/bridgeline/config.toml"), config);
    assert_eq!(sandbox.read(SETTINGS_JSON), settings);
}

#[test]
fn two_statuslines_cannot_be_wrapped_at_once() {
    let sandbox = Sandbox::new();
    let line = |name: &str| format!("{{\"statusLine\": {{\"type\": \"command\", \"command\": \"{name}\"}}}}");
    sandbox.file(SETTINGS_JSON, line("one"));
    sandbox.file("home/.copilot/settings.json", line("two"));
    refused(&sandbox.call(&["install", "--wrap", "--yes"]).run(), "runs another command already: one");
    assert_eq!(sandbox.read(SETTINGS_JSON), line("one"));
    assert!(!sandbox.path("home/.config").exists());
}

#[test]
fn what_does_not_parse_is_refused_with_its_place_and_nothing_else_is_changed_either() {
    let check = |bad: &[u8], expected: &str| {
        let sandbox = with_all_agents();
        let path = sandbox.file("home/.qwen/settings.json", bad);
        for command in ["install", "uninstall"] {
            let printed = sandbox.call(&[command, "--yes"]).run();
            refused(&printed, &format!("settings.json: {expected}"));
            assert!(printed.stderr.contains("nothing was changed"), "{}", printed.stderr);
        }
        assert_eq!(fs::read(path).unwrap(), bad);
        for (_, path, text) in SETTINGS.iter().filter(|(agent, ..)| *agent != "qwen") {
            assert_eq!(sandbox.read(path), *text);
        }
        assert!(sandbox.files("state").is_empty());
    };
    check(b"{\n  \"a\": 1,,\n}", "line 2, column 10: ");
    check(b"{\n  'a': 1\n}", "line 2, column 3: ");
    check(b"{\n  \"a\": \"\xff\"\n}", "line 2, column 9: not UTF-8");
    check(b"[]", "line 1, column 1: ");
}

#[test]
#[cfg(unix)]
fn a_link_stays_a_link_and_its_target_keeps_its_mode() {
    use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
    let sandbox = Sandbox::new();
    let file = sandbox.file("work/dotfiles/claude.json", "{}\n");
    fs::set_permissions(&file, fs::Permissions::from_mode(0o644)).unwrap();
    symlink(&file, sandbox.path(SETTINGS_JSON)).unwrap();
    let shown = run(&sandbox, &["install", "--yes"]);
    assert!(shown.contains(&format!("(a link to {})", file.display())), "{shown}");
    assert!(fs::symlink_metadata(sandbox.path(SETTINGS_JSON)).unwrap().is_symlink());
    assert!(fs::read_to_string(&file).unwrap().contains("statusLine"));
    assert_eq!(fs::metadata(&file).unwrap().mode() & 0o777, 0o644);
    assert_eq!(sandbox.files("work/dotfiles").len(), 1);
    run(&sandbox, &["uninstall", "--yes"]);
    assert!(fs::symlink_metadata(sandbox.path(SETTINGS_JSON)).unwrap().is_symlink());
    assert_eq!(fs::read_to_string(&file).unwrap(), "{}\n");
}

#[test]
#[cfg(unix)]
fn where_nothing_can_be_written_all_stays_as_it_was() {
    // A name so long that no temporary file fits next to it; this fails for root too.
    let sandbox = Sandbox::new();
    let file = sandbox.file(&format!("work/dotfiles/{}", "x".repeat(250)), "{}");
    std::os::unix::fs::symlink(&file, sandbox.path(SETTINGS_JSON)).unwrap();
    refused(&sandbox.call(&["install", "--yes"]).run(), &format!("cannot write {}: ", sandbox.text(SETTINGS_JSON)));
    assert_eq!(fs::read_to_string(&file).unwrap(), "{}");
    assert!(sandbox.files("state/install").is_empty());
    assert_eq!(sandbox.files("work/dotfiles").len(), 1);
    // A file in the place of a folder.
    let printed = sandbox.call(&["install", "--agent", "claude-code", "--yes"]);
    refused(&printed.env("CLAUDE_CONFIG_DIR", &file).run(), "settings.json");
    // No place for the receipt.
    fs::remove_file(sandbox.path(SETTINGS_JSON)).unwrap();
    sandbox.file(SETTINGS_JSON, "{}");
    sandbox.file("work/no-folder", "");
    let printed = sandbox.call(&["install", "--yes"]);
    let printed = printed.env("BRIDGELINE_STATE_DIR", sandbox.path("work/no-folder")).run();
    assert_eq!((printed.code, sandbox.read(SETTINGS_JSON).as_str()), (Some(1), "{}"));
    refused(&sandbox.call(&["install", "--yes"]).without_environment().run(), "set HOME");
}

#[test]
fn the_agents_found_here_are_meant_unless_one_is_named() {
    let sandbox = Sandbox::new();
    fs::remove_dir(sandbox.path("config")).unwrap();
    refused(&sandbox.call(&["install", "--yes"]).run(), "choose one with --agent (claude-code, copilot, cursor");
    fs::create_dir_all(sandbox.path("home/.cursor")).unwrap();
    refused(&sandbox.call(&["install", "--yes"]).run(), "no supported agent found");
    sandbox.file("home/.cursor/cli-config.json", "{}");
    fs::create_dir_all(sandbox.path("home/moved-copilot")).unwrap();
    let call = sandbox.call(&["install", "--dry-run", "--hooks"]);
    let shown = call.env("COPILOT_HOME", sandbox.path("home/moved-copilot")).run().painted();
    let of_agent = |line: &&str| ["copilot: ", "cursor: "].iter().any(|name| line.starts_with(name));
    let agents: Vec<&str> = shown.lines().filter(of_agent).collect();
    assert_eq!(agents.len(), 2, "{shown}");
    assert!(agents[0].starts_with("copilot: ") && agents[1].starts_with("cursor: "), "{shown}");
    assert_eq!(shown.matches("+++ ").count(), 2, "{shown}");
}

#[test]
fn projects_have_settings_of_their_own() {
    let sandbox = Sandbox::new();
    for (scope, path) in [("project", "work/.claude/settings.json"), ("local", "work/.claude/settings.local.json")] {
        run(&sandbox, &["install", "--scope", scope, "--yes", "--command", "bridgeline"]);
        assert_eq!(sandbox.json(path)["statusLine"]["command"], "bridgeline");
    }
    assert!(sandbox.files("config").is_empty());
    run(&sandbox, &["uninstall", "--scope", "local", "--yes"]);
    assert!(!sandbox.path("work/.claude/settings.local.json").exists());
    run(&sandbox, &["uninstall", "--scope", "project", "--yes"]);
    assert!(!sandbox.path("work/.claude").exists());
}

#[test]
fn a_shell_gets_one_line_in_its_start_file() {
    let sandbox = Sandbox::new();
    for (shell, path, text) in [
        ("bash", "home/.bashrc", Some("alias ll='ls -l'")),
        ("zsh", "home/zsh/.zshrc", Some("setopt vi\r\n")),
        ("fish", "home/.config/fish/conf.d/bridgeline.fish", None),
        ("pwsh", "home/.config/powershell/Microsoft.PowerShell_profile.ps1", Some("")),
    ] {
        if cfg!(windows) && shell == "pwsh" {
            continue;
        }
        text.map(|text| sandbox.file(path, text));
        let call = |command| {
            let call = sandbox.call(&[command, "--prompt", shell, "--yes"]);
            call.env("ZDOTDIR", sandbox.path("home/zsh")).run().painted()
        };
        call("install");
        let installed = sandbox.read(path);
        let line = installed.strip_prefix(text.unwrap_or_default()).unwrap();
        assert!(line.contains(&format!("bridgeline{}' init {shell}", std::env::consts::EXE_SUFFIX)), "{line}");
        assert_eq!(line.trim().lines().count(), 1);
        assert!(call("install").ends_with(": nothing to do\n"));
        assert_eq!(sandbox.read(path), installed);
        // The user has edited the file since.
        sandbox.file(path, format!("{installed}export A=1\n"));
        call("uninstall");
        let left = sandbox.read(path);
        let (text, gap) = (text.unwrap_or_default(), if text == Some("alias ll='ls -l'") { "\n" } else { "" });
        assert_eq!(left, format!("{text}{gap}export A=1\n"));
        call("install");
        call("uninstall");
        assert_eq!(sandbox.read(path), left);
    }
    assert!(sandbox.files("state/install").is_empty() && sandbox.files("config").is_empty());
    // Folders that install has created are removed, unless somebody else uses them.
    let call = ["--prompt", "nu", "--yes"];
    run(&sandbox, &[&["install"], &call[..]].concat());
    assert_eq!(sandbox.files("home").iter().filter(|file| file.ends_with("nushell/config.nu")).count(), 1);
    run(&sandbox, &[&["uninstall"], &call[..]].concat());
    assert!(!sandbox.path("home/.config/nushell").exists() && !sandbox.path("home/Library").exists());
}

/// The line for bash is valid in every POSIX shell.
#[test]
#[cfg(unix)]
fn the_line_in_the_start_file_evaluates_what_init_prints() {
    use std::os::unix::fs::PermissionsExt;
    let sandbox = Sandbox::new();
    let program = sandbox.file("work/it's a tool/bridgeline", "#!/bin/sh\necho \"echo evaluated: $*\"\n");
    fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
    run(&sandbox, &["install", "--prompt", "bash", "--yes", "--command", program.to_str().unwrap()]);
    let shell = std::process::Command::new("/bin/sh").arg(sandbox.path("home/.bashrc")).output().unwrap();
    assert_eq!(String::from_utf8(shell.stdout).unwrap(), "evaluated: init bash\n");
}

#[test]
fn what_a_settings_file_holds_cannot_take_over_the_terminal() {
    let sandbox = Sandbox::new();
    sandbox.file(SETTINGS_JSON, "{\n  \"statusLine\": \"\u{1b}]0;owned\u{7}\u{202e}\u{9b}2J\"\n}");
    let printed = sandbox.call(&["install", "--dry-run"]).run();
    assert!(plain(&printed.painted()).contains("\"]0;owned2J\""));
}

#[test]
fn arguments_that_make_no_sense_are_usage_errors() {
    let sandbox = Sandbox::new();
    for args in [
        &["install", "--agent", "emacs"][..],
        &["install", "--scope", "managed"],
        &["install", "--scope", "project", "--agent", "cursor"],
        &["install", "--hooks", "--agent", "cursor,copilot"],
        &["install", "--subagents", "--agent", "qwen"],
        &["install", "--replace-node", "--agent", "kimi"],
        &["install", "--prompt", "zsh", "--subagents"],
        &["uninstall", "--subagents"],
        &["install", "--prompt", "tcsh"],
        &["install", "--prompt", "zsh", "--wrap"],
        &["install", "--yes", "--dry-run"],
        &["install", "--command", ""],
        &["uninstall", "--hooks"],
    ] {
        let printed = sandbox.call(args).run();
        assert_eq!(printed.code, Some(2), "{args:?} {printed:?}");
        assert!(printed.stderr.starts_with("error: "), "{printed:?}");
    }
    assert!(sandbox.files("config").is_empty());
}

#[test]
fn an_older_install_of_ours_loses_what_is_not_wanted_any_more() {
    let sandbox = Sandbox::new();
    sandbox.file(SETTINGS_JSON, "{\n  \"model\": \"opus\"\n}\n");
    run(&sandbox, &["install", "--hooks", "--subagents", "--yes"]);
    let installed = sandbox.read(SETTINGS_JSON);
    assert!(installed.contains(" subagents\"") && !installed.contains("Compact"), "{installed}");
    assert!(run(&sandbox, &["install", "--subagents", "--yes"]).ends_with(": nothing to do\n"));
    sandbox.file(SETTINGS_JSON, installed.replace("\"Notification\"", "\"PreCompact\""));
    let shown = run(&sandbox, &["install", "--hooks", "--yes"]);
    for note in ["removes subagentStatusLine, ", "removes the PreCompact hook, "] {
        assert!(shown.contains(note), "{shown}");
    }
    let settings = sandbox.json(SETTINGS_JSON);
    assert!(settings.get("subagentStatusLine").is_none() && settings["hooks"].get("PreCompact").is_none());
    assert!(settings["hooks"].get("Notification").is_some());
    run(&sandbox, &["uninstall", "--yes"]);
    assert_eq!(sandbox.read(SETTINGS_JSON), "{\n  \"model\": \"opus\"\n}\n");
}

#[test]
fn every_agent_gets_the_hooks_that_it_has() {
    let sandbox = Sandbox::new();
    let call = |command, folder: &str| {
        let call = sandbox.call(&[command, "--agent", "qwen,kimi", "--yes"]);
        let call = if command == "install" { call.args(&["--hooks", "--command", "/b/bridgeline"]) } else { call };
        let call = call.env("QWEN_HOME", sandbox.path(&format!("{folder}/qwen")));
        call.env("KIMI_CODE_HOME", sandbox.path(&format!("{folder}/kimi"))).run().painted();
    };
    call("install", "moved");
    let program = if cfg!(windows) {
        sandbox.json("moved/qwen/settings.json")["ui"]["statusLine"]["command"].as_str().unwrap().to_owned()
    } else {
        "/b/bridgeline".to_owned()
    };
    let command = format!("{program} hook");
    let settings = sandbox.json("moved/qwen/settings.json");
    let handlers = json!([{ "hooks": [{ "type": "command", "command": command }] }]);
    let expected: serde_json::Map<String, Value> =
        registered_by(&QWEN).map(|event| (event.to_owned(), handlers.clone())).collect();
    assert_eq!(settings["hooks"], Value::Object(expected));
    let config: toml_edit::DocumentMut = sandbox.read("moved/kimi/config.toml").parse().unwrap();
    let hooks = config["hooks"].as_array_of_tables().unwrap();
    let hooks: Vec<_> =
        hooks.iter().map(|hook| (hook["event"].as_str().unwrap(), hook["command"].as_str().unwrap())).collect();
    assert_eq!(hooks, registered_by(&KIMI).map(|event| (event, command.as_str())).collect::<Vec<_>>());
    assert!(sandbox.read("moved/kimi/tui.toml").contains("[status_line]"));
    assert!(sandbox.files("home").is_empty());
    call("uninstall", "moved");
    assert!(!sandbox.path("moved").exists());
}

#[test]
fn an_agent_without_a_line_gets_its_hooks_once_it_is_named() {
    let sandbox = Sandbox::new();
    let (gemini, plugin) = ("home/.gemini/settings.json", "home/.config/opencode/plugin/bridgeline.js");
    sandbox.file(gemini, "{}");
    fs::create_dir_all(sandbox.path("home/.config/opencode")).unwrap();
    run(&sandbox, &["install", "--yes"]);
    assert!(sandbox.read(gemini) == "{}" && !sandbox.path(plugin).exists());
    let shown = run(&sandbox, &["install", "--agent", "gemini,opencode", "--yes"]);
    assert!(shown.contains("gemini: restart it; it runs hooks only in folders that you trust\n"), "{shown}");
    assert!(shown.contains("opencode: it has no statusline; "), "{shown}");
    let events = sandbox.json(gemini)["hooks"].as_object().unwrap().clone();
    assert_eq!(events.len(), registered_by(&GEMINI).count());
    assert!(registered_by(&GEMINI).all(|event| events.contains_key(event)), "{events:?}");
    let program = slashes(env!("CARGO_BIN_EXE_bridgeline").to_owned());
    // Under Wine a drive comes before it.
    let named = sandbox.read(plugin).lines().find(|line| line.starts_with("const program = ")).unwrap().to_owned();
    assert!(named.ends_with(&format!("{program}\"")), "{named}");
    // A part that was edited since is kept.
    let edited = sandbox.read(plugin) + "// mine\n";
    sandbox.file(plugin, &edited);
    let shown = run(&sandbox, &["uninstall", "--yes"]);
    assert!(shown.contains("bridgeline.js: edited since it was installed; remove it yourself\n"), "{shown}");
    assert_eq!((sandbox.read(gemini).as_str(), sandbox.read(plugin)), ("{}", edited));
    sandbox.file(plugin, "");
    run(&sandbox, &["install", "--agent", "opencode", "--yes"]);
    run(&sandbox, &["uninstall", "--agent", "opencode", "--yes"]);
    assert_eq!(sandbox.read(plugin), "");
}

#[test]
fn codex_is_told_of_with_what_is_left_to_do() {
    let sandbox = Sandbox::new();
    let folder = sandbox.path("moved");
    let call = |args: &[&str]| sandbox.call(args).env("CODEX_HOME", &folder).run().painted();
    let shown = plain(&call(&["install", "--agent", "codex", "--hooks", "--yes"]));
    for what in
        ["an experimental feature of Codex", "codex: run `codex app-server daemon restart`", "\"Hooks need review\""]
    {
        assert_eq!(shown.matches(what).count(), 1, "{what}: {shown}");
    }
    let config: toml_edit::DocumentMut = sandbox.read("moved/config.toml").parse().unwrap();
    assert_eq!(config["mcp_servers"]["bridgeline"]["args"].to_string().trim(), "[\"mcp\"]");
    assert_eq!(config["tui"]["status_line_provider"]["server"].as_str(), Some("bridgeline"));
    let hooks = sandbox.json("moved/hooks.json")["hooks"].as_object().unwrap().len();
    assert_eq!(hooks, registered_by(&CODEX).count());
    assert!(
        plain(&call(&["install", "--agent", "codex", "--hooks", "--yes"]))
            .lines()
            .all(|line| line.ends_with("nothing to do"))
    );
    call(&["uninstall", "--yes"]);
    assert!(!folder.exists() && sandbox.files("home").is_empty());
}

#[test]
fn cursor_is_found_where_it_was_moved_to() {
    let sandbox = Sandbox::new();
    for (variable, value, file) in [
        ("XDG_CONFIG_HOME", "xdg", "xdg/cursor/cli-config.json"),
        ("CURSOR_CONFIG_DIR", "moved", "moved/cli-config.json"),
    ] {
        sandbox.file(file, "{\"version\":1}");
        let call = |args: &[&str]| sandbox.call(args).without("CLAUDE_CONFIG_DIR").env(variable, sandbox.path(value));
        call(&["install", "--agent", "cursor", "--yes"]).run().painted();
        assert!(sandbox.read(file).contains("bridgeline"));
        call(&["uninstall", "--yes"]).run().painted();
        assert_eq!(sandbox.read(file), "{\"version\":1}");
    }
}

#[test]
fn a_config_of_ours_that_cannot_be_read_does_not_keep_the_settings_from_coming_back() {
    let line = r#"{"statusLine": {"type": "command", "command": "x"}}"#;
    let check = |text: &str, config: &[u8], is_said: bool| {
        let sandbox = Sandbox::new();
        sandbox.file(SETTINGS_JSON, text);
        run(&sandbox, &["install", "--agent", "claude-code", "--yes"]);
        let path = sandbox.file("home/.config/bridgeline/config.toml", config);
        let shown = run(&sandbox, &["uninstall", "--yes"]);
        assert_eq!(shown.contains("config.toml: does not parse"), is_said, "{shown}");
        assert_eq!(sandbox.read(SETTINGS_JSON), text);
        assert_eq!(fs::read(path).unwrap(), config);
    };
    check("{}", b"theme = \"\xff\"\n", false);
    check(line, b"theme = \"\xff\"\n", true);
    check(line, b"theme = \n", true);
    check(line, b"theme = 'light'\n", false);
}

#[test]
#[cfg(unix)]
fn a_hard_link_is_named_before_it_is_broken() {
    let sandbox = Sandbox::new();
    sandbox.file(SETTINGS_JSON, "{}");
    fs::hard_link(sandbox.path(SETTINGS_JSON), sandbox.path("work/settings.json")).unwrap();
    let shown = run(&sandbox, &["install", "--dry-run"]);
    assert!(shown.contains("1 other hard link(s) to the file keep the old content"), "{shown}");
    run(&sandbox, &["install", "--yes"]);
    assert_eq!(sandbox.read("work/settings.json"), "{}");
}

#[test]
#[cfg(any(target_os = "linux", target_vendor = "apple"))]
fn a_client_that_writes_at_the_same_time_loses_nothing() {
    crate::support::storm::installed_beside_a_client(10);
}

/// At a terminal: a pseudo-terminal on stdin, whose other end the test has.
#[cfg(target_os = "linux")]
mod at_a_terminal {
    use super::*;
    use std::fs::File;
    use std::io::{Read, Write};
    use std::process::{Child, Stdio};

    use nix::pty::openpty;

    use crate::support::BINARY;

    struct Session {
        child: Child,
        typist: File,
        shown: String,
    }

    impl Session {
        /// Starts it and waits for its question.
        fn start(sandbox: &Sandbox, args: &[&str]) -> Session {
            let pty = openpty(None, None).unwrap();
            let mut command = sandbox.command(BINARY);
            command.args(args);
            command.stdin(Stdio::from(pty.slave)).stdout(Stdio::piped()).stderr(Stdio::piped());
            let mut child = command.spawn().unwrap();
            drop(command);
            let mut shown = Vec::new();
            while !shown.ends_with(b"[y/N] ") {
                let mut byte = [0];
                let count = child.stdout.as_mut().unwrap().read(&mut byte).unwrap();
                assert_eq!(count, 1, "no question: {}", String::from_utf8_lossy(&shown));
                shown.push(byte[0]);
            }
            Session { child, typist: File::from(pty.master), shown: String::from_utf8(shown).unwrap() }
        }

        /// Answers, and returns the exit status and the output.
        fn answer(mut self, answer: &str) -> (Option<i32>, String) {
            self.typist.write_all(answer.as_bytes()).unwrap();
            let stdout = self.child.stdout.as_mut().unwrap();
            stdout.read_to_string(&mut self.shown).unwrap();
            self.child.stderr.as_mut().unwrap().read_to_string(&mut self.shown).unwrap();
            (self.child.wait().unwrap().code(), self.shown)
        }
    }

    #[test]
    fn only_a_yes_is_a_yes() {
        let sandbox = Sandbox::new();
        sandbox.file(SETTINGS_JSON, "{}");
        for answer in ["n\n", "\n", "yesterday\n", "\u{4}"] {
            let (code, shown) = Session::start(&sandbox, &["install"]).answer(answer);
            assert_eq!(code, Some(0), "{shown}");
            assert!(shown.ends_with("nothing was changed\n"), "{shown}");
            assert_eq!(sandbox.read(SETTINGS_JSON), "{}");
            assert!(sandbox.files("state").is_empty());
        }
        let (code, shown) = Session::start(&sandbox, &["install"]).answer("Y\n");
        assert_eq!(code, Some(0));
        assert!(shown.ends_with("settings.json: written\n"), "{shown}");
        assert!(sandbox.read(SETTINGS_JSON).contains("statusLine"));
        let (_, shown) = Session::start(&sandbox, &["uninstall"]).answer("yes\n");
        assert_eq!(sandbox.read(SETTINGS_JSON), "{}", "{shown}");
    }

    #[test]
    fn a_file_that_changes_while_the_question_stands_is_left_alone() {
        let sandbox = Sandbox::new();
        for (before, meanwhile) in [(Some("{}"), "{\"theirs\": 1}"), (None, "{}")] {
            _ = fs::remove_file(sandbox.path(SETTINGS_JSON));
            before.map(|before| sandbox.file(SETTINGS_JSON, before));
            let session = Session::start(&sandbox, &["install", "--agent", "claude-code"]);
            sandbox.file(SETTINGS_JSON, meanwhile);
            let (code, shown) = session.answer("y\n");
            assert_eq!(code, Some(1), "{shown}");
            assert!(shown.contains("settings.json: another program changed the file meanwhile"), "{shown}");
            assert_eq!(sandbox.read(SETTINGS_JSON), meanwhile);
            assert!(sandbox.files("state/install").is_empty());
        }
    }
}
