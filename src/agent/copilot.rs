//! GitHub Copilot CLI: the object on the stdin of its `statusLine` command, as 1.0.70 sends it. There
//! is no published description.

use super::settings::INTERVAL;
use super::{Agent, Context, HookDialect, LineKey, SettingsSpec, Status, Usage, claude_code, split_effort};
use crate::base::json::Object;

pub static COPILOT: Agent = Agent {
    name: "copilot",
    resume: "copilot --resume",
    max_rows: None,
    recognises,
    read,
    hooks: HookDialect::COMMON,
    settings: SettingsSpec {
        moved_by: &[("COPILOT_HOME", "")],
        folder: ".copilot",
        line_keys: &[
            LineKey::Command { path: &["statusLine"], args: "", more: &[INTERVAL] },
            LineKey::Switch { path: &["footer", "showCustom"] },
        ],
        ..SettingsSpec::COMMON
    },
};

fn recognises(payload: &Object) -> bool {
    const REQUESTS: &str = "total_premium_requests";
    // Claude Code's cost need not be parsed.
    let may_have_requests = || payload.raw("cost").is_some_and(|cost| cost.contains(REQUESTS));
    payload.has("ai_used")
        || payload.has("allow_all_enabled")
        || (may_have_requests() && payload.object_or_empty("cost").has(REQUESTS))
}

fn read(payload: &Object) -> Status {
    let window = payload.object_or_empty("context_window");
    let common = claude_code::common_fields(payload);
    let effort = payload.object_or_empty("model").text("thinking_effort_level");
    let (model, effort) = model_and_effort(common.model, effort);
    Status {
        model,
        effort: effort.or(common.effort),
        mode: (payload.bool("allow_all_enabled") == Some(true)).then(|| "allow-all".to_owned()),
        // Premium requests and AI units are not dollars.
        cost_usd: None,
        session_usage: totals(&window),
        context: context(&window),
        usage: last_call(&window),
        ..common
    }
}

/// The model's name and its effort, which is sent as part of the name.
fn model_and_effort(name: Option<String>, said: Option<String>) -> (Option<String>, Option<String>) {
    const EFFORTS: [&str; 7] = ["none", "minimal", "low", "medium", "high", "xhigh", "max"];
    let is_effort = |word: &str| EFFORTS.contains(&word) || said.as_deref() == Some(word);
    match name.as_deref().and_then(split_effort).filter(|(_, word)| is_effort(word)) {
        Some((model, effort)) => (Some(model.to_owned()), Some(effort.to_owned())),
        None => (name, said),
    }
}

/// The context window by its current contents. The fields named as in Claude Code's payload are about totals, and
/// were 0 % with 22,000 tokens in use.
fn context(window: &Object) -> Context {
    if !window.has("current_context_used_percentage") && !window.has("current_context_tokens") {
        // Older versions send nothing better.
        return claude_code::context(window, None);
    }
    let tokens = window.count("current_context_tokens");
    let used = window.number("current_context_used_percentage");
    Context::new(used, None, tokens, window.count("displayed_context_limit"))
}

/// Tokens of the last request. 0 before the first request of a process, also in a resumed session.
fn last_call(window: &Object) -> Option<Usage> {
    let usage = Usage {
        input: window.count("last_call_input_tokens"),
        output: window.count("last_call_output_tokens"),
        ..Usage::default()
    };
    usage.prompt().is_some().then_some(usage)
}

/// Tokens of the session. It is unknown whether `total_input_tokens` includes cached tokens; everything but output
/// counts as input.
fn totals(window: &Object) -> Option<Usage> {
    let output = window.count("total_output_tokens");
    let input = window.count("total_tokens").zip(output).and_then(|(all, output)| all.checked_sub(output));
    Usage { input, output, ..Usage::default() }.known()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::agent;

    #[test]
    fn a_resumed_session_tells_its_context_and_no_dollars() {
        let status = agent::read(include_str!("../../tests/fixtures/status/copilot/resumed.json")).unwrap();
        assert_eq!(status.agent, "copilot");
        let context = Context { used: Some(33.0), size: Some(400_000), tokens: Some(132_000), ..Context::default() };
        assert_eq!(status.context, context);
        assert_eq!((status.cost_usd, status.limits, status.usage), (None, None, None));
        let totals = Usage { input: Some(412_000), output: Some(9100), ..Usage::default() };
        assert_eq!(status.session_usage, Some(totals));
        assert_eq!((status.model.as_deref(), status.effort.as_deref()), (Some("gpt-5.6-sol"), Some("medium")));
        assert_eq!(status.mode.as_deref(), Some("allow-all"));
        assert_eq!((status.lines_added, status.lines_removed), (Some(31), Some(4)));
    }

    #[test]
    fn contexts() {
        let check = |window: &str, used: Option<f64>, estimated: bool| {
            let payload = format!(r#"{{"ai_used":null,"version":"1","context_window":{window}}}"#);
            let context = agent::read(&payload).unwrap().context;
            assert_eq!((context.used, context.estimated), (used, estimated), "{window}");
        };
        check(r#"{"used_percentage":0,"current_context_used_percentage":6}"#, Some(6.0), false);
        check(
            r#"{"used_percentage":0,"current_context_tokens":1000,"displayed_context_limit":4000}"#,
            Some(25.0),
            true,
        );
        check(r#"{"used_percentage":0,"current_context_used_percentage":null}"#, None, false);
        check(r#"{"used_percentage":50,"current_context_tokens":null,"context_window_size":9}"#, None, false);
        check(r#"{"used_percentage":9,"remaining_percentage":91}"#, Some(9.0), false);
        check("null", None, false);
    }

    #[test]
    fn the_effort_stands_behind_the_model() {
        let check = |model: &str, name: Option<&str>, effort: Option<&str>| {
            let payload = format!(r#"{{"ai_used":null,"version":"1","model":{model}}}"#);
            let status = agent::read(&payload).unwrap();
            assert_eq!((status.model.as_deref(), status.effort.as_deref()), (name, effort), "{model}");
        };
        check(r#"{"display_name":"gpt-6 · low"}"#, Some("gpt-6"), Some("low"));
        check(r#"{"display_name":"Opus 5 (3x) (high)"}"#, Some("Opus 5 (3x)"), Some("high"));
        check(r#"{"display_name":"Opus 5 (3x)"}"#, Some("Opus 5 (3x)"), None);
        check(r#"{"display_name":"gpt-6 · preview"}"#, Some("gpt-6 · preview"), None);
        check(r#"{"display_name":"gpt-6 · odd","thinking_effort_level":"odd"}"#, Some("gpt-6"), Some("odd"));
        check(r#"{"id":"gpt-6","thinking_effort_level":"high"}"#, Some("gpt-6"), Some("high"));
        check(r#"{"id":null,"display_name":null,"thinking_effort_level":"high"}"#, None, Some("high"));
    }

    #[test]
    fn totals_count_each_token_once() {
        let check = |window: &str, expected: Option<(Option<u64>, Option<u64>)>| {
            let window = Object::parse(window).unwrap();
            assert_eq!(totals(&window).map(|usage| (usage.input, usage.output)), expected);
        };
        check(r#"{"total_tokens":110,"total_input_tokens":40,"total_output_tokens":10}"#, Some((Some(100), Some(10))));
        check(r#"{"total_input_tokens":40,"total_output_tokens":10}"#, Some((None, Some(10))));
        check(r#"{"total_tokens":5,"total_output_tokens":10}"#, Some((None, Some(10))));
        check("{}", None);
    }
}
