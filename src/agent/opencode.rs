//! OpenCode, which has plugins and a database but no statusline, so that no payload is its own.

use super::{Agent, HookDialect, SettingsSpec, Status};

pub static OPENCODE: Agent = Agent {
    name: "opencode",
    resume: "opencode --session",
    max_rows: None,
    recognises: |_| false,
    read: |_| Status::default(),
    hooks: HookDialect::COMMON,
    settings: SettingsSpec {
        moved_by: &[("OPENCODE_CONFIG_DIR", "")],
        folder: ".config/opencode",
        file: "opencode.json",
        line_keys: &[],
        ..SettingsSpec::COMMON
    },
};
