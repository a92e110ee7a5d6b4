//! Warnings of the context monitor that apply now.

use super::{Kind, Role, Source, Value, field};

pub const KIND: Kind = Kind::new("warnings", Source::Hooks, Role::Warnings)
    .about("warnings sent to the agent: little context, cost, many files, a tool loop")
    .icon(["\u{f071}", "⚠", "⚠", "!"])
    .fields(&[
        field("warnings", "one word each: `context, loop`", |cx| Some(Value::text(cx.snapshot.warnings().join(", ")))),
        field("count", "total number", |cx| Value::count(cx.snapshot.warnings().len() as u64)),
    ]);
