//! A session in which every name is hostile, and a terminal that shows it.

use serde_json::json;

use crate::support::terminal::Terminal;
use crate::support::{NOW, Sandbox};

/// Columns of the terminal.
pub const COLUMNS: usize = 300;

/// Text that shells and tmux would expand. Any part of it that ran would leave a file `ran…`.
pub const TASK: &str = "型 $(touch ran1)`touch ran2`${x:-$(touch ran3)}\\$(touch ran4)$((1+1))$HOME";
pub const NAME: &str = "100% %n %{%F{red} %(?.a.b) !! !1 !$ \\w \\$ \\[\\] \\e[31m \\u";
pub const BRANCH: &str = "#(touch ran5)#{pid}##[x]#[fg=red]#S ## ### a#";
pub const DIR: &str = "a'b\"c;$(touch ran6)`touch ran7`&|<>*?[z]{x,y}#(touch ran8)%d!~";

/// The session in a sandbox.
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

    /// The text shown for the session.
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

    /// A terminal with this command in the folder of the session.
    pub fn terminal(&self, command: &[&str]) -> Terminal {
        let start_files = format!("ZDOTDIR={}", self.sandbox.text("home"));
        self.sandbox.terminal((COLUMNS, 24), &self.dir(), &[&start_files], command)
    }
}
