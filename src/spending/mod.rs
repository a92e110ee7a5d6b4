//! Usage of all sessions: today, in a limit's window, by day, project, session and model.
//!
//! A refresh reads the new parts of all projects' transcripts into an index in `<state>/usage`, and writes the small
//! [`Summary`] `<state>/usage.json` for the line. The index has every message once, as a set whose union does not
//! depend on order ([`messages`]), so that nothing is counted twice if it is read again: after a kill, by two machines,
//! from a fork of a session. Usage stays counted when its transcript is rewritten or removed.

pub mod budget;
mod codec;
mod codex;
mod day;
mod extract;
mod gemini;
mod index;
mod jobs;
pub mod messages;
mod opencode;
pub mod prices;
pub(crate) mod project;
mod scan;
pub mod summary;
#[cfg(test)]
mod tests;
mod thread;
pub mod tokens;
pub mod transcript;
mod unlisted;
pub mod zone;

use std::ffi::OsStr;
use std::io;
use std::panic::resume_unwind;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant, SystemTime};

use self::index::{Extent, Index};
use self::messages::MessageSet;
use self::prices::Prices;
pub use self::scan::{Progress, Unreadable};
use self::summary::Summary;
use crate::agent::{Agent, CLAUDE_CODE, CODEX, GEMINI, OPENCODE};
use crate::base::env::Env;
use crate::facts::fact::{FactFile, FactLookup};
use crate::facts::refresh::{FactKind, Refresh};
use crate::store::{self, Paths, Trust};

/// The kind of fact; its value is `true` after a complete refresh.
pub const KIND: FactKind = FactKind { name: "usage", refresh: refresh_fact };

/// The agents whose sessions are counted.
pub static COUNTED: [&Agent; 4] = [&CLAUDE_CODE, &CODEX, &GEMINI, &OPENCODE];

/// Age at which the summary is refreshed.
const LIMIT: Duration = Duration::from_secs(30);

/// Longest wait of a command for a refresh of another process.
const LOCK_LIMIT: Duration = Duration::from_secs(120);

/// Longer than any scan.
const SCAN_LIMIT: Duration = Duration::from_secs(24 * 3600);

/// The file of the fact.
pub fn file(state: &Path) -> FactFile {
    FactFile::new(state, &KIND, 0, LIMIT)
}

/// The fact, and `true` if it is due.
pub fn look_up(file: &FactFile, now: SystemTime) -> FactLookup<bool> {
    file.look_up(now, |is_whole: &bool| !is_whole)
}

/// Updates index and summary, as a fact. Fails as [`refresh`] does.
fn refresh_fact(_: &OsStr, run: &Refresh) -> Result<(), String> {
    // Time for writing what was read until then.
    const RESERVE: Duration = Duration::from_secs(2);
    let left = run.deadline.saturating_duration_since(Instant::now());
    let until = Instant::now() + left.saturating_sub(RESERVE).max(left / 2);
    let compute = |_: Option<&bool>| refresh(&Paths::new(&run.env), &run.env, until).map_err(|err| err.to_string());
    file(&run.state).refresh(run.env.now, |is_whole: &bool| !is_whole, compute)
}

/// Updates index and summary until `until`, newest transcripts first. It may be killed at any time: what was not
/// written is read again. Returns `false` if the next refresh must continue: time was up, or some transcripts could not
/// be read.
///
/// # Errors
/// There is no state folder, or it cannot be read or written.
pub fn refresh(paths: &Paths, env: &Env, until: Instant) -> io::Result<bool> {
    let done = recent(paths, env, until)?;
    Ok(done.is_none_or(|(_, update)| update.complete && update.unreadable.is_empty()))
}

/// The same. Returns the messages of the last days; `None` if another process is updating it.
///
/// # Errors
/// As [`refresh`].
pub fn load_recent(paths: &Paths, env: &Env, until: Instant) -> io::Result<Option<MessageSet>> {
    Ok(recent(paths, env, until)?.map(|(index, _)| index.messages))
}

/// `None` if another process is updating it.
fn recent(paths: &Paths, env: &Env, until: Instant) -> io::Result<Option<(Index, scan::Update)>> {
    match update(paths, env, (Extent::Recent, Duration::ZERO, until), &mut |_, _| {}) {
        Err(err) if err.kind() == io::ErrorKind::WouldBlock => Ok(None),
        done => done.map(Some),
    }
}

/// Another process is updating the index.
pub fn is_busy(paths: &Paths) -> bool {
    paths.state.as_deref().is_some_and(|state| store::Lock::is_held(&index::lock_path(&folder(state))))
}

/// Updates index and summary without a time limit. Returns all messages, and the transcripts that could not be read.
/// Calls `progress` with the number of bytes read and the total.
///
/// # Errors
/// There is no state folder, it cannot be read or written, or another process is refreshing it for minutes.
pub fn load(paths: &Paths, env: &Env, progress: &mut Progress) -> io::Result<(MessageSet, Unreadable)> {
    let limits = (Extent::All, LOCK_LIMIT, Instant::now() + SCAN_LIMIT);
    let (index, update) = update(paths, env, limits, progress)?;
    Ok((index.messages, update.unreadable))
}

fn update(
    paths: &Paths, env: &Env, (extent, lock_limit, until): (Extent, Duration, Instant), progress: &mut Progress,
) -> io::Result<(Index, scan::Update)> {
    let none = "no state folder: set HOME or BRIDGELINE_STATE_DIR";
    let state = paths.state.as_deref().ok_or_else(|| io::Error::new(io::ErrorKind::NotFound, none))?;
    let folder = folder(state);
    let lock = index::lock(&folder, env.now, lock_limit)?;
    let (mut index, found) = std::thread::scope(|scope| {
        let found = scope.spawn(|| jobs::find(Extent::Recent, env));
        let index = Index::open(&folder, lock, extent, env.now)?;
        io::Result::Ok((index, found.join().unwrap_or_else(|panic| resume_unwind(panic))))
    })?;
    let update = scan::update(&mut index, found, env, until, progress)?;
    let (prices, zone) = (prices(paths).0, zone::local(env));
    for agent in COUNTED {
        let path = summary_path(state, agent.name);
        if agent == &CLAUDE_CODE || index.messages.has(agent) || path.exists() {
            let summary = Summary::new(&index.messages, agent, &prices, &zone, env.now);
            let text = serde_json::to_string(&summary).map_err(io::Error::other)?;
            store::replace(&path, text.as_bytes(), store::Patience::HOOK)?;
        }
    }
    Ok((index, update))
}

/// The messages in the index of another state folder, as it is. `None` without an index.
///
/// # Errors
/// A file cannot be read, or is damaged or from another version.
pub fn read(state: &Path) -> io::Result<Option<MessageSet>> {
    index::read_all(&folder(state))
}

/// The folder of the index.
fn folder(state: &Path) -> PathBuf {
    state.join("usage")
}

/// The prices for this user, and the mistakes in the user's own.
pub fn prices(paths: &Paths) -> (Prices, Vec<String>) {
    let user = paths.prices.as_deref();
    let user = user.and_then(|path| store::read_text(path, Trust::Lenient, store::MAX_STATE).ok());
    Prices::with_override(user.as_deref())
}

/// The path of the summary for an agent's lines, by its name. Agents that are not counted use that of Claude Code.
pub fn summary_path(state: &Path, agent: &str) -> PathBuf {
    match by_index(agent) {
        Some(agent) => state.join(format!("usage-{}.json", agent.name)),
        None => state.join("usage.json"),
    }
}

/// The databases of OpenCode that this program was built without a reader for.
pub fn unread(env: &Env) -> Vec<PathBuf> {
    let found = if cfg!(feature = "opencode") { Vec::new() } else { opencode::files(env) };
    found.into_iter().map(|found| found.path).collect()
}

/// The agent with that name, if only the index has the cost of its sessions.
pub fn by_index(name: &str) -> Option<&'static Agent> {
    COUNTED[1..].iter().copied().find(|agent| agent.name == name)
}
