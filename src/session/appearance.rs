//! Whether the agent was told that the terminal is light: the `theme` of Claude Code's `~/.claude.json`
//! (2.1.330: `dark`, `light`, and these with `-daltonized` or `-ansi`). That file can be large and changes
//! with each prompt, so what it said is kept in the own cache and looked up again after a while.

use std::cell::RefCell;
use std::path::PathBuf;
use std::time::SystemTime;

use serde::{Deserialize, Serialize};

use crate::base::env::Env;
use crate::base::format;
use crate::base::json::Object;
use crate::store::{self, Trust};

/// What the agent was told, as it was found last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Told {
    /// When it was looked up, in epoch ms.
    at_ms: u64,
    /// The file as it was then: when it was changed, and its length. `None` when there was none.
    version: Option<(u64, u64)>,
    /// Whether the terminal is light. `None` when the file does not say.
    light: Option<bool>,
}

impl Told {
    /// Whether the terminal is light, as it was found last.
    pub fn is_light(&self) -> Option<bool> {
        self.light
    }
}

/// A changed file is read again after this long, in ms: nobody changes his theme by the minute.
const REST_MS: u64 = 60_000;

/// Most that is read of the file, in bytes.
const MAX_FILE: u64 = 4 << 20;

/// Looks it up, at most once in a run.
pub struct Appearance {
    path: Option<PathBuf>,
    now: SystemTime,
    told: RefCell<Option<Told>>,
}

impl Appearance {
    /// The agent's word, starting from what was `told` the last time.
    pub fn new(env: &Env, told: Option<Told>) -> Self {
        let folder = env.path("CLAUDE_CONFIG_DIR").or_else(|| env.home());
        Appearance {
            path: folder.map(|folder| folder.join(".claude.json")),
            now: env.now,
            told: RefCell::new(told),
        }
    }

    /// Whether the terminal is light. `None` when the agent does not say. Costs a stat, seldom a read.
    pub fn is_light(&self) -> Option<bool> {
        let path = self.path.as_deref()?;
        let now_ms = format::epoch_ms(self.now);
        let mut told = self.told.borrow_mut();
        let is_recent = |told: &Told| now_ms.checked_sub(told.at_ms).is_some_and(|age| age < REST_MS);
        if told.is_none_or(|told| !is_recent(&told)) {
            let version = store::version(path);
            let light = match &*told {
                Some(told) if told.version == version => told.light,
                _ => version.and_then(|_| {
                    let text = store::read_text(path, Trust::Lenient, MAX_FILE).ok()?;
                    Some(Object::parse(&text)?.string("theme")?.starts_with("light"))
                }),
            };
            *told = Some(Told { at_ms: now_ms, version, light });
        }
        told.as_ref().and_then(|told| told.light)
    }

    /// What is to be kept for the next run.
    pub fn into_told(self) -> Option<Told> {
        self.told.into_inner()
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
        let look = |seconds, told| {
            let appearance = Appearance::new(&at(seconds), told);
            (appearance.is_light(), appearance.into_told())
        };
        let (light, told) = look(0, None);
        assert_eq!(light, None);
        folder.file(".claude.json", br#"{"theme":"light-daltonized","projects":{}}"#);
        let (light, told) = look(30, told);
        assert_eq!(light, None, "too early");
        let (light, told) = look(61, told);
        assert_eq!(light, Some(true));
        folder.file(".claude.json", br#"{"theme":"dark"}"#);
        assert_eq!(look(62, told).0, Some(true), "too early");
        assert_eq!(look(130, told).0, Some(false));
        folder.file(".claude.json", b"{");
        assert_eq!(look(200, told).0, None);
    }
}
