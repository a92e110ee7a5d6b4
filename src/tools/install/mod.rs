//! `bridgeline install` and `bridgeline uninstall`: our keys in agents' settings, and our line in shells' start
//! files.
//!
//! Promise: every change is shown first and made only with consent; what is not ours stays byte for byte; what
//! was there before is restored.

use std::path::{Path, PathBuf};

use anyhow::{Context, bail};

use crate::agent::SettingsFormat::{self, Script};
use crate::agent::{self, Agent, Scope};
use crate::base::env::Env;
use crate::base::shell::Shell;
use crate::cli::{Consent, InstallArgs};
use crate::config::Invocation;
use crate::settings::{self, AgentFile, Before, InstallOptions, Receipt, Template};
use crate::store::{self, Paths};
use crate::tools::console::Console;

/// Adds our keys to the settings, and our line to a shell's start file.
///
/// # Errors
/// A file cannot be read, does not parse, cannot be written, or has changed meanwhile; no agent is found; there
/// is no terminal to ask for consent.
pub fn install(args: &InstallArgs, call: &Invocation) -> anyhow::Result<()> {
    let installer = Installer::new(args, call)?;
    let agents = installer.agents()?;
    installer.install(&agents, &mut Console::new(&call.env)).map(drop)
}

/// Removes our keys and lines.
///
/// # Errors
/// As [`install`].
pub fn uninstall(args: &InstallArgs, call: &Invocation) -> anyhow::Result<()> {
    let installer = Installer { uninstalls: true, ..Installer::new(args, call)? };
    let mut console = Console::new(&call.env);
    let named = args.places.agents();
    let is_all = named.is_empty() && args.places.prompt.is_none();
    let (agents, shells) = match is_all {
        true => (&agent::ALL[..], &Shell::ALL[..]),
        false => (&named[..], args.places.prompt.as_slice()),
    };
    let mut files: Vec<EditedFile> = Vec::new();
    for agent in agents {
        for path in agent.files(args.places.scope, &call.env) {
            if files.iter().all(|file| file.path != path) {
                files.push(installer.read(FileKind::Agent(agent), Some(path))?);
            }
        }
    }
    let lines: Vec<String> = files.iter().filter_map(EditedFile::line_before).collect();
    let is_whole = is_all && args.places.scope == Scope::User;
    let is_kept = |path: &PathBuf| !matches!(Receipt::find(&installer.state, path), Ok(None));
    let is_meant = |path: &PathBuf| !lines.is_empty() || is_whole && is_kept(path);
    if let Some(path) = installer.paths.config.clone().filter(is_meant) {
        let config = installer.read(FileKind::Config, Some(path.clone()));
        match config.and_then(|config| Ok((settings::wrapped(config.text())?, config))) {
            // Our config may wrap another agent's statusline.
            Ok((wrapped, config)) if wrapped.as_ref().is_some_and(|line| lines.contains(line)) => {
                files.push(config);
            }
            // What `setup` has written.
            Ok((_, config)) if is_whole && config.receipt.is_some() => files.push(config),
            Ok(_) => {}
            Err(_) => {
                let why = "does not parse and is left untouched; remove the segment `wrapped` by hand";
                console.warn(&format!("bridgeline: {}: {why}", path.display()))?;
            }
        }
    }
    for shell in shells {
        let path = settings::start_file(*shell, &call.env);
        files.extend(path.map(|path| installer.read(FileKind::Shell(*shell), Some(path))).transpose()?);
    }
    if is_whole {
        let units = installer.units()?.into_iter();
        files.extend(units.filter(|file| file.receipt.is_some()));
    }
    let mut changes = Vec::new();
    for file in files {
        let change = installer.change(file)?;
        if !(is_all && change.is_nothing() && change.file.receipt.is_none()) {
            changes.push(change);
        }
    }
    installer.carry_out(changes, &mut console).map(drop)
}

/// Installs units that run this program every minute, with these variables and arguments; without them removes the
/// units. Returns whether there was consent.
///
/// # Errors
/// As [`install`].
pub fn schedule(
    command: Option<(Vec<String>, Vec<String>)>, consent: Consent, call: &Invocation,
) -> anyhow::Result<bool> {
    let args = InstallArgs { consent, ..InstallArgs::default() };
    let mut installer = Installer::new(&args, call)?;
    installer.uninstalls = command.is_none();
    if let Some((variables, arguments)) = command {
        let env = (!variables.is_empty()).then(|| "/usr/bin/env".to_owned()).into_iter().chain(variables);
        installer.unit_command = env.chain([installer.program.clone()]).chain(arguments).collect();
    }
    let changes = installer.units()?.into_iter().map(|file| installer.change(file)).collect::<Result<_, _>>()?;
    installer.carry_out(changes, &mut Console::new(&call.env))
}

/// Kind of a file, which determines what is ours in it.
#[derive(Clone, Copy)]
enum FileKind {
    /// Settings: the line, the hooks, or both.
    Agent(&'static Agent),
    /// Our own config: the segment that wraps a statusline.
    Config,
    /// A start file: our line in it.
    Shell(Shell),
    /// A file of systemd or launchd: all of it.
    Unit(Template),
}

/// A file to edit.
struct EditedFile {
    kind: FileKind,
    path: PathBuf,
    /// Its text; `None` if it does not exist.
    now: Option<String>,
    /// Receipt of earlier installs.
    receipt: Option<Receipt>,
}

impl EditedFile {
    fn text(&self) -> &str {
        self.now.as_deref().unwrap_or_default()
    }

    fn name(&self) -> &'static str {
        match self.kind {
            FileKind::Agent(agent) => agent.name,
            FileKind::Config | FileKind::Unit(_) => "bridgeline",
            FileKind::Shell(shell) => shell.name(),
        }
    }

    fn before(&self) -> Before<'_> {
        self.receipt.as_ref().map(Receipt::before).unwrap_or_default()
    }

    /// The statusline before ours.
    fn line_before(&self) -> Option<String> {
        settings::line_command(self.of_agent()?, self.receipt.as_ref()?.original.as_deref()?)
    }

    /// Its agent and format. `None` if it is not the settings of an agent.
    fn of_agent(&self) -> Option<AgentFile> {
        if let FileKind::Agent(agent) = self.kind { Some(AgentFile::new(agent, &self.path)) } else { None }
    }

    /// The innermost existing folder, if folders have to be created for the file.
    fn folder_above(&self) -> Option<String> {
        let missing = self.path.parent().filter(|folder| !folder.exists())?;
        Some(missing.ancestors().find(|above| above.exists())?.to_string_lossy().into_owned())
    }
}

/// A file and its new content.
struct FileChange {
    file: EditedFile,
    /// `None` to remove the file.
    after: Option<String>,
    /// `None` once there is nothing of ours to remove later.
    receipt: Option<Receipt>,
}

impl FileChange {
    fn is_nothing(&self) -> bool {
        self.after == self.file.now
    }
}

/// Maximum number of attempts while another program keeps changing the file.
const MAX_EDITS: usize = 20;

/// The edits that arguments ask for.
pub struct Installer<'a> {
    args: &'a InstallArgs,
    env: &'a Env,
    paths: &'a Paths,
    /// Our state folder, which has the receipts.
    state: PathBuf,
    /// The program to name in settings.
    program: String,
    /// Remove what is ours instead of adding it.
    uninstalls: bool,
    /// Commands of statuslines to wrap.
    wraps: Vec<String>,
    /// The command that units run.
    unit_command: Vec<String>,
    /// New text of our own config, before it wraps. `None` for the present one.
    pub config: Option<String>,
}

impl<'a> Installer<'a> {
    /// # Errors
    /// There is no home, or the path of this program is unknown.
    pub fn new(args: &'a InstallArgs, call: &'a Invocation) -> anyhow::Result<Self> {
        let Invocation { env, paths, .. } = call;
        let state = paths.state.clone().context("no folder for backups: set HOME or BRIDGELINE_STATE_DIR")?;
        let running = || env.program()?.into_os_string().into_string().ok();
        let named = args.command.as_deref().map(|command| absolute(command, env));
        let program = named.or_else(running);
        let program = program.context("the path of this program is unknown; set it with --command")?;
        let program = if cfg!(windows) { program.replace('\\', "/") } else { program };
        Ok(Installer {
            args,
            env,
            paths,
            state,
            program,
            uninstalls: false,
            wraps: Vec::new(),
            unit_command: Vec::new(),
            config: None,
        })
    }

    /// Adds our keys for these agents, our line and our config; returns whether there was consent.
    ///
    /// # Errors
    /// As [`install`].
    pub fn install(mut self, agents: &[&'static Agent], console: &mut Console) -> anyhow::Result<bool> {
        let (args, env) = (self.args, self.env);
        let mut files = Vec::new();
        for agent in agents {
            let mut paths = agent.files(args.places.scope, env);
            let settings = self.read(FileKind::Agent(agent), paths.next())?;
            self.wraps.extend(self.foreign_line(&settings).filter(|_| args.wrap));
            files.push(settings);
            if let Some(hooks) = paths.next().filter(|_| args.hooks) {
                files.push(self.read(FileKind::Agent(agent), Some(hooks))?);
            }
        }
        if !self.wraps.is_empty() || self.config.is_some() {
            files.insert(0, self.read(FileKind::Config, self.paths.config.clone())?);
        }
        if let Some(shell) = args.places.prompt {
            files.push(self.read(FileKind::Shell(shell), settings::start_file(shell, env))?);
        }
        let changes = files.into_iter().map(|file| self.change(file)).collect::<Result<_, _>>()?;
        self.carry_out(changes, console)
    }

    /// The agents named by `--agent`. Without any, those found here, or none if `--prompt` names a shell.
    fn agents(&self) -> anyhow::Result<Vec<&'static Agent>> {
        let named = self.args.places.agents();
        if !named.is_empty() || self.args.places.prompt.is_some() {
            return Ok(named);
        }
        let has_line = |agent: &Agent| agent.settings.has_line() || self.args.hooks;
        let is_file = |agent: &Agent| agent.files(self.args.places.scope, self.env).next().is_some();
        let is_meant = |agent: &&Agent| agent.is_here(self.env) && has_line(agent) && is_file(agent);
        let agents: Vec<_> = agent::ALL.into_iter().filter(is_meant).collect();
        if agents.is_empty() {
            let names = agent::ALL.map(|agent| agent.name).join(", ");
            bail!("no supported agent found; choose one with --agent ({names})");
        }
        Ok(agents)
    }

    /// The files that run a command every minute, on a system that has such.
    fn units(&self) -> anyhow::Result<Vec<EditedFile>> {
        let files = settings::service().map(|service| service.files(self.env)).unwrap_or_default();
        files.into_iter().map(|(path, template)| self.read(FileKind::Unit(template), Some(path))).collect()
    }

    fn read(&self, kind: FileKind, path: Option<PathBuf>) -> anyhow::Result<EditedFile> {
        let path = path.context("the home directory is unknown: set HOME")?;
        let attempt = || format!("reading {}", path.display());
        let bytes = store::read_settings(&path).with_context(attempt)?;
        let now = bytes.map(String::from_utf8).transpose().map_err(|err| {
            let place = err.utf8_error().valid_up_to();
            refused(&path, &settings::error_at(err.as_bytes(), place, "not UTF-8"))
        })?;
        let receipt = Receipt::find(&self.state, &path).context("reading the backup")?;
        Ok(EditedFile { kind, path, now, receipt })
    }

    /// The statusline that is set, unless it is ours or a Node script to be replaced.
    fn foreign_line(&self, file: &EditedFile) -> Option<String> {
        let old = settings::line_command(file.of_agent()?, file.text())?;
        let goes = self.args.replace_node && settings::node_script(&old).is_some();
        (!goes && !settings::is_ours(&old, &self.program)).then_some(old)
    }

    fn change(&self, file: EditedFile) -> anyhow::Result<FileChange> {
        if self.uninstalls {
            return Ok(FileChange { after: self.without_ours(&file)?, receipt: None, file });
        }
        let text = self.with_ours(&file).map_err(|err| refused(&file.path, &err))?;
        let mut receipt = file.receipt.clone();
        if file.now.as_ref() != Some(&text) {
            // Without a receipt, nothing in the file is ours.
            let (original, made_below) = match &file.receipt {
                Some(receipt) => (self.without_ours(&file)?, receipt.made_below.clone()),
                None => (file.now.clone(), file.folder_above()),
            };
            let (path, installed) = (file.path.to_string_lossy().into_owned(), text.clone());
            receipt = Some(Receipt { path, original, installed, made_below });
        }
        Ok(FileChange { after: Some(text), receipt, file })
    }

    fn with_ours(&self, file: &EditedFile) -> anyhow::Result<String> {
        let text = file.text();
        let agent = match file.kind {
            FileKind::Unit(template) => return Ok(template.with(&self.unit_command)),
            FileKind::Shell(shell) => return Ok(settings::add_prompt(text, shell, &self.program)),
            FileKind::Config => {
                let wrap = |text: String, line: &String| settings::wrap(&text, line);
                let begin = self.config.as_deref().unwrap_or(text).to_owned();
                return self.wraps.iter().try_fold(begin, wrap);
            }
            FileKind::Agent(agent) => agent,
        };
        let is_file = |path: Option<PathBuf>| path.as_ref() == Some(&file.path);
        let (spec, scope) = (&agent.settings, self.args.places.scope);
        let options = InstallOptions {
            program: &self.program,
            line: is_file(spec.file(scope, self.env)),
            hooks: (self.args.hooks || !spec.has_line()) && is_file(spec.hooks_file(scope, self.env)),
            replace_node: self.args.replace_node,
            subagents: self.args.subagents,
            keep_subagents: self.args.wrap,
        };
        settings::install(AgentFile::new(agent, &file.path), text, file.before(), &options)
    }

    /// The file as it was before us, with later edits of others. `None` if there was none.
    fn without_ours(&self, file: &EditedFile) -> anyhow::Result<Option<String>> {
        let Some(now) = &file.now else { return Ok(None) };
        if let Some(receipt) = &file.receipt
            && (*now == receipt.installed || receipt.original.as_ref() == Some(now))
        {
            return Ok(receipt.original.clone());
        }
        let left = match file.kind {
            FileKind::Agent(agent) => {
                settings::uninstall(AgentFile::new(agent, &file.path), now, file.before(), &self.program)
            }
            FileKind::Config => settings::unwrap(now, file.before()),
            FileKind::Shell(_) => Ok(settings::remove_prompt(now)),
            FileKind::Unit(_) => {
                return Ok(file.receipt.as_ref().map_or(Some(now), |it| it.original.as_ref()).cloned());
            }
        };
        let left = left.map_err(|err| refused(&file.path, &err))?;
        let is_script = SettingsFormat::of(&file.path) == Script;
        let was_created = is_script || file.receipt.as_ref().is_some_and(|receipt| receipt.original.is_none());
        Ok(Some(left).filter(|left| !(was_created && settings::holds_nothing(left))))
    }

    fn show(&self, change: &FileChange, console: &mut Console) -> anyhow::Result<()> {
        let file = &change.file;
        let (name, path) = (file.name(), file.path.display());
        if change.is_nothing() {
            let was_edited = self.uninstalls && file.now.is_some() && SettingsFormat::of(&file.path) == Script;
            let why = if was_edited { "edited since it was installed; remove it yourself" } else { "nothing to do" };
            return console.say(&format!("{name}: {path}: {why}"));
        }
        let target = store::target(&file.path).ok().filter(|target| *target != file.path);
        let link = target.map(|target| format!(" (a link to {})", target.display())).unwrap_or_default();
        console.say(&format!("{name}: {path}{link}"))?;
        for note in self.notes(file) {
            console.warn(&note)?;
        }
        let others = store::other_names(&file.path);
        if others > 0 {
            console.warn(&format!("{others} other hard link(s) to the file keep the old content"))?;
        }
        console.show_diff(&path.to_string(), file.now.as_deref(), change.after.as_deref())
    }

    /// Things that a change removes or may surprise with.
    fn notes(&self, file: &EditedFile) -> Vec<String> {
        let mut notes = Vec::new();
        let Some(of_agent) = file.of_agent().filter(|_| !self.uninstalls) else { return notes };
        if let Some(old) = self.foreign_line(file).filter(|_| !self.args.wrap) {
            notes.push(format!("replaces the statusline `{old}` (use --wrap to keep both)"));
        }
        let Ok(found) = settings::inspect(of_agent, file.text(), &self.program) else { return notes };
        let has_rows = found.subagents.is_some_and(|rows| settings::is_ours(&rows, &self.program));
        if has_rows && !self.args.subagents {
            let why = "which Claude Code warns about at each start; use --subagents to keep it";
            notes.push(format!("removes subagentStatusLine, {why}"));
        }
        if found.plugin == Some(true) && self.args.hooks {
            notes.push("our plugin is enabled and registers the same hooks, so they would run twice".to_owned());
        }
        for event in found.retired {
            notes.push(format!("removes the {event} hook, which prints into the conversation"));
        }
        notes
    }

    /// Shows the changes and makes them with consent; returns whether there was any.
    fn carry_out(&self, changes: Vec<FileChange>, console: &mut Console) -> anyhow::Result<bool> {
        for change in &changes {
            self.show(change, console)?;
        }
        if changes.is_empty() {
            console.say("nothing to do")?;
        }
        let (idle, due): (Vec<_>, Vec<_>) = changes.into_iter().partition(FileChange::is_nothing);
        let consent = self.args.consent;
        if consent.dry_run {
            return Ok(false);
        }
        if !due.is_empty() && !consent.yes {
            if !console.is_interactive {
                bail!("nothing was changed: standard input is not a terminal; use --yes to apply");
            }
            if !console.agrees("Make these changes?")? {
                return console.say("nothing was changed").map(|()| false);
            }
        }
        for change in idle {
            self.settle(&change);
        }
        let mut next = Vec::new();
        for change in due {
            let path = change.file.path.display().to_string();
            next.extend(change.file.of_agent().filter(|_| !self.uninstalls).map(|file| file.agent));
            let is_there = self.make_at_last(change, console).with_context(|| format!("writing {path}"))?;
            console.say(&format!("{path}: {}", if is_there { "written" } else { "removed" }))?;
        }
        next.dedup();
        for agent in next {
            agent.settings.next.iter().try_for_each(|what| console.say(&format!("{}: {what}", agent.name)))?;
        }
        Ok(true)
    }

    /// Makes a change. If another program writes the file meanwhile, `--yes` makes the same edit of the new
    /// content; without it only the change that was shown is made. Returns whether the file exists then.
    fn make_at_last(&self, mut change: FileChange, console: &mut Console) -> anyhow::Result<bool> {
        for _ in 0..MAX_EDITS {
            if change.is_nothing() {
                self.settle(&change);
                return Ok(change.after.is_some());
            }
            let was_late = |err: &anyhow::Error| err.downcast_ref().is_some_and(store::is_changed);
            match self.make(&change) {
                Err(err) if self.args.consent.yes && was_late(&err) => {}
                made => return made.map(|()| change.after.is_some()),
            }
            change = self.change(self.read(change.file.kind, Some(change.file.path))?)?;
            self.show(&change, console)?;
        }
        bail!("another program keeps writing the file; run this again")
    }

    /// Writes the receipt before the file: whatever happens then, the original is known.
    fn make(&self, change: &FileChange) -> anyhow::Result<()> {
        let (file, keeping) = (&change.file, "keeping the backup");
        if let Some(receipt) = &change.receipt {
            receipt.keep(&self.state, &file.path).context(keeping)?;
        }
        let expected = file.now.as_deref().map(str::as_bytes);
        let written = match &change.after {
            Some(after) => store::write_settings(&file.path, expected, after.as_bytes()),
            None => store::remove_settings(&file.path, expected),
        };
        if written.is_err() && change.receipt.is_some() {
            match &file.receipt {
                Some(old) => old.keep(&self.state, &file.path).context(keeping)?,
                None => Receipt::drop(&self.state, &file.path),
            }
        }
        written?;
        self.settle(change);
        Ok(())
    }

    /// Removes receipt, generated file and created folders after an uninstall.
    fn settle(&self, change: &FileChange) {
        let file = &change.file;
        if change.receipt.is_some() {
            return;
        }
        Receipt::drop(&self.state, &file.path);
        if let FileKind::Shell(shell) = file.kind
            && !change.is_nothing()
            && let Some(generated) = settings::generated(shell, self.env)
        {
            store::remove(&generated);
        }
        let made_below = file.receipt.as_ref().and_then(|receipt| receipt.made_below.as_deref());
        if let Some(root) = made_below.filter(|_| change.after.is_none()).map(Path::new) {
            let made = file.path.ancestors().skip(1).take_while(|folder| *folder != root);
            made.for_each(store::remove_empty_dir);
        }
    }
}

/// The absolute path of a command: hooks are started in any directory and without a shell. A name without a
/// folder is looked up on `PATH`, and stays as it is.
pub fn absolute(command: &str, env: &Env) -> String {
    let below = match command.strip_prefix("~/") {
        Some(rest) => env.home().map(|home| home.join(rest)),
        None if command.contains(std::path::is_separator) => env.current_dir().map(|here| here.join(command)),
        None => None,
    };
    below.and_then(|path| path.into_os_string().into_string().ok()).unwrap_or_else(|| command.to_owned())
}

fn refused(path: &Path, problem: &anyhow::Error) -> anyhow::Error {
    anyhow::anyhow!("{}: {problem}; nothing was changed", path.display())
}
