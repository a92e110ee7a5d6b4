//! Compactions of the context, as the hooks count them.

use super::{Cx, Kind, Role, Source, Value, field};

pub const KIND: Kind = Kind::new("compactions", Source::Hooks, Role::Compactions)
    .about("number of compactions of the context")
    .icon(["\u{f0615}", "🗜", "⊜", ""])
    .fields(&[
        field("compactions", "count and word: `2 compactions`", |cx| {
            Value::counted(count(cx)?, "compaction", "compactions")
        }),
        field("count", "the number alone", |cx| Value::count(count(cx)?)),
    ]);

fn count(cx: &Cx) -> Option<u64> {
    Some(cx.snapshot.ours()?.compactions)
}
