//! The files that are changed, and their changes.

use std::path::PathBuf;

use crate::agent::Agent;
use crate::base::shell::Shell;
use crate::settings::{self, AgentFile, Before, Receipt, Template};

/// Kind of a file, which determines what is ours in it.
#[derive(Clone, Copy)]
pub(super) enum FileKind {
    /// Settings: the line, the hooks, or both.
    Agent(&'static Agent),
    /// Our own config: the segment that wraps a statusline.
    Config,
    /// A start-up file: our line in it.
    Shell(Shell),
    /// A file of systemd or launchd: all of it.
    Unit(Template),
}

/// A file to edit.
pub(super) struct EditedFile {
    pub(super) kind: FileKind,
    pub(super) path: PathBuf,
    /// Its text; `None` if it does not exist.
    pub(super) now: Option<String>,
    /// Receipt of earlier installs.
    pub(super) receipt: Option<Receipt>,
}

impl EditedFile {
    pub(super) fn text(&self) -> &str {
        self.now.as_deref().unwrap_or_default()
    }

    pub(super) fn name(&self) -> &'static str {
        match self.kind {
            FileKind::Agent(agent) => agent.name,
            FileKind::Config | FileKind::Unit(_) => "bridgeline",
            FileKind::Shell(shell) => shell.name(),
        }
    }

    pub(super) fn before(&self) -> Before<'_> {
        self.receipt.as_ref().map(Receipt::before).unwrap_or_default()
    }

    /// The statusline before ours.
    pub(super) fn line_before(&self) -> Option<String> {
        settings::line_command(self.of_agent()?, self.receipt.as_ref()?.original.as_deref()?)
    }

    /// Its agent and format. `None` if it is not the settings of an agent.
    pub(super) fn of_agent(&self) -> Option<AgentFile> {
        if let FileKind::Agent(agent) = self.kind { Some(AgentFile::new(agent, &self.path)) } else { None }
    }

    /// The innermost existing folder, if folders have to be created for the file.
    pub(super) fn folder_above(&self) -> Option<String> {
        let missing = self.path.parent().filter(|folder| !folder.exists())?;
        Some(missing.ancestors().find(|above| above.exists())?.to_string_lossy().into_owned())
    }
}

/// A file and its new content.
pub(super) struct FileChange {
    pub(super) file: EditedFile,
    /// `None` to remove the file.
    pub(super) after: Option<String>,
    /// `None` once there is nothing of ours to remove later.
    pub(super) receipt: Option<Receipt>,
}

impl FileChange {
    pub(super) fn is_nothing(&self) -> bool {
        self.after == self.file.now
    }
}
