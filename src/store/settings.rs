//! Files of the user: replaced only if unchanged since they were read, flushed before they get their name, following
//! links, and keeping mode, owner and attributes.

use std::fs::{self, File, Metadata, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};

use super::platform::{self, Trust};
use super::read::{Absent, EMPTY, open, read};
use super::rename::{Patience, RealSystem, System, rename};
use super::write::Temp;

/// Maximum size of a settings file in bytes.
const MAX_SETTINGS: u64 = 16 << 20;

/// The content of one of the user's files. `None` if it is missing.
///
/// # Errors
/// It cannot be read, is not a regular file, or is larger than 16 MiB.
pub fn read_settings(path: &Path) -> io::Result<Option<Vec<u8>>> {
    match read(path, Trust::Lenient, MAX_SETTINGS) {
        Ok(content) => Ok(Some(content)),
        Err(Absent::Invalid(EMPTY)) => Ok(Some(Vec::new())),
        Err(Absent::Invalid(_)) => Err(io::Error::new(io::ErrorKind::FileTooLarge, "larger than 16 MiB")),
        Err(Absent::Missing) if fs::symlink_metadata(path).is_err() => Ok(None),
        Err(Absent::Missing) => Err(io::Error::other("a broken link")),
        Err(Absent::Unavailable(err)) => Err(err),
    }
}

/// Writes one of the user's files. A link stays and its target is replaced; the file keeps its mode, owner and extended
/// attributes. A new file and its folders are private to their owner. Further names of the file (hard links) keep the
/// old content.
///
/// No edit of others is lost: the replaced content is compared with the expected one, and put back if it differs. If
/// the system cannot swap two files (Windows), the comparison comes before the rename, and an edit between the two is
/// lost.
///
/// # Errors
/// The first error that occurred, or the content is not the `expected` one ([`is_changed`]), which is `None` for a
/// missing file. The file is unchanged then, and no temporary file is left.
pub fn write_settings(path: &Path, expected: Option<&[u8]>, content: &[u8]) -> io::Result<()> {
    write_settings_in(path, expected, content, &mut RealSystem::new())
}

fn write_settings_in(path: &Path, expected: Option<&[u8]>, content: &[u8], system: &mut impl System) -> io::Result<()> {
    let target = target(path)?;
    let temp = Temp::create(&target, content)?;
    let file = OpenOptions::new().write(true).open(temp.path())?;
    match open(&target, Trust::Lenient) {
        Ok((old, metadata)) => keep_rights(&file, &old, &metadata)?,
        Err(Absent::Unavailable(err)) => return Err(err),
        Err(_) => {}
    }
    file.sync_all()?;
    // Windows does not rename open files.
    drop(file);
    check_expected(&target, expected)?;
    let placed = match expected {
        Some(_) => system.swap(temp.path(), &target),
        // The other name is removed with the temporary file.
        None => fs::hard_link(temp.path(), &target),
    };
    match (placed, expected) {
        (Ok(()), Some(old)) => keeping(put_back_unless(old, content, temp.path(), &target, system), temp)?,
        (Ok(()), None) => {}
        (Err(err), Some(_)) if err.kind() == io::ErrorKind::NotFound => return Err(changed()),
        (Err(err), None) if err.kind() == io::ErrorKind::AlreadyExists => return Err(changed()),
        // Not every system swaps, and not every file system has links.
        (Err(_), _) => rename(temp.path(), &target, Patience::HOOK.rename, system)?,
    }
    platform::sync_dir(target.parent().unwrap_or(Path::new(".")));
    Ok(())
}

/// Maximum number of swaps when edits that are put back replace newer ones.
const MAX_SWAPS: usize = 100;

/// After a swap, `temp` has the former content of the target, which has `content` now. If that is not `old`, it is an
/// edit of others and is put back, as is anything written meanwhile. `true` if it was `old`.
fn put_back_unless(
    old: &[u8], content: &[u8], temp: &Path, target: &Path, system: &mut impl System,
) -> io::Result<bool> {
    let read = || Ok::<_, io::Error>(read_settings(temp)?.unwrap_or_default());
    let mut taken = read()?;
    if taken == old {
        return Ok(true);
    }
    let mut left = content.to_owned();
    for _ in 0..MAX_SWAPS {
        match system.swap(temp, target) {
            // The file has been removed since.
            Err(err) if err.kind() == io::ErrorKind::NotFound => return Ok(false),
            swapped => swapped?,
        }
        let now = read()?;
        if now == left {
            return Ok(false);
        }
        left = std::mem::replace(&mut taken, now);
    }
    Err(io::Error::other("another program keeps writing it"))
}

/// Turns the outcome of putting an edit back into a result. An edit that could not be put back is never removed.
fn keeping(put_back: io::Result<bool>, temp: Temp) -> io::Result<()> {
    match put_back {
        Ok(true) => Ok(()),
        Ok(false) => Err(changed()),
        Err(err) => {
            let message = format!("{err}; another program's edit is kept in {}", temp.path().display());
            temp.keep();
            Err(io::Error::other(message))
        }
    }
}

/// Removes one of the user's files. A file that is not as `expected` stays, even if it was written at the last moment.
///
/// # Errors
/// It cannot be removed, or is not as `expected`.
pub fn remove_settings(path: &Path, expected: Option<&[u8]>) -> io::Result<()> {
    check_expected(path, expected)?;
    let Some(old) = expected else { return Ok(()) };
    let aside = Temp::create(path, b"")?;
    platform::rename(path, aside.path())?;
    let put_back = || {
        if read_settings(aside.path())?.as_deref() == Some(old) {
            return Ok(true);
        }
        match fs::hard_link(aside.path(), path) {
            Ok(()) => {}
            // A newer file was written since.
            Err(err) if err.kind() == io::ErrorKind::AlreadyExists => {}
            // Not every file system has links.
            Err(_) => platform::rename(aside.path(), path)?,
        }
        Ok(false)
    };
    let outcome = put_back();
    keeping(outcome, aside)
}

/// Number of further names (hard links) of a file, which keep the old content when it is replaced.
pub fn other_names(path: &Path) -> u64 {
    let metadata = target(path).and_then(fs::metadata);
    metadata.map_or(0, |metadata| platform::links(&metadata).saturating_sub(1))
}

/// `true` if a file was left alone because it was changed meanwhile.
pub fn is_changed(err: &io::Error) -> bool {
    err.kind() == io::ErrorKind::ResourceBusy && err.get_ref().is_some()
}

fn changed() -> io::Error {
    io::Error::new(io::ErrorKind::ResourceBusy, "another program changed the file meanwhile; run this again")
}

/// Removes a file of ours, if it exists.
pub fn remove(path: &Path) {
    // It does no harm if it cannot be removed.
    _ = fs::remove_file(path);
}

/// Removes an empty folder; any other stays.
pub fn remove_empty_dir(path: &Path) {
    // Only an empty folder can be removed in this way.
    _ = fs::remove_dir(path);
}

/// The file itself, with all links followed.
pub fn target(path: &Path) -> io::Result<PathBuf> {
    match fs::symlink_metadata(path) {
        Ok(metadata) if metadata.is_symlink() => fs::canonicalize(path),
        Ok(_) => Ok(path.to_owned()),
        Err(err) if err.kind() == io::ErrorKind::NotFound => Ok(path.to_owned()),
        Err(err) => Err(err),
    }
}

fn check_expected(path: &Path, expected: Option<&[u8]>) -> io::Result<()> {
    if read_settings(path)?.as_deref() == expected { Ok(()) } else { Err(changed()) }
}

/// Sets the access list last: the group's part of the mode is its mask.
fn keep_rights(file: &File, old: &File, metadata: &Metadata) -> io::Result<()> {
    platform::keep_owner(file, metadata)?;
    file.set_permissions(metadata.permissions())?;
    platform::keep_attributes(file, old)
}

#[cfg(test)]
mod tests {

    use super::*;
    use crate::store::rename::tests::Script;
    use crate::store::tests::Folder;
    #[cfg(any(target_os = "linux", target_vendor = "apple"))]
    use crate::store::write::replace;

    fn put(path: &Path, expected: Option<&[u8]>, content: &[u8]) -> io::Result<()> {
        write_settings(path, expected, content)
    }

    #[test]
    fn a_file_is_replaced_only_as_it_was_read() {
        let folder = Folder::new();
        let path = folder.path("a/b/settings.json");
        assert_eq!(read_settings(&path).unwrap(), None);
        put(&path, Some(b""), b"{}").unwrap_err();
        put(&path, None, b"").unwrap();
        assert_eq!(read_settings(&path).unwrap().unwrap(), b"");
        put(&path, Some(b""), b"two").unwrap();
        put(&path, Some(b"one"), b"three").unwrap_err();
        put(&path, None, b"three").unwrap_err();
        remove_settings(&path, Some(b"one")).unwrap_err();
        assert_eq!(read_settings(&path).unwrap().unwrap(), b"two");
        remove_settings(&path, Some(b"two")).unwrap();
        remove_settings(&path, None).unwrap();
        assert_eq!(fs::read_dir(path.parent().unwrap()).unwrap().count(), 0);
    }

    /// A file system on which somebody else replaces the file before each swap, while edits are left.
    #[cfg(any(target_os = "linux", target_vendor = "apple"))]
    struct Meddler<'a> {
        edits: &'a [&'a [u8]],
        real: RealSystem,
    }

    #[cfg(any(target_os = "linux", target_vendor = "apple"))]
    impl System for Meddler<'_> {
        fn swap(&mut self, a: &Path, b: &Path) -> io::Result<()> {
            if let Some((edit, rest)) = self.edits.split_first() {
                self.edits = rest;
                replace(b, edit, Patience::HOOK)?;
            }
            self.real.swap(a, b)
        }
        fn elapsed(&mut self) -> std::time::Duration {
            self.real.elapsed()
        }
    }

    #[test]
    #[cfg(any(target_os = "linux", target_vendor = "apple"))]
    fn an_edit_at_the_last_moment_is_put_back_and_a_newer_one_over_it() {
        let check = |edits: &[&[u8]], expected: &[u8]| {
            let folder = Folder::new();
            let path = folder.file("settings.json", b"old");
            let mut system = Meddler { edits, real: RealSystem::new() };
            let written = write_settings_in(&path, Some(b"old"), b"ours", &mut system);
            assert_eq!(written.is_err_and(|err| is_changed(&err)), !edits.is_empty());
            assert_eq!(read_settings(&path).unwrap().unwrap(), expected, "{edits:?}");
            assert_eq!(folder.names(), ["settings.json"]);
        };
        check(&[], b"ours");
        check(&[b"one"], b"one");
        check(&[b"one", b"two"], b"two");
        check(&[b"one", b"two", b"three"], b"three");
        check(&[b"one", b"two", b"three", b"four"], b"four");
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn extended_attributes_stay_and_further_names_are_counted() {
        use rustix::fs::{XattrFlags, getxattr, setxattr};
        let folder = Folder::new();
        let path = folder.file("settings.json", b"old");
        setxattr(&path, "user.note", b"mine", XattrFlags::empty()).unwrap();
        // Version 2; the owner rw, user 4711 r, the group none, mask r, others none.
        let entries = [(1u16, 6u16, u32::MAX), (2, 4, 4711), (4, 0, u32::MAX), (16, 4, u32::MAX), (32, 0, u32::MAX)];
        let mut list = 2u32.to_le_bytes().to_vec();
        for (tag, rights, id) in entries {
            list.extend(tag.to_le_bytes().iter().chain(&rights.to_le_bytes()).chain(&id.to_le_bytes()));
        }
        let has_lists = setxattr(&path, "system.posix_acl_access", &list, XattrFlags::empty()).is_ok();
        assert_eq!(other_names(&path), 0);
        fs::hard_link(&path, folder.path("again")).unwrap();
        assert_eq!(other_names(&path), 1);
        put(&path, Some(b"old"), b"new").unwrap();
        let mut value = [0; 100];
        assert_eq!(getxattr(&path, "user.note", &mut value[..]).unwrap(), 4);
        if has_lists {
            let len = getxattr(&path, "system.posix_acl_access", &mut value[..]).unwrap();
            assert_eq!(value[..len], list);
        }
        assert_eq!(read_settings(&folder.path("again")).unwrap().unwrap(), b"old");
    }

    #[test]
    fn a_failed_rename_leaves_file_and_folder_as_they_were() {
        let folder = Folder::new();
        let path = folder.file("settings.json", b"old");
        // ENOSYS of the swap.
        let mut system = Script::failing_with(&[38, 2]);
        write_settings_in(&path, Some(b"old"), b"new", &mut system).unwrap_err();
        assert_eq!(system.tries, 2);
        assert_eq!(read_settings(&path).unwrap().unwrap(), b"old");
        assert_eq!(folder.names(), ["settings.json"]);
    }

    #[test]
    fn only_an_empty_folder_is_removed() {
        let folder = Folder::new();
        let file = folder.path("a/file");
        put(&file, None, b"x").unwrap();
        remove_empty_dir(&folder.path("a"));
        assert!(file.exists());
        remove(&file);
        remove_empty_dir(&folder.path("a"));
        assert_eq!(folder.names(), [""; 0]);
    }

    #[test]
    #[cfg(unix)]
    fn a_link_stays_and_mode_and_owner_are_kept() {
        use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
        let folder = Folder::new();
        fs::create_dir(folder.path("dotfiles")).unwrap();
        let file = folder.file("dotfiles/settings.json", b"old");
        fs::set_permissions(&file, fs::Permissions::from_mode(0o640)).unwrap();
        // Only root can give a file away.
        let owner = if rustix::process::geteuid().is_root() { (4711, 4712) } else { ids(&file) };
        std::os::unix::fs::chown(&file, Some(owner.0), Some(owner.1)).unwrap();
        symlink("dotfiles/settings.json", folder.path("settings.json")).unwrap();
        symlink("settings.json", folder.path("again.json")).unwrap();
        put(&folder.path("again.json"), Some(b"old"), b"new").unwrap();
        assert_eq!(read_settings(&file).unwrap().unwrap(), b"new");
        assert_eq!(fs::metadata(&file).unwrap().mode() & 0o7777, 0o640);
        assert_eq!(ids(&file), owner);
        for link in ["settings.json", "again.json"] {
            assert!(fs::symlink_metadata(folder.path(link)).unwrap().is_symlink());
        }
        assert_eq!(fs::read_dir(folder.path("dotfiles")).unwrap().count(), 1);
        fn ids(path: &Path) -> (u32, u32) {
            let metadata = fs::metadata(path).unwrap();
            (metadata.uid(), metadata.gid())
        }
    }

    #[test]
    #[cfg(unix)]
    fn a_link_to_nothing_and_a_folder_are_refused() {
        let folder = Folder::new();
        std::os::unix::fs::symlink("nowhere", folder.path("link")).unwrap();
        fs::create_dir(folder.path("folder")).unwrap();
        for name in ["link", "folder"] {
            read_settings(&folder.path(name)).unwrap_err();
            put(&folder.path(name), None, b"x").unwrap_err();
        }
        assert_eq!(folder.names(), ["folder", "link"]);
    }

    #[test]
    #[cfg(unix)]
    fn a_new_file_is_for_its_owner_only() {
        use std::os::unix::fs::MetadataExt;
        let folder = Folder::new();
        let path = folder.path("agent/settings.json");
        put(&path, None, b"{}").unwrap();
        let mode = |path: &Path| fs::metadata(path).unwrap().mode() & 0o777;
        assert_eq!((mode(&path), mode(path.parent().unwrap())), (0o600, 0o700));
    }
}
