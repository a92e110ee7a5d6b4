//! What agents say of a session. One adapter file per agent turns its payload into a [`Status`];
//! the table below finds the adapter by what the payload holds.

mod antigravity;
mod claude_code;
mod copilot;
mod cursor;
mod kimi;
pub mod model_name;
mod qwen;
mod status;

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use crate::base::json::Object;

pub use status::{
    Context, Limit, PromptCache, PullRequest, Repo, Review, Spend, State, Status, Subagent, Usage, Vcs,
};

/// An agent whose payload we understand.
pub struct Adapter {
    /// As in `--agent` and [`Status::agent`].
    pub name: &'static str,
    /// Rows that the agent shows at most. `None` where it shows all.
    max_rows: Option<usize>,
    /// Whether a payload is by this agent. Adapters are asked in the order of [`ALL`].
    recognises: fn(&Object) -> bool,
    read: fn(&Object) -> Status,
}

/// All agents; the last one takes what the others leave, since newcomers copy its payload.
pub const ALL: &[Adapter] = &[
    Adapter {
        name: "antigravity",
        max_rows: None,
        recognises: antigravity::recognises,
        read: antigravity::read,
    },
    Adapter { name: "kimi", max_rows: Some(1), recognises: kimi::recognises, read: kimi::read },
    Adapter { name: "cursor", max_rows: None, recognises: cursor::recognises, read: cursor::read },
    Adapter { name: "copilot", max_rows: None, recognises: copilot::recognises, read: copilot::read },
    Adapter { name: "qwen", max_rows: Some(2), recognises: qwen::recognises, read: qwen::read },
    Adapter { name: "claude-code", max_rows: None, recognises: |_| true, read: claude_code::read },
];

/// The names of the field that holds the session's id, for a payload that cannot be read as a whole.
pub const SESSION_ID: [&str; 3] = ["session_id", "sessionId", "conversation_id"];

/// Reads a payload, by the agent that it tells of itself. `None` when it is no JSON object, or says
/// nothing that we know.
pub fn read(payload: &str) -> Option<Status> {
    read_as(payload, None)
}

/// Reads a payload as by the agent of that name. Without a name, or with one that is not in [`ALL`],
/// as [`read`].
pub fn read_as(payload: &str, name: Option<&str>) -> Option<Status> {
    let object = Object::parse(payload)?;
    let named = name.and_then(|name| ALL.iter().find(|adapter| adapter.name == name));
    let adapter = named.or_else(|| ALL.iter().find(|adapter| (adapter.recognises)(&object)))?;
    let status = (adapter.read)(&object);
    let says_something = status != Status::default();
    let model = status.model.as_deref().map(|model| model_name::short(model).into_owned());
    says_something.then_some(Status { agent: adapter.name, max_rows: adapter.max_rows, model, ..status })
}

/// An instant from epoch seconds. `None` when it is out of the range of dates that we show.
fn epoch_seconds(seconds: f64) -> Option<SystemTime> {
    /// The year 9999, where formatting ends.
    const END: f64 = 253_402_300_799.0;
    (0.0..END).contains(&seconds).then(|| UNIX_EPOCH + Duration::from_secs_f64(seconds))
}

/// A model's name without the effort that stands behind it, as ` · low` or ` (High)`, and that effort.
/// `None` where nothing stands there that could be one.
fn split_effort(name: &str) -> Option<(&str, &str)> {
    name.rsplit_once(" · ").or_else(|| name.strip_suffix(')')?.rsplit_once(" ("))
}

#[cfg(test)]
mod tests;
