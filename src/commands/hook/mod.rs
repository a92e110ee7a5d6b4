//! `bridgeline hook`: a hook event on stdin changes the session bridge.
//!
//! Promise: exits 0 and prints nothing, except a message for the agent. Nothing that happens here may disturb the
//! agent, and no event is lost while its process lives.

mod shadow;
mod turn_end;

use std::cell::LazyCell;
use std::io::{self, Write};
use std::path::PathBuf;
use std::time::{Duration, Instant};

use self::shadow::{is_unavailable, join, read_large, read_shadow};
use super::{guarded, refresh};
use crate::agent::CLAUDE_CODE;
use crate::base::env::Env;
use crate::base::json::Object;
use crate::base::{format, pid, stdin};
use crate::bridge::cost::{self, CostRow, Priced, Said};
use crate::bridge::event::{Event, EventKind};
use crate::bridge::monitor::{self, Facts, MonitorSettings, Told};
use crate::bridge::record::{self, Record};
use crate::bridge::{BRIDGE, SHADOW, bound, metrics, spool};
use crate::config::Invocation;
use crate::session::cache::{self, Cache, Pane};
use crate::session::register::{self, RegisterEntry};
use crate::spending::transcript::Ledger;
use crate::store::{self, Absent, Paths, Patience, SessionId, Spool, Trust};

/// Maximum age of the context in the render's cache.
const FRESH: Duration = Duration::from_secs(60);

/// Maximum number of times that events are merged which others left meanwhile.
const MAX_ROUNDS: usize = 3;

/// Longest wait for other processes at the end of a session.
const END_LOCK: Duration = Duration::from_millis(300);

/// Bytes of the cost rows that are read at a time.
const MAX_ROWS: u64 = 32 << 20;

/// Reads stdin and updates the bridge.
pub fn run(call: &Invocation) {
    _ = guarded(|| take(&call.env, &call.paths));
}

/// `None` if there is nothing to do, or nothing can be done.
fn take(env: &Env, paths: &Paths) -> Option<()> {
    let delivery = stdin::event();
    let event = delivery.complete.then(|| Event::parse(&delivery.text)).flatten()?;
    let id = event.text("session_id").or_else(|| {
        let names = ["ECC_SESSION_ID", "CLAUDE_CODE_SESSION_ID", "CLAUDE_SESSION_ID"];
        names.iter().find_map(|name| env.var(name))
    })?;
    // At the end of a session the agent gives its hooks 1.5 s.
    let longest = if event.kind == EventKind::SessionEnd { END_LOCK } else { Patience::HOOK.lock };
    let deadline = Instant::now() + longest;
    let file_id = SessionId::new(&id)?;
    let session = Session { file_id, id: bound::path(id), paths, env, deadline };
    let ends = event.kind.ends_turn();
    let is_kept = tells_session(&event);
    let cache = (is_kept || event.kind.follows_cost()).then(|| session.cache()).flatten();
    let host = cache.as_ref().and_then(|cache| session.host(cache)).unwrap_or_default();
    let is_priced = ends && *event.sender() == CLAUDE_CODE;
    let news = News {
        host: if ends { host.or_harness(session.harness_cost()) } else { host },
        ledger: is_priced.then(|| session.read_transcripts(&event)).flatten(),
        event,
    };
    let recorded = session.record(&news);
    let row = match &recorded {
        Some(recorded) => recorded.row.clone(),
        None => session.apply(&news, Record::default(), None).row,
    };
    if let Some((row, path)) = row.zip(session.cost_rows()) {
        _ = store::append(&path, &row.to_line());
    }
    if is_kept {
        session.keep(&news.event, cache.as_ref());
    }
    match news.event.kind {
        EventKind::PostToolUse => {
            let Outcome { record, context_remaining, .. } = recorded?;
            let facts = Facts {
                context_remaining,
                cost_usd: Some(record.cost_usd).filter(|usd| *usd > 0.0),
                agent: Some(news.event.agent()),
            };
            if let Some(message) = session.news(&record, &facts) {
                let event = news.event.text("hook_event_name").unwrap_or_default();
                _ = writeln!(io::stdout(), "{}", monitor::output(&event, &message));
            }
        }
        EventKind::SessionStart => store::sweep_daily(paths, &refresh::swept(), env.now),
        EventKind::SessionEnd => _ = store::sweep(paths, &refresh::swept(), env.now),
        _ => {}
    }
    Some(())
}

/// The session that an event belongs to, and its files.
struct Session<'a> {
    id: String,
    file_id: SessionId,
    paths: &'a Paths,
    env: &'a Env,
    /// End of all waiting for other processes.
    deadline: Instant,
}

/// An event, and what other files contain at its time.
struct News<'a> {
    event: Event<'a>,
    host: Host,
    /// Usage in the transcripts, at the end of a turn. `None` if there are none.
    ledger: Option<Ledger>,
}

/// Numbers that the agent has sent to the render.
#[derive(Default)]
struct Host {
    cost: Option<Said>,
    /// Context left in percent, with the time of the payload in epoch milliseconds. `None` unless it is fresh.
    context: Option<(f64, u64)>,
}

impl Host {
    /// With the cost that the render left for cost trackers, if that is newer.
    fn or_harness(self, left: Option<Said>) -> Self {
        let is_newer = |left: &Said| self.cost.is_none_or(|said| said.at_ms < left.at_ms - left.at_ms % 1000);
        Host { cost: left.filter(is_newer).or(self.cost), ..self }
    }
}

/// Result of an event.
struct Outcome {
    record: Record,
    /// A row for the cost tracker. `None` if nothing has changed.
    row: Option<CostRow>,
    /// Context left in percent. `None` if it is unknown, or from before the context was cleared.
    context_remaining: Option<f64>,
}

impl Session<'_> {
    fn patience(&self) -> Patience {
        Patience::HOOK.until(self.deadline)
    }

    /// The session's cache, as kept by the render or a hook.
    fn cache(&self) -> Option<Cache> {
        Cache::read(&cache::CACHE.path(self.paths.state.as_deref()?, &self.file_id))
    }

    /// Caches what an event contains about a session that has no statusline, so that prompts and `sessions` find it.
    /// The cache of a render has more, and stays.
    fn keep(&self, event: &Event, old: Option<&Cache>) -> Option<()> {
        if old.is_some_and(|old| !old.is_by_hook()) {
            return None;
        }
        let state = self.paths.state.as_deref()?;
        let (sender, now) = (event.sender(), self.env.now);
        let is_child = sender.hooks.starts_hooks;
        let told = || self.env.var("CLAUDE_PID").filter(|_| *sender == CLAUDE_CODE)?.parse().ok();
        let pid = || event.count("pid").and_then(|pid| pid.try_into().ok()).or_else(told).or_else(pid::parent);
        let new = Cache {
            at_ms: format::epoch_ms(now),
            agent: Some(sender.name.to_owned()),
            pid: is_child.then(pid).flatten(),
            pane: is_child.then(|| Pane::of(self.env)).flatten(),
            cwd: event.text("cwd").or_else(|| old?.cwd.clone()),
            ..old.cloned().unwrap_or_default()
        };
        let mut new = new.with_session(&event.session());
        let entry = RegisterEntry::new(self.file_id.as_str(), new.cwd.iter().map(String::as_str), new.pid, new.at_ms);
        new.listed = register::keep(state, &entry, new.listed);
        if new.is_due(old, now) {
            new.save(&cache::CACHE.path(state, &self.file_id));
        }
        Some(())
    }

    /// The agent's own numbers, from the cache.
    fn host(&self, cache: &Cache) -> Option<Host> {
        let (status, at_ms) = (cache.status()?, cache.at_ms);
        let fresh = cache.age(self.env.now).is_some_and(|age| age <= FRESH);
        let context = status.context;
        let remaining = context.remaining.or(context.used.map(|used| 100.0 - used));
        Some(Host {
            cost: status.cost_usd.map(|usd| Said { usd, at_ms }),
            context: remaining.filter(|_| fresh).map(|remaining| (remaining, at_ms)),
        })
    }

    /// Merges the event into the bridge. `None` if it was left for the next hook.
    fn record(&self, news: &News) -> Option<Outcome> {
        let spool = self.paths.state.as_deref().map(|state| spool::of(state, &self.file_id));
        let spool = spool.as_ref();
        let mut recorded = self.merge(Some(news), spool, self.patience());
        let is_left = || spool.is_some_and(|spool| spool::leave(spool, &news.event, self.env.now).is_ok());
        if recorded.is_none() && !is_left() {
            // Without the lock: the check before the rename catches most changes of others.
            let patience = Patience { proceed_unlocked: true, ..Patience::default() };
            recorded = self.merge(Some(news), None, patience);
        }
        // Whoever leaves an event checks whether the lock is free by now, and whoever frees it checks whether an event
        // was left meanwhile: so none remains if no further hook comes.
        let waits = || spool.is_some_and(|spool| !spool.names().is_empty());
        let rounds = (0..MAX_ROUNDS).take_while(|_| waits());
        rounds.map_while(|_| self.merge(None, spool, Patience::RENDER)).for_each(drop);
        recorded
    }

    /// Merges the events that others have left into the bridge, and then its own. `None` if nothing was written,
    /// neither to the bridge nor to its shadow.
    fn merge(&self, own: Option<&News>, spool: Option<&Spool>, patience: Patience) -> Option<Outcome> {
        let shadow_path = self.paths.state.as_deref().map(|state| SHADOW.path(state, &self.file_id));
        let bridge_path = BRIDGE.path(&self.paths.tmp, &self.file_id);
        // Read once and under the lock: after that it already includes this event.
        let shadow = LazyCell::new(|| read_shadow(shadow_path.as_deref()));
        let mut recorded = None;
        // The shadow holds the last merge; it has held the event at some time.
        let (mut in_shadow, mut was_in_shadow) = (false, false);
        let merge = |found: Result<Object, &Absent>| {
            recorded = None;
            let large = found.as_ref().err().and_then(|absent| read_large(&bridge_path, absent));
            let bridge = found.ok().or_else(|| Object::parse(large.as_deref()?));
            let (mut record, mut bridge, percent) = join(bridge, large.is_some(), &shadow)?;
            let has_others = spool.is_some_and(|spool| spool::take(spool, &mut record, percent));
            let now = match own {
                Some(news) => self.apply(news, record, percent),
                None if has_others => Outcome { record, row: None, context_remaining: None },
                None => return None,
            };
            now.record.write(&self.id, &mut bridge);
            let text = record::fitting(bridge, store::MAX_STATE as usize);
            // Before the bridge: an event that is in the shadow only is in the next bridge.
            if let Some(path) = shadow_path.as_deref().filter(|_| !is_unavailable(&shadow)) {
                in_shadow = store::replace(path, text.as_bytes(), self.patience()).is_ok();
                was_in_shadow |= in_shadow;
            }
            recorded = Some(now);
            Some(text)
        };
        let locks = self.paths.locks();
        // What cannot be written now is in the shadow; there is nobody to report an error to.
        let is_written = store::update(&bridge_path, locks.as_deref(), patience, merge).is_ok() || in_shadow;
        let recorded = recorded.filter(|_| is_written || was_in_shadow)?;
        let spooled = &recorded.record.ours.spooled;
        if let Some(spool) = spool.filter(|_| is_written && !spooled.is_empty()) {
            spool.remove(spooled);
        }
        Some(recorded)
    }

    /// The record after the event. `percent` is the context left according to the bridge.
    fn apply(&self, news: &News, mut record: Record, percent: Option<f64>) -> Outcome {
        let stored = percent.filter(|_| self.is_recent(&record));
        metrics::apply(&mut record, &news.event, percent, self.env.now);
        let row = news.event.kind.follows_cost().then(|| self.take_cost(&mut record, news)).flatten();
        // The bridge does not show when the Node statusline wrote its number.
        let cleared = record.ours.cleared;
        let told = news.host.context.filter(|(_, at)| cleared.is_none_or(|cleared| cleared.at_ms < *at));
        let stored = stored.filter(|percent| cleared.is_none_or(|cleared| cleared.percent != Some(*percent)));
        let context_remaining = told.map(|(remaining, _)| remaining).or(stored);
        Outcome { record, row, context_remaining }
    }

    /// The last event was recent.
    fn is_recent(&self, record: &Record) -> bool {
        let last = record.last.as_deref().and_then(|last| humantime::parse_rfc3339(last).ok());
        last.and_then(|last| store::age_of(last, self.env.now)).is_some_and(|age| age <= FRESH)
    }

    /// Updates cost and tokens from the newest row, which may be another tracker's, from the agent's number, and at the
    /// end of a turn from the transcripts, for which it then returns a row.
    fn take_cost(&self, record: &mut Record, news: &News) -> Option<CostRow> {
        if let Some(path) = self.cost_rows()
            && let Ok((rows, end)) = store::read_lines(&path, record.ours.costs_read, MAX_ROWS)
        {
            record.ours.costs_read = end;
            if let Some(row) = cost::newest_row(&rows, &self.id) {
                let usd = row.number("estimated_cost_usd").filter(|usd| *usd >= 0.0);
                record.cost_usd = usd.unwrap_or(record.cost_usd);
                record.input_tokens = row.count("input_tokens").unwrap_or(0);
                record.output_tokens = row.count("output_tokens").unwrap_or(0);
            }
        }
        let (before, tokens) = (record.cost_usd, (record.input_tokens, record.output_tokens));
        let ledger = news.ledger.as_ref();
        let is_complete = ledger.is_some_and(|ledger| ledger.complete);
        let used = ledger.map(Ledger::spent).unwrap_or_default();
        let reckoned = Some(used.cost_usd).filter(|_| is_complete && used.is_priced());
        let between = |after, until| ledger.map_or(0.0, |ledger| ledger.cost_between(after, until));
        let priced = ledger.map(|_| Priced { all: reckoned, between: &between });
        let by_host = news.host.cost.map(|said| record.ours.cost.total(before, said, priced.as_ref()));
        let known = by_host.or(ledger.and_then(|ledger| ledger.host_cost_usd)).or(reckoned).map(|usd| usd.max(before));
        record.cost_usd = known.unwrap_or(before);
        // The sum of half a transcript would be taken for the whole session.
        if is_complete {
            (record.input_tokens, record.output_tokens) = (used.tokens.input, used.tokens.output);
        }
        let last = record.ours.cost.row.unwrap_or(0.0);
        let is_new = tokens != (record.input_tokens, record.output_tokens)
            || known.is_some_and(|usd| (usd - last).abs() >= cost::STEP);
        let is_due = match news.event.kind {
            EventKind::Stop | EventKind::SubagentStop => {
                known.is_some() || is_complete && ledger.is_some_and(|ledger| ledger.model.is_some())
            }
            EventKind::SessionEnd => is_new,
            _ => false,
        };
        if !is_due || *news.event.sender() != CLAUDE_CODE {
            return None;
        }
        record.ours.cost.row = known.or(record.ours.cost.row);
        Some(CostRow {
            timestamp: format::timestamp(self.env.now),
            session_id: self.id.clone(),
            transcript_path: news.event.path("transcript_path"),
            model: ledger.and_then(|ledger| ledger.model.clone()),
            input_tokens: record.input_tokens,
            output_tokens: record.output_tokens,
            cache_write_tokens: used.tokens.cache_write(),
            cache_read_tokens: used.tokens.cache_read,
            cost_usd: known,
        })
    }

    fn cost_rows(&self) -> Option<PathBuf> {
        Some(self.paths.agent_config.as_deref()?.join("metrics").join("costs.jsonl"))
    }

    /// New messages for the agent, as sentences.
    fn news(&self, record: &Record, facts: &Facts) -> Option<String> {
        let settings = MonitorSettings::new(self.env);
        let path = monitor::TOLD.path(&self.paths.tmp, &self.file_id);
        let look = |state: &Object| {
            let before = Told::read(state);
            (before.now(record, facts, &settings), before)
        };
        // Read without the lock first: usually there is nothing new.
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
        // A repeated message is worse than a late one: what cannot be recorded is not sent.
        store::update(&path, self.paths.locks().as_deref(), self.patience(), merge).ok()?;
        message
    }
}

/// Events that show something about their session. If the agent has a statusline, only prompts: its renders report the
/// rest.
fn tells_session(event: &Event) -> bool {
    let has_line = || !event.sender().settings.line_keys.is_empty();
    match event.kind {
        EventKind::UserPromptSubmit => event.agent().is_empty(),
        EventKind::SessionStart | EventKind::Stop | EventKind::Notification => event.agent().is_empty() && !has_line(),
        _ => false,
    }
}
