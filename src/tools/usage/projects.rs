//! The names of projects in a report.

use std::collections::HashMap;

use crate::spending::messages::{MessageSet, SessionInfo, SessionKey};
use crate::tools::report::clean;

/// The project of each session, by its number: its folder where that is known, else the name of the folder
/// that its transcripts are in. Linked working trees of a repository are one project, unless `worktrees`
/// keeps them apart.
pub(super) fn names(messages: &MessageSet, worktrees: bool) -> Vec<String> {
    // All sessions of a folder share its name, also those whose transcripts are gone.
    let mut dirs: HashMap<&str, &SessionInfo> = HashMap::new();
    for (session, info) in messages.infos.iter().filter(|(_, info)| !info.dir.is_empty()) {
        let known = dirs.entry(&session.project).or_insert(info);
        if known.main_dir.is_empty() {
            *known = info;
        }
    }
    let name = |session: &SessionKey| {
        let dir = dirs.get(session.project.as_str()).map(|info| match info.main_dir.as_str() {
            main if !worktrees && !main.is_empty() => main,
            _ => info.dir.as_str(),
        });
        clean(dir.unwrap_or(&session.project))
    };
    messages.sessions.list.iter().map(name).collect()
}
