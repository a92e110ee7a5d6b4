//! Documents that could not be written to their file, kept in one file each for the next writer.

use std::mem::ManuallyDrop;
use std::path::PathBuf;
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use std::{fs, io};

use super::{Absent, Patience, SessionId, Trust, read_text, replace};

/// Maximum number of documents that are taken at a time.
const MAX_TAKEN: usize = 500;

/// Maximum size of a document in bytes; an abridged event is smaller.
const MAX_LEFT: u64 = 8 << 20;

/// Maximum number of attempts to write a file while others remove the empty folder.
const TRIES: usize = 20;

/// Documents left for a session, `<folder>/<session>-<nanoseconds since 1970>-<process>.json`, the
/// numbers in hex. The folder exists only while it has files, so that a check costs one system call.
pub struct Spool {
    folder: PathBuf,
    session: String,
}

impl Spool {
    /// The documents of a session in a folder.
    pub fn new(folder: PathBuf, session: &SessionId) -> Self {
        Spool { folder, session: format!("{}-", session.as_str()) }
    }

    /// Leaves a document.
    ///
    /// # Errors
    /// It could not be written.
    pub fn leave(&self, content: &str, now: SystemTime) -> io::Result<()> {
        let nanos = now.duration_since(UNIX_EPOCH).unwrap_or_default().as_nanos() as u64;
        let path = self.path(&format!("{nanos:016x}-{:08x}", std::process::id()));
        let mut tries = 1..TRIES;
        loop {
            match replace(&path, content.as_bytes(), Patience::RENDER) {
                Err(err) if err.kind() == io::ErrorKind::NotFound && tries.next().is_some() => {}
                Ok(()) => return Ok(()),
                Err(err) => {
                    self.remove(&[]);
                    return Err(err);
                }
            }
        }
    }

    /// The rest of the names of all documents, the oldest first.
    pub fn names(&self) -> Vec<String> {
        let rest = |name: &str| {
            let rest = name.strip_prefix(&self.session)?.strip_suffix(".json")?;
            time_of(rest).map(|_| rest.to_owned())
        };
        let Ok(entries) = fs::read_dir(&self.folder) else { return Vec::new() };
        // Never closed: std panics if that fails, and the process is about to end.
        let mut entries = ManuallyDrop::new(entries);
        let names = entries.by_ref().filter_map(|entry| rest(entry.ok()?.file_name().to_str()?));
        let mut names: Vec<String> = names.collect();
        names.sort();
        names.truncate(MAX_TAKEN);
        names
    }

    /// A document, and the time when it was left.
    pub fn read(&self, name: &str) -> Result<(String, SystemTime), Absent> {
        let text = read_text(&self.path(name), Trust::Strict, MAX_LEFT)?;
        let nanos = Duration::from_nanos(time_of(name).unwrap_or_default());
        Ok((text, UNIX_EPOCH + nanos))
    }

    /// Removes documents that have been taken.
    pub fn remove(&self, names: &[String]) {
        for name in names {
            _ = fs::remove_file(self.path(name));
        }
        // Fails if it is not empty.
        _ = fs::remove_dir(&self.folder);
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.join(format!("{}{name}.json", self.session))
    }
}

/// Time when it was left, in nanoseconds since 1970. `None` for a name that is not ours: of a session whose id
/// begins with this one's.
fn time_of(name: &str) -> Option<u64> {
    let (nanos, process) = name.split_once('-')?;
    let is_hex = |text: &str| text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
    let is_ours = (nanos.len(), process.len()) == (16, 8) && is_hex(nanos) && is_hex(process);
    u64::from_str_radix(nanos, 16).ok().filter(|_| is_ours)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::tests::Folder;

    #[test]
    fn what_is_left_is_found_in_order_and_by_its_session_alone() {
        let folder = Folder::new();
        let spool = |id: &str| Spool::new(folder.path("spool"), &SessionId::new(id).unwrap());
        let at = |seconds| UNIX_EPOCH + Duration::from_secs(seconds);
        let one = spool("one");
        assert!(one.names().is_empty());
        for second in [9, 7, 8] {
            one.leave(&format!("{{\"n\":{second}}}"), at(second)).unwrap();
        }
        spool("one-0").leave("{}", at(1)).unwrap();
        folder.file("spool/one-notes.json", b"{}");
        let names = one.names();
        let read: Vec<_> = names.iter().map(|name| one.read(name).unwrap()).collect();
        assert_eq!(read, [7, 8, 9].map(|second| (format!("{{\"n\":{second}}}"), at(second))));
        assert_eq!(spool("one-0").names().len(), 1);

        one.remove(&names);
        assert!(one.names().is_empty());
        spool("one-0").remove(&spool("one-0").names());
        fs::remove_file(folder.path("spool/one-notes.json")).unwrap();
        one.remove(&[]);
        assert_eq!(folder.names(), [""; 0]);
    }

    #[test]
    fn a_folder_that_comes_and_goes_loses_nothing() {
        const EACH: u64 = 300;
        let folder = Folder::new();
        let spool = |id: &str| Spool::new(folder.path("spool"), &SessionId::new(id).unwrap());
        std::thread::scope(|scope| {
            for id in ["a", "b"] {
                let spool = spool(id);
                scope.spawn(move || {
                    for n in 0..EACH {
                        spool.leave("{}", UNIX_EPOCH + Duration::from_secs(n)).unwrap();
                        // Windows opens no folder that another is about to remove.
                        let names = (0..1000).map(|_| spool.names()).find(|names| !names.is_empty());
                        assert_eq!(names.as_deref().map(<[_]>::len), Some(1), "{id} {n}");
                        spool.remove(&names.unwrap());
                    }
                });
            }
        });
    }
}
