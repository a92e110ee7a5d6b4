//! Gemini CLI. It has hooks and chats but no statusline, so it sends no payload.

use super::settings::NO_LINE;
use super::{Agent, HookDialect, HookForm, QUESTION, SettingsSpec, claude_code};

pub static GEMINI: Agent = Agent {
    name: "gemini",
    resume: "gemini --resume",
    max_rows: None,
    recognises: |_| false,
    read: claude_code::common_fields,
    hooks: HookDialect {
        recognises: |_, transcript| transcript.starts_with("session-"),
        events: &[
            ("BeforeAgent", "UserPromptSubmit"),
            ("BeforeTool", "PreToolUse"),
            ("AfterTool", "PostToolUse"),
            ("AfterAgent", "Stop"),
        ],
        tools: &[
            ("run_shell_command", "Bash"),
            ("write_file", "Write"),
            ("replace", "Edit"),
            ("read_file", "Read"),
            ("list_directory", "LS"),
            ("write_todos", "TodoWrite"),
            ("ask_user", QUESTION),
        ],
        ..HookDialect::COMMON
    },
    settings: SettingsSpec {
        moved_by: &[("GEMINI_CLI_HOME", ".gemini")],
        folder: ".gemini",
        // Antigravity uses it too.
        shares_folder: true,
        line_keys: &[],
        hooks: Some(HookForm::Shell(&[("name", r#""bridgeline""#), ("timeout", "5000")])),
        next: &["restart it; it runs hooks only in folders that you trust", NO_LINE],
        ..SettingsSpec::COMMON
    },
};
