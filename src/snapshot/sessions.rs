//! The known sessions, each rebuilt from its cache: all of them, or the one that belongs to a folder.

use std::cmp::Reverse;
use std::path::Path;
use std::time::Duration;

use super::Snapshot;
use crate::agent::State;
use crate::base::env::Env;
use crate::base::pid;
use crate::session::cache::{self, Cache};
use crate::session::register::{self, RegisterEntry};
use crate::store::{Paths, SessionId};

/// Maximum number of sessions per folder whose files are read, newest first.
const MAX_NEAR: usize = 8;

/// The sessions: waiting ones first, then those at work, then the others, each group with the most recently active
/// first.
pub fn all(ended: bool, env: &Env, paths: &Paths) -> Vec<Snapshot> {
    let caches = paths.state.iter().flat_map(|state| cache::newest(state));
    let sessions = caches.filter_map(|cache| Snapshot::remembered(cache, env, paths));
    let mut sessions: Vec<Snapshot> = sessions.filter(|session| ended || is_live(session)).collect();
    sessions.sort_by_key(|session| (rank(session), session.silence()));
    sessions
}

fn rank(session: &Snapshot) -> usize {
    match session.state().map(|(state, _)| state) {
        Some(State::Waiting) => 0,
        Some(State::Working) => 1,
        Some(State::Idle) => 2,
        None => 3,
        Some(State::Ended) => 4,
    }
}

/// The session that belongs to `dir`: the nearest one that was started in it or above it, and of several there the most
/// recently active one. Not one that has ended, or has been silent for longer than `idle`, unless it waits for an
/// answer.
pub fn nearest(dir: &Path, idle: Duration, env: &Env, paths: &Paths) -> Option<Snapshot> {
    let entries = register::read(paths.state.as_deref()?).into_iter();
    let mut near: Vec<_> = entries.filter_map(|entry| Some((entry.nearness(dir)?, entry))).collect();
    near.sort_by_key(|(nearness, _)| Reverse(*nearness));
    near.retain(|(_, entry)| entry.pid.is_none_or(pid::is_alive));
    near.truncate(MAX_NEAR);
    near.chunk_by(|(a, _), (b, _)| a == b).find_map(|equals| {
        let sessions = equals.iter().filter_map(|(_, entry)| remembered(entry, env, paths));
        sessions.filter(|session| speaks(session, idle)).min_by_key(Snapshot::silence)
    })
}

/// The live sessions of the register, the newest first.
pub fn registered(env: &Env, paths: &Paths) -> Vec<Snapshot> {
    let entries = paths.state.as_deref().map(register::read).unwrap_or_default();
    let sessions = entries.iter().filter_map(|entry| remembered(entry, env, paths));
    sessions.filter(is_live).collect()
}

fn remembered(entry: &RegisterEntry, env: &Env, paths: &Paths) -> Option<Snapshot> {
    let id = SessionId::new(&entry.session)?;
    Snapshot::remembered(Cache::read(&cache::CACHE.path(paths.state.as_deref()?, &id))?, env, paths)
}

/// A session that has not ended, as far as is known.
pub fn is_live(session: &Snapshot) -> bool {
    !session.state().is_some_and(|(state, _)| state == State::Ended)
}

fn speaks(session: &Snapshot, idle: Duration) -> bool {
    let waits = session.state().is_some_and(|(state, _)| state == State::Waiting);
    is_live(session) && (waits || session.silence().is_none_or(|silence| silence <= idle))
}
