//! Claude Code: what the line, `sessions`, prompts, bridge, cost rows and `usage` say of it.

use serde_json::{Value, json};

use crate::namespace::play;
use crate::scene::Scene;
use crate::stand_in::Turn;
use crate::terminal::Terminal;
use crate::CLAUDE_CODE;

/// Sessions of a scenario.
const SESSION: &str = "11111111-1111-4111-8111-111111111111";
const OTHER: &str = "22222222-2222-4222-8222-222222222222";

/// Claude Code in a terminal.
struct Client<'a> {
    scene: &'a Scene,
    terminal: Terminal,
    session: String,
}

/// Sets up a user who has been through all questions of the first start, and installs bridgeline for him.
fn install(scene: &Scene) {
    let approved = json!({"approved": [&KEY[KEY.len() - 20..]], "rejected": []});
    let trusted = json!({"hasTrustDialogAccepted": true, "hasCompletedProjectOnboarding": true});
    let projects = json!({(scene.text("work")): trusted});
    let known = json!({
        "hasCompletedOnboarding": true, "theme": "dark", "customApiKeyResponses": approved, "projects": projects,
        "hasSeenAutoDefaultNotice": true, "hasSeenAutoDefaultNudge": true,
    });
    scene.settings("home/.claude.json", &known);
    let permissions = json!({"defaultMode": "default", "allow": ["Bash(./hold:*)"]});
    scene.settings("home/.claude/settings.json", &json!({"permissions": permissions}));
    scene.bridgeline(&["install", "--hooks", "--yes"]);
}

const KEY: &str = "sk-ant-of-the-stand-in-000000000000000000";

/// A call of the project's tool that waits for a gate; it needs no permission.
fn hold(gate: &str) -> (&'static str, Value) {
    ("Bash", json!({"command": format!("./hold {gate}"), "description": format!("Hold {gate}")}))
}

/// The same, which needs a permission.
fn ask(gate: &str) -> (&'static str, Value) {
    ("Bash", json!({"command": format!("./ask {gate}"), "description": format!("Ask {gate}")}))
}

fn calls(text: &str, (tool, input): (&'static str, Value)) -> Turn {
    Turn::says(text).calls(tool, input)
}

impl<'a> Client<'a> {
    /// Starts a new session.
    #[track_caller]
    fn new(scene: &'a Scene, session: &str) -> Self {
        Client::start(scene, session, &["--session-id", session])
    }

    #[track_caller]
    fn start(scene: &'a Scene, session: &str, args: &[&str]) -> Self {
        let mut environment = scene.environment.clone();
        environment.push(format!("ANTHROPIC_API_KEY={KEY}"));
        for name in [
            "DISABLE_AUTOUPDATER",
            "DISABLE_ERROR_REPORTING",
            "DISABLE_TELEMETRY",
            "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC",
        ] {
            environment.push(format!("{name}=1"));
        }
        let command = ["node", &CLAUDE_CODE.program(), "--model", "claude-opus-4-8"];
        let command: Vec<String> = command.iter().chain(args).map(|arg| (*arg).to_owned()).collect();
        let (socket, work) = (scene.text("tmp/tmux"), scene.path("work"));
        let terminal = Terminal::start(&socket, &session[..8], &work, &environment, &command);
        terminal.wait_for("Opus 4.8 │");
        Client { scene, terminal, session: session.to_owned() }
    }

    /// Sends a prompt or a command.
    #[track_caller]
    fn says(&self, text: &str) {
        self.terminal.types(text);
        self.terminal.press(&["Enter"]);
    }

    /// Sends a prompt that plays a script, and waits until the stand-in has been asked for so many answers.
    #[track_caller]
    fn plays(&self, script: &str) {
        self.says(&format!("@@{script}"));
    }

    /// The parts of the line's row, as it is drawn anew.
    #[track_caller]
    fn line(&self) -> Vec<String> {
        let screen = self.terminal.screen();
        let row = screen.lines().rfind(|row| row.starts_with("  Opus 4.8")).unwrap_or_default();
        row.trim().split(" │ ").map(str::to_owned).collect()
    }

    /// Makes the agent draw the line anew.
    #[track_caller]
    fn redraw(&self) {
        let columns = if self.terminal.columns() == 140 { 141 } else { 140 };
        self.terminal.resize(columns);
    }

    /// Expects this state, and this tool at work, of everything that can be asked.
    #[track_caller]
    fn expect_state(&self, state: &str, activity: &str) {
        let mark = match state {
            "working" => "●",
            "waiting" => "◆",
            _ => "○",
        };
        let part = format!("{mark} {state} {activity}").trim_end().to_owned();
        let wanted = json!({"sessions": state, "prompt": part, "tmux": part});
        self.scene.expect_same("state", &wanted, || {
            json!({
                "sessions": self.scene.session(&self.session)["state"],
                "prompt": first_part(&self.scene.bridgeline(&["prompt", "plain"])),
                "tmux": first_part(&without_styles(&self.scene.bridgeline(&["prompt", "tmux"]))),
            })
        });
        // While a question is asked there is no line.
        if state != "waiting" {
            self.redraw();
            self.scene.expect_same("state in the line", &json!(part), || json!(self.line().get(1)));
        }
    }

    /// Expects the session's cost to be what the stand-in asks for it, wherever it stands.
    #[track_caller]
    fn expect_cost(&self) {
        let (scene, id) = (self.scene, &self.session);
        let usd = scene.stand_in.tokens(id).usd();
        scene.expect_usd("cost row", usd, || scene.cost_row(id)["estimated_cost_usd"].clone());
        scene.expect_usd("bridge's cost", usd, || scene.bridge(id)["total_cost_usd"].clone());
        scene.expect_usd("cost of usage", usd, || scene.usage(id)["cost_usd"].clone());
        scene.expect_usd("cost of sessions", usd, || scene.session(id)["cost"]["usd"].clone());
    }

    /// Expects the line to show this cost, and at least as much for today.
    #[track_caller]
    fn expect_cost_in_line(&self) {
        let usd = self.scene.stand_in.tokens(&self.session).usd();
        self.redraw();
        self.scene.expect_same("cost in the line", &json!(format!("${usd:.2}")), || json!(self.line().get(3)));
        let today = |line: &[String]| {
            let (today, block) = line.get(4)?.strip_prefix("today $")?.split_once(" block $")?;
            let block = block.split(' ').next()?;
            Some([today.parse().ok()?, block.parse().ok()?])
        };
        let enough = |seen: &Value| {
            let line: Vec<String> = serde_json::from_value(seen.clone()).unwrap();
            today(&line).is_some_and(|sums: [f64; 2]| sums.iter().all(|sum| *sum > usd - 0.01))
        };
        self.scene.expect(&format!("today and block, of ${usd:.2}"), || json!(self.line()), enough);
    }

    /// Leaves the agent.
    #[track_caller]
    fn exits(&self) {
        self.says("/exit");
        self.terminal.wait_for_end();
        self.scene.expect_same("state", &json!("ended"), || self.scene.session(&self.session)["state"].clone());
    }

    /// Expects the last cost row to have the agent's own total, which the transcript ends with.
    #[track_caller]
    fn expect_last_row(&self) {
        let transcript = self.scene.session(&self.session)["session"]["transcript"].clone();
        let lines = self.scene.lines(transcript.as_str().unwrap().as_ref());
        let total = lines.iter().rfind(|line| line["type"] == "cost-state").unwrap();
        let usd = total["totalCostUSD"].as_f64().unwrap();
        let known = self.scene.stand_in.tokens(&self.session).usd();
        assert!((usd - known).abs() < 1e-9, "the stand-in does not know what the agent counts: {usd} {known}");
        self.expect_cost();
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

#[test]
fn a_turn() {
    play(&CLAUDE_CODE, |scene: &Scene| {
        install(scene);
        scene.stand_in.script("hello", [Turn::says("Hello to you.")]);
        scene.stand_in.script(
            "build",
            [calls("First the tool.", hold("tool")), Turn::says("All is built.").held("answer")],
        );
        let client = Client::new(scene, SESSION);
        client.expect_state("idle", "");

        // The first turn has one answer, and no line is drawn before its end.
        client.plays("hello");
        client.terminal.wait_for("Hello to you.");
        client.expect_state("idle", "");
        client.expect_cost();
        client.expect_cost_in_line();

        client.plays("build");
        client.terminal.wait_for("First the tool.");
        client.expect_state("working", "◐ Bash ./hold tool");
        scene.open("tool");
        client.terminal.wait_for("All");
        client.expect_state("working", "");
        scene.open("answer");
        client.terminal.wait_for("is built.");
        client.expect_state("idle", "");
        client.expect_cost();
        client.expect_cost_in_line();
        client.exits();
        client.expect_last_row();
    });
}

#[test]
fn permissions() {
    play(&CLAUDE_CODE, |scene: &Scene| {
        install(scene);
        scene.stand_in.script("yes", [calls("May I?", ask("granted")), Turn::says("It was granted.")]);
        scene.stand_in.script("no", [calls("And now?", ask("refused")), Turn::says("Never said.")]);
        let client = Client::new(scene, SESSION);
        client.plays("yes");
        client.terminal.wait_for("Do you want to proceed?");
        client.expect_state("waiting", "◐ Bash ./ask granted");
        client.terminal.press(&["Enter"]);
        client.terminal.wait_for_no("Do you want to proceed?");
        client.expect_state("working", "◐ Bash ./ask granted");
        scene.open("granted");
        client.terminal.wait_for("It was granted.");
        client.expect_state("idle", "");
        client.expect_cost();

        client.plays("no");
        client.terminal.wait_for("Do you want to proceed?");
        client.expect_state("waiting", "◐ Bash ./ask refused");
        client.terminal.press(&["Down", "Down", "Enter"]);
        client.terminal.wait_for_no("Do you want to proceed?");
        client.expect_state("idle", "");
        client.exits();
        client.expect_last_row();
    });
}
