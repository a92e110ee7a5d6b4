//! The stand-in for the model: its answers to each prompt are scripted, and it records the tokens that it charges.
//!
//! A prompt names its script: `script:build` runs the turns of `build`, one after another in each session. A compacted
//! conversation continues with `after`. Held answers wait for their gate.

use std::collections::HashMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::thread::sleep;
use std::time::Duration;

use serde_json::Value;

use crate::http::{self, Answer, Events, Request};
use crate::wire;

/// One answer.
#[derive(Clone, Default)]
pub struct Turn {
    pub text: String,
    /// Tool calls, with their input.
    pub calls: Vec<(&'static str, Value)>,
    /// The gate that it waits for after its first words.
    pub gate: Option<&'static str>,
    /// Tokens read from the prompt cache, which set how full the context is.
    pub cache_read: u64,
}

impl Turn {
    pub fn says(text: &str) -> Self {
        Turn { text: text.to_owned(), cache_read: 50_000, ..Turn::default() }
    }

    pub fn calls(mut self, tool: &'static str, input: Value) -> Self {
        self.calls.push((tool, input));
        self
    }

    pub fn held(mut self, gate: &'static str) -> Self {
        self.gate = Some(gate);
        self
    }

    pub fn reads(mut self, cache_read: u64) -> Self {
        self.cache_read = cache_read;
        self
    }
}

#[derive(Clone, Copy)]
pub struct Tokens {
    pub input: u64,
    pub output: u64,
    pub cache_write: u64,
    pub cache_read: u64,
}

impl Tokens {
    /// Everything that the model has read.
    pub fn prompt(self) -> u64 {
        self.input + self.cache_write + self.cache_read
    }

    /// As reported without cache writes.
    pub fn without_writes(self) -> Tokens {
        Tokens { input: self.input + self.cache_write, cache_write: 0, ..self }
    }

    /// The hidden part of the output.
    pub fn reasoning(self) -> u64 {
        self.output / 3
    }

    /// The cost at the prices of Opus 4.8, in USD.
    pub fn usd(self) -> f64 {
        let Tokens { input, output, cache_write, cache_read } = self;
        let prices = [(input, 5.0), (output, 25.0), (cache_write, 6.25), (cache_read, 0.5)];
        prices.iter().map(|(tokens, price)| *tokens as f64 * price / 1e6).sum()
    }
}

/// Script of the agent's own request for a summary.
pub const COMPACTION: &str = "compaction";

/// Script of a request outside of the conversation, which agents don't count.
const ASIDE: &str = "aside";

/// A request that has been answered, or is being answered.
pub struct Heard {
    /// The session that sent it, if the agent reports that.
    pub session: String,
    /// The script that was run.
    pub script: String,
    pub body: String,
    /// The charged part: an aborted answer costs its first token.
    pub tokens: Tokens,
}

#[derive(Clone)]
pub struct StandIn(Arc<Shared>);

struct Shared {
    gates: PathBuf,
    scripts: Mutex<HashMap<String, Vec<Turn>>>,
    heard: Mutex<Vec<Heard>>,
}

impl StandIn {
    /// Serves on loopback. Returns the port. A gate is open once `gates` has a file with its name.
    pub fn new(gates: &Path) -> (Self, u16) {
        let shared = Shared { gates: gates.to_owned(), scripts: Mutex::default(), heard: Mutex::default() };
        let stand_in = StandIn(Arc::new(shared));
        let serving = stand_in.clone();
        (stand_in, http::serve(move |request, answer| serving.answer(request, answer)))
    }

    /// The turns of `script:name`.
    pub fn script(&self, name: &str, turns: impl Into<Vec<Turn>>) {
        self.0.scripts.lock().unwrap().insert(name.to_owned(), turns.into());
    }

    /// All requests so far.
    pub fn heard<T>(&self, look: impl FnOnce(&[Heard]) -> T) -> T {
        look(&self.0.heard.lock().unwrap())
    }

    /// Cost of a session, in USD.
    pub fn usd(&self, session: &str) -> f64 {
        self.heard(|heard| {
            let own = heard.iter().filter(|heard| heard.session == session);
            own.fold(0.0, |sum, heard| sum + heard.tokens.usd())
        })
    }

    /// Cost of all sessions, in USD.
    pub fn total_usd(&self) -> f64 {
        self.heard(|heard| heard.iter().fold(0.0, |sum, heard| sum + heard.tokens.usd()))
    }

    /// Tokens of each answer of the conversation.
    pub fn tokens(&self) -> Vec<Tokens> {
        let is_own = |heard: &&Heard| heard.script != ASIDE;
        self.heard(|heard| heard.iter().filter(is_own).map(|heard| heard.tokens).collect())
    }

    /// Number of requests that ran a script.
    pub fn played(&self, script: &str) -> usize {
        self.heard(|heard| heard.iter().filter(|heard| heard.script == script).count())
    }

    fn answer(&self, request: &Request, answer: Answer) -> io::Result<()> {
        let body = String::from_utf8_lossy(&request.body).into_owned();
        let asked: Value = serde_json::from_str(&body).unwrap_or_default();
        let Some(wire) = wire::of(&request.path).filter(|_| request.method == "POST") else {
            return answer.json("404 Not Found", &wire::not_found());
        };
        let session = session(&asked).unwrap_or_default();
        let script = script(&asked);
        let (number, turn, tokens) = {
            let mut heard = self.0.heard.lock().unwrap();
            let is_same = |heard: &&Heard| heard.script == script && heard.session == session;
            let turn = self.turn(&script, heard.iter().filter(is_same).count());
            let number = heard.len() as u64 + 1;
            // No two answers cost the same.
            let (input, output, cache_write) = (10 + number, 300 + 7 * number, 1000 + 90 * number);
            let tokens = Tokens { input, output, cache_write, cache_read: turn.cache_read };
            heard.push(Heard { session, script, body, tokens: Tokens { output: 1, ..tokens } });
            (number, turn, tokens)
        };
        wire(&asked, &turn, tokens, number, answer, &|events, ping| self.hold(&turn, events, ping))?;
        self.0.heard.lock().unwrap()[number as usize - 1].tokens = tokens;
        Ok(())
    }

    /// Waits for the gate of a turn; fails if the client has gone meanwhile.
    fn hold(&self, turn: &Turn, events: &mut Events, ping: &str) -> io::Result<()> {
        let Some(gate) = turn.gate else { return Ok(()) };
        while !fs::exists(self.0.gates.join(gate))? {
            events.send(ping)?;
            sleep(Duration::from_millis(50));
        }
        Ok(())
    }

    /// A turn of a script; the last one once there are no more.
    fn turn(&self, script: &str, number: usize) -> Turn {
        match script {
            COMPACTION => Turn::says("<analysis>Short.</analysis><summary>A test was begun. script:after</summary>"),
            ASIDE => Turn::says("Noted."),
            _ => {
                let scripts = self.0.scripts.lock().unwrap();
                let turns = scripts.get(script).unwrap_or_else(|| panic!("no script {script}"));
                turns.get(number).or(turns.last()).unwrap().clone()
            }
        }
    }
}

/// The script that a request names.
fn script(asked: &Value) -> String {
    let messages = ["messages", "input", "contents"].iter().find_map(|name| asked[name].as_array());
    let messages = messages.map_or(&[][..], Vec::as_slice);
    let texts: Vec<String> = messages.iter().filter(|message| message["role"] == "user").map(text).collect();
    let last = texts.last().map_or("", String::as_str);
    if last.contains("<summary>") && !last.contains("<task-notification>") {
        return COMPACTION.to_owned();
    }
    // Codex expects the title of a conversation in its own format.
    if asked["tools"].as_array().is_none_or(Vec::is_empty) || asked["text"]["format"].is_object() {
        return ASIDE.to_owned();
    }
    let named = texts.iter().rev().find_map(|text| text.rsplit_once("script:"));
    let name = named.and_then(|(_, rest)| rest.split(|c: char| !c.is_alphanumeric()).next());
    name.unwrap_or_else(|| panic!("a prompt without a script: {texts:?}")).to_owned()
}

/// Claude Code sends the session in a JSON string, Codex as the key of the prompt cache.
fn session(asked: &Value) -> Option<String> {
    if let Some(key) = asked["prompt_cache_key"].as_str() {
        return Some(key.to_owned());
    }
    let user: Value = serde_json::from_str(asked["metadata"]["user_id"].as_str()?).ok()?;
    Some(user["session_id"].as_str()?.to_owned())
}

/// The text of a message, without results of tools.
fn text(message: &Value) -> String {
    let content = &message["content"];
    let parts = content.as_array().or(message["parts"].as_array()).map_or(&[][..], Vec::as_slice);
    let parts = parts.iter().filter_map(|part| part["text"].as_str());
    content.as_str().into_iter().chain(parts).collect::<Vec<_>>().join("\n")
}
