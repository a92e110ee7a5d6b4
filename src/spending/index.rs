//! The index: a file for the messages of each day, `sessions` with what else is known of each session, and
//! `files`, which says how far each transcript was read. One process at a time changes it, under the
//! kernel's lock.
//!
//! Days and sessions are written before `files`: what was read but not written down is read again. A day's file
//! counts its revisions, and `files` holds them, so that a day that was lost or is an older one (a disk
//! that was full, a power cut) is noticed. Then all transcripts are read anew into what is left.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use super::bytes::{Reader, Writer};
use super::day;
use super::history::{About, Change, History, Record, Session};
use crate::base::format::epoch_ms;
use crate::spending::transcript::keys::{Key, hash};
use crate::spending::transcript::line::Answer;
use crate::spending::transcript::place::Place;
use crate::store::{self, Absent, Lock, Patience, Trust};

/// The first version knew less of transcripts: they are read once more into the days that there are.
const FORMAT: &str = "bridgeline usage files 2\n";
const SESSIONS_FORMAT: &str = "bridgeline usage sessions 1\n";

/// Most that is read of a file of the index, in bytes.
const MAX_FILE: u64 = 256 << 20;

/// Days of which the summary tells, and one more for zones that are ahead.
pub(super) const RECENT_DAYS: u32 = 32;

/// How long a file that was not seen is known, in days. Several configurations of the agent may take turns.
const KNOWN_DAYS: u64 = 40;

/// Which days are read at the start; the others when a message of theirs turns up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Days {
    Recent,
    All,
}

/// How far a transcript was read.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct FileState {
    pub(super) place: Place,
    /// Its size when it was last read, in bytes. With `modified`, tells that it has not changed.
    pub(super) len: u64,
    /// Its time of change then, in nanoseconds since 1970.
    pub(super) modified: u64,
    /// The first day of messages that were not taken because it had not come. 0 when all were taken.
    pub(super) later: u64,
    /// The day on which it was last there.
    seen: u64,
}

/// The index, as long as no other process may have it.
pub(super) struct Index {
    folder: PathBuf,
    /// Nanoseconds since 1970.
    now: u64,
    today: u32,
    /// When all transcripts were last listed and read, in epoch seconds.
    listed: u64,
    history: History,
    /// By the hash of their paths.
    files: HashMap<u64, FileState>,
    files_changed: bool,
    sessions_changed: bool,
    /// Revisions of the files of all days.
    revisions: BTreeMap<u32, u64>,
    /// Days whose file was read, with its revision.
    read: HashMap<u32, u64>,
    changed: BTreeSet<u32>,
    /// Whether a day turned out to be lost while transcripts were read: their places are worth nothing.
    is_short: bool,
    _lock: Lock,
}

impl Index {
    /// Locks it, waiting at most for `limit`, and reads it.
    ///
    /// # Errors
    /// [`io::ErrorKind::WouldBlock`] when another process holds it; a file of the index is there and cannot be read.
    pub(super) fn open(folder: &Path, days: Days, now: SystemTime, limit: Duration) -> io::Result<Self> {
        let elsewhere = || io::Error::new(io::ErrorKind::WouldBlock, "another process holds the index");
        let lock = Lock::take(&folder.join("files.lock"), limit, now)?.ok_or_else(elsewhere)?;
        let Stored { listed, files, revisions } =
            match store::read(&folder.join("files"), Trust::Strict, MAX_FILE) {
                Ok(bytes) => decode(&bytes).unwrap_or_default(),
                Err(Absent::Unavailable(err)) => return Err(err),
                Err(Absent::Missing | Absent::Invalid(_)) => Stored::default(),
            };
        let today = u32::try_from(epoch_ms(now) / 86_400_000).unwrap_or(u32::MAX);
        let mut index = Index {
            folder: folder.to_owned(),
            now: epoch_ms(now).saturating_mul(1_000_000),
            today,
            listed,
            history: History::default(),
            files,
            files_changed: false,
            sessions_changed: false,
            revisions,
            read: HashMap::new(),
            changed: BTreeSet::new(),
            is_short: false,
            _lock: lock,
        };
        let mut known: BTreeSet<u32> = stored_days(folder).into_iter().collect();
        known.extend(index.revisions.keys());
        let first = today.saturating_sub(RECENT_DAYS);
        for day in known.into_iter().filter(|day| days == Days::All || *day >= first) {
            index.read_day(day)?;
        }
        match read_sessions(folder, Trust::Strict, &mut index.history) {
            Err(Absent::Unavailable(err)) => return Err(err),
            Err(_) => {
                index.sessions_changed = true;
                index.is_short |= !index.files.is_empty();
            }
            Ok(()) => {}
        }
        if std::mem::take(&mut index.is_short) {
            index.files.clear();
            index.listed = 0;
        }
        Ok(index)
    }

    pub(super) fn history(&self) -> &History {
        &self.history
    }

    pub(super) fn history_mut(&mut self) -> &mut History {
        &mut self.history
    }

    /// Takes in what is known of a session.
    pub(super) fn tell(&mut self, session: &Session, about: &About) {
        self.sessions_changed |= self.history.tell(session, about);
    }

    pub(super) fn into_history(self) -> History {
        self.history
    }

    /// The time of this run, in nanoseconds since 1970.
    pub(super) fn now(&self) -> u64 {
        self.now
    }

    /// Whether it is time to list all transcripts.
    pub(super) fn is_listing_due(&self) -> bool {
        /// In seconds.
        const EVERY: u64 = 3600;
        let now = self.now / 1_000_000_000;
        self.listed > now || now - self.listed >= EVERY
    }

    /// All transcripts have been listed and read.
    pub(super) fn set_listed(&mut self) {
        self.listed = self.now / 1_000_000_000;
        self.files_changed = true;
    }

    /// The last day of which messages are taken: tomorrow, since clocks differ.
    pub(super) fn last_day(&self) -> u32 {
        self.today + 1
    }

    /// What is known of a transcript, which is there now. Nothing is of one whose later messages may be
    /// taken by now.
    pub(super) fn file(&mut self, path: &Path) -> FileState {
        let (today, last) = (u64::from(self.today), u64::from(self.last_day()));
        let known = self.files.get_mut(&file_key(path));
        let Some(state) = known.filter(|state| !(1..=last).contains(&state.later)) else {
            return FileState::default();
        };
        self.files_changed |= state.seen != today;
        state.seen = today;
        state.clone()
    }

    pub(super) fn set_file(&mut self, path: &Path, state: FileState) {
        self.files.insert(file_key(path), FileState { seen: u64::from(self.today), ..state });
        self.files_changed = true;
    }

    /// Takes in a message, which an earlier version may have known by another key.
    ///
    /// # Errors
    /// The file of its day is there and cannot be read.
    pub(super) fn insert(&mut self, record: Record, former: Option<Key>) -> io::Result<()> {
        let day = record.day();
        self.read_day(day)?;
        let change = match former {
            Some(former) => self.history.insert_anew(record, former),
            None => self.history.insert(record),
        };
        match change {
            Change::Nothing => {}
            Change::Added => _ = self.changed.insert(day),
            Change::Replaced(before) => self.changed.extend([before, day]),
        }
        Ok(())
    }

    /// Whether a day was lost, so that all transcripts have to be read once more.
    pub(super) fn is_short(&self) -> bool {
        self.is_short
    }

    /// Writes down what has changed.
    ///
    /// # Errors
    /// A file cannot be written; what was written until then is none the worse for it.
    pub(super) fn save(&mut self) -> io::Result<()> {
        let mut records: HashMap<u32, Vec<&Record>> = HashMap::new();
        for record in self.history.records().iter().filter(|record| self.changed.contains(&record.day())) {
            records.entry(record.day()).or_default().push(record);
        }
        for day in &self.changed {
            let revision = self.read.get(day).max(self.revisions.get(day)).map_or(1, |revision| revision + 1);
            let bytes = day::encode(&self.history, records.remove(day).unwrap_or_default(), revision);
            store::replace(&day::path(&self.folder, *day), &bytes, Patience::HOOK)?;
            self.read.insert(*day, revision);
        }
        if std::mem::take(&mut self.sessions_changed) {
            let bytes = encode_sessions(&self.history);
            store::replace(&self.folder.join("sessions"), &bytes, Patience::HOOK)?;
        }
        if self.changed.is_empty() && !self.files_changed {
            return Ok(());
        }
        self.revisions.extend(self.read.iter().filter(|(_, revision)| **revision > 0));
        self.changed.clear();
        let oldest = u64::from(self.today).saturating_sub(KNOWN_DAYS);
        self.files.retain(|_, state| state.seen >= oldest && !self.is_short);
        let listed = if self.is_short { 0 } else { self.listed };
        let bytes = encode(listed, &self.files, &self.revisions);
        store::replace(&self.folder.join("files"), &bytes, Patience::HOOK)?;
        self.files_changed = false;
        Ok(())
    }

    fn read_day(&mut self, day: u32) -> io::Result<()> {
        if self.read.contains_key(&day) {
            return Ok(());
        }
        let found = match store::read(&day::path(&self.folder, day), Trust::Strict, MAX_FILE) {
            Ok(bytes) => day::decode(&bytes, &mut self.history).ok_or(()),
            Err(Absent::Missing) => Ok(0),
            Err(Absent::Invalid(_)) => Err(()),
            Err(Absent::Unavailable(err)) => return Err(err),
        };
        let is_known = self.revisions.get(&day).is_none_or(|known| found.is_ok_and(|found| found >= *known));
        if found.is_err() || !is_known {
            self.is_short = true;
            self.changed.insert(day);
        }
        self.read.insert(day, found.unwrap_or(0));
        Ok(())
    }
}

/// All days of an index that others may be changing: each file is whole at any time.
pub(super) fn read_all(folder: &Path) -> io::Result<Option<History>> {
    let days = stored_days(folder);
    if days.is_empty() {
        return Ok(None);
    }
    let mut history = History::default();
    for day in days {
        let path = day::path(folder, day);
        let named = |why: &dyn std::fmt::Display| io::Error::other(format!("{}: {why}", path.display()));
        let bytes = store::read(&path, Trust::Lenient, MAX_FILE).map_err(|absent| named(&absent))?;
        day::decode(&bytes, &mut history).ok_or_else(|| named(&"damaged, or of another version"))?;
    }
    // Names only: the counts are whole without them.
    _ = read_sessions(folder, Trust::Lenient, &mut history);
    Ok(Some(history))
}

/// What is known of sessions besides their messages, into the history.
fn read_sessions(folder: &Path, trust: Trust, history: &mut History) -> Result<(), Absent> {
    let bytes = store::read(&folder.join("sessions"), trust, MAX_FILE)?;
    decode_sessions(&bytes, history).ok_or(Absent::Invalid("damaged, or of another version"))
}

fn encode_sessions(history: &History) -> Vec<u8> {
    let mut writer = Writer::new(SESSIONS_FORMAT);
    writer.number(history.about().len() as u64);
    for (session, about) in history.about() {
        let About { dir, main_dir, alias, title, .. } = about;
        for text in [&session.project, &session.id, dir, main_dir, alias, title] {
            writer.text(text);
        }
        writer.number(u64::from(about.is_own_title));
    }
    writer.finish()
}

fn decode_sessions(bytes: &[u8], history: &mut History) -> Option<()> {
    let mut reader = Reader::new(bytes, SESSIONS_FORMAT)?;
    for _ in 0..reader.count()? {
        let session = Session { project: reader.text()?, id: reader.text()? };
        let (dir, main_dir) = (reader.text()?, reader.text()?);
        let (alias, title, is_own_title) = (reader.text()?, reader.text()?, reader.number()? != 0);
        history.tell(&session, &About { dir, main_dir, alias, title, is_own_title });
    }
    Some(())
}

fn stored_days(folder: &Path) -> Vec<u32> {
    let mut days: Vec<_> = store::list(folder, |name| day::number(name).is_some())
        .iter()
        .filter_map(|name| day::number(name))
        .collect();
    days.sort_unstable();
    days
}

fn file_key(path: &Path) -> u64 {
    hash(path.as_os_str().as_encoded_bytes())
}

/// What the file `files` holds.
#[derive(Debug, Default, PartialEq)]
struct Stored {
    listed: u64,
    files: HashMap<u64, FileState>,
    revisions: BTreeMap<u32, u64>,
}

fn encode(listed: u64, files: &HashMap<u64, FileState>, revisions: &BTreeMap<u32, u64>) -> Vec<u8> {
    let mut writer = Writer::new(FORMAT);
    writer.number(listed);
    writer.number(revisions.len() as u64);
    for (day, revision) in revisions {
        writer.number(u64::from(*day));
        writer.number(*revision);
    }
    let mut files: Vec<_> = files.iter().collect();
    files.sort_unstable_by_key(|(key, _)| **key);
    writer.number(files.len() as u64);
    for (key, FileState { place, len, modified, later, seen }) in files {
        writer.large(*key);
        writer.large(*modified);
        writer.large(place.tail);
        let (device, number) = place.file.unwrap_or_default();
        let calls = place.answer.is_some_and(|answer| answer.calls);
        let flags = [place.in_long_line, place.file.is_some(), place.answer.is_some(), calls];
        let flags = flags.iter().rev().fold(0, |flags, flag| flags << 1 | u64::from(*flag));
        for number in [*len, *later, *seen, place.offset, flags, device, number] {
            writer.number(number);
        }
        if let Some(Answer { id, line, prompt, key, .. }) = place.answer {
            for number in [id, line, prompt, key.0] {
                writer.large(number);
            }
        }
    }
    writer.finish()
}

fn decode(bytes: &[u8]) -> Option<Stored> {
    let mut reader = Reader::new(bytes, FORMAT)?;
    let listed = reader.number()?;
    let mut revisions = BTreeMap::new();
    for _ in 0..reader.count()? {
        revisions.insert(u32::try_from(reader.number()?).ok()?, reader.number()?);
    }
    let count = reader.count()?;
    let mut files = HashMap::with_capacity(count);
    for _ in 0..count {
        let (key, modified, tail) = (reader.large()?, reader.large()?, reader.large()?);
        let (len, later, seen) = (reader.number()?, reader.number()?, reader.number()?);
        let (offset, flags) = (reader.number()?, reader.number()?);
        let file = (reader.number()?, reader.number()?);
        let file = (flags & 2 != 0).then_some(file);
        let answer = if flags & 4 == 0 {
            None
        } else {
            let (id, line, prompt) = (reader.large()?, reader.large()?, reader.large()?);
            Some(Answer { id, line, prompt, calls: flags & 8 != 0, key: Key(reader.large()?) })
        };
        let place = Place { offset, in_long_line: flags & 1 != 0, file, tail, answer };
        files.insert(key, FileState { place, len, modified, later, seen });
    }
    Some(Stored { listed, files, revisions })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn files_are_read_as_they_were_written(
            listed: u64,
            made in proptest::collection::hash_map(any::<u64>(), (any::<[u64; 8]>(), any::<[bool; 4]>()), 0..20),
            revisions in proptest::collection::btree_map(any::<u32>(), any::<u64>(), 0..20),
        ) {
            let state = |([len, modified, later, seen, offset, tail, device, number], [long, numbered, answered, calls]): ([u64; 8], [bool; 4])| {
                let file = numbered.then_some((device, number));
                let answer = answered.then_some(Answer { id: seen, line: tail, prompt: len, calls, key: Key(device) });
                FileState { place: Place { offset, in_long_line: long, file, tail, answer }, len, modified, later, seen }
            };
            let files: HashMap<_, _> = made.into_iter().map(|(key, made)| (key, state(made))).collect();
            let bytes = encode(listed, &files, &revisions);
            prop_assert_eq!(decode(&bytes), Some(Stored { listed, files, revisions }));
        }

        #[test]
        fn sessions_are_read_as_they_were_written(
            names in proptest::collection::vec(any::<([String; 6], bool)>(), 0..8),
        ) {
            let mut history = History::default();
            for ([project, id, dir, main_dir, alias, title], is_own_title) in names {
                history.tell(&Session { project, id }, &About { dir, main_dir, alias, title, is_own_title });
            }
            let mut again = History::default();
            prop_assert_eq!(decode_sessions(&encode_sessions(&history), &mut again), Some(()));
            prop_assert_eq!(again.about(), history.about());
        }
    }
}
