//! Our sums next to those of ccusage, the best-known counter, over the same transcripts. Needs node and npm, which
//! installs the version named here: `cargo test --test ccusage`.

mod agents;
#[path = "../support/mod.rs"]
mod support;

use std::collections::BTreeMap;

use serde_json::{Value, json};
use support::transcripts::{self, Plan};
use support::{NOW, Sandbox, npm, said};

const VERSION: &str = "20.0.24";

/// Tokens (input, output, cache write, cache read) and USD.
type Sums = ([u64; 4], f64);

/// Sums by subject, then by model.
type Sheet = BTreeMap<String, BTreeMap<String, Sums>>;

#[test]
fn months_of_sessions_are_the_same_by_day() {
    let sandbox = Sandbox::new();
    let plan = Plan { seed: 7, sessions: 160, messages: 25, text: 200, days: 120, end: NOW, replays: true };
    transcripts::write(&sandbox.path("config"), &plan);
    for zone in ["UTC", "America/St_Johns", "Asia/Kathmandu"] {
        compare(&sandbox, "daily", zone);
    }
}

#[test]
fn months_of_sessions_are_the_same_by_session_and_month() {
    let sandbox = Sandbox::new();
    let plan = Plan { seed: 8, sessions: 160, messages: 25, text: 200, days: 120, end: NOW, replays: false };
    transcripts::write(&sandbox.path("config"), &plan);
    compare(&sandbox, "session", "UTC");
    compare(&sandbox, "monthly", "America/Los_Angeles");
}

#[test]
fn other_seeds_are_the_same_too() {
    for seed in 20..26 {
        let sandbox = Sandbox::new();
        let replays = seed % 2 == 0;
        let plan = Plan { seed, sessions: 12, messages: 40, text: 50, days: 4, end: NOW, replays };
        transcripts::write(&sandbox.path("config"), &plan);
        compare(&sandbox, if replays { "daily" } else { "session" }, "Europe/Berlin");
    }
}

#[test]
fn what_was_read_in_pieces_is_the_same() {
    let sandbox = Sandbox::new();
    let plan = Plan { seed: 3, sessions: 30, messages: 20, text: 100, days: 9, end: NOW, replays: true };
    transcripts::write(&sandbox.path("config"), &plan);
    let files = sandbox.files("config");
    let contents: Vec<_> = files.iter().map(|name| (name, std::fs::read(sandbox.path(name)).unwrap())).collect();
    for part in 1..=4 {
        for (name, content) in &contents {
            std::fs::write(sandbox.path(name), &content[..content.len() * part / 4]).unwrap();
        }
        ours(&sandbox, "daily", "UTC");
    }
    compare(&sandbox, "daily", "UTC");
}

#[test]
fn blocks_are_the_same() {
    for (seed, days) in [(7, 40), (31, 2), (32, 4)] {
        let sandbox = Sandbox::new();
        let plan = Plan { seed, sessions: 60, messages: 12, text: 50, days, end: NOW, replays: false };
        transcripts::write(&sandbox.path("config"), &plan);
        let (mut ours, mut theirs) = (our_blocks(&sandbox), their_blocks(&sandbox));
        // It lists a gap after its next block if that begins earlier in the hour.
        for blocks in [&mut ours, &mut theirs] {
            blocks.sort_by(|one, other| one.times.cmp(&other.times));
        }
        assert!(ours.len() > 4, "{ours:#?}");
        assert_eq!(ours.len(), theirs.len(), "{seed}");
        for (ours, theirs) in ours.iter().zip(&theirs) {
            assert_eq!((&ours.times, ours.is, ours.counts), (&theirs.times, theirs.is, theirs.counts), "{seed}");
        }
    }
}

/// A running block has the same rate and projected total.
#[test]
fn the_running_block_is_the_same() {
    let sandbox = Sandbox::new();
    let now = jiff::Timestamp::now().as_second() as u64;
    let line = |number: u64, before: u64| {
        let at = jiff::Timestamp::from_second((now - before) as i64).unwrap();
        let mut line = message("claude-opus-4-8", &json!({"input_tokens": 10, "output_tokens": 1_000_000}));
        (line["timestamp"], line["message"]["id"]) = (json!(format!("{at:.3}")), json!(format!("m{number}")));
        line.to_string() + "\n"
    };
    let lines: String = [40_000, 1800, 900, 60].iter().zip(0..).map(|(before, number)| line(number, *before)).collect();
    sandbox.file("config/projects/p/s.jsonl", lines);
    let ours = our_report(&sandbox);
    let theirs = their_report(&sandbox);
    let [ours, theirs] = [&ours["rows"], &theirs["blocks"]].map(|blocks| blocks.as_array().unwrap().last().unwrap());
    assert_eq!((&ours["is_active"], &theirs["isActive"]), (&json!(true), &json!(true)));
    let number = |of: &Value| of.as_f64().unwrap_or_else(|| panic!("{ours:#} {theirs:#}"));
    let is_close = |one: &Value, other: &Value| (number(one) / number(other) - 1.0).abs() < 0.01;
    assert!(is_close(&ours["usd_per_hour"], &theirs["burnRate"]["costPerHour"]), "{ours:#} {theirs:#}");
    assert!(is_close(&ours["tokens_per_minute"], &theirs["burnRate"]["tokensPerMinute"]), "{ours:#} {theirs:#}");
    assert!(is_close(&ours["projected_cost_usd"], &theirs["projection"]["totalCost"]), "{ours:#} {theirs:#}");
    assert!(is_close(&ours["projected_tokens"], &theirs["projection"]["totalTokens"]), "{ours:#} {theirs:#}");
}

/// The values of a block that both report.
#[derive(Debug)]
struct Block {
    /// From and to.
    times: [String; 2],
    /// A gap; it runs.
    is: (bool, bool),
    counts: [u64; 4],
}

fn our_blocks(sandbox: &Sandbox) -> Vec<Block> {
    let report = our_report(sandbox);
    let names = ["input_tokens", "output_tokens", "cache_write_tokens", "cache_read_tokens"];
    let block = |row: &Value| Block {
        times: ["block", "end"].map(|name| row[name].as_str().unwrap().replace('Z', "")),
        is: (row["is_gap"] == true, row["is_active"] == true),
        counts: names.map(|name| row[name].as_u64().unwrap()),
    };
    report["rows"].as_array().unwrap().iter().map(block).collect()
}

fn their_blocks(sandbox: &Sandbox) -> Vec<Block> {
    let report = their_report(sandbox);
    let names = ["inputTokens", "outputTokens", "cacheCreationInputTokens", "cacheReadInputTokens"];
    let block = |row: &Value| Block {
        times: ["startTime", "endTime"].map(|name| row[name].as_str().unwrap()[..19].to_owned()),
        is: (row["isGap"] == true, row["isActive"] == true),
        counts: names.map(|name| row["tokenCounts"][name].as_u64().unwrap()),
    };
    report["blocks"].as_array().unwrap().iter().map(block).collect()
}

/// By the system's clock, which ccusage uses.
fn our_report(sandbox: &Sandbox) -> Value {
    let call = sandbox.call(&["usage", "blocks", "--format", "json"]);
    let now = jiff::Timestamp::now().as_millisecond();
    serde_json::from_str(&call.env("BRIDGELINE_NOW", now.to_string()).run().painted()).unwrap()
}

fn their_report(sandbox: &Sandbox) -> Value {
    let mut command = sandbox.installed("node");
    command.arg(npm::file("ccusage", VERSION, "src/cli.js"));
    command.args(["claude", "blocks", "--json", "--offline", "--timezone", "UTC"]);
    serde_json::from_str(&said(command.output().expect("node is needed"))).unwrap()
}

/// The differences in `docs/usage.md`.
#[test]
fn differences_are_those_that_are_documented() {
    let differs = |lines: &[Value], here: Sums, there: Sums| {
        let sandbox = Sandbox::new();
        let text: String = lines.iter().map(|line| format!("{line}\n")).collect();
        sandbox.file("config/projects/p/s.jsonl", text);
        let total = |sheet: &Sheet| sheet.values().flat_map(BTreeMap::values).fold(([0; 4], 0.0), add);
        let found = (total(&ours(&sandbox, "daily", "UTC")), total(&theirs(&sandbox, "daily", "UTC")));
        assert!(is_close(found.0, here) && is_close(found.1, there), "{lines:?}: {found:?}");
    };
    let output = |count: u64| [0, count, 0, 0];
    let million = |model: &str| message(model, &json!({"input_tokens": 0, "output_tokens": 1_000_000}));
    let opus = "claude-opus-4-8";
    let with = |mut line: Value, name: &str, value: Value| {
        line[name] = value;
        line
    };
    // Entries generated by the client, and errors.
    differs(&[million("<synthetic>")], (output(0), 0.0), (output(1_000_000), 0.0));
    let error = with(million(opus), "isApiErrorMessage", json!(true));
    differs(&[error], (output(0), 0.0), (output(1_000_000), 25.0));
    // Lines without an id, twice.
    let mut nameless = million(opus);
    nameless["message"].as_object_mut().unwrap().remove("id");
    differs(&[nameless.clone(), nameless], (output(1_000_000), 25.0), (output(2_000_000), 50.0));
    // Answers of a proxy, the first of two lines.
    let answer = |uuid: &str, parent: &str| {
        let mut line = with(with(million(opus), "uuid", json!(uuid)), "parentUuid", json!(parent));
        line.as_object_mut().unwrap().remove("requestId");
        line
    };
    let answers = [answer("a", "asked"), answer("b", "a"), answer("c", "asked again")];
    differs(&answers, (output(2_000_000), 50.0), (output(1_000_000), 25.0));
    // Requests that only the agent's own sum includes.
    let sum = json!({"type": "cost-state", "sessionId": "s1", "totalCostUSD": 30.0,
        "modelUsage": {opus: {"outputTokens": 1_200_000, "costUSD": 30.0}}});
    differs(&[million(opus), sum], (output(1_200_000), 30.0), (output(1_000_000), 25.0));
    // A field that is null.
    let null = with(million(opus), "costUSD", Value::Null);
    differs(&[null], (output(1_000_000), 25.0), (output(0), 0.0));
    let odd = with(million(opus), "version", json!("next"));
    differs(&[odd], (output(1_000_000), 25.0), (output(0), 0.0));
    let empty = with(million(opus), "sessionId", json!(""));
    differs(&[empty], (output(1_000_000), 25.0), (output(0), 0.0));
    // Prices that ccusage does not know yet, or no longer.
    differs(&[million(transcripts::PRICED_HERE)], (output(1_000_000), 20.0), (output(1_000_000), 0.0));
    let priced = |usage: &Value, usd: f64, ccusage_usd: f64, model: &str, tokens: [u64; 4]| {
        differs(&[message(model, usage)], (tokens, usd), (tokens, ccusage_usd));
    };
    let us = json!({"input_tokens": 1_000_000, "output_tokens": 0, "inference_geo": "us"});
    priced(&us, 5.5, 5.0, opus, [1_000_000, 0, 0, 0]);
    let searches = json!({"input_tokens": 0, "output_tokens": 1, "server_tool_use": {"web_search_requests": 100}});
    priced(&searches, 1.0, 0.0, opus, output(1));
    let long = json!({"input_tokens": 1_000_000, "output_tokens": 0});
    priced(&long, 3.0, 5.4, "claude-sonnet-4-5-20250929", [1_000_000, 0, 0, 0]);
}

/// Messages that a side conversation repeats: ccusage counts them once by day and twice by session or month. We count
/// them once in each.
#[test]
fn sums_by_session_are_those_by_day() {
    let sandbox = Sandbox::new();
    let line = |request: &str, second: u64, side: bool| {
        let mut line = message("claude-opus-4-8", &json!({"input_tokens": 0, "output_tokens": 7}));
        line["timestamp"] = json!(format!("2026-11-20T10:00:0{second}.000Z"));
        line["requestId"] = json!(request);
        line["isSidechain"] = json!(side);
        line.to_string() + "\n"
    };
    sandbox.file("config/projects/p/s1.jsonl", line("r", 5, false));
    sandbox.file("config/projects/p/s1/subagents/agent-1.jsonl", line("r2", 6, true));
    let output = |sheet: Sheet| sheet.values().flat_map(BTreeMap::values).fold(([0; 4], 0.0), add).0[1];
    for (by, there) in [("daily", 7), ("session", 14), ("monthly", 14)] {
        assert_eq!((output(ours(&sandbox, by, "UTC")), output(theirs(&sandbox, by, "UTC"))), (7, there), "{by}");
    }
}

/// Early clients repeat messages of subagents in the main transcript.
#[test]
fn nested_messages_count_by_session_too() {
    let sandbox = Sandbox::new();
    let mut nested = message("claude-opus-4-8", &json!({"input_tokens": 0, "output_tokens": 7}));
    nested["message"]["id"] = json!("nested");
    let progress = json!({"type": "progress", "timestamp": nested["timestamp"], "data": {"message": nested}});
    let plain = message("claude-opus-4-8", &json!({"input_tokens": 0, "output_tokens": 5}));
    sandbox.file("config/projects/p/s1.jsonl", format!("{plain}\n{progress}\n"));
    let output = |sheet: Sheet| sheet.values().flat_map(BTreeMap::values).fold(([0; 4], 0.0), add).0[1];
    for (by, there) in [("daily", 12), ("session", 5)] {
        assert_eq!((output(ours(&sandbox, by, "UTC")), output(theirs(&sandbox, by, "UTC"))), (12, there), "{by}");
    }
}

/// Subagents count for the session that started them, wherever their files are.
#[test]
fn sessions_of_subagents_are_the_sessions_that_started_them() {
    let sandbox = Sandbox::new();
    let line = |id: &str| {
        let mut line = message("claude-opus-4-8", &json!({"input_tokens": 1, "output_tokens": 1}));
        line["message"]["id"] = json!(id);
        line.to_string() + "\n"
    };
    sandbox.file("config/projects/p/s1.jsonl", line("a"));
    sandbox.file("config/projects/p/s1/subagents/agent-1.jsonl", line("b"));
    sandbox.file("config/projects/p/s1/subagents/workflows/w/agent-2.jsonl", line("c"));
    sandbox.file("config/projects/p/agent-3.jsonl", line("d"));
    let keys = |sheet: Sheet| sheet.into_keys().collect::<Vec<_>>();
    assert_eq!(keys(ours(&sandbox, "session", "UTC")), ["p s1"]);
    let apart = ["p agent-3", "p s1", "p/s1/subagents/workflows w"];
    assert_eq!(keys(theirs(&sandbox, "session", "UTC")), apart);
}

fn message(model: &str, usage: &Value) -> Value {
    json!({
        "type": "assistant", "timestamp": "2026-11-20T10:00:00.000Z", "sessionId": "s1", "requestId": "r",
        "message": {"id": "m", "model": model, "usage": usage},
    })
}

/// Both reports have the same rows, with the same tokens for each model, and the same cost to the cent for each model
/// that both have prices for.
#[track_caller]
fn compare(sandbox: &Sandbox, by: &str, zone: &str) {
    let (ours, theirs) = (ours(sandbox, by, zone), theirs(sandbox, by, zone));
    assert!(ours.len() > 3, "{ours:?}");
    assert_eq!(ours.keys().collect::<Vec<_>>(), theirs.keys().collect::<Vec<_>>(), "{by} {zone}");
    for (key, models) in &ours {
        let other = &theirs[key];
        assert_eq!(models.keys().collect::<Vec<_>>(), other.keys().collect::<Vec<_>>(), "{by} {zone} {key}");
        for (model, sums) in models {
            assert_eq!(sums.0, other[model].0, "{by} {zone} {key} {model}");
            if transcripts::PRICED.contains(&model.as_str()) {
                assert!(is_close(*sums, other[model]), "{by} {zone} {key} {model}: {sums:?} {:?}", other[model]);
            }
        }
    }
}

fn is_close(one: Sums, other: Sums) -> bool {
    one.0 == other.0 && (one.1 - other.1).abs() < 0.005
}

fn add(sum: Sums, more: &Sums) -> Sums {
    (std::array::from_fn(|at| sum.0[at] + more.0[at]), sum.1 + more.1)
}

fn ours(sandbox: &Sandbox, by: &str, zone: &str) -> Sheet {
    let option = if by == "session" { "--session".to_owned() } else { format!("--{by}") };
    let printed = sandbox.call(&["usage", "--format", "json", &option, "--timezone", zone]).run().painted();
    let report: Value = serde_json::from_str(&printed).unwrap();
    let name = |row: &Value| match by {
        "session" => format!("{} {}", row["project"].as_str().unwrap(), row["session"].as_str().unwrap()),
        "monthly" => row["month"].as_str().unwrap().to_owned(),
        _ => row["day"].as_str().unwrap().to_owned(),
    };
    let names = ["input_tokens", "output_tokens", "cache_write_tokens", "cache_read_tokens"];
    sheet(&report["rows"], name, "models", "model", names, "cost_usd")
}

fn theirs(sandbox: &Sandbox, by: &str, zone: &str) -> Sheet {
    let mut command = sandbox.installed("node");
    command.arg(npm::file("ccusage", VERSION, "src/cli.js"));
    command.args(["claude", by, "--json", "--offline", "--timezone", zone]);
    let report: Value = serde_json::from_str(&said(command.output().expect("node is needed"))).unwrap();
    let (rows, key) = match by {
        "session" => ("sessions", "sessionId"),
        "monthly" => ("monthly", "month"),
        _ => ("daily", "date"),
    };
    let name = |row: &Value| match row["projectPath"].as_str() {
        Some(project) => format!("{project} {}", row[key].as_str().unwrap()),
        None => row[key].as_str().unwrap().to_owned(),
    };
    let names = ["inputTokens", "outputTokens", "cacheCreationTokens", "cacheReadTokens"];
    let mut sheet = sheet(&report[rows], name, "modelBreakdowns", "modelName", names, "cost");
    // Usage without a model is in no breakdown.
    for row in report[rows].as_array().unwrap() {
        let models = sheet.get_mut(&name(row)).unwrap();
        let named = models.values().fold(([0; 4], 0.0), add);
        let rest = names.map(|name| row[name].as_u64().unwrap());
        let rest = std::array::from_fn(|at| rest[at] - named.0[at]);
        if rest != [0; 4] {
            models.insert(String::new(), (rest, 0.0));
        }
    }
    sheet
}

fn sheet(
    rows: &Value, name: impl Fn(&Value) -> String, models: &str, model: &str, counts: [&str; 4], cost: &str,
) -> Sheet {
    let rows = rows.as_array().unwrap_or_else(|| panic!("{rows}"));
    let sums = |of: &Value| (counts.map(|name| of[name].as_u64().unwrap()), of[cost].as_f64().unwrap_or(0.0));
    rows.iter()
        .map(|row| {
            let mut found: BTreeMap<String, Sums> = BTreeMap::new();
            for of in row[models].as_array().unwrap() {
                // ccusage lists fast mode as a model of its own.
                let model = of[model].as_str().unwrap().trim_end_matches("-fast").to_owned();
                let sum = found.entry(model).or_default();
                *sum = add(*sum, &sums(of));
            }
            (name(row), found)
        })
        .collect()
}
