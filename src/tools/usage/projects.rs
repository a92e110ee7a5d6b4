//! The names of projects in a report.

use std::collections::HashMap;

use crate::base::text::Text;
use crate::spending::messages::{MessageSet, SessionInfo, SessionKey};

/// The projects of a history's sessions: their folders where these are known, else the names of the
/// folders that their transcripts are in.
pub(super) struct Projects {
    /// By the number of the session, harmless to show.
    names: Vec<String>,
}

impl Projects {
    /// With the linked working trees of a repository as `worktrees` wants them: apart, or as one project.
    pub(super) fn new(messages: &MessageSet, worktrees: bool) -> Self {
        // All sessions of a folder share its name, also those whose transcripts are gone.
        let mut dirs: HashMap<&str, &SessionInfo> = HashMap::new();
        for (session, about) in messages.infos.iter().filter(|(_, about)| !about.dir.is_empty()) {
            let known = dirs.entry(&session.project).or_insert(about);
            if known.main_dir.is_empty() {
                *known = about;
            }
        }
        let name = |session: &SessionKey| {
            let dir = dirs.get(session.project.as_str()).map(|about| match about.main_dir.as_str() {
                main if !worktrees && !main.is_empty() => main,
                _ => about.dir.as_str(),
            });
            Text::new(dir.unwrap_or(&session.project)).as_str().to_owned()
        };
        Projects { names: messages.sessions.list.iter().map(name).collect() }
    }

    /// The project of a session, by its number.
    pub(super) fn of(&self, session: u32) -> &str {
        &self.names[session as usize]
    }
}
