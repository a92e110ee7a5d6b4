//! What a check has found.

use std::path::{Path, PathBuf};

use crate::base::text::Text;
use crate::segment::Role;

/// What a check has found.
pub struct Finding {
    /// How bad it is.
    pub level: Level,
    /// What it is, in a sentence.
    pub message: Text,
    /// Where.
    pub path: Option<PathBuf>,
    /// What to do.
    pub advice: Option<Text>,
}

/// How bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Level {
    /// As it should be.
    Ok,
    /// Worth knowing.
    Note,
    /// Something does not work as it was meant.
    Warning,
    /// The line is missing or wrong.
    Problem,
}

impl Level {
    pub fn word(self) -> &'static str {
        match self {
            Level::Ok => "ok",
            Level::Note => "note",
            Level::Warning => "warning",
            Level::Problem => "problem",
        }
    }

    pub fn role(self) -> Role {
        match self {
            Level::Ok => Role::PrApproved,
            Level::Note => Role::Label,
            Level::Warning => Role::ContextWarning,
            Level::Problem => Role::ContextDanger,
        }
    }
}

impl Finding {
    pub fn ok(message: impl Into<String>) -> Self {
        Finding::new(Level::Ok, message)
    }

    pub fn note(message: impl Into<String>) -> Self {
        Finding::new(Level::Note, message)
    }

    pub fn warning(message: impl Into<String>) -> Self {
        Finding::new(Level::Warning, message)
    }

    pub fn problem(message: impl Into<String>) -> Self {
        Finding::new(Level::Problem, message)
    }

    pub fn new(level: Level, message: impl Into<String>) -> Self {
        Finding { level, message: Text::new(message), path: None, advice: None }
    }

    pub fn at(self, path: impl AsRef<Path>) -> Self {
        Finding { path: Some(path.as_ref().to_owned()), ..self }
    }

    pub fn advice(self, advice: impl Into<String>) -> Self {
        Finding { advice: Some(Text::new(advice)), ..self }
    }
}
