//! The one way to read and write files: guarded reads, atomic replacement with retry, and locked updates that
//! lose nothing.

mod append;
mod folder;
mod lock;
mod paths;
mod platform;
mod read;
mod rename;
mod session_id;
mod settings;
mod spool;
mod sweep;
mod write;

pub use append::{append, read_lines};
pub use folder::{FolderInfo, folder, is_executable, is_our_folder};
pub use lock::{Lock, update};
pub use paths::{LOCKS, Paths, age_of, age_of_ms};
pub use platform::{Owner, Trust, outlive_file_size_limit};
pub use read::{
    Absent, EMPTY, Found, MAX_STATE, TOO_LARGE, files_below, list, modified, open, paths_in, read, read_text, stamp,
    version,
};
pub use rename::Patience;
pub use session_id::{KeyedFile, SessionId};
pub use settings::{
    is_changed, other_names, read_settings, remove, remove_empty_dir, remove_settings, target, write_settings,
};
pub use spool::Spool;
pub use sweep::{orphans, sweep, sweep_daily};
pub use write::{publish, replace};

#[cfg(test)]
pub(crate) mod tests {
    use std::fs;
    use std::path::PathBuf;

    /// A temporary folder, removed with the value.
    pub struct Folder(PathBuf);

    impl Folder {
        #[expect(clippy::disallowed_methods, reason = "tests share nothing with Node")]
        pub fn new() -> Self {
            let name = format!("bridgeline-test-{}-{:08x}", std::process::id(), super::rename::random_u32());
            let path = std::env::temp_dir().join(name);
            fs::create_dir(&path).unwrap();
            Folder(path)
        }

        pub fn path(&self, name: &str) -> PathBuf {
            self.0.join(name)
        }

        #[expect(clippy::disallowed_methods, reason = "sets the scene")]
        pub fn file(&self, name: &str, content: &[u8]) -> PathBuf {
            fs::write(self.path(name), content).unwrap();
            self.path(name)
        }

        pub fn names(&self) -> Vec<String> {
            let mut names: Vec<_> =
                fs::read_dir(&self.0).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
            names.sort();
            names
        }
    }

    impl Drop for Folder {
        fn drop(&mut self) {
            _ = fs::remove_dir_all(&self.0);
        }
    }
}
