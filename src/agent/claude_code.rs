//! Claude Code: the object on the stdin of its `statusLine` command, up to 2.1.332. Fields and the
//! versions that brought them are in <https://code.claude.com/docs/en/statusline>.

use std::time::Duration;

use super::settings::INTERVAL;
use super::{
    Agent, Context, HookDialect, HookForm, Limit, LineKey, PromptCache, PullRequest, Repo, Scope, SettingsSpec, Spend,
    Status, Usage, epoch_seconds,
};
use crate::base::json::{self, Object};
use crate::base::text::is_blank;
use crate::base::width::cut;

pub static CLAUDE_CODE: Agent = Agent {
    name: "claude-code",
    resume: "claude --resume",
    max_rows: None,
    recognises: |_| true,
    read,
    hooks: HookDialect::COMMON,
    settings: SettingsSpec {
        moved_by: &[("CLAUDE_CONFIG_DIR", "")],
        folder: ".claude",
        scopes: &[
            (Scope::Project, ".claude/settings.json"),
            (Scope::Local, ".claude/settings.local.json"),
            (Scope::Managed, MANAGED),
        ],
        line_keys: &[LineKey::Command { path: &["statusLine"], args: "", more: &[INTERVAL] }],
        // Claude Code warns about this key at each start.
        subagents: Some(LineKey::Command { path: &["subagentStatusLine"], args: "subagents", more: &[] }),
        hooks: Some(HookForm::Exec),
        may_have_node: true,
        ..SettingsSpec::COMMON
    },
};

const MANAGED: &str = if cfg!(windows) {
    "C:\\Program Files\\ClaudeCode\\managed-settings.json"
} else if cfg!(target_os = "macos") {
    "/Library/Application Support/ClaudeCode/managed-settings.json"
} else {
    "/etc/claude-code/managed-settings.json"
};

pub(super) fn read(payload: &Object) -> Status {
    let window = payload.object_or_empty("context_window");
    let usage = window.object("current_usage").and_then(|usage| self::usage(&usage));
    let prompt = usage.as_ref().and_then(Usage::prompt);
    Status {
        context: context(&window, prompt),
        usage,
        session_usage: payload.text("version").and_then(|version| totals(&window, &version)),
        ..common_fields(payload)
    }
}

/// Tokens of the session. Since 2.1.132 the fields are about the last request.
fn totals(window: &Object, version: &str) -> Option<Usage> {
    let totals = Usage {
        input: window.count("total_input_tokens"),
        output: window.count("total_output_tokens"),
        ..Usage::default()
    };
    totals.known().filter(|_| numbers(version).is_some_and(|version| version < [2, 1, 132]))
}

/// Fields shared by all Claude-Code-shaped payloads, tokens excepted.
pub(super) fn common_fields(payload: &Object) -> Status {
    let workspace = payload.object_or_empty("workspace");
    let worktree = payload.object_or_empty("worktree");
    let cost = payload.object_or_empty("cost");
    let model = payload.object_or_empty("model");
    let model_id = model.text("id");
    Status {
        session_id: payload.text("session_id"),
        session_name: payload.text("session_name"),
        transcript_path: payload.text("transcript_path"),
        version: payload.text("version"),
        cwd: workspace.text("current_dir").or_else(|| payload.text("cwd")),
        project_dir: workspace.text("project_dir"),
        original_dir: worktree.text("original_cwd"),
        cloud_dir: workspace.text("cloud_dir"),
        added_dirs: texts(&workspace, "added_dirs"),
        worktree: worktree.text("name").or_else(|| workspace.text("git_worktree")),
        worktree_branch: worktree.text("branch"),
        original_branch: worktree.text("original_branch"),
        repo: workspace.object("repo").and_then(|repo| repository(&repo)),
        pr: payload.object("pr").and_then(|pr| pull_request(&pr)),
        // Some agents that copy this payload send a bare name.
        model: model.text("display_name").or_else(|| model_id.clone()).or_else(|| payload.text("model")),
        model_id,
        effort: payload.object_or_empty("effort").text("level").or_else(|| payload.text("effort")),
        thinking: payload.object_or_empty("thinking").bool("enabled"),
        fast: payload.bool("fast_mode"),
        style: payload.object_or_empty("output_style").text("name"),
        vim: payload.object_or_empty("vim").text("mode"),
        agent_name: payload.object_or_empty("agent").text("name"),
        cost_usd: cost.number("total_cost_usd").filter(|usd| *usd >= 0.0),
        duration: cost.count("total_duration_ms").map(Duration::from_millis),
        api_duration: cost.count("total_api_duration_ms").map(Duration::from_millis),
        lines_added: cost.count("total_lines_added"),
        lines_removed: cost.count("total_lines_removed"),
        prompt_cache: payload.object("prompt_cache").map(|cache| prompt_cache(&cache)),
        limits: payload.object("rate_limits").map(|limits| self::limits(&limits)),
        ..Status::default()
    }
}

/// A context window that holds `tokens`.
pub(super) fn context(window: &Object, tokens: Option<u64>) -> Context {
    let (used, remaining) = (window.number("used_percentage"), window.number("remaining_percentage"));
    let context = Context::new(used, remaining, tokens, window.count("context_window_size"));
    let total = window.count("total_input_tokens").unwrap_or(0);
    if context.used == Some(0.0) && context.size.is_some_and(|size| total >= size / 100) {
        return Context { used: None, ..context };
    }
    context
}

pub(super) fn usage(usage: &Object) -> Option<Usage> {
    let usage = Usage {
        input: usage.count("input_tokens"),
        output: usage.count("output_tokens"),
        cache_read: usage.count("cache_read_input_tokens"),
        cache_write: usage.count("cache_creation_input_tokens"),
    };
    // All are zero after a compaction; a real request always has tokens.
    usage.known().filter(|usage| usage.prompt().is_some() || usage.output.is_some_and(|output| output > 0))
}

/// The strings of an array, blank ones left out.
fn texts(object: &Object, name: &str) -> Vec<String> {
    object.array(name).into_iter().filter_map(json::string).filter(|text| !is_blank(text)).collect()
}

/// The three numbers of a version, whatever follows them.
fn numbers(version: &str) -> Option<[u64; 3]> {
    let mut parts = version.split(|c: char| !c.is_ascii_digit()).map(|part| part.parse().ok());
    Some([parts.next()??, parts.next()??, parts.next()??])
}

fn repository(repo: &Object) -> Option<Repo> {
    Some(Repo { host: repo.text("host")?, owner: repo.text("owner")?, name: repo.text("name")? })
}

fn prompt_cache(cache: &Object) -> PromptCache {
    PromptCache {
        warm: cache.bool("warm"),
        observed: cache.bool("caching_observed"),
        hit_ratio: cache.number("hit_ratio").filter(|ratio| (0.0..=1.0).contains(ratio)),
        expires_at: cache.number("expires_at").and_then(epoch_seconds),
        requests: cache.count("requests"),
        misses: cache.count("misses"),
        last_miss_causes: texts(&cache.object_or_empty("last_miss_cause"), "causes"),
        recache_tokens: cache.count("recache_tokens_if_cold"),
    }
}

/// Usage limits: the subscription's, then others (such as per model), then the spending limit.
fn limits(limits: &Object) -> Vec<Limit> {
    /// Maximum number of others.
    const MOST: usize = 8;
    const KNOWN: [&str; 3] = ["five_hour", "seven_day", "spend_limit"];
    let known = |at: usize| limit(&limits.object(KNOWN[at])?, window_name(KNOWN[at]));
    let further = limits.members().filter(|(key, _)| !KNOWN.contains(&key.as_str()));
    let further = further.filter_map(|(key, value)| limit(&Object::parse(value)?, window_name(&key)));
    let windows = known(0).into_iter().chain(known(1)).chain(further.take(MOST));
    windows.chain(known(2)).collect()
}

/// Short name of a usage limit: `7d opus` for `seven_day_opus`.
fn window_name(key: &str) -> String {
    const LONGEST: usize = 24;
    let key = key.strip_suffix("_limit").unwrap_or(key);
    let parts = [("five_hour", "5h"), ("seven_day", "7d")];
    let short = parts.iter().find_map(|(long, short)| Some(format!("{short}{}", key.strip_prefix(long)?)));
    cut(&short.unwrap_or_else(|| key.to_owned()).replace('_', " "), LONGEST)
}

fn limit(limit: &Object, name: String) -> Option<Limit> {
    let amount = |key: &str| limit.number(key).filter(|usd| *usd >= 0.0);
    let amounts = amount("used_usd").zip(amount("limit_usd").filter(|usd| *usd > 0.0));
    let spend = amounts.map(|(used_usd, limit_usd)| Spend { used_usd, limit_usd, period: limit.text("period") });
    let sent = limit.number("used_percentage").filter(|used| *used >= 0.0);
    let reckoned = || spend.as_ref().map(|spend| spend.used_usd / spend.limit_usd * 100.0);
    Some(Limit {
        name,
        used: sent.or_else(reckoned)?,
        resets_at: limit.number("resets_at").and_then(epoch_seconds),
        spend,
    })
}

fn pull_request(pr: &Object) -> Option<PullRequest> {
    let review = pr.string("review_state").and_then(|state| state.parse().ok());
    let merge_request = pr.string("kind").as_deref() == Some("mr");
    let url = pr.text("url").filter(|url| is_web_address(url));
    Some(PullRequest { number: pr.count("number")?, url, review, merge_request })
}

fn is_web_address(text: &str) -> bool {
    let rest = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
    rest.is_some_and(|rest| !rest.is_empty() && rest.bytes().all(|byte| byte.is_ascii_graphic()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::agent;

    fn parse(payload: &str) -> Status {
        agent::read(payload).unwrap()
    }

    #[test]
    fn the_first_paint_knows_no_context() {
        let status = parse(include_str!("../../tests/fixtures/status/claude-code-2.1.330/status-1.json"));
        assert_eq!(status.model.as_deref(), Some("Opus 4.8"));
        assert_eq!(status.effort.as_deref(), Some("high"));
        assert_eq!(status.cost_usd, Some(0.0));
        assert_eq!(status.context, Context { size: Some(1_000_000), ..Context::default() });
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
        assert_eq!((cache.requests, cache.misses, cache.recache_tokens), (Some(5), Some(4), Some(56_012)));
        assert!(cache.last_miss_causes.is_empty());
        let usage = Usage { input: Some(12), output: Some(345), cache_read: Some(52_000), cache_write: Some(4000) };
        assert_eq!((status.usage, status.session_usage), (Some(usage), None));
        assert_eq!(status.context.tokens, Some(56_012));
        assert_eq!(status.api_duration, Some(Duration::from_millis(430)));
        assert_eq!(status.model_id.as_deref(), Some("claude-opus-4-8"));
    }

    #[test]
    fn every_field_of_the_contract_is_read() {
        let status = parse(include_str!("../../tests/fixtures/status/older/2026-09-prompt-cache.json"));
        let repo = status.repo.unwrap();
        assert_eq!(repo.url().as_deref(), Some("https://github.com/ada/garden"));
        assert_eq!(status.added_dirs, ["/home/ada/tools"]);
        assert_eq!(status.agent_name.as_deref(), Some("reviewer"));
        assert_eq!(status.worktree.as_deref(), Some("tidy-shed"));
        assert_eq!(status.worktree_branch.as_deref(), Some("worktree-tidy-shed"));
        assert!(status.original_dir.is_some());
        assert_eq!(status.original_branch.as_deref(), Some("main"));
        assert!(status.transcript_path.unwrap().ends_with("5f0c2f0e-3d8a-4a55-9a5e-0f6f1d3a7b21.jsonl"));
        assert_eq!(status.pr.unwrap().url.as_deref(), Some("https://github.com/ada/garden/pull/42"));
        let cache = status.prompt_cache.unwrap();
        assert_eq!(cache.last_miss_causes, ["ttl_expired_5m"]);
        assert_eq!(cache.observed, Some(true));
        let names: Vec<String> = status.limits.unwrap().into_iter().map(|limit| limit.name).collect();
        assert_eq!(names, ["5h", "7d", "spend"]);
        // Claude Code sends none of these.
        assert_eq!((status.mode, status.state, status.background_tasks), (None, None, None));
        assert_eq!((status.branch, status.subagents), (None, vec![]));
    }

    #[test]
    fn totals_are_those_of_the_session_in_old_versions_only() {
        let check = |version: &str, expected: Option<u64>| {
            let status = parse(&format!(
                r#"{{"model":"M","version":"{version}","context_window":{{"context_window_size":200000,"total_input_tokens":150000,"total_output_tokens":7}}}}"#
            ));
            assert_eq!(status.session_usage.and_then(|usage| usage.input), expected, "{version}");
            assert_eq!((status.context.used, status.context.tokens), (None, None), "{version}");
        };
        check("2.1.131", Some(150_000));
        check("2.0.65", Some(150_000));
        check("1.9", None);
        check("2.1.132", None);
        check("2.1.132-beta.1", None);
        check("2.2.0", None);
        check("3.0.0", None);
        check("10.0.0", None);
        check("next", None);
        check("", None);
    }

    #[test]
    fn an_address_is_one_of_the_web() {
        let check = |url: &str, expected: bool| {
            let payload = format!(r#"{{"pr":{{"number":1,"url":{}}}}}"#, json::quote(url));
            assert_eq!(parse(&payload).pr.unwrap().url.is_some(), expected, "{url}");
        };
        check("https://github.com/ada/garden/pull/42", true);
        check("http://gitlab.local/ada/garden/-/merge_requests/3?x=%20", true);
        check("https://", false);
        check("javascript:alert(1)", false);
        check("file:///etc/passwd", false);
        check("https://x.org/\u{1b}]8;;\u{7}", false);
        check("https://x.org/a b", false);
        check("https://x.org/\u{202e}", false);
    }

    #[test]
    fn the_hosts_percentage_wins_and_an_estimate_says_so() {
        let check = |window: &str, used: Option<f64>, estimated: bool| {
            let status = parse(&format!(r#"{{"version":"1","context_window":{window}}}"#));
            assert_eq!((status.context.used, status.context.estimated), (used, estimated), "{window}");
        };
        let usage = r#""current_usage":{"input_tokens":1000,"cache_read_input_tokens":49000,"output_tokens":9000}"#;
        check(&format!(r#"{{"context_window_size":200000,{usage}}}"#), Some(25.0), true);
        check(&format!(r#"{{"context_window_size":200000,"used_percentage":30,{usage}}}"#), Some(30.0), false);
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
    fn a_zero_is_believed_next_to_tokens_that_round_to_it() {
        let check = |window: &str, used: Option<f64>, usage: bool| {
            let window = format!(r#"{{"version":"1","context_window":{{"context_window_size":1000000,{window}}}}}"#);
            let status = parse(&window);
            assert_eq!(status.context.used, used, "{window}");
            assert_eq!(status.usage.is_some(), usage, "{window}");
        };
        let zero = r#""used_percentage":0,"remaining_percentage":100"#;
        check(&format!(r#"{zero},"current_usage":null"#), None, false);
        check(&format!(r#"{zero},"current_usage":{{"input_tokens":0,"output_tokens":0}}"#), None, false);
        check(&format!(r#"{zero},"current_usage":{{"input_tokens":4000}}"#), Some(0.0), true);
        check(&format!(r#"{zero},"current_usage":{{"input_tokens":4}},"total_input_tokens":90000"#), None, true);
        check(&format!(r#"{zero},"total_input_tokens":90000"#), None, false);
        check(r#""remaining_percentage":100"#, None, false);
        check(r#""used_percentage":9,"remaining_percentage":91,"current_usage":null"#, Some(9.0), false);
        let unknown = parse(r#"{"version":"1","context_window":{"context_window_size":0,"used_percentage":0}}"#);
        assert_eq!((unknown.context.used, unknown.context.size), (None, None));
    }

    #[test]
    fn windows_of_limits_have_names() {
        let check = |limits: &str, expected: &[(&str, f64)]| {
            let status = parse(&format!(r#"{{"version":"1","rate_limits":{limits}}}"#));
            let found = status.limits.unwrap();
            let found: Vec<_> = found.iter().map(|limit| (limit.name.as_str(), limit.used)).collect();
            assert_eq!(found, expected, "{limits}");
        };
        check(
            r#"{"spend_limit":{"used_percentage":1},"seven_day_opus":{"used_percentage":92.5},"seven_day":{"used_percentage":3},"five_hour":{"used_percentage":4}}"#,
            &[("5h", 4.0), ("7d", 3.0), ("7d opus", 92.5), ("spend", 1.0)],
        );
        check(r#"{"model_scoped":{"used_percentage":5},"note":7,"empty":{}}"#, &[("model scoped", 5.0)]);
        check(r#"{"spend_limit":{"used_usd":12.5,"limit_usd":50,"period":"monthly"}}"#, &[("spend", 25.0)]);
        check(r#"{"spend_limit":{"used_usd":12.5,"limit_usd":0}}"#, &[]);
        let many: Vec<String> = (0..99).map(|n| format!(r#""w{n}":{{"used_percentage":1}}"#)).collect();
        let status = parse(&format!(r#"{{"version":"1","rate_limits":{{{}}}}}"#, many.join(",")));
        assert_eq!(status.limits.unwrap().len(), 8);
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
            limits: Some(vec![Limit { name: "7d".into(), used: 41.2, resets_at: None, spend: None }]),
            agent: "claude-code",
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
}
