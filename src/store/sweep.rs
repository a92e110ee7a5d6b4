//! Removes files that are no longer needed: temporary files of killed writers, files of sessions long over. Never a
//! file whose name is not exactly one of ours.

use std::fs::{self, DirEntry};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use super::paths::LOCKS;
use super::{KeyedFile, Paths, Patience, Trust, age_of, age_of_ms, platform, read_text, replace};
use crate::base::format::epoch_ms;

/// Age at which a file of a session or a fact is removed.
const SESSION: Duration = Duration::from_secs(7 * 24 * 3600);
/// Age at which a temporary file is removed; a writer needs a millisecond.
const TEMP: Duration = Duration::from_secs(3600);
/// Time between two sweeps.
const EVERY: Duration = Duration::from_secs(24 * 3600);
/// Maximum number of entries checked per folder and sweep: a temp folder can contain a million others.
const MAX_ENTRIES: usize = 20_000;

/// Sweeps the shared temp folder and our state, unless that was done in the last day.
pub fn sweep_daily(paths: &Paths, kinds: &[KeyedFile], now: SystemTime) {
    let Some(state) = &paths.state else { return };
    let marker = state.join("swept");
    let last = read_text(&marker, Trust::Strict, 100).ok().and_then(|ms| ms.trim().parse().ok());
    if last.and_then(|last| age_of_ms(last, now)).is_some_and(|age| age < EVERY) {
        return;
    }
    if replace(&marker, epoch_ms(now).to_string().as_bytes(), Patience::RENDER).is_ok() {
        sweep(paths, kinds, now);
    }
}

/// Sweeps the shared temp folder and our state. Returns what was removed.
pub fn sweep(paths: &Paths, kinds: &[KeyedFile], now: SystemTime) -> Vec<PathBuf> {
    let orphans = orphans(paths, kinds, now).into_iter();
    orphans.filter(|path| fs::remove_file(path).is_ok()).collect()
}

/// The files that a sweep would remove now.
pub fn orphans(paths: &Paths, kinds: &[KeyedFile], now: SystemTime) -> Vec<PathBuf> {
    let tmp = &paths.tmp;
    let is_shared =
        |name: &str| kinds.iter().any(|kind| matches!(kind, KeyedFile::Shared(prefix) if name.starts_with(prefix)));
    let mut found = picked(tmp, |entry, name| is_shared(name) && is_due(tmp, entry, name, now));
    let Some(state) = &paths.state else { return found };
    for kind in kinds {
        let KeyedFile::State(folder) = kind else { continue };
        let folder = state.join(folder);
        found.extend(picked(&folder, |entry, name| is_due(&folder, entry, name, now)));
    }
    found.extend(picked(&state.join(LOCKS), |entry, name| match name.strip_suffix(".lock") {
        // A refresh ends within seconds, so a lock this old is not held.
        Some(stem) if is_id(stem) => is_older(entry, SESSION, now),
        // The lock of a file in the temp folder.
        Some(_) => is_due(tmp, entry, name, now),
        None => false,
    }));
    found.extend(picked(state, |entry, name| is_temp(name) && is_older(entry, TEMP, now)));
    found
}

/// The files in a folder that `is_due` picks.
fn picked(folder: &Path, is_due: impl Fn(&DirEntry, &str) -> bool) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).into_iter().flatten().take(MAX_ENTRIES).flatten();
    let due = entries.filter(|entry| entry.file_name().to_str().is_some_and(|name| is_due(entry, name)));
    due.map(|entry| entry.path()).collect()
}

/// `true` for a file `<key>.json`, its lock `<key>.json.lock`, or a temporary file, that is no longer needed.
fn is_due(folder: &Path, entry: &DirEntry, name: &str, now: SystemTime) -> bool {
    if is_temp(name) {
        return is_older(entry, TEMP, now);
    }
    let locked = name.strip_suffix(".lock");
    locked.unwrap_or(name).strip_suffix(".json").is_some_and(is_id)
        && is_older(entry, SESSION, now)
        // The time of a lock is that of its creation: it lives as long as its file.
        && !locked.is_some_and(|locked| is_in_use(&folder.join(locked), now))
}

/// `true` for `<target>.<pid>.<8 hex>.tmp`.
fn is_temp(name: &str) -> bool {
    let Some(name) = name.strip_suffix(".tmp") else { return false };
    let mut parts = name.rsplitn(3, '.');
    let is_hex = |nonce: &str| nonce.len() == 8 && nonce.bytes().all(|byte| byte.is_ascii_hexdigit());
    let is_number = |pid: &str| !pid.is_empty() && pid.bytes().all(|byte| byte.is_ascii_digit());
    let is_ours = parts.next().is_some_and(is_hex) && parts.next().is_some_and(is_number);
    is_ours && parts.next().is_some_and(|target| !target.is_empty())
}

/// `true` for the spelling of a session id in a file name, or of the key of a fact.
fn is_id(stem: &str) -> bool {
    let is_of_one = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-';
    !stem.is_empty() && stem.bytes().all(is_of_one)
}

fn is_in_use(path: &Path, now: SystemTime) -> bool {
    let changed = fs::symlink_metadata(path).and_then(|metadata| metadata.modified());
    changed.is_ok_and(|changed| age_of(changed, now).is_none_or(|age| age <= SESSION))
}

fn is_older(entry: &DirEntry, limit: Duration, now: SystemTime) -> bool {
    let Ok(metadata) = entry.metadata() else { return false };
    let age = metadata.modified().ok().and_then(|changed| age_of(changed, now));
    metadata.is_file() && platform::is_ours(&metadata) && age.is_some_and(|age| age > limit)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::tests::Folder;
    use std::fs::File;

    const KINDS: [KeyedFile; 8] = [
        KeyedFile::Shared("ecc-metrics-"),
        KeyedFile::Shared("ecc-ctx-warn-"),
        KeyedFile::Shared("harness-cost-"),
        KeyedFile::State("sessions"),
        KeyedFile::State("shadow"),
        KeyedFile::State("spool"),
        KeyedFile::State("git"),
        KeyedFile::State("usage"),
    ];
    const DAY: Duration = Duration::from_secs(24 * 3600);

    fn aged(folder: &Folder, name: &str, age: Duration, now: SystemTime) {
        let path = folder.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        File::create(&path).unwrap().set_modified(now - age).unwrap();
    }

    #[test]
    fn only_what_is_ours_and_old_goes() {
        let folder = Folder::new();
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1_800_000_000);
        let tmp = "tmp/ecc-metrics-live.json.9.00000000.tmp";
        for (name, age) in [
            ("tmp/ecc-metrics-old.json", 8 * DAY),
            ("tmp/ecc-metrics-old.json.lock", 9 * DAY),
            ("tmp/ecc-ctx-warn-old.json", 8 * DAY),
            ("tmp/harness-cost-old.json", 8 * DAY),
            ("tmp/ecc-metrics-live.json", DAY),
            ("tmp/ecc-metrics-live.json.lock", 30 * DAY),
            (tmp, DAY),
            ("tmp/ecc-metrics-live.json.9.11111111.tmp", Duration::from_secs(60)),
            ("tmp/notes.json", 99 * DAY),
            ("tmp/notes.tmp", 99 * DAY),
            ("tmp/ecc-metrics-x.json.bak", 99 * DAY),
            ("tmp/ecc-metrics-x.json.tmp", 99 * DAY),
            ("tmp/ecc-metrics-x.json.123.xyz.tmp", 99 * DAY),
            ("tmp/ecc-metrics-x.y.json", 99 * DAY),
            ("tmp/ecc-metrics-.json.lock.lock", 99 * DAY),
            ("state/sessions/.json", 99 * DAY),
            ("state/sessions/old.json", 8 * DAY),
            ("state/sessions/live.json", DAY),
            ("state/shadow/old.json", 8 * DAY),
            ("state/notes.json", 99 * DAY),
            ("state/git/0123456789abcdef.json", 8 * DAY),
            ("state/git/fedcba9876543210.json", DAY),
            ("state/locks/git-0123456789abcdef.lock", 8 * DAY),
            ("state/locks/git-fedcba9876543210.lock", DAY),
            ("state/locks/notes", 99 * DAY),
            ("state/locks/ecc-metrics-old.json.lock", 9 * DAY),
            ("state/locks/ecc-metrics-live.json.lock", 30 * DAY),
            ("state/spool/live-1893a4b5c6d7e8f9-00001234.json", DAY),
            ("state/spool/old-1893a4b5c6d7e8f9-00001234.json", 8 * DAY),
            ("state/usage.json", 99 * DAY),
            ("state/usage.json.9.00000000.tmp", DAY),
            ("state/usage/files", 99 * DAY),
            ("state/usage/files.lock", 99 * DAY),
            ("state/usage/2026-11-23.day", 99 * DAY),
            ("state/usage/2026-11-23.day.9.00000000.tmp", DAY),
            ("state/usage/files.9.11111111.tmp", Duration::from_secs(60)),
        ] {
            aged(&folder, name, age, now);
        }
        let paths = Paths {
            tmp: folder.path("tmp"),
            state: Some(folder.path("state")),
            agent_config: None,
            config: None,
            themes: None,
            prices: None,
        };
        let orphans = orphans(&paths, &KINDS, now);
        assert!(orphans.len() == 13 && orphans.iter().all(|path| path.is_file()), "{orphans:?}");
        sweep_daily(&paths, &KINDS, now);
        assert!(orphans.iter().all(|path| !path.exists()));
        assert_eq!(super::orphans(&paths, &KINDS, now), Vec::<PathBuf>::new());
        let names = |name: &str| {
            let mut names = super::super::list(&folder.path(name), |_| true);
            names.sort();
            names
        };
        assert_eq!(
            names("tmp"),
            [
                "ecc-metrics-.json.lock.lock",
                "ecc-metrics-live.json",
                "ecc-metrics-live.json.9.11111111.tmp",
                "ecc-metrics-live.json.lock",
                "ecc-metrics-x.json.123.xyz.tmp",
                "ecc-metrics-x.json.bak",
                "ecc-metrics-x.json.tmp",
                "ecc-metrics-x.y.json",
                "notes.json",
                "notes.tmp",
            ]
        );
        assert_eq!(names("state/sessions"), [".json", "live.json"]);
        assert_eq!(names("state/shadow"), Vec::<String>::new());
        assert_eq!(names("state/git"), ["fedcba9876543210.json"]);
        assert_eq!(names("state/locks"), ["ecc-metrics-live.json.lock", "git-fedcba9876543210.lock", "notes"]);
        assert_eq!(names("state/spool"), ["live-1893a4b5c6d7e8f9-00001234.json"]);
        assert_eq!(
            names("state"),
            ["git", "locks", "notes.json", "sessions", "shadow", "spool", "swept", "usage", "usage.json"]
        );
        assert_eq!(names("state/usage"), ["2026-11-23.day", "files", "files.9.11111111.tmp", "files.lock"]);
        aged(&folder, tmp, DAY, now);
        sweep_daily(&paths, &KINDS, now + DAY / 2);
        assert!(folder.path(tmp).exists(), "swept twice within a day");
        sweep_daily(&paths, &KINDS, now + DAY + TEMP);
        assert!(!folder.path(tmp).exists());
    }
}
