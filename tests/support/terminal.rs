//! A terminal for a test with a program in it: a tmux server of its own, which ends with it.

use std::cell::RefCell;
use std::env;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use unicode_width::UnicodeWidthStr;

use super::{BINARY, LIMIT, poll};

pub struct Terminal {
    socket: PathBuf,
}

impl Terminal {
    /// Starts a command in a terminal of this many columns and rows, with the program on its `PATH`, and only these
    /// variables. `socket` is the path of the server's socket, which must be short.
    #[track_caller]
    pub fn start(
        socket: &Path, (columns, rows): (usize, usize), folder: &str, variables: &[String], command: &[&str],
    ) -> Self {
        let terminal = Terminal { socket: socket.to_owned() };
        let (columns, rows) = (columns.to_string(), rows.to_string());
        // tmux's own status line would take a row.
        let new = ["set-option", "-g", "status", "off", ";", "new-session", "-d", "-x", &columns, "-y", &rows];
        let programs = Path::new(BINARY).parent().unwrap().display();
        let path = format!("PATH={programs}:{}", env::var("PATH").unwrap());
        let env = ["--", "env", "-i", "-C", folder, "TERM=tmux-256color", "LC_ALL=C.UTF-8", &path];
        let variables: Vec<&str> = variables.iter().map(String::as_str).collect();
        terminal.tmux(&[&new, &env[..], &variables, command].concat());
        terminal
    }

    /// Runs a tmux command, and returns its output.
    #[track_caller]
    pub fn tmux(&self, args: &[&str]) -> String {
        let output = self.try_tmux(args);
        assert!(output.status.success(), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    }

    fn try_tmux(&self, args: &[&str]) -> Output {
        let mut command = Command::new("tmux");
        command.env("LC_ALL", "C.UTF-8").args(["-u", "-f", "/dev/null", "-S"]).arg(&self.socket).args(args);
        command.output().expect("tmux is needed")
    }

    /// Types text.
    #[track_caller]
    pub fn types(&self, text: &str) {
        self.tmux(&["send-keys", "-l", "--", text]);
    }

    /// Presses keys one after another, by tmux's names for them.
    #[track_caller]
    pub fn press(&self, keys: &[&str]) {
        for key in keys {
            self.tmux(&["send-keys", "--", key]);
        }
    }

    #[track_caller]
    pub fn resize(&self, columns: usize, rows: usize) {
        self.tmux(&["resize-window", "-x", &columns.to_string(), "-y", &rows.to_string()]);
    }

    /// A property of the pane, by a tmux format.
    #[track_caller]
    pub fn tells(&self, format: &str) -> String {
        self.tmux(&["display-message", "-p", format]).trim().to_owned()
    }

    /// The screen, without blanks at the ends of rows.
    #[track_caller]
    pub fn screen(&self) -> String {
        let shown = self.tmux(&["capture-pane", "-p"]);
        shown.lines().map(|row| format!("{}\n", row.trim_end())).collect()
    }

    #[track_caller]
    pub fn rows(&self) -> Vec<String> {
        self.screen().lines().map(str::to_owned).collect()
    }

    /// The screen, with its colours.
    #[track_caller]
    pub fn painted(&self) -> String {
        self.tmux(&["capture-pane", "-e", "-p"])
    }

    /// Column and row of the cursor.
    #[track_caller]
    pub fn cursor(&self) -> (usize, usize) {
        let told = self.tells("#{cursor_x} #{cursor_y}");
        let (x, y) = told.split_once(' ').unwrap();
        (x.parse().unwrap(), y.parse().unwrap())
    }

    /// Waits until the screen contains this text.
    #[track_caller]
    pub fn wait_for(&self, text: &str) -> String {
        self.wait(text, |screen| screen.contains(text))
    }

    /// Waits until the screen no longer contains this text.
    #[track_caller]
    pub fn wait_for_no(&self, text: &str) -> String {
        self.wait(&format!("no {text}"), |screen| !screen.contains(text))
    }

    /// Waits until the screen satisfies a condition, and is complete: a program may be writing it when it is read.
    #[track_caller]
    pub fn wait(&self, what: &str, holds: impl Fn(&str) -> bool) -> String {
        let last = RefCell::new(None);
        let look = || {
            let screen = self.screen();
            let stays = last.replace(Some(screen.clone())).as_ref() == Some(&screen);
            (screen, stays)
        };
        match poll(LIMIT, look, |(screen, stays)| *stays && holds(screen)) {
            Ok((screen, _)) => screen,
            Err((screen, _)) => panic!("{what} is awaited in vain:\n{screen}"),
        }
    }

    /// Like [`Self::wait`], by rows.
    #[track_caller]
    pub fn wait_for_rows(&self, what: &str, hold: impl Fn(&[&str]) -> bool) -> Vec<String> {
        let screen = self.wait(what, |screen| hold(&screen.lines().collect::<Vec<_>>()));
        screen.lines().map(str::to_owned).collect()
    }

    /// Waits until the cursor is right after `text`, which begins its row.
    #[track_caller]
    pub fn wait_for_cursor_behind(&self, what: &str, text: &str) {
        let holds = |((x, y), screen): &((usize, usize), String)| {
            *x == text.width() && screen.lines().nth(*y).is_some_and(|row| row.starts_with(text.trim_end()))
        };
        self.wait_for_both(what, &format!("{}", text.width()), holds);
    }

    /// Waits until the cursor is at a column and row.
    #[track_caller]
    pub fn wait_for_cursor(&self, what: &str, wanted: (usize, usize)) {
        self.wait_for_both(what, &format!("{wanted:?}"), |(cursor, _)| *cursor == wanted);
    }

    #[track_caller]
    fn wait_for_both(&self, what: &str, wanted: &str, holds: impl Fn(&((usize, usize), String)) -> bool) {
        if let Err((cursor, screen)) = poll(LIMIT, || (self.cursor(), self.screen()), holds) {
            panic!("{what}: cursor at {cursor:?}, not {wanted}:\n{screen}");
        }
    }

    /// Waits until the program has ended, and its terminal with it.
    #[track_caller]
    pub fn wait_for_end(&self) {
        assert!(poll(LIMIT, || self.is_there(), |is_there| !is_there).is_ok(), "no end:\n{}", self.screen());
    }

    /// The program has not ended.
    pub fn is_there(&self) -> bool {
        self.try_tmux(&["has-session"]).status.success()
    }

    /// Closes the terminal under the program.
    pub fn close(&self) {
        _ = self.try_tmux(&["kill-server"]);
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        self.close();
    }
}
