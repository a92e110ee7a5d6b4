//! `bridgeline install` and `bridgeline uninstall`: our keys in agents' settings, and our line in shells' start-up
//! files.
//!
//! Promise: every change is shown first and made only with consent; what is not ours stays byte for byte; what
//! was there before is restored.

mod apply;
mod file;

use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use clap::ValueEnum;

use self::file::{EditedFile, FileChange, FileKind};
use crate::agent::SettingsFormat::{self, Script};
use crate::agent::{self, Agent, Scope};
use crate::base::env::Env;
use crate::base::shell::Shell;
use crate::cli::{Consent, InstallArgs};
use crate::config::Invocation;
use crate::settings::{self, AgentFile, InstallOptions, Receipt};
use crate::store::{self, Paths};
use crate::tools::console::Console;

/// Adds our keys to the settings, and our line to a shell's start-up file.
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
        true => (&agent::ALL[..], Shell::value_variants()),
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
            // The config that `setup` has written.
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
    /// There is no home directory, or the path of this program is unknown.
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
        let attempt = || format!("cannot read {}", path.display());
        let bytes = store::read_settings(&path).with_context(attempt)?;
        let now = bytes.map(String::from_utf8).transpose().map_err(|err| {
            let place = err.utf8_error().valid_up_to();
            refused(&path, &settings::error_at(err.as_bytes(), place, "not UTF-8"))
        })?;
        let receipt = Receipt::find(&self.state, &path).context("cannot read the backup")?;
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
