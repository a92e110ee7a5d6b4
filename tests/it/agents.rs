//! Every supported agent: its payload is recognised, its line shows exactly what it sends, and `--agent` decides if the
//! payload does not.

use std::fmt::Write;
use std::fs;

use bridgeline::agent;
use serde_json::{Value, json};
use snapbox::{assert_data_eq, str};

use crate::captures::captures;
use crate::support::{Call, Sandbox, fixture, fixtures};

/// Names of the payloads of agents other than Claude Code, each in its agent's folder.
fn others() -> Vec<String> {
    let claude_code = captures();
    fixtures().into_iter().filter(|name| !claude_code.contains(name)).collect()
}

fn recognised(payload: &Value) -> &'static str {
    agent::read(&payload.to_string()).unwrap().agent
}

#[test]
fn every_fixture_is_recognised_as_its_agents() {
    for name in others() {
        assert_eq!(recognised(&fixture(&name)), name.split('/').next().unwrap(), "{name}");
    }
    for agent in agent::ALL.into_iter().filter(|agent| agent.settings.has_line()) {
        let read = fixtures().iter().filter(|name| recognised(&fixture(name)) == agent.name).count();
        assert!(read >= 2, "{}: {read}", agent.name);
    }
}

#[test]
fn no_payload_of_claude_code_is_taken_for_another_agents() {
    for name in captures() {
        let payload = fixture(&name);
        assert_eq!(recognised(&payload), "claude-code", "{name}");
        // Texts are the user's and the model's; unknown values are null or empty.
        for (place, value) in [
            ("session_name", json!("antigravity")),
            ("session_name", json!("\"product\":\"antigravity\",\"sessionId\":\"s\"")),
            ("agent", json!({"name": "cursor", "autorun": true, "product": "antigravity"})),
            ("output_style", json!({"name": "kimi", "maxContextTokens": 1})),
            ("cost", json!({"total_cost_usd": 0, "note": "total_premium_requests"})),
            ("context_window", json!({"current_usage": null})),
            ("context_window", json!({"current_usage": {}})),
            ("workspace", json!({"render_width_chars": 80, "vcs": {"type": "git"}, "ai_used": {}})),
        ] {
            let mut payload = payload.clone();
            payload[place] = value;
            assert_eq!(recognised(&payload), "claude-code", "{name} {place}: {}", payload[place]);
        }
    }
}

#[test]
fn pages_have_every_agent_with_its_settings() {
    let page = |name: &str| fs::read_to_string(format!("{}/{name}", env!("CARGO_MANIFEST_DIR"))).unwrap();
    let (readme, page) = (page("README.md"), page("docs/agents.md"));
    for agent in agent::ALL {
        let row =
            |page: &str| page.lines().find(|line| line.contains(&format!("| `{}` |", agent.name))).map(str::to_owned);
        assert!(row(&readme).is_some(), "{}", agent.name);
        let (row, settings) = (row(&page).unwrap(), &agent.settings);
        assert!(row.contains(&format!("`~/{}/{}`", settings.folder, settings.file)), "{row}");
        assert!(settings.moved_by.iter().all(|(name, _)| row.contains(name)), "{row}");
    }
}

#[test]
fn every_agent_has_its_line() {
    let mut shown = String::new();
    for name in others() {
        let payload = fixture(&name);
        let line = Sandbox::new().render(&payload).args(&["--width", "140"]).run().line();
        let full = Sandbox::new().render(&payload).args(&["--width", "140", "--preset", "full"]).run();
        writeln!(shown, "{name}\n  {line}").unwrap();
        for row in full.rows() {
            writeln!(shown, "    {row}").unwrap();
        }
    }
    assert_data_eq!(
        shown,
        str![[r#"
antigravity/confirming.json
  Gemini 3.5 Flash plan │ garden ⎇ roses │ 3p-5h 0% gemini-5h 75% full in 1h gemini-weekly 10% (4d) │ ctx ▍    8%
    Gemini 3.5 Flash effort high plan │ ctx ▌      8% │ 3p-5h 0% gemini-5h 75% full in 1h (1h58m) gemini-weekly 10% (4d20h)
    ◆ waiting │ 1 agent: collects │ garden ⎇ roses
    in 84k out 346 │ Prune the roses gardener │ v1.3.1 │ 03:01 │ shed
antigravity/starting.json
  Gemini 3.1 Pro │ garden
    Gemini 3.1 Pro
    garden
    v2026.04.15 │ 03:01 │ shed
codex/limits.json
  GPT-5.5 effort high │ garden │ 5h 42% (2h) 7d 103% full (4d14h) 90m GPT-5.5 mini 7% │ ctx ▊          8%
    GPT-5.5 effort high fast │ ctx ▊          8% │ 5h 42% (2h) 7d 103% full (4d14h) 90m GPT-5.5 mini 7%
    ● working │ garden
    Sort the tools │ v0.171.0 │ 03:01 │ shed
codex/ready.json
  GPT-5.5 effort high │ work │ ctx ▊          8%
    GPT-5.5 effort high │ ctx ▊          8%
    ○ idle │ work
    please fix it │ v0.171.0 │ 03:01 │ shed
codex/starting.json
  GPT-5.5 effort high │ work
    GPT-5.5 effort high
    ○ idle │ work
    v0.171.0 │ 03:01 │ shed
copilot/before-current-context.json
  Claude Opus 4.6 (3x) effort high │ garden │ ctx █▏         11%
    Claude Opus 4.6 (3x) effort high │ ctx █▏         11% │ 1m
    garden
    in 21k out 300 │ v1.0.30 │ 03:01 │ shed
copilot/copilot-cli-1.0.102-1.json
  work
    0s
    work
    v1.0.102 │ 03:01 │ shed
copilot/copilot-cli-1.0.102-2.json
  work
    1s
    work
    v1.0.102 │ 03:01 │ shed
copilot/resumed.json
  gpt-5.6-sol effort medium allow-all │ garden │ ctx ███▎       33%
    gpt-5.6-sol effort medium allow-all │ ctx ███▎       33% │ 12m
    garden
    +31 -4 │ Water the beds │ v1.0.70 │ 03:01 │ shed
cursor/first-paint.json
  Auto │ garden
    Auto
    garden
    v2026.09.18-7ae6a1b │ 03:01 │ shed
cursor/working.json
  Composer 2 autorun │ fence │ ctx ██████▏    61%
    Composer 2 autorun │ ctx ██████▏    61% │ INSERT
    fence worktree fence
    Mend the fence │ compact │ v2026.09.18-7ae6a1b │ 03:01 │ shed
kimi/kimi-code-2.1.0-1.json
  m1 │ work ⎇ main
    m1
kimi/outside-of-a-repository.json
  kimi-for-coding auto │ ada
    kimi-for-coding auto
kimi/planning.json
  K3 plan │ garden ⎇ compost │ ctx ███        31%
    K3 plan │ ctx ███        31%
qwen/outside-of-a-repository.json
  qwen3-coder-plus │ ada
    qwen3-coder-plus
    ada
qwen/qwen-code-0.24.4-1.json
  m1 │ work
    m1
    work
qwen/qwen-code-0.24.4-2.json
  m1 │ work ⎇ main
    m1
    work ⎇ main
qwen/qwen-code-0.24.4-3.json
  m1 │ work ⎇ main │ ctx 23k tokens
    m1 │ ctx 23k tokens
    work ⎇ main
qwen/qwen-code-0.24.4-4.json
  m1 │ work ⎇ main │ ctx 23k tokens
    m1 │ ctx 23k tokens
    work ⎇ main
qwen/two-models.json
  qwen3-coder-plus │ garden ⎇ spring │ ctx █▎         12%
    qwen3-coder-plus │ ctx █▎         12% │ NORMAL
    garden ⎇ spring

"#]]
    );
}

#[test]
fn line_breaks_of_a_payload_are_none_of_the_line() {
    for name in others() {
        let text = serde_json::to_string_pretty(&fixture(&name)).unwrap().replace('\n', "\r\n");
        let painted = Sandbox::new().call(&[]).stdin(text).run().painted();
        assert!(!painted.contains('\r') && painted.matches('\n').count() == 1, "{name}: {painted:?}");
    }
}

/// The payload of Kimi Code without its marks, which could be one of Claude Code.
fn unmarked() -> Value {
    json!({"sessionId": "s", "model": "K3", "cwd": "/srv/shop", "contextTokens": 50, "contextWindow": 9})
}

#[test]
fn a_name_decides_where_the_payload_does_not() {
    let check = |call: fn(Call) -> Call, expected: &str| {
        let mut payload = unmarked();
        payload["context_window"] = json!({"used_percentage": 42});
        let sandbox = Sandbox::new();
        assert_eq!(call(sandbox.render(&payload)).run().line(), expected);
    };
    let known = "K3 │ shop │ ctx ████▎      42%";
    check(|call| call, known);
    check(|call| call.args(&["--agent", "claude-code"]), known);
    check(|call| call.args(&["--agent", "kimi"]), "K3 │ shop │ ctx 50 tokens");
    check(|call| call.env("BRIDGELINE_AGENT", "kimi"), "K3 │ shop │ ctx 50 tokens");
    check(|call| call.env("BRIDGELINE_AGENT", "kimi").args(&["--agent", "qwen"]), known);
    check(|call| call.env("BRIDGELINE_AGENT", ""), known);
    check(|call| call.env("BRIDGELINE_AGENT", "nobody"), known);
}

#[test]
fn a_name_decides_against_the_payload() {
    for name in others() {
        let own = name.split('/').next().unwrap();
        let line = |args: &[&str]| Sandbox::new().render(&fixture(&name)).args(args).run().line();
        for agent in agent::ALL {
            let forced = line(&["--agent", agent.name]);
            assert!(agent.name != own || forced == line(&[]), "{name}: {forced}");
        }
    }
}

#[test]
fn a_flag_with_an_unknown_name_is_a_usage_error() {
    let sandbox = Sandbox::new();
    let ran = sandbox.render(&unmarked()).args(&["--agent", "nobody"]).run();
    assert_eq!((ran.code, ran.stdout.as_str()), (Some(2), ""));
    for agent in agent::ALL {
        assert!(ran.stderr.contains(agent.name), "{}", ran.stderr);
    }
}

#[test]
fn a_session_id_in_camel_case_finds_its_last_good_line() {
    let sandbox = Sandbox::new();
    let whole = fixture("kimi/planning.json");
    let line = sandbox.render(&whole).run().line();
    let text = whole.to_string();
    let cut = text.strip_suffix('}').unwrap();
    let ran = sandbox.call(&[]).stdin(cut).cwd("/").later(60).run();
    assert_eq!(ran.line(), format!("{line} (1m old)"));
}

#[test]
fn the_columns_of_a_payload_count_where_the_environment_has_none() {
    let sandbox = Sandbox::new();
    let mut payload = fixture("antigravity/confirming.json");
    let mut columns = |columns: u64, config: &str| {
        payload["terminal_width"] = columns.into();
        sandbox.file("home/.config/bridgeline/config.toml", format!("rows = 'dir fill model'\n{config}"));
        let line = sandbox.render(&payload).without("COLUMNS").run().line();
        line.chars().count()
    };
    assert_eq!([columns(60, ""), columns(120, ""), columns(120, "width = 90")], [60, 120, 90]);
}
