//! The refresh of facts in the background: their kinds, its limits, and starting it for the facts that are due.

use std::ffi::{OsStr, OsString};
use std::path::PathBuf;
use std::time::{Duration, Instant};

use crate::base::env::Env;
use crate::process;

/// A kind of fact.
pub struct FactKind {
    /// Its folder in our state, and its name among the arguments of a refresh.
    pub name: &'static str,
    /// Updates the fact about a subject, by [`super::fact::FactFile::refresh`].
    pub refresh: fn(subject: &OsStr, refresh: &Refresh) -> Result<(), String>,
}

/// A refresh in progress.
#[derive(Clone)]
pub struct Refresh {
    /// Environment of the render that has started it.
    pub env: Env,
    /// Folder of our state.
    pub state: PathBuf,
    /// Time of its end: processes that it starts must be gone by then.
    pub deadline: Instant,
}

/// A fact to refresh.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Due {
    /// Name of its kind.
    pub kind: &'static str,
    /// Its subject, as its kind spells it.
    pub subject: OsString,
}

/// Time limit of a refresh, `BRIDGELINE_REFRESH_MS`, by default 10 s. `None` if it is 0: then no refresh is started.
pub fn limit(env: &Env) -> Option<Duration> {
    const DEFAULT: Duration = Duration::from_secs(10);
    Some(env.ms("BRIDGELINE_REFRESH_MS").unwrap_or(DEFAULT)).filter(|limit| !limit.is_zero())
}

/// Starts one process that refreshes what is due, without waiting for it. `true` if it was started.
pub fn start(due: &[Due]) -> bool {
    let mut args = vec![OsString::from("refresh")];
    for Due { kind, subject } in due {
        args.extend([OsString::from(kind), subject.clone()]);
    }
    !due.is_empty() && process::start_detached(&args).is_ok()
}
