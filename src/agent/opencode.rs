//! OpenCode. It has plugins and a database but no statusline, so it sends no payload.

use super::settings::NO_LINE;
use super::{Agent, Context, HookDialect, HookForm, SettingsSpec, Status, claude_code};
use crate::base::json::Object;

pub static OPENCODE: Agent = Agent {
    name: "opencode",
    resume: "opencode --session",
    max_rows: None,
    recognises: |_| false,
    read,
    hooks: HookDialect::COMMON,
    settings: SettingsSpec {
        moved_by: &[("OPENCODE_CONFIG_DIR", ""), ("XDG_CONFIG_HOME", "opencode")],
        folder: ".config/opencode",
        file: "plugin/bridgeline.js",
        line_keys: &[],
        hooks: Some(HookForm::Plugin(include_str!("opencode.js"))),
        next: &["restart it", NO_LINE],
        ..SettingsSpec::COMMON
    },
};

/// Reads the object that our plugin sends with every event.
fn read(event: &Object) -> Status {
    Status {
        session_name: event.text("title"),
        cost_usd: event.number("cost_usd").filter(|usd| *usd >= 0.0),
        context: Context { tokens: event.count("context_tokens").filter(|tokens| *tokens > 0), ..Context::default() },
        ..claude_code::common_fields(event)
    }
}
