//! Payloads of Claude Code, of every version that we have: each gives one row that shows exactly what is known.
//! `agents` has those of other agents.

use std::fmt::Write;

use serde_json::Value;
use snapbox::{assert_data_eq, str};

use crate::support::{Sandbox, fixture, fixtures};

/// Names of the payloads of Claude Code in `tests/fixtures/status`, in order.
pub fn captures() -> Vec<String> {
    let is_ours = |name: &String| name.starts_with("claude-code-") || name.starts_with("older/");
    fixtures().into_iter().filter(is_ours).collect()
}

#[track_caller]
fn line(payload: &Value, columns: &str) -> String {
    Sandbox::new().render(payload).args(&["--width", columns]).run().line()
}

#[test]
fn every_capture_is_one_row() {
    let mut shown = String::new();
    for name in captures() {
        let payload = fixture(&name);
        let (narrow, wide) = (line(&payload, "80"), line(&payload, "140"));
        writeln!(shown, "{name}\n  {narrow}").unwrap();
        if wide != narrow {
            writeln!(shown, "  {wide}").unwrap();
        }
    }
    assert_data_eq!(
        shown,
        str![[r#"
claude-code-2.1.330/status-1.json
  Opus 4.8 effort high │ work │ $0.00
claude-code-2.1.330/status-2.json
  Opus 4.8 effort high │ work │ $0.00
claude-code-2.1.330/status-3.json
  Opus 4.8 effort high │ work │ $0.06 │ ctx ▋          6%
claude-code-2.1.330/status-4.json
  Opus 4.8 effort high │ work │ $0.12 │ ctx ▋          6%
claude-code-2.1.330/status-5.json
  Opus 4.8 effort high │ work │ $0.30 │ ctx ▋          6%
claude-code-2.1.332/status-1.json
  Opus 4.8 effort high │ work │ $0.00
claude-code-2.1.332/status-2.json
  Opus 4.8 effort high │ work │ $0.06 │ ctx ▋          6%
claude-code-2.1.332/status-3.json
  Opus 4.8 effort high │ work │ $0.32 │ ctx ▊          7%
claude-code-2.1.332/status-4.json
  Opus 4.8 effort high │ work │ $0.53 │ ctx ▊          8%
claude-code-2.1.332/status-5.json
  Opus 4.8 effort high │ work │ $0.63 │ ctx ▉          9%
claude-code-2.1.332/status-cleared.json
  Opus 4.8 effort high │ work │ $0.00
claude-code-2.1.332/status-compacted.json
  Opus 4.8 effort high │ work │ $0.46
claude-code-2.1.332/status-limits.json
  Opus 4.8 effort high │ work │ 5h 42% (4d1h) 7d 13% (8d14h) │ ctx ▎          3%
claude-code-2.1.332/status-linked-worktree.json
  Opus 4.8 effort high │ side │ $0.08 │ ctx ▎          3%
claude-code-2.1.332/status-named.json
  Opus 4.8 effort high │ work │ $0.65 │ ctx ▍          4%
claude-code-2.1.332/status-other-model.json
  Sonnet 5.5 effort medium │ work │ $0.11 │ ctx ▌          5%
claude-code-2.1.332/status-resumed.json
  Opus 4.8 effort high │ work │ $0.11 │ ctx ▌          5%
claude-code-2.1.332/status-subagents.json
  Opus 4.8 effort high │ work │ $0.14 │ ctx ▋          6%
claude-code-2.1.332/status-worktree.json
  Opus 4.8 effort high │ wt2 │ $0.08 │ ctx ▎          3%
older/2025-08-base.json
  Opus │ garden
older/2025-08-cost.json
  Opus │ garden │ $0.01
older/2025-12-context-window.json
  Opus │ garden │ $0.01
older/2025-12-current-usage.json
  Opus │ garden │ $0.01 │ ctx ██▌        ~25%
older/2026-01-percentages.json
  Opus │ garden │ $0.01 │ ctx ████▎      43%
older/2026-02-vim-agent.json
  Opus │ garden │ $0.01 │ ctx ████▎      43%
older/2026-03-rate-limits.json
  Opus │ garden │ 5h 23% (2h58m) 7d 41% (3d10h) │ ctx ████▎      43%
older/2026-03-worktree.json
  Opus │ garden │ $0.01 │ ctx ████▎      43%
older/2026-05-everything.json
  Opus 4.6 effort high │ garden │ 5h 23% (2h58m) 7d 41% (3d10h) │ ctx ██▌    43%
  Opus 4.6 (1M context) effort high │ garden │ 5h 23% (2h58m) 7d 41% (3d10h) │ ctx ████▎      43%
older/2026-09-prompt-cache.json
  Opus 4.6 │ garden │ 5h 23% (2h) 7d 41% (3d) spend 112% (6d) │ ctx █▊   43%
  Opus 4.6 (1M context) effort high │ garden │ 5h 23% (2h58m) 7d 41% (3d10h) spend 112% (6d21h) │ ctx ████▎      43%

"#]]
    );
}

#[test]
fn an_unknown_context_is_no_percentage() {
    let unknown = |name: &String| fixture(name)["context_window"]["used_percentage"].is_null();
    let estimated = |name: &String| fixture(name)["context_window"]["current_usage"].is_object();
    let names: Vec<String> = captures().into_iter().filter(|name| unknown(name) && !estimated(name)).collect();
    assert!(names.len() >= 2, "{names:?}");
    for name in names {
        let line = line(&fixture(&name), "140");
        assert!(!line.contains('%') && !line.contains('█') && !line.contains("  "), "{name}: {line}");
    }
}

#[test]
fn a_subscriber_sees_limits_and_no_cost() {
    let names: Vec<String> = captures().into_iter().filter(|name| fixture(name)["rate_limits"].is_object()).collect();
    assert!(names.len() >= 3, "{names:?}");
    for name in names {
        let line = line(&fixture(&name), "140");
        let percent = |window: &str| fixture(&name)["rate_limits"][window]["used_percentage"].as_f64().unwrap().floor();
        let (five, seven) = (percent("five_hour"), percent("seven_day"));
        let has = |text: String| line.contains(&text);
        assert!(has(format!("5h {five}%")) && has(format!("7d {seven}%")), "{name}: {line}");
        assert!(!line.contains('$'), "{name}: {line}");
    }
}

#[test]
fn odd_types_show_what_can_be_understood() {
    let check = |payload: &str, expected: &str| {
        let payload = serde_json::from_str(payload).unwrap();
        assert_eq!(line(&payload, "140"), expected, "{payload}");
    };
    check(
        r#"{"model":{"id":"only-an-id"},"cost":{"total_cost_usd":"1.5","total_duration_ms":"60000"},"cwd":"/srv/shop",
            "context_window":{"used_percentage":"42.5"}}"#,
        "only-an-id │ shop │ $1.50 │ ctx ████▎      43%",
    );
    check(
        r#"{"model":{"display_name":7,"id":"m"},"cost":[1],"cwd":"/srv/shop","effort":{"level":null},
            "context_window":{"used_percentage":true},"rate_limits":"none","fast_mode":"yes"}"#,
        "m │ shop",
    );
}

#[test]
fn ids_of_models_become_names_and_ones_own_come_first() {
    let check = |model: Value, names: &str, expected: &str| {
        let sandbox = Sandbox::new();
        sandbox.file("home/.config/bridgeline/config.toml", format!("rows = 'model'\n[model_names]\n{names}"));
        let printed = sandbox.render(&serde_json::json!({"model": model})).run();
        assert_eq!(printed.line(), expected, "{model}");
    };
    let arn = "arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/a1b2c3";
    let id = "us.anthropic.claude-sonnet-4-5-20250929-v1:0";
    let both = |text: &str| serde_json::json!({"id": text, "display_name": text});
    check(both(id), "", "Sonnet 4.5");
    check(serde_json::json!({"id": "claude-opus-4-8[1m]"}), "", "Opus 4.8");
    check(both(arn), "", "a1b2c3");
    check(both(arn), &format!("\"{arn}\" = 'Ours'"), "Ours");
    check(both(id), "'Sonnet 4.5' = 'S'", "S");
    check(serde_json::json!({"id": "x", "display_name": "Opus 4.6 (1M context)"}), "'Opus 4.6' = 'O'", "O");
}

#[test]
fn a_name_that_is_too_long_is_cut() {
    let payload = serde_json::json!({"model": "m".repeat(90), "cwd": "/srv/shop", "cost": {"total_cost_usd": 1}});
    let line = line(&payload, "40");
    assert_eq!(line, format!("{}… │ shop │ $1.00", "m".repeat(23)));
}
