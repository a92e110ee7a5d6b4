//! Messages to the agent after a tool call: little context left, cost, many files, a tool loop. Each is sent once, and
//! again only when its level changes or it recurs.

use super::ours::Repeats;
use super::record::{RING, Record};
use crate::base::env::Env;
use crate::base::format;
use crate::base::json::{self, Object};
use crate::base::text::Text;
use crate::store::KeyedFile;

/// The messages sent so far.
pub const TOLD: KeyedFile = KeyedFile::Shared("ecc-ctx-warn-");

/// Context left, in percent: upper bounds of a warning and of critical.
const CONTEXT: [f64; 2] = [35.0, 25.0];

/// Costs in USD that are reported when exceeded.
const COST: [f64; 3] = [5.0, 10.0, 50.0];

/// More modified files than this are reported.
const FILES: u64 = 20;

/// What the monitor needs besides the record.
pub struct Facts {
    /// Context left in percent; `None` when unknown or stale.
    pub context_remaining: Option<f64>,
    /// Cost in USD; `None` when unknown.
    pub cost_usd: Option<f64>,
    /// The subagent that gets the message, empty for the main conversation. `None` if a loop of any of them counts.
    pub agent: Option<String>,
}

/// Parts of the monitor that are on.
pub struct MonitorSettings {
    context: bool,
    cost: bool,
    files: bool,
    /// Number of equal calls in a row that make a loop; `None` if loops are off.
    loop_calls: Option<usize>,
}

impl MonitorSettings {
    /// `BRIDGELINE_MONITOR` names the parts that are on (`context,cost,files,loop`, or `off`);
    /// `ECC_CONTEXT_MONITOR_COST_WARNINGS=off` is the switch of the Node monitor;
    /// `BRIDGELINE_LOOP_CALLS` is the number of equal calls that make a loop, 2 to 5.
    pub fn new(env: &Env) -> Self {
        let parts = env.var("BRIDGELINE_MONITOR");
        let on = |part: &str| parts.as_deref().is_none_or(|parts| parts.split(',').any(|named| named.trim() == part));
        let node_off = |value: String| matches!(value.as_str(), "off" | "0" | "false" | "no");
        let calls = env.var("BRIDGELINE_LOOP_CALLS").and_then(|calls| calls.parse().ok());
        MonitorSettings {
            context: on("context"),
            cost: on("cost") && !env.var("ECC_CONTEXT_MONITOR_COST_WARNINGS").is_some_and(node_off),
            files: on("files"),
            loop_calls: on("loop").then(|| calls.unwrap_or(RING).clamp(2, RING)),
        }
    }
}

/// Conditions that hold at the moment.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Told {
    /// 0 when there is enough, 1 for a warning, 2 when critical.
    context: u64,
    /// Number of cost bounds that are exceeded.
    cost: u64,
    /// 1 when there are many files.
    files: u64,
    /// The fingerprints of the calls in a loop, separated by spaces.
    repeated: String,
}

impl Told {
    /// Reads the state file; missing or odd values count as not reported.
    pub fn read(state: &Object) -> Self {
        let told = state.object_or_empty("bridgeline");
        let level = |name: &str| told.count(name).unwrap_or(0);
        Told {
            context: level("context"),
            cost: level("cost"),
            files: level("files"),
            repeated: told.text("loop").unwrap_or_default(),
        }
    }

    /// Writes it into the state file, whose other keys (the Node monitor's) stay as they are.
    pub fn write(&self, state: &mut Object) {
        let Told { context, cost, files, repeated } = self;
        let repeated = json::quote(repeated);
        let told = format!(r#"{{"context":{context},"cost":{cost},"files":{files},"loop":{repeated}}}"#);
        state.set("bridgeline", told);
    }

    /// The conditions that hold now. An unknown value keeps its level, so that it is not reported again when it is
    /// known again.
    pub fn now(&self, record: &Record, facts: &Facts, settings: &MonitorSettings) -> Self {
        let left = facts.context_remaining.filter(|_| settings.context);
        let reached = left.map(|left| CONTEXT.iter().filter(|at| left <= **at).count() as u64);
        let usd = facts.cost_usd.filter(|_| settings.cost);
        let exceeded = usd.map(|usd| COST.iter().filter(|at| usd > **at).count() as u64);
        let repeated = settings.loop_calls.map(|calls| self.repeated(record, facts, calls));
        Told {
            context: reached.unwrap_or(self.context),
            cost: exceeded.unwrap_or(self.cost),
            files: u64::from(settings.files && record.file_count > FILES),
            repeated: repeated.unwrap_or_default(),
        }
    }

    /// The fingerprints of calls repeated this often in a row: those reported before that still are, and that of the
    /// subagent that gets the message.
    fn repeated(&self, record: &Record, facts: &Facts, calls: usize) -> String {
        let told: Vec<&str> = self.repeated.split(' ').collect();
        let is_own = |run: &Repeats| facts.agent.as_ref().is_none_or(|agent| run.agent == *agent);
        let mut looping = record.runs();
        looping.retain(|run| run.count >= calls as u64 && (is_own(run) || told.contains(&&*run.call.hash)));
        looping.into_iter().map(|run| run.call.hash).collect::<Vec<_>>().join(" ")
    }

    /// A word for each condition that holds.
    pub fn words(&self) -> Vec<&'static str> {
        let parts = [
            ("context", self.context > 0),
            ("cost", self.cost > 0),
            ("files", self.files > 0),
            ("loop", !self.repeated.is_empty()),
        ];
        parts.into_iter().filter_map(|(word, holds)| holds.then_some(word)).collect()
    }

    /// Sentences about conditions that are new compared with `before`; `None` if there are none. They state facts: how
    /// to act is up to the agent, and orders can look like an injection.
    pub fn message(&self, before: &Told, record: &Record, facts: &Facts) -> Option<String> {
        let mut said = Vec::new();
        if let Some(left) = facts.context_remaining.filter(|_| self.context > before.context) {
            let level = if self.context == 2 { "critical" } else { "warning" };
            said.push(format!("Context window: {} remaining ({level}).", format::percent(left)));
        }
        if let Some(usd) = facts.cost_usd.filter(|_| self.cost > before.cost) {
            said.push(format!("Session cost: {} (informational).", format::usd(usd)));
        }
        if self.files > before.files {
            said.push(format!("Files modified in this session: {}.", record.file_count));
        }
        let is_in = |told: &Told, run: &Repeats| told.repeated.split(' ').any(|hash| hash == run.call.hash);
        if let Some(run) = record.runs().iter().find(|run| is_in(self, run) && !is_in(before, run)) {
            let (calls, tool) = (run.count, Text::new(run.call.tool.as_str()));
            said.push(format!("The last {calls} tool calls were the same call of {tool} with the same input."));
        }
        (!said.is_empty()).then(|| said.join(" "))
    }
}

/// The output of the hook of an event, as its agent spells it, that adds `message` to the agent's context.
pub fn output(event: &str, message: &str) -> String {
    let (event, message) = (json::quote(event), json::quote(message));
    format!(r#"{{"hookSpecificOutput":{{"hookEventName":{event},"additionalContext":{message}}}}}"#)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bridge::ours::Call;
    use std::ffi::OsString;
    use std::time::UNIX_EPOCH;

    fn settings(vars: &[(&'static str, &str)]) -> MonitorSettings {
        MonitorSettings::new(&Env::fixed(UNIX_EPOCH, vars.iter().map(|(key, value)| (*key, OsString::from(value)))))
    }

    fn record(files: usize, calls: &[&str]) -> Record {
        let mut record = Record::default();
        (0..files).for_each(|i| record.add_file(&format!("/f{i}")));
        record.recent = calls.iter().map(|hash| Call { tool: "Bash".to_owned(), hash: (*hash).to_owned() }).collect();
        record
    }

    /// Context left, cost, files and fingerprints at one moment.
    type Moment<'a> = (Option<f64>, Option<f64>, usize, &'a [&'a str]);

    /// The messages over a series of moments.
    fn said(series: &[Moment], settings: &MonitorSettings) -> Vec<Option<String>> {
        let mut told = Told::default();
        let mut said = Vec::new();
        for (context_remaining, cost_usd, files, calls) in series {
            let (context_remaining, cost_usd) = (*context_remaining, *cost_usd);
            let facts = Facts { context_remaining, cost_usd, agent: Some(String::new()) };
            let record = record(*files, calls);
            let now = told.now(&record, &facts, settings);
            said.push(now.message(&told, &record, &facts));
            told = now;
        }
        said
    }

    #[test]
    fn each_level_of_context_is_said_once() {
        let left = |left| (Some(left), None, 0, &[][..]);
        let series = [left(36.0), left(35.0), left(30.0), left(25.0), left(5.0), left(80.0), left(34.0)];
        let warning = |text: &str| Some(text.to_owned());
        assert_eq!(
            said(&series, &settings(&[])),
            [
                None,
                warning("Context window: 35% remaining (warning)."),
                None,
                warning("Context window: 25% remaining (critical)."),
                None,
                None,
                warning("Context window: 34% remaining (warning)."),
            ]
        );
    }

    #[test]
    fn unknown_context_is_never_warned_of_and_forgets_nothing() {
        let series = [(Some(30.0), None, 0, &[][..]), (None, None, 0, &[][..]), (Some(30.0), None, 0, &[][..])];
        let messages = said(&series, &settings(&[]));
        assert_eq!(messages.iter().filter(|message| message.is_some()).count(), 1);
    }

    #[test]
    fn cost_files_and_loops() {
        let check = |series: &[Moment], expected: &[&str]| {
            let messages: Vec<String> = said(series, &settings(&[])).into_iter().flatten().collect();
            assert_eq!(messages, expected);
        };
        let usd = |usd| (None, Some(usd), 0, &[][..]);
        check(
            &[usd(5.0), usd(5.01), usd(9.0), usd(60.0), usd(70.0)],
            &["Session cost: $5.01 (informational).", "Session cost: $60.00 (informational)."],
        );
        check(
            &[(None, None, 20, &[]), (None, None, 21, &[]), (None, None, 22, &[])],
            &["Files modified in this session: 21."],
        );
        let five = &["a", "a", "a", "a", "a"][..];
        check(
            &[
                (None, None, 0, &["a", "a", "a", "a"]),
                (None, None, 0, five),
                (None, None, 0, five),
                (None, None, 0, &["a", "a", "a", "a", "b"]),
                (None, None, 0, five),
            ],
            &["The last 5 tool calls were the same call of Bash with the same input."; 2],
        );
    }

    #[test]
    fn agents_that_do_the_same_make_no_loop_and_one_that_loops_is_told_once() {
        let check = |calls: &[(&str, &str)], expected: &[usize]| {
            let (mut record, mut told, mut said) = (Record::default(), Told::default(), Vec::new());
            for (at, (agent, hash)) in calls.iter().enumerate() {
                let call = Call { tool: "Bash".to_owned(), hash: (*hash).to_owned() };
                record.add_call((*agent).to_owned(), call);
                let agent = Some((*agent).to_owned());
                let facts = Facts { context_remaining: None, cost_usd: None, agent };
                let now = told.now(&record, &facts, &settings(&[]));
                said.extend(now.message(&told, &record, &facts).map(|_| at));
                told = now;
            }
            assert_eq!(said, expected, "{calls:?}");
        };
        check(&[("1", "a"), ("2", "a"), ("3", "a"), ("4", "a"), ("5", "a"), ("", "a")], &[]);
        check(&[("1", "a"); 7], &[4]);
        let mixed: Vec<_> = [("1", "a"), ("2", "b")].into_iter().cycle().take(14).collect();
        check(&mixed, &[8, 9]);
    }

    #[test]
    fn parts_can_be_switched_off() {
        let all = [(Some(10.0), Some(99.0), 30, &["a"; 5][..])];
        let check = |vars: &[(&'static str, &str)], expected: &[&str]| {
            let message = said(&all, &settings(vars))[0].clone().unwrap_or_default();
            let parts = ["Context", "cost", "Files", "same call"];
            let named: Vec<&str> = parts.into_iter().filter(|part| message.contains(part)).collect();
            assert_eq!(named, expected, "{vars:?}");
        };
        check(&[], &["Context", "cost", "Files", "same call"]);
        check(&[("ECC_CONTEXT_MONITOR_COST_WARNINGS", "off")], &["Context", "Files", "same call"]);
        check(&[("BRIDGELINE_MONITOR", "context, loop")], &["Context", "same call"]);
        check(&[("BRIDGELINE_MONITOR", "off")], &[]);
        let loops = settings(&[("BRIDGELINE_LOOP_CALLS", "3")]);
        assert!(said(&[(None, None, 0, &["b", "a", "a", "a"])], &loops)[0].is_some());
    }

    #[test]
    fn the_state_is_kept_beside_that_of_node() {
        let mut state = Object::parse(r#"{"callsSinceWarn":3}"#).unwrap();
        let told = Told { context: 2, cost: 1, files: 1, repeated: "ab".to_owned() };
        told.write(&mut state);
        assert_eq!(Told::read(&state), told);
        assert!(state.to_string().starts_with(r#"{"callsSinceWarn":3,"#));
    }
}
