//! The findings of checks.

use std::path::Path;

use serde::Serialize;

use super::Check;
use crate::segment::Role;
use crate::tools::report::clean;

/// A finding, as it is in JSON.
#[derive(Serialize)]
pub struct Finding {
    #[serde(flatten)]
    pub check: &'static Check,
    pub level: Severity,
    /// A sentence.
    pub message: String,
    /// The file or folder that it is about.
    pub path: Option<String>,
    /// The remedy.
    pub advice: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// As it should be.
    Ok,
    /// Worth knowing.
    Note,
    /// Something does not work as it was meant.
    Warning,
    /// The line is missing or wrong.
    Problem,
}

impl Severity {
    pub fn look(self) -> (&'static str, Role) {
        match self {
            Severity::Ok => ("ok", Role::PrApproved),
            Severity::Note => ("note", Role::Label),
            Severity::Warning => ("warning", Role::ContextWarning),
            Severity::Problem => ("problem", Role::ContextDanger),
        }
    }
}

impl Finding {
    pub fn at(&mut self, path: impl AsRef<Path>) -> &mut Self {
        self.path = Some(clean(&path.as_ref().to_string_lossy()));
        self
    }

    pub fn at_any(&mut self, path: Option<impl AsRef<Path>>) {
        path.into_iter().for_each(|path| _ = self.at(path));
    }

    pub fn advice(&mut self, advice: impl AsRef<str>) -> &mut Self {
        self.advice = Some(clean(advice.as_ref()));
        self
    }
}

/// The findings of one check.
pub struct Findings {
    pub check: &'static Check,
    pub all: Vec<Finding>,
}

impl Findings {
    pub fn ok(&mut self, message: impl AsRef<str>) -> &mut Finding {
        self.add(Severity::Ok, message)
    }

    pub fn note(&mut self, message: impl AsRef<str>) -> &mut Finding {
        self.add(Severity::Note, message)
    }

    pub fn warning(&mut self, message: impl AsRef<str>) -> &mut Finding {
        self.add(Severity::Warning, message)
    }

    pub fn problem(&mut self, message: impl AsRef<str>) -> &mut Finding {
        self.add(Severity::Problem, message)
    }

    pub fn add(&mut self, level: Severity, message: impl AsRef<str>) -> &mut Finding {
        let message = clean(message.as_ref());
        self.all.push(Finding { check: self.check, level, message, path: None, advice: None });
        self.all.last_mut().expect("one has just been added")
    }

    /// Adds that all is well, where nothing else has been found.
    pub fn or_ok(&mut self, message: &str) {
        if self.all.is_empty() {
            self.ok(message);
        }
    }
}
