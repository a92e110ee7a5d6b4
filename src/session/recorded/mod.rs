//! The latest facts of a session in its agent's own file: for agents whose hooks report little, such as Codex and
//! Gemini CLI. Only the end of the file is read, and any line may be long or incomplete.

mod codex;
mod gemini;
mod lines;

use std::path::PathBuf;

use crate::agent::{self, Context, State, Status, model_name};
use crate::base::env::Env;
use crate::base::format;
use crate::base::json::Object;
use crate::base::text::Text;
use crate::base::width::cut;
use crate::session::tasks::Task;

/// The latest facts of a session.
#[derive(Debug, Default, PartialEq)]
pub struct Recorded {
    /// Name, model, effort, mode, context, tokens and limits; the rest is unknown.
    pub status: Status,
    /// The plan of the last turn.
    pub plan: Vec<Task>,
    /// State of the main conversation. `None` if the end of the file does not show it.
    pub turn: Option<Turn>,
}

/// The last event of a turn in a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Turn {
    pub state: State,
    /// Time when it was written, in epoch milliseconds.
    pub at_ms: u64,
    /// Message of the error that ended the turn.
    pub error: Option<String>,
}

/// The facts in the file of a payload's session. `None` for an agent whose file is not read here, and if the file is
/// missing or unreadable.
pub fn latest(status: &Status, env: &Env) -> Option<Recorded> {
    let path = || status.transcript_path.as_deref().map(PathBuf::from);
    let mut found = match status.agent {
        "codex" => {
            let thread = status.session_id.as_deref()?;
            let home = || agent::CODEX.settings.folder(env);
            codex::read(&path().or_else(|| codex::find(&home()?, thread))?, thread)?
        }
        "gemini" => gemini::read(&path()?)?,
        _ => return None,
    };
    found.status.model = found.status.model_id.as_deref().map(|id| model_name::short(id).into_owned());
    Some(found)
}

impl Recorded {
    /// Fills the gaps of an agent's payload with these facts. The tokens in the context are always those of the file,
    /// which is written at each response.
    #[must_use]
    pub fn complete(&mut self, said: Status) -> Status {
        let found = std::mem::take(&mut self.status);
        let is_known = found.context != Context::default();
        Status {
            session_name: said.session_name.or(found.session_name),
            model: said.model.or(found.model),
            model_id: said.model_id.or(found.model_id),
            effort: said.effort.or(found.effort),
            mode: said.mode.or(found.mode),
            limits: said.limits.or(found.limits),
            session_usage: found.session_usage.or(said.session_usage),
            usage: if is_known { found.usage } else { said.usage },
            context: if is_known { found.context } else { said.context },
            ..said
        }
    }
}

/// The time of a line, in epoch milliseconds.
fn time(line: &Object) -> Option<u64> {
    humantime::parse_rfc3339(&line.string("timestamp")?).ok().map(format::epoch_ms)
}

/// Text to show, sanitised and shortened. `None` if nothing of it is visible.
fn shown(object: &Object, name: &str) -> Option<String> {
    /// Maximum width in columns.
    const LONGEST: usize = 200;
    object.text(name).map(|text| cut(Text::new(text).as_str(), LONGEST))
}

#[cfg(test)]
mod tests;
