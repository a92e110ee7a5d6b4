//! Terminals that agents run in: sessions of a tmux server of the scenario's own.

use std::fmt::Debug;
use std::path::Path;
use std::process::{Command, Output};
use std::thread::sleep;
use std::time::{Duration, Instant};

use crate::stand_in::StandIn;

/// Far more than anything takes; what takes longer has failed.
pub const LIMIT: Duration = Duration::from_secs(60);

/// A terminal with a program in it.
pub struct Terminal {
    socket: String,
    name: String,
}

impl Terminal {
    /// Starts a command in a terminal of 140 columns.
    #[track_caller]
    pub fn start(
        socket: &str,
        name: &str,
        folder: &Path,
        environment: &[String],
        command: &[String],
    ) -> Self {
        let terminal = Terminal { socket: socket.to_owned(), name: name.to_owned() };
        let folder = folder.to_str().unwrap();
        let new = ["new-session", "-d", "-s", name, "-x", "140", "-y", "45", "-c", folder, "env", "-i"];
        let args = new.into_iter().map(str::to_owned);
        let args: Vec<String> =
            args.chain(environment.iter().cloned()).chain(command.iter().cloned()).collect();
        terminal.tmux(&args.iter().map(String::as_str).collect::<Vec<_>>());
        terminal
    }

    /// Types text, and waits until it is on the screen.
    #[track_caller]
    pub fn types(&self, text: &str) {
        self.tmux(&["send-keys", "-t", &self.name, "-l", text]);
        self.wait_for(text);
    }

    /// Presses keys, by tmux's names for them.
    #[track_caller]
    pub fn press(&self, keys: &[&str]) {
        for key in keys {
            self.tmux(&["send-keys", "-t", &self.name, key]);
        }
    }

    /// Answers a question with an option of its list, in which the row of the cursor begins with that mark. Keys
    /// may go unheard when the question has only just come.
    #[track_caller]
    pub fn answers(&self, question: &str, cursor: char, option: &str) {
        let start = Instant::now();
        loop {
            let screen = self.screen();
            if !screen.contains(question) {
                return;
            }
            assert!(start.elapsed() < LIMIT, "no option {option}:\n{screen}");
            let Some(row) =
                screen.lines().rfind(|row| row.trim_start_matches([' ', '│']).starts_with(cursor))
            else {
                continue;
            };
            let is_there = row.trim_end_matches([' ', '│']).ends_with(&format!(". {option}"));
            self.press(&[if is_there { "Enter" } else { "Down" }]);
            _ = poll(Duration::from_secs(1), || self.screen(), |now| !now.contains(row));
        }
    }

    #[track_caller]
    pub fn resize(&self, columns: usize) {
        self.tmux(&["resize-window", "-t", &self.name, "-x", &columns.to_string(), "-y", "45"]);
    }

    #[track_caller]
    pub fn columns(&self) -> usize {
        let columns = self.tmux(&["display-message", "-p", "-t", &self.name, "#{window_width}"]);
        columns.trim().parse().unwrap()
    }

    #[track_caller]
    pub fn screen(&self) -> String {
        self.tmux(&["capture-pane", "-p", "-t", &self.name])
    }

    /// Waits until the screen has this in it.
    #[track_caller]
    pub fn wait_for(&self, text: &str) {
        self.wait(text, |screen| screen.contains(text));
    }

    /// Waits until the screen has this in it no more.
    #[track_caller]
    pub fn wait_for_no(&self, text: &str) {
        self.wait(&format!("no {text}"), |screen| !screen.contains(text));
    }

    #[track_caller]
    pub fn wait(&self, what: &str, holds: impl Fn(&str) -> bool) {
        if let Err(screen) = poll(LIMIT, || self.screen(), |screen| holds(screen)) {
            panic!("{what} is awaited in vain:\n{screen}");
        }
    }

    /// Waits until the stand-in has been asked for so many answers of a script.
    #[track_caller]
    pub fn wait_for_answer(&self, stand_in: &StandIn, script: &str, number: usize) {
        let played = poll(LIMIT, || stand_in.played(script), |played| *played >= number);
        assert!(played.is_ok(), "{script} is played {played:?} times:\n{}", self.screen());
    }

    /// Waits until the program has ended, and its terminal with it.
    #[track_caller]
    pub fn wait_for_end(&self) {
        let is_there = || self.try_tmux(&["has-session", "-t", &self.name]).status.success();
        assert!(poll(LIMIT, is_there, |there| !there).is_ok(), "the agent does not end:\n{}", self.screen());
    }

    #[track_caller]
    fn tmux(&self, args: &[&str]) -> String {
        let output = self.try_tmux(args);
        assert!(output.status.success(), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    }

    fn try_tmux(&self, args: &[&str]) -> Output {
        let mut command = Command::new("tmux");
        command.env("LC_ALL", "C.UTF-8").args(["-u", "-f", "/dev/null", "-S", &self.socket]).args(args);
        command.output().expect("tmux is needed")
    }
}

/// Looks until what is seen holds; what was seen last when it does not within the limit.
pub fn poll<T: Debug>(limit: Duration, look: impl Fn() -> T, holds: impl Fn(&T) -> bool) -> Result<T, T> {
    let start = Instant::now();
    loop {
        let seen = look();
        if holds(&seen) {
            return Ok(seen);
        }
        if start.elapsed() > limit {
            return Err(seen);
        }
        sleep(Duration::from_millis(50));
    }
}
