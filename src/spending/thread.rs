//! A session of an agent whose lines depend on those before them.

use serde::{Deserialize, Serialize};

use super::messages::SessionKey;
use super::project;
use crate::agent::Agent;

/// Longest path of a session's folder that is kept, and id, in bytes.
pub(super) const MAX_DIR: usize = 4096;
pub(super) const MAX_ID: usize = 256;

/// Facts at a place in a session's file that the lines behind it need; empty where they are unknown.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Thread {
    /// Id of the session: for a subagent that of the session it works for.
    pub(super) session: String,
    /// The folder that it was started in.
    pub(super) dir: String,
    /// The thread that the next lines were first written for: that of the copies a fork begins with.
    pub(super) lineage: String,
    pub(super) model: String,
    /// The tier of service, where it is not the default.
    pub(super) tier: String,
    /// Tokens of the thread so far, as its last count says: input, cache writes and reads within it, output.
    pub(super) total: [u64; 4],
    /// Set once it has a record of each response, so that counts repeat them.
    pub(super) has_records: bool,
}

impl Thread {
    /// The key of the session, which without an id of its own has that of its file.
    pub(super) fn key(&self, agent: &Agent, file: &str) -> SessionKey {
        let project = if self.dir.is_empty() { "unknown".to_owned() } else { project::folder_name(&self.dir) };
        SessionKey::new(agent, project, if self.session.is_empty() { file } else { &self.session })
    }
}

/// The text, unless it is too long to be kept.
pub(super) fn short(text: Option<String>, most: usize) -> String {
    text.filter(|text| text.len() <= most).unwrap_or_default()
}
