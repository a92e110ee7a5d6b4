//! The one place that starts processes: a program run under a hard time limit and killed with all
//! that it started, and this program once more, detached from its caller. Never used before the
//! line is out, except to start what is not waited for.

#[cfg(unix)]
#[path = "unix.rs"]
mod platform;
#[cfg(windows)]
#[path = "windows.rs"]
mod platform;
#[cfg(test)]
mod tests;

use std::ffi::{OsStr, OsString};
use std::io::{self, Read, Write};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::thread;
use std::time::{Duration, Instant};
use std::{env, fmt};

/// What a run may use.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// When it is killed.
    pub deadline: Instant,
    /// Bytes of standard output that are kept. It is killed when it prints more.
    pub stdout: usize,
}

/// What came of a run.
#[derive(Debug)]
pub struct Output {
    /// Standard output, at most as much as the limit allows.
    pub stdout: Vec<u8>,
    /// Whether there was more.
    pub more: bool,
    /// The first 4 KiB of standard error.
    pub stderr: Vec<u8>,
    /// Exit status. `None` when it was killed, also for printing too much.
    pub code: Option<i32>,
}

/// Why nothing came of a run.
#[derive(Debug)]
pub enum Failure {
    /// It could not be started.
    NotStarted(io::Error),
    /// It was not done when its time was up.
    TimedOut,
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Failure::NotStarted(err) => write!(f, "cannot be started: {err}"),
            Failure::TimedOut => f.write_str("took too long and was stopped"),
        }
    }
}

/// A `PATH` that leads nowhere.
const NO_FOLDER: &str = if cfg!(windows) { r"\\?\none" } else { "/dev/null" };

/// Standard error that is kept, in bytes.
const MAX_STDERR: u64 = 4 * 1024;

/// A program to be configured and handed to [`run`]. It is looked up in the absolute folders of `path`
/// (the variable) only: a relative one would be a folder of whatever place it is run in. `None` leaves
/// the choice to the system.
#[expect(clippy::disallowed_methods, reason = "this is the one place that starts processes")]
pub fn command(program: impl AsRef<OsStr>, path: Option<OsString>) -> Command {
    let mut command = Command::new(program);
    if let Some(path) = path {
        let folders = env::split_paths(&path).filter(|folder| folder.is_absolute());
        let absolute = env::join_paths(folders).expect("they were separate before");
        // An empty one would again mean the place it is run in.
        command.env("PATH", if absolute.is_empty() { OsString::from(NO_FOLDER) } else { absolute });
    }
    command
}

/// Runs it to its end with `input` on standard input. It gets no console and no standard stream of
/// ours, and what it has started and left in its process group (on Windows: its job) dies with it.
///
/// # Errors
/// It could not be started, or has been killed at the deadline.
pub fn run(mut command: Command, input: Vec<u8>, limits: &Limits) -> Result<Output, Failure> {
    command.stdin(if input.is_empty() { Stdio::null() } else { Stdio::piped() });
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    platform::isolate(&mut command);
    let mut child = command.spawn().map_err(Failure::NotStarted)?;
    // Kills when it is dropped.
    let group = platform::Group::of(&child);
    feed(&mut child, input);
    let stdout = collect(child.stdout.take(), limits.stdout as u64);
    let stderr = collect(child.stderr.take(), MAX_STDERR);
    let mut finish = || {
        let mut stdout = stdout.recv_timeout(left(limits.deadline)).ok()?;
        let more = stdout.len() > limits.stdout;
        stdout.truncate(limits.stdout);
        let status = if more { None } else { Some(wait(&mut child, limits.deadline)?) };
        Some((stdout, more, status))
    };
    let finished = finish();
    drop(group);
    _ = child.kill();
    let status = child.wait();
    let Some((stdout, more, finished)) = finished else {
        return Err(Failure::TimedOut);
    };
    let status = finished.or(status.ok()).filter(|_| !more);
    // At its end now that the group is; one that has left the group may hold it open.
    let mut stderr = stderr.recv_timeout(left(limits.deadline)).unwrap_or_default();
    stderr.truncate(MAX_STDERR as usize);
    Ok(Output { stdout, more, stderr, code: status.and_then(|status| status.code()) })
}

/// What it does not read, it has no need of.
fn feed(child: &mut Child, input: Vec<u8>) {
    if let Some(mut stdin) = child.stdin.take() {
        thread::spawn(move || _ = stdin.write_all(&input));
    }
}

/// Reads a stream to its end, or one byte beyond `cap`: then its reader is gone.
fn collect(stream: Option<impl Read + Send + 'static>, cap: u64) -> Receiver<Vec<u8>> {
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || {
        let mut bytes = Vec::new();
        _ = stream.map(|stream| stream.take(cap + 1).read_to_end(&mut bytes));
        _ = sender.send(bytes);
    });
    receiver
}

/// Waits for its end; `None` when it does not come in time.
fn wait(child: &mut Child, deadline: Instant) -> Option<ExitStatus> {
    let mut pause = Duration::from_micros(50);
    loop {
        if let Ok(Some(status)) = child.try_wait() {
            return Some(status);
        }
        let left = left(deadline);
        if left.is_zero() {
            return None;
        }
        // It has closed its output, so that its end is near.
        thread::sleep(pause.min(left));
        pause = (pause * 2).min(Duration::from_millis(20));
    }
}

fn left(deadline: Instant) -> Duration {
    deadline.saturating_duration_since(Instant::now())
}

/// Starts this program with other arguments, and does not wait for it. No stream or descriptor of
/// ours keeps a reader waiting for it, and it lives on when our process group, console or job ends,
/// where the system allows: its first deed must be [`settle`].
///
/// # Errors
/// It could not be started.
#[expect(clippy::disallowed_methods, reason = "this is the one place that starts processes")]
pub fn start_detached(args: &[OsString]) -> io::Result<()> {
    let mut command = Command::new(env::current_exe()?);
    command.args(args).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    // Whoever has started us reaps it: we end at once.
    platform::spawn_detached(&mut command).map(drop)
}

/// Makes this process one of its own: not in the session of whoever started it, without descriptors
/// that it does not know, and giving way to whatever has something to do. Only before it opens a file.
pub fn settle() {
    platform::settle();
}
