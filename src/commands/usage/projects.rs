//! The names of projects in a report.

use std::borrow::Cow;
use std::collections::HashMap;

use crate::input::usage::history::{About, History};
use crate::input::usage::project::folder_name;
use crate::text::Text;

/// The projects of a history's sessions: their folders where these are known, else the names of the
/// folders that their transcripts are in.
pub(super) struct Projects {
    /// By the number of the session, harmless to show.
    names: Vec<String>,
}

impl Projects {
    /// With the linked working trees of a repository as `worktrees` wants them: apart, or as one project.
    pub(super) fn new(history: &History, worktrees: bool) -> Self {
        let dir = |about: &About| {
            let is_main = !worktrees && !about.main_dir.is_empty();
            if is_main { about.main_dir.clone() } else { about.dir.clone() }
        };
        // Sessions whose transcripts are gone share the folder's name with others.
        let known = history.about().iter().filter(|(_, about)| !about.dir.is_empty());
        let named = known.filter(|(session, about)| folder_name(&about.dir) == session.project);
        let by_folder: HashMap<&str, String> =
            named.map(|(session, about)| (session.project.as_str(), dir(about))).collect();
        let name = |session| {
            let own = history.about().get(session).filter(|about| !about.dir.is_empty()).map(dir);
            let name = own.map(Cow::Owned).or_else(|| Some(by_folder.get(session.project.as_str())?.into()));
            Text::new(name.as_deref().unwrap_or(&session.project)).as_str().to_owned()
        };
        Projects { names: history.sessions().iter().map(name).collect() }
    }

    /// The project of a session, by its number.
    pub(super) fn of(&self, session: u32) -> &str {
        &self.names[session as usize]
    }
}
