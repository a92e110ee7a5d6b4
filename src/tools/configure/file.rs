//! The user's config file, to be edited.

use std::io;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};

use super::document;
use crate::store;

/// The user's file, replaced only as it was read.
pub struct ConfigFile {
    path: PathBuf,
    /// `None` while there is none.
    content: Option<String>,
}

impl ConfigFile {
    /// # Errors
    /// The file cannot be read, or is no TOML.
    pub fn read(path: &Path) -> anyhow::Result<Self> {
        let place = || path.display().to_string();
        let bytes = store::read_settings(path).with_context(place)?;
        let content = bytes.map(String::from_utf8).transpose().with_context(place)?;
        let file = ConfigFile { path: path.to_owned(), content };
        if let Err(why) = document::check(&file.text()) {
            bail!("{}: {why}; correct it first, or move the file away", path.display());
        }
        Ok(file)
    }

    /// The text, without the mark that some editors for Windows begin a file with.
    pub fn text(&self) -> String {
        self.content.as_deref().unwrap_or_default().trim_start_matches('\u{feff}').to_owned()
    }

    /// # Errors
    /// It cannot be written, or has changed since it was read.
    pub fn write(&mut self, text: &str) -> io::Result<()> {
        let expected = self.content.as_ref().map(String::as_bytes);
        store::write_settings(&self.path, expected, text.as_bytes())?;
        self.content = Some(text.to_owned());
        Ok(())
    }
}
