//! The last payload, rendered once more with a clock beside it. Writes nothing and starts nothing.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::{Context, Findings, Last};
use crate::config::{self, Config, Group, Invocation};
use crate::line;
use crate::paint;
use crate::segment::{Role, Span};
use crate::session::cache::{self, Cache};
use crate::snapshot::Snapshot;
use crate::tools::report::cell;

/// What a replay came to, and how long each part took.
pub struct Replay {
    /// The rows, without colours.
    rows: Vec<String>,
    parts: Vec<(&'static str, Duration)>,
    segments: Vec<(String, Duration)>,
}

/// Rounds that are played: the fastest one counts, since in the first one pages are missing.
const ROUNDS: usize = 5;

impl Replay {
    /// `None` when there is no payload that can be read.
    pub fn of(last: &Last, call: &Invocation) -> Option<Self> {
        let rounds = (0..ROUNDS).filter_map(|_| Replay::round(last, call));
        rounds.min_by_key(Replay::total)
    }

    fn round(last: &Last, call: &Invocation) -> Option<Self> {
        let Invocation { env, paths, flags } = call;
        let mut watch = Watch::default();
        let status = watch.time("parse", || last.cache.status())?;
        let config = watch.time("config", || {
            let project = config::project(&status);
            Config::load(flags, env, paths, project.as_deref()).for_host(&status, env)
        });
        let cache_path =
            last.id.as_ref().zip(paths.state.as_deref()).map(|(id, state)| cache::CACHE.path(state, id));
        let cache = watch.time("cache", || cache_path.as_deref().and_then(Cache::read)).unwrap_or_default();
        let snapshot = Snapshot::new(status, env, paths, (cache.history, cache.listings));
        // Only what the rows ask for is read; here by name, so that it is not counted to a segment.
        watch.time("bridge", || snapshot.bridge().is_some());
        watch.time("tasks", || snapshot.tasks().is_some());
        watch.time("head", || snapshot.head().is_some());
        watch.time("git", || snapshot.git().is_some());
        let mut segments = Vec::new();
        for settings in config.rows.iter().flat_map(|row| row.groups.iter()).flat_map(Group::segments) {
            let begin = Instant::now();
            config.cx(&snapshot, settings).forms().for_each(drop);
            segments.push((settings.name().to_owned(), begin.elapsed()));
        }
        watch.parts.push(("segments", segments.iter().map(|(_, took)| *took).sum()));
        let items = |row| {
            let (mut items, _) = line::items(&snapshot, row, &config);
            // Forms belong to the time of the segments.
            items.iter_mut().for_each(|item| _ = item.forms());
            (row, items)
        };
        let items: Vec<_> = config.rows.iter().map(items).collect();
        let pieces: Vec<_> = watch.time("layout", || {
            let rows = items.into_iter().map(|(row, items)| line::joined(items, row, &config));
            let rows = rows.filter(|row| !line::plain(row).trim().is_empty());
            rows.take(snapshot.status.max_rows.unwrap_or(usize::MAX)).collect()
        });
        let paint = |row: &Vec<_>| paint::paint(row, &config.theme.look, config.depth);
        _ = watch.time("paint", || pieces.iter().map(paint).collect::<Vec<String>>());
        let rows = pieces.iter().map(|row| line::plain(row)).collect();
        Some(Replay { rows, parts: watch.parts, segments })
    }

    fn total(&self) -> Duration {
        self.parts.iter().map(|(_, took)| *took).sum()
    }

    /// How long each part took, for people.
    pub fn lines(&self) -> Vec<Vec<Span>> {
        let parts = self.parts.iter().map(|(name, took)| ((*name).to_owned(), took));
        let segments = self.segments.iter().map(|(name, took)| (format!("  {name}"), took));
        let line = |(name, took): (String, &Duration)| {
            vec![
                Span::fixed(Role::Text, "          "),
                cell(Role::Label, &name, 18),
                Span::new(Role::Duration, format!("{:>8} µs", micros(*took))),
            ]
        };
        parts.chain(segments).map(line).collect()
    }

    pub fn to_json(&self) -> Value {
        let times = |name: &str, took: &Duration| json!({ "name": name, "us": micros(*took) });
        json!({
            "rows": self.rows,
            "total_us": micros(self.total()),
            "parts": self.parts.iter().map(|(name, took)| times(name, took)).collect::<Vec<_>>(),
            "segments": self.segments.iter().map(|(name, took)| times(name, took)).collect::<Vec<_>>(),
        })
    }
}

/// Rounded to a tenth.
fn micros(took: Duration) -> f64 {
    (took.as_secs_f64() * 1e7).round() / 10.0
}

/// Times the parts of a round.
#[derive(Default)]
struct Watch {
    parts: Vec<(&'static str, Duration)>,
}

impl Watch {
    fn time<T>(&mut self, name: &'static str, part: impl FnOnce() -> T) -> T {
        let begin = Instant::now();
        let result = part();
        self.parts.push((name, begin.elapsed()));
        result
    }
}

pub fn line(cx: &Context, found: &mut Findings) {
    let Some(replay) = &cx.replay else {
        found.note("there is no payload to replay").advice("it is kept when an agent shows a line");
        return;
    };
    if replay.rows.is_empty() {
        let finding = found.problem("the last payload gives an empty line");
        finding.advice("`bridgeline explain --session last` says why");
        return;
    }
    for row in &replay.rows {
        found.ok(format!("shown: {row}"));
    }
    found.ok(format!("rendered in {} µs, without start-up and output", micros(replay.total())));
}
