use proptest::prelude::*;
use serde_json::{Map, Value, json};

use super::*;

const KIMI: &str = include_str!("../../tests/fixtures/status/kimi/planning.json");

#[test]
fn names_are_unique() {
    for (i, agent) in ALL.iter().enumerate() {
        assert!(ALL[..i].iter().all(|other| other.name != agent.name), "{}", agent.name);
    }
}

#[test]
fn each_agent_is_told_by_its_own_marks() {
    let check = |payload: &str, expected: &str| {
        let status = read(&payload.replacen('{', r#"{"version":"1","#, 1)).unwrap();
        assert_eq!(status.agent, expected, "{payload}");
    };
    check(r#"{"product":"antigravity"}"#, "antigravity");
    check(r#"{"product":"antigravity-cli","cost":{}}"#, "antigravity");
    check(r#"{"vcs":{"type":"git"},"quotas":{}}"#, "antigravity");
    check(r#"{"product":"other","vcs":{}}"#, "claude-code");
    check(r#"{"sessionId":"s","maxContextTokens":1}"#, "kimi");
    check(r#"{"sessionId":"s","contextUsage":0.5}"#, "kimi");
    check(r#"{"sessionId":"s"}"#, "claude-code");
    check(r#"{"render_width_chars":80}"#, "cursor");
    check(r#"{"autorun":false}"#, "cursor");
    check(r#"{"ai_used":null}"#, "copilot");
    check(r#"{"allow_all_enabled":false}"#, "copilot");
    check(r#"{"cost":{"total_premium_requests":0}}"#, "copilot");
    check(r#"{"metrics":{"models":{}}}"#, "qwen");
    check(r#"{"context_window":{"current_usage":7}}"#, "qwen");
    check(r#"{"cost":{},"context_window":{"current_usage":7}}"#, "claude-code");
    check(r#"{"context_window":{"current_usage":{}}}"#, "claude-code");
    check(r#"{"context_window":{"current_usage":null}}"#, "claude-code");
    check(r#"{"metrics":{"files":{}}}"#, "claude-code");
    check(r#"{"metrics":[1],"cost":[2],"context_window":[3]}"#, "claude-code");
}

#[test]
fn a_name_decides_before_the_payload_and_an_unknown_one_does_not() {
    assert_eq!(read_as(KIMI, None).unwrap().agent, "kimi");
    assert_eq!(read_as(KIMI, Some("nobody")).unwrap().agent, "kimi");
    let forced = read_as(KIMI, Some("qwen")).unwrap();
    assert_eq!((forced.agent, forced.max_rows), ("qwen", Some(2)));
    assert_eq!((forced.session_id, forced.model.as_deref()), (None, Some("K3")));
    for agent in ALL {
        assert_eq!(read_as("{}", Some(agent.name)), None, "{}", agent.name);
    }
}

/// A value of any JSON type, in the place of any field.
fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        ".*".prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 24, 4, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            proptest::collection::btree_map(".*", inner, 0..4).prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

/// A place in a payload, and the fact that is read from it.
type Fact = (&'static str, fn(&Status) -> Value);

/// A full payload of each agent, with facts that are read from one place each.
const FACTS: &[(&str, &str, &[Fact])] = &[
    (
        "claude-code",
        include_str!("../../tests/fixtures/status/older/2026-09-prompt-cache.json"),
        &[
            ("/session_id", |status| json!(status.session_id)),
            ("/version", |status| json!(status.version)),
            ("/model/display_name", |status| json!(status.model)),
            ("/model/id", |status| json!(status.model_id)),
            ("/workspace/current_dir", |status| json!(status.cwd)),
            ("/workspace/added_dirs", |status| json!(status.added_dirs)),
            ("/workspace/repo", |status| json!(status.repo.as_ref().and_then(Repo::url))),
            ("/worktree/name", |status| json!(status.worktree)),
            ("/cost/total_cost_usd", |status| json!(status.cost_usd)),
            ("/cost/total_duration_ms", |status| json!(status.duration)),
            ("/cost/total_lines_added", |status| json!(status.lines_added)),
            ("/context_window/used_percentage", |status| json!(status.context.used)),
            ("/context_window/current_usage/output_tokens", |status| {
                json!(status.usage.as_ref().map(|usage| usage.output))
            }),
            ("/rate_limits/five_hour", |status| {
                let limits = status.limits.as_deref().unwrap_or_default();
                json!(limits.iter().find(|limit| limit.name == "5h").map(|limit| limit.used))
            }),
            ("/prompt_cache/hit_ratio", |status| json!(status.prompt_cache.as_ref().map(|cache| cache.hit_ratio))),
            ("/prompt_cache/last_miss_cause", |status| {
                json!(status.prompt_cache.as_ref().map(|cache| &cache.last_miss_causes))
            }),
            ("/pr", |status| json!(status.pr.as_ref().map(|pr| pr.number))),
            ("/agent/name", |status| json!(status.agent_name)),
        ],
    ),
    (
        "copilot",
        include_str!("../../tests/fixtures/status/copilot/resumed.json"),
        &[
            ("/session_id", |status| json!(status.session_id)),
            ("/version", |status| json!(status.version)),
            ("/model/id", |status| json!(status.model_id)),
            ("/model/display_name", |status| json!(status.model)),
            ("/workspace/current_dir", |status| json!(status.cwd)),
            ("/allow_all_enabled", |status| json!(status.mode)),
            ("/cost/total_duration_ms", |status| json!(status.duration)),
            ("/cost/total_lines_removed", |status| json!(status.lines_removed)),
            ("/context_window/current_context_used_percentage", |status| json!(status.context.used)),
            ("/context_window/current_context_tokens", |status| json!(status.context.tokens)),
            ("/context_window/displayed_context_limit", |status| json!(status.context.size)),
        ],
    ),
    (
        "cursor",
        include_str!("../../tests/fixtures/status/cursor/working.json"),
        &[
            ("/session_id", |status| json!(status.session_id)),
            ("/session_name", |status| json!(status.session_name)),
            ("/render_width_chars", |status| json!(status.columns)),
            ("/autorun", |status| json!(status.mode)),
            ("/model/display_name", |status| json!(status.model)),
            ("/workspace/current_dir", |status| json!(status.cwd)),
            ("/context_window/used_percentage", |status| json!(status.context.used)),
            ("/context_window/context_window_size", |status| json!(status.context.size)),
            ("/vim/mode", |status| json!(status.vim)),
            ("/worktree/name", |status| json!(status.worktree)),
        ],
    ),
    (
        "qwen",
        include_str!("../../tests/fixtures/status/qwen/two-models.json"),
        &[
            ("/session_id", |status| json!(status.session_id)),
            ("/version", |status| json!(status.version)),
            ("/model/display_name", |status| json!(status.model)),
            ("/workspace/current_dir", |status| json!(status.cwd)),
            ("/git/branch", |status| json!(status.branch)),
            ("/context_window/used_percentage", |status| json!(status.context.used)),
            ("/context_window/current_usage", |status| json!(status.context.tokens)),
            ("/metrics/models", |status| json!(status.session_usage.as_ref().map(|usage| usage.output))),
            ("/metrics/files/total_lines_added", |status| json!(status.lines_added)),
            ("/vim/mode", |status| json!(status.vim)),
        ],
    ),
    (
        "antigravity",
        include_str!("../../tests/fixtures/status/antigravity/confirming.json"),
        &[
            ("/session_id", |status| json!(status.session_id)),
            ("/conversation_title", |status| json!(status.session_name)),
            ("/model", |status| json!(status.model)),
            ("/model/effort", |status| json!(status.effort)),
            ("/workspace/current_dir", |status| json!(status.cwd)),
            ("/workspace/project_dir", |status| json!(status.project_dir)),
            ("/context_window/used_percentage", |status| json!(status.context.used)),
            ("/vcs/branch", |status| json!(status.branch)),
            ("/subagents", |status| json!(status.subagents.len())),
            ("/background_tasks", |status| json!(status.background_tasks)),
            ("/terminal_width", |status| json!(status.columns)),
            ("/cycle_mode", |status| json!(status.mode)),
            ("/quota/gemini-5h", |status| {
                let limits = status.limits.as_deref().unwrap_or_default();
                json!(limits.iter().find(|limit| limit.name == "gemini-5h").map(|limit| limit.used))
            }),
        ],
    ),
    (
        "codex",
        include_str!("../../tests/fixtures/status/codex/limits.json"),
        &[
            ("/thread/id", |status| json!(status.session_id)),
            ("/thread/name", |status| json!(status.session_name)),
            ("/thread/model/display_name", |status| json!(status.model)),
            ("/thread/model/reasoning_level", |status| json!(status.effort)),
            ("/thread/workspace/cwd", |status| json!(status.cwd)),
            ("/thread/usage/context/used_percentage", |status| json!(status.context.used)),
            ("/thread/usage/context/used_tokens", |status| json!(status.context.tokens)),
            ("/thread/usage/cost/total_cost_usd", |status| json!(status.cost_usd)),
            ("/app/cli_version", |status| json!(status.version)),
            ("/account/rate_limits", |status| json!(status.limits.as_ref().map(Vec::len))),
        ],
    ),
    (
        "kimi",
        KIMI,
        &[
            ("/sessionId", |status| json!(status.session_id)),
            ("/version", |status| json!(status.version)),
            ("/model", |status| json!(status.model)),
            ("/cwd", |status| json!(status.cwd)),
            ("/gitBranch", |status| json!(status.branch)),
            ("/planMode", |status| json!(status.mode)),
            ("/contextUsage", |status| json!(status.context.used)),
            ("/contextTokens", |status| json!(status.context.tokens)),
            ("/maxContextTokens", |status| json!(status.context.size)),
        ],
    ),
];

/// The places of all values in an object, as JSON pointers.
fn places(object: &Map<String, Value>) -> Vec<String> {
    let below = |(key, value): (&String, &Value)| {
        let inner = value.as_object().map(places).unwrap_or_default();
        let inner = inner.iter().map(|place| format!("/{key}{place}")).collect::<Vec<_>>();
        [vec![format!("/{key}")], inner].concat()
    };
    object.iter().flat_map(below).collect()
}

/// One of two places is within the other.
fn touch(one: &str, other: &str) -> bool {
    let within = |outer: &str, inner: &str| {
        inner.strip_prefix(outer).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    };
    within(one, other) || within(other, one)
}

#[test]
fn every_agent_has_facts_and_each_of_them_is_known() {
    for agent in ALL.into_iter().filter(|agent| agent.settings.has_line()) {
        let (name, text, facts) = FACTS.iter().find(|(name, ..)| *name == agent.name).unwrap();
        let payload: Value = serde_json::from_str(text).unwrap();
        for (place, fact) in *facts {
            assert!(payload.pointer(place).is_some(), "{name} {place}");
            assert_ne!(fact(&read(text).unwrap()), Value::Null, "{name} {place}");
        }
    }
}

/// So the order in which agents are asked does not matter.
#[test]
fn a_payload_bears_the_marks_of_one_agent_only() {
    for (name, text, _) in FACTS {
        let payload = Object::parse(text).unwrap();
        let others = ALL.into_iter().filter(|agent| **agent != CLAUDE_CODE);
        let marked: Vec<&str> = others.filter(|agent| (agent.recognises)(&payload)).map(|agent| agent.name).collect();
        assert_eq!(marked, if *name == CLAUDE_CODE.name { vec![] } else { vec![*name] });
    }
}

#[test]
fn an_event_bears_the_marks_of_its_agent() {
    let check = |event: &str, expected: &str| {
        assert_eq!(of_event(&Object::parse(event).unwrap()).name, expected, "{event}");
    };
    let first = |session: &'static str| session.lines().next().unwrap();
    check(include_str!("../../tests/fixtures/hook/claude-code-2.1.332/SessionStart-startup.json"), "claude-code");
    check(first(include_str!("../../tests/fixtures/hook/codex/turns.jsonl")), "codex");
    check(first(include_str!("../../tests/fixtures/hook/gemini/turns.jsonl")), "gemini");
    check(first(include_str!("../../tests/fixtures/hook/opencode/turns.jsonl")), "opencode");
    check(r#"{"turn_id":"t","transcript_path":null}"#, "codex");
    check(r#"{"transcript_path":null}"#, "codex");
    check(r#"{"transcript_path":""}"#, "claude-code");
    check(r#"{"transcript_path":"C:\\Users\\a\\.codex\\sessions\\rollout-1.jsonl"}"#, "codex");
    check(r#"{"transcript_path":"/h/.gemini/tmp/work/chats/session-1.jsonl","timestamp":"2026"}"#, "gemini");
    check(r#"{"transcript_path":"/h/.qwen/projects/h/chats/1.jsonl"}"#, "qwen");
    check(r#"{"session_id":"1","timestamp":"2026"}"#, "qwen");
    check(r#"{"session_id":"session_1","cwd":"/h"}"#, "kimi");
    check(r#"{"agent":"gemini","turn_id":"t"}"#, "gemini");
    check(r#"{"agent":"reviewer","session_id":7}"#, "claude-code");
    // A folder named like a session file of another agent.
    check(r#"{"transcript_path":"/h/.claude/projects/-h-sessions-rollout-1/1.jsonl"}"#, "claude-code");
    check("{}", "claude-code");
}

#[test]
fn names_of_others_become_ours() {
    assert_eq!((event_named("BeforeTool"), event_named("PreToolUse")), (Some("PreToolUse"), None));
    assert_eq!((tool_named("apply_patch"), tool_named("replace")), (Some("Edit"), Some("Edit")));
    assert_eq!((tool_named("Bash"), tool_named("mcp__a__b"), tool_named("")), (None, None, None));
    let names = ALL.iter().flat_map(|agent| agent.hooks.tools);
    assert!(names.map(|(own, _)| own).all(|own| tool_named(own).is_some()));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]
    #[test]
    fn any_value_in_any_field_leaves_the_others(
        agent in 0..FACTS.len(),
        place: prop::sample::Index,
        value in any_json(),
    ) {
        let (agent, text, facts) = FACTS[agent];
        let mut payload: Value = serde_json::from_str(text).unwrap();
        let places = places(payload.as_object().unwrap());
        let place = place.get(&places);
        *payload.pointer_mut(place).unwrap() = value;
        let (before, after) = (read(text).unwrap(), read_as(&payload.to_string(), Some(agent)).unwrap());
        for (from, fact) in facts.iter().filter(|(from, _)| !touch(from, place)) {
            prop_assert_eq!(fact(&before), fact(&after), "{} is no longer known", from);
        }
        // Even if the agent's mark has changed, something is understood. Only Codex shares no field.
        prop_assert!(agent == "codex" || read(&payload.to_string()).is_some());
    }
}
