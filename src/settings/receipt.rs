//! Receipts: a file before the first install and after the last one, so that uninstall can restore it. One for
//! each file, in `<state>/install/`.

use std::io;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::Before;
use crate::base::hash::fnv;
use crate::store::{self, Absent, Trust};

/// Maximum size of a receipt in bytes: it holds a settings file twice.
const CAP: u64 = 64 << 20;

/// The record of what was done to a file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Receipt {
    /// Text after the last install.
    pub installed: String,
    /// The innermost existing folder when folders were created for the file. `None` if none were.
    pub made_below: Option<String>,
    /// Text before the first install; `None` if there was no file.
    pub original: Option<String>,
    /// The file, for people: not every path is Unicode.
    pub path: String,
}

impl Receipt {
    /// The receipt for a file, if there is one.
    ///
    /// # Errors
    /// It cannot be read, so that the file's original is unknown.
    pub fn find(state: &Path, path: &Path) -> io::Result<Option<Receipt>> {
        let at = place(state, path);
        let useless = |why: &str| {
            io::Error::other(format!("{}: {why}; without it, the earlier content is unknown", at.display()))
        };
        let text = match store::read_text(&at, Trust::Strict, CAP) {
            Ok(text) => text,
            Err(Absent::Missing) => return Ok(None),
            Err(absent) => return Err(useless(&absent.to_string())),
        };
        serde_json::from_str(&text).map(Some).map_err(|_| useless("not a receipt"))
    }

    /// Writes the receipt.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn keep(&self, state: &Path, path: &Path) -> io::Result<()> {
        let (at, text) = (place(state, path), serde_json::to_string(self)? + "\n");
        store::write_settings(&at, store::read_settings(&at)?.as_deref(), text.as_bytes())
    }

    /// Removes the receipt for a file, if there is one.
    pub fn drop(state: &Path, path: &Path) {
        store::remove(&place(state, path));
    }

    pub fn before(&self) -> Before<'_> {
        Before { original: self.original.as_deref().unwrap_or_default(), installed: &self.installed }
    }
}

/// `<state>/install/<hash of the path>.json`
fn place(state: &Path, path: &Path) -> PathBuf {
    let hash = fnv(path.as_os_str().as_encoded_bytes());
    state.join("install").join(format!("{hash:016x}.json"))
}
