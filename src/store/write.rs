//! Atomic replacement: a reader sees the old file or the new one, whole.

use std::ffi::OsString;
use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use super::platform::{self, Trust};
use super::read::check;
use super::rename::{Patience, RealSystem, System, random_u32, rename};

/// Replaces the content of the file, and creates its folder if needed.
///
/// # Errors
/// The first error that occurred; the file is unchanged then, and no temporary file is left. A
/// target that is not ours, or not a regular file, is not touched.
pub fn replace(path: &Path, content: &[u8], patience: Patience) -> io::Result<()> {
    check_target(path)?;
    replace_in(path, content, patience, &mut RealSystem::new())
}

/// Refuses a target other than a missing file or one of ours.
fn check_target(path: &Path) -> io::Result<()> {
    match fs::symlink_metadata(path) {
        Ok(metadata) => check(&metadata, Trust::Strict),
        Err(err) if err.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(err) => Err(err),
    }
}

/// [`replace`] for a file that other users read, in an existing folder.
///
/// # Errors
/// As [`replace`].
pub fn publish(path: &Path, content: &[u8], patience: Patience) -> io::Result<()> {
    check_target(path)?;
    if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        fs::metadata(folder)?;
    }
    let temp = Temp::create(path, content)?;
    #[cfg(unix)]
    fs::set_permissions(temp.path(), std::os::unix::fs::PermissionsExt::from_mode(0o644))?;
    temp.rename(path, patience, &mut RealSystem::new())
}

fn replace_in(path: &Path, content: &[u8], patience: Patience, system: &mut impl System) -> io::Result<()> {
    Temp::create(path, content)?.rename(path, patience, system)
}

/// A temporary file next to its target, removed when dropped.
pub(super) struct Temp(PathBuf);

impl Temp {
    /// Creates the file with that content and closes it: Windows does not rename open files.
    pub fn create(target: &Path, content: &[u8]) -> io::Result<Temp> {
        let path = temp_path(target);
        // Exclusive, so that an existing file or link with that name is refused and never followed.
        let mut file = platform::open_private(OpenOptions::new().write(true).create_new(true), &path)?;
        let temp = Temp(path);
        file.write_all(content)?;
        Ok(temp)
    }

    /// Replaces `target` by the file.
    pub fn rename(self, target: &Path, patience: Patience, system: &mut impl System) -> io::Result<()> {
        rename(&self.0, target, patience.rename, system)?;
        self.keep();
        Ok(())
    }

    /// The file has been renamed: there is nothing to remove any more.
    pub fn keep(mut self) {
        self.0 = PathBuf::new();
    }

    pub fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Temp {
    fn drop(&mut self) {
        if !self.0.as_os_str().is_empty() {
            // A file that cannot be removed is found by a later sweep.
            _ = fs::remove_file(&self.0);
        }
    }
}

/// `<target>.<pid>.<8 hex of 4 random bytes>.tmp`: no two writers share a name, and a sweep recognises its target and
/// writer.
fn temp_path(target: &Path) -> PathBuf {
    let mut name = OsString::from(target);
    name.push(format!(".{}.{:08x}.tmp", std::process::id(), random_u32()));
    PathBuf::from(name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::read;
    use crate::store::rename::tests::Script;
    use crate::store::tests::Folder;

    #[test]
    fn content_is_replaced_whole() {
        let folder = Folder::new();
        let path = folder.path("a/b/state.json");
        for content in [&b"one"[..], b"one", b"longer than before", b"x"] {
            replace(&path, content, Patience::RENDER).unwrap();
            assert_eq!(read(&path, Trust::Strict, 100).unwrap(), content);
        }
        assert_eq!(fs::read_dir(path.parent().unwrap()).unwrap().count(), 1);
    }

    #[test]
    fn a_failed_rename_leaves_target_and_folder_as_they_were() {
        let folder = Folder::new();
        let path = folder.file("state.json", b"old");
        let mut system = Script::failing_with(&[2]);
        replace_in(&path, b"new", Patience::RENDER, &mut system).unwrap_err();
        assert_eq!(read(&path, Trust::Strict, 100).unwrap(), b"old");
        assert_eq!(folder.names(), ["state.json"]);
    }

    #[test]
    fn a_folder_in_the_place_of_the_file_is_reported_at_once() {
        let folder = Folder::new();
        fs::create_dir(folder.path("state.json")).unwrap();
        replace(&folder.path("state.json"), b"new", Patience::RENDER).unwrap_err();
        assert_eq!(folder.names(), ["state.json"]);
    }

    #[test]
    #[cfg(unix)]
    fn files_and_folders_are_for_their_owner_only() {
        use std::os::unix::fs::MetadataExt;
        let folder = Folder::new();
        let path = folder.path("state/sessions/x.json");
        replace(&path, b"{}", Patience::RENDER).unwrap();
        let mode = |path: &Path| fs::metadata(path).unwrap().mode() & 0o777;
        assert_eq!(mode(&path), 0o600);
        assert_eq!(mode(path.parent().unwrap()), 0o700);
        assert_eq!(mode(&folder.path("state")), 0o700);
    }

    #[test]
    #[cfg(unix)]
    fn a_published_file_is_for_everyone_and_makes_no_folder() {
        use std::os::unix::fs::MetadataExt;
        let folder = Folder::new();
        let path = folder.file("x.prom", b"old");
        publish(&path, b"new", Patience::RENDER).unwrap();
        assert_eq!(fs::metadata(&path).unwrap().mode() & 0o777, 0o644);
        assert_eq!(
            (folder.names(), read(&path, Trust::Strict, 9).unwrap()),
            (vec!["x.prom".to_owned()], b"new".to_vec())
        );
        assert!(publish(&folder.path("none/x.prom"), b"new", Patience::RENDER).is_err());
    }

    #[test]
    #[cfg(unix)]
    fn a_link_in_the_place_of_the_file_is_not_written_through() {
        let folder = Folder::new();
        let victim = folder.file("victim", b"precious");
        std::os::unix::fs::symlink(&victim, folder.path("state.json")).unwrap();
        replace(&folder.path("state.json"), b"new", Patience::RENDER).unwrap_err();
        assert_eq!(read(&victim, Trust::Strict, 100).unwrap(), b"precious");
    }

    #[test]
    fn temp_names_are_unique_and_tell_their_process() {
        let name = temp_path(Path::new("/d/x.json"));
        let name = name.to_str().unwrap();
        let rest = name.strip_prefix(&format!("/d/x.json.{}.", std::process::id())).unwrap();
        let nonce = rest.strip_suffix(".tmp").unwrap();
        assert!(nonce.len() == 8 && nonce.bytes().all(|byte| byte.is_ascii_hexdigit()), "{name}");
        assert_ne!(temp_path(Path::new("/d/x.json")), temp_path(Path::new("/d/x.json")));
    }
}
