//! The hook events that `install --hooks` registers, and in the settings of which agents.

use super::Agent::{self, ClaudeCode, Kimi, Qwen};

/// Each event with the agents that have it. What the bridge keeps something of is here, or in
/// [`UNREGISTERED`]; a test compares. An agent may refuse or complain of an event that it does not know.
pub const EVENTS: &[(&str, &[Agent])] = &[
    ("SessionStart", &[ClaudeCode, Qwen, Kimi]),
    ("UserPromptSubmit", &[ClaudeCode, Qwen, Kimi]),
    ("PreToolUse", &[ClaudeCode, Qwen, Kimi]),
    ("PostToolUse", &[ClaudeCode, Qwen, Kimi]),
    ("PostToolUseFailure", &[ClaudeCode, Qwen, Kimi]),
    ("Notification", &[ClaudeCode, Qwen, Kimi]),
    ("PermissionRequest", &[ClaudeCode, Qwen, Kimi]),
    ("PermissionDenied", &[ClaudeCode, Qwen]),
    ("PermissionResult", &[Kimi]),
    ("SubagentStart", &[ClaudeCode, Qwen, Kimi]),
    ("SubagentStop", &[ClaudeCode, Qwen, Kimi]),
    ("TaskCreated", &[ClaudeCode]),
    ("TaskCompleted", &[ClaudeCode]),
    ("Stop", &[ClaudeCode, Qwen, Kimi]),
    ("StopFailure", &[ClaudeCode, Qwen, Kimi]),
    ("Interrupt", &[Kimi]),
    ("SessionEnd", &[ClaudeCode, Qwen, Kimi]),
];

/// Events that the bridge understands and that are not registered: Claude Code prints a line into the
/// conversation for each hook of a compaction, and what a batch of tools did is known from the tools.
pub const UNREGISTERED: [&str; 3] = ["PreCompact", "PostCompact", "PostToolBatch"];

/// Events that older versions registered, and that install takes out.
pub const RETIRED: [&str; 1] = ["PreCompact"];

/// The events that are registered in the settings of an agent; none where it has no hooks.
pub fn events(agent: Agent) -> impl Iterator<Item = &'static str> + Clone {
    EVENTS.iter().filter(move |(_, agents)| agents.contains(&agent)).map(|(event, _)| *event)
}
