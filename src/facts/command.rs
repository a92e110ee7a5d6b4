//! What a command of the user's prints: run by the shell in the session's directory, with the agent's
//! payload on standard input. Never waited for: a refresh runs it, and the line has what it said last.

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};

use super::fact::{Seen, Slot};
use super::refresh::{Kind, Run};
use crate::base::hash::Fnv;
use crate::base::text;
use crate::process::{self, Limits};
use crate::session::cache::{CACHE, Cache};
use crate::store::SessionId;

/// The kind of these facts. Their subject is a [`Question`] as JSON.
pub const KIND: Kind = Kind { name: "command", refresh };

/// Most of the output that is kept, in bytes: a row needs far less.
const MAX_OUTPUT: usize = 16 * 1024;

/// Lines of it that are kept.
const MAX_LINES: usize = 10;

/// A command, and where it is run. The subject of the fact, as JSON.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Question {
    /// What the shell is to run.
    pub command: String,
    /// The session's directory. `None` when it is unknown.
    pub dir: Option<PathBuf>,
    /// The session whose payload it gets. `None` without one.
    pub session: Option<String>,
    /// How old the answer may get, in milliseconds.
    pub interval_ms: u64,
    /// How long the command may take, in milliseconds.
    pub timeout_ms: u64,
}

/// What it printed.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Answer {
    /// Its first lines that show something, as they came.
    pub lines: Vec<String>,
    /// The question, to tell it from another of the same hash.
    question: String,
}

impl Question {
    /// The subject, as a refresh gets it.
    pub fn subject(&self) -> OsString {
        serde_json::to_string(self).expect("plain data serialises").into()
    }

    /// What was answered last, and whether it is time to ask again.
    pub fn look(&self, subject: &OsStr, slot: &Slot, now: std::time::SystemTime) -> Seen<Answer> {
        let asked = |answer: &Answer| OsStr::new(&answer.question) != subject;
        let mut seen = slot.look(self.interval(), now, asked);
        if seen.fact.as_ref().and_then(|fact| fact.value.as_ref()).is_some_and(asked) {
            seen.fact = None;
        }
        seen
    }

    fn interval(&self) -> Duration {
        Duration::from_millis(self.interval_ms)
    }

    /// Runs the command.
    fn ask(&self, run: &Run) -> Result<Vec<String>, String> {
        let mut command = shell(&self.command, run);
        if let Some(dir) = self.dir.as_deref().filter(|dir| dir.is_dir()) {
            command.current_dir(dir);
        }
        let deadline = run.deadline.min(Instant::now() + Duration::from_millis(self.timeout_ms));
        let limits = Limits { deadline, stdout: MAX_OUTPUT };
        let output = process::run(command, self.payload(run), &limits).map_err(|err| err.to_string())?;
        let printed = text::decode(output.stdout);
        let lines: Vec<String> = printed
            .lines()
            .filter(|line| !text::is_blank(&text::without_sequences(line)))
            .take(MAX_LINES)
            .map(str::to_owned)
            .collect();
        match output.code {
            // What is too long was cut, and the command with it.
            _ if output.more => Ok(lines),
            Some(0) => Ok(lines),
            code => {
                let code = code.map_or_else(|| "a signal".to_owned(), |code| format!("exit status {code}"));
                Err(format!("ended with {code}: {}", text::decode(output.stderr).trim()))
            }
        }
    }

    /// The last payload of the session; empty when there is none.
    fn payload(&self, run: &Run) -> Vec<u8> {
        let cache = || Cache::read(&CACHE.path(&run.state, &SessionId::new(self.session.as_deref()?)?));
        let payload = cache().and_then(|cache| cache.payload);
        payload.map(|payload| payload.get().as_bytes().to_vec()).unwrap_or_default()
    }
}

/// Where the answer to a question is kept.
pub fn slot(subject: &OsStr, state: &Path) -> Slot {
    let mut fnv = Fnv::default();
    fnv.bytes(subject.as_encoded_bytes());
    Slot::new(state, KIND.name, fnv.finish())
}

/// Runs the command again. Fails where the subject is no question, or the command failed or took too long.
fn refresh(subject: &OsStr, run: &Run) -> Result<(), String> {
    let text = subject.to_str().ok_or("the question is no Unicode")?;
    let question: Question = serde_json::from_str(text).map_err(|err| format!("no question: {err}"))?;
    let asked = |answer: &Answer| answer.question != text;
    slot(subject, &run.state).refresh(question.interval(), run.env.now, asked, |_| {
        Ok(Answer { lines: question.ask(run)?, question: text.to_owned() })
    })
}

/// The system's shell, as agents use it for their statusline command.
fn shell(line: &str, run: &Run) -> std::process::Command {
    let path = run.env.var_os("PATH");
    let (shell, flag) = if cfg!(windows) { ("cmd", "/C") } else { ("/bin/sh", "-c") };
    let mut command = process::command(shell, path);
    command.args([flag, line]);
    command
}
