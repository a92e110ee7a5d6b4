//! What the context monitor would tell the agent now.

use super::{Cx, Icon, Kind, Role, Source, Value};

pub const KIND: Kind = Kind {
    name: "warnings",
    about: "what the agent is warned of: little context, cost, many files, a tool loop",
    source: Source::Hooks,
    role: Role::Warnings,
    levels: None,
    icon: Icon { nerd: "\u{f071}", emoji: "⚠", text: "⚠", ascii: "!" },
    fields: &[("warnings", "in a word each: `context, loop`"), ("count", "how many there are")],
    keys: &[],
    value,
};

fn value(cx: &Cx, name: &str) -> Option<Value> {
    let warnings = cx.snapshot.warnings();
    match name {
        "count" => Value::count(Role::Warnings, warnings.len() as u64, None),
        _ => (!warnings.is_empty()).then(|| Value::text(Role::Warnings, warnings.join(", "))),
    }
}
