//! A place of a test's own (folders, variables, a clock) and the real binary run in it.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc;
use std::time::{Duration, UNIX_EPOCH};
use std::{env, thread};

use serde_json::{Value, json};

/// What the clock says in a sandbox, in epoch seconds: 2026-11-23T03:01:40Z.
pub const NOW: u64 = 1_795_402_900;

/// The session of [`Sandbox::rich`].
pub const RICH: &str = "5f0c2f0e-3d8a-4a55-9a5e-0f6f1d3a7b21";

/// Far more than any run takes; one that takes longer hangs.
const LIMIT: Duration = Duration::from_secs(60);

const BINARY: &str = env!("CARGO_BIN_EXE_bridgeline");

/// Names of the embedded themes.
pub fn themes() -> Vec<String> {
    let entries = fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("themes")).unwrap();
    let names = entries.map(|entry| entry.unwrap().path().file_stem().unwrap().to_str().unwrap().to_owned());
    names.collect()
}

/// A folder with `home`, `tmp`, `config`, `state` and `work`, removed with it.
pub struct Sandbox(PathBuf);

impl Sandbox {
    pub fn new() -> Self {
        static NEXT: AtomicUsize = AtomicUsize::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let temp = env::temp_dir();
        // macOS has a link there, and the program is told its directory without links.
        let temp = if cfg!(unix) { temp.canonicalize().unwrap() } else { temp };
        let root = temp.join(format!("bridgeline-it-{:07}-{number:04}", std::process::id()));
        for folder in ["home", "tmp", "config", "work"] {
            fs::create_dir_all(root.join(folder)).unwrap();
        }
        Sandbox(root)
    }

    pub fn path(&self, name: &str) -> PathBuf {
        // The program shows paths as the system spells them.
        if cfg!(windows) { self.0.join(name.replace('/', "\\")) } else { self.0.join(name) }
    }

    /// The path as a payload spells it.
    pub fn text(&self, name: &str) -> String {
        self.path(name).to_str().unwrap().to_owned()
    }

    pub fn file(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, content).unwrap();
        path
    }

    /// Dates a file, or on Unix a folder, in epoch seconds.
    pub fn set_modified(&self, name: &str, seconds: u64) {
        let path = self.path(name);
        let file = File::options().read(true).write(path.is_file()).open(path).unwrap();
        file.set_modified(UNIX_EPOCH + Duration::from_secs(seconds)).unwrap();
    }

    #[track_caller]
    pub fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap_or_else(|err| panic!("{name}: {err}"))
    }

    #[track_caller]
    pub fn json(&self, name: &str) -> Value {
        let text = self.read(name);
        serde_json::from_str(&text).unwrap_or_else(|err| panic!("{name}: {err}: {text}"))
    }

    /// Names of all files below a folder.
    pub fn files(&self, name: &str) -> BTreeSet<String> {
        let mut files = BTreeSet::new();
        for entry in fs::read_dir(self.path(name)).into_iter().flatten() {
            let entry = entry.unwrap();
            let name = format!("{name}/{}", entry.file_name().to_str().unwrap());
            match entry.file_type().unwrap().is_dir() {
                true => files.extend(self.files(&name)),
                false => _ = files.insert(name),
            }
        }
        files
    }

    /// The program with these arguments, and nothing on stdin.
    pub fn call(&self, args: &[&str]) -> Call {
        let mut command = Command::new(BINARY);
        command.args(args);
        self.prepare(command)
    }

    /// The line of this payload.
    pub fn render(&self, payload: &Value) -> Call {
        self.call(&[]).stdin(payload.to_string())
    }

    /// The program as a shell starts it with a redirection such as `>&-`.
    #[cfg(unix)]
    pub fn redirected(&self, redirection: &str) -> Call {
        let mut command = Command::new("/bin/sh");
        command.args(["-c", &format!("exec \"$0\" {redirection}"), BINARY]);
        self.prepare(command)
    }

    fn prepare(&self, mut command: Command) -> Call {
        command.env_clear().current_dir(self.path("work"));
        for (name, folder) in [
            ("HOME", "home"),
            ("USERPROFILE", "home"),
            ("TMPDIR", "tmp"),
            ("TEMP", "tmp"),
            ("CLAUDE_CONFIG_DIR", "config"),
            ("BRIDGELINE_STATE_DIR", "state"),
        ] {
            command.env(name, self.path(folder));
        }
        command.envs(env::var_os("SystemRoot").map(|root| ("SystemRoot", root)));
        command.env("BRIDGELINE_NOW", (NOW * 1000).to_string()).env("TZ", "UTC").env("HOSTNAME", "shed");
        command.env("COMPUTERNAME", "shed");
        // Nothing goes on behind a test's back: see `Call::refreshing`.
        command.env("BRIDGELINE_REFRESH_MS", "0");
        Call { command, stdin: Vec::new(), delivery: Delivery::Whole }
    }

    /// The git that is installed, without anybody's configuration. Whether it succeeded.
    pub fn git(&self, folder: &str, args: &[&str]) -> bool {
        self.git_says(folder, args).is_some()
    }

    /// What that git says, without the line break at its end. `None` when it fails.
    pub fn git_says(&self, folder: &str, args: &[&str]) -> Option<String> {
        let mut command = Command::new("git");
        // Nothing of it goes on behind a test's back.
        let settings = ["user.name=Ada", "user.email=ada@example.org", "maintenance.auto=false"];
        command.env_clear().current_dir(self.path(folder));
        command.args(settings.into_iter().flat_map(|setting| ["-c", setting])).args(args);
        command.env("GIT_CONFIG_GLOBAL", "/dev/null").env("GIT_CONFIG_NOSYSTEM", "1");
        let kept = ["PATH", "SystemRoot"];
        command.envs(kept.into_iter().filter_map(|name| Some((name, env::var_os(name)?))));
        let output = command.stdin(Stdio::null()).output().expect("git is installed");
        let said = String::from_utf8(output.stdout).unwrap();
        output.status.success().then(|| said.trim_end_matches('\n').to_owned())
    }

    /// A payload in which every segment has something to show, with all the files that it needs.
    pub fn rich(&self) -> Value {
        self.file("work/garden/.git/HEAD", "ref: refs/heads/feature/shed\n");
        self.bridge(RICH, json!({"total_cost_usd": 1.2, "tool_count": 47, "files_modified_count": 5}));
        self.file(
            &format!("config/tasks/{RICH}/1.json"),
            r#"{"id":"1","subject":"Sort the tools","status":"completed"}"#,
        );
        self.file(
            &format!("config/tasks/{RICH}/2.json"),
            r#"{"id":"2","subject":"Paint the door","activeForm":"Painting the door","status":"in_progress"}"#,
        );
        let mut payload = fixture("older/2026-09-prompt-cache.json");
        payload["workspace"] = json!({ "current_dir": self.text("work/garden") });
        payload
    }

    /// A bridge of the Node hooks.
    pub fn bridge(&self, session: &str, mut keys: Value) -> PathBuf {
        keys["session_id"] = json!(session);
        keys["first_timestamp"] = json!("2026-11-23T02:00:00.000Z");
        self.file(&format!("tmp/ecc-metrics-{session}.json"), keys.to_string())
    }
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        _ = fs::remove_dir_all(&self.0);
    }
}

/// A payload of `tests/fixtures/status`.
#[track_caller]
pub fn fixture(name: &str) -> Value {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/status").join(name);
    serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap()
}

/// Names of the payloads in `tests/fixtures/status`, as `folder/file.json`, in order.
pub fn fixtures() -> Vec<String> {
    recorded("status")
}

/// Names of the files in the folders of a folder of `tests/fixtures`, as `folder/file.json`, in order.
pub fn recorded(folder: &str) -> Vec<String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures").join(folder);
    let mut names = Vec::new();
    for folder in fs::read_dir(root).unwrap().map(|entry| entry.unwrap()) {
        for file in fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name()) {
            names.push(format!("{}/{}", folder.file_name().to_str().unwrap(), file.to_str().unwrap()));
        }
    }
    names.sort();
    names
}

/// A run of the program that is still to come.
#[must_use = "nothing is started before `run`"]
pub struct Call {
    command: Command,
    stdin: Vec<u8>,
    delivery: Delivery,
}

enum Delivery {
    Whole,
    ByteByByte,
    NeverClosed,
}

impl Call {
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

    /// With refreshes, and the programs that are installed.
    pub fn refreshing(self) -> Self {
        let path = env::var_os("PATH").unwrap_or_default();
        self.env("BRIDGELINE_REFRESH_MS", "60000").env("PATH", path)
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
        self.delivery = Delivery::NeverClosed;
        self
    }

    /// Starts it with pipes at all ends and leaves the rest to the caller.
    pub fn spawn(&mut self) -> Child {
        // Wine's, when a process takes long to begin on a busy machine.
        const INTERNAL_ERROR: i32 = 1359;
        let command = self.command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        loop {
            match command.spawn() {
                Err(err) if cfg!(windows) && err.raw_os_error() == Some(INTERNAL_ERROR) => {}
                child => return child.unwrap(),
            }
        }
    }

    /// Runs it to its end.
    #[track_caller]
    pub fn run(mut self) -> Printed {
        let child = self.spawn();
        self.finish(child)
    }

    /// Runs it while nobody reads what it prints.
    #[track_caller]
    pub fn run_unread(mut self) -> Printed {
        let mut child = self.spawn();
        drop(child.stdout.take());
        self.finish(child)
    }

    /// Feeds what [`Self::spawn`] has started, and waits for its end.
    #[track_caller]
    pub fn finish(self, mut child: Child) -> Printed {
        let (sender, receiver) = mpsc::channel();
        thread::spawn(move || {
            let mut stdin = child.stdin.take().unwrap();
            // What the program does not read, it has no need of.
            match self.delivery {
                Delivery::ByteByByte => self.stdin.iter().for_each(|byte| {
                    _ = stdin.write_all(&[*byte]);
                    thread::sleep(Duration::from_millis(1));
                }),
                Delivery::Whole | Delivery::NeverClosed => _ = stdin.write_all(&self.stdin),
            }
            let held = matches!(self.delivery, Delivery::NeverClosed).then_some(stdin);
            _ = sender.send(child.wait_with_output().unwrap());
            drop(held);
        });
        let output = receiver.recv_timeout(LIMIT).expect("the program hangs");
        Printed {
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
            code: output.status.code(),
        }
    }
}

/// What came of a run.
#[derive(Debug)]
pub struct Printed {
    pub stdout: String,
    pub stderr: String,
    pub code: Option<i32>,
}

impl Printed {
    /// Stdout of a run that went well.
    #[track_caller]
    pub fn painted(self) -> String {
        assert_eq!((self.code, self.stderr.as_str()), (Some(0), ""), "{}", self.stdout);
        self.stdout
    }

    /// Rows of a run that went well, without colours.
    #[track_caller]
    pub fn rows(self) -> Vec<String> {
        plain(&self.painted()).lines().map(str::to_owned).collect()
    }

    /// The one row of a run that went well, without colours.
    #[track_caller]
    pub fn line(self) -> String {
        let rows = self.rows();
        assert!(rows.len() == 1 && !rows[0].trim().is_empty(), "{rows:?}");
        rows.into_iter().next().unwrap()
    }
}

/// Text without its colours. Nothing else in it may be a command to the terminal or change how its
/// neighbours are read, and what a row begins it must end.
#[track_caller]
pub fn plain(painted: &str) -> String {
    let mut plain = String::new();
    let mut styled = false;
    let mut rest = painted.chars();
    while let Some(c) = rest.next() {
        if let Some(sequence) = rest.as_str().strip_prefix('[').filter(|_| c == '\x1b') {
            let (codes, after) = sequence.split_once('m').unwrap_or_else(|| panic!("{painted:?}"));
            assert!(codes.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b';')), "{painted:?}");
            styled = codes != "0";
            rest = after.chars();
            continue;
        }
        assert!(if c == '\n' { !styled } else { !is_dangerous(c) }, "{c:?} in {painted:?}");
        plain.push(c);
    }
    assert!(!styled, "{painted:?}");
    plain
}

pub fn is_dangerous(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{200b}' | '\u{200c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}')
        || matches!(c, '\u{2060}'..='\u{206f}' | '\u{61c}' | '\u{feff}' | '\u{e0000}'..='\u{e0fff}')
}
