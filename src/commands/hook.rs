//! `bridgeline hook`: a hook event on stdin changes the session bridge.
//!
//! Promise: exits 0 and prints nothing, unless there is something worth telling the agent. Nothing
//! that happens here may disturb the host, and no event is lost while its process lives.

use std::io::{self, Write};
use std::panic::{self, AssertUnwindSafe};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant, UNIX_EPOCH};

use crate::agent;
use crate::bridge::event::{Event, Kind};
use crate::bridge::monitor::{self, Facts, Settings, Told};
use crate::bridge::record::Record;
use crate::bridge::{cost, metrics};
use crate::env::Env;
use crate::format;
use crate::input::cache::Cache;
use crate::input::prices::Prices;
use crate::input::stdin;
use crate::input::transcript::{self, Ledger, Totals};
use crate::json::Object;
use crate::store::{self, Absent, Paths, Patience, SessionId, Trust};

/// How long stdin may take. A hook has no line to keep up with, and a late payload is not lost.
const STDIN_LIMIT: Duration = Duration::from_secs(5);

/// Most that is read from stdin, in bytes: a tool's answer can be a whole file.
const STDIN_CAP: usize = 8 << 20;

/// How fresh what the render has cached must be to speak for the session.
const FRESH: Duration = Duration::from_secs(60);

/// How old the cost that the render has left may be (DESIGN §3).
const HARNESS: Duration = Duration::from_secs(300);

/// How long the transcripts are read at the end of a turn; what is left is read at the next.
const READ_LIMIT: Duration = Duration::from_secs(3);

/// Most of the cost rows that is read at a time, in bytes.
const MAX_ROWS: u64 = 32 << 20;

/// Reads stdin and updates the bridge.
pub fn run(env: &Env) {
    // A defect here must not show up in the agent's transcript.
    panic::set_hook(Box::new(|_| {}));
    _ = panic::catch_unwind(AssertUnwindSafe(|| take(env)));
}

/// `None` when there is nothing to do, or nothing that can be done.
fn take(env: &Env) -> Option<()> {
    let delivery = stdin::read(STDIN_LIMIT, STDIN_CAP);
    let event = delivery.complete.then(|| Event::parse(&delivery.text)).flatten()?;
    let id = event.text("session_id").or_else(|| {
        let names = ["ECC_SESSION_ID", "CLAUDE_CODE_SESSION_ID", "CLAUDE_SESSION_ID"];
        names.iter().find_map(|name| env.var(name))
    })?;
    let session = Session { file_id: SessionId::new(&id)?, id, paths: Paths::new(env), env };
    let host = if event.kind == Kind::PostToolUse { session.host() } else { Host::default() };
    if matches!(event.kind, Kind::Stop | Kind::SubagentStop) {
        session.track_cost(&event);
    }
    let (record, stored_context) = session.record(&event, &host);
    match event.kind {
        Kind::PostToolUse => {
            let facts = Facts {
                context_remaining: host.context_remaining.or(stored_context),
                cost_usd: Some(record.cost_usd).filter(|usd| *usd > 0.0),
            };
            if let Some(message) = session.news(&record, &facts) {
                _ = writeln!(io::stdout(), "{}", monitor::output(&message));
            }
        }
        Kind::SessionStart => store::sweep_daily(&session.paths, env.now),
        Kind::SessionEnd => _ = store::sweep(&session.paths, env.now),
        _ => {}
    }
    Some(())
}

/// The session that an event belongs to, and where its files are.
struct Session<'a> {
    id: String,
    file_id: SessionId,
    paths: Paths,
    env: &'a Env,
}

/// What the host has told the render lately.
#[derive(Default)]
struct Host {
    cost_usd: Option<f64>,
    context_remaining: Option<f64>,
}

impl Session<'_> {
    /// The host's own numbers, from the render's cache where that is fresh.
    fn host(&self) -> Host {
        let read = || {
            let cache = Cache::read(&self.file_id.cache(self.paths.state.as_deref()?))?;
            let fresh = cache.age(self.env.now).is_some_and(|age| age <= FRESH);
            let status = agent::read(cache.payload.filter(|_| fresh)?.get())?;
            let context = status.context;
            let remaining = context.remaining.or(context.used.map(|used| 100.0 - used));
            Some(Host { cost_usd: status.cost_usd, context_remaining: remaining })
        };
        read().unwrap_or_default()
    }

    /// Takes the event into the bridge. Gives the record as of then, and the context that the bridge
    /// held, where it was fresh.
    fn record(&self, event: &Event, host: &Host) -> (Record, Option<f64>) {
        let shadow_path = self.paths.state.as_deref().map(|state| self.file_id.shadow(state));
        let mut shadow = None;
        let mut result = (Record::default(), None);
        let merge = |found: Result<Object, &Absent>| {
            // Read once and under the lock: after that it holds this event already.
            let shadow = shadow.get_or_insert_with(|| read_shadow(shadow_path.as_deref()));
            let bridge = found.ok();
            // What cannot be read now may hold more than we know: it is not overwritten, and no
            // bridge begins without it.
            let is_known = !matches!(shadow, Err(Absent::Unavailable(_)));
            if !is_known && bridge.is_none() {
                return None;
            }
            let shadow = shadow.as_deref().ok().and_then(Object::parse).unwrap_or_default();
            let mut record = match &bridge {
                // Nobody has written since we did.
                Some(bridge) if *bridge == shadow => Record::read(bridge),
                Some(bridge) => Record::read(bridge).join(Record::read(&shadow)),
                None => Record::read(&shadow),
            };
            let stored_context = self.stored_context(bridge.as_ref(), &record);
            metrics::apply(&mut record, event, self.env.now);
            if matches!(event.kind, Kind::PostToolUse | Kind::Stop | Kind::SubagentStop) {
                self.take_cost(&mut record, host);
            }
            // A new bridge begins with what the last one held, never with nothing.
            let mut object = bridge.unwrap_or(shadow);
            record.write(&self.id, &mut object);
            let text = object.to_string();
            // Before the bridge: an event that is in the shadow only is in the next bridge.
            if let Some(path) = shadow_path.as_deref().filter(|_| is_known) {
                _ = store::replace(path, text.as_bytes(), Patience::HOOK);
            }
            result = (record, stored_context);
            Some(text)
        };
        // What cannot be written now is in the shadow, and there is nobody to tell.
        _ = store::update(&self.file_id.bridge(&self.paths.tmp), Patience::HOOK, merge);
        result
    }

    /// The context that a Node statusline has put into the bridge, unless that may be long ago.
    fn stored_context(&self, bridge: Option<&Object>, record: &Record) -> Option<f64> {
        let last = humantime::parse_rfc3339(record.last.as_deref()?).ok()?;
        let age = store::age_of(last, self.env.now)?;
        bridge?.number("context_remaining_pct").filter(|_| age <= FRESH)
    }

    /// The host's own cost wins; without it the newest row of the session counts.
    fn take_cost(&self, record: &mut Record, host: &Host) {
        if let Some(path) = self.cost_rows()
            && let Ok((rows, end)) = store::read_lines(&path, record.ours.costs_read, MAX_ROWS)
        {
            record.ours.costs_read = end;
            if let Some(total) = cost::total(&rows, &self.id) {
                record.cost_usd = total.cost_usd.unwrap_or(record.cost_usd);
                record.input_tokens = total.input_tokens;
                record.output_tokens = total.output_tokens;
            }
        }
        record.cost_usd = host.cost_usd.unwrap_or(record.cost_usd);
    }

    fn cost_rows(&self) -> Option<PathBuf> {
        Some(self.paths.agent_config.as_deref()?.join("metrics").join("costs.jsonl"))
    }

    /// Adds a row of what the session has cost up to now. `None` when nothing is known of that.
    fn track_cost(&self, event: &Event) -> Option<()> {
        let transcript = event.text("transcript_path");
        let used = transcript.as_deref().map(|path| self.read_transcripts(Path::new(path)));
        let used = used.unwrap_or_default();
        let reckoned = used.cost_usd.filter(|_| used.complete);
        let row = cost::Row {
            timestamp: format::timestamp(self.env.now),
            session_id: self.id.clone(),
            transcript_path: transcript,
            cost_usd: self.harness_cost().or(used.host_cost_usd).or(reckoned),
            model: used.model,
            input_tokens: used.input,
            output_tokens: used.output,
            cache_write_tokens: used.cache_write,
            cache_read_tokens: used.cache_read,
        };
        // Sums over half a transcript would be taken for the session's.
        if row.cost_usd.is_none() && !used.complete {
            return None;
        }
        store::append(&self.cost_rows()?, &row.to_line()).ok()
    }

    /// The host's own cost, as the render has left it.
    fn harness_cost(&self) -> Option<f64> {
        let path = self.file_id.harness_cost(&self.paths.tmp);
        let text = store::read_text(&path, Trust::Strict, store::MAX_STATE).ok()?;
        let left = Object::parse(text.trim())?;
        let at = UNIX_EPOCH.checked_add(Duration::try_from_secs_f64(left.number("ts")?).ok()?)?;
        let age = store::age_of(at, self.env.now)?;
        left.number("cost_usd").filter(|usd| *usd >= 0.0 && age <= HARNESS)
    }

    /// What the transcripts of the session say, read on from where the last turn ended.
    fn read_transcripts(&self, transcript: &Path) -> Totals {
        let user = self.paths.prices.as_deref();
        let user = user.and_then(|path| store::read_text(path, Trust::Lenient, store::MAX_STATE).ok());
        let (prices, _) = Prices::with_override(user.as_deref());
        let subagents = transcript::subagents(transcript);
        let until = Instant::now() + READ_LIMIT;
        let mut totals = Totals::default();
        let mut read_on = |ledger: &mut Ledger| {
            ledger.read(transcript, &subagents, &prices, until);
            totals = ledger.totals();
        };
        let Some(state) = &self.paths.state else {
            read_on(&mut Ledger::default());
            return totals;
        };
        let merge = |found: Result<Object, &Absent>| {
            let kept = found.ok().and_then(|kept| serde_json::from_str(&kept.to_string()).ok());
            let mut ledger: Ledger = kept.unwrap_or_default();
            read_on(&mut ledger);
            serde_json::to_string(&ledger).ok()
        };
        // What cannot be kept is read again at the next turn.
        _ = store::update(&self.file_id.transcripts(state), Patience::HOOK, merge);
        totals
    }

    /// What has become true since the agent was last told, as sentences.
    fn news(&self, record: &Record, facts: &Facts) -> Option<String> {
        let settings = Settings::new(self.env);
        let path = self.file_id.told(&self.paths.tmp);
        let look = |state: &Object| {
            let before = Told::read(state);
            (before.now(record, facts, &settings), before)
        };
        // Looked at without the lock first: mostly there is nothing new.
        let state = store::read_text(&path, Trust::Strict, store::MAX_STATE).unwrap_or_default();
        let (now, before) = look(&Object::parse(&state).unwrap_or_default());
        if now == before {
            return None;
        }
        let mut message = None;
        let merge = |found: Result<Object, &Absent>| {
            let mut state = found.unwrap_or_default();
            let (now, before) = look(&state);
            message = now.message(&before, record, facts);
            now.write(&mut state);
            Some(state.to_string())
        };
        // Told twice is worse than told late: what cannot be recorded is not said.
        store::update(&path, Patience::HOOK, merge).ok()?;
        message
    }
}

/// The shadow, looked at twice before it counts as unavailable.
fn read_shadow(path: Option<&Path>) -> Result<String, Absent> {
    let path = path.ok_or(Absent::Missing)?;
    let read = || store::read_text(path, Trust::Strict, store::MAX_STATE);
    read().or_else(|absent| match absent {
        Absent::Unavailable(_) => read(),
        absent => Err(absent),
    })
}
