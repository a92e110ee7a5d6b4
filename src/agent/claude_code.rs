//! Claude Code: the object on the stdin of its `statusLine` command, up to 2.1.330. Fields and the
//! versions that brought them are in <https://code.claude.com/docs/en/statusline>.

use std::time::Duration;

use super::{Context, Limit, Limits, PromptCache, PullRequest, Review, Status, epoch_seconds};
use crate::json::Object;

pub fn read(payload: &Object) -> Status {
    let workspace = payload.object_or_empty("workspace");
    let cost = payload.object_or_empty("cost");
    let model = payload.object_or_empty("model");
    Status {
        session_id: payload.text("session_id"),
        session_name: payload.text("session_name"),
        cwd: workspace.text("current_dir").or_else(|| payload.text("cwd")),
        project_dir: workspace.text("project_dir"),
        // Other agents that copy this payload send the bare name.
        model: model.text("display_name").or_else(|| model.text("id")).or_else(|| payload.text("model")),
        effort: payload.object_or_empty("effort").text("level").or_else(|| payload.text("effort")),
        thinking: payload.object_or_empty("thinking").bool("enabled"),
        fast: payload.bool("fast_mode"),
        version: payload.text("version"),
        style: payload.object_or_empty("output_style").text("name"),
        vim: payload.object_or_empty("vim").text("mode"),
        worktree: payload.object_or_empty("worktree").text("name").or_else(|| workspace.text("git_worktree")),
        cost_usd: cost.number("total_cost_usd").filter(|usd| *usd >= 0.0),
        duration: cost.count("total_duration_ms").map(Duration::from_millis),
        lines_added: cost.count("total_lines_added"),
        lines_removed: cost.count("total_lines_removed"),
        context: context(&payload.object_or_empty("context_window")),
        limits: payload.object("rate_limits").map(|limits| Limits {
            five_hour: limit(&limits, "five_hour"),
            seven_day: limit(&limits, "seven_day"),
            spend: limit(&limits, "spend_limit"),
        }),
        prompt_cache: payload.object("prompt_cache").map(|cache| PromptCache {
            warm: cache.bool("warm"),
            hit_ratio: cache.number("hit_ratio").filter(|ratio| (0.0..=1.0).contains(ratio)),
            expires_at: cache.number("expires_at").and_then(epoch_seconds),
        }),
        pr: payload.object("pr").and_then(|pr| pull_request(&pr)),
    }
}

fn context(window: &Object) -> Context {
    let size = window.count("context_window_size").filter(|size| *size > 0);
    let remaining = window.number("remaining_percentage");
    let sent = window.number("used_percentage").or_else(|| remaining.map(|left| 100.0 - left));
    let estimate = || Some(input_tokens(&window.object("current_usage")?)? / size? as f64 * 100.0);
    let used = sent.or_else(estimate);
    Context { used, remaining, estimated: sent.is_none() && used.is_some(), size }
}

/// What fills the window, as the host reckons: all input, no output. `None` where that would be
/// nothing: there is no session without a prompt.
fn input_tokens(usage: &Object) -> Option<f64> {
    let parts = ["input_tokens", "cache_creation_input_tokens", "cache_read_input_tokens"];
    let counts = parts.iter().filter_map(|part| usage.count(part));
    Some(counts.sum::<u64>() as f64).filter(|sum| *sum > 0.0)
}

fn limit(limits: &Object, name: &str) -> Option<Limit> {
    let limit = limits.object(name)?;
    Some(Limit {
        used: limit.number("used_percentage").filter(|used| *used >= 0.0)?,
        resets_at: limit.number("resets_at").and_then(epoch_seconds),
    })
}

fn pull_request(pr: &Object) -> Option<PullRequest> {
    let review = match pr.string("review_state").as_deref() {
        Some("approved") => Some(Review::Approved),
        Some("pending") => Some(Review::Pending),
        Some("changes_requested") => Some(Review::ChangesRequested),
        Some("draft") => Some(Review::Draft),
        _ => None,
    };
    let merge_request = pr.string("kind").as_deref() == Some("mr");
    Some(PullRequest { number: pr.count("number")?, review, merge_request })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::agent;
    use proptest::prelude::*;

    fn parse(payload: &str) -> Status {
        agent::read(payload).unwrap()
    }

    #[test]
    fn the_first_paint_knows_no_context() {
        let status = parse(include_str!("../../tests/fixtures/status/claude-code-2.1.330/status-1.json"));
        assert_eq!(status.model.as_deref(), Some("Opus 4.8"));
        assert_eq!(status.effort.as_deref(), Some("high"));
        assert_eq!(status.cost_usd, Some(0.0));
        assert_eq!(
            status.context,
            Context { used: None, remaining: None, estimated: false, size: Some(1_000_000) }
        );
        assert_eq!((status.limits, status.prompt_cache), (None, None));
    }

    #[test]
    fn the_end_of_a_turn_knows_all() {
        let status = parse(include_str!("../../tests/fixtures/status/claude-code-2.1.330/status-5.json"));
        assert_eq!((status.context.used, status.context.remaining), (Some(6.0), Some(94.0)));
        assert_eq!(status.duration, Some(Duration::from_millis(15_990)));
        let cache = status.prompt_cache.unwrap();
        assert_eq!((cache.warm, cache.hit_ratio), (Some(true), Some(0.928_372_491_608_941)));
        assert_eq!(cache.expires_at, epoch_seconds(1_795_403_174.0));
    }

    #[test]
    fn the_hosts_percentage_wins_and_an_estimate_says_so() {
        let check = |window: &str, used: Option<f64>, estimated: bool| {
            let status = parse(&format!(r#"{{"version":"1","context_window":{window}}}"#));
            assert_eq!((status.context.used, status.context.estimated), (used, estimated), "{window}");
        };
        let usage =
            r#""current_usage":{"input_tokens":1000,"cache_read_input_tokens":49000,"output_tokens":9000}"#;
        check(&format!(r#"{{"context_window_size":200000,{usage}}}"#), Some(25.0), true);
        check(
            &format!(r#"{{"context_window_size":200000,"used_percentage":30,{usage}}}"#),
            Some(30.0),
            false,
        );
        check(r#"{"remaining_percentage":42.5}"#, Some(57.5), false);
        check(r#"{"used_percentage":"42.5"}"#, Some(42.5), false);
        check(r#"{"used_percentage":null,"remaining_percentage":null}"#, None, false);
        check(r#"{"context_window_size":0,"current_usage":{"input_tokens":5}}"#, None, false);
        check(r#"{"context_window_size":200000,"current_usage":{}}"#, None, false);
        check(r#"{"context_window_size":200000,"current_usage":{"input_tokens":0}}"#, None, false);
        check(r#"{"context_window_size":200000,"total_input_tokens":150000}"#, None, false);
        check(r#""nonsense""#, None, false);
    }

    #[test]
    fn a_field_of_a_wrong_type_costs_that_field_only() {
        let status = parse(
            r#"{"session_id":7,"model":"opus","workspace":[1],"cwd":"/w","cost":{"total_cost_usd":{},"total_duration_ms":"1500"},
            "rate_limits":{"five_hour":{"used_percentage":"x"},"seven_day":{"used_percentage":41.2,"resets_at":1e300}},"pr":{"number":-1},"effort":"max"}"#,
        );
        let expected = Status {
            model: Some("opus".into()),
            cwd: Some("/w".into()),
            duration: Some(Duration::from_millis(1500)),
            effort: Some("max".into()),
            limits: Some(Limits {
                five_hour: None,
                seven_day: Some(Limit { used: 41.2, resets_at: None }),
                spend: None,
            }),
            ..Status::default()
        };
        assert_eq!(status, expected);
    }

    #[test]
    fn what_says_nothing_is_no_status() {
        for payload in ["", "{}", "[]", "null", "7", r#"{"unknown":1}"#, r#"{"model":{}}"#, r#"{"cwd":""#] {
            assert_eq!(agent::read(payload), None, "{payload}");
        }
    }

    /// A value of any JSON type, in the place of any field.
    fn any_json() -> impl Strategy<Value = serde_json::Value> {
        use serde_json::Value;
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
                proptest::collection::btree_map(".*", inner, 0..4)
                    .prop_map(|map| Value::Object(map.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn any_value_in_any_field_leaves_the_others(field in 0usize..24, value in any_json()) {
            let text = include_str!("../../tests/fixtures/status/older/2026-05-everything.json");
            let mut payload: serde_json::Map<String, serde_json::Value> = serde_json::from_str(text).unwrap();
            let name = payload.keys().nth(field % payload.len()).unwrap().clone();
            payload.insert(name.clone(), value);
            let status = parse(&serde_json::to_string(&payload).unwrap());
            prop_assert!(name == "version" || status.version.as_deref() == Some("2.1.145"));
            prop_assert!(name == "cost" || status.cost_usd == Some(1.25));
        }
    }
}
