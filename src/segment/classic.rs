//! The Node statusline that this program replaces, part by part and byte by byte, for those who want
//! its line unchanged.

use super::{Cx, Icon, Kind, Role, Source, Span, Value, dir};
use crate::base::format;
use crate::snapshot::Snapshot;

pub const KIND: Kind = Kind {
    name: "classic",
    about: "the parts of the Node statusline",
    source: Source::Several,
    role: Role::Text,
    levels: None,
    icon: Icon::NONE,
    fields: &[
        ("model", "the model, else `Claude`"),
        ("task", "the todo in progress"),
        ("metrics", "cost, tool calls, files and minutes of the bridge"),
        ("dir", "name of the directory"),
        ("context", "a bar of what that program took to be usable"),
    ],
    keys: &[],
    value,
};

fn value(cx: &Cx, name: &str) -> Option<Value> {
    let snapshot = cx.snapshot;
    match name {
        "model" => {
            Some(Value::text(Role::Model, snapshot.status.model.as_deref().unwrap_or("Claude")).telling())
        }
        "task" => {
            let title = &snapshot.tasks().filter(|tasks| tasks.active)?.current.active_form;
            (!title.is_empty()).then(|| Value::text(Role::Task, title.as_str()).telling())
        }
        "metrics" => metrics(snapshot),
        "dir" => Some(Value::text(Role::Dir, dir::name(snapshot.dir()?)).telling()),
        _ => context(snapshot),
    }
}

fn metrics(snapshot: &Snapshot) -> Option<Value> {
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
    (!parts.is_empty()).then(|| Value::text(Role::Cost, parts.join(" ")).telling())
}

/// Points of the window that the Node line took to be kept for a compaction.
const RESERVE: f64 = 16.5;

/// Where its colours changed, in percent of what it took to be usable.
const LEVELS: [f64; 3] = [50.0, 65.0, 80.0];

fn context(snapshot: &Snapshot) -> Option<Value> {
    let remaining = snapshot.status.context.remaining?;
    let usable = ((remaining - RESERVE) / (100.0 - RESERVE) * 100.0).max(0.0);
    // JavaScript's Math.round: a half goes up.
    let used = (100.0 - usable + 0.5).floor().clamp(0.0, 100.0);
    let full = (used / 10.0) as usize;
    let bar = format!("{}{} {used:.0}%", "█".repeat(full), "░".repeat(10 - full));
    const ROLES: [Role; 4] = [Role::Context, Role::ContextNotice, Role::ContextWarning, Role::ContextDanger];
    let role = ROLES[LEVELS.iter().filter(|bound| used >= **bound).count()];
    Some(Value::spans(vec![Span::new(role, bar)]))
}
