//! The agents that we support: how to read their payloads, and where they keep their settings.
//! A new agent takes a file here and a row in the table [`ALL`].

mod antigravity;
mod claude_code;
mod codex;
mod copilot;
mod cursor;
mod dialect;
mod gemini;
mod kimi;
pub mod model_name;
mod opencode;
mod qwen;
mod settings;
mod status;

use std::path::PathBuf;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use crate::base::env::Env;
use crate::base::json::Object;

pub use antigravity::ANTIGRAVITY;
pub use claude_code::CLAUDE_CODE;
pub use codex::{CODEX, ROLLOUT, window_of};
pub use copilot::COPILOT;
pub use cursor::CURSOR;
pub use dialect::{HookDialect, QUESTION, event_named, of_event, tool_named};
pub use gemini::GEMINI;
pub use kimi::KIMI;
pub use opencode::OPENCODE;
pub use qwen::QWEN;
pub use settings::{HookForm, LineKey, PROGRAM, Scope, SettingsFormat, SettingsSpec};
pub use status::{Context, Limit, PromptCache, PullRequest, Repo, Review, Spend, State, Status, Subagent, Usage};

/// An agent that we support.
#[derive(Debug)]
pub struct Agent {
    /// Name in `--agent` and [`Status::agent`].
    pub name: &'static str,
    /// Command that resumes a session, without the id.
    pub resume: &'static str,
    /// Maximum number of rows that the agent shows. `None` if it shows all.
    max_rows: Option<usize>,
    recognises: fn(&Object) -> bool,
    read: fn(&Object) -> Status,
    pub hooks: HookDialect,
    pub settings: SettingsSpec,
}

/// All agents. Detection tries the last one first; the first one takes what the others leave, since new agents copy its
/// payload.
pub static ALL: [&Agent; 9] = [&CLAUDE_CODE, &COPILOT, &CURSOR, &QWEN, &ANTIGRAVITY, &KIMI, &GEMINI, &OPENCODE, &CODEX];

impl Agent {
    /// The agent with that name.
    pub fn named(name: &str) -> Option<&'static Agent> {
        ALL.into_iter().find(|agent| agent.name == name)
    }

    /// This user has used the agent, judging by its settings.
    pub fn is_here(&self, env: &Env) -> bool {
        self.settings.is_here(env)
    }

    /// Paths of its settings and, if that is another file, its hooks. The files need not exist.
    pub fn files(&self, scope: Scope, env: &Env) -> impl Iterator<Item = PathBuf> {
        let file = self.settings.file(scope, env);
        let hooks = self.settings.hooks_file(scope, env).filter(|hooks| file.as_ref() != Some(hooks));
        file.into_iter().chain(hooks)
    }
}

impl PartialEq for Agent {
    fn eq(&self, other: &Agent) -> bool {
        self.name == other.name
    }
}

impl Eq for Agent {}

/// Names of the field with the session id, for a payload that cannot be parsed.
pub const SESSION_ID: [&str; 3] = ["session_id", "sessionId", "conversation_id"];

/// Reads the payload of a detected agent. `None` when it is not a JSON object, or has no field that we know.
pub fn read(payload: &str) -> Option<Status> {
    read_as(payload, None)
}

/// Reads a payload as that of the agent with this name. Without a name, or with an unknown one, the agent is
/// detected.
pub fn read_as(payload: &str, name: Option<&str>) -> Option<Status> {
    let object = Object::parse(payload)?;
    let recognised = || ALL.into_iter().rfind(|agent| (agent.recognises)(&object));
    let agent = name.and_then(Agent::named).or_else(recognised)?;
    let status = (agent.read)(&object);
    let says_something = status != Status::default();
    let model = status.model.as_deref().map(|model| model_name::short(model).into_owned());
    says_something.then_some(Status { agent: agent.name, max_rows: agent.max_rows, model, ..status })
}

/// A time from epoch seconds. `None` when it is out of the range of dates that we show.
fn epoch_seconds(seconds: f64) -> Option<SystemTime> {
    /// The year 9999, where formatting ends.
    const END: f64 = 253_402_300_799.0;
    (0.0..END).contains(&seconds).then(|| UNIX_EPOCH + Duration::from_secs_f64(seconds))
}

/// Splits a trailing effort, such as ` · low` or ` (High)`, off a model's name. `None` if the name has no such ending.
fn split_effort(name: &str) -> Option<(&str, &str)> {
    name.rsplit_once(" · ").or_else(|| name.strip_suffix(')')?.rsplit_once(" ("))
}

#[cfg(test)]
mod tests;
