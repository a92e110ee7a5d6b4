use std::fs;
use std::time::{Duration, UNIX_EPOCH};

use super::*;
use crate::agent::{Limit, Usage};
use crate::session::tasks::Tasks;
use crate::store::tests::Folder;
use proptest::prelude::*;

const CODEX: &str = include_str!("../../../tests/fixtures/recorded/codex-0.171.0.jsonl");
const GEMINI: &str = include_str!("../../../tests/fixtures/recorded/gemini-0.61.0.jsonl");

const THREAD: &str = "01a21ae2-e3d0-70d0-bcdb-9b17341dbe83";

fn read(agent: &'static str, content: &str) -> Recorded {
    let folder = Folder::new();
    let path = folder.file("file.jsonl", content.as_bytes());
    let status = Status {
        agent,
        session_id: Some(THREAD.to_owned()),
        transcript_path: Some(path.to_str().unwrap().to_owned()),
        ..Status::default()
    };
    latest(&status, &Env::fixed(UNIX_EPOCH, [])).unwrap()
}

/// The capture up to its `count`th line with that text.
fn until(capture: &'static str, text: &str, count: usize) -> &'static str {
    let (at, _) = capture.match_indices(text).nth(count - 1).unwrap();
    &capture[..at + capture[at..].find('\n').unwrap() + 1]
}

#[test]
fn a_rollout_tells_model_context_limits_and_turn() {
    let found = read("codex", CODEX);
    let status = &found.status;
    assert_eq!((status.model.as_deref(), status.effort.as_deref()), (Some("gpt-5.5"), Some("high")));
    assert_eq!(status.mode, None);
    // 12,345 tokens of 258,400, of which 12,000 do not count.
    let context = Context { used: Some(0.0), size: Some(258_400), tokens: Some(12_345), ..Context::default() };
    assert_eq!(status.context, context);
    let usage = |input, output, cache_read, cache_write| {
        let [input, output, cache_read, cache_write] = [input, output, cache_read, cache_write].map(Some);
        Some(Usage { input, output, cache_read, cache_write })
    };
    assert_eq!(status.usage, usage(4000, 345, 8000, 0));
    assert_eq!(status.session_usage, usage(75_000, 4295, 113_000, 1000));
    let limit = |name: &str, used, seconds| {
        let resets_at = Some(UNIX_EPOCH + Duration::from_secs(seconds));
        Limit { name: name.to_owned(), used, resets_at, spend: None }
    };
    assert_eq!(status.limits, Some(vec![limit("5h", 42.0, 1_795_754_888), limit("7d", 13.0, 1_796_147_688)]));
    assert_eq!(found.turn, Some(Turn { state: State::Idle, at_ms: 1_795_747_689_155, error: None }));
    assert_eq!(found.plan, []);
}

#[test]
fn a_rollout_is_read_as_of_its_last_line() {
    let check = |text: &str, count, state, tokens: &[u64], plan: Option<&str>| {
        let found = read("codex", until(CODEX, text, count));
        assert_eq!(found.turn.map(|turn| turn.state), Some(state), "{text} {count}");
        assert_eq!(found.status.context.tokens.as_slice(), tokens, "{text} {count}");
        let plan_now =
            Tasks::of(&found.plan).map(|plan| format!("{} {}/{}", plan.current.subject, plan.done, plan.total));
        assert_eq!(plan_now.as_deref(), plan, "{text} {count}");
    };
    check("task_started", 1, State::Working, &[], None);
    check("update_plan", 1, State::Working, &[], Some("Look at the files 0/3"));
    check("token_usage_record", 1, State::Working, &[12_345], Some("Look at the files 0/3"));
    check("task_complete", 1, State::Idle, &[16_345], Some("Look at the files 0/3"));
    // A turn without a plan; then one with it.
    check("task_started", 2, State::Working, &[16_345], None);
    check("task_complete", 2, State::Idle, &[16_345], Some("Run the tests 2/3"));
    check("turn_aborted", 1, State::Idle, &[18_345], None);
    // A compaction: its last count is of the context that is left.
    check("\"total_tokens\":8246", 1, State::Working, &[8246], None);
}

#[test]
fn tokens_are_a_share_of_what_codex_instructions_leave() {
    let check = |tokens: u64, window: u64, expected: Option<f64>| {
        let line = format!(
            r#"{{"type":"event_msg","payload":{{"type":"token_count","info":{{"last_token_usage":{{"total_tokens":{tokens}}},"model_context_window":{window}}}}}}}"#
        );
        assert_eq!(read("codex", &line).status.context.used, expected, "{tokens} of {window}");
    };
    check(9_000, 258_400, Some(0.0));
    check(135_200, 258_400, Some(50.0));
    check(258_400, 258_400, Some(100.0));
    check(u64::MAX, 258_400, Some(100.0));
    check(0, 258_400, None);
    check(9_000, 12_000, None);
}

#[test]
fn older_and_odd_rollouts_give_what_they_have() {
    // Without ordinals and records; a failed turn with counts and windows of null; a torn last line.
    let lines = [
        r#"{"timestamp":"2026-01-01T00:00:00Z","type":"turn_context","payload":{"model":"openai/gpt-5","effort":"low","approval_policy":"never","sandbox_policy":{"type":"danger-full-access"}}}"#,
        r#"{"timestamp":"2026-01-01T00:00:01Z","type":"event_msg","payload":{"type":"token_count","info":{"total_token_usage":{"input_tokens":50},"last_token_usage":{"input_tokens":40,"cached_input_tokens":30,"output_tokens":2,"total_tokens":42},"model_context_window":272000},"rate_limits":{"limit_id":"spark","limit_name":"Spark","primary":{"used_percent":104.5,"window_minutes":90,"resets_at":null},"secondary":null}}}"#,
        r#"{"timestamp":"2026-01-01T00:00:02Z","type":"event_msg","payload":{"type":"token_count","info":null,"rate_limits":{"limit_id":"codex","primary":null,"secondary":null}}}"#,
        r#"{"timestamp":"1970-01-01T00:00:03Z","type":"event_msg","payload":{"type":"task_complete","error":{"message":"Usage limit\nreached"}}}"#,
        r#"{"timestamp":"2026-01-01T00:00:04Z","type":"event_msg","pay"#,
    ];
    let found = read("codex", &lines.join("\n"));
    let status = &found.status;
    assert_eq!((status.model.as_deref(), status.model_id.as_deref()), (Some("gpt-5"), Some("openai/gpt-5")));
    assert_eq!((status.effort.as_deref(), status.mode.as_deref()), (Some("low"), Some("bypassPermissions")));
    assert_eq!(status.context.tokens, Some(42));
    let spark = Limit { name: "90m Spark".to_owned(), used: 104.5, resets_at: None, spend: None };
    assert_eq!(status.limits, Some(vec![spark]));
    let error = Some("Usage limit reached".to_owned());
    assert_eq!(found.turn, Some(Turn { state: State::Idle, at_ms: 3000, error }));
    assert_eq!(read("codex", "").status, Status::default());
    assert_eq!(read("gemini", "{\n\"messages\": []\n}\n").status, Status::default());
}

#[test]
fn a_thread_is_found_by_its_id_and_has_its_name() {
    let folder = Folder::new();
    for day in ["2026/11/26", "2026/11/27"] {
        fs::create_dir_all(folder.path("sessions").join(day)).unwrap();
    }
    let name = format!("sessions/2026/11/26/rollout-2026-11-26T21-43-26-{THREAD}.jsonl");
    let path = folder.file(&name, CODEX.as_bytes());
    folder.file("sessions/2026/11/27/rollout-2026-11-27T02-43-26-other.jsonl", b"");
    let index = format!(
        "{{\"id\":\"{THREAD}\",\"thread_name\":\"old\"}}\n{{\"id\":\"{THREAD}\",\"thread_name\":\"new\"}}\n{{\"id\":\"b\",\"thread_name\":\"{THREAD}\"}}\n"
    );
    folder.file("session_index.jsonl", index.as_bytes());
    let home = folder.path("");
    assert_eq!(codex::find(&home, THREAD), Some(path));
    for thread in ["", "01a21ae2", "zza21ae2-e3d0", "ffffffff-ffff-x", "+1a21ae2-e3d0/../", "1a21ae2é-e3d0"] {
        assert_eq!(codex::find(&home, thread), None, "{thread}");
    }
    let env = Env::fixed(UNIX_EPOCH, [("CODEX_HOME", home.into_os_string())]);
    let status = Status { agent: "codex", session_id: Some(THREAD.to_owned()), ..Status::default() };
    assert_eq!(latest(&status, &env).unwrap().status.session_name.as_deref(), Some("new"));
}

#[test]
fn a_chat_tells_model_and_context() {
    let found = read("gemini", GEMINI);
    let status = &found.status;
    assert_eq!(status.model.as_deref(), Some("gemini-3.1-pro-preview"));
    assert_eq!((status.context.tokens, status.context.size), (Some(16_000), Some(1_048_576)));
    let usage = Usage { input: Some(10_000), output: Some(420), cache_read: Some(6000), cache_write: None };
    assert_eq!(status.usage, Some(usage));
    assert_eq!(found.turn, None);
    // Compressed: what is left is not known before the next answer.
    let found = read("gemini", until(GEMINI, "\"type\":\"info\"", 1));
    assert_eq!((found.status.model.is_some(), found.status.context.tokens), (true, None));
}

#[test]
fn a_payload_is_completed_and_its_context_renewed() {
    let said = Status { model: Some("GPT-5.5".into()), version: Some("1".into()), ..Status::default() };
    let context = Context { tokens: Some(5), ..Context::default() };
    let both = read("codex", CODEX).complete(Status { context: context.clone(), ..said.clone() });
    assert_eq!((both.model.as_deref(), both.version.as_deref()), (Some("GPT-5.5"), Some("1")));
    assert_eq!((both.effort.as_deref(), both.context.tokens), (Some("high"), Some(12_345)));
    let alone = Recorded::default().complete(Status { context: context.clone(), ..said.clone() });
    assert_eq!(alone, Status { context, ..said });
}

/// A line of the captures, of which any number of bytes may be others.
fn line() -> impl Strategy<Value = String> {
    let lines: Vec<&str> = CODEX.lines().chain(GEMINI.lines()).collect();
    let values = ["null", "-1", "1e400", "[]", "{}", "\"\u{1b}\"", "99999999999999999999", "\"2026-99-99\""];
    (prop::sample::select(lines), any::<(u16, u8)>()).prop_map(move |(line, (at, with))| {
        let colons: Vec<usize> = line.match_indices(':').map(|(at, _)| at + 1).collect();
        let begin = colons[at as usize % colons.len()];
        let end = line[begin..].find([',', '}']).map_or(line.len(), |end| begin + end);
        format!("{}{}{}", &line[..begin], values[with as usize % values.len()], &line[end..])
    })
}

proptest! {
    #[test]
    fn anything_gives_facts_that_can_be_shown(lines in proptest::collection::vec(line(), 0..30), end: String) {
        for agent in ["codex", "gemini"] {
            let found = read(agent, &format!("{}\n{end}", lines.join("\n")));
            let status = found.status;
            let used = status.context.used.unwrap_or(0.0);
            prop_assert!(used.is_finite() && used >= 0.0);
            let texts = [status.model, status.effort, status.session_name].into_iter().flatten();
            for text in texts.chain(found.plan.into_iter().map(|task| task.subject)) {
                prop_assert!(!text.contains(char::is_control), "{text:?}");
            }
        }
    }
}
