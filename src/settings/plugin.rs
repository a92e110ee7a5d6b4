//! Plugins for agents that have no settings for hooks.

use crate::agent::{Agent, HookForm, PROGRAM};
use crate::base::json::quote;

/// Text of an agent's plugin. Empty for an agent without one.
pub fn text(agent: &Agent, program: &str) -> String {
    source(agent).replace(PROGRAM, &quote(program))
}

/// The program that a plugin starts. `None` if the text is not the plugin as this version installs it.
pub fn program(agent: &Agent, text: &str) -> Option<String> {
    let (head, tail) = source(agent).split_once(PROGRAM)?;
    serde_json::from_str(text.strip_prefix(head)?.strip_suffix(tail)?).ok()
}

fn source(agent: &Agent) -> &'static str {
    if let Some(HookForm::Plugin(source)) = agent.settings.hooks { source } else { "" }
}
