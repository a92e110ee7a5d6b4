//! The environment of the process: variables, working directory, clock, terminal. The only reader of process-wide
//! state; everything else is given an [`Env`].

use std::ffi::{OsStr, OsString};
use std::io::IsTerminal;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// The environment of one run.
#[derive(Clone)]
pub struct Env {
    /// All variables, read once: C libraries search all of them for each lookup.
    vars: Arc<Vec<(OsString, OsString)>>,
    /// It is that of this process, which also has a directory, a terminal and a machine name.
    is_process: bool,
    /// The clock, read once: every age and countdown of a run is measured from this instant.
    pub now: SystemTime,
}

impl Env {
    /// The environment of this process.
    ///
    /// `BRIDGELINE_NOW` (epoch milliseconds) replaces the clock, for tests and screenshots.
    #[expect(clippy::disallowed_methods, reason = "the one reader of the environment and the clock")]
    pub fn from_process() -> Self {
        let vars = Arc::new(std::env::vars_os().collect());
        let mut env = Env { vars, is_process: true, now: UNIX_EPOCH };
        let now = env.ms("BRIDGELINE_NOW").and_then(|since| UNIX_EPOCH.checked_add(since));
        env.now = now.unwrap_or_else(SystemTime::now);
        env
    }

    /// An environment of exactly these variables, for samples and tests.
    pub fn fixed(now: SystemTime, vars: impl IntoIterator<Item = (&'static str, OsString)>) -> Self {
        let vars = vars.into_iter().map(|(name, value)| (name.into(), value)).collect();
        Env { vars: Arc::new(vars), is_process: false, now }
    }

    /// With this variable, unless it is set.
    #[must_use]
    pub fn or(mut self, name: &str, value: &str) -> Self {
        if !self.has(name) {
            Arc::make_mut(&mut self.vars).push((name.into(), value.into()));
        }
        self
    }

    /// A variable; `None` when it is unset, empty or not Unicode.
    pub fn var(&self, name: &str) -> Option<String> {
        self.var_os(name)?.into_string().ok()
    }

    /// A time that a variable has in milliseconds.
    pub fn ms(&self, name: &str) -> Option<Duration> {
        self.var(name)?.parse().ok().map(Duration::from_millis)
    }

    /// A variable; `None` when it is unset or empty.
    pub fn var_os(&self, name: &str) -> Option<OsString> {
        let is_it = |key: &OsStr| if cfg!(windows) { key.eq_ignore_ascii_case(name) } else { key == name };
        let (_, value) = self.vars.iter().find(|(key, _)| is_it(key))?;
        Some(value).filter(|value| !value.is_empty()).cloned()
    }

    /// Variables whose name begins with `prefix`: the rest of the name, and the value. Without those that are empty or
    /// not Unicode.
    pub fn named(&self, prefix: &str) -> Vec<(&str, &str)> {
        let is_it = |it: &str| if cfg!(windows) { it.eq_ignore_ascii_case(prefix) } else { it == prefix };
        let mut found = Vec::new();
        for (name, value) in self.vars.iter() {
            if let Some((begin, rest)) = name.to_str().and_then(|name| name.split_at_checked(prefix.len()))
                && let Some(value) = value.to_str().filter(|value| !value.is_empty() && is_it(begin))
            {
                found.push((rest, value));
            }
        }
        found
    }

    /// A variable is set and not empty.
    pub fn has(&self, name: &str) -> bool {
        self.var_os(name).is_some()
    }

    /// A variable that names an absolute path. A relative one is ignored, as the XDG base directory
    /// specification asks: it would mean a different place in every directory.
    pub fn path(&self, name: &str) -> Option<PathBuf> {
        self.var_os(name).map(PathBuf::from).filter(|path| path.is_absolute())
    }

    /// The user's home. `None` when the variable is unset: asking the user database costs more than
    /// a render, and pulls the name service into a static binary.
    pub fn home(&self) -> Option<PathBuf> {
        self.path(if cfg!(windows) { "USERPROFILE" } else { "HOME" })
    }

    /// Name of the machine, from the environment, else from the system. `None` if neither has one.
    pub fn host_name(&self) -> Option<String> {
        let named = self.var(if cfg!(windows) { "COMPUTERNAME" } else { "HOSTNAME" });
        #[cfg(unix)]
        if named.is_none() && self.is_process {
            return rustix::system::uname().nodename().to_str().ok().map(str::to_owned);
        }
        named
    }

    /// The working directory. `None` when it has been removed.
    #[expect(clippy::disallowed_methods, reason = "the one reader of the working directory")]
    pub fn current_dir(&self) -> Option<PathBuf> {
        if self.is_process { std::env::current_dir().ok() } else { self.path("PWD") }
    }

    /// Path of this program for settings: the one on `PATH`, where a package manager keeps the newest version, else its
    /// own. `None` if it is unknown.
    pub fn program(&self) -> Option<PathBuf> {
        let running = std::env::current_exe().ok()?;
        let real = running.canonicalize().ok();
        let folders = self.var_os("PATH").unwrap_or_default();
        let file = Path::new("bridgeline").with_extension(std::env::consts::EXE_EXTENSION);
        let mut files = std::env::split_paths(&folders).map(|folder| folder.join(&file));
        let is_it = |path: &PathBuf| path.is_absolute() && path.canonicalize().ok() == real;
        Some(files.find(|path| real.is_some() && is_it(path)).unwrap_or(running))
    }

    /// Columns of the terminal at standard output; `None` if that is not a terminal.
    pub fn terminal_columns(&self) -> Option<usize> {
        self.terminal_size().map(|(columns, _)| columns)
    }

    /// Columns and rows of the terminal at standard output; `None` if that is not a terminal.
    #[expect(clippy::disallowed_methods, reason = "used only at a terminal")]
    pub fn terminal_size(&self) -> Option<(usize, usize)> {
        if !self.is_process || !std::io::stdout().is_terminal() {
            return None;
        }
        let (columns, rows) = crossterm::terminal::size().ok()?;
        Some((usize::from(columns), usize::from(rows))).filter(|(columns, _)| *columns > 0)
    }
}
