//! A sandbox for a test (folders, variables, a clock) in which the real binary runs.

use std::collections::BTreeSet;
use std::env;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, UNIX_EPOCH};

use serde_json::{Value, json};

#[cfg(unix)]
use super::terminal::Terminal;
use super::{BINARY, Call, fixture, poll, wait_until};

/// The clock of a sandbox, in epoch seconds: 2026-11-23T03:01:40Z.
pub const NOW: u64 = 1_795_402_900;

/// Variables that set the program's folders in a sandbox.
const FOLDERS: [(&str, &str); 6] = [
    ("HOME", "home"),
    ("USERPROFILE", "home"),
    ("TMPDIR", "tmp"),
    ("TEMP", "tmp"),
    ("CLAUDE_CONFIG_DIR", "config"),
    ("BRIDGELINE_STATE_DIR", "state"),
];

/// The session of [`Sandbox::rich`].
pub const RICH: &str = "5f0c2f0e-3d8a-4a55-9a5e-0f6f1d3a7b21";

/// A folder with `home`, `tmp`, `config`, `state` and `work`. With `BRIDGELINE_KEEP` it is not removed.
pub struct Sandbox {
    root: PathBuf,
    /// It belongs to another process, and outlives this value.
    is_lent: bool,
}

impl Sandbox {
    pub fn new() -> Self {
        static NEXT: AtomicUsize = AtomicUsize::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let temp = env::temp_dir();
        // macOS has a link there, and the program gets its directory without links.
        let temp = if cfg!(unix) { temp.canonicalize().unwrap() } else { temp };
        let root = temp.join(format!("bridgeline-it-{:07}-{number:04}", std::process::id()));
        for folder in ["home", "tmp", "config", "work"] {
            fs::create_dir_all(root.join(folder)).unwrap();
        }
        Sandbox { root, is_lent: false }
    }

    /// The sandbox of the process that started this one.
    pub fn lent(root: &Path) -> Self {
        Sandbox { root: root.to_owned(), is_lent: true }
    }

    pub fn path(&self, name: &str) -> PathBuf {
        // The path as the program shows it.
        if cfg!(windows) { self.root.join(name.replace('/', "\\")) } else { self.root.join(name) }
    }

    /// The path as a payload has it.
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

    /// Names of all files of unfinished writes.
    pub fn unfinished(&self) -> BTreeSet<String> {
        self.files(".").into_iter().filter(|name| name.ends_with(".tmp")).collect()
    }

    /// The program with these arguments, and nothing on stdin.
    pub fn call(&self, args: &[&str]) -> Call {
        self.call_under(&[], args)
    }

    /// The program, run by the tool before it in the command line.
    pub fn call_under(&self, tool: &[&str], args: &[&str]) -> Call {
        let line = [tool, &[BINARY], args].concat();
        let mut command = self.command(line[0]);
        command.args(&line[1..]);
        command.env("BRIDGELINE_NOW", (NOW * 1000).to_string()).env("TZ", "UTC").env("HOSTNAME", "shed");
        // On a dark terminal.
        command.env("COMPUTERNAME", "shed").env("COLORFGBG", "15;0");
        // No background refreshes in tests: see `Call::refreshing`.
        command.env("BRIDGELINE_REFRESH_MS", "0");
        Call::new(command)
    }

    /// The line of this payload.
    pub fn render(&self, payload: &Value) -> Call {
        self.call(&[]).stdin(payload.to_string())
    }

    /// The program as a shell starts it with a redirection such as `>&-`.
    #[cfg(unix)]
    pub fn redirected(&self, redirection: &str) -> Call {
        self.call_under(&["/bin/sh", "-c", &format!("exec \"$0\" {redirection}")], &[])
    }

    /// Any program, in `work`, with the folders of the sandbox. It finds no other programs.
    pub fn command(&self, program: &str) -> Command {
        let mut command = Command::new(program);
        command.env_clear().current_dir(self.path("work"));
        command.envs(FOLDERS.map(|(name, folder)| (name, self.path(folder))));
        command.envs(env::var_os("SystemRoot").map(|root| ("SystemRoot", root)));
        command
    }

    /// An installed program, which finds others.
    pub fn installed(&self, program: &str) -> Command {
        let mut command = self.command(program);
        command.env("PATH", env::var_os("PATH").unwrap_or_default()).env("LC_ALL", "C.UTF-8");
        command
    }

    /// A terminal in which a command runs in a folder, with the variables of a call and these.
    #[cfg(unix)]
    pub fn terminal(&self, size: (usize, usize), folder: &str, variables: &[&str], command: &[&str]) -> Terminal {
        let folders = FOLDERS.map(|(name, folder)| format!("{name}={}", self.text(folder)));
        let around = [format!("BRIDGELINE_NOW={}", NOW * 1000), "COLORFGBG=15;0".to_owned()];
        let others = variables.iter().map(|variable| (*variable).to_owned());
        let variables: Vec<String> = folders.into_iter().chain(around).chain(others).collect();
        Terminal::start(&self.path("tmux.sock"), size, folder, &variables, command)
    }

    /// The installed git, without any user's configuration. Returns `true` if it succeeded.
    pub fn git(&self, folder: &str, args: &[&str]) -> bool {
        self.git_says(folder, args).is_some()
    }

    /// The output of that git, without its last line break. `None` if it fails.
    pub fn git_says(&self, folder: &str, args: &[&str]) -> Option<String> {
        let output = self.git_command(folder, args).stdin(Stdio::null()).output().expect("git is installed");
        let said = String::from_utf8(output.stdout).unwrap();
        output.status.success().then(|| said.trim_end_matches('\n').to_owned())
    }

    pub fn git_command(&self, folder: &str, args: &[&str]) -> Command {
        let mut command = self.installed("git");
        // No background work of git in tests.
        let settings = ["user.name=Ada", "user.email=ada@example.org", "maintenance.auto=false"];
        command.args(settings.into_iter().flat_map(|setting| ["-c", setting])).args(args);
        command.current_dir(self.path(folder));
        command.env("GIT_CONFIG_GLOBAL", "/dev/null").env("GIT_CONFIG_NOSYSTEM", "1");
        // Otherwise every new repository would get sample hooks.
        command.env("GIT_TEMPLATE_DIR", "");
        command
    }

    /// Waits until all processes started in the sandbox have ended, if the system can show that.
    #[track_caller]
    pub fn wait_for_the_last_process(&self) {
        wait_until("the end of the last process", || self.is_at_rest());
    }

    fn is_at_rest(&self) -> bool {
        // In the environment of each; a dead one has none.
        let state = self.text("state");
        let is_ours = |process: &Path| {
            let environment = fs::read(process.join("environ")).unwrap_or_default();
            environment.windows(state.len()).any(|window| window == state.as_bytes())
        };
        let processes = fs::read_dir("/proc").into_iter().flatten().flatten();
        !processes.map(|process| process.path()).any(|process| is_ours(&process))
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
        // A refresh started by a render may still be running.
        if ["command", "git", "usage"].iter().any(|facts| self.path("state").join(facts).exists()) {
            _ = poll(Duration::from_secs(10), || self.is_at_rest(), |is_at_rest| *is_at_rest);
        }
        // Processes that were just killed may still have files open there.
        let is_kept = self.is_lent || env::var_os("BRIDGELINE_KEEP").is_some();
        _ = is_kept || (0..10).any(|_| fs::remove_dir_all(&self.root).is_ok());
    }
}

/// The name of an unfinished write of the program: `<target>.<pid>.<8 hex>.tmp`.
pub fn is_unfinished(name: &str, target: &str) -> bool {
    let parts: Vec<&str> = name.rsplitn(4, '.').collect();
    let ["tmp", nonce, process, of] = parts[..] else { return false };
    let is_nonce = nonce.len() == 8 && nonce.bytes().all(|byte| byte.is_ascii_hexdigit());
    is_nonce && process.parse::<u32>().is_ok() && of.ends_with(target)
}
