//! Tool calls of the session, as the hooks count them.

use super::{Cx, Kind, Role, Source, Value, field};

pub const KIND: Kind =
    Kind::new("tools", Source::Hooks, Role::Tools).about("tool calls").icon(["\u{f0ad}", "🔧", "", ""]).fields(&[
        field("tools", "count and word: `47 tools`", |cx| Value::counted(count(cx)?, "tool", "tools")),
        field("count", "the number alone", |cx| Value::count(count(cx)?)),
        field("failures", "failed calls", |cx| Value::count(cx.snapshot.ours()?.failures?)),
    ]);

fn count(cx: &Cx) -> Option<u64> {
    cx.snapshot.bridge()?.tool_count
}
