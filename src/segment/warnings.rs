//! Warnings of the context monitor that hold now.

use super::{Kind, Role, Source, Value, field};

pub const KIND: Kind = Kind::new("warnings", Source::Hooks, Role::Warnings)
    .about("what the agent is warned of: little context, cost, many files, a tool loop")
    .icon(["\u{f071}", "⚠", "⚠", "!"])
    .fields(&[
        field("warnings", "in a word each: `context, loop`", |cx| Some(Value::text(cx.snapshot.warnings().join(", ")))),
        field("count", "how many there are", |cx| Value::count(cx.snapshot.warnings().len() as u64)),
    ]);
