//! A user's home, and a terminal of 80 columns and 24 rows with the program in it.

use std::cell::OnceCell;
use std::collections::BTreeSet;
use std::fs;
use std::ops::Deref;
use std::process::Command;

use crate::support::terminal::Terminal;
use crate::support::{BINARY, LIMIT, Sandbox, poll, wait_until};

pub struct Scene {
    pub sandbox: Sandbox,
    terminal: OnceCell<Terminal>,
}

impl Scene {
    /// A scene without a running program; the user's config has this text.
    pub fn new(config: &str) -> Self {
        let sandbox = Sandbox::new();
        sandbox.file("home/.config/bridgeline/config.toml", config);
        Scene { sandbox, terminal: OnceCell::new() }
    }

    /// Starts the editor, with these variables set.
    pub fn start(&self, variables: &[&str]) {
        self.start_command("configure 2>message", BINARY, variables);
    }

    /// Starts `program` with these arguments, after a line of text and before one with its exit status and the settings
    /// of the terminal.
    pub fn start_command(&self, args: &str, program: &str, variables: &[&str]) {
        let inner = format!(r#"sh -c 'echo $$ >pid; exec "$0" {args}' "$0""#);
        let run = format!(r#"echo before; {inner}; echo "status $?"; stty -a >stty; cat"#);
        self.run(&run, program, variables);
    }

    /// Starts the program in a session without a controlling terminal, but with this one open.
    pub fn start_in_own_session(&self) {
        self.run(r#"setsid -w sh -c 'echo $$ >pid; exec "$0" configure 2>message' "$0""#, BINARY, &[]);
    }

    /// Starts a command of the shell, whose `$0` is `program`.
    pub fn run(&self, run: &str, program: &str, variables: &[&str]) {
        let settings = format!("CLAUDE_CONFIG_DIR={}", self.sandbox.text("home/.claude"));
        let variables = [&[settings.as_str()], variables].concat();
        let command = ["sh", "-c", run, program];
        let started = self.sandbox.terminal((80, 24), &self.sandbox.text("work"), &variables, &command);
        assert!(self.terminal.set(started).is_ok(), "one program in one terminal");
    }

    /// Starts the program and waits for its screen: it would not get keys pressed before.
    pub fn open(&self, variables: &[&str]) {
        self.start(variables);
        self.wait_for("[1 Theme]");
    }

    /// Sends the program a signal.
    pub fn kill(&self, signal: &str) {
        let pid = self.read("work/pid");
        let status = Command::new("kill").args([&format!("-{signal}"), pid.trim()]).status().unwrap();
        assert!(status.success());
    }

    /// Presses Escape and waits until this text is gone: a key right after it would count as Alt with that key.
    #[track_caller]
    pub fn escape(&self, text: &str) {
        self.press(&["Escape"]);
        self.wait_for_no(text);
    }

    /// The screen below its title, as soon as it contains this text.
    #[track_caller]
    pub fn wait_for(&self, text: &str) -> String {
        let screen = Terminal::wait_for(self, text);
        // The path in the title differs each time.
        screen.split_once('\n').map_or("", |(_, below)| below).to_owned()
    }

    /// The program has ended, even without its terminal.
    #[track_caller]
    pub fn assert_gone(&self) {
        assert!(self.is_gone_in_time(), "the program goes on without a terminal");
    }

    /// Waits for the end of the program, and kills it if it does not end.
    fn is_gone_in_time(&self) -> bool {
        let Ok(pid) = fs::read_to_string(self.sandbox.path("work/pid")) else { return true };
        let signal = |name: &str| Command::new("kill").args([name, pid.trim()]).output();
        let lives = || signal("-0").is_ok_and(|output| output.status.success());
        let is_gone = poll(LIMIT, lives, |lives| !lives).is_ok();
        if !is_gone {
            _ = signal("-KILL");
        }
        is_gone
    }

    /// The program has ended with that status and this message, and the terminal is as it was before.
    #[track_caller]
    pub fn assert_restored(&self, status: &str, message: &str) {
        assert_eq!(self.ended(status), message);
        assert_eq!(self.wait_for_status(status).trim_end(), format!("status {status}"));
        self.assert_given_back();
    }

    /// The terminal has its former content and settings.
    #[track_caller]
    pub fn assert_given_back(&self) {
        let screen = self.screen();
        // tmux 3.3 appends blanks of the other screen to its first line if the window was widened.
        assert!(screen.trim_start().starts_with("before\n"), "{screen:?}");
        let modes = self.tells("#{alternate_on} #{cursor_flag} #{wrap_flag} #{mouse_any_flag}");
        assert_eq!(modes, "0 1 1 0", "the other screen, the cursor, wrapping, the mouse");
        let settings = self.read("work/stty");
        let settings: BTreeSet<&str> = settings.split([' ', ';', '\n']).collect();
        for setting in ["icanon", "echo", "isig", "icrnl", "opost"] {
            assert!(settings.contains(setting), "{setting}: {settings:?}");
        }
    }

    /// The program's standard error, once it has ended with that status.
    #[track_caller]
    pub fn ended(&self, status: &str) -> String {
        self.wait_for_status(status);
        self.read("work/message")
    }

    /// The screen below the first line, once the program has ended with that status.
    #[track_caller]
    pub fn wait_for_status(&self, status: &str) -> String {
        let screen = self.wait_for(&format!("status {status}"));
        wait_until("work/stty", || fs::metadata(self.sandbox.path("work/stty")).is_ok_and(|file| file.len() > 0));
        screen
    }

    #[track_caller]
    pub fn read(&self, name: &str) -> String {
        self.sandbox.read(name)
    }
}

impl Deref for Scene {
    type Target = Terminal;

    fn deref(&self) -> &Terminal {
        self.terminal.get().expect("a program has been started")
    }
}

impl Drop for Scene {
    fn drop(&mut self) {
        self.terminal.take();
        // No process outlives its test, or writes into a folder that is being removed.
        _ = self.is_gone_in_time();
    }
}
