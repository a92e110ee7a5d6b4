//! All that is known about a session at one instant. Segments read it as plain data; anything expensive is read by
//! [`sources`] at its first use.

pub mod sample;
pub mod sessions;
mod sources;
mod state;
mod totals;

use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use crate::agent::{Agent, Context, Status};
use crate::base::env::Env;
use crate::base::format::epoch_ms;
use crate::base::pid;
use crate::session::appearance::Appearance;
use crate::session::cache::Cache;
use crate::session::history::{Forecast, PayloadHistory};
use crate::session::listing::Listings;
use crate::session::recorded;
use crate::spending::zone;
use crate::store::{Paths, SessionId};
use sources::Sources;

pub use sources::Given;

/// A session whose process is unknown counts as gone after this much silence.
const SILENCE: Duration = Duration::from_secs(24 * 3600);

/// A session that was active this recently exists even if its lock is not found: the agent may have moved it.
const RECENT: Duration = Duration::from_secs(60);

/// Data that a run keeps for the next: the numbers of the last payloads, and listed folders.
pub type Kept = (PayloadHistory, Listings);

/// The session, for the segments.
pub struct Snapshot {
    /// The agent's payload.
    pub status: Status,
    /// The instant that ages and countdowns are measured from.
    pub now: SystemTime,
    /// The session id. `None` if it must not be part of a file name.
    pub session: Option<SessionId>,
    /// Time of the agent's last payload. `None` for just now.
    pub heard: Option<SystemTime>,
    /// The agent's process is known to be gone, or has been silent for a day.
    pub gone: bool,
    /// Background of its terminal, for a remembered session.
    pub appearance: Option<Appearance>,
    history: PayloadHistory,
    fallback_dir: Option<PathBuf>,
    env: Env,
    sources: Sources,
}

impl Snapshot {
    /// The session of `status`, with the data kept by the last run.
    #[inline(never)]
    pub fn new(status: Status, env: &Env, paths: &Paths, (history, listings): Kept) -> Self {
        let session = status.session_id.as_deref().and_then(SessionId::new);
        let sources = Sources::new(session.as_ref(), env, paths, listings);
        // Only if the agent names no directory: it costs a system call.
        let fallback_dir = if status.cwd.is_none() { env.current_dir() } else { None };
        let snapshot = Snapshot::alone(status, env, history, sources);
        Snapshot { session, fallback_dir, ..snapshot }.without_old_context()
    }

    fn alone(status: Status, env: &Env, history: PayloadHistory, sources: Sources) -> Self {
        Snapshot {
            status,
            now: env.now,
            session: None,
            heard: None,
            gone: false,
            appearance: None,
            history,
            fallback_dir: None,
            env: env.clone(),
            sources,
        }
    }

    /// Without the agent's numbers of a context that has been cleared since, and of the response before that.
    fn without_old_context(mut self) -> Self {
        if let Some(cleared) = self.ours().and_then(|ours| ours.cleared)
            && (self.heard.is_some_and(|heard| epoch_ms(heard) <= cleared.at_ms)
                || self.history.said_before(&self.status, cleared.at_ms))
        {
            self.status.context = Context::default();
        }
        self
    }

    /// Rebuilds a session from its cache, for prompts and `sessions`. `None` if the cache has no valid payload. Costs a
    /// system call if the agent's process is known, and three if it has a lock.
    pub fn remembered(cache: Cache, env: &Env, paths: &Paths) -> Option<Self> {
        let status = cache.status()?;
        let age = cache.age(env.now);
        // Hooks name the session file; what is not kept in a file is not locked either.
        let may_be_locked = status.transcript_path.is_some() || !cache.is_by_hook();
        let status = Status { cwd: status.cwd.clone().or(cache.cwd), ..status };
        let snapshot = Snapshot::new(status, env, paths, (cache.history, cache.listings));
        let is_there = cache.pid.map(pid::is_alive).or_else(|| {
            let agent = Agent::named(snapshot.status.agent).filter(|_| may_be_locked)?;
            let is_open = agent.has_open(&snapshot.status, env)?;
            Some(is_open || age.is_some_and(|age| age <= RECENT))
        });
        let gone = !is_there.unwrap_or_else(|| age.is_some_and(|age| age <= SILENCE));
        let heard = SystemTime::UNIX_EPOCH.checked_add(Duration::from_millis(cache.at_ms));
        let appearance = cache.appearance.and_then(|known| known.told);
        Some(Snapshot { heard, gone, appearance, ..snapshot }.without_old_context().with_recorded())
    }

    /// With the facts in the agent's own file, if that is supported: see [`recorded`].
    #[must_use]
    pub fn with_recorded(mut self) -> Self {
        self.sources.recorded = recorded::latest(&self.status, &self.env).map(|mut found| {
            self.status = found.complete(std::mem::take(&mut self.status));
            Box::new(found)
        });
        self
    }

    /// Facts were found in the agent's own file.
    pub fn is_recorded(&self) -> bool {
        self.sources.recorded.is_some()
    }

    /// Working directory of the session.
    pub fn dir(&self) -> Option<&Path> {
        self.status.cwd.as_deref().map(Path::new).or(self.fallback_dir.as_deref())
    }

    /// A variable of the environment. `None` when it is unset or empty.
    pub fn variable(&self, name: &str) -> Option<String> {
        self.env.var(name)
    }

    /// Name of the machine, without its domain.
    pub fn host_name(&self) -> Option<String> {
        let name = self.env.host_name()?;
        Some(name.split('.').next().unwrap_or(&name).to_owned()).filter(|name| !name.is_empty())
    }

    /// Local time of the user: by `TZ`, else the time zone of the system.
    pub fn local_time(&self) -> Option<jiff::ZonedDateTime> {
        self.local_time_of(self.now)
    }

    /// An instant in the time zone of the user.
    pub fn local_time_of(&self, at: SystemTime) -> Option<jiff::ZonedDateTime> {
        Some(jiff::Timestamp::try_from(at).ok()?.to_zoned_datetime(zone::local(&self.env)))
    }

    /// Time since an instant in epoch milliseconds. `None` if it is in the future.
    pub fn since_ms(&self, then: u64) -> Option<Duration> {
        self.now.duration_since(SystemTime::UNIX_EPOCH + Duration::from_millis(then)).ok()
    }

    /// Time until `then`; `None` when it has passed.
    pub fn until(&self, then: SystemTime) -> Option<Duration> {
        then.duration_since(self.now).ok().filter(|left| !left.is_zero())
    }

    /// Output tokens per second of the last response, and `true` if that is an estimate.
    pub fn speed(&self) -> Option<(f64, bool)> {
        self.history.speed(&self.status, self.now)
    }

    /// Time until `full` percent of the context is used, if recent growth is steady.
    pub fn forecast(&self, full: f64) -> Option<Forecast> {
        let history = self.history.clone().with(&self.status, self.now);
        history.forecast(full / 100.0 * self.status.context.size? as f64, self.now)
    }

    /// History and listings as of this run, for the next.
    pub fn into_kept(self) -> Kept {
        (self.history.with(&self.status, self.now), self.sources.listings.into_inner())
    }
}
