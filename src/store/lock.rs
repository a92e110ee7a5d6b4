//! Locked read-change-replace. The lock is the kernel's: it goes with its holder, so that a killed
//! process can wedge nobody.

use std::ffi::OsString;
use std::fs::{File, OpenOptions, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::platform;
use super::read::{Absent, MAX_STATE, Trust, check, read};
use super::rename::{Machine, Patience, Pauses, World, rename};
use super::write::{Outcome, Temp};

/// How often a merge is redone because a writer that takes no lock came between.
const MAX_MERGES: usize = 5;
/// How long an invalid file is given to become valid: a writer that does not replace atomically
/// leaves it empty for a moment.
const SECOND_LOOK: Duration = Duration::from_millis(3);

/// Changes the file by `merge`, which gets what is there and gives what shall be there, `None` to
/// leave it alone. It may be called several times, and must depend on its argument only.
///
/// Between processes that all come through here nothing is lost. Writers that take no lock are
/// noticed up to the rename, and the merge is done again on what they wrote.
///
/// A lock that is not ours, or cannot be had at all, is ignored: it would protect from nobody, and
/// whoever planted it must not stop us.
///
/// # Errors
/// Another process held the lock for longer than `patience` allows, or the file could not be
/// replaced: nothing has changed then.
pub fn update(
    path: &Path,
    patience: Patience,
    merge: impl FnMut(Result<&[u8], &Absent>) -> Option<Vec<u8>>,
) -> io::Result<Outcome> {
    update_in(path, patience, merge, &mut Machine::new())
}

fn update_in(
    path: &Path,
    patience: Patience,
    mut merge: impl FnMut(Result<&[u8], &Absent>) -> Option<Vec<u8>>,
    world: &mut impl World,
) -> io::Result<Outcome> {
    // Freed when dropped, at the end of this function or of the process.
    let _lock = match acquire(&lock_path(path), patience.lock, world) {
        Err(err) if err.kind() == io::ErrorKind::WouldBlock && !patience.insists => return Err(err),
        lock => lock,
    };
    let mut found = look(path, world);
    for round in 1.. {
        let Some(content) = merge(found.as_deref()) else {
            return Ok(Outcome::Unchanged);
        };
        if found.as_ref().is_ok_and(|old| *old == content) {
            return Ok(Outcome::Unchanged);
        }
        if let Err(Absent::Unavailable(err)) = found {
            return Err(err);
        }
        let temp = Temp::create(path, &content)?;
        let again = read(path, Trust::Strict, MAX_STATE);
        if round < MAX_MERGES && !same(&found, &again) {
            found = again;
            continue;
        }
        rename(temp.path(), path, patience.rename, world)?;
        temp.keep();
        break;
    }
    Ok(Outcome::Replaced)
}

/// Reads the file, a second time when it is invalid.
fn look(path: &Path, world: &mut impl World) -> Result<Vec<u8>, Absent> {
    match read(path, Trust::Strict, MAX_STATE) {
        Err(Absent::Invalid(_)) => {
            world.sleep(SECOND_LOOK);
            read(path, Trust::Strict, MAX_STATE)
        }
        found => found,
    }
}

fn same(a: &Result<Vec<u8>, Absent>, b: &Result<Vec<u8>, Absent>) -> bool {
    match (a, b) {
        (Ok(a), Ok(b)) => a == b,
        (Err(Absent::Missing), Err(Absent::Missing)) => true,
        (Err(Absent::Invalid(_)), Err(Absent::Invalid(_))) => true,
        _ => false,
    }
}

/// A file beside the one it stands for: locking that one itself would keep readers out on Windows.
/// It is never removed while its session lives, since a lock on a removed file excludes nobody.
fn lock_path(path: &Path) -> PathBuf {
    let mut name = OsString::from(path);
    name.push(".lock");
    PathBuf::from(name)
}

fn acquire(path: &Path, budget: Duration, world: &mut impl World) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false);
    let open = || platform::private(platform::guard(&mut options.clone(), Trust::Strict)).open(path);
    let file = match open() {
        Err(err) if err.kind() == io::ErrorKind::NotFound => {
            platform::create_private_dir(path.parent().ok_or(err)?)?;
            open()?
        }
        file => file?,
    };
    // Somebody else's lock could be held for ever.
    check(&file.metadata()?, Trust::Strict)?;
    let mut pauses = None;
    loop {
        match file.try_lock() {
            Ok(()) => return Ok(file),
            Err(TryLockError::WouldBlock) => {}
            Err(TryLockError::Error(err)) => return Err(err),
        }
        let pauses = pauses.get_or_insert_with(|| Pauses::for_lock(budget, world));
        if !pauses.wait(world) {
            return Err(io::Error::new(io::ErrorKind::WouldBlock, "another process holds the lock"));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::rename::tests::Script;
    use crate::store::tests::Folder;

    const PATIENCE: Patience = Patience::RENDER;

    fn append(x: &'static str) -> impl FnMut(Result<&[u8], &Absent>) -> Option<Vec<u8>> {
        move |found| Some([found.unwrap_or_default(), x.as_bytes()].concat())
    }

    #[test]
    fn merges_what_is_there() {
        let folder = Folder::new();
        let path = folder.path("deep/bridge.json");
        assert_eq!(update(&path, PATIENCE, append("a")).unwrap(), Outcome::Replaced);
        assert_eq!(update(&path, PATIENCE, append("b")).unwrap(), Outcome::Replaced);
        assert_eq!(read(&path, Trust::Strict, 100).unwrap(), b"ab");
        assert_eq!(update(&path, PATIENCE, |_| None).unwrap(), Outcome::Unchanged);
        assert_eq!(update(&path, PATIENCE, append("")).unwrap(), Outcome::Unchanged);
    }

    #[test]
    fn a_writer_without_lock_is_noticed_and_the_merge_redone() {
        let folder = Folder::new();
        let path = folder.file("bridge.json", b"old");
        let mut calls = 0;
        update(&path, PATIENCE, |found| {
            calls += 1;
            if calls == 1 {
                folder.file("bridge.json", b"theirs");
            }
            append("+ours")(found)
        })
        .unwrap();
        assert_eq!((calls, read(&path, Trust::Strict, 100).unwrap()), (2, b"theirs+ours".to_vec()));
        assert_eq!(folder.names(), ["bridge.json", "bridge.json.lock"]);
    }

    #[test]
    fn a_held_lock_is_waited_for_and_then_given_up() {
        let folder = Folder::new();
        let path = folder.path("bridge.json");
        let holder = File::create(lock_path(&path)).unwrap();
        holder.lock().unwrap();
        let mut world = Script::failing_with(&[]);
        let err = update_in(&path, PATIENCE, append("x"), &mut world).unwrap_err();
        assert_eq!(err.kind(), io::ErrorKind::WouldBlock);
        assert_eq!(world.now, PATIENCE.lock);
        drop(holder);
        update_in(&path, PATIENCE, append("x"), &mut world).unwrap();
    }

    #[test]
    fn what_is_unavailable_is_not_replaced() {
        let folder = Folder::new();
        std::fs::create_dir(folder.path("bridge.json")).unwrap();
        update(&folder.path("bridge.json"), PATIENCE, append("x")).unwrap_err();
        assert_eq!(folder.names(), ["bridge.json", "bridge.json.lock"]);
    }

    #[test]
    fn an_empty_file_gets_a_second_look() {
        let folder = Folder::new();
        let path = folder.file("bridge.json", b"");
        let mut world = Script::failing_with(&[]);
        update_in(&path, PATIENCE, append("x"), &mut world).unwrap();
        assert_eq!((world.pauses, world.tries), (vec![SECOND_LOOK], 1));
    }
}
