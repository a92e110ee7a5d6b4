//! Locked read-change-replace. The lock is the kernel's: it ends with its holder, so a killed process blocks nobody.

use std::ffi::OsString;
use std::fs::{File, OpenOptions, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use super::platform::{self, Trust};
use super::read::{Absent, MAX_STATE, check, open, read_text};
use super::rename::{Patience, Pauses, RealSystem, System};
use super::write::Temp;
use crate::base::json::Object;

/// Maximum number of merges when writers without the lock interfere.
const MAX_MERGES: usize = 5;
/// Time after which an invalid file is read again: a writer that does not replace it atomically leaves it empty for a
/// moment.
const SECOND_LOOK: Duration = Duration::from_millis(3);

/// Changes a file that holds a JSON object: `merge` gets the present content and returns the new one, `None` to
/// leave it alone. It may be called several times, and must depend only on its argument.
///
/// Processes that use this function lose nothing of each other. Changes by writers without the lock are noticed until
/// the rename, and the merge is repeated on their content.
///
/// The lock lies in the folder `locks` for files in folders that others may write to or remove, else next to the
/// file; see [`Held`].
///
/// # Errors
/// Another process held the lock for longer than `patience` allows (`WouldBlock`), or the file could not be
/// replaced: nothing has changed then.
pub fn update(
    path: &Path, locks: Option<&Path>, patience: Patience, merge: impl FnMut(Result<Object, &Absent>) -> Option<String>,
) -> io::Result<()> {
    update_in(path, locks, patience, merge, &mut RealSystem::new())
}

/// A kernel lock on a file that represents something else, held until it is dropped.
#[derive(Debug)]
pub struct Lock(File);

impl Lock {
    /// Takes the lock, waiting for `limit` at most. `None` if another process holds it.
    ///
    /// # Errors
    /// The lock file cannot be created, or is not ours.
    pub fn take(path: &Path, limit: Duration, now: SystemTime) -> io::Result<Option<Lock>> {
        match acquire(path, limit, &mut RealSystem::new()) {
            Ok(file) => {
                // Its age is the time since its last use, for a sweep.
                _ = file.set_modified(now);
                Ok(Some(Lock(file)))
            }
            Err(err) if err.kind() == io::ErrorKind::WouldBlock => Ok(None),
            Err(err) => Err(err),
        }
    }

    /// `true` while a process holds the lock. Creates nothing.
    pub fn is_held(path: &Path) -> bool {
        // Shared, so that several processes that check do not see each other as a holder.
        let is_held = |lock: Lock| matches!(lock.0.try_lock_shared(), Err(TryLockError::WouldBlock));
        open(path, Trust::Strict).is_ok_and(|(file, _)| is_held(Lock(file)))
    }
}

impl Drop for Lock {
    /// Closing the file is not enough: a child that another thread has just forked keeps it open until it executes its
    /// program.
    fn drop(&mut self) {
        _ = self.0.unlock();
    }
}

/// The lock of a file, released when it is dropped, or by the kernel at the end of its process.
///
/// Our processes try the same locks in the same order and take the first available one, so that they agree on it.
/// A file that is not ours, or on a file system without locks, is skipped: it would protect against nobody, and must
/// not let another user stop us.
enum Held {
    File { _lock: File },
    Name { _lock: platform::HeldName },
}

impl Held {
    fn take(path: &Path, locks: Option<&Path>, budget: Duration, system: &mut impl System) -> io::Result<Held> {
        let ours = locks.and_then(|folder| Some(lock_path(&folder.join(path.file_name()?))));
        for place in ours.iter().chain([&lock_path(path)]) {
            match acquire(place, budget, system) {
                Ok(file) => return Ok(Held::File { _lock: file }),
                Err(err) if err.kind() == io::ErrorKind::WouldBlock => return Err(err),
                Err(_) => {}
            }
        }
        let mut pauses = Pauses::new(budget, budget, system);
        loop {
            match platform::take_name(path) {
                Err(err) if err.kind() == io::ErrorKind::AddrInUse => {
                    if !pauses.wait(system) {
                        return Err(held());
                    }
                }
                name => return Ok(Held::Name { _lock: name? }),
            }
        }
    }
}

fn update_in(
    path: &Path, locks: Option<&Path>, patience: Patience,
    mut merge: impl FnMut(Result<Object, &Absent>) -> Option<String>, system: &mut impl System,
) -> io::Result<()> {
    let _lock = match Held::take(path, locks, patience.lock, system) {
        Err(err) if err.kind() == io::ErrorKind::WouldBlock && !patience.proceed_unlocked => return Err(err),
        lock => lock,
    };
    let mut found = look(path, system);
    let mut merges = 0;
    loop {
        let Some(content) = merge(object(&found)) else { return Ok(()) };
        match found {
            Ok(old) if old == content => return Ok(()),
            Err(Absent::Unavailable(err)) => return Err(err),
            _ => {}
        }
        merges += 1;
        let temp = Temp::create(path, content.as_bytes())?;
        let again = read_text(path, Trust::Strict, MAX_STATE);
        if merges == MAX_MERGES || same(&found, &again) {
            return temp.rename(path, patience, system);
        }
        found = again;
    }
}

/// Reads the file, a second time when it is invalid.
fn look(path: &Path, system: &mut impl System) -> Result<String, Absent> {
    let found = read_text(path, Trust::Strict, MAX_STATE);
    if matches!(object(&found), Err(Absent::Invalid(_))) {
        system.sleep(SECOND_LOOK);
        return read_text(path, Trust::Strict, MAX_STATE);
    }
    found
}

/// The text as a JSON object.
fn object(found: &Result<String, Absent>) -> Result<Object<'_>, &Absent> {
    let text = found.as_ref()?;
    Object::parse(text).ok_or(&Absent::Invalid("not a JSON object"))
}

fn same(a: &Result<String, Absent>, b: &Result<String, Absent>) -> bool {
    match (a, b) {
        (Ok(a), Ok(b)) => a == b,
        (Err(Absent::Missing), Err(Absent::Missing)) => true,
        (Err(Absent::Invalid(_)), Err(Absent::Invalid(_))) => true,
        _ => false,
    }
}

/// The lock file of a file, next to it: locking the file itself would block readers on Windows. It is never removed
/// while its session lives, since a lock on a removed file excludes nobody.
fn lock_path(path: &Path) -> PathBuf {
    let mut name = OsString::from(path);
    name.push(".lock");
    PathBuf::from(name)
}

fn acquire(path: &Path, budget: Duration, system: &mut impl System) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false);
    let file = platform::open_private(platform::guard(&mut options, Trust::Strict), path)?;
    // Another user's lock could be held forever.
    check(&file.metadata()?, Trust::Strict)?;
    match file.try_lock() {
        Ok(()) => return Ok(file),
        Err(TryLockError::WouldBlock) => {}
        Err(TryLockError::Error(err)) => return Err(err),
    }
    if budget.is_zero() {
        return Err(held());
    }
    system.lock(file, budget)?.ok_or_else(held)
}

fn held() -> io::Error {
    io::Error::new(io::ErrorKind::WouldBlock, "another process holds the lock")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::rename::tests::Script;
    use crate::store::tests::Folder;
    use std::thread::ScopedJoinHandle;
    use std::time::Instant;

    const PATIENCE: Patience = Patience::RENDER;

    /// A merge that adds a member to what is there.
    fn add(name: &'static str) -> impl FnMut(Result<Object, &Absent>) -> Option<String> {
        move |found| {
            let mut object = found.unwrap_or_default();
            object.set(name, "1");
            Some(object.to_string())
        }
    }

    fn content(path: &Path) -> String {
        read_text(path, Trust::Strict, 100).unwrap()
    }

    #[test]
    fn merges_what_is_there() {
        let folder = Folder::new();
        let path = folder.path("deep/bridge.json");
        update(&path, None, PATIENCE, add("a")).unwrap();
        update(&path, None, PATIENCE, add("b")).unwrap();
        assert_eq!(content(&path), r#"{"a":1,"b":1}"#);
        let mut system = Script::failing_with(&[]);
        update_in(&path, None, PATIENCE, |_| None, &mut system).unwrap();
        update_in(&path, None, PATIENCE, add("b"), &mut system).unwrap();
        assert_eq!(system.tries, 0, "nothing has changed");
    }

    #[test]
    fn four_writers_beside_a_reader_lose_nothing() {
        const WRITERS: u64 = 4;
        // Windows replaces no file that the reader holds open, which is nearly always.
        const UPDATES: u64 = if cfg!(windows) { 10 } else { 200 };
        let folder = Folder::new();
        let path = folder.path("bridge.json");
        let count = |object: &Object| object.count("n").unwrap_or(0);
        // A wait that gives up leaves a thread behind: in one process they pile up.
        let patience = Patience { lock: Duration::from_secs(30), ..Patience::HOOK };
        let write = || {
            let one_more = |found: Result<Object, &Absent>| {
                let mut object = found.unwrap_or_default();
                object.set("n", (count(&object) + 1).to_string());
                Some(object.to_string())
            };
            for _ in 0..UPDATES {
                // A failed update has changed nothing, and is repeated.
                while update(&path, None, patience, one_more).is_err() {}
            }
        };
        std::thread::scope(|scope| {
            let writers: Vec<_> = (0..WRITERS).map(|_| scope.spawn(write)).collect();
            let mut seen = 0;
            while !writers.iter().all(ScopedJoinHandle::is_finished) {
                if let Ok(text) = read_text(&path, Trust::Strict, MAX_STATE) {
                    let now = count(&Object::parse(&text).expect("a reader sees whole files"));
                    assert!(now >= seen, "{now} after {seen}");
                    seen = now;
                }
            }
        });
        assert_eq!(content(&path), format!(r#"{{"n":{}}}"#, WRITERS * UPDATES));
        assert_eq!(folder.names(), ["bridge.json", "bridge.json.lock"]);
    }

    #[test]
    fn a_writer_without_lock_is_noticed_and_the_merge_redone() {
        let folder = Folder::new();
        let path = folder.file("bridge.json", b"{}");
        let mut calls = 0;
        update(&path, None, PATIENCE, |found| {
            calls += 1;
            if calls == 1 {
                folder.file("bridge.json", br#"{"theirs":1}"#);
            }
            add("ours")(found)
        })
        .unwrap();
        assert_eq!((calls, content(&path).as_str()), (2, r#"{"theirs":1,"ours":1}"#));
        assert_eq!(folder.names(), ["bridge.json", "bridge.json.lock"]);
    }

    #[test]
    fn a_held_lock_is_waited_for_and_then_given_up_or_passed_over() {
        let folder = Folder::new();
        let path = folder.path("bridge.json");
        let holder = File::create(lock_path(&path)).unwrap();
        holder.lock().unwrap();
        let mut system = Script::failing_with(&[]);
        let err = update_in(&path, None, Patience::RENDER, add("x"), &mut system).unwrap_err();
        assert_eq!((err.kind(), system.now), (io::ErrorKind::WouldBlock, Patience::RENDER.lock));
        let mut system = Script::failing_with(&[]);
        let proceed_unlocked = Patience { proceed_unlocked: true, ..Patience::HOOK };
        update_in(&path, None, proceed_unlocked, add("x"), &mut system).unwrap();
        assert_eq!((system.tries, system.now), (1, Patience::HOOK.lock));
    }

    #[test]
    fn one_deadline_bounds_all_that_is_waited_for() {
        let over = Patience::HOOK.until(Instant::now());
        assert_eq!((over.lock, over.rename), (Duration::ZERO, Duration::ZERO));
        let long = Patience::HOOK.until(Instant::now() + Duration::from_secs(99));
        assert_eq!(long, Patience::HOOK);
        let short = Patience::HOOK.until(Instant::now() + Duration::from_millis(500));
        assert!(short.lock <= Duration::from_millis(500) && short.rename <= Duration::from_millis(500));
    }

    #[test]
    fn the_lock_is_where_nobody_else_can_write_if_there_is_such_a_place() {
        let folder = Folder::new();
        let (path, locks) = (folder.path("bridge.json"), folder.path("locks"));
        update(&path, Some(&locks), PATIENCE, add("a")).unwrap();
        assert_eq!(folder.names(), ["bridge.json", "locks"]);
        let lock = locks.join("bridge.json.lock");
        let holder = File::open(&lock).unwrap();
        holder.lock().unwrap();
        update(&path, Some(&locks), Patience::default(), add("b")).unwrap_err();
        drop(holder);

        // Where it is impossible, all take the lock next to the file.
        std::fs::remove_file(&lock).unwrap();
        std::fs::create_dir(&lock).unwrap();
        update(&path, Some(&locks), PATIENCE, add("c")).unwrap();
        assert_eq!(content(&path), r#"{"a":1,"c":1}"#);
        let beside = File::open(lock_path(&path)).unwrap();
        beside.lock().unwrap();
        update(&path, Some(&locks), Patience::default(), add("d")).unwrap_err();
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn where_no_file_can_be_locked_a_name_is() {
        let folder = Folder::new();
        let path = folder.path("bridge.json");
        std::fs::create_dir(lock_path(&path)).unwrap();
        let name = platform::take_name(&path).unwrap();
        let mut system = Script::failing_with(&[]);
        let err = update_in(&path, None, Patience::RENDER, add("x"), &mut system).unwrap_err();
        assert_eq!((err.kind(), system.now), (io::ErrorKind::WouldBlock, Patience::RENDER.lock));
        platform::take_name(&folder.path("other.json")).unwrap();
        drop(name);
        update(&path, None, PATIENCE, add("x")).unwrap();
        assert_eq!(content(&path), r#"{"x":1}"#);
    }

    #[test]
    fn a_lock_is_held_until_dropped() {
        let folder = Folder::new();
        let path = folder.path("locks/git-1.lock");
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1_800_000_000);
        assert!(!Lock::is_held(&path) && !path.exists());
        let lock = Lock::take(&path, Duration::ZERO, now).unwrap().expect("it is free");
        assert!(Lock::is_held(&path));
        assert!(Lock::take(&path, Duration::ZERO, now).unwrap().is_none());
        // Like a forked child just before it executes its program.
        let in_child = lock.0.try_clone().unwrap();
        drop(lock);
        assert!(!Lock::is_held(&path));
        assert!(Lock::take(&path, Duration::ZERO, now).unwrap().is_some());
        drop(in_child);
        assert_eq!(std::fs::metadata(&path).unwrap().modified().unwrap(), now);
    }

    #[test]
    #[cfg(unix)]
    fn a_lock_that_is_no_file_of_ours_is_ignored() {
        let folder = Folder::new();
        let path = folder.path("bridge.json");
        let victim = folder.file("victim", b"");
        std::os::unix::fs::symlink(victim, lock_path(&path)).unwrap();
        update(&path, None, PATIENCE, add("x")).unwrap();
        assert_eq!(content(&path), r#"{"x":1}"#);
    }

    #[test]
    fn what_is_unavailable_is_not_replaced() {
        let folder = Folder::new();
        std::fs::create_dir(folder.path("bridge.json")).unwrap();
        update(&folder.path("bridge.json"), None, PATIENCE, add("x")).unwrap_err();
        assert_eq!(folder.names(), ["bridge.json", "bridge.json.lock"]);
    }

    #[test]
    fn what_is_invalid_gets_a_second_look() {
        for invalid in ["", "{\"half\":", "[]"] {
            let folder = Folder::new();
            let path = folder.file("bridge.json", invalid.as_bytes());
            let mut system = Script::failing_with(&[]);
            update_in(&path, None, PATIENCE, add("x"), &mut system).unwrap();
            assert_eq!((system.pauses, system.tries), (vec![SECOND_LOOK], 1), "{invalid}");
        }
    }
}
