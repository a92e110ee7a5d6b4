//! The agent's setting of a light or dark terminal: `theme` in Claude Code's `~/.claude.json` (2.1.330:
//! `dark`, `light`, and these with `-daltonized` or `-ansi`). That file can be large and changes with each
//! prompt, so the setting is kept in our cache and read again after a while.

use std::cell::RefCell;
use std::path::PathBuf;
use std::time::SystemTime;

use serde::{Deserialize, Serialize};

use crate::base::env::Env;
use crate::base::format;
use crate::base::json::Object;
use crate::store::{self, Trust};

/// The setting as it was last read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct KnownAppearance {
    /// Time of that, in epoch milliseconds.
    at_ms: u64,
    /// Modification time and length of the file. `None` when it was missing.
    version: Option<(u64, u64)>,
    /// `None` when the file sets no theme.
    light: Option<bool>,
}

impl KnownAppearance {
    /// `true` for a light terminal. `None` when nothing is set.
    pub fn is_light(&self) -> Option<bool> {
        self.light
    }
}

/// A changed file is read again at most once a minute, in milliseconds.
const MIN_AGE_MS: u64 = 60_000;

/// Longest file that is read, in bytes.
const MAX_FILE: u64 = 4 << 20;

/// The setting, read at most once in a run.
pub struct Appearance {
    path: Option<PathBuf>,
    now: SystemTime,
    known: RefCell<Option<KnownAppearance>>,
}

impl Appearance {
    /// Starts from the setting that was last `known`.
    pub fn new(env: &Env, known: Option<KnownAppearance>) -> Self {
        let folder = env.path("CLAUDE_CONFIG_DIR").or_else(|| env.home());
        Appearance {
            path: folder.map(|folder| folder.join(".claude.json")),
            now: env.now,
            known: RefCell::new(known),
        }
    }

    /// `true` for a light terminal. `None` when nothing is set. Costs a stat, rarely a read.
    pub fn is_light(&self) -> Option<bool> {
        let path = self.path.as_deref()?;
        let now_ms = format::epoch_ms(self.now);
        let mut known = self.known.borrow_mut();
        let is_recent =
            |known: &KnownAppearance| now_ms.checked_sub(known.at_ms).is_some_and(|age| age < MIN_AGE_MS);
        if known.is_none_or(|known| !is_recent(&known)) {
            let version = store::version(path);
            let light = match &*known {
                Some(known) if known.version == version => known.light,
                _ => version.and_then(|_| {
                    let text = store::read_text(path, Trust::Lenient, MAX_FILE).ok()?;
                    Some(Object::parse(&text)?.string("theme")?.starts_with("light"))
                }),
            };
            *known = Some(KnownAppearance { at_ms: now_ms, version, light });
        }
        known.as_ref().and_then(|known| known.light)
    }

    /// The setting, to keep for the next run.
    pub fn into_known(self) -> Option<KnownAppearance> {
        self.known.into_inner()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::tests::Folder;
    use std::time::{Duration, UNIX_EPOCH};

    #[test]
    fn it_is_looked_up_again_after_a_while_and_where_the_file_has_changed() {
        let folder = Folder::new();
        let at = |seconds: u64| {
            let now = UNIX_EPOCH + Duration::from_secs(1_800_000_000 + seconds);
            Env::fixed(now, [("CLAUDE_CONFIG_DIR", folder.path("").into())])
        };
        let look = |seconds, known| {
            let appearance = Appearance::new(&at(seconds), known);
            (appearance.is_light(), appearance.into_known())
        };
        let (light, known) = look(0, None);
        assert_eq!(light, None);
        folder.file(".claude.json", br#"{"theme":"light-daltonized","projects":{}}"#);
        let (light, known) = look(30, known);
        assert_eq!(light, None, "too early");
        let (light, known) = look(61, known);
        assert_eq!(light, Some(true));
        folder.file(".claude.json", br#"{"theme":"dark"}"#);
        assert_eq!(look(62, known).0, Some(true), "too early");
        assert_eq!(look(130, known).0, Some(false));
        folder.file(".claude.json", b"{");
        assert_eq!(look(200, known).0, None);
    }
}
