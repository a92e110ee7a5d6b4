//! A terminal of 80 columns and 24 rows of a test's own, with the program in it: a server of tmux that
//! nobody else knows, ended with it.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use crate::support::{NOW, Sandbox};

pub const BINARY: &str = env!("CARGO_BIN_EXE_bridgeline");

/// Far more than any screen takes to come.
const LIMIT: Duration = Duration::from_secs(30);

pub struct Terminal {
    pub sandbox: Sandbox,
    server: String,
}

impl Terminal {
    /// A terminal in which nothing runs yet; the user's config has this text.
    pub fn new(config: &str) -> Self {
        static NEXT: AtomicUsize = AtomicUsize::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let sandbox = Sandbox::new();
        sandbox.file("home/.config/bridgeline/config.toml", config);
        Terminal { sandbox, server: format!("bridgeline-{}-{number}", std::process::id()) }
    }

    /// Starts the editor, with these variables set.
    pub fn start(&self, variables: &[&str]) {
        self.start_command("configure 2>message", BINARY, variables);
    }

    /// Starts `program` with these arguments, between a line of its own and one that tells how it ended and
    /// how the terminal is set then.
    pub fn start_command(&self, args: &str, program: &str, variables: &[&str]) {
        let inner = format!(r#"sh -c 'echo $$ >pid; exec "$0" {args}' "$0""#);
        let run = format!(r#"echo before; {inner}; echo "status $?"; stty -a >stty; cat"#);
        self.run(&run, program, variables);
    }

    /// Starts the program in a session that has no terminal of its own, but this one open.
    pub fn start_in_own_session(&self) {
        self.run(r#"setsid -w sh -c 'echo $$ >pid; exec "$0" configure 2>message' "$0""#, BINARY, &[]);
    }

    /// Starts a command of the shell, whose `$0` is `program`.
    pub fn run(&self, run: &str, program: &str, variables: &[&str]) {
        let mut command: Vec<String> =
            ["env", "-i", "TERM=tmux-256color", "LC_ALL=C.UTF-8"].map(str::to_owned).into();
        command.extend(variables.iter().map(|variable| (*variable).to_owned()));
        for (name, folder) in [("HOME", "home"), ("TMPDIR", "tmp"), ("BRIDGELINE_STATE_DIR", "state")] {
            command.push(format!("{name}={}", self.sandbox.text(folder)));
        }
        let programs = Path::new(BINARY).parent().unwrap().display();
        command.push(format!("PATH={programs}:{}", std::env::var("PATH").unwrap()));
        command.push(format!("BRIDGELINE_NOW={}", NOW * 1000));
        command.extend(["sh", "-c", run, program].map(str::to_owned));
        let work = self.sandbox.text("work");
        let new = ["-f", "/dev/null", "new-session", "-d", "-x", "80", "-y", "24", "-c", &work, "--"];
        let arguments: Vec<&str> = new.into_iter().chain(command.iter().map(String::as_str)).collect();
        self.tmux(&arguments);
        self.tmux(&["set-option", "-g", "status", "off"]);
        // The line of tmux itself has taken one row.
        self.resize(80, 24);
    }

    /// Starts the program and waits for its screen: keys that come before are not its own.
    pub fn open(&self, variables: &[&str]) {
        self.start(variables);
        self.wait_for("[1 Theme]");
    }

    /// Presses keys, one after the other.
    pub fn press(&self, keys: &[&str]) {
        for key in keys {
            self.tmux(&["send-keys", "--", key]);
        }
    }

    pub fn resize(&self, columns: usize, rows: usize) {
        self.tmux(&["resize-window", "-x", &columns.to_string(), "-y", &rows.to_string()]);
    }

    /// Sends the program a signal.
    pub fn kill(&self, signal: &str) {
        let pid = self.read("work/pid");
        let status = Command::new("kill").args([&format!("-{signal}"), pid.trim()]).status().unwrap();
        assert!(status.success());
    }

    /// Presses Escape and waits until the screen has no more of this: a key right behind it would come as Alt and
    /// that key.
    #[track_caller]
    pub fn escape(&self, text: &str) {
        self.press(&["Escape"]);
        self.wait_until(&format!("`{text}` still"), |screen| !screen.contains(text));
    }

    /// What stands on the screen below its title, as soon as that has this in it.
    #[track_caller]
    pub fn wait_for(&self, text: &str) -> String {
        let screen = self.wait_until(&format!("no `{text}`"), |screen| screen.contains(text));
        // The path in the title is another each time.
        let below = screen.split_once('\n').map_or("", |(_, below)| below);
        below.lines().map(|line| format!("{}\n", line.trim_end())).collect()
    }

    /// Waits until the screen, its title included, is as it should be, and drawn to its end: it is taken while the
    /// program may be writing it.
    #[track_caller]
    pub fn wait_until(&self, complaint: &str, holds: impl Fn(&str) -> bool) -> String {
        let start = Instant::now();
        let mut last = String::new();
        loop {
            let screen = self.tmux(&["capture-pane", "-p"]);
            if holds(&screen) && screen == last {
                return screen;
            }
            assert!(start.elapsed() < LIMIT, "{complaint} in:\n{screen}");
            last = screen;
            thread::sleep(Duration::from_millis(20));
        }
    }

    /// Closes the terminal under the program.
    pub fn close(&self) {
        self.tmux(&["kill-server"]);
    }

    /// The program has ended, whatever its terminal.
    #[track_caller]
    pub fn assert_gone(&self) {
        assert!(self.is_gone_in_time(), "the program goes on without a terminal");
    }

    /// Waits for the end of the program; one that does not come to it is killed.
    fn is_gone_in_time(&self) -> bool {
        let Ok(pid) = fs::read_to_string(self.sandbox.path("work/pid")) else { return true };
        let signal = |name: &str| Command::new("kill").args([name, pid.trim()]).output();
        let start = Instant::now();
        while signal("-0").is_ok_and(|output| output.status.success()) {
            if start.elapsed() > LIMIT {
                _ = signal("-KILL");
                return false;
            }
            thread::sleep(Duration::from_millis(10));
        }
        true
    }

    /// What stands on the screen, with its colours.
    pub fn painted(&self) -> String {
        self.tmux(&["capture-pane", "-e", "-p"])
    }

    /// The program has ended with that status and this message, and the terminal is as it was before.
    #[track_caller]
    pub fn assert_restored(&self, status: &str, message: &str) {
        assert_eq!(self.ended(status), message);
        assert_eq!(self.wait_for_end(status).trim_end(), format!("status {status}"));
        self.assert_given_back();
    }

    /// The terminal shows what it showed before, and is set as it was.
    #[track_caller]
    pub fn assert_given_back(&self) {
        assert!(self.tmux(&["capture-pane", "-p"]).starts_with("before\n"));
        let modes = self.tmux(&["display-message", "-p", "#{alternate_on} #{cursor_flag} #{wrap_flag}"]);
        assert_eq!(modes, "0 1 1\n", "the other screen, the cursor, wrapping");
        let settings = self.read("work/stty");
        let settings: BTreeSet<&str> = settings.split([' ', ';', '\n']).collect();
        for setting in ["icanon", "echo", "isig", "icrnl", "opost"] {
            assert!(settings.contains(setting), "{setting}: {settings:?}");
        }
    }

    /// What the program has said on stderr when it has ended with that status.
    #[track_caller]
    pub fn ended(&self, status: &str) -> String {
        self.wait_for_end(status);
        self.read("work/message")
    }

    /// What stands below the first line when the program has ended with that status.
    #[track_caller]
    pub fn wait_for_end(&self, status: &str) -> String {
        let screen = self.wait_for(&format!("status {status}"));
        self.wait_for_file("work/stty");
        screen
    }

    #[track_caller]
    fn wait_for_file(&self, name: &str) {
        let start = Instant::now();
        let is_written = |path: &Path| fs::metadata(path).is_ok_and(|file| file.len() > 0);
        while !is_written(&self.sandbox.path(name)) {
            assert!(start.elapsed() < LIMIT, "no {name}");
            thread::sleep(Duration::from_millis(10));
        }
    }

    #[track_caller]
    pub fn read(&self, name: &str) -> String {
        self.sandbox.read(name)
    }

    pub fn files(&self, name: &str) -> BTreeSet<String> {
        self.sandbox.files(name)
    }

    #[track_caller]
    fn tmux(&self, arguments: &[&str]) -> String {
        let output = Command::new("tmux").args(["-L", &self.server]).args(arguments).output();
        let output = output.expect("tmux is installed");
        assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        _ = Command::new("tmux").args(["-L", &self.server, "kill-server"]).output();
        // Nothing outlives its test, nor writes into a folder that is being removed.
        _ = self.is_gone_in_time();
    }
}
