//! Our own cache of a session: the last payload, its time, and the last good line. Written by render, after the line is
//! out, and by hooks for a session that no statusline shows; read by render, prompts and hooks.

use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::appearance::KnownAppearance;
use super::history::PayloadHistory;
use super::listing::Listings;
use super::register::EntryStamp;
use crate::agent::{self, Status};
use crate::base::env::Env;
use crate::base::json::Object;
use crate::store::{self, KeyedFile, Patience, SessionId, Trust};

/// Our own cache of a session.
pub const CACHE: KeyedFile = KeyedFile::State(FOLDER);

/// Mark of a session that has ended and was hidden from the list.
pub const HIDDEN: KeyedFile = KeyedFile::State("hidden");

/// Folder of the state that holds all caches.
const FOLDER: &str = "sessions";

/// The agent's own cost of a session, for cost trackers.
pub const HARNESS_COST: KeyedFile = KeyedFile::Shared("harness-cost-");

/// Age at which an unchanged cache is written again, so that its time shows whether the session is alive (hooks trust
/// it for 60 s).
const REFRESH: Duration = Duration::from_secs(30);

/// Maximum size of a payload that is kept, in bytes: one is about 2 KiB.
const MAX_PAYLOAD: usize = 64 * 1024;

/// Mark at the beginning of a payload made from hook events.
const BY_HOOK: &str = r#"{"by_hook":true}"#;

/// Maximum number of files that are read among all sessions, newest first.
const MAX_CANDIDATES: usize = 200;

/// The data kept of a session.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Cache {
    /// Time when the payload arrived, in epoch milliseconds.
    pub at_ms: u64,
    /// Name of the agent that sent the payload.
    pub agent: Option<String>,
    /// The agent's process. `None` if unknown.
    pub pid: Option<u32>,
    /// The tmux pane that it runs in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pane: Option<Pane>,
    /// Stamp of its entry in the register of sessions. `None` if it could not be written.
    pub listed: Option<EntryStamp>,
    /// Working directory of the session.
    pub cwd: Option<String>,
    /// The last good line, without colours.
    pub line: String,
    /// The last payload as received. `None` if it was very large.
    pub payload: Option<Box<RawValue>>,
    /// Background of its terminal.
    pub appearance: Option<KnownAppearance>,
    /// The last payloads in numbers.
    pub history: PayloadHistory,
    /// Folders listed for it.
    pub listings: Listings,
    /// Content of the session's harness-cost file. `None` if it was never written.
    pub harness: Option<HarnessCost>,
}

/// A tmux pane.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pane {
    /// Its id, such as `%3`: a server gives each only once.
    pub id: String,
    /// The server: path of its socket and its process, separated by a comma.
    pub server: String,
}

impl Pane {
    /// The pane that this environment is from.
    pub fn of(env: &Env) -> Option<Self> {
        let id = env.var("TMUX_PANE")?;
        // The rest is the number of a tmux session.
        Some(Pane { id, server: env.var("TMUX")?.rsplit_once(',')?.0.to_owned() })
    }
}

/// The content of `harness-cost-<sid>.json`: the agent's own cost, for cost trackers.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct HarnessCost {
    /// Time when the agent reported it, in epoch seconds.
    pub ts: u64,
    /// USD.
    pub cost_usd: f64,
}

impl Cache {
    /// The cache at `path`. `None` if it is missing or invalid.
    pub fn read(path: &Path) -> Option<Self> {
        let text = store::read_text(path, Trust::Strict, store::MAX_STATE).ok()?;
        serde_json::from_str(&text).ok()
    }

    /// Reads its payload as that of its agent. `None` if it has no valid payload.
    pub fn status(&self) -> Option<Status> {
        agent::read_as(self.payload.as_ref()?.get(), self.agent.as_deref())
    }

    /// With this payload, unless that is very large.
    #[must_use]
    pub fn with_payload(self, payload: &str, old: Option<&Cache>) -> Self {
        let kept = old.and_then(|old| old.payload.as_ref()).filter(|kept| is_equal(kept.get(), payload));
        let is_small = payload.len() <= MAX_PAYLOAD;
        // An equal payload need not be parsed again.
        let parsed = || RawValue::from_string(payload.to_owned()).ok().filter(|_| is_small);
        Cache { payload: kept.cloned().or_else(parsed), ..self }
    }

    /// With a payload made from the content of a hook event, completed by that of earlier ones.
    #[must_use]
    pub fn with_session(self, told: &Object) -> Self {
        let before = self.payload_text().and_then(Object::parse).unwrap_or_default();
        let mut payload = Object::parse(BY_HOOK).unwrap_or_default();
        payload.complete(told);
        payload.complete(&before);
        let text = payload.to_string();
        self.with_payload(&text, None)
    }

    /// `true` if its payload was made by a hook and no statusline has received one.
    pub fn is_by_hook(&self) -> bool {
        self.payload_text().is_some_and(|payload| payload.starts_with(&BY_HOOK[..BY_HOOK.len() - 1]))
    }

    /// Time since it was written; `None` if its time is invalid.
    pub fn age(&self, now: SystemTime) -> Option<Duration> {
        store::age_of_ms(self.at_ms, now)
    }

    /// It must be written, unless `old`, the present one, is equal and recent.
    pub fn is_due(&self, old: Option<&Cache>, now: SystemTime) -> bool {
        let recent = |old: &Cache| old.age(now).is_some_and(|age| age < REFRESH);
        !old.is_some_and(|old| recent(old) && self.says_the_same(old))
    }

    /// Writes it. A failure is ignored: the next render tries again.
    pub fn save(&self, path: &Path) {
        if let Ok(json) = serde_json::to_vec(self) {
            _ = store::replace(path, &json, Patience::RENDER);
        }
    }

    fn says_the_same(&self, other: &Cache) -> bool {
        let [ours, theirs] = [self, other].map(|cache| {
            let Cache { line, agent, pid, pane, listed, cwd, history, listings, harness, .. } = cache;
            (line, agent, pid, pane, listed, cwd, history, listings, harness)
        });
        let [one, two] = [self, other].map(|cache| cache.payload_text().unwrap_or(""));
        ours == theirs && is_equal(one, two)
    }

    /// The last payload as received. `None` if it was very large.
    fn payload_text(&self) -> Option<&str> {
        self.payload.as_deref().map(RawValue::get)
    }
}

/// Like `==`, which musl's C library computes byte by byte.
fn is_equal(one: &str, other: &str) -> bool {
    memchr::arch::all::is_equal(one.as_bytes(), other.as_bytes())
}

/// The cache of a session by its id; `last` is the newest one with the payload of a statusline.
pub fn named(id: &str, state: &Path) -> Option<Cache> {
    match id {
        "last" => newest(state).find(|cache| cache.payload.is_some() && !cache.is_by_hook()),
        id => SessionId::new(id).and_then(|id| Cache::read(&CACHE.path(state, &id))),
    }
}

/// Hides a session that has ended from the list, until it is active again.
///
/// # Errors
/// The mark cannot be written.
pub fn hide(session: &SessionId, state: &Path) -> io::Result<()> {
    store::replace(&HIDDEN.path(state, session), b"{}", Patience::RENDER)
}

/// The session was hidden, and has not been active since.
pub fn is_hidden(session: &SessionId, state: &Path) -> bool {
    let stamp = |kind: KeyedFile| store::stamp(&kind.path(state, session));
    stamp(HIDDEN).is_some_and(|hidden| stamp(CACHE).is_none_or(|heard| heard <= hidden))
}

/// Path of the folder that holds all caches.
pub fn folder(state: &Path) -> PathBuf {
    state.join(FOLDER)
}

/// The newest caches, the newest first, at most [`MAX_CANDIDATES`]. Costs a stat for each file.
pub fn newest(state: &Path) -> impl Iterator<Item = Cache> + use<> {
    let folder = folder(state);
    let paths = store::paths_in(&folder, |name| name.ends_with(".json"));
    let mut dated: Vec<_> = paths.filter_map(|path| Some((store::stamp(&path)?, path))).collect();
    dated.sort_by(|a, b| b.cmp(a));
    dated.into_iter().take(MAX_CANDIDATES).filter_map(|(_, path)| Cache::read(&path))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_payload_is_that_of_the_agent_which_sent_it() {
        let payload = || RawValue::from_string(r#"{"session_id":"a","model":{"id":"m"}}"#.to_owned()).ok();
        let check = |agent: Option<&str>, expected| {
            let cache = Cache { agent: agent.map(str::to_owned), payload: payload(), ..Cache::default() };
            assert_eq!(cache.status().map(|status| status.agent), Some(expected), "{agent:?}");
        };
        check(None, "claude-code");
        check(Some("qwen"), "qwen");
        assert!(Cache::default().status().is_none());
    }
}
