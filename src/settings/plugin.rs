//! Plugins of agents that have no settings for hooks: scripts that are ours as a whole.

use crate::agent::{Agent, HookForm, PROGRAM};
use crate::base::json::quote;

/// The plugin of an agent with this program; empty for an agent without one.
pub fn text(agent: &Agent, program: &str) -> String {
    source(agent).replace(PROGRAM, &quote(program))
}

/// A text is the plugin as this version installs it, with any program.
pub fn is_current(agent: &Agent, text: &str) -> bool {
    let around = source(agent).split_once(PROGRAM);
    let program = around.and_then(|(head, tail)| text.strip_prefix(head)?.strip_suffix(tail));
    program.is_some_and(|program| serde_json::from_str::<String>(program).is_ok())
}

fn source(agent: &Agent) -> &'static str {
    if let Some(HookForm::Plugin(source)) = agent.settings.hooks { source } else { "" }
}
