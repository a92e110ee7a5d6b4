//! `usage export`: what it prints and keeps, and the units that run it.

use serde_json::json;
use snapbox::{assert_data_eq, str};

use crate::support::Sandbox;

fn garden(output: u64) -> Sandbox {
    let sandbox = Sandbox::new();
    talk(&sandbox, output);
    sandbox
}

/// One message of that much output: 25 USD for a million tokens.
fn talk(sandbox: &Sandbox, output: u64) {
    let line = json!({
        "type": "assistant", "timestamp": "2026-11-23T01:00:00Z", "sessionId": "s", "requestId": "req_a",
        "cwd": "/home/ada/\"garden\"\\",
        "message": {"id": "msg_a", "model": "claude-opus-4-8", "usage": {"output_tokens": output}},
    });
    sandbox.file("config/projects/p/s.jsonl", format!("{line}\n"));
}

#[track_caller]
fn exported(sandbox: &Sandbox) -> String {
    sandbox.call(&["usage", "export"]).env("USER", "ada").run().painted()
}

#[test]
fn counters_and_budgets_in_the_format_of_prometheus() {
    let sandbox = garden(200_000);
    sandbox.file("home/.config/bridgeline/config.toml", "[budget]\nday = 20\n");
    assert_data_eq!(
        exported(&sandbox),
        str![[r##"
# HELP bridgeline_usage_tokens_total Tokens of all sessions; each message counts once.
# TYPE bridgeline_usage_tokens_total counter
bridgeline_usage_tokens_total{host="shed",user="ada",agent="claude-code",project="p",model="claude-opus-4-8",type="input"} 0
bridgeline_usage_tokens_total{host="shed",user="ada",agent="claude-code",project="p",model="claude-opus-4-8",type="output"} 200000
bridgeline_usage_tokens_total{host="shed",user="ada",agent="claude-code",project="p",model="claude-opus-4-8",type="cache_write"} 0
bridgeline_usage_tokens_total{host="shed",user="ada",agent="claude-code",project="p",model="claude-opus-4-8",type="cache_read"} 0
# HELP bridgeline_usage_cost_usd_total Cost of all sessions in USD, without messages of unknown price.
# TYPE bridgeline_usage_cost_usd_total counter
bridgeline_usage_cost_usd_total{host="shed",user="ada",agent="claude-code",project="p",model="claude-opus-4-8"} 5
# HELP bridgeline_usage_messages_total Messages of models in all sessions.
# TYPE bridgeline_usage_messages_total counter
bridgeline_usage_messages_total{host="shed",user="ada",agent="claude-code",project="p",model="claude-opus-4-8"} 1
# HELP bridgeline_usage_unpriced_messages_total Messages without a known price.
# TYPE bridgeline_usage_unpriced_messages_total counter
bridgeline_usage_unpriced_messages_total{host="shed",user="ada",agent="claude-code",project="p",model="claude-opus-4-8"} 0
# HELP bridgeline_budget_usd The budget in USD.
# TYPE bridgeline_budget_usd gauge
bridgeline_budget_usd{host="shed",user="ada",budget="day"} 20
# HELP bridgeline_budget_used_usd USD of the budget spent in the current period.
# TYPE bridgeline_budget_used_usd gauge
bridgeline_budget_used_usd{host="shed",user="ada",budget="day"} 5
# HELP bridgeline_budget_used_ratio Share of the budget that is spent; 1 is all of it.
# TYPE bridgeline_budget_used_ratio gauge
bridgeline_budget_used_ratio{host="shed",user="ada",budget="day"} 0.25

"##]]
    );
}

#[test]
fn counters_never_fall() {
    let sandbox = garden(1_000_000);
    let cost = || {
        let text = exported(&sandbox);
        let line = text.lines().find(|line| line.starts_with("bridgeline_usage_cost_usd_total{")).unwrap();
        line.rsplit(' ').next().unwrap().parse::<f64>().unwrap()
    };
    assert_eq!(cost(), 25.0);
    let prices = "[models]\n'claude-opus-4-8' = { input = 1, output = 10 }\n";
    sandbox.file("home/.config/bridgeline/prices.toml", prices);
    assert_eq!(cost(), 25.0);
    std::fs::remove_dir_all(sandbox.path("state/usage")).unwrap();
    talk(&sandbox, 2_000_000);
    assert_eq!(cost(), 25.0);
    std::fs::remove_dir_all(sandbox.path("state/usage")).unwrap();
    talk(&sandbox, 3_000_000);
    assert_eq!(cost(), 30.0);
    sandbox.file("state/exported.json", "no JSON");
    assert_eq!(cost(), 30.0);
}

#[test]
fn a_textfile_is_written_where_its_folder_is() {
    let sandbox = garden(5);
    let path = sandbox.text("none/bridgeline.prom");
    let printed = sandbox.call(&["usage", "export", "--textfile", &path]).run();
    assert!(printed.code == Some(1) && printed.stderr.contains(&path), "{printed:?}");
}

#[test]
#[cfg(target_os = "linux")]
fn units_are_installed_and_removed_without_a_trace() {
    let sandbox = garden(5);
    let folder = sandbox.text("text files");
    std::fs::create_dir(&folder).unwrap();
    let units = ["service", "timer"].map(|kind| format!("home/.config/systemd/user/bridgeline-usage.{kind}"));
    let run = |args: &[&str]| {
        let call = sandbox.call(&[&["usage", "export"], args].concat()).env("USER", "ada");
        let printed = call.env("BRIDGELINE_CONFIG", "/c/own.toml").env("GEMINI_CLI_HOME", "/g").run();
        assert_eq!((printed.code, printed.stderr.as_str()), (Some(0), ""), "{printed:?}");
        printed.stdout
    };
    let before = sandbox.files("home");
    let shown = run(&["--install", "--textfile-dir", &folder, "--dry-run"]);
    assert!(shown.contains("+OnCalendar=minutely"), "{shown}");
    assert_eq!((sandbox.files("home"), sandbox.files("text files").len()), (before.clone(), 0));
    // Without consent nothing is written.
    let refused = sandbox.call(&["usage", "export", "--install", "--textfile-dir", &folder]).run();
    assert!(refused.code == Some(1) && refused.stderr.contains("nothing was changed"), "{refused:?}");
    let elsewhere = sandbox.call(&["usage", "export", "--install", "--yes", "--textfile-dir", "/nowhere"]).run();
    assert!(elsewhere.code == Some(1) && elsewhere.stderr.contains("/nowhere: not a folder"), "{elsewhere:?}");
    assert_eq!((sandbox.files("home"), sandbox.files("text files").len()), (before.clone(), 0));
    for args in [&["usage", "export", "--uninstall", "--yes"][..], &["uninstall", "--yes"]] {
        let shown = run(&["--install", "--textfile-dir", &folder, "--host", "desk", "--yes"]);
        assert!(shown.contains("systemctl --user enable --now bridgeline-usage.timer"), "{shown}");
        assert!(sandbox.read("text files/bridgeline-ada.prom").contains("host=\"desk\""));
        let service = sandbox.read(&units[0]);
        let start = service.lines().find(|line| line.starts_with("ExecStart=\"/usr/bin/env\" ")).unwrap();
        let state = format!("\"BRIDGELINE_STATE_DIR={}\"", sandbox.text("state"));
        let file = format!("\"usage\" \"export\" \"--textfile\" \"{folder}/bridgeline-ada.prom\" \"--host\" \"desk\"");
        assert!(start.contains(&state) && start.ends_with(&file), "{start}");
        // The config with the budgets, and Gemini's sessions.
        let others = ["\"BRIDGELINE_CONFIG=/c/own.toml\"", "\"GEMINI_CLI_HOME=/g\""];
        assert!(others.iter().all(|set| start.contains(set)), "{start}");
        // A second run changes nothing.
        assert!(run(&["--install", "--textfile-dir", &folder, "--host", "desk", "--yes"]).contains("nothing to do"));
        let removed = sandbox.call(args).run();
        let stop =
            "stop it with:\n  systemctl --user disable --now bridgeline-usage.timer\nthen remove bridgeline-*.prom ";
        assert!(removed.code == Some(0) && removed.stdout.contains(stop), "{removed:?}");
        assert_eq!(sandbox.files("home"), before, "{args:?}");
        assert!(!sandbox.path("home/.config/systemd").exists());
    }
    // A file of the user's is restored.
    sandbox.file(&units[1], "mine\n");
    run(&["--uninstall", "--yes"]);
    run(&["--install", "--textfile-dir", &folder, "--yes"]);
    assert!(sandbox.read(&units[1]).contains("minutely"));
    run(&["--uninstall", "--yes"]);
    assert_eq!(sandbox.read(&units[1]), "mine\n");
}
