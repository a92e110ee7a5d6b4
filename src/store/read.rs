//! Guarded reading: only regular files, without blocking, and up to a limit.

use std::fs::{self, File, Metadata, OpenOptions};
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use super::platform::{self, Entry, Trust};
use crate::base::text::decode;

/// Maximum size of a state file in bytes.
pub const MAX_STATE: u64 = 1 << 20;

/// Reason why an empty file is invalid.
pub const EMPTY: &str = "empty";

/// Reason why a file longer than the limit is invalid.
pub const TOO_LARGE: &str = "too large";

/// Reason why there is no content.
#[derive(Debug, strum::Display)]
#[strum(serialize_all = "lowercase")]
pub enum Absent {
    /// The file is missing. Only then may a new one be created.
    Missing,
    /// The file is empty, too large, or its content is invalid.
    #[strum(to_string = "invalid: {0}")]
    Invalid(&'static str),
    /// An I/O error, or not a regular file, or another user's file.
    #[strum(to_string = "unavailable: {0}")]
    Unavailable(io::Error),
}

impl From<io::Error> for Absent {
    fn from(err: io::Error) -> Self {
        match err.kind() {
            io::ErrorKind::NotFound => Absent::Missing,
            _ => Absent::Unavailable(err),
        }
    }
}

/// The content of a file of at most `cap` bytes.
pub fn read(path: &Path, trust: Trust, cap: u64) -> Result<Vec<u8>, Absent> {
    let (mut file, metadata) = open(path, trust)?;
    if metadata.len() > cap {
        return Err(Absent::Invalid(TOO_LARGE));
    }
    let mut bytes = vec![0; metadata.len() as usize + 1];
    let mut len = 0;
    loop {
        match file.read(&mut bytes[len..]) {
            Ok(count) => len += count,
            Err(err) if err.kind() == io::ErrorKind::Interrupted => continue,
            Err(err) => return Err(Absent::Unavailable(err)),
        }
        // The buffer is one byte longer than the file, which saves another call: if it is not full, the file has ended.
        // If it is full, the file has grown.
        if len < bytes.len() {
            break;
        }
        if len as u64 > cap {
            return Err(Absent::Invalid(TOO_LARGE));
        }
        bytes.resize((len * 2).min(cap as usize + 1), 0);
    }
    bytes.truncate(len);
    if bytes.is_empty() { Err(Absent::Invalid(EMPTY)) } else { Ok(bytes) }
}

/// [`read`] as text; bytes that are not UTF-8 become U+FFFD, a byte order mark is dropped.
pub fn read_text(path: &Path, trust: Trust, cap: u64) -> Result<String, Absent> {
    read(path, trust, cap).map(decode)
}

/// A file to read piece by piece, and its metadata when it was opened.
pub fn open(path: &Path, trust: Trust) -> Result<(File, Metadata), Absent> {
    let file = platform::guard(OpenOptions::new().read(true), trust).open(path)?;
    let metadata = file.metadata()?;
    check(&metadata, trust)?;
    Ok((file, metadata))
}

/// Refuses anything but a regular file, and in a strict place anything that is not ours.
pub(super) fn check(metadata: &Metadata, trust: Trust) -> io::Result<()> {
    if !metadata.is_file() {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "not a regular file"));
    }
    if trust == Trust::Strict && !platform::is_ours(metadata) {
        return Err(io::Error::new(io::ErrorKind::PermissionDenied, "owned by another user"));
    }
    Ok(())
}

/// Modification time of a file or folder, in nanoseconds since 1970, links not followed. `None` if it is missing.
pub fn stamp(path: &Path) -> Option<u64> {
    nanos(fs::symlink_metadata(path).ok()?.modified().ok()?)
}

/// Modification time of a file, in nanoseconds since 1970, and its size in bytes: they differ between versions of the
/// file. `None` if it is missing. Links are followed.
pub fn version(path: &Path) -> Option<(u64, u64)> {
    let metadata = fs::metadata(path).ok()?;
    Some((nanos(metadata.modified().ok()?)?, metadata.len()))
}

/// The names in a folder that `wanted` picks, in no order. Empty if the folder is missing.
pub fn list(path: &Path, mut wanted: impl FnMut(&str) -> bool) -> Vec<String> {
    let Ok(entries) = fs::read_dir(path) else { return Vec::new() };
    let names = entries.filter_map(|entry| entry.ok()?.file_name().into_string().ok());
    names.filter(|name| wanted(name)).collect()
}

/// The same as paths.
pub fn paths_in(folder: &Path, wanted: impl FnMut(&str) -> bool) -> impl Iterator<Item = PathBuf> {
    list(folder, wanted).into_iter().map(|name| folder.join(name))
}

/// A file found below a folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    pub path: PathBuf,
    /// Length in bytes.
    pub len: u64,
    /// Modification time in nanoseconds since 1970; 0 if unknown.
    pub modified: u64,
}

/// The regular files in a folder, and in those at most `depth` below it, whose names `wanted` picks, in no order.
/// Links are followed only from the folder itself to other folders, each of which is entered once, and none inside or
/// above it. Empty if the folder is missing; a folder that cannot be read is skipped.
pub fn files_below(folder: &Path, depth: usize, wanted: impl Fn(&str) -> bool) -> Vec<Found> {
    let mut found = Vec::new();
    let mut folders = vec![(folder.to_owned(), depth)];
    let mut linked: Vec<PathBuf> = Vec::new();
    let top = folder;
    while let Some((folder, depth)) = folders.pop() {
        platform::entries(&folder, &wanted, |name, entry| {
            let path = || {
                let mut path = PathBuf::with_capacity(folder.as_os_str().len() + 1 + name.len());
                path.extend([folder.as_os_str(), name]);
                path
            };
            match entry {
                Entry::File(len, modified) => found.push(Found { path: path(), len, modified }),
                Entry::Folder if depth > 0 => folders.push((path(), depth - 1)),
                Entry::Link if depth > 0 && folder == top => {
                    let Some((top, to)) = top.canonicalize().ok().zip(path().canonicalize().ok()) else { return };
                    let is_inside = |of: &Path| to.starts_with(of) || of.starts_with(&to);
                    if to.is_dir() && !is_inside(&top) && !linked.iter().any(|other| is_inside(other)) {
                        folders.push((path(), depth - 1));
                        linked.push(to);
                    }
                }
                Entry::Folder | Entry::Link => {}
            }
        });
    }
    found
}

/// Modification time of an open file, in nanoseconds since 1970; 0 if unknown.
pub fn modified(metadata: &Metadata) -> u64 {
    metadata.modified().ok().and_then(nanos).unwrap_or(0)
}

fn nanos(time: SystemTime) -> Option<u64> {
    u64::try_from(time.duration_since(UNIX_EPOCH).ok()?.as_nanos()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::tests::Folder;

    fn check(path: &Path, expected: &str) {
        let found = match read(path, Trust::Strict, 100) {
            Ok(bytes) => String::from_utf8(bytes).unwrap(),
            Err(Absent::Missing) => "missing".to_owned(),
            Err(Absent::Invalid(why)) => format!("invalid: {why}"),
            Err(Absent::Unavailable(_)) => "unavailable".to_owned(),
        };
        assert_eq!(found, expected, "{}", path.display());
    }

    #[test]
    fn missing_invalid_and_unavailable_are_told_apart() {
        let folder = Folder::new();
        check(&folder.file("ok", b"content"), "content");
        check(&folder.path("none"), "missing");
        // Windows reports a file in the place of a folder as missing.
        let below_a_file = if cfg!(windows) { "missing" } else { "unavailable" };
        check(&folder.path("ok").join("below"), below_a_file);
        check(&folder.file("empty", b""), "invalid: empty");
        check(&folder.file("full", &[b'x'; 100]), &"x".repeat(100));
        check(&folder.file("large", &[b'x'; 101]), "invalid: too large");
        check(&folder.path(""), "unavailable");
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn no_link_is_followed_and_nothing_blocks() {
        use rustix::fs::{CWD, FileType, Mode, mknodat};
        let folder = Folder::new();
        let target = folder.file("target", b"secret");
        std::os::unix::fs::symlink(&target, folder.path("link")).unwrap();
        std::os::unix::fs::symlink("/dev/zero", folder.path("zero")).unwrap();
        std::os::unix::fs::symlink(folder.path("loop"), folder.path("loop")).unwrap();
        mknodat(CWD, folder.path("fifo"), FileType::Fifo, Mode::RUSR | Mode::WUSR, 0).unwrap();
        let _listener = std::os::unix::net::UnixListener::bind(folder.path("socket")).unwrap();
        for name in ["link", "zero", "loop", "fifo", "socket"] {
            check(&folder.path(name), "unavailable");
        }
        check(Path::new("/dev/null"), "unavailable");
    }

    #[test]
    #[cfg(unix)]
    fn a_file_of_another_user_is_read_only_where_that_is_asked_for() {
        // Every system has files of root, and this test may run as root: both sides are tried.
        let passwd = Path::new("/etc/passwd");
        let ours = platform::is_ours(&fs::metadata(passwd).unwrap());
        assert_eq!(read(passwd, Trust::Strict, MAX_STATE).is_ok(), ours);
        assert!(read(passwd, Trust::Lenient, MAX_STATE).is_ok());
    }

    #[test]
    #[cfg(unix)]
    fn folders_that_are_linked_from_the_first_are_entered_once() {
        use std::os::unix::fs::symlink;
        let folder = Folder::new();
        fs::create_dir_all(folder.path("all/own")).unwrap();
        fs::create_dir_all(folder.path("elsewhere/below")).unwrap();
        for name in ["all/own/a", "elsewhere/below/b"] {
            folder.file(name, b"1");
        }
        for (to, link) in [
            ("elsewhere", "all/link"),
            ("elsewhere", "all/again"),
            ("all/own", "all/within"),
            ("", "all/above"),
            ("all", "all/itself"),
            ("all", "elsewhere/back"),
            ("gone", "all/nowhere"),
            ("elsewhere/below/b", "all/file"),
        ] {
            symlink(folder.path(to), folder.path(link)).unwrap();
        }
        let found = files_below(&folder.path("all"), 9, |_| true);
        let mut names: Vec<_> = found.iter().map(|found| found.path.file_name().unwrap()).collect();
        names.sort();
        assert_eq!(names, ["a", "b"]);
        assert_eq!(files_below(&folder.path("all"), 0, |_| true), []);
    }

    #[test]
    fn files_are_found_below_and_links_are_not_followed() {
        let folder = Folder::new();
        fs::create_dir_all(folder.path("a/b/c")).unwrap();
        for name in ["x.log", "y.txt", "a/x.log", "a/b/c/z.log"] {
            folder.file(name, b"123");
        }
        #[cfg(unix)]
        std::os::unix::fs::symlink(folder.path("a"), folder.path("a/b/again")).unwrap();
        #[cfg(unix)]
        std::os::unix::fs::symlink(folder.path("x.log"), folder.path("link.log")).unwrap();
        let is_log = |name: &str| name.ends_with(".log");
        let mut found = files_below(&folder.path(""), 9, is_log);
        found.sort_by(|a, b| a.path.cmp(&b.path));
        let paths: Vec<_> = found.iter().map(|found| found.path.clone()).collect();
        assert_eq!(paths, [folder.path("a/b/c/z.log"), folder.path("a/x.log"), folder.path("x.log")]);
        assert_eq!((found[0].len, Some(found[0].modified)), (3, stamp(&found[0].path)));
        assert_eq!(files_below(&folder.path(""), 2, is_log).len(), 2);
        assert_eq!(files_below(&folder.path(""), 0, is_log).len(), 1);
        assert_eq!(files_below(&folder.path("none"), 9, |_| true), []);
    }

    #[test]
    fn text_is_decoded() {
        let folder = Folder::new();
        let check = |bytes: &[u8], expected: &str| {
            assert_eq!(read_text(&folder.file("f", bytes), Trust::Strict, 100).unwrap(), expected);
        };
        check(b"\xef\xbb\xbf{}", "{}");
        check(b"a\xffb", "a\u{fffd}b");
        check("ü".as_bytes(), "ü");
    }
}
