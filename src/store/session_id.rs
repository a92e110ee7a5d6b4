//! Session ids, and the files named after them: the only way from an id to a file name.

use std::path::{Path, PathBuf};

/// Maximum length of an id in a file name, in UTF-16 units, as Node counts.
const MAX_UNITS: usize = 64;

/// A session id that is safe within a file name, spelled exactly as the Node scripts spell it, so that both find
/// the same files.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct SessionId(String);

impl SessionId {
    /// The id for a file name. `None` if it is empty, could leave its folder (`/`, `\`, `..`), or is `default`, which
    /// the Node scripts write without an id: such rows belong to no session.
    ///
    /// Every other character outside `[A-Za-z0-9_-]` becomes `_` once per UTF-16 unit: an emoji
    /// gives `__`.
    pub fn new(id: &str) -> Option<Self> {
        let leaves = |bytes: &[u8]| bytes[0] == b'/' || bytes[0] == b'\\' || bytes.starts_with(b"..");
        if id.is_empty() || id == "default" || (0..id.len()).any(|at| leaves(&id.as_bytes()[at..])) {
            return None;
        }
        let is_safe = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
        let spelled = |unit: u16| u8::try_from(unit).ok().filter(is_safe).map_or('_', char::from);
        Some(SessionId(id.encode_utf16().take(MAX_UNITS).map(spelled).collect()))
    }

    /// The id as written in file names.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A kind of file of which each session, or each fact, has one. A sweep removes those that were not written for a week;
/// the owner of the kind declares it, `commands/refresh.rs` lists it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyedFile {
    /// `<prefix><session>.json` in the shared temp folder, spelled as the Node scripts spell it.
    Shared(&'static str),
    /// `<folder>/<session>.json` in our state.
    State(&'static str),
}

impl KeyedFile {
    /// The file of a session, in the temp folder or in our state, depending on the kind.
    pub fn path(self, root: &Path, session: &SessionId) -> PathBuf {
        match self {
            KeyedFile::Shared(prefix) => root.join(format!("{prefix}{}.json", session.0)),
            KeyedFile::State(folder) => root.join(folder).join(format!("{}.json", session.0)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
