//! A session whose every name is hostile, and a terminal to look at it in.

use std::path::Path;
use std::process::{Command, Output};
use std::thread::sleep;
use std::time::{Duration, Instant};

use serde_json::json;
use unicode_width::UnicodeWidthStr;

use crate::support::{NOW, Sandbox};

/// Columns of the terminal.
pub const COLUMNS: usize = 300;

/// Far longer than anything takes: who waits longer has failed.
const LIMIT: Duration = Duration::from_secs(30);

/// Text that shells and tmux would expand. Whatever of it ran would leave a file `ran…`.
pub const TASK: &str = "型 $(touch ran1)`touch ran2`${x:-$(touch ran3)}\\$(touch ran4)$((1+1))$HOME";
pub const NAME: &str = "100% %n %{%F{red} %(?.a.b) !! !1 !$ \\w \\$ \\[\\] \\e[31m \\u";
pub const BRANCH: &str = "#(touch ran5)#{pid}##[x]#[fg=red]#S ## ### a#";
pub const DIR: &str = "a'b\"c;$(touch ran6)`touch ran7`&|<>*?[z]{x,y}#(touch ran8)%d!~";

/// The session, as it lives in a sandbox.
pub struct Scene {
    pub sandbox: Sandbox,
}

impl Scene {
    pub fn new() -> Self {
        let sandbox = Sandbox::new();
        let folder = format!("work/{DIR}");
        sandbox.file(&format!("{folder}/.git/HEAD"), format!("ref: refs/heads/{BRANCH}\n"));
        sandbox.file(
            "home/.config/bridgeline/config.toml",
            "prompt_rows = \"state task | session | git | dir\"\n\
             segments = { task.format = \"{title}\", session.format = \"{name}\", git.format = \"{branch}\", \
             dir.format = \"{name}\", state.format = \"{mark}\" }\n",
        );
        let tasks = json!([{"id": "1", "subject": TASK, "status": "in_progress"}]);
        let ours = json!({"seq": 1, "state": "waiting", "since_ms": NOW * 1000, "tasks": tasks});
        sandbox.bridge("s", json!({ "bridgeline": ours }));
        let dir = sandbox.text(&folder);
        let payload = json!({"session_id": "s", "session_name": NAME, "model": "M",
            "workspace": {"current_dir": dir, "project_dir": dir}});
        sandbox.render(&payload).run().rows();
        Scene { sandbox }
    }

    /// The folder of the session.
    pub fn dir(&self) -> String {
        self.sandbox.text(&format!("work/{DIR}"))
    }

    /// What is shown of the session.
    #[track_caller]
    pub fn shown(&self) -> String {
        let shown = format!("◆ {TASK} │ {NAME} │ {BRANCH} │ {DIR}");
        let plain = self.sandbox.call(&["prompt", "plain", "--dir", &self.dir()]).env("COLUMNS", "299").run();
        assert_eq!(plain.line(), shown);
        shown
    }

    #[track_caller]
    pub fn assert_nothing_ran(&self) {
        let ran = |name: &String| name.rsplit('/').next().unwrap().starts_with("ran");
        let files = self.sandbox.files(".");
        assert_eq!(files.iter().find(|name| ran(name)), None);
    }

    /// What comes before a command, so that it finds the program and everything of the sandbox.
    pub fn environment(&self) -> Vec<String> {
        let programs = Path::new(env!("CARGO_BIN_EXE_bridgeline")).parent().unwrap();
        let path = format!("PATH={}:/usr/local/bin:/usr/bin:/bin", programs.display());
        let folders = [
            ("HOME", "home"),
            ("ZDOTDIR", "home"),
            ("TMPDIR", "tmp"),
            ("CLAUDE_CONFIG_DIR", "config"),
            ("BRIDGELINE_STATE_DIR", "state"),
        ];
        let folders = folders.map(|(name, folder)| format!("{name}={}", self.sandbox.text(folder)));
        let fixed = [path, "LC_ALL=C.UTF-8".into(), format!("BRIDGELINE_NOW={}", NOW * 1000)];
        ["env".to_owned(), "-i".into(), "-C".into(), self.dir()]
            .into_iter()
            .chain(fixed)
            .chain(folders)
            .collect()
    }

    /// A terminal with this command in the folder of the session.
    pub fn terminal(&self, command: &[&str]) -> Terminal<'_> {
        let terminal = Terminal { scene: self, socket: self.sandbox.text("tmux.sock") };
        let size = [("-x", COLUMNS), ("-y", 24)].map(|(flag, size)| [flag.to_owned(), size.to_string()]);
        let mut args: Vec<String> = ["new-session", "-d"].map(str::to_owned).into();
        args.extend(size.into_iter().flatten());
        args.extend(self.environment());
        args.push("TERM=tmux-256color".to_owned());
        args.extend(command.iter().map(|word| (*word).to_owned()));
        let args: Vec<&str> = args.iter().map(String::as_str).collect();
        terminal.tmux(&args);
        terminal
    }
}

/// A pane of a tmux server of its own, which ends with it.
pub struct Terminal<'a> {
    scene: &'a Scene,
    socket: String,
}

impl Terminal<'_> {
    /// Runs a command of tmux, and gives what it prints.
    #[track_caller]
    pub fn tmux(&self, args: &[&str]) -> String {
        let output = self.try_tmux(args);
        assert!(output.status.success(), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    }

    fn try_tmux(&self, args: &[&str]) -> Output {
        let mut command = Command::new("tmux");
        command.env_clear().env("PATH", "/usr/local/bin:/usr/bin:/bin").env("LC_ALL", "C.UTF-8");
        command.args(["-u", "-f", "/dev/null", "-S", &self.socket]).args(args);
        command.output().expect("tmux is needed")
    }

    /// Types text.
    pub fn types(&self, text: &str) {
        self.tmux(&["send-keys", "-l", text]);
    }

    /// Presses keys, by tmux's names for them.
    pub fn press(&self, keys: &[&str]) {
        self.tmux(&[&["send-keys"], keys].concat());
    }

    /// The rows of the screen, without blanks at their ends.
    pub fn rows(&self) -> Vec<String> {
        self.tmux(&["capture-pane", "-p"]).lines().map(|row| row.trim_end().to_owned()).collect()
    }

    /// Column and row of the cursor.
    pub fn cursor(&self) -> (usize, usize) {
        let told = self.tmux(&["display-message", "-p", "#{cursor_x} #{cursor_y}"]);
        let (x, y) = told.trim().split_once(' ').unwrap();
        (x.parse().unwrap(), y.parse().unwrap())
    }

    /// Waits until the screen is as it should be, and drawn to its end: it is taken while programs may be writing it.
    #[track_caller]
    pub fn wait(&self, what: &str, until: impl Fn(&[String]) -> bool) -> Vec<String> {
        let begin = Instant::now();
        let mut last = Vec::new();
        loop {
            let rows = self.rows();
            if until(&rows) && rows == last {
                return rows;
            }
            assert!(begin.elapsed() < LIMIT, "{what}: {rows:#?}");
            last = rows;
            sleep(Duration::from_millis(20));
        }
    }

    /// Waits until the cursor stands behind `text`, which begins its row.
    #[track_caller]
    pub fn wait_for_cursor_behind(&self, what: &str, text: &str) {
        let begin = Instant::now();
        loop {
            let ((x, y), rows) = (self.cursor(), self.rows());
            let row = rows.get(y).map_or("", String::as_str);
            if x == text.width() && row.starts_with(text.trim_end()) {
                return;
            }
            let wanted = text.width();
            assert!(begin.elapsed() < LIMIT, "{what}: cursor at {x}, not {wanted}: {rows:#?}");
            sleep(Duration::from_millis(20));
        }
    }

    /// Waits until the cursor stands at a column and row.
    #[track_caller]
    pub fn wait_for_cursor(&self, what: &str, wanted: (usize, usize)) {
        let begin = Instant::now();
        loop {
            let found = self.cursor();
            if found == wanted {
                return;
            }
            assert!(
                begin.elapsed() < LIMIT,
                "{what}: cursor at {found:?}, not {wanted:?}: {:#?}",
                self.rows()
            );
            sleep(Duration::from_millis(20));
        }
    }

    /// The scene that it stands in.
    pub fn scene(&self) -> &Scene {
        self.scene
    }
}

impl Drop for Terminal<'_> {
    fn drop(&mut self) {
        _ = self.try_tmux(&["kill-server"]);
    }
}
