//! `bridgeline install` and `bridgeline uninstall`: our keys in the settings of agents, and our line in
//! the start files of shells.
//!
//! Promise: every change is shown before it is made and made only when that is agreed to; what is not
//! ours stays byte for byte; what was there before comes back.

use std::io::{BufRead, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use owo_colors::{AnsiColors, OwoColorize};
use similar::{ChangeTag, TextDiff};

use crate::agent::{self, Agent};
use crate::base::env::Env;
use crate::base::text::Text;
use crate::cli::{Consent, Setup};
use crate::settings::{self, Problem, PromptShell, Receipt, Wish};
use crate::store::{self, Expected, Paths, Patience};

/// Puts our keys into the settings, and our line into a shell's start file.
///
/// # Errors
/// A file cannot be read, does not parse, cannot be written, or has changed meanwhile; there is no
/// agent; nobody could be asked.
pub fn install(setup: &Setup, env: &Env, console: &mut Console) -> anyhow::Result<()> {
    let desk = Desk::new(setup, env)?;
    let mut changes = Vec::new();
    for agent in desk.agents()? {
        desk.plan(agent, &mut changes)?;
    }
    if let Some(shell) = setup.prompt {
        let target = desk.target(Kind::Shell(shell), settings::start_file(shell, env))?;
        changes.push(desk.change(target, Edit::Prompt(shell))?);
    }
    desk.carry_out(changes, console)
}

/// Takes our keys and lines out again.
///
/// # Errors
/// As [`install`].
pub fn uninstall(setup: &Setup, env: &Env, console: &mut Console) -> anyhow::Result<()> {
    let desk = Desk::new(setup, env)?;
    let is_all = setup.agents.is_empty() && setup.prompt.is_none();
    let (agents, shells) = match is_all {
        true => (&agent::ALL[..], &PromptShell::ALL[..]),
        false => (&setup.agents[..], setup.prompt.as_slice()),
    };
    let mut targets: Vec<Target> = Vec::new();
    for agent in agents {
        for path in agent.files(setup.scope, env) {
            if targets.iter().all(|target| target.path != path) {
                targets.push(desk.target(Kind::Agent(agent), Some(path))?);
            }
        }
    }
    let lines: Vec<String> = targets.iter().filter_map(Target::line_before).collect();
    if let Some(path) = desk.paths.config.clone().filter(|_| !lines.is_empty()) {
        let config = desk.target(Kind::Config, Some(path.clone())).ok();
        match config.map(|config| (settings::wrapped(config.text()), config)) {
            // Another agent's statusline may be the one that is wrapped.
            Some((Ok(Some(wrapped)), config)) if lines.contains(&wrapped) => {
                targets.push(config);
            }
            Some((Ok(_), _)) => {}
            _ => {
                let why = "does not parse, and is left as it is: take a segment `wrapped` out by hand";
                console.say(&format!("bridgeline: {}: {why}", path.display()), Some(AnsiColors::Yellow))?;
            }
        }
    }
    for shell in shells {
        let Some(path) = settings::start_file(*shell, env) else { continue };
        targets.push(desk.target(Kind::Shell(*shell), Some(path))?);
    }
    let mut changes = Vec::new();
    for target in targets {
        let change = desk.change(target, Edit::Uninstall)?;
        if !(is_all && change.is_nothing() && change.target.receipt.is_none()) {
            changes.push(change);
        }
    }
    desk.carry_out(changes, console)
}

/// Where changes are shown and agreed to.
pub struct Console<'a> {
    /// Standard output.
    pub out: &'a mut dyn Write,
    /// Standard input.
    pub input: &'a mut dyn BufRead,
    /// Whether somebody can answer there.
    pub is_interactive: bool,
    /// Whether standard output shows colours.
    pub is_coloured: bool,
}

impl Console<'_> {
    fn say(&mut self, line: &str, color: Option<AnsiColors>) -> anyhow::Result<()> {
        // A tab is white space that a diff needs.
        let line = Text::new(line.replace('\t', "    "));
        match color.filter(|_| self.is_coloured) {
            Some(color) => writeln!(self.out, "{}", line.color(color)),
            None => writeln!(self.out, "{line}"),
        }
        .context("standard output")
    }

    fn agrees(&mut self, question: &str) -> anyhow::Result<bool> {
        write!(self.out, "{} [y/N] ", Text::new(question))
            .and_then(|()| self.out.flush())
            .context("standard output")?;
        let mut answer = String::new();
        self.input.read_line(&mut answer).context("standard input")?;
        Ok(["y", "yes"].contains(&answer.trim().to_lowercase().as_str()))
    }
}

/// What kind of file it is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Agent(&'static Agent),
    /// Our own configuration.
    Config,
    Shell(PromptShell),
}

impl Kind {
    fn name(self) -> &'static str {
        match self {
            Kind::Agent(agent) => agent.name,
            Kind::Config => "bridgeline",
            Kind::Shell(shell) => shell.name(),
        }
    }
}

/// A file to edit, as it is.
struct Target {
    kind: Kind,
    path: PathBuf,
    /// `None` when there is no file.
    now: Option<String>,
    /// Of earlier installs.
    receipt: Option<Receipt>,
}

impl Target {
    fn text(&self) -> &str {
        self.now.as_deref().unwrap_or_default()
    }

    /// The statusline that was there before ours.
    fn line_before(&self) -> Option<String> {
        let Kind::Agent(agent) = self.kind else { return None };
        settings::line_command(agent, self.receipt.as_ref()?.original.as_deref()?)
    }

    fn expected(&self) -> Expected<'_> {
        self.now.as_ref().map_or(Expected::Missing, |now| Expected::Content(now.as_bytes()))
    }
}

/// What is done to a file.
enum Edit {
    /// Our keys are put into settings.
    Install {
        /// Of this agent.
        agent: &'static Agent,
        /// The line is set there.
        line: bool,
        /// The hooks are registered there.
        hooks: bool,
    },
    /// The statusline with this command is shown in a row of its own.
    Wrap(String),
    /// Our line is put into a start file.
    Prompt(PromptShell),
    /// What is ours is taken out.
    Uninstall,
}

/// A file to edit, and what shall become of it.
struct Change {
    target: Target,
    edit: Edit,
    /// `None` when there shall be no file.
    after: Option<String>,
    /// What is to be kept of it. `None` once there is nothing to take out any more.
    receipt: Option<Receipt>,
    /// What a reader of the diff should know.
    notes: Vec<String>,
}

impl Change {
    fn is_nothing(&self) -> bool {
        self.after == self.target.now
    }

    fn show(&self, console: &mut Console) -> anyhow::Result<()> {
        let path = self.target.path.display();
        if self.is_nothing() {
            return console.say(&format!("{}: {path}: nothing to do", self.target.kind.name()), None);
        }
        let behind = store::target(&self.target.path).ok().filter(|behind| *behind != self.target.path);
        let behind = behind.map(|behind| format!(" (a link to {})", behind.display())).unwrap_or_default();
        console.say(&format!("{}: {path}{behind}", self.target.kind.name()), None)?;
        let others = store::other_names(&self.target.path);
        let link =
            (others > 0).then(|| format!("{others} other hard link(s) of the file keep the old content"));
        for note in self.notes.iter().chain(&link) {
            console.say(note, Some(AnsiColors::Yellow))?;
        }
        let name = |is_there| if is_there { path.to_string() } else { "/dev/null".to_owned() };
        console.say(&format!("--- {}", name(self.target.now.is_some())), None)?;
        console.say(&format!("+++ {}", name(self.after.is_some())), None)?;
        let diff = TextDiff::from_lines(self.target.text(), self.after.as_deref().unwrap_or_default());
        for hunk in diff.unified_diff().iter_hunks() {
            console.say(&hunk.header().to_string(), Some(AnsiColors::Cyan))?;
            for line in hunk.iter_changes() {
                let color = match line.tag() {
                    ChangeTag::Equal => None,
                    ChangeTag::Insert => Some(AnsiColors::Green),
                    ChangeTag::Delete => Some(AnsiColors::Red),
                };
                let text = line.value().trim_end_matches(['\r', '\n']);
                console.say(&format!("{}{text}", line.tag()), color)?;
                if line.missing_newline() {
                    console.say("\\ No newline at end of file", None)?;
                }
            }
        }
        Ok(())
    }
}

/// How often an edit is made again because somebody else was quicker.
const MAX_EDITS: usize = 20;

/// What a run works with.
struct Desk<'a> {
    setup: &'a Setup,
    env: &'a Env,
    paths: Paths,
    state: PathBuf,
    program: String,
}

impl<'a> Desk<'a> {
    fn new(setup: &'a Setup, env: &'a Env) -> anyhow::Result<Self> {
        let paths = Paths::new(env);
        let state = paths.state.clone().context("no place for backups: set HOME or BRIDGELINE_STATE_DIR")?;
        let running = || env.program()?.into_os_string().into_string().ok();
        let named = setup.command.as_deref().map(|command| absolute(command, env));
        let program = named.or_else(running);
        let program = program.context("the path of this program is unknown: name it with --command")?;
        let program = if cfg!(windows) { program.replace('\\', "/") } else { program };
        Ok(Desk { setup, env, paths, state, program })
    }

    /// The agents that are named; without any those found here, unless it is about a shell.
    fn agents(&self) -> anyhow::Result<Vec<&'static Agent>> {
        if !self.setup.agents.is_empty() || self.setup.prompt.is_some() {
            return Ok(self.setup.agents.clone());
        }
        let is_meant = |agent: &&Agent| {
            agent.is_here(self.env) && agent.files(self.setup.scope, self.env).next().is_some()
        };
        let agents: Vec<_> = agent::ALL.into_iter().filter(is_meant).collect();
        if agents.is_empty() {
            let names = agent::ALL.map(|agent| agent.name).join(", ");
            bail!("no agent is found here: name one with --agent ({names})");
        }
        Ok(agents)
    }

    fn target(&self, kind: Kind, path: Option<PathBuf>) -> anyhow::Result<Target> {
        let path = path.context("the home directory is unknown: set HOME")?;
        let attempt = || format!("reading {}", path.display());
        let bytes = store::read_settings(&path).with_context(attempt)?;
        let now = bytes.map(String::from_utf8).transpose().map_err(|err| {
            let place = err.utf8_error().valid_up_to();
            refused(&path, &Problem::at_byte(err.as_bytes(), place, "not UTF-8"))
        })?;
        let receipt = Receipt::find(&self.state, &path).context("reading the backup")?;
        Ok(Target { kind, path, now, receipt })
    }

    fn plan(&self, agent: &'static Agent, changes: &mut Vec<Change>) -> anyhow::Result<()> {
        let kind = Kind::Agent(agent);
        let target = self.target(kind, agent.files(self.setup.scope, self.env).next())?;
        if self.setup.wrap
            && let Some(old) = self.foreign_line(agent, target.text())
        {
            self.plan_wrap(old, changes)?;
        }
        let spec = agent.settings.as_ref();
        let hooks =
            spec.and_then(|spec| spec.hooks_file(self.setup.scope, self.env)).filter(|_| self.setup.hooks);
        let apart = hooks.clone().filter(|path| *path != target.path);
        let in_one = hooks.is_some() && apart.is_none();
        changes.push(self.change(target, Edit::Install { agent, line: true, hooks: in_one })?);
        if apart.is_some() {
            let target = self.target(kind, apart)?;
            changes.push(self.change(target, Edit::Install { agent, line: false, hooks: true })?);
        }
        Ok(())
    }

    /// The statusline that is set, where neither we nor a Node script that goes is it.
    fn foreign_line(&self, agent: &Agent, text: &str) -> Option<String> {
        let old = settings::line_command(agent, text)?;
        let goes = self.setup.replace_node && settings::node_script(&old).is_some();
        (!goes && !settings::is_ours(&old, &self.program)).then_some(old)
    }

    fn plan_wrap(&self, command: String, changes: &mut Vec<Change>) -> anyhow::Result<()> {
        let planned = changes.iter().find(|change| change.target.kind == Kind::Config);
        if let Some(Change { target, after, .. }) = planned {
            let text = after.as_deref().unwrap_or_default();
            settings::wrap(text, &command).map_err(|err| refused(&target.path, &err))?;
            return Ok(());
        }
        let target = self.target(Kind::Config, self.paths.config.clone())?;
        changes.push(self.change(target, Edit::Wrap(command))?);
        Ok(())
    }

    /// What an edit makes of a file.
    fn change(&self, target: Target, edit: Edit) -> anyhow::Result<Change> {
        let mut notes = Vec::new();
        let edited = match &edit {
            Edit::Uninstall => {
                let after = self.without_ours(&target)?;
                return Ok(Change { target, edit, after, receipt: None, notes });
            }
            Edit::Wrap(command) => settings::wrap(target.text(), command),
            Edit::Prompt(shell) => Ok(settings::add_prompt(target.text(), *shell, &self.program)),
            Edit::Install { agent, line, hooks } => {
                notes = self.notes(agent, target.text());
                let wish = Wish {
                    program: &self.program,
                    line: *line,
                    hooks: *hooks,
                    replace_node: self.setup.replace_node,
                    subagents: self.setup.subagents,
                    keep_subagents: self.setup.wrap,
                };
                let before = target.receipt.as_ref().map(Receipt::before);
                settings::install(agent, target.text(), before, &wish)
            }
        };
        let text = edited.map_err(|err| refused(&target.path, &err))?;
        if target.now.as_ref() == Some(&text) {
            let receipt = target.receipt.clone();
            return Ok(Change { after: Some(text), edit, receipt, notes, target });
        }
        let missing = || target.path.parent().filter(|folder| !folder.exists());
        let there = |folder: &Path| folder.ancestors().find(|above| above.exists()).map(Path::to_owned);
        let made_below = match &target.receipt {
            Some(receipt) => receipt.made_below.clone(),
            None => missing().and_then(there),
        };
        // Without a receipt all that is there was there before.
        let original = match &target.receipt {
            Some(_) => self.without_ours(&target)?,
            None => target.now.clone(),
        };
        let receipt = Receipt { path: target.path.clone(), original, installed: text.clone(), made_below };
        Ok(Change { after: Some(text), edit, receipt: Some(receipt), notes, target })
    }

    /// What install takes away.
    fn notes(&self, agent: &Agent, text: &str) -> Vec<String> {
        let mut notes = Vec::new();
        if !self.setup.wrap
            && let Some(old) = self.foreign_line(agent, text)
        {
            notes.push(format!("takes the place of the statusline `{old}`; --wrap would show both"));
        }
        let Ok(found) = settings::inspect(agent, text, &self.program) else { return notes };
        let has_rows = found.subagents.is_some_and(|rows| settings::is_ours(&rows, &self.program));
        if has_rows && !self.setup.subagents {
            let why = "of which Claude Code warns at each start; --subagents keeps it";
            notes.push(format!("takes subagentStatusLine out, {why}"));
        }
        if found.plugin == Some(true) && self.setup.hooks {
            notes.push("our plugin is enabled and has the hooks: they run twice then".to_owned());
        }
        for event in found.retired {
            notes.push(format!("takes the hook of {event} out, which prints into the conversation"));
        }
        notes
    }

    /// The file as it was, or with what others have changed since. `None` when there was none.
    fn without_ours(&self, target: &Target) -> anyhow::Result<Option<String>> {
        let Some(now) = &target.now else { return Ok(None) };
        let receipt = target.receipt.as_ref();
        if let Some(receipt) = receipt
            && (*now == receipt.installed || receipt.original.as_ref() == Some(now))
        {
            return Ok(receipt.original.clone());
        }
        let before = receipt.map(Receipt::before);
        let left = match target.kind {
            Kind::Agent(agent) => settings::uninstall(agent, now, before, &self.program),
            Kind::Config => settings::unwrap(now, before),
            Kind::Shell(_) => Ok(settings::remove_prompt(now)),
        };
        let left = left.map_err(|err| refused(&target.path, &err))?;
        let was_created = receipt.is_some_and(|receipt| receipt.original.is_none());
        Ok(Some(left).filter(|left| !(was_created && settings::holds_nothing(left))))
    }

    fn carry_out(&self, changes: Vec<Change>, console: &mut Console) -> anyhow::Result<()> {
        for change in &changes {
            change.show(console)?;
        }
        if changes.is_empty() {
            console.say("nothing to do", None)?;
        }
        let (idle, due): (Vec<_>, Vec<_>) = changes.into_iter().partition(Change::is_nothing);
        let is_agreed = due.is_empty()
            || match self.setup.consent {
                Consent::DryRun => false,
                Consent::Yes => true,
                Consent::Ask if console.is_interactive => console.agrees("Make these changes?")?,
                Consent::Ask => bail!("nothing was changed: there is no terminal to ask at; --yes agrees"),
            };
        if self.setup.consent == Consent::DryRun {
            return Ok(());
        }
        if !is_agreed {
            return console.say("nothing was changed", None);
        }
        for change in idle {
            self.settle(&change);
        }
        for change in due {
            let path = change.target.path.display().to_string();
            let after = self.make_at_last(change, console).with_context(|| format!("writing {path}"))?;
            let deed = if after.is_some() { "written" } else { "removed" };
            console.say(&format!("{path}: {deed}"), None)?;
        }
        Ok(())
    }

    /// Makes a change, and where somebody else writes the file meanwhile, the same edit of what he has
    /// written. A change that was shown and agreed to at the terminal is made as it was shown, or not.
    /// Gives what is there then.
    fn make_at_last(&self, mut change: Change, console: &mut Console) -> anyhow::Result<Option<String>> {
        for _ in 0..MAX_EDITS {
            if change.is_nothing() {
                self.settle(&change);
                return Ok(change.after);
            }
            let was_late = |err: &anyhow::Error| err.downcast_ref().is_some_and(store::is_changed);
            match self.make(&change) {
                Err(err) if self.setup.consent == Consent::Yes && was_late(&err) => {}
                made => return made.map(|()| change.after),
            }
            let target = self.target(change.target.kind, Some(change.target.path))?;
            change = self.change(target, change.edit)?;
            change.show(console)?;
        }
        bail!("somebody else writes the file all the time; run this again")
    }

    /// The receipt first: whatever happens then, it tells what was there.
    fn make(&self, change: &Change) -> anyhow::Result<()> {
        let target = &change.target;
        if let Some(receipt) = &change.receipt {
            receipt.keep(&self.state).context("keeping the backup")?;
        }
        let written = match &change.after {
            Some(after) => {
                store::write_settings(&target.path, target.expected(), after.as_bytes(), Patience::HOOK)
            }
            None => store::remove_settings(&target.path, target.expected()),
        };
        if written.is_err() && change.receipt.is_some() {
            match &target.receipt {
                Some(old) => old.keep(&self.state).context("keeping the backup")?,
                None => Receipt::drop(&self.state, &target.path),
            }
        }
        written?;
        self.settle(change);
        Ok(())
    }

    /// Removes what nobody needs after the last uninstall.
    fn settle(&self, change: &Change) {
        let target = &change.target;
        if change.receipt.is_some() {
            return;
        }
        Receipt::drop(&self.state, &target.path);
        if let Kind::Shell(shell) = target.kind
            && !change.is_nothing()
            && let Some(generated) = settings::generated(shell, self.env)
        {
            _ = store::remove_settings(&generated, Expected::Anything);
        }
        let made_below = target.receipt.as_ref().and_then(|receipt| receipt.made_below.as_deref());
        if let Some(root) = made_below.filter(|_| change.after.is_none()) {
            let made = target.path.ancestors().skip(1).take_while(|folder| *folder != root);
            made.for_each(store::remove_empty_dir);
        }
    }
}

/// A path as it is understood everywhere: hooks are started without a shell and in any directory. A
/// name without a folder is looked up on `PATH`, by them too.
fn absolute(command: &str, env: &Env) -> String {
    let below = match command.strip_prefix("~/") {
        Some(rest) => env.home().map(|home| home.join(rest)),
        None if command.contains(std::path::is_separator) => env.current_dir().map(|here| here.join(command)),
        None => None,
    };
    below.and_then(|path| path.into_os_string().into_string().ok()).unwrap_or_else(|| command.to_owned())
}

fn refused(path: &Path, problem: &Problem) -> anyhow::Error {
    anyhow::anyhow!("{}: {problem}; nothing was changed", path.display())
}
