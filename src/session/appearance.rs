//! Light or dark background, as known without asking: from the agent's own theme, else from the terminal's last answer.
//! Kept in the session's cache and looked up again after a while, so that a render reads no file for it.

use std::io;
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::agent::{CLAUDE_CODE, Scope};
use crate::base::env::Env;
use crate::base::format;
use crate::base::json::Object;
use crate::store::{self, Patience, Trust};

/// Background of the terminal, and its source.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Appearance {
    pub is_light: bool,
    /// It comes from the agent's own theme, else from the terminal.
    pub by_agent: bool,
}

/// The background as it was last looked up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct KnownAppearance {
    /// Time of that, in epoch milliseconds.
    at_ms: u64,
    /// `None` if nothing showed it.
    pub told: Option<Appearance>,
}

/// Time after which it is looked up again, in milliseconds.
const MAX_AGE_MS: u64 = 60_000;

/// Maximum size in bytes of an agent's file that is read.
const MAX_FILE: u64 = 1 << 20;

/// Answers of terminals in our state, the newest first.
const ANSWERS: &str = "terminals.json";

/// Maximum number of terminals that are remembered.
const MAX_ANSWERS: usize = 16;

/// Longest name of a terminal, in bytes.
const MAX_NAME: usize = 64;

impl Appearance {
    /// Looks it up. `None` if it is unknown.
    pub fn look_up(env: &Env, state: Option<&Path>) -> Option<Self> {
        let by_agent = of_agent(env).map(|is_light| Appearance { is_light, by_agent: true });
        by_agent.or_else(|| {
            let terminal = terminal(env)?;
            let (_, is_light) = answers(state?).into_iter().find(|(name, _)| *name == terminal)?;
            Some(Appearance { is_light, by_agent: false })
        })
    }

    /// The same, from `known` while that is recent.
    pub fn recent(known: &mut Option<KnownAppearance>, env: &Env, state: Option<&Path>) -> Option<Self> {
        let at_ms = format::epoch_ms(env.now);
        let is_recent = |known: &KnownAppearance| at_ms.checked_sub(known.at_ms).is_some_and(|age| age < MAX_AGE_MS);
        let recent = known.filter(is_recent);
        let recent = recent.unwrap_or_else(|| KnownAppearance { at_ms, told: Self::look_up(env, state) });
        known.insert(recent).told
    }
}

/// Remembers the answer of this terminal.
///
/// # Errors
/// The file cannot be written.
pub fn remember(is_light: bool, env: &Env, state: &Path) -> io::Result<()> {
    let Some(terminal) = terminal(env) else { return Ok(()) };
    let mut answers = answers(state);
    if answers.contains(&(terminal.clone(), is_light)) {
        return Ok(());
    }
    answers.retain(|(name, _)| *name != terminal);
    answers.insert(0, (terminal, is_light));
    answers.truncate(MAX_ANSWERS);
    store::replace(&state.join(ANSWERS), &serde_json::to_vec(&answers)?, Patience::RENDER)
}

fn answers(state: &Path) -> Vec<(String, bool)> {
    let text = store::read_text(&state.join(ANSWERS), Trust::Strict, store::MAX_STATE);
    text.ok().and_then(|text| serde_json::from_str(&text).ok()).unwrap_or_default()
}

/// Name of the terminal: its program, else its type.
fn terminal(env: &Env) -> Option<String> {
    env.var("TERM_PROGRAM").or_else(|| env.var("TERM")).filter(|name| name.len() <= MAX_NAME)
}

/// The theme of Claude Code: in its settings (2.1.332), before that in `.claude.json`. It is `dark` or `light`, or
/// these with `-daltonized` or `-ansi`; `auto` and `custom:NAME` do not show it.
fn of_agent(env: &Env) -> Option<bool> {
    let settings = CLAUDE_CODE.settings.file(Scope::User, env);
    let older = env.path("CLAUDE_CONFIG_DIR").or_else(|| env.home()).map(|home| home.join(".claude.json"));
    let theme = settings.into_iter().chain(older).find_map(|path| {
        let text = store::read_text(&path, Trust::Lenient, MAX_FILE).ok()?;
        Object::parse(&text)?.string("theme")
    })?;
    match theme.split('-').next() {
        Some("light") => Some(true),
        Some("dark") => Some(false),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::tests::Folder;
    use std::time::{Duration, UNIX_EPOCH};

    fn env(folder: &Folder, seconds: u64, terminal: &str) -> Env {
        let now = UNIX_EPOCH + Duration::from_secs(1_800_000_000 + seconds);
        Env::fixed(now, [("CLAUDE_CONFIG_DIR", folder.path("").into()), ("TERM_PROGRAM", terminal.into())])
    }

    #[test]
    fn themes_of_the_agent() {
        let folder = Folder::new();
        let check = |file: &str, theme: &str, expected| {
            folder.file(file, format!(r#"{{"theme":{theme},"projects":{{}}}}"#).as_bytes());
            assert_eq!(of_agent(&env(&folder, 0, "")), expected, "{file} {theme}");
        };
        assert_eq!(of_agent(&env(&folder, 0, "")), None);
        check(".claude.json", r#""dark""#, Some(false));
        check(".claude.json", r#""light-daltonized""#, Some(true));
        check("settings.json", "null", Some(true));
        check("settings.json", r#""dark-ansi""#, Some(false));
        check("settings.json", r#""light""#, Some(true));
        check("settings.json", r#""auto""#, None);
        check("settings.json", r#""custom:light""#, None);
        check("settings.json", r#""lightish""#, None);
    }

    #[test]
    fn it_is_looked_up_again_after_a_while() {
        let folder = Folder::new();
        let look = |seconds, mut known| {
            let told = Appearance::recent(&mut known, &env(&folder, seconds, ""), None);
            (told.map(|told| told.is_light), known)
        };
        let (light, known) = look(0, None);
        assert_eq!(light, None);
        folder.file("settings.json", br#"{"theme":"light"}"#);
        assert_eq!(look(59, known).0, None, "too early");
        assert_eq!(look(60, known).0, Some(true));
    }

    #[test]
    fn each_terminal_has_an_answer_of_its_own_and_the_agent_comes_first() {
        let folder = Folder::new();
        let state = folder.path("state");
        let look = |terminal: &str| {
            let told = Appearance::look_up(&env(&folder, 0, terminal), Some(&state))?;
            Some((told.is_light, told.by_agent))
        };
        let answer = |terminal: &str, light| remember(light, &env(&folder, 0, terminal), &state).unwrap();
        answer("WezTerm", false);
        answer("vscode", true);
        assert_eq!([look("WezTerm"), look("vscode"), look("tmux")], [Some((false, false)), Some((true, false)), None]);
        answer("WezTerm", true);
        assert_eq!(look("WezTerm"), Some((true, false)));
        assert_eq!(answers(&state).len(), 2);
        folder.file("settings.json", br#"{"theme":"dark"}"#);
        assert_eq!(look("WezTerm"), Some((false, true)));
    }

    #[test]
    fn what_is_remembered_has_an_end() {
        let folder = Folder::new();
        let state = folder.path("state");
        for number in 0..3 * MAX_ANSWERS {
            remember(true, &env(&folder, 0, &format!("terminal {number}")), &state).unwrap();
        }
        remember(true, &env(&folder, 0, &"x".repeat(MAX_NAME + 1)), &state).unwrap();
        assert_eq!(answers(&state).len(), MAX_ANSWERS);
    }
}
