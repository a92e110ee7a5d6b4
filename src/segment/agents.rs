//! Running subagents.

use super::{Cx, Kind, Role, Source, Value, field};

pub const KIND: Kind = Kind::new("agents", Source::Hooks, Role::Agents)
    .about("running subagents")
    .icon(["\u{f0849}", "👥", "", ""])
    .fields(&[
        field("agents", "count and word: `2 agents`", |cx| Value::counted(count(cx), "agent", "agents")),
        field("count", "the number alone", |cx| Value::count(count(cx))),
        field("types", "their types: `Explore, Plan`", |cx| Some(Value::text(types(cx).join(", ")))),
    ]);

fn count(cx: &Cx) -> u64 {
    cx.snapshot.subagents().len() as u64
}

/// Each type once, in alphabetical order.
fn types<'a>(cx: &Cx<'a>) -> Vec<&'a str> {
    let mut types = cx.snapshot.subagents();
    types.retain(|kind| !kind.is_empty());
    types.sort_unstable();
    types.dedup();
    types
}
