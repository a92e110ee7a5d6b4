//! Kimi Code: the object on the stdin of its `[status_line]` command, of ten fields in camel case, as
//! 0.29 sends it.

use super::dialect::copied;
use super::{Agent, Context, HookDialect, HookForm, LineKey, SettingsSpec, Status};
use crate::base::json::Object;

pub static KIMI: Agent = Agent {
    name: "kimi",
    resume: "kimi --session",
    max_rows: Some(1),
    recognises,
    read,
    hooks: HookDialect {
        recognises: |event, _| event.raw("session_id").is_some_and(|id| id.starts_with("\"session_")),
        payload: |event| copied(event, &[("session_id", "sessionId"), ("cwd", "cwd"), ("model", "model")]),
        ..HookDialect::COMMON
    },
    settings: SettingsSpec {
        moved_by: &[("KIMI_CODE_HOME", "")],
        folder: ".kimi-code",
        file: "tui.toml",
        line_keys: &[LineKey::Command { path: &["status_line"], args: "", more: &[] }],
        hooks: Some(HookForm::Shell(&[])),
        hooks_file: Some("config.toml"),
        ..SettingsSpec::COMMON
    },
};

fn recognises(payload: &Object) -> bool {
    payload.has("sessionId") && (payload.has("maxContextTokens") || payload.has("contextUsage"))
}

fn read(payload: &Object) -> Status {
    let model = payload.text("model");
    let plans = payload.bool("planMode") == Some(true);
    Status {
        session_id: payload.text("sessionId"),
        version: payload.text("version"),
        cwd: payload.text("cwd"),
        branch: payload.text("gitBranch"),
        model_id: model.clone(),
        model,
        mode: if plans { Some("plan".to_owned()) } else { payload.text("permissionMode") },
        context: context(payload),
        ..Status::default()
    }
}

/// The context window, by the share that the agent sends, or by its tokens if that is not between 0 and 1.
fn context(payload: &Object) -> Context {
    let share = payload.number("contextUsage").filter(|share| (0.0..=1.0).contains(share));
    let used = share.map(|share| share * 100.0);
    Context::new(used, None, payload.count("contextTokens"), payload.count("maxContextTokens"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::agent;

    #[test]
    fn its_ten_fields_are_read() {
        let status = agent::read(include_str!("../../tests/fixtures/status/kimi/planning.json")).unwrap();
        let expected = Status {
            agent: "kimi",
            max_rows: Some(1),
            session_id: Some("session_0d9a7c".into()),
            version: Some("0.30.1".into()),
            cwd: Some("/home/ada/garden".into()),
            branch: Some("compost".into()),
            model: Some("K3".into()),
            model_id: Some("K3".into()),
            mode: Some("plan".into()),
            context: Context { used: Some(30.5), size: Some(262_144), tokens: Some(79_954), ..Context::default() },
            ..Status::default()
        };
        assert_eq!(status, expected);
    }

    #[test]
    fn contexts_and_modes() {
        let check = |fields: &str, used: Option<f64>, estimated: bool, mode: Option<&str>| {
            let status = agent::read(&format!(r#"{{"sessionId":"s","maxContextTokens":1000,{fields}}}"#)).unwrap();
            assert_eq!((status.context.used, status.context.estimated), (used, estimated), "{fields}");
            assert_eq!(status.mode.as_deref(), mode, "{fields}");
        };
        check(r#""contextUsage":0.5,"planMode":false,"permissionMode":"yolo""#, Some(50.0), false, Some("yolo"));
        check(r#""contextUsage":0,"planMode":true,"permissionMode":"auto""#, None, false, Some("plan"));
        check(r#""contextUsage":0,"contextTokens":4"#, Some(0.0), false, None);
        check(r#""contextUsage":0,"contextTokens":400"#, None, false, None);
        check(r#""contextUsage":1,"planMode":"true""#, Some(100.0), false, None);
        check(r#""contextUsage":12,"contextTokens":120"#, Some(12.0), true, None);
        check(r#""contextUsage":12"#, None, false, None);
        check(r#""contextUsage":-0.1,"permissionMode":7"#, None, false, None);
        check(r#""contextUsage":null,"contextTokens":0"#, None, false, None);
    }
}
