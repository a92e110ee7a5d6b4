//! Random transcripts of a year of sessions, as an agent writes them; the same seed gives the same files. They have
//! everything that makes counting hard: messages of several lines, side conversations that repeat others, forks,
//! subagents, errors, midnights.

use std::fs::{self, File};
use std::io::{BufWriter, Write};
use std::path::Path;
use std::time::{Duration, UNIX_EPOCH};

use super::random::Random;

/// The amount of data.
pub struct Plan {
    pub seed: u64,
    pub sessions: u64,
    /// Average number of messages per session.
    pub messages: u64,
    /// Average bytes of text in a message and in each tool result.
    pub text: u64,
    /// Days before [`Self::end`] on which sessions begin.
    pub days: u64,
    /// The last day, in epoch seconds.
    pub end: u64,
    /// Side conversations repeat messages of the main one.
    pub replays: bool,
}

/// Models for which this program and ccusage 20.0.24 have the same prices.
pub const PRICED: [&str; 6] = [
    "claude-opus-4-8",
    "claude-sonnet-4-6",
    "claude-haiku-4-5-20251001",
    "claude-fable-5-1",
    "claude-opus-4-5-20251101",
    "claude-sonnet-5",
];

/// A model for which only this program has prices.
pub const PRICED_HERE: &str = "claude-opus-5-5";

/// A model without a known price.
pub const UNPRICED: &str = "claude-next-1";

const PROJECTS: [&str; 5] = ["-home-ada-garden", "-home-ada-shed", "-srv-api", "-home-ada-garden-greenhouse", "-tmp-x"];

/// Writes them to `config/projects`. Returns their size in bytes.
pub fn write(config: &Path, plan: &Plan) -> u64 {
    let mut random = Random::new(plan.seed);
    let mut bytes = 0;
    let mut before: Option<(String, Vec<String>)> = None;
    for number in 0..plan.sessions {
        let project = *random.one_of(&PROJECTS);
        let id = format!("{:08x}-3d8a-4a55-9a5e-{:012x}", random.next() as u32, number);
        let begin = plan.end - random.below(plan.days * 86_400);
        let mut session = Session {
            id: id.clone(),
            main: Vec::new(),
            subagents: Vec::new(),
            clock: begin * 1000,
            number,
            text: plan.text,
            replays: plan.replays,
        };
        // One in eight is a fork of another, and has its lines.
        let mut project = project.to_owned();
        if let Some((other, lines)) = before.as_ref().filter(|_| random.chance(8)) {
            project.clone_from(other);
            session.main.clone_from(lines);
        }
        let messages = 1 + random.below(2 * plan.messages);
        session.talk(&mut random, messages);
        let folder = config.join("projects").join(&project);
        let end = session.clock;
        bytes += put(&folder.join(format!("{id}.jsonl")), &session.main, end);
        for (agent, lines) in session.subagents.iter().enumerate() {
            bytes += put(&folder.join(&id).join(format!("subagents/agent-{agent:04}.jsonl")), lines, end);
        }
        before = Some((project, session.main));
    }
    bytes
}

fn put(path: &Path, lines: &[String], end_ms: u64) -> u64 {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    let mut file = BufWriter::new(File::create(path).unwrap());
    for line in lines {
        writeln!(file, "{line}").unwrap();
    }
    let file = file.into_inner().unwrap();
    file.set_modified(UNIX_EPOCH + Duration::from_millis(end_ms)).unwrap();
    lines.iter().map(|line| line.len() as u64 + 1).sum()
}

struct Session {
    id: String,
    main: Vec<String>,
    subagents: Vec<Vec<String>>,
    /// Epoch milliseconds.
    clock: u64,
    number: u64,
    text: u64,
    replays: bool,
}

impl Session {
    fn talk(&mut self, random: &mut Random, messages: u64) {
        self.main
            .push(format!(r#"{{"type":"permission-mode","permissionMode":"acceptEdits","sessionId":"{}"}}"#, self.id));
        for message in 0..messages {
            self.clock += random.below(600_000);
            let asked =
                self.line("user", false, &format!(r#""message":{{"role":"user","content":"{}"}}"#, self.words(random)));
            self.main.push(asked);
            let id = format!("{:x}m{message}", self.number);
            let answer = self.answer(random, &id, &id, false);
            if random.chance(40) && self.replays {
                // Messages repeated in the side conversation are later and have another request id.
                self.clock += 30_000;
                let now = timestamp(self.clock);
                let replayed = answer.iter().map(|line| {
                    let side = line.replace(r#""isSidechain":false"#, r#""isSidechain":true"#);
                    let side = side.replace(&format!("\"req_{id}\""), &format!("\"req_{id}s\""));
                    let (before, _) = side.rsplit_once(r#""timestamp":"#).unwrap();
                    format!(r#"{before}"timestamp":"{now}"}}"#)
                });
                let replayed = replayed.collect();
                self.subagents.push(replayed);
            }
            self.main.extend(answer);
            if random.chance(20) {
                let side = (0..1 + random.below(6))
                    .flat_map(|part| self.answer(random, &format!("{id}a{part}"), &format!("{id}a{part}"), true))
                    .collect();
                self.subagents.push(side);
            }
            if random.chance(30) {
                let made_up = r#""message":{"id":"x","model":"<synthetic>","usage":{"input_tokens":0,"output_tokens":0,"cache_creation_input_tokens":0,"cache_read_input_tokens":0},"content":[]},"isApiErrorMessage":true"#;
                let line = self.line("assistant", false, made_up);
                self.main.push(line);
            }
            let answered = format!(
                r#""message":{{"role":"user","content":[{{"type":"tool_result","content":"say \"usage\": {{}} {}"}}]}}"#,
                self.words(random)
            );
            let line = self.line("user", false, &answered);
            self.main.push(line);
        }
        self.main.push(format!(
            r#"{{"type":"cost-state","sessionId":"{}","totalCostUSD":1.25,"modelUsage":{{}},"hasUnknownModelCost":false}}"#,
            self.id
        ));
    }

    /// A message, with a line for each of its blocks; only the last has its whole usage.
    fn answer(&mut self, random: &mut Random, id: &str, request: &str, side: bool) -> Vec<String> {
        let model = match random.below(40) {
            0 => UNPRICED,
            1 => PRICED_HERE,
            _ => *random.one_of(&PRICED),
        };
        let (short, long) = (random.below(3_000), random.below(3_000));
        let fast = model == "claude-opus-4-8" && random.chance(10);
        let (input, read, output) = (random.below(200), random.below(90_000), 1 + random.below(4_000));
        let blocks = 1 + random.below(3);
        (0..blocks)
            .map(|block| {
                self.clock += random.below(1_000);
                let output = if block + 1 == blocks { output } else { 1 + output / 100 };
                let usage = format!(
                    r#"{{"input_tokens":{input},"cache_creation_input_tokens":{},"cache_read_input_tokens":{read},"cache_creation":{{"ephemeral_5m_input_tokens":{short},"ephemeral_1h_input_tokens":{long}}},"output_tokens":{output},"service_tier":"standard","speed":"{}"}}"#,
                    short + long,
                    if fast { "fast" } else { "standard" },
                );
                let content = match block {
                    0 => format!(r#"{{"type":"text","text":"{}"}}"#, self.words(random)),
                    _ => format!(r#"{{"type":"tool_use","id":"t","name":"Edit","input":{{"new_string":"{}"}}}}"#, self.words(random)),
                };
                let message = format!(
                    r#""message":{{"id":"msg_{id}","type":"message","role":"assistant","model":"{model}","content":[{content}],"stop_reason":null,"usage":{usage}}},"requestId":"req_{request}""#
                );
                self.line("assistant", side, &message)
            })
            .collect()
    }

    fn line(&self, kind: &str, side: bool, rest: &str) -> String {
        let timestamp = timestamp(self.clock);
        format!(
            r#"{{"parentUuid":"0","isSidechain":{side},"userType":"external","cwd":"/home/ada","sessionId":"{}","version":"2.1.330","gitBranch":"main","type":"{kind}",{rest},"uuid":"{:x}-{:x}","timestamp":"{timestamp}"}}"#,
            self.id, self.number, self.clock,
        )
    }

    fn words(&self, random: &mut Random) -> String {
        const TEXT: &str = r#"The shed door \"sticks\" again; sand it, oil the hinge,\n and paint { it } green. "#;
        let length = random.below(2 * self.text);
        TEXT.repeat(length as usize / TEXT.len() + 1)
    }
}

fn timestamp(ms: u64) -> String {
    humantime::format_rfc3339_millis(UNIX_EPOCH + Duration::from_millis(ms)).to_string()
}
