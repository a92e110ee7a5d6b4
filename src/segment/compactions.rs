//! How often the context was compacted, as the hooks count it.

use super::{Cx, Icon, Kind, Role, Source, Value};

pub const KIND: Kind = Kind {
    name: "compactions",
    about: "how often the context was compacted",
    source: Source::Hooks,
    role: Role::Compactions,
    levels: None,
    icon: Icon { nerd: "\u{f0615}", emoji: "🗜", text: "⊜", ascii: "" },
    fields: &[("compactions", "with the word: `2 compactions`"), ("count", "the number alone")],
    keys: &[],
    value,
};

fn value(cx: &Cx, name: &str) -> Option<Value> {
    let words = (name == "compactions").then_some(["compaction", "compactions"]);
    Value::count(Role::Compactions, cx.snapshot.bridge()?.ours.as_ref()?.compactions, words)
}
