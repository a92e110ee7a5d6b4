//! Ownership and permissions of the folders that files are kept in, for `doctor`.

use std::fs;
use std::path::{Path, PathBuf};

use super::platform::{self, Owner};
use super::read::Absent;
use super::write::Temp;

/// A folder that files are kept in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FolderInfo {
    /// Real path, if the path is a link.
    pub target: Option<PathBuf>,
    /// Owner of the real folder.
    pub owner: Owner,
    /// Permissions, as chmod(1) takes them. `None` on Windows.
    pub mode: Option<u32>,
    pub is_writable: bool,
}

/// Looks at a folder; a link is followed.
///
/// # Errors
/// It is missing, not a folder, or cannot be examined.
pub fn folder(path: &Path) -> Result<FolderInfo, Absent> {
    let is_link = fs::symlink_metadata(path)?.is_symlink();
    let metadata = fs::metadata(path)?;
    if !metadata.is_dir() {
        return Err(Absent::Invalid("not a folder"));
    }
    Ok(FolderInfo {
        target: if is_link { fs::canonicalize(path).ok() } else { None },
        owner: platform::owner(&metadata),
        mode: platform::mode(&metadata),
        is_writable: platform::is_writable(path).unwrap_or_else(|| Temp::create(&path.join("bridgeline"), b"").is_ok()),
    })
}

/// `true` for a folder that belongs to our user; a link is followed.
pub fn is_our_folder(path: &Path) -> bool {
    fs::metadata(path).is_ok_and(|metadata| metadata.is_dir() && platform::is_ours(&metadata))
}

/// `true` for a file that can be started. `None` if there is no file.
pub fn is_executable(path: &Path) -> Option<bool> {
    let metadata = fs::metadata(path).ok().filter(fs::Metadata::is_file)?;
    Some(platform::mode(&metadata).is_none_or(|mode| mode & 0o111 != 0))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::tests;

    #[test]
    fn folders_and_what_is_none() {
        let place = tests::Folder::new();
        let file = place.file("file", b"x");
        assert!(matches!(folder(&file), Err(Absent::Invalid(_))));
        assert!(matches!(folder(&place.path("none")), Err(Absent::Missing)));
        let found = folder(&place.path("")).unwrap();
        assert_eq!((found.owner, found.is_writable, found.target), (Owner::Us, true, None));
        assert_eq!(place.names(), ["file"]);
        assert_eq!(is_executable(&place.path("")), None);
    }

    #[test]
    #[cfg(unix)]
    fn modes_and_links() {
        use std::os::unix::fs::{PermissionsExt, symlink};
        let place = tests::Folder::new();
        let file = place.file("file", b"x");
        let check = |mode, expected| {
            fs::set_permissions(&file, fs::Permissions::from_mode(mode)).unwrap();
            assert_eq!(is_executable(&file), Some(expected), "{mode:o}");
        };
        check(0o644, false);
        check(0o755, true);
        fs::create_dir(place.path("folder")).unwrap();
        fs::set_permissions(place.path("folder"), fs::Permissions::from_mode(0o1777)).unwrap();
        symlink(place.path("folder"), place.path("link")).unwrap();
        let found = folder(&place.path("link")).unwrap();
        assert_eq!(found.mode, Some(0o1777));
        assert_eq!(found.target, Some(place.path("folder").canonicalize().unwrap()));
    }
}
