//! Plugins for agents that have no settings for hooks.

use crate::agent::{Agent, HookForm, PROGRAM};
use crate::base::json::quote;

/// Text of an agent's plugin. Empty for an agent without one.
pub fn text(agent: &Agent, program: &str) -> String {
    source(agent).replace(PROGRAM, &quote(program))
}

/// The text is the plugin as this version installs it, perhaps with another path of the program.
pub fn is_current(agent: &Agent, text: &str) -> bool {
    let around = source(agent).split_once(PROGRAM);
    let program = around.and_then(|(head, tail)| text.strip_prefix(head)?.strip_suffix(tail));
    program.is_some_and(|program| serde_json::from_str::<String>(program).is_ok())
}

fn source(agent: &Agent) -> &'static str {
    if let Some(HookForm::Plugin(source)) = agent.settings.hooks { source } else { "" }
}
