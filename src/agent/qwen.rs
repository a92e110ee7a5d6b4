//! Qwen Code: the object on the stdin of its `ui.statusLine` command, by
//! <https://qwenlm.github.io/qwen-code-docs/en/users/features/status-line/>.

use std::time::Duration;

use super::settings::INTERVAL;
use super::{Agent, HookDialect, HookForm, LineKey, SettingsSpec, Status, Usage, claude_code};
use crate::base::json::Object;

pub static QWEN: Agent = Agent {
    name: "qwen",
    resume: "qwen --resume",
    max_rows: Some(2),
    recognises,
    read,
    hooks: HookDialect {
        recognises: |event, _| {
            event.has("timestamp") || event.raw("transcript_path").is_some_and(|path| path.contains(".qwen"))
        },
        tools: &[("todo_write", "TodoWrite")],
        ..HookDialect::COMMON
    },
    settings: SettingsSpec {
        moved_by: &[("QWEN_HOME", "")],
        folder: ".qwen",
        line_keys: &[LineKey::Command {
            path: &["ui", "statusLine"],
            args: "",
            // Otherwise our colours are dimmed.
            more: &[INTERVAL, ("respectUserColors", "true")],
        }],
        hooks: Some(HookForm::Shell(&[])),
        ..SettingsSpec::COMMON
    },
};

fn recognises(payload: &Object) -> bool {
    let counts_usage = || payload.object_or_empty("context_window").number("current_usage").is_some();
    // Claude Code sent a cost before it sent any of these; Qwen Code sends none.
    !payload.has("cost") && (payload.object_or_empty("metrics").has("models") || counts_usage())
}

fn read(payload: &Object) -> Status {
    let window = payload.object_or_empty("context_window");
    let metrics = payload.object_or_empty("metrics");
    let models = metrics.object_or_empty("models");
    let models: Vec<Object> = models.members().filter_map(|(_, model)| Object::parse(model)).collect();
    let files = metrics.object_or_empty("files");
    Status {
        branch: payload.object_or_empty("git").text("branch"),
        api_duration: sum(&models, "api", "total_latency_ms").map(Duration::from_millis),
        lines_added: files.count("total_lines_added"),
        lines_removed: files.count("total_lines_removed"),
        session_usage: session_usage(&models),
        // A number here: the tokens in the window.
        context: claude_code::context(&window, window.count("current_usage")),
        ..claude_code::common_fields(payload)
    }
}

/// Tokens of the session, all models together. Prompt tokens include those from the cache.
fn session_usage(models: &[Object]) -> Option<Usage> {
    let cached = sum(models, "tokens", "cached");
    let prompt = sum(models, "tokens", "prompt");
    let usage = Usage {
        input: prompt.map(|prompt| prompt.saturating_sub(cached.unwrap_or(0))),
        output: sum(models, "tokens", "completion"),
        cache_read: cached,
        cache_write: None,
    };
    usage.known()
}

/// The sum of a count over all models. `None` when no model has it.
fn sum(models: &[Object], group: &str, name: &str) -> Option<u64> {
    let counts = models.iter().filter_map(|model| model.object_or_empty(group).count(name));
    counts.reduce(u64::saturating_add)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::agent;

    #[test]
    fn counts_of_all_models_are_added_up() {
        let status = agent::read(include_str!("../../tests/fixtures/status/qwen/two-models.json")).unwrap();
        assert_eq!((status.agent, status.max_rows), ("qwen", Some(2)));
        let usage = Usage { input: Some(30_000), output: Some(4100), cache_read: Some(60_000), cache_write: None };
        assert_eq!((status.session_usage, status.usage), (Some(usage), None));
        assert_eq!((status.context.used, status.context.tokens), (Some(12.4), Some(32_500)));
        assert_eq!(status.api_duration, Some(Duration::from_millis(21_500)));
        assert_eq!((status.lines_added, status.lines_removed), (Some(12), Some(3)));
        assert_eq!(status.branch.as_deref(), Some("spring"));
    }

    #[test]
    fn usage_is_known_where_a_model_tells_it() {
        let check = |models: &str, expected: Option<(Option<u64>, Option<u64>, Option<u64>)>| {
            let payload = format!(r#"{{"version":"1","metrics":{{"models":{models}}}}}"#);
            let usage = agent::read(&payload).unwrap().session_usage;
            assert_eq!(usage.map(|u| (u.input, u.output, u.cache_read)), expected, "{models}");
        };
        check(r#"{"a":{"tokens":{"prompt":10}}}"#, Some((Some(10), None, None)));
        check(r#"{"a":{"tokens":{"prompt":10,"cached":12}},"b":7}"#, Some((Some(0), None, Some(12))));
        check(r#"{"a":{"tokens":{"completion":1}},"b":{"tokens":{"completion":2}}}"#, Some((None, Some(3), None)));
        check(r#"{"a":{"tokens":[]},"b":null}"#, None);
        check("{}", None);
        check("[1]", None);
    }

    #[test]
    fn zeros_of_an_early_session_or_of_an_unknown_window_say_nothing() {
        let check = |window: &str, used: Option<f64>, estimated: bool| {
            let payload = format!(r#"{{"version":"1","context_window":{window}}}"#);
            let status = agent::read(&payload).unwrap();
            assert_eq!(status.agent, "qwen", "{window}");
            assert_eq!((status.context.used, status.context.estimated), (used, estimated), "{window}");
        };
        check(r#"{"used_percentage":0,"current_usage":0}"#, None, false);
        check(r#"{"context_window_size":0,"used_percentage":0,"current_usage":23456}"#, None, false);
        check(r#"{"context_window_size":0,"used_percentage":7,"current_usage":23456}"#, Some(7.0), false);
        check(r#"{"context_window_size":1000000,"used_percentage":0.2,"current_usage":2000}"#, Some(0.2), false);
        check(r#"{"context_window_size":1000,"current_usage":250}"#, Some(25.0), true);
        check(r#"{"context_window_size":1000,"current_usage":0}"#, None, false);
    }
}
