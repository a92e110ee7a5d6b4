//! The place of a scenario: a user's home with bridgeline installed, a project, and the stand-in.

use std::cell::RefCell;
use std::fs::{self, Permissions};
use std::ops::Deref;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use serde_json::{Value, json};

use crate::stand_in::{StandIn, Tokens, Turn};
use crate::support::{BINARY, LIMIT, Sandbox, poll, said};
use crate::terminal::Terminal;

/// Longest wait for an expected state. The line is drawn again after ten seconds at the latest.
const PATIENCE: Duration = Duration::from_secs(20);

/// A format with everything that is compared, in the line and in the prompt.
const CONFIG: &str = r#"
rows = ["model mode | state activity agents | context | cost | today block | duration"]
prompt_rows = "state activity | context | cost"
segments.state.format = "{mark} {state}"

# Tells which width it was drawn for.
[segments.duration]
format = "at {columns}"
priority = 100
"#;

/// A tool of the project, which waits for a gate.
const HOLD: &str = "#!/bin/sh\nuntil [ -e \"../gates/$1\" ]; do sleep 0.05; done\necho \"$1 is open\"\n";

pub struct Scene {
    sandbox: Sandbox,
    pub stand_in: StandIn,
    /// Variables of all processes here.
    pub environment: Vec<String>,
    /// Everything that was unexpected.
    complaints: RefCell<Vec<String>>,
}

impl Scene {
    pub fn new(sandbox: Sandbox) -> Self {
        fs::create_dir(sandbox.path("gates")).unwrap();
        let (stand_in, port) = StandIn::new(&sandbox.path("gates"));
        let url = format!("http://127.0.0.1:{port}");
        let environment = [
            format!("HOME={}", sandbox.text("home")),
            format!("TMPDIR={}", sandbox.text("tmp")),
            format!("PATH={}:{}", Path::new(BINARY).parent().unwrap().display(), std::env::var("PATH").unwrap()),
            "LC_ALL=C.UTF-8".into(),
            "TERM=tmux-256color".into(),
            "TZ=UTC".into(),
            format!("ANTHROPIC_BASE_URL={url}"),
            format!("OPENAI_BASE_URL={url}/v1"),
            format!("GOOGLE_GEMINI_BASE_URL={url}"),
        ];
        let complaints = RefCell::default();
        let scene = Scene { sandbox, stand_in, environment: environment.into(), complaints };
        scene.file("home/.config/bridgeline/config.toml", CONFIG);
        for tool in ["hold", "ask"] {
            let path = scene.file(&format!("work/{tool}"), HOLD);
            fs::set_permissions(path, Permissions::from_mode(0o755)).unwrap();
        }
        scene
    }

    /// A variable of all processes here.
    #[track_caller]
    pub fn variable(&self, name: &str) -> &str {
        let mut pairs = self.environment.iter().filter_map(|pair| pair.split_once('='));
        pairs.find(|(own, _)| *own == name).unwrap().1
    }

    /// Scripts of a session whose agent runs commands with `tool`: `build` runs one and answers, `yes` and `no` need a
    /// permission for theirs.
    pub fn scripts(&self, tool: impl Fn(&str, &str) -> Turn) {
        let build = [tool("First the tool.", "./hold tool"), Turn::says("All is built.").held("answer")];
        self.stand_in.script("build", build);
        self.stand_in.script("yes", [tool("May I?", "./ask granted"), Turn::says("It was granted.")]);
        self.stand_in.script("no", [tool("And now?", "./ask refused"), Turn::says("Never said.")]);
    }

    /// Continues `build` from its tool to its end; `expect` gets each state, and the running tool.
    #[track_caller]
    pub fn builds(&self, terminal: &Terminal, expect: impl Fn(&str, &str)) {
        self.open("tool");
        terminal.wait_for_answer(&self.stand_in, "build", 2);
        expect("working", "");
        self.open("answer");
        terminal.wait_for("All is built.");
        expect("idle", "");
    }

    /// Opens this gate.
    pub fn open(&self, gate: &str) {
        self.file(&format!("gates/{gate}"), "");
    }

    /// The output of bridgeline, run in the project.
    #[track_caller]
    pub fn bridgeline(&self, args: &[&str]) -> String {
        let mut command = Command::new("env");
        command.arg("-i").args(&self.environment).arg(BINARY).args(args).current_dir(self.path("work"));
        said(command.output().unwrap()).trim_end().to_owned()
    }

    /// The JSON output of bridgeline.
    #[track_caller]
    pub fn printed(&self, args: &[&str]) -> Value {
        let printed = self.bridgeline(args);
        serde_json::from_str(&printed).unwrap_or_else(|err| panic!("{args:?}: {err}: {printed}"))
    }

    /// A session in the list of `sessions`; null if it is missing.
    #[track_caller]
    pub fn session(&self, id: &str) -> Value {
        let all = self.printed(&["sessions", "--json", "--all"]);
        let mut sessions = all["sessions"].as_array().unwrap().iter();
        sessions.find(|session| session["session"]["id"] == id).cloned().unwrap_or_default()
    }

    /// The id of the only session that is open.
    #[track_caller]
    pub fn only_session(&self) -> String {
        let open = || self.printed(&["sessions", "--json"])["sessions"].clone();
        let ids = poll(LIMIT, open, |sessions| sessions.as_array().is_some_and(|sessions| sessions.len() == 1));
        let sessions = ids.unwrap_or_else(|all| panic!("not one session: {all}"));
        sessions[0]["session"]["id"].as_str().unwrap().to_owned()
    }

    /// The bridge file of a session; null without one.
    pub fn bridge(&self, id: &str) -> Value {
        let text = fs::read_to_string(self.path(&format!("tmp/ecc-metrics-{id}.json")));
        text.map_or(Value::Null, |text| serde_json::from_str(&text).unwrap())
    }

    /// The rows of a file with JSON lines; none if it is missing.
    pub fn lines(&self, path: &Path) -> Vec<Value> {
        let text = fs::read_to_string(path).unwrap_or_default();
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    /// The last cost row of a session; null without one.
    pub fn cost_row(&self, id: &str) -> Value {
        let rows = self.lines(&self.path("home/.claude/metrics/costs.jsonl"));
        rows.into_iter().rfind(|row| row["session_id"] == id).unwrap_or_default()
    }

    /// A session in the report of `usage`; null if it is missing.
    #[track_caller]
    pub fn usage(&self, id: &str) -> Value {
        let report = self.printed(&["usage", "--session", "--format", "json"]);
        let mut rows = report["rows"].as_array().unwrap().iter();
        rows.find(|row| row["session"] == id).cloned().unwrap_or_default()
    }

    /// Expects `usage` to count these answers of an agent, and no others.
    #[track_caller]
    pub fn expect_usage(&self, agent: &str, answers: &[Tokens]) {
        let sum = |count: fn(&Tokens) -> u64| answers.iter().map(count).sum::<u64>();
        let wanted = json!({
            "messages": answers.len(),
            "input_tokens": sum(|tokens| tokens.input), "output_tokens": sum(|tokens| tokens.output),
            "cache_write_tokens": sum(|tokens| tokens.cache_write), "cache_read_tokens": sum(|tokens| tokens.cache_read),
        });
        self.expect_same("usage", &wanted, || {
            let report = self.printed(&["usage", "--format", "json", "--agent", agent]);
            let counts = wanted.as_object().unwrap().keys();
            counts.map(|count| (count.clone(), report["total"][count].clone())).collect()
        });
    }

    /// Expects `sessions` to show this model, and this many tokens in its context.
    #[track_caller]
    pub fn expect_facts(&self, id: &str, agent: &str, model: &str, tokens: u64) {
        let wanted = json!({"agent": agent, "model": model, "tokens": tokens});
        self.expect_same("facts", &wanted, || {
            let session = self.session(id);
            json!({
                "agent": session["agent"]["name"], "model": session["model"]["name"],
                "tokens": session["context"]["tokens"],
            })
        });
    }

    /// Expects prompts to count sessions of all projects like this.
    #[track_caller]
    pub fn expect_counts(&self, wanted: &str) {
        let seen = || json!(without_styles(&self.bridgeline(&["prompt", "tmux", "--all"])));
        self.expect_same("counts", &json!(wanted), seen);
    }

    /// The state and the running tool in the prompt.
    #[track_caller]
    pub fn prompt(&self) -> String {
        first_part(&self.bridgeline(&["prompt", "plain"]))
    }

    /// Expects `sessions` and prompts to show this state and this running tool. Returns their text in rows.
    #[track_caller]
    pub fn expect_state(&self, session: &str, state: &str, activity: &str) -> (bool, String) {
        let mark = match state {
            "working" => "●",
            "waiting" => "◆",
            _ => "○",
        };
        let part = format!("{mark} {state} {activity}").trim_end().to_owned();
        let wanted = json!({"sessions": state, "prompt": part, "tmux": part});
        let told = self.expect_same("state", &wanted, || {
            json!({
                "sessions": self.session(session)["state"],
                "prompt": self.prompt(),
                "tmux": first_part(&without_styles(&self.bridgeline(&["prompt", "tmux"]))),
            })
        });
        (told, part)
    }

    /// Expects a condition to hold soon, and returns `true` if it does; the scenario continues in any case.
    #[track_caller]
    pub fn expect(&self, what: &str, look: impl Fn() -> Value, holds: impl Fn(&Value) -> bool) -> bool {
        let outcome = poll(PATIENCE, look, holds);
        if let Err(seen) = &outcome {
            let place = std::panic::Location::caller();
            let complaint = format!("{}:{}: {what}: {seen}", place.file(), place.line());
            println!("{complaint}");
            self.complaints.borrow_mut().push(complaint);
        }
        outcome.is_ok()
    }

    #[track_caller]
    pub fn expect_same(&self, what: &str, wanted: &Value, look: impl Fn() -> Value) -> bool {
        self.expect(&format!("{what}: not {wanted}"), look, |seen| seen == wanted)
    }

    /// Expects amounts of money, in USD, to be the same to the cent and a thousandth of one.
    #[track_caller]
    pub fn expect_usd(&self, what: &str, wanted: f64, look: impl Fn() -> Value) {
        let near = |seen: &Value| seen.as_f64().is_some_and(|usd| (usd - wanted).abs() < 1e-5);
        self.expect(&format!("{what}: not {wanted}"), look, near);
    }

    #[track_caller]
    pub fn assert_as_expected(&self) {
        let complaints = self.complaints.borrow();
        assert!(complaints.is_empty(), "{} things are not as they should be", complaints.len());
    }

    /// An agent's settings before bridgeline is installed.
    pub fn settings(&self, name: &str, settings: &Value) {
        self.file(name, settings.to_string());
    }
}

impl Deref for Scene {
    type Target = Sandbox;

    fn deref(&self) -> &Sandbox {
        &self.sandbox
    }
}

fn first_part(row: &str) -> String {
    row.split(" │ ").next().unwrap_or_default().trim().to_owned()
}

/// The text of a row for tmux.
fn without_styles(row: &str) -> String {
    let mut parts = row.split("#[");
    let first = parts.next().unwrap_or_default().to_owned();
    parts.filter_map(|part| part.split_once(']')).fold(first, |text, (_, rest)| text + rest)
}
