//! The same for Codex and Gemini CLI, by day, with captured and generated files.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::time::{Duration, UNIX_EPOCH};

use serde_json::{Value, json};

use crate::support::random::Random;
use crate::support::{NOW, Sandbox, npm, said};

/// Input, cache writes and reads, and all tokens with output, by day; and USD.
type Days = BTreeMap<String, ([u64; 4], f64)>;

/// A day after the captures: 2026-11-28T12:00:00Z.
const AFTER: u64 = 1_795_867_200;

fn ours(sandbox: &Sandbox, agent: &str) -> Days {
    let call = sandbox.call(&["usage", "--agent", agent, "--daily", "--format", "json", "--timezone", "UTC"]);
    let printed = call.env("BRIDGELINE_NOW", format!("{AFTER}000")).run().painted();
    let report: Value = serde_json::from_str(&printed).unwrap();
    let names = ["input_tokens", "cache_write_tokens", "cache_read_tokens", "total_tokens"];
    days(&report["rows"], "day", names, "cost_usd")
}

fn theirs(sandbox: &Sandbox, agent: &str) -> Days {
    let mut command = sandbox.installed("node");
    command.arg(npm::file("ccusage", super::VERSION, "src/cli.js"));
    command.args([agent, "daily", "--json", "--offline", "--timezone", "UTC"]);
    let report: Value = serde_json::from_str(&said(command.output().expect("node is needed"))).unwrap();
    let names = ["inputTokens", "cacheCreationTokens", "cacheReadTokens", "totalTokens"];
    days(&report["daily"], "date", names, if agent == "codex" { "costUSD" } else { "totalCost" })
}

fn days(rows: &Value, day: &str, names: [&str; 4], cost: &str) -> Days {
    let rows = rows.as_array().unwrap_or_else(|| panic!("{rows}")).iter();
    let sums = |row: &Value| (names.map(|name| row[name].as_u64().unwrap()), row[cost].as_f64().unwrap_or(0.0));
    rows.map(|row| (row[day].as_str().unwrap().to_owned(), sums(row))).collect()
}

/// The same tokens on each day. Returns USD of all, here and there.
#[track_caller]
fn compare(sandbox: &Sandbox, agent: &str, least: usize) -> (f64, f64) {
    let (ours, theirs) = (ours(sandbox, agent), theirs(sandbox, agent));
    assert!(ours.len() >= least, "{ours:?}");
    let tokens = |days: &Days| days.iter().map(|(day, (tokens, _))| (day.clone(), *tokens)).collect::<Vec<_>>();
    assert_eq!(tokens(&ours), tokens(&theirs), "{agent}");
    let usd = |days: &Days| days.values().map(|(_, usd)| usd).sum();
    (usd(&ours), usd(&theirs))
}

#[track_caller]
fn assert_close(found: (f64, f64), expected: (f64, f64)) {
    assert!((found.0 - expected.0).abs() < 0.005 && (found.1 - expected.1).abs() < 0.005, "{found:?} {expected:?}");
}

fn fixture(name: &str, sandbox: &Sandbox, folder: &str) {
    copy(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures").join(name), &sandbox.path(folder));
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap().map(Result::unwrap) {
        let to = to.join(entry.file_name());
        if entry.path().is_dir() { copy(&entry.path(), &to) } else { _ = fs::copy(entry.path(), to).unwrap() }
    }
}

#[test]
fn captures_are_the_same() {
    let sandbox = Sandbox::new();
    fixture("usage-codex", &sandbox, "home/.codex");
    fixture("usage-gemini", &sandbox, "home/.gemini");
    // ccusage has no price for GPT-6.2, and one for writing to the cache of GPT-5.5.
    assert_close(compare(&sandbox, "codex", 1), (0.7044 + 0.071_77, 0.7044 + 0.001_25));
    assert_close(compare(&sandbox, "gemini", 1), (0.150_68, 0.150_68));
}

#[cfg(feature = "opencode")]
#[test]
fn the_captured_database_of_opencode_is_the_same() {
    let sandbox = Sandbox::new();
    let path = sandbox.file("home/.local/share/opencode/opencode.db", "");
    let database = rusqlite::Connection::open(path).unwrap();
    database.execute_batch("PRAGMA foreign_keys = OFF; PRAGMA journal_mode = WAL;").unwrap();
    database.execute_batch(include_str!("../fixtures/usage-opencode/opencode.sql")).unwrap();
    assert_close(compare(&sandbox, "opencode", 1), (0.039_82, 0.039_82));
}

/// The differences in `docs/usage.md`.
#[test]
fn differences_are_those_that_are_documented() {
    let sandbox = Sandbox::new();
    // A message that is in one document twice.
    let tokens = json!({"input": 10, "output": 5, "cached": 0, "thoughts": 0, "tool": 0, "total": 15});
    let message = json!({"id": "a", "timestamp": "2026-11-20T10:00:00Z", "type": "gemini", "tokens": tokens,
        "model": "gemini-2.5-pro"});
    let chat = json!({"sessionId": "s", "messages": [message, message]}).to_string();
    sandbox.file("home/.gemini/tmp/shed/chats/session-1.json", chat);
    let sum = |days: Days| days.values().map(|(tokens, _)| tokens[3]).sum::<u64>();
    assert_eq!((sum(ours(&sandbox, "gemini")), sum(theirs(&sandbox, "gemini"))), (15, 30));
    // An older fork, whose copies have the time of the fork.
    let mut parent = Rollout::new(&mut Random::new(1), 1).lines;
    parent.retain(|line| line["type"] != "token_usage_record");
    let mut fork = parent.clone();
    fork.iter_mut().for_each(|line| line["timestamp"] = json!("2026-11-22T10:00:00.000Z"));
    fork.insert(0, fork[0].clone());
    fork[0]["payload"]["id"] = json!("01a21ae2-e3d0-70d0-bcdb-00000000000f");
    for (name, lines) in [("1", &parent), ("2", &fork)] {
        let text: String = lines.iter().map(|line| format!("{line}\n")).collect();
        sandbox.file(&format!("home/.codex/sessions/2026/11/20/rollout-{name}.jsonl"), text);
    }
    let (ours, theirs) = (sum(ours(&sandbox, "codex")), sum(theirs(&sandbox, "codex")));
    assert_eq!(theirs, ours * 2);
}

/// Threads in old and new files, with repeated counts, compactions, forks and subagents.
#[test]
fn generated_threads_of_codex_are_the_same() {
    for seed in 40..46 {
        let sandbox = Sandbox::new();
        let mut random = Random::new(seed);
        let mut before: Option<Vec<Value>> = None;
        for number in 0..40 {
            let mut lines = Rollout::new(&mut random, number).lines;
            if let Some(parent) = before.as_ref().filter(|_| random.chance(4)) {
                // An older fork: the lines of its parent, at their times.
                lines[0]["payload"]["forked_from_id"] = parent[0]["payload"]["id"].clone();
                lines.splice(1..1, parent.iter().cloned());
            }
            let text: String = lines.iter().map(|line| format!("{line}\n")).collect();
            let name = format!("rollout-2026-11-20T00-00-00-{}.jsonl", lines[0]["payload"]["id"].as_str().unwrap());
            sandbox.file(&format!("home/.codex/sessions/2026/11/20/{name}"), &text);
            if random.chance(6) {
                sandbox.file(&format!("home/.codex/archived_sessions/2026/11/20/{name}"), &text);
            }
            before = Some(lines).filter(|lines| lines.iter().all(|line| line["type"] != "token_usage_record"));
        }
        let (ours, theirs) = compare(&sandbox, "codex", 4);
        assert_close((ours, theirs), (theirs, ours));
    }
}

struct Rollout {
    lines: Vec<Value>,
    clock: u64,
    total: [u64; 4],
}

impl Rollout {
    fn new(random: &mut Random, number: u64) -> Self {
        let id = format!("01a21ae2-e3d0-70d0-bcdb-{number:012x}");
        let clock = (NOW - random.below(8 * 86_400)) * 1000;
        let mut rollout = Rollout { lines: Vec::new(), clock, total: [0; 4] };
        rollout
            .line("session_meta", &json!({"id": id, "session_id": id, "cwd": "/srv/garden", "cli_version": "0.171.0"}));
        let has_records = random.chance(2);
        for response in 0..1 + random.below(20) {
            let model = *random.one_of(&["gpt-5.4", "gpt-5.3-codex", "gpt-5.2"]);
            rollout.line("turn_context", &json!({"model": model, "cwd": "/srv/garden"}));
            let (input, output) = (1 + random.below(150_000), 1 + random.below(9_000));
            let last = [input, random.below(input), output, random.below(output)];
            (0..4).for_each(|at| rollout.total[at] += last[at]);
            if has_records {
                let usage = usage(last);
                rollout.line(
                    "token_usage_record",
                    &json!({"response_id": format!("r{number}-{response}"), "usage": usage}),
                );
            }
            rollout.count(last);
            if random.chance(4) {
                rollout.count(last);
            }
            if random.chance(8) {
                rollout.line("compacted", &json!({"message": ""}));
                rollout.count([0; 4]);
            }
        }
        rollout
    }

    fn count(&mut self, last: [u64; 4]) {
        let info = json!({"total_token_usage": usage(self.total), "last_token_usage": usage(last)});
        self.line("event_msg", &json!({"type": "token_count", "info": info, "rate_limits": null}));
    }

    fn line(&mut self, kind: &str, payload: &Value) {
        self.clock += 1 + self.total[0] % 7_001;
        let timestamp = humantime::format_rfc3339_millis(UNIX_EPOCH + Duration::from_millis(self.clock)).to_string();
        self.lines.push(json!({"timestamp": timestamp, "type": kind, "payload": payload}));
    }
}

fn usage([input, cached, output, reasoning]: [u64; 4]) -> Value {
    json!({"input_tokens": input, "cached_input_tokens": cached, "cache_write_input_tokens": 0,
        "output_tokens": output, "reasoning_output_tokens": reasoning, "total_tokens": input + output})
}

#[test]
fn generated_chats_of_gemini_are_the_same() {
    let sandbox = Sandbox::new();
    let mut random = Random::new(50);
    for number in 0..30 {
        let begin = NOW - random.below(8 * 86_400);
        let id = format!("216d9d23-{number:04}");
        let mut lines = vec![json!({"sessionId": id, "kind": "main"})];
        for message in 0..1 + random.below(20) {
            let (input, output, thoughts) = (1 + random.below(150_000), random.below(9_000), random.below(900));
            let timestamp = humantime::format_rfc3339_millis(UNIX_EPOCH + Duration::from_secs(begin + message * 60));
            let tokens = json!({"input": input, "output": output, "cached": random.below(input), "thoughts": thoughts,
                "tool": 0, "total": input + output + thoughts});
            let model = *random.one_of(&["gemini-2.5-pro", "gemini-2.5-flash", "gemini-3.1-pro-preview"]);
            let line = json!({"id": format!("{number}-{message}"), "timestamp": timestamp.to_string(), "type": "gemini",
                "content": "", "tokens": tokens, "model": model});
            // Written again with its tool calls.
            lines.extend(std::iter::repeat_n(line, 1 + random.below(2) as usize));
        }
        let path = format!("home/.gemini/tmp/shed/chats/session-2026-11-20T00-00-{number:04}");
        if random.chance(3) {
            lines.dedup();
            let chat = json!({"sessionId": id, "messages": lines[1..].to_vec()});
            sandbox.file(&format!("{path}.json"), chat.to_string());
        } else {
            let text: String = lines.iter().map(|line| format!("{line}\n")).collect();
            sandbox.file(&format!("{path}.jsonl"), text);
        }
    }
    let (ours, theirs) = compare(&sandbox, "gemini", 4);
    assert_close((ours, theirs), (theirs, ours));
}
