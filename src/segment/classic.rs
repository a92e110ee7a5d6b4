//! The Node statusline that this program replaces, part by part and byte by byte, for those who
//! want its line unchanged.

use super::{Kind, Level, Role, Segment, Span, context, dir};
use crate::format;
use crate::snapshot::Snapshot;

/// The parts of the Node line. They have but one form: that line knew no narrow terminal.
pub const ALL: &[Kind] = &[
    Kind { name: "classic-model", about: "model, as the Node statusline", priority: 90, build: model },
    Kind {
        name: "classic-task",
        about: "todo in progress, as the Node statusline",
        priority: 70,
        build: task,
    },
    Kind {
        name: "classic-metrics",
        about: "bridge metrics, as the Node statusline",
        priority: 80,
        build: metrics,
    },
    Kind {
        name: "classic-dir",
        about: "name of the directory, as the Node statusline",
        priority: 60,
        build: dir,
    },
    Kind {
        name: "classic-context",
        about: "usable context, as the Node statusline",
        priority: 100,
        build: context,
    },
];

fn model(snapshot: &Snapshot) -> Option<Segment> {
    Some(Segment::of(Role::Model, snapshot.status.model.as_deref().unwrap_or("Claude")))
}

fn task(snapshot: &Snapshot) -> Option<Segment> {
    let tasks = snapshot.tasks().filter(|tasks| tasks.active)?;
    let title = &tasks.current.active_form;
    (!title.is_empty()).then(|| Segment::of(Role::Task, title.as_str()))
}

fn metrics(snapshot: &Snapshot) -> Option<Segment> {
    let bridge = snapshot.bridge()?;
    let positive = |count: Option<u64>| count.filter(|count| *count > 0);
    let cost = bridge.cost_usd.filter(|usd| *usd > 0.0).map(|usd| format!("${}", format::fixed2(usd)));
    let tools = positive(bridge.tool_count).map(|count| format!("{count}t"));
    let files = positive(bridge.files_modified).map(|count| format!("{count}f"));
    let age = snapshot.since_first_tool().map(|age| age.as_secs() / 60);
    let age = positive(age).map(|minutes| match (minutes / 60, minutes % 60) {
        (0, minutes) => format!("{minutes}m"),
        (hours, 0) => format!("{hours}h"),
        (hours, minutes) => format!("{hours}h{minutes}m"),
    });
    let parts: Vec<String> = [cost, tools, files, age].into_iter().flatten().collect();
    (!parts.is_empty()).then(|| Segment::of(Role::Cost, parts.join(" ")))
}

fn dir(snapshot: &Snapshot) -> Option<Segment> {
    Some(Segment::of(Role::Dir, dir::name(snapshot.dir()?)))
}

/// Points of the window that the Node line took to be kept for a compaction.
const RESERVE: f64 = 16.5;

/// Where its colours changed, in percent of what it took to be usable.
const LEVELS: [f64; 3] = [50.0, 65.0, 80.0];

fn context(snapshot: &Snapshot) -> Option<Segment> {
    let remaining = snapshot.status.context.remaining?;
    let usable = ((remaining - RESERVE) / (100.0 - RESERVE) * 100.0).max(0.0);
    // JavaScript's Math.round: a half goes up.
    let used = (100.0 - usable + 0.5).floor().clamp(0.0, 100.0);
    let full = (used / 10.0) as usize;
    let bar = format!("{}{} {used:.0}%", "█".repeat(full), "░".repeat(10 - full));
    Some(Segment::new(vec![Span::new(context::role(Level::of(used, LEVELS)), bar)]))
}
