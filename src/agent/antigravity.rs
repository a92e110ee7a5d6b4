//! Antigravity CLI (`agy`): the object on the stdin of its `statusLine` command, by
//! <https://antigravity.google/docs/cli/statusline>, and `quota`, which is not documented.

use std::time::{SystemTime, UNIX_EPOCH};

use percent_encoding::percent_decode_str;

use super::{
    Agent, Context, HookDialect, Limit, LineKey, SettingsSpec, State, Status, Subagent, Usage, claude_code,
    epoch_seconds, split_effort,
};
use crate::base::json::Object;

pub static ANTIGRAVITY: Agent = Agent {
    name: "antigravity",
    resume: "agy --conversation",
    max_rows: None,
    recognises,
    read,
    hooks: HookDialect::COMMON,
    settings: SettingsSpec {
        folder: ".gemini/antigravity-cli",
        line_keys: &[
            LineKey::Command { path: &["statusLine"], args: "", more: &[] },
            LineKey::NotOff { path: &["statusLine", "enabled"] },
        ],
        ..SettingsSpec::COMMON
    },
};

fn recognises(payload: &Object) -> bool {
    match payload.string("product") {
        Some(product) => product.starts_with("antigravity"),
        None => payload.has("agent_state") || payload.has("vcs"),
    }
}

fn read(payload: &Object) -> Status {
    let window = payload.object_or_empty("context_window");
    let usage = window.object("current_usage").and_then(|usage| claude_code::usage(&usage));
    let common = claude_code::common_fields(payload);
    let effort = common.effort.or_else(|| payload.object_or_empty("model").text("effort"));
    Status {
        model: common.model.map(|name| without_effort(name, effort.as_deref())),
        effort,
        columns: payload.count("terminal_width").map(|columns| columns as usize).filter(|n| *n > 0),
        session_id: common.session_id.or_else(|| payload.text("conversation_id")),
        session_name: common.session_name.or_else(|| payload.text("conversation_title")),
        cwd: common.cwd.map(path),
        project_dir: common.project_dir.map(path),
        transcript_path: common.transcript_path.map(path),
        branch: payload.object_or_empty("vcs").text("branch"),
        agent_name: common.agent_name.or_else(|| payload.text("agent")),
        mode: payload.text("cycle_mode").or_else(|| payload.text("execution_mode")),
        state: state(payload),
        subagents: payload.objects("subagents").iter().filter_map(subagent).collect(),
        background_tasks: background_tasks(payload),
        context: context(&window, usage.as_ref()),
        usage,
        limits: payload.object("quota").or_else(|| payload.object("quotas")).map(|quota| limits(&quota)),
        ..common
    }
}

/// The model's name, without an effort that is sent in a field of its own too.
fn without_effort(name: String, effort: Option<&str>) -> String {
    match split_effort(&name) {
        Some((model, word)) if effort.is_some_and(|effort| effort.eq_ignore_ascii_case(word)) => model.to_owned(),
        _ => name,
    }
}

/// The context window, by the agent's percentage, which covers more than the last request. The tokens of that
/// request serve only for an estimate.
fn context(window: &Object, usage: Option<&Usage>) -> Context {
    Context { tokens: None, ..claude_code::context(window, usage.and_then(Usage::prompt)) }
}

/// State of the session. A confirmation next to `idle` is over, since only a turn asks for one. `None` before the
/// prompt shows (`initializing`, `authenticating`).
fn state(payload: &Object) -> Option<State> {
    match payload.string("agent_state").as_deref() {
        Some("idle") => Some(State::Idle),
        _ if payload.bool("tool_confirmation_pending") == Some(true) => Some(State::Waiting),
        Some("thinking" | "working" | "tool_use") => Some(State::Working),
        _ => None,
    }
}

/// A running subagent. One that has ended stays in the list with a status that says so.
fn subagent(agent: &Object) -> Option<Subagent> {
    const ENDED: [&str; 8] = ["completed", "done", "finished", "idle", "failed", "error", "cancelled", "canceled"];
    let status = agent.string("status").unwrap_or_default().to_ascii_lowercase();
    let (name, role) = (agent.text("name"), agent.text("role"));
    let runs = !ENDED.contains(&status.as_str()) && (name.is_some() || role.is_some());
    runs.then_some(Subagent { name, role })
}

fn background_tasks(payload: &Object) -> Option<u64> {
    let is_list = payload.raw("background_tasks").is_some_and(|raw| raw.starts_with('['));
    let listed = || payload.array("background_tasks").len() as u64;
    if is_list { Some(listed()) } else { payload.count("task_count") }
}

/// Usage limits by their names: `gemini-5h`, or `3p-weekly` for other vendors' models.
fn limits(quota: &Object) -> Vec<Limit> {
    let buckets = quota.members().filter_map(|(name, bucket)| limit(name, &Object::parse(bucket)?));
    buckets.collect()
}

/// One usage limit. `reset_in_seconds` is not used: it counts from an unknown time in the past.
fn limit(name: String, bucket: &Object) -> Option<Limit> {
    if bucket.bool("disabled") == Some(true) {
        return None;
    }
    let left = bucket.number("remaining_fraction").filter(|left| (0.0..=1.0).contains(left));
    let used = left.map(|left| (1.0 - left) * 100.0).or_else(|| bucket.number("used_percentage"));
    let reset_time = bucket.string("reset_time").and_then(|time| humantime::parse_rfc3339(&time).ok());
    let in_range = |time: SystemTime| epoch_seconds(time.duration_since(UNIX_EPOCH).ok()?.as_secs_f64());
    let used = used.filter(|used| *used >= 0.0)?;
    Some(Limit { name, used, resets_at: reset_time.and_then(in_range), spend: None })
}

/// A path, which may be sent as a `file:` address.
fn path(text: String) -> String {
    let Some(rest) = text.strip_prefix("file://") else { return text };
    let rest = rest.strip_prefix("localhost").unwrap_or(rest);
    let path = percent_decode_str(rest).decode_utf8_lossy().into_owned();
    match path.as_bytes() {
        // file:///C:/dir
        [b'/', drive, b':', ..] if drive.is_ascii_alphabetic() => path[1..].to_owned(),
        [b'/', ..] => path,
        // file://server/share
        _ => format!("//{path}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::agent;

    fn parse(payload: &str) -> Status {
        let status = agent::read(payload).unwrap();
        assert_eq!(status.agent, "antigravity", "{payload}");
        status
    }

    #[test]
    fn a_session_that_asks_for_confirmation() {
        let status = parse(include_str!("../../tests/fixtures/status/antigravity/confirming.json"));
        assert_eq!((status.state, status.mode.as_deref()), (Some(State::Waiting), Some("plan")));
        let rake = Subagent { name: Some("rake".into()), role: Some("collects".into()) };
        assert_eq!((status.subagents, status.background_tasks), (vec![rake], Some(1)));
        assert_eq!(status.branch.as_deref(), Some("roses"));
        assert_eq!(status.project_dir.as_deref(), Some("/home/ada/my garden"));
        assert_eq!(status.session_name.as_deref(), Some("Prune the roses"));
        assert_eq!((status.agent_name.as_deref(), status.effort.as_deref()), (Some("gardener"), Some("high")));
        assert_eq!((status.columns, status.cost_usd), (Some(120), None));
        assert_eq!((status.context.used, status.context.tokens), (Some(8.415_603_637_695_312), None));
        assert_eq!(status.usage.unwrap().prompt(), Some(84_239));
        let limit = |name: &str, used, resets_at| Limit { name: name.into(), used, resets_at, spend: None };
        let limits = vec![
            limit("gemini-5h", 75.0, epoch_seconds(1_795_410_000.0)),
            limit("gemini-weekly", 9.999_999_999_999_998, epoch_seconds(1_795_824_000.0)),
            limit("3p-5h", 0.0, None),
        ];
        assert_eq!(status.limits, Some(limits));
    }

    #[test]
    fn a_session_that_starts_knows_little() {
        let status = parse(include_str!("../../tests/fixtures/status/antigravity/starting.json"));
        assert_eq!((status.session_id, status.state, status.usage), (None, None, None));
        assert_eq!(status.cwd.as_deref(), Some("C:/Users/Ada/garden"));
        assert_eq!(status.context, Context { size: Some(1_048_576), ..Context::default() });
        assert_eq!((status.limits, status.background_tasks), (None, Some(0)));
    }

    #[test]
    fn limits_by_what_is_left_or_used() {
        let check = |bucket: &str, expected: Option<(f64, bool)>| {
            let status = parse(&format!(r#"{{"version":"1","product":"antigravity","quota":{{"b":{bucket}}}}}"#));
            let limits = status.limits.unwrap();
            let shown = limits.first().map(|limit| (limit.used, limit.resets_at.is_some()));
            assert_eq!(shown, expected, "{bucket}");
        };
        check(r#"{"remaining_fraction":0.5,"reset_time":"2099-01-01T00:00:00Z"}"#, Some((50.0, true)));
        check(r#"{"remaining_fraction":0,"reset_time":"soon"}"#, Some((100.0, false)));
        check(r#"{"remaining_fraction":1,"reset_in_seconds":60}"#, Some((0.0, false)));
        check(r#"{"remaining_fraction":50}"#, None);
        check(r#"{"remaining_fraction":0.5,"disabled":true}"#, None);
        check(r#"{"used_percentage":50.5}"#, Some((50.5, false)));
        check(r#"{"reset_time":"2099-01-01T00:00:00Z"}"#, None);
        check(r#"{"remaining_fraction":0.5,"reset_time":"1900-01-01T00:00:00Z"}"#, Some((50.0, false)));
        check("7", None);
    }

    #[test]
    fn an_effort_is_told_once() {
        let check = |model: &str, name: &str, effort: Option<&str>| {
            let status = parse(&format!(r#"{{"product":"antigravity","model":{model}}}"#));
            assert_eq!((status.model.as_deref(), status.effort.as_deref()), (Some(name), effort), "{model}");
        };
        check(r#"{"id":"Gemini 3.5 Flash (High)","effort":"high"}"#, "Gemini 3.5 Flash", Some("high"));
        check(r#"{"id":"Gemini 3.5 Flash (High)"}"#, "Gemini 3.5 Flash (High)", None);
        check(r#"{"id":"Gemini 4 (Preview)","effort":"low"}"#, "Gemini 4 (Preview)", Some("low"));
        check(r#"{"id":"Gemini 4","effort":"low"}"#, "Gemini 4", Some("low"));
    }

    #[test]
    fn states() {
        let check = |fields: &str, expected: Option<State>| {
            assert_eq!(parse(&format!(r#"{{"version":"1","vcs":{{}},{fields}}}"#)).state, expected, "{fields}");
        };
        check(r#""agent_state":"idle""#, Some(State::Idle));
        check(r#""agent_state":"idle","tool_confirmation_pending":true"#, Some(State::Idle));
        check(r#""agent_state":"thinking""#, Some(State::Working));
        check(r#""agent_state":"working","tool_confirmation_pending":false"#, Some(State::Working));
        check(r#""agent_state":"tool_use","tool_confirmation_pending":true"#, Some(State::Waiting));
        check(r#""agent_state":"authenticating""#, None);
        check(r#""agent_state":{}"#, None);
    }

    #[test]
    fn subagents_that_run() {
        let check = |subagents: &str, expected: &[&str]| {
            let status = parse(&format!(r#"{{"version":"1","vcs":{{}},"subagents":{subagents}}}"#));
            let names: Vec<String> = status.subagents.into_iter().filter_map(|agent| agent.name).collect();
            assert_eq!(names, expected, "{subagents}");
        };
        check(r#"[{"name":"a","status":"running"},{"name":"b","status":"COMPLETED"},{"name":"c"}]"#, &["a", "c"]);
        check(r#"[7,null,{"status":"running"},{"name":"a","status":7}]"#, &["a"]);
        check("{}", &[]);
    }

    #[test]
    fn paths() {
        let check = |text: &str, expected: &str| assert_eq!(path(text.to_owned()), expected);
        check("/home/ada", "/home/ada");
        check("C:\\Users\\Ada", "C:\\Users\\Ada");
        check("file:///home/ada%20b/%E6%97%A5", "/home/ada b/日");
        check("file:///C:/Users/Ada", "C:/Users/Ada");
        check("file:///c%3A/Users", "c:/Users");
        check("file://localhost/home/ada", "/home/ada");
        check("file://server/share", "//server/share");
        check("file:///100%/%zz%", "/100%/%zz%");
        check("file:///%ff", "/\u{fffd}");
    }
}
