//! Files that are the user's and not ours: replaced only as they were read, on disk before they are
//! named, through links, with their mode and owner.

use std::fs::{self, File, Metadata, OpenOptions};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use super::platform;
use super::read::{Trust, open};
use super::rename::{Machine, Patience, World, rename};
use super::write::Temp;

/// Most that is read of a settings file, in bytes.
const MAX_SETTINGS: u64 = 16 << 20;

/// What a file must hold to be replaced.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Expected<'a> {
    /// Whatever it holds.
    Anything,
    /// There must be no file.
    Missing,
    /// Just this.
    Content(&'a [u8]),
}

/// The content of a file of the user's. `None` when there is none.
///
/// # Errors
/// It cannot be read, is no regular file, or is larger than 16 MiB.
pub fn read_settings(path: &Path) -> io::Result<Option<Vec<u8>>> {
    let (file, _) = match open(path, Trust::Lenient) {
        Ok(opened) => opened,
        Err(super::Absent::Missing) if fs::symlink_metadata(path).is_err() => return Ok(None),
        Err(super::Absent::Missing) => return Err(io::Error::other("a link to what is not there")),
        Err(super::Absent::Unavailable(err)) => return Err(err),
        Err(invalid) => return Err(io::Error::other(invalid.to_string())),
    };
    let mut content = Vec::new();
    file.take(MAX_SETTINGS + 1).read_to_end(&mut content)?;
    if content.len() as u64 > MAX_SETTINGS {
        return Err(io::Error::new(io::ErrorKind::FileTooLarge, "larger than 16 MiB"));
    }
    Ok(Some(content))
}

/// Makes `content` the content of a file of the user's. A link stays and its target is replaced;
/// mode and owner stay those of the file. A new one is for its owner only, as its folders are.
///
/// # Errors
/// The first error that happened, or the file is not as `expected`: it is as it was then, and no
/// temporary file is left.
pub fn write_settings(path: &Path, expected: Expected, content: &[u8], patience: Patience) -> io::Result<()> {
    write_settings_in(path, expected, content, patience, &mut Machine::new())
}

fn write_settings_in(
    path: &Path,
    expected: Expected,
    content: &[u8],
    patience: Patience,
    world: &mut impl World,
) -> io::Result<()> {
    let target = target(path)?;
    let temp = Temp::create(&target, content)?;
    let file = OpenOptions::new().write(true).open(temp.path())?;
    match fs::metadata(&target) {
        Ok(metadata) => keep_rights(&file, &metadata)?,
        Err(err) if err.kind() == io::ErrorKind::NotFound => {}
        Err(err) => return Err(err),
    }
    file.sync_all()?;
    // Windows renames no open file.
    drop(file);
    check_expected(&target, expected)?;
    rename(temp.path(), &target, patience.rename, world)?;
    temp.keep();
    platform::sync_dir(target.parent().unwrap_or(Path::new(".")));
    Ok(())
}

/// Removes a file of the user's. That there is none is no error.
///
/// # Errors
/// It cannot be removed, or is not as `expected`.
pub fn remove_settings(path: &Path, expected: Expected) -> io::Result<()> {
    check_expected(path, expected)?;
    match fs::remove_file(path) {
        Err(err) if err.kind() != io::ErrorKind::NotFound => Err(err),
        _ => Ok(()),
    }
}

/// Removes a folder that has nothing in it; any other stays.
pub fn remove_empty_dir(path: &Path) {
    // Only an empty folder can be removed in this way.
    _ = fs::remove_dir(path);
}

/// The file itself, behind all links.
pub fn target(path: &Path) -> io::Result<PathBuf> {
    match fs::symlink_metadata(path) {
        Ok(metadata) if metadata.is_symlink() => fs::canonicalize(path),
        Ok(_) => Ok(path.to_owned()),
        Err(err) if err.kind() == io::ErrorKind::NotFound => Ok(path.to_owned()),
        Err(err) => Err(err),
    }
}

fn check_expected(path: &Path, expected: Expected) -> io::Result<()> {
    let now = match expected {
        Expected::Anything => return Ok(()),
        _ => read_settings(path)?,
    };
    let as_expected = match expected {
        Expected::Content(content) => now.as_deref() == Some(content),
        _ => now.is_none(),
    };
    as_expected.then_some(()).ok_or_else(|| {
        io::Error::new(io::ErrorKind::ResourceBusy, "somebody has changed the file meanwhile; run this again")
    })
}

fn keep_rights(file: &File, metadata: &Metadata) -> io::Result<()> {
    platform::keep_owner(file, metadata)?;
    file.set_permissions(metadata.permissions())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::rename::tests::Script;
    use crate::store::tests::Folder;

    fn put(path: &Path, expected: Expected, content: &[u8]) -> io::Result<()> {
        write_settings(path, expected, content, Patience::HOOK)
    }

    #[test]
    fn a_file_is_replaced_only_as_it_was_read() {
        let folder = Folder::new();
        let path = folder.path("a/b/settings.json");
        assert_eq!(read_settings(&path).unwrap(), None);
        put(&path, Expected::Content(b""), b"{}").unwrap_err();
        put(&path, Expected::Missing, b"").unwrap();
        assert_eq!(read_settings(&path).unwrap().unwrap(), b"");
        put(&path, Expected::Content(b""), b"two").unwrap();
        put(&path, Expected::Content(b"one"), b"three").unwrap_err();
        put(&path, Expected::Missing, b"three").unwrap_err();
        remove_settings(&path, Expected::Content(b"one")).unwrap_err();
        assert_eq!(read_settings(&path).unwrap().unwrap(), b"two");
        put(&path, Expected::Anything, b"four").unwrap();
        remove_settings(&path, Expected::Content(b"four")).unwrap();
        remove_settings(&path, Expected::Missing).unwrap();
        assert_eq!(fs::read_dir(path.parent().unwrap()).unwrap().count(), 0);
    }

    #[test]
    fn a_failed_rename_leaves_file_and_folder_as_they_were() {
        let folder = Folder::new();
        let path = folder.file("settings.json", b"old");
        let mut world = Script::failing_with(&[2]);
        write_settings_in(&path, Expected::Content(b"old"), b"new", Patience::HOOK, &mut world).unwrap_err();
        assert_eq!(read_settings(&path).unwrap().unwrap(), b"old");
        assert_eq!(folder.names(), ["settings.json"]);
    }

    #[test]
    fn only_an_empty_folder_is_removed() {
        let folder = Folder::new();
        let file = folder.path("a/file");
        put(&file, Expected::Missing, b"x").unwrap();
        remove_empty_dir(&folder.path("a"));
        assert!(file.exists());
        remove_settings(&file, Expected::Anything).unwrap();
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
        put(&folder.path("again.json"), Expected::Content(b"old"), b"new").unwrap();
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
            put(&folder.path(name), Expected::Missing, b"x").unwrap_err();
        }
        assert_eq!(folder.names(), ["folder", "link"]);
    }

    #[test]
    #[cfg(unix)]
    fn a_new_file_is_for_its_owner_only() {
        use std::os::unix::fs::MetadataExt;
        let folder = Folder::new();
        let path = folder.path("agent/settings.json");
        put(&path, Expected::Missing, b"{}").unwrap();
        let mode = |path: &Path| fs::metadata(path).unwrap().mode() & 0o777;
        assert_eq!((mode(&path), mode(path.parent().unwrap())), (0o600, 0o700));
    }
}
