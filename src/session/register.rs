//! The register of sessions, `<state>/register.json`: recently active ones, with their folders and processes, so that a
//! prompt finds its session without opening the files of all sessions. Written by renders and hooks if an entry is new,
//! has changed, or is ten minutes old.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::base::hash::Fnv;
use crate::base::json::Object;
use crate::store::{self, Patience, Trust};

/// Maximum number of sessions in the register; the newest are kept.
const MAX_ENTRIES: usize = 64;

/// Age at which an unchanged entry is written again, so that the order stays right, in milliseconds.
const REFRESH_MS: u64 = 600_000;

/// A session in the register.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct RegisterEntry {
    /// Id of the session, as in its file names.
    pub session: String,
    /// Folder that it was started in, the worktree that it has moved into, and its working directory if that is not
    /// below these.
    pub dirs: Vec<String>,
    /// The agent's process.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pid: Option<u32>,
    /// Time of the entry, in epoch milliseconds.
    pub at_ms: u64,
}

impl RegisterEntry {
    /// The entry of a session that belongs to these folders, as of `at_ms`. Folders below another one are left out.
    pub fn new<'a>(id: &str, folders: impl Iterator<Item = &'a str>, pid: Option<u32>, at_ms: u64) -> Self {
        let mut dirs: Vec<String> = Vec::new();
        for folder in folders {
            if !dirs.iter().any(|dir| Path::new(folder).starts_with(dir)) {
                dirs.push(folder.to_owned());
            }
        }
        RegisterEntry { session: id.to_owned(), dirs, pid, at_ms }
    }

    /// Depth of its deepest folder that contains `dir`; more is nearer. `None` if none contains it.
    pub fn nearness(&self, dir: &Path) -> Option<usize> {
        let holding = self.dirs.iter().map(Path::new).filter(|own| own.is_absolute() && dir.starts_with(own));
        holding.map(|own| own.components().count()).max()
    }
}

/// Stamp of an entry, kept in our cache so that the register need not be read to see if it is up to date: a hash of
/// everything but the time, and the time in epoch milliseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct EntryStamp(u64, u64);

impl EntryStamp {
    pub fn of(entry: &RegisterEntry) -> Self {
        let mut hash = Fnv::default();
        for part in std::iter::once(&entry.session).chain(&entry.dirs) {
            hash.bytes(part.as_bytes());
            hash.bytes(&[0]);
        }
        hash.bytes(&entry.pid.unwrap_or(0).to_le_bytes());
        EntryStamp(hash.finish(), entry.at_ms)
    }

    /// `true` if the entry must be written: `old` is missing, differs, or is ten minutes old.
    pub fn is_due(self, old: Option<EntryStamp>) -> bool {
        let EntryStamp(hash, at_ms) = self;
        let is_recent = |old_ms| at_ms.checked_sub(old_ms).is_some_and(|age| age < REFRESH_MS);
        !old.is_some_and(|EntryStamp(old_hash, old_ms)| old_hash == hash && is_recent(old_ms))
    }
}

/// The entries, the newest first. Empty if the register is missing or invalid.
pub fn read(state: &Path) -> Vec<RegisterEntry> {
    #[derive(Deserialize)]
    struct Register {
        sessions: Vec<RegisterEntry>,
    }
    let Ok(text) = store::read_text(&path(state), Trust::Strict, store::MAX_STATE) else { return Vec::new() };
    match serde_json::from_str(&text) {
        Ok(Register { sessions }) => sessions,
        // One invalid entry is skipped, at the cost of time.
        Err(_) => Object::parse(&text).map(|object| entries(&object)).unwrap_or_default(),
    }
}

/// Writes an entry unless the one with the stamp `old` is the same. Returns the stamp of the entry in the register.
pub fn keep(state: &Path, entry: &RegisterEntry, old: Option<EntryStamp>) -> Option<EntryStamp> {
    let stamp = EntryStamp::of(entry);
    if !stamp.is_due(old) {
        return old;
    }
    enter(state, entry).then_some(stamp)
}

/// Writes an entry. `false` if that failed: the next render tries again.
fn enter(state: &Path, entry: &RegisterEntry) -> bool {
    let merge = |found: Result<Object, &store::Absent>| {
        let mut object = found.unwrap_or_default();
        let mut entries = entries(&object);
        entries.retain(|other| other.session != entry.session);
        entries.push(entry.clone());
        entries.sort_by_key(|entry| std::cmp::Reverse(entry.at_ms));
        entries.truncate(MAX_ENTRIES);
        object.set("sessions", serde_json::to_string(&entries).ok()?);
        Some(object.to_string())
    };
    store::update(&path(state), None, Patience::RENDER, merge).is_ok()
}

fn entries(object: &Object) -> Vec<RegisterEntry> {
    let entries = object.array("sessions").into_iter();
    entries.filter_map(|entry| serde_json::from_str(entry).ok()).collect()
}

fn path(state: &Path) -> PathBuf {
    state.join("register.json")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::tests::Folder;

    fn entry(session: &str, at_ms: u64) -> RegisterEntry {
        RegisterEntry::new(session, ["/p", "/p/src"].into_iter(), None, at_ms)
    }

    #[test]
    fn the_newest_are_kept_each_once() {
        let state = Folder::new();
        for number in 0..70 {
            assert!(enter(&state.path(""), &entry(&format!("s{number}"), number)));
        }
        assert!(enter(&state.path(""), &entry("s10", 100)));
        let entries = read(&state.path(""));
        assert_eq!(entries.len(), MAX_ENTRIES);
        let names: Vec<&str> = entries.iter().map(|entry| entry.session.as_str()).collect();
        assert_eq!(names[..3], ["s10", "s69", "s68"]);
        assert_eq!(names.iter().filter(|name| **name == "s10").count(), 1);
    }

    #[test]
    fn what_makes_no_sense_is_begun_anew() {
        let state = Folder::new();
        let check = |content: &[u8], expected| {
            state.file("register.json", content);
            assert_eq!(read(&state.path("")).len(), expected, "{content:?}");
        };
        check(b"[]", 0);
        check(b"{\"sessions\":7}", 0);
        check(b"{\"sessions\":[7,{\"session\":\"a\"},\"x\"]}", 1);
        check(b"\xff", 0);
        assert!(enter(&state.path(""), &entry("a", 1)));
        assert_eq!(read(&state.path("")), [entry("a", 1)]);
    }

    #[test]
    fn an_entry_is_due_when_it_says_something_new_or_is_old() {
        let listed =
            |project, pid, at_ms| EntryStamp::of(&RegisterEntry::new("a", [project, "/p/src"].into_iter(), pid, at_ms));
        let old = Some(listed("/p", None, 1_000));
        assert!(listed("/p", None, 2_000).is_due(None));
        assert!(!listed("/p", None, 2_000).is_due(old));
        assert!(listed("/p", None, 601_000).is_due(old));
        assert!(listed("/p", None, 0).is_due(old));
        assert!(listed("/p", Some(7), 2_000).is_due(old));
        assert!(listed("/q", None, 2_000).is_due(old));
    }

    #[test]
    #[cfg(unix)]
    fn a_folder_belongs_to_the_session_that_was_started_above_it() {
        let check = |folders: &[&str], dir: &str, expected| {
            let entry = RegisterEntry::new("a", folders.iter().copied(), None, 0);
            assert_eq!(entry.nearness(Path::new(dir)), expected, "{entry:?} {dir}");
        };
        check(&["/p", "/p/src"], "/p", Some(2));
        check(&["/p", "/p/src"], "/p/src/a", Some(2));
        check(&["/p", "/p/src"], "/pq", None);
        check(&["/p", "/w/tree"], "/w/tree/a", Some(3));
        check(&["/w/tree", "/p", "/w/tree/src"], "/p", Some(2));
        check(&["/w"], "/w", Some(2));
        check(&[], "/w", None);
        check(&["p"], "p", None);
        check(&["/"], "/x", Some(1));
    }
}
