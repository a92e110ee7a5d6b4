//! A mistake in one of the user's files, or in anything else that configures the line.

use std::fmt;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

/// A mistake in config or theme, for people.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Default, Serialize, Deserialize)]
pub struct Warning {
    /// `None` if it is not in a file, or the file is not known yet.
    pub file: Option<PathBuf>,
    /// The line, from 1; 0 if there is none.
    pub line: u32,
    /// The mistake, and what is expected.
    pub message: String,
}

impl From<String> for Warning {
    /// A mistake that is not in a file.
    fn from(message: String) -> Self {
        Warning { message, ..Warning::default() }
    }
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.file, self.line) {
            (None, _) => f.write_str(&self.message),
            (Some(file), 0) => write!(f, "{}: {}", file.display(), self.message),
            (Some(file), line) => write!(f, "{}:{line}: {}", file.display(), self.message),
        }
    }
}
