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

use crate::cli::{Consent, Setup};
use crate::env::Env;
use crate::settings::{self, Agent, Problem, PromptShell, Receipt, Wish};
use crate::store::{self, Expected, Paths, Patience};
use crate::text::Text;

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
        let text = settings::add_prompt(target.text(), shell, &desk.program);
        changes.push(desk.installing(target, text, None)?);
    }
    desk.carry_out(&changes, console)
}

/// Takes our keys and lines out again.
///
/// # Errors
/// As [`install`].
pub fn uninstall(setup: &Setup, env: &Env, console: &mut Console) -> anyhow::Result<()> {
    let desk = Desk::new(setup, env)?;
    let is_all = setup.agents.is_empty() && setup.prompt.is_none();
    let (agents, shells) = match is_all {
        true => (&Agent::ALL[..], &PromptShell::ALL[..]),
        false => (&setup.agents[..], setup.prompt.as_slice()),
    };
    let mut targets = Vec::new();
    for agent in agents {
        let Some(path) = settings::find(*agent, setup.scope, env) else { continue };
        targets.push(desk.target(Kind::Agent(*agent), Some(path))?);
    }
    if let Some(config) = desk.paths.config.clone() {
        let config = desk.target(Kind::Config, Some(config))?;
        let wrapped = settings::wrapped(config.text());
        // Another agent's statusline may be the one that is wrapped.
        if wrapped.is_some() && targets.iter().any(|target| target.line_before() == wrapped) {
            targets.push(config);
        }
    }
    for shell in shells {
        let Some(path) = settings::start_file(*shell, env) else { continue };
        targets.push(desk.target(Kind::Shell(*shell), Some(path))?);
    }
    let mut changes = Vec::new();
    for target in targets {
        let change = desk.uninstalling(target)?;
        if !(is_all && change.is_nothing() && change.target.receipt.is_none()) {
            changes.push(change);
        }
    }
    desk.carry_out(&changes, console)
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
        write!(self.out, "{question} [y/N] ").and_then(|()| self.out.flush()).context("standard output")?;
        let mut answer = String::new();
        self.input.read_line(&mut answer).context("standard input")?;
        Ok(["y", "yes"].contains(&answer.trim().to_lowercase().as_str()))
    }
}

/// What kind of file it is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Agent(Agent),
    /// Our own configuration.
    Config,
    Shell(PromptShell),
}

impl Kind {
    fn name(self) -> &'static str {
        match self {
            Kind::Agent(agent) => agent.name(),
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

/// A file to edit, and what shall become of it.
struct Change {
    target: Target,
    /// `None` when there shall be no file.
    after: Option<String>,
    /// What is to be kept of it. `None` once there is nothing to take out any more.
    receipt: Option<Receipt>,
    /// What a reader of the diff should know.
    note: Option<String>,
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
        if let Some(note) = &self.note {
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
    fn agents(&self) -> anyhow::Result<Vec<Agent>> {
        if !self.setup.agents.is_empty() || self.setup.prompt.is_some() {
            return Ok(self.setup.agents.clone());
        }
        let is_meant = |agent: &Agent| {
            settings::is_here(*agent, self.env)
                && settings::find(*agent, self.setup.scope, self.env).is_some()
        };
        let agents: Vec<_> = Agent::ALL.into_iter().filter(is_meant).collect();
        if agents.is_empty() {
            let names = Agent::ALL.map(Agent::name).join(", ");
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

    fn plan(&self, agent: Agent, changes: &mut Vec<Change>) -> anyhow::Result<()> {
        let target = self.target(Kind::Agent(agent), settings::find(agent, self.setup.scope, self.env))?;
        let wish = Wish {
            program: &self.program,
            hooks: self.setup.hooks,
            replace_node: self.setup.replace_node,
            keep_subagents: self.setup.wrap,
        };
        let text =
            settings::install(agent, target.text(), &wish).map_err(|err| refused(&target.path, &err))?;
        let old = settings::line_command(agent, target.text());
        let old = old.filter(|old| !settings::is_ours(old, &self.program));
        let old = old.filter(|old| !(self.setup.replace_node && settings::node_script(old).is_some()));
        let note = match old {
            Some(old) if self.setup.wrap => {
                self.plan_wrap(&old, changes)?;
                None
            }
            old => {
                old.map(|old| format!("takes the place of the statusline `{old}`; --wrap would show both"))
            }
        };
        changes.push(self.installing(target, text, note)?);
        Ok(())
    }

    fn plan_wrap(&self, command: &str, changes: &mut Vec<Change>) -> anyhow::Result<()> {
        let target = self.target(Kind::Config, self.paths.config.clone())?;
        let planned = changes.iter().find(|change| change.target.kind == Kind::Config);
        let text = planned.map_or(target.text(), |change| change.after.as_deref().unwrap_or_default());
        let text = settings::wrap(text, command).map_err(|err| refused(&target.path, &err))?;
        if planned.is_none() {
            changes.push(self.installing(target, text, None)?);
        }
        Ok(())
    }

    fn installing(&self, target: Target, text: String, note: Option<String>) -> anyhow::Result<Change> {
        if target.now.as_ref() == Some(&text) {
            let receipt = target.receipt.clone();
            return Ok(Change { after: Some(text), receipt, note, target });
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
        Ok(Change { after: Some(text), receipt: Some(receipt), note, target })
    }

    fn uninstalling(&self, target: Target) -> anyhow::Result<Change> {
        Ok(Change { after: self.without_ours(&target)?, receipt: None, note: None, target })
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

    fn carry_out(&self, changes: &[Change], console: &mut Console) -> anyhow::Result<()> {
        for change in changes {
            change.show(console)?;
        }
        let (idle, due): (Vec<_>, Vec<_>) = changes.iter().partition(|change| change.is_nothing());
        if changes.is_empty() {
            console.say("nothing to do", None)?;
        }
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
            self.settle(change);
        }
        for change in due {
            let path = change.target.path.display().to_string();
            self.make(change).with_context(|| format!("writing {path}"))?;
            let deed = if change.after.is_some() { "written" } else { "removed" };
            console.say(&format!("{path}: {deed}"), None)?;
        }
        Ok(())
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
