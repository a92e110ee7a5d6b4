//! `bridgeline doctor`: why a line is missing or wrong. One table of checks, each with its findings, their places, and
//! what to do. It changes nothing, except with `--fix`, which removes leftover files.
//!
//! Promise: it fails if there is a problem.

mod agents;
mod looks;
mod place;
mod program;
mod replay;
mod trust;
mod versions;

use std::path::{Path, PathBuf};

use anyhow::bail;
use serde::Serialize;
use serde_json::json;

use self::agents::SettingsFile;
use self::replay::Replay;
use super::report::{self, cell, clean};
use crate::agent::{Agent, Status};
use crate::base::warning::Warning;
use crate::cli::DoctorArgs;
use crate::commands::refresh;
use crate::config::{self, Config, Invocation, Layers};
use crate::segment::{Role, Span};
use crate::session::cache::{self, Cache};
use crate::settings::Inspection;
use crate::store::{self, Paths, SessionId};

/// Version of the JSON object: it grows when a key is removed or changes its meaning.
const VERSION: u64 = 1;

/// A check.
#[derive(Serialize)]
struct Check {
    group: &'static str,
    name: &'static str,
    about: &'static str,
    #[serde(skip)]
    run: Run,
}

type Run = fn(&Checkup, &mut Findings);

/// Every check, in the order of the report.
const CHECKS: &[Check] = &[
    check("program", "version", "this program", program::version),
    check("program", "path", "bridgeline on PATH", program::path),
    check("program", "settings", "program in the agents' settings", program::settings),
    check("agents", "statusline", "statusline that each agent shows", agents::statusline),
    check("agents", "command", "that program can be started", agents::command),
    check("agents", "versions", "versions of the agents on PATH", versions::versions),
    check("agents", "disabled", "settings that turn hooks or the statusline off", agents::disabled),
    check("agents", "trust", "this folder is trusted", trust::trust),
    check("agents", "hooks", "events registered, missing or registered twice", agents::hooks),
    check("agents", "node", "Node hooks next to ours", agents::node),
    check("agents", "subagents", "the line for subagents", agents::subagents),
    check("config", "file", "config files in use", looks::files),
    check("config", "mistakes", "mistakes in them", looks::mistakes),
    check("config", "preset", "layout, and what set it", looks::preset),
    check("config", "theme", "theme, and what set it", looks::theme),
    check("config", "color", "colours, and why", looks::color),
    check("config", "icons", "icons, and why", looks::icons),
    check("config", "links", "links, and why", looks::links),
    check("config", "width", "width of a row, and why", looks::width),
    check("files", "temp", "folder shared with the Node scripts", place::temp),
    check("files", "state", "state folder", place::state),
    check("files", "session", "last session and its cache", place::session),
    check("files", "bridge", "session bridge of that session", place::bridge),
    check("files", "locks", "locks in use", place::locks),
    check("files", "facts", "background facts that fail", place::facts),
    check("files", "usage", "usage of all sessions", place::usage),
    check("files", "orphans", "leftover files", place::orphans),
    check("replay", "line", "last payload, rendered again", replay::line),
];

const fn check(group: &'static str, name: &'static str, about: &'static str, run: Run) -> Check {
    Check { group, name, about, run }
}

/// Runs all checks and prints their findings.
pub fn run(doctor: &DoctorArgs, call: &Invocation) -> anyhow::Result<()> {
    let cx = Checkup::new(doctor.fix, call);
    let mut findings = Vec::new();
    for check in CHECKS {
        let mut found = Findings { check, all: Vec::new() };
        (check.run)(&cx, &mut found);
        findings.append(&mut found.all);
    }
    let count = |level| findings.iter().filter(|finding| finding.level == level).count();
    let problems = count(Severity::Problem);
    if doctor.json {
        let shown = |path: &PathBuf| clean(&path.to_string_lossy());
        report::print_json(&json!({
            "schema": "bridgeline.doctor",
            "version": VERSION,
            "problems": problems,
            "warnings": count(Severity::Warning),
            "checks": findings,
            "replay": cx.replay.as_ref().map(Replay::to_json),
            "removed": cx.removed.as_ref().map(|removed| removed.iter().map(shown).collect::<Vec<_>>()),
        }))?;
    } else {
        report::print_lines(&to_lines(&findings, &cx), &cx.config, call)?;
    }
    match problems {
        0 => Ok(()),
        1 => bail!("one problem found"),
        several => bail!("{several} problems found"),
    }
}

/// Input of the checks.
struct Checkup<'a> {
    call: &'a Invocation,
    /// This program, as settings should name it.
    program: Option<PathBuf>,
    settings: Vec<SettingsFile>,
    layers: Layers,
    config: Config,
    mistakes: Vec<Warning>,
    last: Option<LastSession>,
    replay: Option<Replay>,
    /// The files that were removed. `None` without `--fix`.
    removed: Option<Vec<PathBuf>>,
}

/// The session that was rendered last.
struct LastSession {
    cache: Cache,
    /// Its payload. `None` if that cannot be read.
    status: Option<Status>,
    id: Option<SessionId>,
}

impl<'a> Checkup<'a> {
    fn new(fix: bool, call: &'a Invocation) -> Self {
        let Invocation { env, paths, .. } = call;
        // Before any file is read.
        let removed = fix.then(|| store::sweep(paths, &refresh::swept(), env.now));
        let program = env.program();
        let here = env.current_dir();
        let last = LastSession::find(paths);
        let layers = Layers::read(call, here.as_deref());
        Checkup {
            settings: agents::read(env, program.as_deref()),
            mistakes: config::mistakes(&layers, paths),
            layers,
            config: Config::load(call, here.as_deref()),
            replay: last.as_ref().and_then(|last| Replay::of(last, call)),
            call,
            program,
            last,
            removed,
        }
    }

    /// The settings of an agent that can be read, with their content.
    fn settings_of<'s>(&'s self, agent: &'s Agent) -> impl Iterator<Item = (&'s SettingsFile, &'s Inspection)> + Clone {
        let files = self.settings.iter().filter(move |file| file.agent == agent);
        files.filter_map(|file| Some((file, file.says()?)))
    }

    /// The settings files whose statusline is ours, with its command.
    fn our_lines(&self) -> impl Iterator<Item = (&SettingsFile, &str)> {
        self.settings.iter().filter_map(|file| Some((file, file.our_line()?)))
    }

    /// The programs that statuslines and hooks of ours start.
    fn our_programs(&self) -> impl Iterator<Item = (&SettingsFile, &str)> {
        let files = self.settings.iter().filter_map(|file| Some((file, file.says()?)));
        files.flat_map(|(file, says)| says.programs.iter().map(move |program| (file, program.as_str())))
    }
}

impl LastSession {
    fn find(paths: &Paths) -> Option<Self> {
        let mut caches = cache::newest(paths.state.as_deref()?);
        let cache = caches.find(|cache| cache.payload.is_some() || !cache.line.is_empty())?;
        let status = cache.status();
        let id = status.as_ref().and_then(|status| SessionId::new(status.session_id.as_deref()?));
        Some(LastSession { cache, status, id })
    }
}

fn to_lines(findings: &[Finding], cx: &Checkup) -> Vec<Vec<Span>> {
    let mut lines = Vec::new();
    for group in findings.chunk_by(|one, other| one.check.group == other.check.group) {
        lines.push(vec![Span::fixed(Role::Model, group[0].check.group)]);
        for Finding { check, level, message, path, advice } in group {
            let (word, role) = level.look();
            let mut line = vec![
                Span::fixed(Role::Text, "  "),
                cell(role, word, 7),
                cell(Role::Label, check.name, 10),
                Span::new(Role::Text, message),
            ];
            line.extend(path.as_ref().map(|path| Span::new(Role::Dir, format!(" ({path})"))));
            lines.push(line);
            let advice = advice.as_ref().map(|text| Span::new(Role::Label, format!("-> {text}")));
            lines.extend(advice.map(|advice| vec![cell(Role::Text, "", 21), advice]));
        }
    }
    lines.extend(cx.replay.iter().flat_map(Replay::lines));
    lines
}

/// A finding, as it is in JSON.
#[derive(Serialize)]
struct Finding {
    #[serde(flatten)]
    check: &'static Check,
    level: Severity,
    /// The finding in a sentence.
    message: String,
    /// The file or folder that it is about.
    path: Option<String>,
    /// The remedy.
    advice: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
enum Severity {
    /// As it should be.
    Ok,
    /// Worth knowing.
    Note,
    /// Something does not work as it was meant.
    Warning,
    /// The line is missing or wrong.
    Problem,
}

impl Severity {
    fn look(self) -> (&'static str, Role) {
        match self {
            Severity::Ok => ("ok", Role::PrApproved),
            Severity::Note => ("note", Role::Label),
            Severity::Warning => ("warning", Role::ContextWarning),
            Severity::Problem => ("problem", Role::ContextDanger),
        }
    }
}

impl Finding {
    fn at(&mut self, path: impl AsRef<Path>) -> &mut Self {
        self.path = Some(clean(&path.as_ref().to_string_lossy()));
        self
    }

    fn at_any(&mut self, path: Option<impl AsRef<Path>>) {
        path.into_iter().for_each(|path| _ = self.at(path));
    }

    fn advice(&mut self, advice: impl AsRef<str>) -> &mut Self {
        self.advice = Some(clean(advice.as_ref()));
        self
    }
}

/// The findings of one check.
struct Findings {
    check: &'static Check,
    all: Vec<Finding>,
}

impl Findings {
    fn ok(&mut self, message: impl AsRef<str>) -> &mut Finding {
        self.add(Severity::Ok, message)
    }

    fn note(&mut self, message: impl AsRef<str>) -> &mut Finding {
        self.add(Severity::Note, message)
    }

    fn warning(&mut self, message: impl AsRef<str>) -> &mut Finding {
        self.add(Severity::Warning, message)
    }

    fn problem(&mut self, message: impl AsRef<str>) -> &mut Finding {
        self.add(Severity::Problem, message)
    }

    fn add(&mut self, level: Severity, message: impl AsRef<str>) -> &mut Finding {
        let message = clean(message.as_ref());
        self.all.push(Finding { check: self.check, level, message, path: None, advice: None });
        self.all.last_mut().expect("a finding has just been added")
    }

    /// Adds this message if nothing else has been found.
    fn or_ok(&mut self, message: &str) {
        if self.all.is_empty() {
            self.ok(message);
        }
    }
}
