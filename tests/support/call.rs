//! A run of the program: its input and its outcome.

use std::ffi::OsStr;
use std::fs::{self, File};
use std::io::{self, PipeReader, PipeWriter, Write};
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc;
use std::time::Duration;
use std::{env, thread};

use super::{LIMIT, NOW, plain};

/// A run of the program, before it starts.
#[must_use = "nothing is started before `run`"]
pub struct Call {
    command: Command,
    stdin: Vec<u8>,
    delivery: Delivery,
}

enum Delivery {
    /// All of it is available when the program starts, however busy this process is.
    Whole,
    ByteByByte,
    /// As [`Self::Whole`], and then neither more input nor its end. Has the pipe once that exists.
    NeverClosed(Option<PipeWriter>),
}

/// Bytes that fit into any pipe without a reader.
const PIPE: usize = 4096;

impl Call {
    pub(super) fn new(command: Command) -> Self {
        Call { command, stdin: Vec::new(), delivery: Delivery::Whole }
    }

    pub fn args(mut self, args: &[&str]) -> Self {
        self.command.args(args);
        self
    }

    pub fn env(mut self, name: &str, value: impl AsRef<OsStr>) -> Self {
        self.command.env(name, value);
        self
    }

    pub fn without(mut self, name: &str) -> Self {
        self.command.env_remove(name);
        self
    }

    pub fn without_environment(mut self) -> Self {
        self.command.env_clear();
        self
    }

    /// With the installed programs.
    pub fn with_programs(self) -> Self {
        self.env("PATH", env::var_os("PATH").unwrap_or_default())
    }

    /// With refreshes, and the installed programs.
    pub fn refreshing(self) -> Self {
        self.with_programs().env("BRIDGELINE_REFRESH_MS", "60000")
    }

    /// As the first of a process group of its own.
    #[cfg(unix)]
    pub fn in_a_group(mut self) -> Self {
        std::os::unix::process::CommandExt::process_group(&mut self.command, 0);
        self
    }

    /// `seconds` after [`NOW`].
    pub fn later(self, seconds: u64) -> Self {
        self.env("BRIDGELINE_NOW", ((NOW + seconds) * 1000).to_string())
    }

    pub fn cwd(mut self, folder: impl AsRef<Path>) -> Self {
        self.command.current_dir(folder);
        self
    }

    pub fn stdin(mut self, bytes: impl Into<Vec<u8>>) -> Self {
        self.stdin = bytes.into();
        self
    }

    pub fn byte_by_byte(mut self) -> Self {
        self.delivery = Delivery::ByteByByte;
        self
    }

    pub fn never_closed(mut self) -> Self {
        self.delivery = Delivery::NeverClosed(None);
        self
    }

    /// Starts it and leaves the rest to the caller.
    pub fn spawn(&mut self) -> Child {
        // Wine's message when a process starts slowly on a busy machine.
        const INTERNAL_ERROR: i32 = 1359;
        let stdin = match &mut self.delivery {
            Delivery::Whole if self.stdin.len() > PIPE || cfg!(windows) => in_a_file(&self.stdin),
            Delivery::Whole => in_a_pipe(&self.stdin).0.into(),
            Delivery::ByteByByte => Stdio::piped(),
            Delivery::NeverClosed(held) => {
                let (reader, writer) = in_a_pipe(&self.stdin);
                *held = Some(writer);
                reader.into()
            }
        };
        let command = self.command.stdin(stdin).stdout(Stdio::piped()).stderr(Stdio::piped());
        loop {
            match command.spawn() {
                Err(err) if cfg!(windows) && err.raw_os_error() == Some(INTERNAL_ERROR) => {}
                child => return child.unwrap_or_else(|err| panic!("{command:?}: {err}")),
            }
        }
    }

    /// Runs it to its end.
    #[track_caller]
    pub fn run(mut self) -> Printed {
        let child = self.spawn();
        self.finish(child)
    }

    /// Runs it while nobody reads its output.
    #[track_caller]
    pub fn run_unread(mut self) -> Printed {
        let mut child = self.spawn();
        drop(child.stdout.take());
        self.finish(child)
    }

    /// Waits for the end of a process from [`Self::spawn`].
    #[track_caller]
    pub fn finish(self, mut child: Child) -> Printed {
        if matches!(self.delivery, Delivery::ByteByByte) {
            let mut stdin = child.stdin.take().unwrap();
            thread::spawn(move || {
                for byte in self.stdin {
                    // The program need not read all of it.
                    _ = stdin.write_all(&[byte]);
                    thread::sleep(Duration::from_millis(1));
                }
            });
        }
        let output = finish(child);
        Printed {
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
            code: output.status.code(),
            #[cfg(unix)]
            signal: std::os::unix::process::ExitStatusExt::signal(&output.status),
        }
    }
}

/// A pipe that holds this.
fn in_a_pipe(bytes: &[u8]) -> (PipeReader, PipeWriter) {
    assert!(bytes.len() <= PIPE, "a pipe may not hold {} bytes", bytes.len());
    let (reader, mut writer) = io::pipe().unwrap();
    writer.write_all(bytes).unwrap();
    (reader, writer)
}

/// A file without a name that holds this.
fn in_a_file(bytes: &[u8]) -> Stdio {
    static NEXT: AtomicUsize = AtomicUsize::new(0);
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    let path = env::temp_dir().join(format!("bridgeline-stdin-{}-{number}", std::process::id()));
    fs::write(&path, bytes).unwrap();
    let file = File::open(&path).unwrap();
    fs::remove_file(&path).unwrap();
    file.into()
}

/// The outcome of a started program, at its end.
#[track_caller]
pub fn finish(child: Child) -> Output {
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || _ = sender.send(child.wait_with_output().unwrap()));
    receiver.recv_timeout(LIMIT).expect("the program hangs")
}

/// The outcome of a run.
#[derive(Debug)]
pub struct Printed {
    pub stdout: String,
    pub stderr: String,
    pub code: Option<i32>,
    #[cfg(unix)]
    pub signal: Option<i32>,
}

impl Printed {
    /// It exited as a hook or a render promises to, without an error message.
    #[track_caller]
    pub fn assert_quiet(&self, what: &str) {
        assert_eq!((self.code, self.stderr.as_str()), (Some(0), ""), "{what}: {self:?}");
    }

    /// Stdout of a successful run.
    #[track_caller]
    pub fn painted(self) -> String {
        assert_eq!((self.code, self.stderr.as_str()), (Some(0), ""), "{}", self.stdout);
        self.stdout
    }

    /// Rows of a successful run, without colours.
    #[track_caller]
    pub fn rows(self) -> Vec<String> {
        plain(&self.painted()).lines().map(str::to_owned).collect()
    }

    /// The only row of a successful run, without colours.
    #[track_caller]
    pub fn line(self) -> String {
        let rows = self.rows();
        assert!(rows.len() == 1 && !rows[0].trim().is_empty(), "{rows:?}");
        rows.into_iter().next().unwrap()
    }
}
