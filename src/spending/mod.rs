//! What all sessions used: today, in a limit's window, by day, project, session and model.
//!
//! A refresh reads what is new in the transcripts of all projects into an index below
//! `<state>/usage`, and leaves for the line the small [`Summary`] `<state>/usage.json`. The index
//! holds every message once, as a set whose union does not depend on order ([`history`]), so that
//! nothing is counted twice whatever is read again: after a kill, by two machines, from a fork of a
//! session. What was used stays counted when its transcript is rewritten or goes.

mod bytes;
mod day;
pub mod history;
mod index;
pub mod prices;
mod project;
mod scan;
pub mod summary;
#[cfg(test)]
mod tests;
pub mod transcript;
mod unlisted;
pub mod zone;

use std::ffi::OsStr;
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant, SystemTime};

use self::history::History;
use self::index::{Days, Index};
use self::prices::Prices;
use self::scan::Listing;
use self::summary::Summary;
use crate::base::env::Env;
use crate::facts::fact::{FactFile, FactLookup};
use crate::facts::refresh::{FactKind, Refresh};
use crate::store::{self, Paths, Trust};

/// What a refresh came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refreshed {
    /// Index and summary hold all there is.
    Whole,
    /// Time was up, or some transcripts could not be read: the next refresh goes on from here.
    Partly,
    /// Another process is at it; nothing was done.
    Elsewhere,
}

/// The kind of fact: whether the summary was brought up to date, and when.
pub const KIND: FactKind = FactKind { name: "usage", refresh: refresh_fact };

/// How old the summary may get before it is brought up to date.
const LIMIT: Duration = Duration::from_secs(30);

/// The file of that fact.
pub fn file(state: &Path) -> FactFile {
    FactFile::new(state, &KIND, 0, LIMIT)
}

/// When the summary was last brought up to date (whether wholly is its value), and whether it is time again.
pub fn look_up(file: &FactFile, now: SystemTime) -> FactLookup<bool> {
    file.look_up(now, |is_whole: &bool| !is_whole)
}

/// Brings index and summary up to date, as a fact. Fails as [`refresh`] does.
fn refresh_fact(_: &OsStr, run: &Refresh) -> Result<(), String> {
    // Time for writing down what was read until then.
    const RESERVE: Duration = Duration::from_secs(2);
    let left = run.deadline.saturating_duration_since(Instant::now());
    let until = Instant::now() + left.saturating_sub(RESERVE).max(left / 2);
    file(&run.state).refresh(
        run.env.now,
        |is_whole: &bool| !is_whole,
        |_| {
            let done = refresh(&Paths::new(&run.env), &run.env, until).map_err(|err| err.to_string())?;
            Ok(done != Refreshed::Partly)
        },
    )
}

/// How long a command waits for a refresh of another process.
const LOCK_LIMIT: Duration = Duration::from_secs(120);

/// Brings the index and the summary up to date, `until` then, the newest transcripts first. It may be
/// killed at any instant: what was not written down is read again.
///
/// # Errors
/// There is no state folder, or it cannot be read or written.
pub fn refresh(paths: &Paths, env: &Env, until: Instant) -> io::Result<Refreshed> {
    let state = state(paths)?;
    let mut index = match Index::open(&folder(state), Days::Recent, env.now, Duration::ZERO) {
        Err(err) if err.kind() == io::ErrorKind::WouldBlock => return Ok(Refreshed::Elsewhere),
        index => index?,
    };
    let report = scan::update(&mut index, &scan::roots(env), Listing::Near, until, &mut |_, _| {})?;
    summarise(&index, paths, state, env)?;
    let is_whole = report.complete && report.unreadable.is_empty();
    Ok(if is_whole { Refreshed::Whole } else { Refreshed::Partly })
}

/// All that is known, brought up to date.
pub struct Loaded {
    /// Every message.
    pub history: History,
    /// Transcripts that could not be read, and why.
    pub unreadable: Vec<(PathBuf, io::Error)>,
}

/// Brings index and summary up to date however long that takes, and reads all of it. `progress` is
/// told how many bytes are read, and of how many.
///
/// # Errors
/// There is no state folder, it cannot be read or written, or another process refreshes it for minutes.
pub fn load(paths: &Paths, env: &Env, progress: &mut dyn FnMut(u64, u64)) -> io::Result<Loaded> {
    /// Longer than any scan.
    const LIMIT: Duration = Duration::from_secs(24 * 3600);
    let state = state(paths)?;
    let mut index = Index::open(&folder(state), Days::All, env.now, LOCK_LIMIT)?;
    let report =
        scan::update(&mut index, &scan::roots(env), Listing::Whole, Instant::now() + LIMIT, progress)?;
    summarise(&index, paths, state, env)?;
    Ok(Loaded { history: index.into_history(), unreadable: report.unreadable })
}

/// What the index in another state folder holds, as it stands there. `None` when there is no index.
///
/// # Errors
/// A file of it cannot be read, or is damaged or of another version.
pub fn read(state: &Path) -> io::Result<Option<History>> {
    index::read_all(&folder(state))
}

/// The prices that count for this user, and what was wrong with the user's own.
pub fn prices(paths: &Paths) -> (Prices, Vec<String>) {
    let user = paths.prices.as_deref();
    let user = user.and_then(|path| store::read_text(path, Trust::Lenient, store::MAX_STATE).ok());
    Prices::with_override(user.as_deref())
}

/// The summary, `<state>/usage.json`.
pub fn summary_path(state: &Path) -> PathBuf {
    state.join("usage.json")
}

fn summarise(index: &Index, paths: &Paths, state: &Path, env: &Env) -> io::Result<()> {
    let (prices, _) = prices(paths);
    let summary = Summary::new(index.history(), &prices, &zone::local(env), env.now);
    let text = serde_json::to_string(&summary).map_err(io::Error::other)?;
    store::replace(&summary_path(state), text.as_bytes(), store::Patience::HOOK)
}

fn folder(state: &Path) -> PathBuf {
    state.join("usage")
}

fn state(paths: &Paths) -> io::Result<&Path> {
    let none = "no folder for state: set HOME or BRIDGELINE_STATE_DIR";
    paths.state.as_deref().ok_or_else(|| io::Error::new(io::ErrorKind::NotFound, none))
}
