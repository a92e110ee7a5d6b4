//! The agents that take a statusline command, and where each keeps its settings.

use std::path::PathBuf;

use super::json::New;
use crate::base::env::Env;

/// An agent that we can be installed in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Agent {
    ClaudeCode,
    Copilot,
    Cursor,
    Qwen,
    Antigravity,
    Kimi,
}

/// Whose settings. Of two that set the same key the later one here counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum Scope {
    /// The user's, in all projects.
    #[default]
    User,
    /// The project's, which is checked in.
    Project,
    /// The user's in this project.
    Local,
    /// The administrator's. Read only, and stronger than all others.
    Managed,
}

/// A key that makes an agent show the line.
pub(super) enum Slot {
    /// An object with a `command`.
    Command {
        path: &'static [&'static str],
        /// Behind the program.
        args: &'static str,
        /// Further keys and their values as JSON, where they are not there yet.
        more: &'static [(&'static str, &'static str)],
    },
    /// A switch that must be on.
    Switch { path: &'static [&'static str] },
    /// A switch that must not be off; part of the object of a command, with which it comes and goes.
    NotOff { path: &'static [&'static str] },
}

impl Slot {
    pub fn path(&self) -> &'static [&'static str] {
        match self {
            Slot::Command { path, .. } | Slot::Switch { path } | Slot::NotOff { path } => path,
        }
    }
}

const LINE: Slot = Slot::Command { path: &["statusLine"], args: "", more: &[] };

/// Seconds between two runs without an event, so that countdowns move.
const INTERVAL: (&str, &str) = ("refreshInterval", "10");

/// Rows of subagents. Claude Code warns of this key at each start.
pub(super) const SUBAGENTS: Slot =
    Slot::Command { path: &["subagentStatusLine"], args: "subagents", more: &[] };

impl Agent {
    /// All of them.
    pub const ALL: [Agent; 6] =
        [Agent::ClaudeCode, Agent::Copilot, Agent::Cursor, Agent::Qwen, Agent::Antigravity, Agent::Kimi];

    /// As in `--agent`.
    pub fn name(self) -> &'static str {
        match self {
            Agent::ClaudeCode => "claude-code",
            Agent::Copilot => "copilot",
            Agent::Cursor => "cursor",
            Agent::Qwen => "qwen",
            Agent::Antigravity => "antigravity",
            Agent::Kimi => "kimi",
        }
    }

    /// The agent of that name.
    pub fn named(name: &str) -> Option<Agent> {
        Agent::ALL.into_iter().find(|agent| agent.name() == name)
    }

    /// What must be in its settings; empty for the one whose settings are TOML.
    pub(super) fn slots(self) -> &'static [Slot] {
        match self {
            Agent::ClaudeCode => &[Slot::Command { path: &["statusLine"], args: "", more: &[INTERVAL] }],
            Agent::Copilot => &[
                Slot::Command { path: &["statusLine"], args: "", more: &[INTERVAL] },
                Slot::Switch { path: &["footer", "showCustom"] },
            ],
            Agent::Cursor => &[LINE],
            Agent::Antigravity => &[LINE, Slot::NotOff { path: &["statusLine", "enabled"] }],
            // Without the switch its colours are dimmed.
            Agent::Qwen => &[Slot::Command {
                path: &["ui", "statusLine"],
                args: "",
                more: &[INTERVAL, ("respectUserColors", "true")],
            }],
            Agent::Kimi => &[],
        }
    }

    /// Where the command of the line is.
    pub(super) fn line(self) -> &'static [&'static str] {
        match self {
            Agent::Kimi => &["status_line", "command"],
            _ => self.slots()[0].path(),
        }
    }
}

/// The value of a [`Slot::Command`] that was not there.
pub(super) fn command_value(command: &str, more: &[(&str, &str)]) -> New {
    let mut members =
        vec![("type".to_owned(), New::string("command")), ("command".to_owned(), New::string(command))];
    members.extend(more.iter().map(|(name, value)| ((*name).to_owned(), New::Raw((*value).to_owned()))));
    New::Object(members)
}

/// The settings file of an agent, which need not be there. `None` when the agent has none of that
/// scope, or it is unknown where, without home or directory.
pub fn find(agent: Agent, scope: Scope, env: &Env) -> Option<PathBuf> {
    if scope == Scope::User {
        return Some(folder(agent, env)?.join(match agent {
            Agent::Cursor => "cli-config.json",
            Agent::Kimi => "tui.toml",
            _ => "settings.json",
        }));
    }
    if agent != Agent::ClaudeCode {
        return None;
    }
    match scope {
        Scope::Project => Some(env.current_dir()?.join(".claude").join("settings.json")),
        Scope::Local => Some(env.current_dir()?.join(".claude").join("settings.local.json")),
        _ if cfg!(windows) => Some("C:\\Program Files\\ClaudeCode\\managed-settings.json".into()),
        _ if cfg!(target_os = "macos") => {
            Some("/Library/Application Support/ClaudeCode/managed-settings.json".into())
        }
        _ => Some("/etc/claude-code/managed-settings.json".into()),
    }
}

/// The file that an agent has its hooks in, which need not be there; `None` as with [`find`], and when it
/// has no hooks.
pub fn hooks_file(agent: Agent, scope: Scope, env: &Env) -> Option<PathBuf> {
    match agent {
        Agent::ClaudeCode | Agent::Qwen => find(agent, scope, env),
        Agent::Kimi if scope == Scope::User => Some(folder(agent, env)?.join("config.toml")),
        _ => None,
    }
}

/// Whether an agent has been used by this user: its folder is there. That of Cursor belongs to the
/// editor too, so there the file tells.
pub fn is_here(agent: Agent, env: &Env) -> bool {
    let place = match agent {
        Agent::Cursor => find(agent, Scope::User, env),
        _ => folder(agent, env),
    };
    place.is_some_and(|place| place.exists())
}

fn folder(agent: Agent, env: &Env) -> Option<PathBuf> {
    let moved = match agent {
        Agent::ClaudeCode => env.path("CLAUDE_CONFIG_DIR"),
        Agent::Copilot => env.path("COPILOT_HOME"),
        Agent::Cursor => {
            let config = || Some(env.path("XDG_CONFIG_HOME")?.join("cursor"));
            env.path("CURSOR_CONFIG_DIR").or_else(config)
        }
        Agent::Qwen => env.path("QWEN_HOME"),
        Agent::Kimi => env.path("KIMI_CODE_HOME"),
        Agent::Antigravity => None,
    };
    let below_home: &[&str] = match agent {
        Agent::ClaudeCode => &[".claude"],
        Agent::Copilot => &[".copilot"],
        Agent::Cursor => &[".cursor"],
        Agent::Qwen => &[".qwen"],
        Agent::Antigravity => &[".gemini", "antigravity-cli"],
        Agent::Kimi => &[".kimi-code"],
    };
    moved.or_else(|| {
        let mut folder = env.home()?;
        folder.extend(below_home);
        Some(folder)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    #[cfg(unix)]
    use std::time::UNIX_EPOCH;

    #[test]
    #[cfg(unix)]
    fn files_of_agents() {
        let vars = |moved: &[(&'static str, &'static str)]| {
            let all = [("HOME", "/h"), ("PWD", "/p")].iter().chain(moved);
            Env::fixed(UNIX_EPOCH, all.map(|(name, value)| (*name, (*value).into())).collect::<Vec<_>>())
        };
        let check = |agent, scope, env: &Env, expected: Option<&str>| {
            assert_eq!(find(agent, scope, env), expected.map(PathBuf::from), "{agent:?} {scope:?}");
        };
        let env = vars(&[]);
        check(Agent::ClaudeCode, Scope::User, &env, Some("/h/.claude/settings.json"));
        check(Agent::ClaudeCode, Scope::Project, &env, Some("/p/.claude/settings.json"));
        check(Agent::ClaudeCode, Scope::Local, &env, Some("/p/.claude/settings.local.json"));
        check(Agent::Copilot, Scope::User, &env, Some("/h/.copilot/settings.json"));
        check(Agent::Cursor, Scope::User, &env, Some("/h/.cursor/cli-config.json"));
        check(Agent::Qwen, Scope::User, &env, Some("/h/.qwen/settings.json"));
        check(Agent::Antigravity, Scope::User, &env, Some("/h/.gemini/antigravity-cli/settings.json"));
        check(Agent::Kimi, Scope::User, &env, Some("/h/.kimi-code/tui.toml"));
        check(Agent::Kimi, Scope::Project, &env, None);
        let env = vars(&[("CLAUDE_CONFIG_DIR", "/c"), ("COPILOT_HOME", "/d")]);
        check(Agent::ClaudeCode, Scope::User, &env, Some("/c/settings.json"));
        check(Agent::Copilot, Scope::User, &env, Some("/d/settings.json"));
        let env = vars(&[("XDG_CONFIG_HOME", "/x"), ("QWEN_HOME", "/q"), ("KIMI_CODE_HOME", "/k")]);
        check(Agent::Cursor, Scope::User, &env, Some("/x/cursor/cli-config.json"));
        check(Agent::Qwen, Scope::User, &env, Some("/q/settings.json"));
        check(Agent::Kimi, Scope::User, &env, Some("/k/tui.toml"));
        assert_eq!(hooks_file(Agent::Kimi, Scope::User, &env), Some("/k/config.toml".into()));
        assert_eq!(hooks_file(Agent::Qwen, Scope::User, &env), Some("/q/settings.json".into()));
        assert_eq!(hooks_file(Agent::Cursor, Scope::User, &env), None);
        let env = vars(&[("XDG_CONFIG_HOME", "/x"), ("CURSOR_CONFIG_DIR", "/c")]);
        check(Agent::Cursor, Scope::User, &env, Some("/c/cli-config.json"));
    }

    #[test]
    fn names_are_read_back() {
        for agent in Agent::ALL {
            assert_eq!(Agent::named(agent.name()), Some(agent));
        }
    }
}
