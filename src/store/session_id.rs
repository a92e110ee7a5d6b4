//! The only way from a session id to a file name.

use std::path::{Path, PathBuf};

/// Longest id that goes into a file name, in UTF-16 units, as Node counts.
const MAX_UNITS: usize = 64;

/// A session id that is safe within a file name, spelled exactly as the Node scripts spell it, so
/// that both find the same files.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct SessionId(String);

impl SessionId {
    /// The id for a file name. `None` when it is empty, or could leave its folder (`/`, `\`,
    /// `..`), or is `default`, which the Node scripts write where they have no id: such rows
    /// belong to nobody.
    ///
    /// Every other character outside `[A-Za-z0-9_-]` becomes `_` once per UTF-16 unit: an emoji
    /// gives `__`.
    pub fn new(id: &str) -> Option<Self> {
        let leaves = |bytes: &[u8]| bytes[0] == b'/' || bytes[0] == b'\\' || bytes.starts_with(b"..");
        if id.is_empty() || id == "default" || (0..id.len()).any(|at| leaves(&id.as_bytes()[at..])) {
            return None;
        }
        let mut safe = String::with_capacity(id.len().min(MAX_UNITS));
        for c in id.chars() {
            let is_safe = c.is_ascii_alphanumeric() || c == '_' || c == '-';
            for _ in 0..c.len_utf16().min(MAX_UNITS - safe.len()) {
                safe.push(if is_safe { c } else { '_' });
            }
        }
        Some(SessionId(safe))
    }

    /// The id as it stands in file names.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The session bridge, `<tmp>/ecc-metrics-<sid>.json`.
    pub fn bridge(&self, tmp: &Path) -> PathBuf {
        tmp.join(format!("ecc-metrics-{}.json", self.0))
    }

    /// The host's own cost, `<tmp>/harness-cost-<sid>.json`.
    pub fn harness_cost(&self, tmp: &Path) -> PathBuf {
        tmp.join(format!("harness-cost-{}.json", self.0))
    }

    /// What the monitor has told, `<tmp>/ecc-ctx-warn-<sid>.json`.
    pub fn told(&self, tmp: &Path) -> PathBuf {
        tmp.join(format!("ecc-ctx-warn-{}.json", self.0))
    }

    /// The bridge as our hooks last wrote it, `<state>/shadow/<sid>.json`.
    pub fn shadow(&self, state: &Path) -> PathBuf {
        state.join("shadow").join(format!("{}.json", self.0))
    }

    /// How far the transcripts have been read, `<state>/transcripts/<sid>.json`.
    pub fn transcripts(&self, state: &Path) -> PathBuf {
        state.join("transcripts").join(format!("{}.json", self.0))
    }

    /// The agent's task list, `<config>/tasks/<sid>`: one file a task.
    pub fn tasks(&self, agent_config: &Path) -> PathBuf {
        agent_config.join("tasks").join(&self.0)
    }

    /// Whether a file of `<config>/todos` is one of this session's: `<sid>-agent-….json`. A longer
    /// id with the same beginning is another session.
    pub fn owns_todos(&self, name: &str) -> bool {
        let rest = name.strip_prefix(&self.0).and_then(|rest| rest.strip_prefix("-agent-"));
        rest.is_some_and(|rest| rest.ends_with(".json"))
    }

    /// Our own cache of the session, `<state>/sessions/<sid>.json`.
    pub fn cache(&self, state: &Path) -> PathBuf {
        state.join("sessions").join(format!("{}.json", self.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn todo_files_belong_to_one_session() {
        let id = SessionId::new("abc").unwrap();
        let check = |name: &str, expected| assert_eq!(id.owns_todos(name), expected, "{name}");
        check("abc-agent-abc.json", true);
        check("abc-agent-1.json", true);
        check("abc-2-agent-1.json", false);
        check("abcd-agent-1.json", false);
        check("abc-agent-1.json.bak", false);
    }

    #[test]
    fn ids_become_names_as_in_node() {
        let check = |id: &str, expected: Option<&str>| {
            assert_eq!(SessionId::new(id).as_ref().map(SessionId::as_str), expected, "{id:?}");
        };
        check("b74f797f-744c-483f-bba0-b9bf1988ae28", Some("b74f797f-744c-483f-bba0-b9bf1988ae28"));
        check("a.b c", Some("a_b_c"));
        check("ü", Some("_"));
        check("😀", Some("__"));
        check("\u{fffd}", Some("_"));
        check("x\0y\n", Some("x_y_"));
        check("", None);
        check("default", None);
        check("a/b", None);
        check("a\\b", None);
        check("..", None);
        check("a..b", None);
        check(&"a".repeat(65), Some(&"a".repeat(64)));
        check(&format!("{}😀", "a".repeat(63)), Some(&format!("{}_", "a".repeat(63))));
    }
}
