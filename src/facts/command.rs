//! Output of the user's command, run by the shell in the session's directory with the agent's payload on
//! standard input. A refresh runs it; the line never waits for it.

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant, SystemTime};

use serde::{Deserialize, Serialize};

use super::fact::{FactFile, FactLookup};
use super::refresh::{FactKind, Refresh};
use crate::base::hash::fnv;
use crate::base::text;
use crate::process;
use crate::session::cache::{CACHE, Cache};
use crate::store::SessionId;

/// The kind of these facts. Their subject is a [`CommandSpec`] as JSON.
pub const KIND: FactKind = FactKind { name: "command", refresh };

/// Bytes of the output that are kept: a row needs far fewer.
const MAX_OUTPUT: usize = 16 * 1024;

/// Lines of the output that are kept.
const MAX_LINES: usize = 10;

/// A command, and where and how often to run it.
#[derive(Serialize, Deserialize)]
pub struct CommandSpec {
    /// Command line for the shell.
    pub command: String,
    /// Working directory of the session. `None` when it is unknown.
    pub dir: Option<PathBuf>,
    /// The session whose payload it gets. `None` if there is none.
    pub session: Option<String>,
    /// Age at which the output is due, in milliseconds.
    pub interval_ms: u64,
    /// Time limit of a run, in milliseconds.
    pub timeout_ms: u64,
}

/// Output of its last run.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct CommandOutput {
    /// The first lines that show something, as they were printed.
    pub lines: Vec<String>,
    /// The subject, to distinguish it from another with the same hash.
    question: String,
}

impl CommandOutput {
    fn is_of(&self, subject: &OsStr) -> bool {
        OsStr::new(&self.question) == subject
    }
}

impl CommandSpec {
    /// Subject of the fact.
    pub fn subject(&self) -> OsString {
        serde_json::to_string(self).expect("plain data serialises").into()
    }

    /// The file of the fact about this subject.
    pub fn file(&self, subject: &OsStr, state: &Path) -> FactFile {
        let interval = Duration::from_millis(self.interval_ms);
        FactFile::new(state, &KIND, fnv(subject.as_encoded_bytes()), interval)
    }

    /// Runs the command.
    fn run(&self, run: &Refresh) -> Result<Vec<String>, String> {
        // In the same way as agents start their statusline command.
        let (shell, flag) = if cfg!(windows) { ("cmd", "/C") } else { ("/bin/sh", "-c") };
        let mut command = process::command(shell, run.env.var_os("PATH"));
        command.args([flag, &self.command]);
        if let Some(dir) = self.dir.as_deref().filter(|dir| dir.is_dir()) {
            command.current_dir(dir);
        }
        let deadline = run.deadline.min(Instant::now() + Duration::from_millis(self.timeout_ms));
        let output = process::run(command, self.payload(run), deadline, MAX_OUTPUT);
        let output = output.map_err(|err| err.to_string())?;
        if !output.is_success() {
            return Err(format!("{}: {}", output.end(), text::decode(output.stderr).trim()));
        }
        let printed = text::decode(output.stdout);
        let shows = |line: &&str| !text::is_blank(&text::without_sequences(line));
        Ok(printed.lines().filter(shows).take(MAX_LINES).map(str::to_owned).collect())
    }

    /// The last payload of the session; empty when there is none.
    fn payload(&self, run: &Refresh) -> Vec<u8> {
        let id = self.session.as_deref().and_then(SessionId::new);
        let cache = id.and_then(|id| Cache::read(&CACHE.path(&run.state, &id)));
        let payload = cache.and_then(|cache| cache.payload);
        payload.map(|payload| payload.get().as_bytes().to_vec()).unwrap_or_default()
    }
}

/// The last output, and whether the command is due.
pub fn look_up(file: &FactFile, subject: &OsStr, now: SystemTime) -> FactLookup<CommandOutput> {
    let mut found = file.look_up(now, |output: &CommandOutput| !output.is_of(subject));
    found.fact.take_if(|fact| fact.value.as_ref().is_some_and(|output| !output.is_of(subject)));
    found
}

/// Runs the command again. Fails if the subject is not a [`CommandSpec`], or the command failed or took too
/// long.
fn refresh(subject: &OsStr, run: &Refresh) -> Result<(), String> {
    let text = subject.to_str().ok_or("the subject is not valid Unicode")?;
    let spec: CommandSpec = serde_json::from_str(text).map_err(|err| format!("invalid subject: {err}"))?;
    let has_changed = |output: &CommandOutput| !output.is_of(subject);
    spec.file(subject, &run.state)
        .refresh(run.env.now, has_changed, |_| Ok(CommandOutput { lines: spec.run(run)?, question: text.to_owned() }))
}
