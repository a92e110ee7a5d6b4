//! `bridgeline doctor`: why a line is missing or wrong. One table of checks; each looks at one thing and says
//! what it has found, where, and what to do. Changes nothing, unless it is told to remove what nobody needs.
//!
//! Promise: fails when there is a problem.

mod agents;
mod finding;
mod looks;
mod place;
mod program;
mod replay;

use std::path::PathBuf;

use anyhow::bail;
use serde_json::{Value, json};

use self::finding::{Finding, Level};
use self::replay::Replay;
use super::report::{self, cell};
use crate::agent::Status;
use crate::base::env::Env;
use crate::base::text::Text;
use crate::cli::Doctor;
use crate::commands::refresh;
use crate::config::{Config, Invocation, LayerSource, Layers};
use crate::segment::{Role, Span};
use crate::session::appearance::Appearance;
use crate::session::cache::{self, Cache};
use crate::store::{self, Paths, SessionId};

/// Version of the JSON object: it grows when a key changes its meaning or goes.
const VERSION: u64 = 1;

/// One thing that is looked at.
struct Check {
    group: &'static str,
    name: &'static str,
    /// What it looks at.
    about: &'static str,
    run: fn(&Scene) -> Vec<Finding>,
}

/// Every check, in the order of the report.
const CHECKS: &[Check] = &[
    Check { group: "program", name: "version", about: "this program", run: program::version },
    Check { group: "program", name: "path", about: "bridgeline on PATH", run: program::path },
    Check {
        group: "program",
        name: "settings",
        about: "the program that settings start",
        run: program::settings,
    },
    Check {
        group: "agents",
        name: "statusline",
        about: "whose statusline each agent shows",
        run: agents::statusline,
    },
    Check { group: "agents", name: "command", about: "whether that can be started", run: agents::command },
    Check {
        group: "agents",
        name: "disabled",
        about: "what turns hooks and statusline off",
        run: agents::disabled,
    },
    Check { group: "agents", name: "trust", about: "whether the folder is trusted", run: agents::trust },
    Check {
        group: "agents",
        name: "hooks",
        about: "events that are registered, missing or doubled",
        run: agents::hooks,
    },
    Check {
        group: "agents",
        name: "node",
        about: "hooks of the Node scripts beside ours",
        run: agents::node,
    },
    Check { group: "agents", name: "subagents", about: "the line for subagents", run: agents::subagents },
    Check { group: "config", name: "file", about: "the files that count", run: looks::files },
    Check { group: "config", name: "mistakes", about: "what is not used of them", run: looks::mistakes },
    Check { group: "config", name: "preset", about: "the layout, and who chose it", run: looks::preset },
    Check { group: "config", name: "theme", about: "the theme, and who chose it", run: looks::theme },
    Check { group: "config", name: "color", about: "how many colours, and why", run: looks::color },
    Check { group: "config", name: "icons", about: "which icons, and why", run: looks::icons },
    Check { group: "config", name: "width", about: "columns of a row, and why", run: looks::width },
    Check { group: "files", name: "temp", about: "the folder shared with Node", run: place::temp },
    Check { group: "files", name: "state", about: "the folder of our state", run: place::state },
    Check { group: "files", name: "session", about: "the last session and its cache", run: place::session },
    Check { group: "files", name: "bridge", about: "the bridge of that session", run: place::bridge },
    Check { group: "files", name: "locks", about: "locks that are held", run: place::locks },
    Check { group: "files", name: "facts", about: "facts that cannot be found out", run: place::facts },
    Check { group: "files", name: "usage", about: "what all sessions used", run: place::usage },
    Check { group: "files", name: "orphans", about: "files that nobody needs any more", run: place::orphans },
    Check { group: "replay", name: "line", about: "the last payload, rendered again", run: replay::line },
];

/// Looks at everything and prints what was found.
pub fn run(doctor: &Doctor, call: &Invocation) -> anyhow::Result<()> {
    let scene = Scene::new(doctor.fix, call);
    let found = |check: &'static Check| (check.run)(&scene).into_iter().map(move |finding| (check, finding));
    let findings: Vec<(&Check, Finding)> = CHECKS.iter().flat_map(found).collect();
    if doctor.json {
        report::print(&format!("{:#}\n", to_json(&findings, &scene)))?;
    } else {
        report::print_lines(&to_lines(&findings, &scene), &scene.config, &call.flags)?;
    }
    match findings.iter().filter(|(_, finding)| finding.level == Level::Problem).count() {
        0 => Ok(()),
        1 => bail!("there is one problem"),
        several => bail!("there are {several} problems"),
    }
}

/// All that the checks look at.
struct Scene<'a> {
    env: &'a Env,
    paths: &'a Paths,
    /// This program, as settings should name it.
    program: Option<PathBuf>,
    settings: Vec<agents::SettingsFile>,
    /// Who has set a key of config.
    sources: Vec<(&'static str, LayerSource)>,
    files: Vec<PathBuf>,
    config: Config,
    last: Option<Last>,
    replay: Option<Replay>,
    /// What was removed. `None` when nothing was to be.
    removed: Option<Vec<PathBuf>>,
}

/// The session that was rendered last.
struct Last {
    cache: Cache,
    /// What its payload says. `None` when that cannot be read.
    status: Option<Status>,
    id: Option<SessionId>,
}

impl<'a> Scene<'a> {
    fn new(fix: bool, call: &'a Invocation) -> Self {
        let Invocation { env, paths, flags } = call;
        let removed = fix.then(|| store::sweep(paths, &refresh::swept(), env.now));
        let program = env.program();
        let layers = Layers::read(flags, env, paths, env.current_dir().as_deref());
        let source = |key| {
            let mut set = layers.named().rev().filter(|(_, layer)| layer.get("", key).is_some());
            set.next().map(|(source, _)| (key, source.clone()))
        };
        let sources = ["preset", "theme"].into_iter().filter_map(source).collect();
        let preset = layers.named().find_map(|(source, _)| match source {
            LayerSource::Preset(_) => Some(("", source.clone())),
            _ => None,
        });
        let files = layers.named().filter_map(|(source, _)| match source {
            LayerSource::File(path) => Some(path.clone()),
            _ => None,
        });
        let last = Last::find(paths);
        Scene {
            settings: agents::read(env, program.as_deref()),
            sources: preset.into_iter().chain::<Vec<_>>(sources).collect(),
            files: files.collect(),
            config: Config::new(layers, flags, env, paths, || Appearance::new(env, None).is_light()),
            replay: last.as_ref().and_then(|last| Replay::of(last, call)),
            env,
            paths,
            program,
            last,
            removed,
        }
    }
}

impl Last {
    fn find(paths: &Paths) -> Option<Self> {
        let mut caches = cache::newest(paths.state.as_deref()?);
        let cache = caches.find(|cache| cache.payload.is_some() || !cache.line.is_empty())?;
        let status = cache.status();
        let id = status.as_ref().and_then(|status| SessionId::new(status.session_id.as_deref()?));
        Some(Last { cache, status, id })
    }
}

fn to_lines(findings: &[(&Check, Finding)], scene: &Scene) -> Vec<Vec<Span>> {
    let mut lines = Vec::new();
    let mut group = "";
    for (check, finding) in findings {
        if group != check.group {
            group = check.group;
            lines.push(vec![Span::fixed(Role::Model, group)]);
        }
        let mut line = vec![
            Span::fixed(Role::Text, "  "),
            cell(finding.level.role(), finding.level.word(), 7),
            cell(Role::Label, check.name, 10),
            Span::new(Role::Text, finding.message.as_str()),
        ];
        if let Some(path) = &finding.path {
            line.push(Span::new(Role::Dir, format!(" ({})", path.display())));
        }
        lines.push(line);
        if let Some(advice) = &finding.advice {
            lines.push(vec![Span::new(Role::Label, format!("{:22}-> {advice}", ""))]);
        }
    }
    lines.extend(scene.replay.iter().flat_map(Replay::lines));
    lines
}

fn to_json(findings: &[(&Check, Finding)], scene: &Scene) -> Value {
    let path = |path: &PathBuf| Text::new(path.to_string_lossy()).as_str().to_owned();
    let finding = |(check, finding): &(&Check, Finding)| {
        json!({
            "group": check.group,
            "name": check.name,
            "about": check.about,
            "level": finding.level.word(),
            "message": finding.message.as_str(),
            "path": finding.path.as_ref().map(path),
            "advice": finding.advice.as_ref().map(Text::as_str),
        })
    };
    let count = |level| findings.iter().filter(|(_, finding)| finding.level == level).count();
    json!({
        "schema": "bridgeline.doctor",
        "version": VERSION,
        "problems": count(Level::Problem),
        "warnings": count(Level::Warning),
        "checks": findings.iter().map(finding).collect::<Vec<_>>(),
        "replay": scene.replay.as_ref().map(Replay::to_json),
        "removed": scene.removed.as_ref().map(|removed| removed.iter().map(path).collect::<Vec<_>>()),
    })
}
