//! Tool calls of the session, as the hooks count them.

use super::{Cx, Icon, Kind, Role, Source, Value};

pub const KIND: Kind = Kind {
    name: "tools",
    about: "tool calls",
    source: Source::Hooks,
    role: Role::Tools,
    levels: None,
    icon: Icon::picture("\u{f0ad}", "🔧"),
    fields: &[
        ("tools", "with the word: `47 tools`"),
        ("count", "the number alone"),
        ("failures", "calls that failed"),
    ],
    keys: &[],
    value,
};

fn value(cx: &Cx, name: &str) -> Option<Value> {
    let bridge = cx.snapshot.bridge()?;
    if name == "failures" {
        let failures = bridge.ours.as_ref()?.failures;
        return Value::count(Role::Tools, failures, None);
    }
    let words = (name == "tools").then_some(["tool", "tools"]);
    Value::count(Role::Tools, bridge.tool_count?, words)
}
