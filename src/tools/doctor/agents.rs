//! The settings of the agents that are found here.

use std::path::{Path, PathBuf};

use super::program::{Lookup, find};
use super::{Finding, Level, Scene};
use crate::agent::{self, Agent, CLAUDE_CODE, Scope};
use crate::base::env::Env;
use crate::base::json::Object;
use crate::bridge::event::registered_by;
use crate::settings::{self, Inspection};
use crate::store::{self, Trust};

/// A settings file that is there.
pub struct SettingsFile {
    pub agent: &'static Agent,
    pub scope: Scope,
    pub path: PathBuf,
    /// What it says, or why that is not known.
    pub found: Result<Inspection, String>,
}

impl SettingsFile {
    /// The command of the statusline, where it is ours.
    pub fn our_line(&self) -> Option<&str> {
        self.says().filter(|says| says.line_is_ours)?.line.as_deref()
    }

    fn says(&self) -> Option<&Inspection> {
        self.found.as_ref().ok()
    }

    fn scope(&self) -> &'static str {
        match self.scope {
            Scope::User => "user",
            Scope::Project => "project",
            Scope::Local => "local",
            Scope::Managed => "managed",
        }
    }
}

const SCOPES: [Scope; 4] = [Scope::User, Scope::Project, Scope::Local, Scope::Managed];

/// Most that is read of `.claude.json`, in bytes: it holds the history of all projects.
const MAX_PROJECTS: u64 = 64 << 20;

/// The settings files of the agents that are found here.
pub fn read(env: &Env, program: Option<&Path>) -> Vec<SettingsFile> {
    let program = program.map(|program| program.to_string_lossy()).unwrap_or_default();
    let mut files: Vec<SettingsFile> = Vec::new();
    for agent in here(env) {
        for scope in SCOPES {
            for path in agent.files(scope, env) {
                // At home the project's settings are the user's.
                if files.iter().any(|file| file.path == path) {
                    continue;
                }
                let found = match store::read_settings(&path) {
                    Ok(None) => continue,
                    Ok(Some(bytes)) => {
                        String::from_utf8(bytes).map_err(|_| "it is not UTF-8".to_owned()).and_then(|text| {
                            settings::inspect(agent, &text, &program).map_err(|err| err.to_string())
                        })
                    }
                    Err(err) => Err(err.to_string()),
                };
                files.push(SettingsFile { agent, scope, path, found });
            }
        }
    }
    files
}

fn here(env: &Env) -> impl Iterator<Item = &'static Agent> {
    agent::ALL.into_iter().filter(|agent| agent.is_here(env))
}

/// The file whose statusline the agent shows.
fn winner<'a>(agent: &Agent, scene: &'a Scene) -> Option<&'a SettingsFile> {
    let files = || scene.settings.iter().filter(move |file| file.agent == agent);
    let scope = settings::wins(files().filter_map(|file| Some((file.scope, file.says()?))))?;
    files().find(|file| file.scope == scope && file.says().is_some_and(|says| says.line.is_some()))
}

pub fn statusline(scene: &Scene) -> Vec<Finding> {
    let agents: Vec<&Agent> = here(scene.env).collect();
    if agents.is_empty() {
        return vec![
            Finding::problem("no agent has been used here")
                .advice("`bridgeline install --agent NAME` sets one up"),
        ];
    }
    let shows_ours = |agent: &&Agent| winner(agent, scene).is_some_and(|file| file.our_line().is_some());
    // Nobody uses us in every agent.
    let missing = if agents.iter().any(shows_ours) { Level::Note } else { Level::Problem };
    let mut findings: Vec<Finding> = scene.settings.iter().filter_map(unreadable).collect();
    for agent in agents {
        let name = agent.name;
        let Some(file) = winner(agent, scene) else {
            let finding = Finding::new(missing, format!("{name} has no statusline"));
            findings.push(finding.advice(format!("`bridgeline install --agent {name}` sets it")));
            continue;
        };
        if file.our_line().is_some() {
            if let Some(switch) = file.says().and_then(|says| says.off.as_deref()) {
                let finding = Finding::problem(format!("{name} has ours, but switched off: {switch}"));
                let advice = format!("`bridgeline install --agent {name}` switches it on");
                findings.push(finding.at(&file.path).advice(advice));
                continue;
            }
            findings.push(Finding::ok(format!("{name} shows ours, set for {}", file.scope())).at(&file.path));
            continue;
        }
        let line = file.says().and_then(|says| says.line.as_deref()).unwrap_or_default();
        let weaker = scene.settings.iter().find(|other| other.agent == agent && other.our_line().is_some());
        findings.push(match weaker {
            Some(weaker) => Finding::problem(format!(
                "{name} shows the {} settings' statusline `{line}` in place of ours of the {} settings",
                file.scope(),
                weaker.scope(),
            ))
            .at(&file.path)
            .advice("take that statusLine out, or set ours there"),
            None => Finding::new(missing, format!("{name} shows another statusline: `{line}`"))
                .at(&file.path)
                .advice(format!(
                    "`bridgeline install --agent {name}` takes its place, with --wrap beside it"
                )),
        });
    }
    findings
}

fn unreadable(file: &SettingsFile) -> Option<Finding> {
    let why = file.found.as_ref().err()?;
    let message = format!("{} ignores its {} settings: {why}", file.agent.name, file.scope());
    Some(Finding::problem(message).at(&file.path).advice("correct the file"))
}

pub fn command(scene: &Scene) -> Vec<Finding> {
    let lines = scene.settings.iter().filter_map(|file| Some((file, file.our_line()?)));
    let check = |(file, line): (&SettingsFile, &str)| {
        let word = settings::program(line).unwrap_or_default();
        let finding = match find(&word, scene.env) {
            Lookup::There(path) => Finding::ok(format!("{} can be started", path.display())),
            Lookup::NotExecutable(path) => {
                Finding::problem(format!("{} cannot be started", path.display())).advice("chmod +x it")
            }
            Lookup::Missing => Finding::problem(format!("{word} is not there, or not on this PATH"))
                .advice("`bridgeline install` names the program by its full path"),
            Lookup::Unknown => Finding::note(format!("only the agent's shell knows what {word} is")),
        };
        finding.at(&file.path)
    };
    lines.map(check).collect()
}

pub fn disabled(scene: &Scene) -> Vec<Finding> {
    let off = scene.settings.iter().filter(|file| file.says().is_some_and(|says| says.hooks_are_off));
    let off = off.map(|file| {
        let what = format!("disableAllHooks is on in the {} settings", file.scope());
        let finding = match *file.agent == CLAUDE_CODE {
            true => Finding::problem(format!("{what}: no statusline is shown")),
            false => Finding::note(format!("{what} of {}: no hook runs", file.agent.name)),
        };
        finding.at(&file.path).advice("take disableAllHooks out")
    });
    let mut findings: Vec<Finding> = off.collect();
    if scene.env.var("CLAUDE_CODE_SAFE_MODE").is_some_and(|mode| mode == "1") {
        let finding = Finding::warning("CLAUDE_CODE_SAFE_MODE is set: only a managed statusline is shown");
        findings.push(finding.advice("start the agent without it"));
    }
    if findings.is_empty() && CLAUDE_CODE.is_here(scene.env) {
        findings.push(Finding::ok("nothing turns them off"));
    }
    findings
}

pub fn trust(scene: &Scene) -> Vec<Finding> {
    let env = scene.env;
    let folder = env.path("CLAUDE_CONFIG_DIR").or_else(|| env.home());
    let (Some(folder), Some(dir)) = (folder, env.current_dir()) else { return Vec::new() };
    let path = folder.join(".claude.json");
    if !CLAUDE_CODE.is_here(env) {
        return Vec::new();
    }
    let text = match store::read_text(&path, Trust::Lenient, MAX_PROJECTS) {
        Ok(text) => text,
        Err(store::Absent::Missing) => {
            return vec![
                Finding::note("claude-code has not written down which folders are trusted").at(path),
            ];
        }
        Err(absent) => {
            return vec![Finding::note(format!("which folders are trusted is not known: {absent}")).at(path)];
        }
    };
    let finding = match trusted(&text, &dir) {
        Some(true) => Finding::ok(format!("claude-code trusts {}", dir.display())),
        Some(false) => Finding::problem(format!(
            "claude-code does not trust {}, and shows no statusline there",
            dir.display()
        ))
        .advice("start it there and accept the question about trust"),
        None => Finding::note(format!("claude-code has not been used in {}", dir.display())),
    };
    vec![finding.at(path)]
}

/// Whether a folder or one above it is trusted. `None` when nobody has been asked.
fn trusted(text: &str, dir: &Path) -> Option<bool> {
    let whole = Object::parse(text)?;
    let projects = whole.object("projects")?;
    let accepted = |folder: &Path| {
        let name = folder.to_str()?;
        let project = projects.object(name).or_else(|| projects.object(&name.replace('\\', "/")))?;
        Some(project.bool("hasTrustDialogAccepted") == Some(true))
    };
    let asked = dir.ancestors().filter_map(accepted);
    asked.fold(None, |trusted, accepted| Some(trusted.unwrap_or(false) || accepted))
}

/// The settings of an agent that can be read.
fn settings_of<'a>(
    agent: &'a Agent,
    scene: &'a Scene,
) -> impl Iterator<Item = (&'a SettingsFile, &'a Inspection)> {
    let files = scene.settings.iter().filter(move |file| file.agent == agent);
    files.filter_map(|file| Some((file, file.says()?)))
}

/// The settings that enable our plugin of Claude Code: the strongest that say anything of it count.
fn plugin<'a>(scene: &'a Scene) -> Option<&'a SettingsFile> {
    let said = settings_of(&CLAUDE_CODE, scene).filter(|(_, says)| says.plugin.is_some());
    let (file, says) = said.max_by_key(|(file, _)| file.scope)?;
    says.plugin?.then_some(file)
}

pub fn hooks(scene: &Scene) -> Vec<Finding> {
    let agents = here(scene.env).filter(|agent| registered_by(agent).next().is_some());
    agents.flat_map(|agent| hooks_of(agent, scene)).collect()
}

fn hooks_of(agent: &Agent, scene: &Scene) -> Vec<Finding> {
    let name = agent.name;
    let install = format!("`bridgeline install --hooks --agent {name}`");
    let plugin = plugin(scene).filter(|_| *agent == CLAUDE_CODE);
    let counts =
        |event: &str| settings_of(agent, scene).filter(|(_, says)| says.registered.contains(&event)).count();
    let missing: Vec<&str> = registered_by(agent).filter(|event| counts(event) == 0).collect();
    let count = registered_by(agent).count();
    let mut findings = Vec::new();
    if let Some(plugin) = plugin {
        findings.push(match missing.len() == count {
            true => Finding::ok(format!("{name}: all events are registered by the plugin")).at(&plugin.path),
            false => Finding::warning(format!(
                "{name}: hooks are registered in the settings and by the plugin, and run twice"
            ))
            .at(&plugin.path)
            .advice("disable the plugin, or `bridgeline uninstall` and install without --hooks"),
        });
    } else if missing.len() == count {
        let what = "no hooks are registered: tools, files, state, agents and activity stay absent";
        findings.push(Finding::note(format!("{name}: {what}")).advice(format!("{install} registers them")));
    } else if missing.is_empty() {
        findings.push(Finding::ok(format!("{name}: all {count} events are registered")));
    } else {
        let message = format!("{name}: not registered: {}", missing.join(", "));
        findings.push(Finding::warning(message).advice(format!("{install} registers the rest")));
    }
    for (file, says) in settings_of(agent, scene) {
        let twice: Vec<&str> = says
            .registered
            .iter()
            .filter(|event| says.doubled.contains(event) || counts(event) > 1)
            .copied()
            .collect();
        if !twice.is_empty() {
            let message =
                format!("{name}: registered more than once, and may count twice: {}", twice.join(", "));
            let advice = format!("{install} leaves one of each in a file; keep them in one scope");
            findings.push(Finding::warning(message).at(&file.path).advice(advice));
        }
        if !says.retired.is_empty() {
            let message = format!(
                "{name}: registered by an older version, and printed into the conversation: {}",
                says.retired.join(", ")
            );
            let advice = format!("`bridgeline install --agent {name}` takes it out");
            findings.push(Finding::warning(message).at(&file.path).advice(advice));
        }
    }
    findings
}

/// Whether any hook of ours is registered in Claude Code.
pub fn has_hooks(scene: &Scene) -> bool {
    plugin(scene).is_some() || settings_of(&CLAUDE_CODE, scene).any(|(_, says)| !says.registered.is_empty())
}

pub fn node(scene: &Scene) -> Vec<Finding> {
    let has_ours = has_hooks(scene);
    let check = |(file, says): (&SettingsFile, &Inspection)| {
        let hooks: Vec<String> =
            says.node.iter().map(|hook| format!("{} for {}", hook.script, hook.event)).collect();
        if hooks.is_empty() {
            return None;
        }
        let hooks = hooks.join(", ");
        let finding = match has_ours {
            true => {
                Finding::problem(format!("Node hooks are active beside ours, and calls count twice: {hooks}"))
            }
            false => Finding::note(format!("Node hooks write the session bridge: {hooks}")),
        };
        Some(finding.at(&file.path).advice("`bridgeline install --hooks --replace-node` takes their place"))
    };
    settings_of(&CLAUDE_CODE, scene).filter_map(check).collect()
}

pub fn subagents(scene: &Scene) -> Vec<Finding> {
    let program = scene.program.as_deref().map(Path::to_string_lossy).unwrap_or_default();
    let check = |(file, says): (&SettingsFile, &Inspection)| {
        let line = says.subagents.as_deref()?;
        let finding = match settings::is_ours(line, &program) {
            true => Finding::note(
                "rows of subagents are ours: Claude Code warns of subagentStatusLine at each start",
            )
            .advice("`bridgeline install` without --subagents takes it out"),
            false => Finding::note(format!("rows of subagents are of another command: `{line}`")),
        };
        Some(finding.at(&file.path))
    };
    settings_of(&CLAUDE_CODE, scene).filter_map(check).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn trust_reaches_down() {
        let text = r#"{"projects":{"/work":{"hasTrustDialogAccepted":true},"/work/sub":{"hasTrustDialogAccepted":false},"/other":{"hasTrustDialogAccepted":false},"/odd":{}}}"#;
        let check = |dir: &str, expected| assert_eq!(trusted(text, Path::new(dir)), expected, "{dir}");
        check("/work", Some(true));
        check("/work/sub/deep", Some(true));
        check("/other", Some(false));
        check("/other/deep", Some(false));
        check("/odd", Some(false));
        check("/new", None);
        assert_eq!(trusted("[]", Path::new("/work")), None);
        assert_eq!(trusted(r#"{"projects":7}"#, Path::new("/work")), None);
    }
}
