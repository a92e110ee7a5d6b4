//! The settings of the agents that are found here.

use std::path::{Path, PathBuf};

use itertools::Itertools;

use super::program::{Lookup, find};
use super::{Checkup, Findings, Severity};
use crate::agent::{self, Agent, CLAUDE_CODE, HookForm, Scope};
use crate::base::env::Env;
use crate::bridge::event::registered_by;
use crate::settings::{self, AgentFile, Inspection};
use crate::store;

/// An existing settings file.
pub struct SettingsFile {
    pub agent: &'static Agent,
    pub scope: Scope,
    pub path: PathBuf,
    /// Its content, or why that is unknown.
    pub found: Result<Inspection, String>,
}

impl SettingsFile {
    fn read(agent: &'static Agent, scope: Scope, path: PathBuf, program: &str) -> Option<Self> {
        let text = match store::read_settings(&path) {
            Ok(bytes) => String::from_utf8(bytes?).map_err(|_| "it is not UTF-8".to_owned()),
            Err(err) => Err(err.to_string()),
        };
        let file = AgentFile::new(agent, &path);
        let inspect = |text: String| settings::inspect(file, &text, program).map_err(|err| err.to_string());
        Some(SettingsFile { agent, scope, path, found: text.and_then(inspect) })
    }

    /// The command of the statusline, if it is ours.
    pub fn our_line(&self) -> Option<&str> {
        self.says().filter(|says| says.line_is_ours)?.line.as_deref()
    }

    pub fn says(&self) -> Option<&Inspection> {
        self.found.as_ref().ok()
    }

    fn scope(&self) -> &'static str {
        self.scope.into()
    }
}

const SCOPES: [Scope; 4] = [Scope::User, Scope::Project, Scope::Local, Scope::Managed];

/// The settings files of the agents that are found here.
pub fn read(env: &Env, program: Option<&Path>) -> Vec<SettingsFile> {
    let program = program.map(|program| program.to_string_lossy()).unwrap_or_default();
    let mut files: Vec<SettingsFile> = Vec::new();
    for (agent, scope) in here(env).flat_map(|agent| SCOPES.map(|scope| (agent, scope))) {
        for path in agent.files(scope, env) {
            // In the home directory, project and user settings are the same file.
            if files.iter().all(|file| file.path != path) {
                files.extend(SettingsFile::read(agent, scope, path, &program));
            }
        }
    }
    files
}

/// The agents that this user has used.
pub fn here(env: &Env) -> impl Iterator<Item = &'static Agent> {
    agent::ALL.into_iter().filter(|agent| agent.is_here(env))
}

/// The file whose statusline the agent shows.
fn winner<'a>(agent: &'a Agent, cx: &'a Checkup) -> Option<&'a SettingsFile> {
    let mut files = cx.settings_of(agent);
    let scope = settings::wins(files.clone().map(|(file, says)| (file.scope, says)))?;
    Some(files.find(|(file, says)| file.scope == scope && says.line.is_some())?.0)
}

pub fn statusline(cx: &Checkup, found: &mut Findings) {
    let agents: Vec<&Agent> = here(&cx.call.env).collect();
    if agents.is_empty() {
        let finding = found.problem("no agent has been used here");
        finding.advice("`bridgeline install --agent NAME` sets one up");
    }
    for file in &cx.settings {
        if let Err(why) = &file.found {
            let what = format!("{} ignores its {} settings: {why}", file.agent.name, file.scope());
            found.problem(what).at(&file.path).advice("correct the file");
        }
    }
    let shows_ours = |agent: &&'static Agent| winner(agent, cx).is_some_and(|file| file.our_line().is_some());
    // Not every agent needs to use us.
    let missing = if agents.iter().any(shows_ours) { Severity::Note } else { Severity::Problem };
    for agent in agents {
        statusline_of(agent, missing, cx, found);
    }
}

fn statusline_of(agent: &Agent, missing: Severity, cx: &Checkup, found: &mut Findings) {
    let name = agent.name;
    if !agent.settings.has_line() {
        found.note(format!("{name} has no statusline; prompt, tmux and `bridgeline sessions` show its sessions"));
        return;
    }
    let install = format!("`bridgeline install --agent {name}`");
    let Some((file, says)) = winner(agent, cx).and_then(|file| Some((file, file.says()?))) else {
        found.add(missing, format!("{name} has no statusline")).advice(format!("{install} adds it"));
        return;
    };
    let (line, scope) = (says.line.as_deref().unwrap_or_default(), file.scope());
    let weaker = cx.our_lines().find(|(other, _)| other.agent == agent);
    let finding = match (&says.off, weaker) {
        (Some(switch), _) if says.line_is_ours => found
            .problem(format!("{name} has our statusline, but {switch} turns it off"))
            .advice(format!("{install} turns it on")),
        (None, _) if says.line_is_ours => found.ok(format!("{name} shows our statusline ({scope} settings)")),
        (_, Some((weaker, _))) => {
            let ours = format!("ours in the {} settings", weaker.scope());
            found
                .problem(format!("{name} shows the statusline `{line}` from the {scope} settings instead of {ours}"))
                .advice("remove that statusLine, or set ours there")
        }
        (_, None) => found
            .add(missing, format!("{name} shows another statusline: `{line}`"))
            .advice(format!("{install} replaces it; add --wrap to keep both")),
    };
    finding.at(&file.path);
}

pub fn command(cx: &Checkup, found: &mut Findings) {
    for (file, word) in cx.our_programs() {
        match find(word, &cx.call.env) {
            Lookup::There(path) => found.ok(format!("{} can be started", path.display())),
            Lookup::NotExecutable(path) => {
                found.problem(format!("{} cannot be started", path.display())).advice("chmod +x it")
            }
            Lookup::Missing => found
                .problem(format!("{word} does not exist, or is not on this PATH"))
                .advice("`bridgeline install` uses the full path of the program"),
            Lookup::Unknown => found.note(format!("only the agent's shell can resolve {word}")),
        }
        .at(&file.path);
    }
}

pub fn disabled(cx: &Checkup, found: &mut Findings) {
    for (file, key) in cx.settings.iter().filter_map(|file| Some((file, file.says()?.hooks_off?))) {
        let what = format!("{key} turns hooks off in the {} settings", file.scope());
        match *file.agent == CLAUDE_CODE {
            true => found.problem(format!("{what}: no statusline is shown")),
            false => found.note(format!("{what} of {}: no hooks run", file.agent.name)),
        }
        .at(&file.path)
        .advice(format!("remove {key}"));
    }
    if cx.call.env.var("CLAUDE_CODE_SAFE_MODE").is_some_and(|mode| mode == "1") {
        let finding = found.warning("CLAUDE_CODE_SAFE_MODE is set: only a managed statusline is shown");
        finding.advice("start the agent without it");
    }
    if CLAUDE_CODE.is_here(&cx.call.env) {
        found.or_ok("statusline and hooks are enabled");
    }
}

/// The settings that enable our plugin for Claude Code: the strongest scope that mentions it decides.
fn plugin<'a>(cx: &'a Checkup) -> Option<&'a SettingsFile> {
    let named = cx.settings_of(&CLAUDE_CODE).filter(|(_, says)| says.plugin.is_some());
    let (file, says) = named.max_by_key(|(file, _)| file.scope)?;
    says.plugin?.then_some(file)
}

pub fn hooks(cx: &Checkup, found: &mut Findings) {
    for agent in here(&cx.call.env) {
        match agent.settings.hooks {
            Some(HookForm::Plugin(_)) => script_of(agent, cx, found),
            Some(_) => hooks_of(agent, cx, found),
            None => {}
        }
    }
}

/// Checks the plugin that replaces hooks.
fn script_of(agent: &Agent, cx: &Checkup, found: &mut Findings) {
    let name = agent.name;
    let install = format!("`bridgeline install --agent {name}`");
    let file = cx.settings_of(agent).find_map(|(file, says)| Some((file, says.script?)));
    match file {
        Some((file, true)) => found.ok(format!("{name}: our plugin is installed")).at(&file.path),
        Some((file, false)) => found
            .warning(format!("{name}: our plugin was edited, or is another version"))
            .at(&file.path)
            .advice(format!("{install} replaces it")),
        None => found.note(format!("{name}: our plugin is not installed")).advice(format!("{install} adds it")),
    };
}

fn hooks_of(agent: &Agent, cx: &Checkup, found: &mut Findings) {
    let name = agent.name;
    let install = format!("`bridgeline install --hooks --agent {name}`");
    let all = || cx.settings_of(agent).flat_map(|(_, says)| &says.registered);
    let counts = |event: &str| all().filter(|other| **other == event).count();
    let missing: Vec<&str> = registered_by(agent).filter(|event| counts(event) == 0).collect();
    let count = registered_by(agent).count();
    match plugin(cx).filter(|_| *agent == CLAUDE_CODE) {
        Some(plugin) if missing.len() == count => {
            found.ok(format!("{name}: the plugin registers all events")).at(&plugin.path)
        }
        Some(plugin) => found
            .warning(format!("{name}: hooks are registered both in the settings and by the plugin, so they run twice"))
            .at(&plugin.path)
            .advice("disable the plugin, or `bridgeline uninstall` and install without --hooks"),
        None if missing.len() == count => {
            let what = "no hooks are registered; the segments tools, files, state, agents and activity stay hidden";
            found.note(format!("{name}: {what}")).advice(format!("{install} registers them"))
        }
        None if missing.is_empty() => found.ok(format!("{name}: all {count} events are registered")),
        None => found
            .warning(format!("{name}: not registered: {}", missing.join(", ")))
            .advice(format!("{install} registers the rest")),
    };
    for (file, says) in cx.settings_of(agent) {
        let is_twice = |event: &&&str| says.doubled.contains(event) || counts(event) > 1;
        let twice: Vec<&str> = says.registered.iter().filter(is_twice).copied().collect();
        if !twice.is_empty() {
            let what = "registered more than once, so calls may count twice";
            let finding = found.warning(format!("{name}: {what}: {}", twice.join(", "))).at(&file.path);
            finding.advice(format!("{install} keeps one of each per file; register them in one scope only"));
        }
        if !says.retired.is_empty() {
            let what = "registered by an older version; they print into the conversation";
            let finding = found.warning(format!("{name}: {what}: {}", says.retired.join(", ")));
            finding.at(&file.path).advice(format!("`bridgeline install --agent {name}` removes it"));
        }
    }
}

/// A hook of ours is registered in Claude Code.
pub fn has_hooks(cx: &Checkup) -> bool {
    plugin(cx).is_some() || cx.settings_of(&CLAUDE_CODE).any(|(_, says)| !says.registered.is_empty())
}

pub fn node(cx: &Checkup, found: &mut Findings) {
    for (file, says) in cx.settings_of(&CLAUDE_CODE).filter(|(_, says)| !says.node.is_empty()) {
        let hooks = says.node.iter().map(|(event, script)| format!("{script} for {event}")).join(", ");
        let twice = "Node hooks are active next to ours, so calls count twice";
        match has_hooks(cx) {
            true => found.problem(format!("{twice}: {hooks}")),
            false => found.note(format!("Node hooks write the session bridge: {hooks}")),
        }
        .at(&file.path)
        .advice("`bridgeline install --hooks --replace-node` replaces them");
    }
}

pub fn subagents(cx: &Checkup, found: &mut Findings) {
    let program = cx.program.as_deref().map(Path::to_string_lossy).unwrap_or_default();
    for (file, says) in cx.settings_of(&CLAUDE_CODE) {
        let Some(line) = says.subagents.as_deref() else { continue };
        match settings::is_ours(line, &program) {
            true => found
                .note("we draw the rows of subagents; Claude Code warns about subagentStatusLine at each start")
                .advice("`bridgeline install` without --subagents removes it"),
            false => found.note(format!("another command draws the rows of subagents: `{line}`")),
        }
        .at(&file.path);
    }
}
