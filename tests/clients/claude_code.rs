//! Claude Code in the line, `sessions`, prompts, bridge, cost rows and `usage`.

use serde_json::{Value, json};

use crate::CLAUDE_CODE;
use crate::namespace::play;
use crate::scene::Scene;
use crate::stand_in::{COMPACTION, Turn};
use crate::support::{LIMIT, poll};
use crate::terminal::Terminal;

/// Sessions of a scenario.
const SESSION: &str = "11111111-1111-4111-8111-111111111111";
const OTHER: &str = "22222222-2222-4222-8222-222222222222";

/// Claude Code in a terminal.
struct Client<'a> {
    scene: &'a Scene,
    terminal: Terminal,
    session: String,
}

/// Sets up a user who has answered all questions of the first start, and installs bridgeline for them.
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

/// Columns that the agent reserves.
const MARGIN: usize = 4;

/// The agent's question for a permission.
const QUESTION: &str = "Do you want to proceed?";

const KEY: &str = "sk-ant-of-the-stand-in-000000000000000000";

/// Calls the project's tool, which waits for a gate; it needs no permission.
fn hold(text: &str, gate: &str) -> Turn {
    let input = json!({"command": format!("./hold {gate}"), "description": format!("Hold {gate}")});
    Turn::says(text).calls("Bash", input)
}

/// The same, with a tool that needs a permission.
fn ask(text: &str, gate: &str) -> Turn {
    let input = json!({"command": format!("./ask {gate}"), "description": format!("Ask {gate}")});
    Turn::says(text).calls("Bash", input)
}

impl<'a> Client<'a> {
    /// Starts a new session.
    #[track_caller]
    fn new(scene: &'a Scene, session: &str) -> Self {
        Client::start(scene, session, &["--session-id", session])
    }

    #[track_caller]
    fn start(scene: &'a Scene, session: &str, args: &[&str]) -> Self {
        let mut variables = vec![format!("ANTHROPIC_API_KEY={KEY}")];
        for name in [
            "DISABLE_AUTOUPDATER",
            "DISABLE_ERROR_REPORTING",
            "DISABLE_TELEMETRY",
            "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC",
        ] {
            variables.push(format!("{name}=1"));
        }
        let args = [&["--model", "claude-opus-4-8"], args].concat();
        let terminal = Terminal::start(scene, &session[..8], &variables, &CLAUDE_CODE, &args);
        terminal.wait_for("Opus 4.8 │");
        Client { scene, terminal, session: session.to_owned() }
    }

    /// Sends a prompt or a command.
    #[track_caller]
    fn says(&self, text: &str) {
        self.terminal.says(text);
    }

    /// Sends a prompt that plays a script.
    #[track_caller]
    fn plays(&self, script: &str) {
        self.says(&format!("script:{script}"));
    }

    /// Answers a question for a permission with the option of this name.
    #[track_caller]
    fn chooses(&self, option: &str) {
        self.terminal.answers(QUESTION, '❯', option);
    }

    /// The parts of the line's row, once it is drawn again.
    #[track_caller]
    fn line(&self) -> Vec<String> {
        let screen = self.terminal.screen();
        let row = screen.lines().rfind(|row| row.starts_with("  Opus 4.8")).unwrap_or_default();
        row.trim().split(" │ ").map(str::to_owned).collect()
    }

    /// The part of the line that begins with this text.
    #[track_caller]
    fn part(&self, start: &str) -> Option<String> {
        self.line().into_iter().find(|part| part.starts_with(start))
    }

    /// Makes the agent draw the line again, and waits for it.
    #[track_caller]
    fn redraw(&self) {
        self.resizes(if self.terminal.columns() == 140 { 141 } else { 140 });
    }

    /// Resizes the terminal, and waits for the line at that width.
    #[track_caller]
    fn resizes(&self, columns: usize) {
        self.terminal.resize(columns, 45);
        self.terminal.wait_for(&format!("at {}", columns - MARGIN));
    }

    /// Expects this state, and this running tool, in every place that shows them.
    #[track_caller]
    fn expect_state(&self, state: &str, activity: &str) {
        let (told, part) = self.scene.expect_state(&self.session, state, activity);
        // There is no line while a question is open.
        if told && state != "waiting" {
            self.redraw();
            self.scene.expect_same("state in the line", &json!(part), || json!(self.line().get(1)));
        }
    }

    /// Presses Escape while the agent works, and waits until it has stopped.
    #[track_caller]
    fn interrupts(&self) {
        self.terminal.press(&["Escape"]);
        self.terminal.wait_for_no("esc to interrupt");
    }

    /// Waits until bridgeline knows that this much of the context is in use.
    #[track_caller]
    fn wait_for_context(&self, percent: u64) {
        let used = || self.scene.session(&self.session)["context"]["used_percent"].as_f64();
        let known = poll(LIMIT, used, |used| *used == Some(percent as f64));
        assert!(known.is_ok(), "{known:?}: not {percent} % of the context\n{}", self.terminal.screen());
    }

    /// Expects no value of the context anywhere.
    #[track_caller]
    fn expect_no_context(&self) {
        let none = json!([null, null]);
        self.redraw();
        self.scene.expect_same("context", &none, || {
            let context = &self.scene.session(&self.session)["context"];
            let told = self.line().into_iter().find(|part| part.contains(" used"));
            json!([context["used_percent"], told])
        });
    }

    /// Expects this percentage of the context to be in use.
    #[track_caller]
    fn expect_context(&self, percent: u64) {
        self.redraw();
        let used = format!(" {percent}%");
        self.scene.expect_same("context", &json!([percent as f64, true]), || {
            let context = &self.scene.session(&self.session)["context"];
            json!([context["used_percent"], self.line().iter().any(|part| part.ends_with(&used))])
        });
    }

    /// Expects the session's cost to be the stand-in's, wherever it is shown.
    #[track_caller]
    fn expect_cost(&self) {
        let (scene, id) = (self.scene, &self.session);
        let usd = scene.stand_in.usd(id);
        scene.expect_usd("cost row", usd, || scene.cost_row(id)["estimated_cost_usd"].clone());
        scene.expect_usd("bridge's cost", usd, || scene.bridge(id)["total_cost_usd"].clone());
        scene.expect_usd("cost of usage", usd, || scene.usage(id)["cost_usd"].clone());
        scene.expect_usd("cost of sessions", usd, || scene.session(id)["cost"]["usd"].clone());
    }

    /// Expects the line to show this cost, and the cost of all sessions today and in the block.
    #[track_caller]
    fn expect_cost_in_line(&self) {
        let (usd, total) = (self.scene.stand_in.usd(&self.session), self.scene.stand_in.total_usd());
        self.redraw();
        self.scene.expect_same("cost in the line", &json!(format!("${usd:.2}")), || json!(self.part("$")));
        let today = |part: &Value| {
            let (today, block) = part.as_str()?.strip_prefix("today $")?.split_once(" block $")?;
            let block = block.split(' ').next()?;
            Some([today.parse().ok()?, block.parse().ok()?])
        };
        let enough =
            |part: &Value| today(part).is_some_and(|sums: [f64; 2]| sums.iter().all(|sum| (sum - total).abs() < 0.006));
        self.scene.expect(&format!("today and block: not ${total:.2}"), || json!(self.part("today ")), enough);
    }

    /// Quits the agent.
    #[track_caller]
    fn exits(&self) {
        self.says("/exit");
        self.terminal.wait_for_end();
        self.scene.expect_same("state", &json!("ended"), || self.scene.session(&self.session)["state"].clone());
    }

    /// Expects the last cost row to have the agent's own total, at the end of the transcript.
    #[track_caller]
    fn expect_last_row(&self) {
        let transcript = self.scene.session(&self.session)["session"]["transcript"].clone();
        let lines = self.scene.lines(transcript.as_str().unwrap().as_ref());
        let total = lines.iter().rfind(|line| line["type"] == "cost-state").unwrap();
        let usd = total["totalCostUSD"].as_f64().unwrap();
        let known = self.scene.stand_in.usd(&self.session);
        assert!((usd - known).abs() < 1e-9, "the stand-in does not know what the agent counts: {usd} {known}");
        self.expect_cost();
    }
}

#[test]
fn a_turn() {
    play(&CLAUDE_CODE, |scene: &Scene| {
        install(scene);
        scene.stand_in.script("hello", [Turn::says("Hello to you.")]);
        scene.stand_in.script("build", [hold("First the tool.", "tool"), Turn::says("All is built.").held("answer")]);
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
        client.terminal.wait_for_answer(&scene.stand_in, "build", 2);
        client.expect_state("working", "");
        scene.open("answer");
        client.terminal.wait_for("is built.");
        client.expect_state("idle", "");
        client.expect_cost();
        client.expect_cost_in_line();
        for columns in [150, 100, 72, 48] {
            client.resizes(columns);
            let row = client.line().join(" │ ");
            assert!(row.ends_with(&format!("at {}", columns - MARGIN)), "the agent cuts {row}");
        }
        client.exits();
        client.expect_last_row();
    });
}

#[test]
fn permissions() {
    play(&CLAUDE_CODE, |scene: &Scene| {
        install(scene);
        scene.stand_in.script("yes", [ask("May I?", "granted"), Turn::says("It was granted.")]);
        scene.stand_in.script("no", [ask("And now?", "refused"), Turn::says("Never said.")]);
        let client = Client::new(scene, SESSION);
        client.plays("yes");
        client.terminal.wait_for(QUESTION);
        client.expect_state("waiting", "◐ Bash ./ask granted");
        client.chooses("Yes");
        client.expect_state("working", "◐ Bash ./ask granted");
        scene.open("granted");
        client.terminal.wait_for("It was granted.");
        client.expect_state("idle", "");
        client.expect_cost();

        client.plays("no");
        client.terminal.wait_for(QUESTION);
        client.expect_state("waiting", "◐ Bash ./ask refused");
        client.chooses("No");
        client.expect_state("idle", "");
        client.exits();
        client.expect_last_row();
    });
}

#[test]
fn escape() {
    play(&CLAUDE_CODE, |scene: &Scene| {
        install(scene);
        scene.stand_in.script("tool", [hold("It takes long.", "never"), Turn::says("Never said.")]);
        scene.stand_in.script("answer", [Turn::says("It never ends.").held("never")]);
        scene.stand_in.script("question", [ask("May I?", "never"), Turn::says("Never said.")]);
        scene.stand_in.script("hello", [Turn::says("Hello to you.")]);
        let client = Client::new(scene, SESSION);
        client.plays("tool");
        client.terminal.wait_for("It takes long.");
        client.expect_state("working", "◐ Bash ./hold never");
        client.interrupts();
        client.expect_state("idle", "");

        client.plays("answer");
        client.terminal.wait_for_answer(&scene.stand_in, "answer", 1);
        client.expect_state("working", "");
        client.interrupts();
        client.expect_state("idle", "");

        client.plays("question");
        client.terminal.wait_for(QUESTION);
        client.expect_state("waiting", "◐ Bash ./ask never");
        client.terminal.press(&["Escape"]);
        client.terminal.wait_for_no(QUESTION);
        client.expect_state("idle", "");

        client.plays("hello");
        client.terminal.wait_for("Hello to you.");
        client.expect_state("idle", "");
        client.exits();
        client.expect_last_row();
    });
}

#[test]
fn a_background_subagent() {
    play(&CLAUDE_CODE, |scene: &Scene| {
        install(scene);
        let agent = json!({
            "description": "Look around", "prompt": "script:worker", "subagent_type": "general-purpose",
            "run_in_background": true,
        });
        let main = [
            Turn::says("Somebody else shall look.").calls("Agent", agent),
            Turn::says("The other one is at it."),
            Turn::says("The other one is done."),
        ];
        scene.stand_in.script("main", main);
        scene.stand_in.script("worker", [hold("I look.", "found"), Turn::says("I have found it.")]);
        let client = Client::new(scene, SESSION);
        client.plays("main");
        client.terminal.wait_for("The other one is at it.");
        client.terminal.wait_for_answer(&scene.stand_in, "worker", 1);
        let working = |seen: &Value| seen.as_str().is_some_and(|state| state.starts_with("● working"));
        scene.expect("state", || json!(scene.prompt()), working);
        client.redraw();
        let with_agent = |seen: &Value| working(seen) && seen.as_str().unwrap().contains(" 1 agent");
        scene.expect("state in the line", || json!(client.line().get(1)), with_agent);
        scene.open("found");
        client.terminal.wait_for("The other one is done.");
        client.expect_state("idle", "");
        client.expect_cost();
        client.expect_cost_in_line();
        client.exits();
        client.expect_last_row();
    });
}

/// The monitor's message about the context.
const WARNING: &str = "Context window:";

/// Number of requests of a script with a warning.
fn warned(scene: &Scene, script: &str) -> usize {
    let is_warned = |body: &str| body.contains(WARNING);
    scene.stand_in.heard(|heard| heard.iter().filter(|heard| heard.script == script && is_warned(&heard.body)).count())
}

impl Client<'_> {
    /// The context is the current one, and the cost includes the compaction's own request.
    fn goes_on_after_compaction(&self, scene: &Scene) {
        self.terminal.wait_for("There was.");
        self.expect_state("idle", "");
        self.expect_context(5);
        assert_eq!(warned(scene, "after"), 0, "the agent is told of the context before the compaction");
        self.expect_cost_in_line();
        self.exits();
        self.expect_last_row();
    }
}

#[test]
fn a_compaction_by_hand() {
    play(&CLAUDE_CODE, |scene: &Scene| {
        install(scene);
        let fill = [hold("It gets full.", "full").reads(700_000), Turn::says("It is full.").reads(720_000)];
        scene.stand_in.script("fill", fill);
        let after = [hold("There is room.", "open").reads(20_000), Turn::says("There was.")];
        scene.stand_in.script("after", after);
        scene.open("open");
        let client = Client::new(scene, SESSION);
        client.plays("fill");
        client.wait_for_context(70);
        scene.open("full");
        client.terminal.wait_for("It is full.");
        client.expect_state("idle", "");
        assert_eq!(warned(scene, "fill"), 1, "the agent is told of a context that is filling up");
        client.says("/compact");
        client.terminal.wait_for("Compacted");
        client.expect_state("idle", "");
        client.expect_no_context();
        client.plays("after");
        client.goes_on_after_compaction(scene);
    });
}

#[test]
fn a_compaction_of_its_own_accord() {
    play(&CLAUDE_CODE, |scene: &Scene| {
        install(scene);
        let fill = hold("It gets full.", "full").reads(970_000);
        scene.stand_in.script("fill", [fill]);
        let after = [hold("There is room.", "open").reads(20_000), Turn::says("There was.")];
        scene.stand_in.script("after", after);
        let client = Client::new(scene, SESSION);
        client.plays("fill");
        client.wait_for_context(97);
        scene.open("full");
        client.terminal.wait_for_answer(&scene.stand_in, COMPACTION, 1);
        client.terminal.wait_for_answer(&scene.stand_in, "after", 1);
        client.expect_state("working", "◐ Bash ./hold open");
        scene.open("open");
        client.goes_on_after_compaction(scene);
    });
}

#[test]
fn clear_and_resume() {
    play(&CLAUDE_CODE, |scene: &Scene| {
        install(scene);
        scene.stand_in.script("hello", [Turn::says("Hello to you.")]);
        scene.stand_in.script("again", [Turn::says("Welcome back.")]);
        let mut client = Client::new(scene, SESSION);
        client.plays("hello");
        client.terminal.wait_for("Hello to you.");
        client.expect_state("idle", "");
        client.says("/clear");
        let other = || {
            let all = scene.printed(&["sessions", "--json"]);
            let ids = all["sessions"].as_array().unwrap().iter().map(|session| &session["session"]["id"]);
            ids.filter_map(Value::as_str).find(|id| *id != SESSION).map(str::to_owned)
        };
        let cleared = poll(LIMIT, other, Option::is_some).ok().flatten().expect("a session after /clear");
        client.expect_last_row();
        client.session = cleared.clone();
        client.expect_state("idle", "");
        client.expect_no_context();
        client.expect_cost_in_line();
        client.plays("hello");
        client.terminal.wait_for("Hello to you.");
        client.expect_state("idle", "");
        client.expect_cost();
        client.expect_cost_in_line();
        client.exits();
        client.expect_last_row();

        let resumed = [(&cleared[..], &["--continue"][..]), (SESSION, &["--resume", SESSION])];
        for (session, args) in resumed {
            let client = Client::start(scene, session, args);
            client.expect_state("idle", "");
            client.expect_cost_in_line();
            client.plays("again");
            client.terminal.wait_for("Welcome back.");
            client.expect_state("idle", "");
            client.expect_cost();
            client.expect_cost_in_line();
            client.exits();
            client.expect_last_row();
        }
    });
}

#[test]
fn a_second_session_in_the_folder() {
    play(&CLAUDE_CODE, |scene: &Scene| {
        install(scene);
        scene.stand_in.script("work", [hold("I am at it.", "work"), Turn::says("It is done.")]);
        scene.stand_in.script("wait", [ask("May I?", "granted"), Turn::says("It was granted.")]);
        let (one, other) = (Client::new(scene, SESSION), Client::new(scene, OTHER));
        other.says("/rename the garden");
        other.terminal.wait_for("Session renamed");
        one.plays("work");
        one.terminal.wait_for("I am at it.");
        other.plays("wait");
        other.terminal.wait_for(QUESTION);
        let states = |one: &str, other: &str| {
            let seen = || json!([scene.session(SESSION)["state"], scene.session(OTHER)["state"]]);
            scene.expect_same("states", &json!([one, other]), seen);
        };
        states("working", "waiting");
        scene.expect_counts("◆ 1 ● 1");
        let list = || json!(scene.bridgeline(&["sessions"]));
        scene.expect("names", list, |list| list.as_str().unwrap().contains("the garden"));
        other.chooses("Yes");
        states("working", "working");
        scene.expect_counts("● 2");
        scene.open("granted");
        other.terminal.wait_for("It was granted.");
        states("working", "idle");
        scene.open("work");
        one.terminal.wait_for("It is done.");
        states("idle", "idle");
        for client in [one, other] {
            client.expect_cost();
            client.expect_cost_in_line();
            client.exits();
            client.expect_last_row();
        }
    });
}
