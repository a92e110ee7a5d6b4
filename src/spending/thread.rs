//! A session of an agent whose lines depend on those before them.

use serde::{Deserialize, Serialize};

use super::messages::SessionKey;
use super::project;
use crate::agent::Agent;

/// Maximum length of the path of a session's folder, in bytes.
pub(super) const MAX_DIR: usize = 4096;
/// Maximum length of other texts of a transcript, such as ids and names of models, in bytes.
pub(super) const MAX_ID: usize = 256;

/// Facts at a place in a session's file that later lines need; empty if unknown.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Thread {
    /// Id of the session; for a subagent, of the session that it works for.
    pub(super) session: String,
    /// The folder that it was started in.
    pub(super) dir: String,
    /// The thread that the next lines were first written for: that of the copied lines at the beginning of a fork.
    pub(super) lineage: String,
    pub(super) model: String,
    /// The service tier, if it is not the default.
    pub(super) tier: String,
    /// Tokens of the thread so far, by its last count: input (including the cache), cache writes, cache reads, and
    /// output.
    pub(super) total: [u64; 4],
    /// It has a record of each response, so counts only repeat them.
    pub(super) has_records: bool,
}

impl Thread {
    /// The key of the session; without an id it has the file's.
    pub(super) fn key(&self, agent: &Agent, file: &str) -> SessionKey {
        let project = if self.dir.is_empty() { "unknown".to_owned() } else { project::folder_name(&self.dir) };
        SessionKey::new(agent, project, if self.session.is_empty() { file } else { &self.session })
    }
}

/// The text; empty if it is missing or too long.
pub(super) fn short(text: Option<String>, most: usize) -> String {
    text.filter(|text| text.len() <= most).unwrap_or_default()
}
