//! Codex: the state of a thread, which it passes to the MCP server of its statusline once a second (as of 0.171).
//! Its context percentage leaves out the first 12,000 tokens, which every request has.

use std::path::{Path, PathBuf};

use super::dialect::copied;
use super::{
    Agent, Context, HookDialect, HookForm, Limit, LineKey, PROGRAM, QUESTION, SettingsSpec, State, Status, Usage,
    epoch_seconds,
};
use crate::base::env::Env;
use crate::base::format;
use crate::base::json::Object;
use crate::store::SessionId;

/// Prefix of the name of a session file, in `<home>/sessions/<year>/<month>/<day>`.
pub const ROLLOUT: &str = "rollout-";

pub static CODEX: Agent = Agent {
    name: "codex",
    resume: "codex resume",
    max_rows: Some(3),
    recognises,
    read,
    hooks: HookDialect {
        // The path is `null` for a thread that is not kept in a file.
        recognises: |event, transcript| {
            let is_null = |name| event.has(name) && event.raw(name).is_none();
            event.has("turn_id")
                || transcript.starts_with(ROLLOUT)
                || transcript.is_empty() && is_null("transcript_path")
        },
        tools: &[
            ("apply_patch", "Edit"),
            ("update_plan", "TodoWrite"),
            ("collaborationspawn_agent", "Agent"),
            ("request_user_input", QUESTION),
        ],
        reports_failures: false,
        starts_hooks: false,
        payload,
        lock,
        ..HookDialect::COMMON
    },
    settings: SettingsSpec {
        moved_by: &[("CODEX_HOME", "")],
        folder: ".codex",
        file: "config.toml",
        line_keys: &[
            LineKey::Table {
                path: &["mcp_servers", "bridgeline"],
                members: &[("command", PROGRAM), ("args", r#"["mcp"]"#)],
            },
            LineKey::Table {
                path: &["tui", "status_line_provider"],
                members: &[("server", r#""bridgeline""#), ("tool", r#""statusline""#)],
            },
            LineKey::Switch { path: &["features", "tui_extensions_statusline"] },
        ],
        // Codex warns about more than 3 seconds for SessionEnd.
        hooks: Some(HookForm::Shell(&[("timeout", "3")])),
        hooks_file: Some("hooks.json"),
        since: Some("0.171.0"),
        next: &[
            "the statusline is an experimental feature of Codex, `tui_extensions_statusline`",
            "run `codex app-server daemon restart`, then restart Codex",
            "when it says \"Hooks need review\", choose \"Trust all and continue\"; until then it runs none of them, and \
             `codex exec` skips them without asking. It asks again whenever the program's path changes",
        ],
        ..SettingsSpec::COMMON
    },
};

fn recognises(payload: &Object) -> bool {
    payload.object("thread").is_some() && payload.object("app").is_some()
}

fn read(payload: &Object) -> Status {
    let thread = payload.object_or_empty("thread");
    let (model, usage) = (thread.object_or_empty("model"), thread.object_or_empty("usage"));
    Status {
        session_id: thread.text("id"),
        session_name: thread.text("name"),
        transcript_path: thread.text("transcript_path"),
        version: payload.object_or_empty("app").text("cli_version"),
        cwd: thread.object_or_empty("workspace").text("cwd"),
        model: model.text("display_name").or_else(|| model.text("id")),
        model_id: model.text("id"),
        effort: model.text("reasoning_level").filter(|effort| effort != "none"),
        fast: model.text("service_tier").map(|tier| tier != "normal"),
        mode: mode(&thread).map(str::to_owned),
        state: thread.object_or_empty("agent").text("state").and_then(|state| known_state(&state)),
        cost_usd: usage.object_or_empty("cost").number("total_cost_usd"),
        session_usage: totals(&usage.object_or_empty("total")),
        context: context(&usage.object_or_empty("context")),
        limits: limits(&payload.object_or_empty("account")),
        ..Status::default()
    }
}

/// The permission mode, as its hooks spell it. `None` for the normal one and for plans, which only hooks report.
fn mode(thread: &Object) -> Option<&'static str> {
    if thread.object_or_empty("permissions").says("type", "disabled") {
        return Some("bypassPermissions");
    }
    thread.object_or_empty("approval").says("policy", "never").then_some("dontAsk")
}

/// A pending approval is not reported: the thread counts as working then.
fn known_state(state: &str) -> Option<State> {
    match state {
        "working" | "thinking" => Some(State::Working),
        "waiting" => Some(State::Waiting),
        "ready" | "starting" => Some(State::Idle),
        _ => None,
    }
}

/// The context window. Its fields are absent before the first answer and during a compaction.
fn context(window: &Object) -> Context {
    Context {
        used: window.number("used_percentage").filter(|used| *used >= 0.0),
        size: window.count("context_window_size").filter(|size| *size > 0),
        tokens: window.count("used_tokens"),
        ..Context::default()
    }
}

/// Tokens of the thread, including its parent's if it is a fork.
fn totals(total: &Object) -> Option<Usage> {
    let usage = Usage {
        input: total.count("other_input_tokens"),
        output: total.count("output_tokens"),
        cache_read: total.count("cache_read_input_tokens"),
        cache_write: total.count("cache_write_input_tokens"),
    };
    usage.known()
}

/// The windows of all limits. `None` if there are none, as without a subscription.
fn limits(account: &Object) -> Option<Vec<Limit>> {
    let mut limits = Vec::new();
    for limit in account.objects("rate_limits") {
        let windows = ["primary_limit", "secondary_limit"].map(|name| limit.object(name));
        limits.extend(windows.iter().flatten().filter_map(|window| window_of(&limit, window)));
    }
    (!limits.is_empty()).then_some(limits)
}

/// A window of a limit, as Codex spells both in its state and its session files.
pub fn window_of(limit: &Object, window: &Object) -> Option<Limit> {
    let length = window.count("window_minutes").filter(|minutes| *minutes > 0).map(length);
    // The limit for all models is named by its window alone.
    let of_one = limit.text("limit_id").filter(|id| id != "codex");
    let of_one = of_one.map(|id| limit.text("limit_name").unwrap_or(id));
    let name = [length, of_one].into_iter().flatten().collect::<Vec<_>>().join(" ");
    let used = window.number("used_percent").filter(|used| *used >= 0.0)?;
    let resets_at = window.number("resets_at").and_then(epoch_seconds);
    (!name.is_empty()).then_some(Limit { name, used, resets_at, spend: None })
}

/// A window by its length in minutes: `5h`, `7d`.
fn length(minutes: u64) -> String {
    match minutes {
        minutes if minutes.is_multiple_of(24 * 60) => format!("{}d", minutes / (24 * 60)),
        minutes if minutes.is_multiple_of(60) => format!("{}h", minutes / 60),
        minutes => format!("{minutes}m"),
    }
}

/// The part of the MCP server's state that an event contains.
fn payload(event: &Object) -> Object<'static> {
    let mut thread = copied(event, &[("session_id", "id"), ("transcript_path", "transcript_path")]);
    thread.set("workspace", copied(event, &[("cwd", "cwd")]).to_string());
    thread.set("model", copied(event, &[("model", "id")]).to_string());
    let mut state = Object::default();
    state.set("thread", thread.to_string());
    state.set("app", "{}");
    state
}

/// The lock of a loaded thread: in the Codex home that holds its session file, else in the user's.
fn lock(thread: &Status, env: &Env) -> Option<PathBuf> {
    let rollout = thread.transcript_path.as_deref().filter(|path| format::file_name(path).starts_with(ROLLOUT));
    let home = rollout.and_then(|path| Path::new(path).ancestors().nth(5)).map(Path::to_path_buf);
    let id = SessionId::new(thread.session_id.as_deref()?)?;
    let folder = home.or_else(|| CODEX.settings.folder(env))?.join("thread-writer-locks");
    Some(folder.join(format!("{}.lock", id.as_str())))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::agent;

    fn parse(payload: &str) -> Status {
        agent::read(payload).unwrap()
    }

    #[test]
    fn a_thread_is_read() {
        let status = parse(include_str!("../../tests/fixtures/status/codex/ready.json"));
        let expected = Status {
            agent: "codex",
            max_rows: Some(3),
            session_id: Some("01a21ae2-e3d0-70d0-bcdb-9b17341dbe83".into()),
            session_name: Some("please fix it".into()),
            version: Some("0.171.0".into()),
            cwd: Some("/home/user/work".into()),
            model: Some("GPT-5.5".into()),
            model_id: Some("gpt-5.5".into()),
            effort: Some("high".into()),
            fast: Some(false),
            state: Some(State::Idle),
            session_usage: Some(Usage {
                input: Some(46_000),
                output: Some(2_915),
                cache_read: Some(81_000),
                cache_write: Some(1_000),
            }),
            context: Context { used: Some(8.0), size: Some(258_400), tokens: Some(30_500), ..Context::default() },
            ..Status::default()
        };
        assert_eq!(status, expected);
    }

    #[test]
    fn states_and_modes() {
        let check = |fields: &str, state: Option<State>, mode: Option<&str>| {
            let status = parse(&format!(r#"{{"app":{{}},"thread":{{"id":"a",{fields}}}}}"#));
            assert_eq!((status.state, status.mode.as_deref()), (state, mode), "{fields}");
        };
        check(r#""agent":{"state":"thinking"}"#, Some(State::Working), None);
        check(r#""agent":{"state":"starting"}"#, Some(State::Idle), None);
        check(r#""agent":{"state":"waiting"}"#, Some(State::Waiting), None);
        check(r#""agent":{"state":"dreaming"}"#, None, None);
        check(r#""agent":7,"approval":{"policy":"on-request"}"#, None, None);
        check(r#""approval":{"policy":"never"},"permissions":{"type":"managed"}"#, None, Some("dontAsk"));
        check(r#""approval":{"policy":"never"},"permissions":{"type":"disabled"}"#, None, Some("bypassPermissions"));
    }

    #[test]
    fn limits_go_by_the_length_of_their_window() {
        let status = parse(include_str!("../../tests/fixtures/status/codex/limits.json"));
        let limits = status.limits.unwrap();
        let shown: Vec<_> = limits.iter().map(|limit| (limit.name.as_str(), limit.used)).collect();
        assert_eq!(shown, [("5h", 42.0), ("7d", 103.5), ("90m GPT-5.5 mini", 7.0)]);
        assert!(limits[0].resets_at.is_some() && limits[2].resets_at.is_none());
        assert_eq!((status.cost_usd, status.fast), (Some(1.25), Some(true)));
        let check = |limits: &str, expected: Option<usize>| {
            let status =
                parse(&format!(r#"{{"app":{{}},"thread":{{"id":"a"}},"account":{{"rate_limits":[{limits}]}}}}"#));
            assert_eq!(status.limits.map(|limits| limits.len()), expected, "{limits}");
        };
        check("", None);
        check(r#"7,{"limit_id":"codex","primary_limit":null}"#, None);
        check(r#"{"limit_id":"codex","primary_limit":{"used_percent":1,"window_minutes":null}}"#, None);
        check(r#"{"limit_id":"codex","primary_limit":{"used_percent":null,"window_minutes":300}}"#, None);
        check(r#"{"limit_id":"o","primary_limit":{"used_percent":1}},{}"#, Some(1));
    }
}
