//! Codex: the state of a thread that it hands, once a second, to the MCP server of its statusline, as 0.171 does.

use super::{Agent, HookDialect, SettingsFormat, SettingsSpec, Status};
use crate::base::json::Object;

pub static CODEX: Agent = Agent {
    name: "codex",
    resume: "codex resume",
    max_rows: Some(3),
    recognises,
    read,
    hooks: HookDialect::COMMON,
    settings: SettingsSpec {
        format: SettingsFormat::Toml,
        moved_by: &[("CODEX_HOME", "")],
        folder: ".codex",
        file: "config.toml",
        line_keys: &[],
        ..SettingsSpec::COMMON
    },
};

fn recognises(payload: &Object) -> bool {
    payload.object("thread").is_some() && payload.object("app").is_some()
}

fn read(payload: &Object) -> Status {
    let thread = payload.object_or_empty("thread");
    Status { session_id: thread.text("id"), ..Status::default() }
}
