//! Gemini CLI, which has hooks and chats but no statusline, so that no payload is its own.

use super::{Agent, HookDialect, SettingsSpec, Status};

pub static GEMINI: Agent = Agent {
    name: "gemini",
    resume: "gemini --resume",
    max_rows: None,
    recognises: |_| false,
    read: |_| Status::default(),
    hooks: HookDialect {
        events: &[
            ("BeforeAgent", "UserPromptSubmit"),
            ("BeforeTool", "PreToolUse"),
            ("AfterTool", "PostToolUse"),
            ("AfterAgent", "Stop"),
        ],
    },
    settings: SettingsSpec { folder: ".gemini", line_keys: &[], ..SettingsSpec::COMMON },
};
