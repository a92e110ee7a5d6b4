//! The one place that starts processes: a program that runs under a hard time limit and is killed with everything that
//! it started, and this program once more, detached from its caller. Until the line is out, only processes that are not
//! waited for are started.

#[cfg(unix)]
#[path = "unix.rs"]
mod platform;
#[cfg(windows)]
#[path = "windows.rs"]
mod platform;
#[cfg(test)]
mod tests;

pub use platform::{reap, settle};

use std::ffi::{OsStr, OsString};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use std::{env, thread};

/// Output of a run.
#[derive(Debug)]
pub struct Output {
    /// Standard output, cut at the limit.
    pub stdout: Vec<u8>,
    /// The program printed more.
    pub more: bool,
    /// The first 4 KiB of standard error.
    pub stderr: Vec<u8>,
    /// Exit status. `None` if the program was killed, including for printing too much.
    pub code: Option<i32>,
}

impl Output {
    /// It succeeded, or was cut off for printing too much.
    pub fn is_success(&self) -> bool {
        self.more || self.code == Some(0)
    }

    /// Its end in words, for a message.
    pub fn end(&self) -> String {
        self.code.map_or("ended with a signal".to_owned(), |code| format!("ended with exit status {code}"))
    }
}

/// A `PATH` without any program.
const NO_FOLDER: &str = if cfg!(windows) { r"\\?\none" } else { "/dev/null" };

/// Bytes of standard error that are kept.
const MAX_STDERR: u64 = 4 * 1024;

/// Time before the first check for the end of a process.
const FIRST_PAUSE: Duration = Duration::from_micros(50);

/// Longest time between two such checks; each pause is twice as long as the one before.
const LONGEST_PAUSE: Duration = Duration::from_millis(20);

/// Time for reading the rest of a process's pipes while another process holds them open.
const GRACE: Duration = Duration::from_millis(250);

/// A program to be configured and handed to [`run`]. It is looked up only in the absolute folders of `path` (the
/// variable): a relative folder would depend on the working directory. `None` leaves the choice to the system.
#[expect(clippy::disallowed_methods, reason = "this is the one place that starts processes")]
pub fn command(program: impl AsRef<OsStr>, path: Option<OsString>) -> Command {
    let program = Path::new(&program);
    let Some(path) = path else { return Command::new(program) };
    let folders: Vec<PathBuf> = env::split_paths(&path).filter(|folder| folder.is_absolute()).collect();
    let absolute = env::join_paths(&folders).expect("they were separate before");
    // On Windows the search would continue in our own `PATH`, including relative folders.
    let mut command = if cfg!(windows) { Command::new(find(program, &folders)) } else { Command::new(program) };
    // An empty one would mean the working directory again.
    command.env("PATH", if absolute.is_empty() { OsString::from(NO_FOLDER) } else { absolute });
    command
}

/// The file of a program in the first of these folders that has one; otherwise a path that does not exist.
fn find(program: &Path, folders: &[PathBuf]) -> PathBuf {
    let name = program.with_extension(env::consts::EXE_EXTENSION);
    let mut files = folders.iter().map(|folder| folder.join(&name));
    files.find(|file| file.is_file()).unwrap_or_else(|| Path::new(NO_FOLDER).join(name))
}

/// Runs a program to its end with `input` on standard input. It is killed at the deadline, and when it prints more
/// than `most` bytes. It gets no console and no standard stream of ours, and
/// processes that it has started and left in its process group (on Windows: its job) die with it.
///
/// # Errors
/// It could not be started, or was killed at the deadline.
pub fn run(mut command: Command, input: Vec<u8>, deadline: Instant, most: usize) -> io::Result<Output> {
    command.stdin(if input.is_empty() { Stdio::null() } else { Stdio::piped() });
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    platform::isolate(&mut command);
    let mut child = command.spawn().map_err(|err| io::Error::other(format!("cannot be started: {err}")))?;
    // Kills when it is dropped.
    let group = platform::ProcessGroup::of(&child);
    // A program need not read it.
    if let Some(mut stdin) = child.stdin.take() {
        thread::spawn(move || _ = stdin.write_all(&input));
    }
    let stdout = Stream::of(child.stdout.take(), most as u64);
    let stderr = Stream::of(child.stderr.take(), MAX_STDERR);
    let mut has_ended = false;
    let mut pause = FIRST_PAUSE;
    let end = loop {
        let wait = pause.min(left(deadline));
        if has_ended {
            thread::sleep(wait);
        } else if stdout.ends_within(wait) {
            // The process is about to end.
            (has_ended, pause) = (true, FIRST_PAUSE);
        }
        // Its children may hold its output open, so its own end counts too.
        let status = child.try_wait().ok().flatten();
        if status.is_some() || lock(&stdout.bytes).len() > most {
            break Some(status);
        }
        if left(deadline).is_zero() {
            break None;
        }
        pause = (pause * 2).min(LONGEST_PAUSE);
    };
    drop(group);
    _ = child.kill();
    _ = child.wait();
    let timed_out = || io::Error::new(io::ErrorKind::TimedOut, "took too long and was stopped");
    let status = end.ok_or_else(timed_out)?;
    // They end with the group; only a process that has left the group may hold them open.
    let mut stdout = stdout.take();
    let more = stdout.len() > most;
    stdout.truncate(most);
    let mut stderr = stderr.take();
    stderr.truncate(MAX_STDERR as usize);
    Ok(Output { stdout, more, stderr, code: status.filter(|_| !more).and_then(|status| status.code()) })
}

/// A stream that is read in the background to its end, or to one byte beyond a limit.
struct Stream {
    bytes: Arc<Mutex<Vec<u8>>>,
    /// Disconnected at the end of the stream.
    end: Receiver<()>,
}

impl Stream {
    fn of(stream: Option<impl Read + Send + 'static>, cap: u64) -> Self {
        let (sender, end) = mpsc::channel();
        let bytes = Arc::new(Mutex::new(Vec::new()));
        let filled = Arc::clone(&bytes);
        thread::spawn(move || {
            let Some(stream) = stream else { return };
            let (mut stream, mut chunk) = (stream.take(cap + 1), [0; 8 * 1024]);
            loop {
                match stream.read(&mut chunk) {
                    Ok(count @ 1..) => lock(&filled).extend_from_slice(&chunk[..count]),
                    Err(err) if err.kind() == io::ErrorKind::Interrupted => {}
                    Ok(0) | Err(_) => break,
                }
            }
            drop(sender);
        });
        Stream { bytes, end }
    }

    fn ends_within(&self, time: Duration) -> bool {
        self.end.recv_timeout(time) == Err(RecvTimeoutError::Disconnected)
    }

    /// The bytes read, once the stream has ended or does not end soon.
    fn take(self) -> Vec<u8> {
        self.ends_within(GRACE);
        std::mem::take(&mut lock(&self.bytes))
    }
}

fn lock(bytes: &Mutex<Vec<u8>>) -> MutexGuard<'_, Vec<u8>> {
    bytes.lock().unwrap_or_else(PoisonError::into_inner)
}

fn left(deadline: Instant) -> Duration {
    deadline.saturating_duration_since(Instant::now())
}

/// Starts this program with other arguments, and does not wait for it. It shares no stream or descriptor that could
/// keep a reader waiting, and it outlives our process group, console or job if the system allows. It must call
/// [`settle`] first.
///
/// # Errors
/// It could not be started.
#[expect(clippy::disallowed_methods, reason = "this is the one place that starts processes")]
pub fn start_detached(args: &[OsString]) -> io::Result<()> {
    let mut command = Command::new(env::current_exe()?);
    command.args(args).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    // Our parent reaps it: we end at once.
    platform::spawn_detached(&mut command).map(drop)
}
