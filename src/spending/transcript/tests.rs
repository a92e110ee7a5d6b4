//! A ledger against transcripts that grow, tear, and are replaced.

use std::fs::{self, OpenOptions};
use std::io::Write;
use std::time::Duration;

use proptest::prelude::*;
use proptest::sample::Index;

use super::bookmark::{CHUNK, MAX_LINE};
use super::keys::{DIGITS, MAX_KEYS, MessageKey};
use super::line::usage;
use super::subagents::MAX_SUBAGENTS;
use super::*;
use crate::base::json::Object;
use crate::spending::tokens::MessageUsage;

const CAPTURED: &str = include_str!("../../../tests/fixtures/transcript/claude-code-2.1.330.jsonl");

/// A session's files in a folder of the test's own, and the ledger that follows them.
struct Session {
    folder: PathBuf,
    ledger: Ledger,
}

impl Session {
    #[expect(clippy::disallowed_methods, reason = "tests share nothing with Node")]
    fn new() -> Self {
        let name = format!("bridgeline-transcript-{}-{:?}", std::process::id(), Instant::now());
        let name: String = name.chars().filter(|c| c.is_ascii_alphanumeric() || *c == '-').collect();
        let folder = std::env::temp_dir().join(name);
        fs::create_dir(&folder).unwrap();
        Session { folder, ledger: Ledger::default() }
    }

    fn main(&self) -> PathBuf {
        self.path("session-1.jsonl")
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    fn append(&self, name: &str, content: impl AsRef<[u8]>) {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        let mut file = OpenOptions::new().append(true).create(true).open(path).unwrap();
        file.write_all(content.as_ref()).unwrap();
    }

    /// Puts the content into the same file.
    #[expect(clippy::disallowed_methods, reason = "sets the scene")]
    fn rewrite(&self, content: &str) {
        fs::write(self.main(), content).unwrap();
    }

    /// Reads with as much time as it takes. The ledger goes through its file form first.
    fn read(&mut self) -> Totals {
        self.read_until(Instant::now() + Duration::from_secs(600))
    }

    fn read_until(&mut self, until: Instant) -> Totals {
        let json = serde_json::to_string(&self.ledger).unwrap();
        self.ledger = serde_json::from_str(&json).unwrap();
        self.ledger.read(&self.main(), &subagents(&self.main()), &Prices::embedded(), until);
        Totals::of(&self.ledger)
    }

    fn offset(&self) -> u64 {
        self.ledger.places[&name(&self.main())].offset
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        _ = fs::remove_dir_all(&self.folder);
    }
}

/// A line of a message with that many tokens of output.
fn line(id: &str, output: u64) -> String {
    with(id, "claude-opus-4-8", &format!(r#""output_tokens":{output}"#))
}

fn with(id: &str, model: &str, usage: &str) -> String {
    format!(
        r#"{{"type":"assistant","sessionId":"session-1","message":{{"id":"msg_{id}","model":"{model}","usage":{{{usage}}}}},"requestId":"req_{id}"}}"#
    ) + "\n"
}

fn cost_state(usd: f64) -> String {
    format!(r#"{{"type":"cost-state","sessionId":"session-1","totalCostUSD":{usd}}}"#) + "\n"
}

/// Sums over the messages of a session.
#[derive(Debug, Clone, Default, PartialEq)]
struct Totals {
    tokens: Tokens,
    /// USD by our prices. `None` without a message, and when one was of a model of unknown price.
    cost_usd: Option<f64>,
    /// Model of the last message of the main conversation.
    model: Option<String>,
    /// USD as the host has written it down. `None` when it has not since the last message.
    host_cost_usd: Option<f64>,
    /// Set when the last reading reached the end of every file: otherwise the sums are too small.
    complete: bool,
}

impl Totals {
    fn of(ledger: &Ledger) -> Self {
        let sum = ledger.spent();
        Totals {
            tokens: sum.tokens,
            cost_usd: Some(sum.cost_usd).filter(|_| sum.is_priced()),
            model: ledger.model.clone(),
            host_cost_usd: ledger.host_cost_usd,
            complete: ledger.complete,
        }
    }
}

/// The totals of one transcript.
fn totals(lines: &str) -> Totals {
    let mut session = Session::new();
    session.append("session-1.jsonl", lines);
    session.read()
}

#[track_caller]
fn assert_close(found: Option<f64>, expected: Option<f64>) {
    match (found, expected) {
        (Some(found), Some(expected)) => assert!((found - expected).abs() < 1e-9, "{found} {expected}"),
        (found, expected) => assert_eq!(found, expected),
    }
}

#[test]
fn the_captured_session_costs_what_the_host_says() {
    let found = totals(CAPTURED);
    assert_close(found.cost_usd, Some(0.298_425));
    assert_eq!(found.host_cost_usd, Some(0.298_425));
    let expected = Totals {
        tokens: Tokens { input: 60, output: 1725, cache_write_5m: 20_000, cache_write_1h: 0, cache_read: 260_000 },
        model: Some("claude-opus-4-8".to_owned()),
        complete: true,
        ..found.clone()
    };
    assert_eq!(found, expected);
}

#[test]
fn a_message_counts_once_and_its_last_line_wins() {
    let check = |lines: &[String], output: u64| {
        assert_eq!(totals(&lines.concat()).tokens.output, output, "{lines:?}");
    };
    check(&[line("a", 2), line("a", 2), line("a", 164)], 164);
    check(&[line("a", 2), line("b", 5), line("a", 164)], 169);
    check(&[line("a", 300), line("a", 164)], 164);
    let other_request = line("a", 3).replace("req_a", "req_other");
    check(&[line("a", 2), other_request.clone()], 5);
    // A side conversation repeats the main one with new request ids.
    let side = |line: String| line.replace(r#"{"type""#, r#"{"isSidechain":true,"type""#);
    check(&[line("a", 9), side(other_request.clone())], 9);
    check(&[side(other_request.clone()), line("a", 9)], 9);
    check(&[side(line("s", 2)), side(line("s", 7))], 7);
    // Without a request id, without any, and without an own name.
    let bare = |output: u64| line("a", output).replace(r#","requestId":"req_a""#, "");
    check(&[bare(2), bare(9)], 9);
    let by_uuid = |uuid: &str| {
        bare(4).replace(r#""id":"msg_a","#, "").replace('\n', "").replacen('{', &format!(r#"{{"uuid":"{uuid}","#), 1)
            + "\n"
    };
    check(&[by_uuid("u"), by_uuid("u"), by_uuid("v")], 8);
    let nameless = |output| bare(output).replace(r#""id":"msg_a","#, "");
    check(&[nameless(4), nameless(4), nameless(5)], 9);
}

/// Some proxies give every answer the same id.
#[test]
fn answers_without_a_name_of_their_own_count_each_and_their_lines_once() {
    let block = |uuid: &str, parent: &str, input: u64, tool: bool| {
        let content = if tool { r#"{"type":"tool_use","name":"Bash"}"# } else { r#"{"type":"text"}"# };
        format!(
            r#"{{"type":"assistant","uuid":"{uuid}","parentUuid":"{parent}","timestamp":"2026-11-20T10:00:00Z","message":{{"id":"msg","model":"claude-opus-4-8","content":[{content}],"usage":{{"input_tokens":{input},"output_tokens":10}}}}}}"#
        ) + "\n"
    };
    let check = |lines: &[String], output: u64| {
        assert_eq!(totals(&lines.concat()).tokens.output, output, "{lines:?}");
        let mut session = Session::new();
        for line in lines {
            session.append("session-1.jsonl", line);
            session.read();
        }
        assert_eq!(session.read().tokens.output, output, "in pieces: {lines:?}");
    };
    let one = block("a", "", 100, false);
    // A prompt stands between them, or not.
    check(&[one.clone(), block("bb", "user", 200, false), block("ccc", "user2", 300, false)], 30);
    check(&[one.clone(), block("bb", "a", 100, false), block("ccc", "bb", 100, true)], 10);
    check(&[one.clone(), block("bb", "user", 100, false)], 20);
    check(&[one.clone(), one.clone()], 10);
    // The result of the first call stands between two calls of one answer.
    check(&[block("a", "user", 100, true), block("bb", "result", 100, true)], 10);
    check(&[block("a", "user", 100, true), block("bb", "result", 200, true)], 20);
    let nameless = |line: String| line.replace(r#""uuid":"bb","parentUuid":"user","#, "");
    check(&[one.clone(), nameless(block("bb", "user", 100, false))], 10);
    check(&[one, nameless(block("bb", "user", 200, false))], 20);
}

#[test]
fn a_message_counts_once_however_far_apart_its_lines_are() {
    let mut session = Session::new();
    let many = |from: usize| (from..from + 1000).map(|i| line(&i.to_string(), 1)).collect::<String>();
    session.append("session-1.jsonl", many(0) + &line("0", 1) + &many(0));
    assert_eq!(session.read().tokens.output, 1000);
    session.append("session-1.jsonl", many(500));
    assert_eq!(session.read().tokens.output, 1500);
    let side = line("3", 7).replace("req_3", "req_x").replace(r#"{"type""#, r#"{"isSidechain":true,"type""#);
    session.append("session-1.jsonl", side);
    assert_eq!(session.read().tokens.output, 1500);
    assert_eq!(session.ledger.recent.len(), RECENT);
}

#[test]
fn what_is_no_message_of_the_model_is_skipped() {
    let check = |line: &str| {
        let found = totals(line);
        assert_eq!(found, Totals { complete: true, ..Totals::default() }, "{line}");
    };
    check(&with("a", "<synthetic>", r#""output_tokens":7"#));
    check(&line("a", 7).replace(r#"{"type""#, r#"{"isApiErrorMessage":true,"type""#));
    check(&line("a", 0));
    check(&line("a", 7).replace("usage", "use"));
    check(&line("a", 7).replace(r#""model":"claude-opus-4-8","#, ""));
    check("{\"type\":\"user\",\"message\":\"say \\\"usage\\\"\"}\n");
    check("{\"type\":\"user\",\"toolUseResult\":{\"usage\":{\"output_tokens\":7}}}\n");
    check("\"usage\"\n{\"usage\":\n[\"usage\"]\n\n\r\n\0\n");
    check("");
}

#[test]
fn usage_is_read_as_the_host_does() {
    let check = |text: &str, expected: MessageUsage| {
        assert_eq!(usage(&Object::parse(text).unwrap()), expected, "{text}");
    };
    let none = MessageUsage::default();
    let written = |cache_write_5m, cache_write_1h| {
        let tokens = Tokens { cache_write_5m, cache_write_1h, ..Tokens::default() };
        MessageUsage { tokens, ..none }
    };
    check("{}", none);
    check(r#"{"input_tokens":-1,"output_tokens":"x","cache_read_input_tokens":null}"#, none);
    check(r#"{"cache_creation_input_tokens":9}"#, written(9, 0));
    check(r#"{"cache_creation_input_tokens":9,"cache_creation":null}"#, written(9, 0));
    check(
        r#"{"cache_creation_input_tokens":9,"cache_creation":{"ephemeral_5m_input_tokens":2,"ephemeral_1h_input_tokens":7}}"#,
        written(2, 7),
    );
    check(r#"{"cache_creation_input_tokens":9,"cache_creation":{"ephemeral_1h_input_tokens":7}}"#, written(2, 7));
    check(r#"{"cache_creation":{"ephemeral_5m_input_tokens":2,"ephemeral_1h_input_tokens":7}}"#, written(2, 7));
    check(r#"{"speed":"fast","inference_geo":"us"}"#, MessageUsage { fast: true, us_only: true, ..none });
    check(r#"{"speed":"standard","inference_geo":"global"}"#, none);
    check(r#"{"server_tool_use":{"web_search_requests":3}}"#, MessageUsage { web_searches: 3, ..none });
}

#[test]
fn each_message_is_priced_by_itself() {
    let check = |lines: &[String], usd: Option<f64>| {
        assert_close(totals(&lines.concat()).cost_usd, usd);
    };
    let opus = |usage: &str| with("a", "claude-opus-4-8", usage);
    check(&[opus(r#""input_tokens":1000000"#)], Some(5.0));
    check(&[opus(r#""cache_creation_input_tokens":1000000"#)], Some(6.25));
    check(
        &[opus(r#""cache_creation_input_tokens":1000000,"cache_creation":{"ephemeral_1h_input_tokens":1000000}"#)],
        Some(10.0),
    );
    check(&[opus(r#""output_tokens":1000000,"speed":"fast""#)], Some(50.0));
    check(&[opus(r#""output_tokens":1000000,"inference_geo":"us""#)], Some(27.5));
    check(&[opus(r#""output_tokens":0,"server_tool_use":{"web_search_requests":2}"#)], Some(0.02));
    let haiku = |id: &str, input: u64| with(id, "claude-haiku-5-5", &format!(r#""input_tokens":{input}"#));
    check(&[haiku("a", 60_000), haiku("b", 60_000)], Some(0.012));
    check(&[haiku("a", 60_000), haiku("b", 120_000)], Some(0.066));
    check(&[line("a", 1_000), with("b", "claude-next", r#""output_tokens":1"#)], None);
    // The line that is corrected does not count.
    check(&[with("a", "claude-next", r#""output_tokens":1"#), line("a", 1_000)], Some(0.025));
    check(&[], None);
}

#[test]
fn an_unknown_model_leaves_its_tokens_and_no_cost() {
    let mut session = Session::new();
    session.append("session-1.jsonl", line("a", 10) + &with("b", "claude-next", r#""output_tokens":5"#));
    let found = session.read();
    assert_eq!((found.tokens.output, found.cost_usd, found.model.as_deref()), (15, None, Some("claude-next")));
    // Also when it has become old.
    session.append("session-1.jsonl", (0..1000).map(|i| line(&i.to_string(), 1)).collect::<String>());
    assert_eq!(session.read().cost_usd, None);
}

#[test]
fn lines_are_added_between_readings() {
    let mut session = Session::new();
    assert_eq!(session.read(), Totals::default());
    session.append("session-1.jsonl", line("a", 2));
    assert_eq!(session.read().tokens.output, 2);
    session.append("session-1.jsonl", line("a", 5) + &line("b", 7));
    assert_eq!(session.read().tokens.output, 12);
    assert_eq!(session.read().tokens.output, 12);
    assert_eq!(session.read().model.as_deref(), Some("claude-opus-4-8"));
}

#[test]
fn a_torn_line_is_read_when_it_is_whole() {
    let mut session = Session::new();
    let (second, rest) = (line("b", 7), line("c", 1));
    let (torn, end) = second.split_at(60);
    session.append("session-1.jsonl", line("a", 2) + torn);
    let found = session.read();
    assert_eq!((found.tokens.output, found.complete), (2, true));
    assert_eq!(session.offset(), line("a", 2).len() as u64);
    session.append("session-1.jsonl", end.trim_end());
    assert_eq!(session.read().tokens.output, 9);
    assert_eq!(session.offset(), line("a", 2).len() as u64);
    session.append("session-1.jsonl", "\n".to_owned() + &rest);
    assert_eq!(session.read().tokens.output, 10);
}

#[test]
fn a_file_that_is_another_is_read_anew() {
    let check = |content: &str, output: u64| {
        let mut session = Session::new();
        session.append("session-1.jsonl", line("a", 10) + &line("b", 20) + &cost_state(1.0));
        session.append("session-1/subagents/agent-x.jsonl", line("x", 100));
        assert_eq!(session.read().tokens.output, 130);
        session.rewrite(content);
        assert_eq!(session.read().tokens.output, output + 100, "{content}");
        assert_eq!(session.ledger.host_cost_usd, None);
        session.append("session-1.jsonl", line("z", 1));
        assert_eq!(session.read().tokens.output, output + 101, "{content}");
    };
    check("", 0);
    check(&line("a", 10), 10);
    check(&(line("a", 10) + &line("c", 30) + &cost_state(1.0).replace("cost", "kost")), 40);
    check(&(line("d", 11) + &line("e", 22) + &line("f", 33) + &line("g", 44)), 110);
    check(&line("h", 5).replace(r#"{"type""#, &format!(r#"{{"x":"{}","type""#, "x".repeat(9000))), 5);
}

#[test]
#[cfg(unix)]
#[expect(clippy::disallowed_methods, reason = "sets the scene")]
fn a_file_with_another_number_is_read_anew() {
    let mut session = Session::new();
    session.append("session-1.jsonl", line("a", 10) + &"{}\n".repeat(2000));
    assert_eq!(session.read().tokens.output, 10);
    session.append("new", line("a", 33) + &"{}\n".repeat(2000));
    fs::rename(session.path("new"), session.main()).unwrap();
    assert_eq!(session.read().tokens.output, 33);
}

#[test]
fn a_file_that_is_gone_leaves_what_it_said() {
    let mut session = Session::new();
    session.append("session-1.jsonl", line("a", 10));
    session.append("session-1/subagents/agent-x.jsonl", line("x", 100));
    assert_eq!(session.read().tokens.output, 110);
    fs::remove_dir_all(session.path("session-1")).unwrap();
    session.append("session-1.jsonl", line("b", 1));
    assert_eq!(session.read().tokens.output, 111);
    session.append("session-1/subagents/agent-x.jsonl", line("x", 100) + &line("y", 1000));
    let found = session.read();
    assert_eq!((found.tokens.output, found.complete), (1111, true));
    fs::remove_file(session.main()).unwrap();
    let found = session.read();
    assert_eq!((found.tokens.output, found.complete), (1111, false));
}

#[test]
fn subagents_are_found_and_counted_once() {
    let mut session = Session::new();
    let ours = line("old", 1_000);
    session.append("session-1.jsonl", line("a", 1));
    session.append("session-1/subagents/agent-1.jsonl", line("b", 10) + &line("a", 1));
    session.append("session-1/subagents/agent-1.meta.json", "{}");
    session.append("session-1/subagents/workflows/wf/agent-2.jsonl", line("c", 100) + &line("b", 10));
    session.append("session-1/subagents/workflows/wf/deep/agent-3.jsonl", line("d", 50_000));
    session.append("session-1/subagents/notes.jsonl", line("e", 50_000));
    session.append("session-1/tool-results/agent-4.jsonl", line("f", 50_000));
    session.append("agent-old.jsonl", &ours);
    session.append("agent-other.jsonl", line("g", 50_000).replace("session-1", "session-2"));
    session.append("agent-odd.jsonl", "no json\n".to_owned() + &line("h", 50_000));
    session.append("session-2.jsonl", line("i", 50_000));
    let names: Vec<_> = subagents(&session.main())
        .iter()
        .map(|path| path.strip_prefix(&session.folder).unwrap().to_str().unwrap().replace('\\', "/"))
        .collect();
    assert_eq!(
        names,
        ["agent-old.jsonl", "session-1/subagents/agent-1.jsonl", "session-1/subagents/workflows/wf/agent-2.jsonl"]
    );
    assert_eq!(session.read().tokens.output, 1_111);
    session.append("session-1/subagents/agent-1.jsonl", with("j", "claude-haiku-4-5", r#""output_tokens":10000"#));
    let found = session.read();
    assert_eq!((found.tokens.output, found.model.as_deref()), (11_111, Some("claude-opus-4-8")));
    assert!(subagents(&session.path("none.jsonl")).is_empty());
    assert!(subagents(Path::new("")).is_empty());
}

#[test]
fn no_more_than_so_many_subagents_are_looked_at() {
    let session = Session::new();
    for i in 0..MAX_SUBAGENTS + 5 {
        session.append(&format!("session-1/subagents/agent-{i}.jsonl"), "");
    }
    assert_eq!(subagents(&session.main()).len(), MAX_SUBAGENTS);
}

#[test]
fn an_older_client_repeats_subagents_in_the_main_transcript() {
    let mut session = Session::new();
    let nested = line("b", 9);
    session.append(
        "session-1.jsonl",
        line("a", 1) + &format!("{{\"type\":\"progress\",\"data\":{{\"message\":{}}}}}\n", nested.trim()),
    );
    assert_eq!(session.read().tokens.output, 10);
    session.append("session-1/subagents/agent-1.jsonl", nested);
    assert_eq!(session.read().tokens.output, 10);
}

#[test]
fn the_hosts_sum_counts_until_a_message_follows() {
    let mut session = Session::new();
    let mut check = |name: &str, lines: String, expected: Option<f64>| {
        session.append(name, &lines);
        assert_eq!(session.read().host_cost_usd, expected, "{lines}");
    };
    check("session-1.jsonl", line("a", 1), None);
    check("session-1.jsonl", cost_state(1.5), Some(1.5));
    check("session-1.jsonl", line("a", 1), Some(1.5));
    check("session-1.jsonl", "{\"type\":\"cost-state\",\"totalCostUSD\":null}\n".to_owned(), Some(1.5));
    check("session-1.jsonl", line("b", 1), None);
    check("session-1.jsonl", cost_state(1.75) + &cost_state(2.0), Some(2.0));
    check("session-1/subagents/agent-1.jsonl", line("c", 1) + &cost_state(9.0), None);
    check("session-1.jsonl", cost_state(2.5), Some(2.5));
}

#[test]
fn what_the_host_wrote_beside_a_message_is_its_cost() {
    let priced = |usd: &str| line("a", 1).replace(r#"{"type""#, &format!(r#"{{"costUSD":{usd},"type""#));
    let check = |usd: &str, expected: f64| assert_close(totals(&priced(usd)).cost_usd, Some(expected));
    check("0.25", 0.25);
    check("0", 0.0);
    check("-1", 0.000_025);
    check("null", 0.000_025);
}

#[test]
fn subagents_that_were_there_with_the_hosts_sum_are_in_it() {
    let mut session = Session::new();
    session.append("session-1.jsonl", line("a", 1) + &cost_state(1.5));
    session.append("session-1/subagents/agent-1.jsonl", line("c", 1));
    assert_eq!(session.read().host_cost_usd, Some(1.5));
}

#[test]
fn odd_bytes_cost_their_line_at_most() {
    let mut session = Session::new();
    session.append("session-1.jsonl", line("a", 1).replace("session-1", "\u{2028}\u{85}"));
    session.append("session-1.jsonl", [b"\xff\xfe\0\n", line("b", 10).as_bytes()].concat());
    let mut invalid = line("c", 100).into_bytes();
    let at = invalid.windows(9).position(|bytes| bytes == b"session-1").unwrap();
    invalid[at] = 0xff;
    session.append("session-1.jsonl", invalid);
    session.append("session-1.jsonl", line("d", 1000).replace('\n', "\r\n"));
    session.append("session-1.jsonl", line("e", 10_000).replace("output_tokens\":", "output_tokens\":1e400,\"x\":"));
    assert_eq!(session.read().tokens.output, 1111);
}

#[test]
fn a_line_that_is_too_long_is_passed_over_also_in_pieces() {
    let mut session = Session::new();
    let long = line("long", 50_000);
    let (start, end) = long.split_at(10);
    session.append("session-1.jsonl", line("a", 1) + start);
    session.append("session-1.jsonl", vec![b' '; MAX_LINE + 1000]);
    assert_eq!(session.read().tokens.output, 1);
    assert!(session.ledger.places[&name(&session.main())].in_long_line);
    session.append("session-1.jsonl", vec![b' '; 3 * CHUNK]);
    assert_eq!(session.read().tokens.output, 1);
    session.append("session-1.jsonl", end.to_owned() + &line("b", 10));
    assert_eq!(session.read().tokens.output, 11);
    session.append("session-1.jsonl", line("c", 100));
    let found = session.read();
    assert_eq!((found.tokens.output, found.complete), (111, true));
}

#[test]
fn a_reading_goes_on_where_its_time_was_up() {
    let mut session = Session::new();
    let filler = format!("{{\"type\":\"user\",\"text\":\"{}\"}}\n", "x".repeat(CHUNK / 4));
    for i in 0..20 {
        session.append("session-1.jsonl", filler.clone() + &line(&i.to_string(), 1));
    }
    session.append("session-1/subagents/agent-1.jsonl", line("s", 100));
    let past = Instant::now();
    let first = session.read_until(past);
    assert!(!first.complete && (1..20).contains(&first.tokens.output), "{first:?}");
    let rounds =
        (0..20).take_while(|_| !session.read_until(past).complete && Totals::of(&session.ledger).tokens.output < 20);
    assert!(rounds.count() < 10);
    let found = session.read();
    assert_eq!((found.tokens.output, found.complete), (120, true));
}

#[test]
fn a_second_reading_reads_what_is_new_only() {
    let mut session = Session::new();
    let filler = format!("{{\"type\":\"user\",\"text\":\"{}\"}}\n", "x".repeat(20_000));
    let mut lines = String::new();
    for i in 0..1000 {
        lines += &filler;
        lines += &line(&i.to_string(), 1);
    }
    session.append("session-1.jsonl", &lines);
    assert!(lines.len() > 20_000_000);
    assert_eq!(session.read().tokens.output, 1000);
    assert_eq!(session.offset(), lines.len() as u64);
    let new = line("new", 7) + &line("b", 1);
    session.append("session-1.jsonl", &new);
    let (mut file, metadata) = store::open(&session.main(), Trust::Lenient).unwrap();
    let mut place = session.ledger.places[&name(&session.main())].clone();
    assert!(place.is_in(&mut file, &metadata).unwrap());
    let mut read = Vec::new();
    let mut reading = Reading { buffer: Vec::new(), until: Instant::now() };
    assert!(place.read_lines(&mut file, &mut reading, |lines, _| read.extend_from_slice(lines)).unwrap());
    assert_eq!((read, place.offset), (new.into_bytes(), metadata.len()));
    assert_eq!(session.read().tokens.output, 1008);
    assert_eq!(session.offset(), metadata.len());
}

#[test]
fn a_full_ledger_is_a_state_file() {
    let mut ledger = Ledger::default();
    let message = |i: u64| RecentMessage {
        key: MessageKey::new(&i.to_le_bytes(), b"r"),
        sidechain: false,
        tokens: Tokens { input: 100_000, output: i, cache_write_5m: 90_000, cache_write_1h: 0, cache_read: 900_000 },
        cost_usd: Some(12.345_678_9),
        at_ms: 1_795_392_000_000,
    };
    for i in 1..=(MAX_KEYS + 2 * RECENT) as u64 {
        ledger.count(message(i));
    }
    for i in 0..=MAX_SUBAGENTS {
        let file = format!(
            "/home/somebody/.claude/projects/-home-somebody-work-project/11111111-2222-3333-4444-555555555555/subagents/agent-{i:017}.jsonl"
        );
        let place = Bookmark {
            offset: 1 << 40,
            in_long_line: false,
            file: Some((1 << 40, 1 << 40)),
            tail: u64::MAX,
            answer: None,
        };
        ledger.places.insert(file, place);
    }
    let json = serde_json::to_string(&ledger).unwrap();
    assert!((json.len() as u64) < store::MAX_STATE, "{}", json.len());
    let known = ledger.older.text.len() / DIGITS;
    assert!((MAX_KEYS * 15 / 16..=MAX_KEYS).contains(&known), "{known}");
    let again: Ledger = serde_json::from_str(&json).unwrap();
    assert_eq!(again.older.text, ledger.older.text);
    let last_old = (MAX_KEYS + RECENT) as u64;
    assert!(!ledger.clone().count(message(last_old)));
    assert!(ledger.clone().count(message(1)));
}

#[test]
fn a_ledger_of_another_version_or_none_is_read_as_far_as_it_goes() {
    let ledger: Ledger = serde_json::from_str(r#"{"model":"x","unknown":1}"#).unwrap();
    assert_eq!(Totals::of(&ledger), Totals { model: Some("x".to_owned()), ..Totals::default() });
    assert!(serde_json::from_str::<Ledger>(r#"{"older":"nonsense"}"#).is_err());
    // With sums by model, as an earlier version wrote them, all is read again.
    assert!(serde_json::from_str::<Ledger>(r#"{"settled":{}}"#).is_err());
    assert!(serde_json::from_str::<Ledger>(r#"{"older":"ééé"}"#).is_err());
}

/// Lines as they may stand in a transcript: messages that repeat, sums, other things, nonsense.
fn lines() -> impl Strategy<Value = Vec<u8>> {
    let message = (0..40_u64, 1..500_u64, any::<bool>(), 0..3_usize).prop_map(|(id, output, side, model)| {
        let model = ["claude-opus-4-8", "claude-haiku-5-5", "claude-sonnet-5-5"][model];
        let usage = format!(r#""input_tokens":99800,"output_tokens":{output},"cache_read_input_tokens":{output}"#);
        let line = with(&id.to_string(), model, &usage);
        if side { line.replacen('{', r#"{"isSidechain":true,"#, 1) } else { line }
    });
    let line = prop_oneof![
        6 => message.prop_map(String::into_bytes),
        1 => (0..100_u32).prop_map(|usd| cost_state(f64::from(usd)).into_bytes()),
        1 => Just(b"{\"type\":\"user\"}\n".to_vec()),
        1 => proptest::collection::vec(any::<u8>(), 0..20),
    ];
    proptest::collection::vec(line, 0..60).prop_map(|lines| lines.concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn reading_in_pieces_is_reading_at_once(
        bytes in lines(), cuts in proptest::collection::vec(any::<Index>(), 0..8),
    ) {
        let mut cuts: Vec<usize> = cuts.iter().map(|cut| cut.index(bytes.len() + 1)).collect();
        cuts.sort_unstable();
        let (mut whole, mut pieces) = (Session::new(), Session::new());
        whole.append("session-1.jsonl", &bytes);
        let expected = whole.read();
        let mut from = 0;
        for to in cuts.into_iter().chain([bytes.len()]) {
            pieces.append("session-1.jsonl", &bytes[from..to]);
            pieces.read();
            from = to;
        }
        let found = Totals::of(&pieces.ledger);
        assert_close(found.cost_usd, expected.cost_usd);
        prop_assert_eq!(Totals { cost_usd: None, ..found }, Totals { cost_usd: None, ..expected });
    }

    #[test]
    fn any_bytes_are_read_without_panic(bytes: Vec<u8>) {
        let text = [b"{\"usage\":".as_slice(), &bytes].concat();
        let message = [b"{\"message\":{\"model\":\"x\",\"usage\":".as_slice(), &bytes, b"}}"].concat();
        for bytes in [&bytes, &text, &message] {
            _ = Line::parse(&String::from_utf8_lossy(bytes));
            Marks::ONE_SESSION.find(bytes, |line| _ = Line::parse(line));
        }
    }
}
