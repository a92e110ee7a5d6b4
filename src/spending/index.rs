//! The index: a file for the messages of each day, `sessions` with further facts about each session, and `files` with
//! the read position in each transcript. One process at a time changes it, under the kernel's lock.
//!
//! Days and sessions are written before `files`: what was read but not written is read again. A day's
//! file counts its revisions, and `files` holds them, so that a missing or outdated day (after a full disk or power
//! cut) is noticed. Then all transcripts are read again to complete the index.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::codec::{self, take, take_number};
use super::day;
use super::messages::{MessageRecord, MessageSet, SessionInfo};
use super::thread::Thread;
use super::transcript::bookmark::Bookmark;
use super::transcript::keys::{MessageKey, hash};
use crate::base::format::epoch_ms;
use crate::store::{self, Absent, Found, Lock, Patience, Trust};

/// With another version, all transcripts are read again into the existing days.
const FORMAT: &str = "bridgeline usage files 5\n";
const SESSIONS_FORMAT: &str = "bridgeline usage sessions 2\n";
/// Without agents: all sessions were Claude Code's.
const SESSIONS_FORMAT_1: &str = "bridgeline usage sessions 1\n";

/// Maximum size of a file of the index, in bytes.
const MAX_FILE: u64 = 256 << 20;

/// Days that the summary covers, and one more for time zones that are ahead.
pub(super) const RECENT_DAYS: u64 = 32;

/// Days after which a file that is no longer seen is forgotten. Several configurations of the agent may alternate.
const KNOWN_DAYS: u64 = 40;

/// The part of index and transcripts that is processed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Extent {
    All,
    /// The last days of the index, others only if a message belongs to them; and transcripts of subagents whose session
    /// was active in the last day or has changed. A session grows with its subagents, so others have not changed;
    /// exceptions are found when all are listed.
    Recent,
}

/// State of a transcript when it was last read.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct FileState {
    /// The end of what was read.
    pub(super) place: Bookmark,
    /// Its size when it was last read, in bytes. If this and `modified` are the same, it has not changed.
    pub(super) len: u64,
    /// Its modification time then, in nanoseconds since 1970.
    pub(super) modified: u64,
    /// For a database, the last change that was read, in epoch milliseconds.
    pub(super) updated: u64,
    /// State that the rest of the file depends on, if any.
    pub(super) thread: Option<Box<Thread>>,
    /// The first day of messages that were skipped because it is in the future. 0 if none were skipped.
    pub(super) later: u64,
    /// The day when it was last seen.
    seen: u64,
}

impl FileState {
    /// Messages that were not taken may be taken by now.
    fn is_due(&self, last_day: u64) -> bool {
        (1..=last_day).contains(&self.later)
    }
}

/// Content of the file `files`.
#[derive(Debug, Default, PartialEq, Serialize, Deserialize)]
struct FileStates {
    /// When all transcripts were last listed and read, in epoch seconds.
    listed: u64,
    /// Revisions of the files of all days.
    revisions: BTreeMap<u32, u64>,
    /// Days that may have messages of other days: they changed while not all days were read. Only these are compared with
    /// all others. A day with another revision than here is one of them.
    loose: BTreeSet<u32>,
    /// By the hash of their paths, sorted.
    states: Vec<(u64, FileState)>,
}

/// The index, locked against other processes.
#[derive(Default)]
pub(super) struct Index {
    folder: PathBuf,
    /// The time of this run, in nanoseconds since 1970.
    pub(super) now: u64,
    pub(super) messages: MessageSet,
    /// All days were read.
    is_whole: bool,
    files: FileStates,
    /// States of transcripts that `files` does not have yet.
    new_states: Vec<(u64, FileState)>,
    files_changed: bool,
    sessions_changed: bool,
    /// Days whose file was read, with its revision.
    read: HashMap<u32, u64>,
    changed: BTreeSet<u32>,
    /// A day was lost, so all transcripts must be read again.
    pub(super) is_short: bool,
    /// For the files of days: a new one for each would be new pages each time.
    buffer: Vec<u8>,
    /// Held while the index is open.
    _lock: Option<Lock>,
}

/// Locks the index in a folder, waiting at most for `limit`.
///
/// # Errors
/// [`io::ErrorKind::WouldBlock`] if another process holds it.
pub(super) fn lock(folder: &Path, now: SystemTime, limit: Duration) -> io::Result<Lock> {
    let elsewhere = || io::Error::new(io::ErrorKind::WouldBlock, "another process is using the index");
    Lock::take(&lock_path(folder), limit, now)?.ok_or_else(elsewhere)
}

pub(super) fn lock_path(folder: &Path) -> PathBuf {
    folder.join("files.lock")
}

impl Index {
    /// Reads the index, which is locked.
    ///
    /// # Errors
    /// A file of the index exists and cannot be read.
    pub(super) fn open(folder: &Path, lock: Lock, extent: Extent, now: SystemTime) -> io::Result<Self> {
        let mut index = Index {
            folder: folder.to_owned(),
            now: epoch_ms(now).saturating_mul(1_000_000),
            is_whole: extent == Extent::All,
            files: read_file(&folder.join("files"), FORMAT, Trust::Strict)?.unwrap_or_default(),
            _lock: Some(lock),
            ..Index::default()
        };
        let first = index.today().saturating_sub(RECENT_DAYS);
        let known = index.files.loose.iter().chain(index.files.revisions.keys()).copied();
        // The loose ones first: the table has little more than these then.
        let days: Vec<u32> = known.chain(stored_days(folder)).collect();
        for day in days.into_iter().filter(|day| extent == Extent::All || u64::from(*day) >= first) {
            index.read_day(day)?;
        }
        index.sessions_changed = !read_sessions(folder, Trust::Strict, &mut index.messages)?;
        index.is_short |= index.sessions_changed && !index.files.states.is_empty();
        if std::mem::take(&mut index.is_short) {
            index.files.states.clear();
            index.files.listed = 0;
        }
        Ok(index)
    }

    /// In days since 1970.
    fn today(&self) -> u64 {
        self.now / 86_400_000_000_000
    }

    /// The last day whose messages are accepted: tomorrow, since clocks differ.
    pub(super) fn last_day(&self) -> u64 {
        self.today() + 1
    }

    /// Adds facts about a session, by its number.
    pub(super) fn insert_info(&mut self, session: u32, info: SessionInfo) {
        self.sessions_changed |= self.messages.insert_info(session, info);
    }

    /// It is time to list all transcripts.
    pub(super) fn is_listing_due(&self) -> bool {
        /// Interval in seconds.
        const EVERY: u64 = 3600;
        let now = self.now / 1_000_000_000;
        self.files.listed > now || now - self.files.listed >= EVERY
    }

    /// Remembers that all transcripts have been listed and read.
    pub(super) fn set_listed(&mut self) {
        self.files.listed = self.now / 1_000_000_000;
        self.files_changed = true;
    }

    /// Number of new bytes in a transcript that exists now. `None` when it has not changed.
    pub(super) fn new_bytes(&mut self, found: &Found) -> Option<u64> {
        let (today, last) = (self.today(), self.last_day());
        let known = self.state(&found.path).ok().map(|at| &mut self.files.states[at].1);
        let Some(state) = known.filter(|state| !state.is_due(last)) else { return Some(found.len) };
        self.files_changed |= state.seen != today;
        state.seen = today;
        let is_same = (state.len, state.modified) == (found.len, found.modified);
        (!is_same).then(|| found.len.saturating_sub(state.place.offset))
    }

    /// The last state of a transcript; an empty state if messages skipped as future ones are due now.
    pub(super) fn file(&self, path: &Path) -> FileState {
        let known = self.state(path).ok().map(|at| &self.files.states[at].1);
        known.filter(|state| !state.is_due(self.last_day())).cloned().unwrap_or_default()
    }

    /// The index of a transcript's state; its key if there is none.
    fn state(&self, path: &Path) -> Result<usize, u64> {
        let key = hash(path.as_os_str().as_encoded_bytes());
        self.files.states.binary_search_by_key(&key, |(key, _)| *key).map_err(|_| key)
    }

    pub(super) fn set_file(&mut self, path: &Path, state: FileState) {
        let state = FileState { seen: self.today(), ..state };
        match self.state(path) {
            Ok(at) => self.files.states[at].1 = state,
            Err(key) => self.new_states.push((key, state)),
        }
        self.files_changed = true;
    }

    /// Adds a message, which may have had another key in earlier versions.
    ///
    /// # Errors
    /// The file of its day exists and cannot be read.
    pub(super) fn insert(&mut self, message: MessageRecord, former: Option<MessageKey>) -> io::Result<()> {
        let day = message.day();
        self.read_day(day)?;
        let change = match former {
            Some(former) => self.messages.insert_anew(message, former),
            None => self.messages.insert(message),
        };
        self.changed.extend(change.into_iter().flat_map(|before| [before, day]));
        Ok(())
    }

    /// Writes what has changed.
    ///
    /// # Errors
    /// A file cannot be written; files written before that stay valid.
    pub(super) fn save(&mut self) -> io::Result<()> {
        let write = |path: &Path, bytes: &[u8]| store::replace(path, bytes, Patience::HOOK);
        let mut messages: HashMap<u32, Vec<&MessageRecord>> = HashMap::new();
        for message in self.messages.all().iter().filter(|message| self.changed.contains(&message.day())) {
            messages.entry(message.day()).or_default().push(message);
        }
        for day in &self.changed {
            let known = self.read.get(day).max(self.files.revisions.get(day));
            let revision = known.map_or(1, |revision| revision + 1);
            let messages = messages.remove(day).unwrap_or_default();
            write(&day::path(&self.folder, *day), &day::encode(&self.messages, messages, revision))?;
            self.read.insert(*day, revision);
        }
        if std::mem::take(&mut self.sessions_changed) {
            let session = |number: &u32| &self.messages.sessions.list[*number as usize];
            let infos: BTreeMap<_, _> = self.messages.infos.iter().map(|(it, info)| (session(it), info)).collect();
            write(&self.folder.join("sessions"), &codec::encode(SESSIONS_FORMAT, &infos))?;
        }
        if self.changed.is_empty() && !self.files_changed {
            return Ok(());
        }
        self.files.revisions.extend(self.read.iter().filter(|(_, revision)| **revision > 0));
        if self.is_whole {
            self.files.loose.clear();
        } else {
            self.files.loose.extend(&self.changed);
        }
        self.changed.clear();
        let oldest = self.today().saturating_sub(KNOWN_DAYS);
        self.files.states.extend(std::mem::take(&mut self.new_states));
        self.files.states.sort_unstable_by_key(|(key, _)| *key);
        self.files.states.dedup_by_key(|(key, _)| *key);
        self.files.states.retain(|(_, state)| state.seen >= oldest && !self.is_short);
        if self.is_short {
            self.files.listed = 0;
        }
        write(&self.folder.join("files"), &codec::encode(FORMAT, &self.files))?;
        self.files_changed = false;
        Ok(())
    }

    fn read_day(&mut self, day: u32) -> io::Result<()> {
        if self.read.contains_key(&day) {
            return Ok(());
        }
        let known = self.files.revisions.get(&day).filter(|_| !self.files.loose.contains(&day)).copied();
        let revision = match read_whole(&day::path(&self.folder, day), &mut self.buffer) {
            Ok(()) => day::decode(&self.buffer, &mut self.messages, |messages, revision, message| {
                self.changed.extend(messages.load(message, known == Some(revision)));
            }),
            Err(Absent::Missing) => Some(0),
            Err(Absent::Invalid(_)) => None,
            Err(Absent::Unavailable(err)) => return Err(err),
        };
        // Damaged, missing or outdated.
        if revision.is_none() || revision < self.files.revisions.get(&day).copied() {
            self.is_short = true;
            self.changed.insert(day);
        }
        if revision != known {
            self.files.loose.insert(day);
        }
        self.read.insert(day, revision.unwrap_or(0));
        Ok(())
    }
}

/// Reads a file of the index into a buffer. It is replaced as a whole, so that its length stays.
fn read_whole(path: &Path, buffer: &mut Vec<u8>) -> Result<(), Absent> {
    let (mut file, metadata) = store::open(path, Trust::Strict)?;
    if metadata.len() > MAX_FILE {
        return Err(Absent::Invalid(store::TOO_LARGE));
    }
    buffer.resize(metadata.len() as usize, 0);
    Ok(file.read_exact(buffer)?)
}

/// All days of an index that another process may be changing: each file is complete at any time. `None` if there are
/// none.
pub(super) fn read_all(folder: &Path) -> io::Result<Option<MessageSet>> {
    let mut days = stored_days(folder).peekable();
    if days.peek().is_none() {
        return Ok(None);
    }
    let mut messages = MessageSet::default();
    for day in days {
        let path = day::path(folder, day);
        let named = |why: &dyn std::fmt::Display| io::Error::other(format!("{}: {why}", path.display()));
        let file = store::read(&path, Trust::Lenient, MAX_FILE).map_err(|absent| named(&absent))?;
        let add = |messages: &mut MessageSet, _, message| _ = messages.insert(message);
        day::decode(&file, &mut messages, add).ok_or_else(|| named(&"damaged, or from another version"))?;
    }
    // Only names: the counts are complete without them.
    _ = read_sessions(folder, Trust::Lenient, &mut messages);
    Ok(Some(messages))
}

/// Adds the facts about sessions. Returns `false` if their file is missing or cannot be used.
fn read_sessions(folder: &Path, trust: Trust, messages: &mut MessageSet) -> io::Result<bool> {
    let file = match store::read(&folder.join("sessions"), trust, MAX_FILE) {
        Ok(file) => file,
        Err(Absent::Unavailable(err)) => return Err(err),
        Err(Absent::Missing | Absent::Invalid(_)) => return Ok(false),
    };
    let mut insert_all = || {
        let (mut content, is_first) = codec::open_either([SESSIONS_FORMAT, SESSIONS_FORMAT_1], &file)?;
        for _ in 0..take_number(&mut content)? {
            let session = day::take_session(&mut content, is_first, messages)?;
            messages.insert_info(session, take(&mut content)?);
        }
        Some(())
    };
    Ok(insert_all().is_some())
}

/// A file of one value. `None` if it is missing, damaged or from another version.
fn read_file<T: DeserializeOwned>(path: &Path, format: &str, trust: Trust) -> io::Result<Option<T>> {
    match store::read(path, trust, MAX_FILE) {
        Ok(file) => Ok(codec::decode(format, &file)),
        Err(Absent::Unavailable(err)) => Err(err),
        Err(Absent::Missing | Absent::Invalid(_)) => Ok(None),
    }
}

fn stored_days(folder: &Path) -> impl Iterator<Item = u32> {
    store::list(folder, |name| day::number(name).is_some()).into_iter().filter_map(|name| day::number(&name))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::agent::CODEX;
    use crate::spending::messages::SessionKey;

    #[test]
    fn what_is_known_of_transcripts_is_read_as_it_was_written() {
        let answer = r#"{"id":1,"line":2,"prompt":3,"calls":true,"key":4}"#;
        for answer in ["null", answer] {
            let place = format!(r#"{{"offset":7,"in_long_line":true,"file":[1,2],"tail":3,"answer":{answer}}}"#);
            let thread = Some(Box::new(Thread { model: "m".to_owned(), total: [1, 2, 3, 4], ..Thread::default() }));
            let place: Bookmark = serde_json::from_str(&place).unwrap();
            let state = FileState { place, len: 9, modified: u64::MAX, updated: 6, thread, later: 0, seen: 20_780 };
            let files = FileStates {
                listed: 5,
                revisions: [(20_780, 2)].into(),
                loose: [20_779].into(),
                states: vec![(u64::MAX, state)],
            };
            assert_eq!(codec::decode(FORMAT, &codec::encode(FORMAT, &files)), Some(files));
        }
    }

    #[test]
    fn the_form_of_sessions_stays() {
        let session = SessionKey::new(&CODEX, "-srv", "s1");
        let info = SessionInfo { dir: "/srv".to_owned(), is_own_title: true, ..SessionInfo::default() };
        let file = codec::encode("x 1\n", &BTreeMap::from([(session, info)]));
        assert_eq!(codec::open("x 1\n", &file), Some(&b"\x01\x04-srv\x02s1\x05codex\x04/srv\0\0\0\x01"[..]));
    }
}
