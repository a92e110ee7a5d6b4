//! The settings of an agent as data: where the files are, and which keys make it show the line and call our
//! hooks. The module `settings` edits the files.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use strum::IntoStaticStr;

use crate::base::env::Env;

/// Owner of a settings file. If two files set a key, the scope further down takes precedence.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, IntoStaticStr)]
#[strum(serialize_all = "lowercase")]
pub enum Scope {
    /// The user's, in all projects.
    #[default]
    User,
    /// The project's, which is checked in.
    Project,
    /// The user's in this project.
    Local,
    /// The administrator's. Read only.
    Managed,
}

/// The settings of an agent.
#[derive(Debug)]
pub struct SettingsSpec {
    /// Variables that move the folder, by precedence, each with a path to append to its value.
    pub moved_by: &'static [(&'static str, &'static str)],
    /// The folder, relative to the user's home.
    pub folder: &'static str,
    /// Name of the user's settings file in the folder.
    pub file: &'static str,
    /// Another program uses the folder too, so only the file shows that the agent has been used.
    pub shares_folder: bool,
    /// Files of other scopes; relative paths start at the working directory.
    pub scopes: &'static [(Scope, &'static str)],
    /// Keys that make the agent show the line. The command of the line comes first.
    pub line_keys: &'static [LineKey],
    /// The key for rows of subagents, set only on request.
    pub subagents: Option<LineKey>,
    /// Form of a hook. `None` if the agent has no hooks that we handle. The events to register are in the
    /// table of events.
    pub hooks: Option<HookForm>,
    /// Name of the file with the hooks, in the same folder. `None`: the settings file.
    pub hooks_file: Option<&'static str>,
    /// The Node scripts that we can replace are hooks of this agent.
    pub may_have_node: bool,
    /// Oldest version of the agent that is known to support these settings. `None` if all do.
    pub since: Option<&'static str>,
    /// Steps left to the user after an install, a sentence each.
    pub next: &'static [&'static str],
}

/// Syntax of a settings file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SettingsFormat {
    /// JSON with comments and trailing commas.
    Jsonc,
    Toml,
    /// A plugin; the whole file is ours.
    Script,
}

impl SettingsFormat {
    /// Format of a file, by its extension.
    pub fn of(file: &Path) -> Self {
        match file.extension().and_then(OsStr::to_str) {
            Some("toml") => SettingsFormat::Toml,
            Some("js") => SettingsFormat::Script,
            _ => SettingsFormat::Jsonc,
        }
    }
}

/// Placeholder for the program's path in values and plugins, in place of a quoted string.
pub const PROGRAM: &str = "\"{program}\"";

/// A key that makes an agent show the line.
#[derive(Debug)]
pub enum LineKey {
    /// An object with a `command`.
    Command {
        path: &'static [&'static str],
        /// Arguments for the program.
        args: &'static str,
        /// Further keys with their values as JSON, added where they are missing.
        more: &'static [(&'static str, &'static str)],
    },
    /// A table with these members, their values as TOML. It is added and removed as a whole, and is ours if its
    /// first member names us.
    Table { path: &'static [&'static str], members: &'static [(&'static str, &'static str)] },
    /// A switch that must be on.
    Switch { path: &'static [&'static str] },
    /// A switch that must not be off; it belongs to the object of a command and comes and goes with it.
    NotOff { path: &'static [&'static str] },
}

/// Form of a hook in the settings.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HookForm {
    /// A program and its `args`, started without a shell.
    Exec,
    /// A command line, and further keys of the handler with their values as JSON.
    Shell(&'static [(&'static str, &'static str)]),
    /// A script in a file of its own, with this text.
    Plugin(&'static str),
}

/// Seconds between two runs without an event, so that countdowns advance.
pub(super) const INTERVAL: (&str, &str) = ("refreshInterval", "10");

/// Advice for an agent without a statusline.
pub(super) const NO_LINE: &str = "it has no statusline; your prompt, tmux and `bridgeline sessions` show its sessions";

impl SettingsSpec {
    /// The values that most agents have in common.
    pub(super) const COMMON: SettingsSpec = SettingsSpec {
        moved_by: &[],
        folder: "",
        file: "settings.json",
        shares_folder: false,
        scopes: &[],
        line_keys: &[LineKey::Command { path: &["statusLine"], args: "", more: &[] }],
        subagents: None,
        hooks: None,
        hooks_file: None,
        may_have_node: false,
        since: None,
        next: &[],
    };

    /// Path of the settings file of a scope. `None` when the agent has none of that scope, or home or working
    /// directory are unknown.
    pub fn file(&self, scope: Scope, env: &Env) -> Option<PathBuf> {
        if scope == Scope::User {
            return Some(self.folder(env)?.join(self.file));
        }
        let (_, path) = self.scopes.iter().find(|(other, _)| *other == scope)?;
        let mut file = if Path::new(path).is_absolute() { PathBuf::new() } else { env.current_dir()? };
        file.extend(Path::new(path));
        Some(file)
    }

    /// Path of the file with the hooks. `None` as with [`SettingsSpec::file`], and for an agent without hooks.
    pub fn hooks_file(&self, scope: Scope, env: &Env) -> Option<PathBuf> {
        self.hooks?;
        match self.hooks_file {
            None => self.file(scope, env),
            Some(file) if scope == Scope::User => Some(self.folder(env)?.join(file)),
            Some(_) => None,
        }
    }

    /// This user has used the agent: its folder exists.
    pub fn is_here(&self, env: &Env) -> bool {
        let place = if self.shares_folder { self.file(Scope::User, env) } else { self.folder(env) };
        place.is_some_and(|place| place.exists())
    }

    /// The agent has a statusline.
    pub fn has_line(&self) -> bool {
        !self.line_keys.is_empty()
    }

    /// Path of the agent's own folder. `None` when the user's home is unknown.
    pub fn folder(&self, env: &Env) -> Option<PathBuf> {
        let moved = self.moved_by.iter().find_map(|(name, below)| Some((env.path(name)?, *below)));
        let (mut folder, below) = moved.or_else(|| Some((env.home()?, self.folder)))?;
        folder.extend(Path::new(below));
        Some(folder)
    }
}

impl LineKey {
    pub fn path(&self) -> &'static [&'static str] {
        match self {
            LineKey::Command { path, .. }
            | LineKey::Table { path, .. }
            | LineKey::Switch { path }
            | LineKey::NotOff { path } => path,
        }
    }
}

#[cfg(unix)]
#[cfg(test)]
mod tests {
    use super::*;
    use crate::agent::{ANTIGRAVITY, Agent, CLAUDE_CODE, CODEX, COPILOT, CURSOR, GEMINI, KIMI, OPENCODE, QWEN};
    use std::time::UNIX_EPOCH;

    #[test]
    fn files_of_agents() {
        let vars = |moved: &[(&'static str, &'static str)]| {
            let all = [("HOME", "/h"), ("PWD", "/p")].iter().chain(moved);
            Env::fixed(UNIX_EPOCH, all.map(|(name, value)| (*name, (*value).into())).collect::<Vec<_>>())
        };
        let check = |agent: &Agent, scope, env: &Env, expected: &[&str]| {
            let files: Vec<PathBuf> = agent.files(scope, env).collect();
            assert_eq!(files, expected.iter().map(PathBuf::from).collect::<Vec<_>>(), "{} {scope:?}", agent.name);
        };
        let env = vars(&[]);
        check(&CLAUDE_CODE, Scope::User, &env, &["/h/.claude/settings.json"]);
        check(&CLAUDE_CODE, Scope::Project, &env, &["/p/.claude/settings.json"]);
        check(&CLAUDE_CODE, Scope::Local, &env, &["/p/.claude/settings.local.json"]);
        check(&COPILOT, Scope::User, &env, &["/h/.copilot/settings.json"]);
        check(&CURSOR, Scope::User, &env, &["/h/.cursor/cli-config.json"]);
        check(&QWEN, Scope::User, &env, &["/h/.qwen/settings.json"]);
        check(&ANTIGRAVITY, Scope::User, &env, &["/h/.gemini/antigravity-cli/settings.json"]);
        check(&KIMI, Scope::User, &env, &["/h/.kimi-code/tui.toml", "/h/.kimi-code/config.toml"]);
        check(&KIMI, Scope::Project, &env, &[]);
        check(&CODEX, Scope::User, &env, &["/h/.codex/config.toml", "/h/.codex/hooks.json"]);
        check(&GEMINI, Scope::User, &env, &["/h/.gemini/settings.json"]);
        check(&OPENCODE, Scope::User, &env, &["/h/.config/opencode/plugin/bridgeline.js"]);
        let env = vars(&[("CLAUDE_CONFIG_DIR", "/c"), ("COPILOT_HOME", "/d")]);
        check(&CLAUDE_CODE, Scope::User, &env, &["/c/settings.json"]);
        check(&COPILOT, Scope::User, &env, &["/d/settings.json"]);
        let env = vars(&[("XDG_CONFIG_HOME", "/x"), ("QWEN_HOME", "/q"), ("KIMI_CODE_HOME", "/k")]);
        check(&CURSOR, Scope::User, &env, &["/x/cursor/cli-config.json"]);
        check(&QWEN, Scope::User, &env, &["/q/settings.json"]);
        check(&KIMI, Scope::User, &env, &["/k/tui.toml", "/k/config.toml"]);
        check(&OPENCODE, Scope::User, &env, &["/x/opencode/plugin/bridgeline.js"]);
        let env = vars(&[("CODEX_HOME", "/c"), ("GEMINI_CLI_HOME", "/g"), ("OPENCODE_CONFIG_DIR", "/o")]);
        check(&CODEX, Scope::User, &env, &["/c/config.toml", "/c/hooks.json"]);
        check(&GEMINI, Scope::User, &env, &["/g/.gemini/settings.json"]);
        check(&OPENCODE, Scope::User, &env, &["/o/plugin/bridgeline.js"]);
        let env = vars(&[("XDG_CONFIG_HOME", "/x"), ("CURSOR_CONFIG_DIR", "/c")]);
        check(&CURSOR, Scope::User, &env, &["/c/cli-config.json"]);
        let nowhere = Env::fixed(UNIX_EPOCH, []);
        check(&CLAUDE_CODE, Scope::Local, &nowhere, &[]);
        assert!(CLAUDE_CODE.files(Scope::Managed, &nowhere).next().unwrap().ends_with("managed-settings.json"));
    }
}
