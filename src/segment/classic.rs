//! The Node statusline that this program replaces, part by part and byte by byte, for people who want its line
//! unchanged.

use super::{Cx, Kind, Role, Source, Value, dir, field};
use crate::base::format;

pub const KIND: Kind =
    Kind::new("classic", Source::Several, Role::Text).about("the parts of the Node statusline").fields(&[
        field("model", "the model, else `Claude`", |cx| {
            Some(Value::text(cx.status().model.as_deref().unwrap_or("Claude")).state(Role::Model))
        }),
        field("task", "todo in progress", |cx| {
            let tasks = cx.snapshot.tasks().filter(|tasks| tasks.active)?;
            Some(Value::text(&tasks.current.active_form).state(Role::Task))
        }),
        field("metrics", "cost, tool calls, files and minutes from the bridge", metrics),
        field("dir", "name of the directory", |cx| Some(Value::text(dir::name(cx.snapshot.dir()?)).state(Role::Dir))),
        field("context", "bar of the usable context, as the Node statusline computes it", context),
    ]);

fn metrics(cx: &Cx) -> Option<Value> {
    let bridge = cx.snapshot.bridge()?;
    let positive = |count: Option<u64>| count.filter(|count| *count > 0);
    let cost = bridge.cost_usd.filter(|usd| *usd > 0.0).map(|usd| format!("${}", format::fixed2(usd)));
    let tools = positive(bridge.tool_count).map(|count| format!("{count}t"));
    let files = positive(bridge.files_modified).map(|count| format!("{count}f"));
    let age = cx.snapshot.since_first_tool().map(|age| age.as_secs() / 60);
    let age = positive(age).map(|minutes| match (minutes / 60, minutes % 60) {
        (0, minutes) => format!("{minutes}m"),
        (hours, 0) => format!("{hours}h"),
        (hours, minutes) => format!("{hours}h{minutes}m"),
    });
    let parts: Vec<String> = [cost, tools, files, age].into_iter().flatten().collect();
    Some(Value::text(parts.join(" ")).state(Role::Cost))
}

/// Percentage of the window that the Node statusline reserved for a compaction.
const RESERVE: f64 = 16.5;

/// Steps at which its colour changed, in percent of the window without [`RESERVE`].
const LEVELS: [f64; 3] = [50.0, 65.0, 80.0];

fn context(cx: &Cx) -> Option<Value> {
    const ROLES: [Role; 4] = [Role::Context, Role::ContextNotice, Role::ContextWarning, Role::ContextDanger];
    let remaining = cx.status().context.remaining?;
    let usable = ((remaining - RESERVE) / (100.0 - RESERVE) * 100.0).max(0.0);
    // JavaScript's Math.round: a half goes up.
    let used = (100.0 - usable + 0.5).floor().clamp(0.0, 100.0);
    let full = (used / 10.0) as usize;
    let bar = format!("{}{} {used:.0}%", "█".repeat(full), "░".repeat(10 - full));
    let role = ROLES[LEVELS.iter().filter(|bound| used >= **bound).count()];
    Some(Value::text(bar).state(role))
}
