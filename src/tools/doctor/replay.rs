//! The last payload, rendered again and timed. It writes no file and starts no process.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::{Checkup, Findings, LastSession};
use crate::config::{self, Config, Invocation};
use crate::line::{self, SegmentTrace};
use crate::paint;
use crate::segment::{Role, Span};
use crate::session::cache::{CACHE, Cache};
use crate::snapshot::Snapshot;
use crate::tools::report::cell;

/// The rows of a replay, without colours, and the time of each part.
pub struct Replay {
    rows: Vec<String>,
    total: Duration,
    parts: Vec<TimedPart>,
    segments: Vec<TimedPart>,
}

/// Name of a part, and the time that it took.
type TimedPart = (String, Duration);

/// Number of rounds; the fastest counts, since the first one has page faults.
const ROUNDS: usize = 5;

impl Replay {
    /// `None` if there is no readable payload.
    pub fn of(last: &LastSession, call: &Invocation) -> Option<Self> {
        let rounds = (0..ROUNDS).filter_map(|_| Replay::round(last, call));
        rounds.min_by_key(|round| round.total)
    }

    fn round(last: &LastSession, call: &Invocation) -> Option<Self> {
        let Invocation { env, paths, .. } = call;
        let mut parts = Vec::new();
        let status = timed(&mut parts, "parse", || last.cache.status())?;
        let config = timed(&mut parts, "config", || {
            let project = config::project(&status);
            Config::load(call, project.as_deref()).for_host(&status, env)
        });
        let path = last.id.as_ref().zip(paths.state.as_deref()).map(|(id, state)| CACHE.path(state, id));
        let cache = timed(&mut parts, "cache", || path.as_deref().and_then(Cache::read)).unwrap_or_default();
        let snapshot = Snapshot::new(status, env, paths, (cache.history, cache.listings));
        // Only sources that the rows need are read; here explicitly, so that their time is not attributed to a segment.
        timed(&mut parts, "bridge", || snapshot.bridge().is_some());
        timed(&mut parts, "tasks", || snapshot.tasks().is_some());
        timed(&mut parts, "head", || snapshot.head().is_some());
        timed(&mut parts, "git", || snapshot.git().is_some());
        let trace = line::trace(&snapshot, &config);
        let segment = |it: &SegmentTrace| (it.settings.name().to_owned(), it.took);
        let segments: Vec<_> = trace.iter().flat_map(|row| &row.segments).map(segment).collect();
        parts.push(("segments".to_owned(), sum(&segments)));
        parts.push(("layout".to_owned(), trace.iter().map(|row| row.layout).sum()));
        let rows: Vec<_> = trace.iter().flat_map(|row| &row.rows[..row.shown]).collect();
        let paint = |row: &&Vec<Span>| paint::paint(row, &config.theme.look, config.depth);
        timed(&mut parts, "paint", || rows.iter().map(paint).collect::<Vec<String>>());
        let rows = rows.into_iter().map(|row| line::plain(row)).collect();
        Some(Replay { rows, total: sum(&parts), parts, segments })
    }

    /// The replay as JSON.
    pub fn to_json(&self) -> Value {
        let of = |parts: &[TimedPart]| {
            parts.iter().map(|(name, took)| json!({"name": name, "us": micros(*took)})).collect::<Value>()
        };
        let (parts, segments) = (of(&self.parts), of(&self.segments));
        json!({"rows": self.rows, "total_us": micros(self.total), "parts": parts, "segments": segments})
    }

    /// The time of each part, for people.
    pub fn lines(&self) -> impl Iterator<Item = Vec<Span>> {
        let segments = self.segments.iter().map(|(name, took)| (format!("  {name}"), *took));
        self.parts.iter().cloned().chain(segments).map(|(name, took)| {
            vec![
                Span::fixed(Role::Text, "          "),
                cell(Role::Label, &name, 18),
                Span::new(Role::Duration, format!("{:>8} µs", micros(took))),
            ]
        })
    }
}

fn timed<T>(parts: &mut Vec<TimedPart>, name: &str, part: impl FnOnce() -> T) -> T {
    let begin = Instant::now();
    let result = part();
    parts.push((name.to_owned(), begin.elapsed()));
    result
}

fn sum(parts: &[TimedPart]) -> Duration {
    parts.iter().map(|(_, took)| took).sum()
}

/// Rounded to a tenth.
fn micros(took: Duration) -> f64 {
    (took.as_secs_f64() * 1e7).round() / 10.0
}

pub fn line(cx: &Checkup, found: &mut Findings) {
    let Some(replay) = &cx.replay else {
        found.note("no payload to replay").advice("it is kept once an agent has shown a line");
        return;
    };
    if replay.rows.is_empty() {
        let finding = found.problem("the last payload renders as an empty line");
        finding.advice("run `bridgeline explain --session last` to see why");
        return;
    }
    for row in &replay.rows {
        found.ok(format!("shown: {row}"));
    }
    found.ok(format!("rendered in {} µs, excluding start-up and output", micros(replay.total)));
}
