//! Whether extended thinking is on.

use super::{Cx, Icon, Kind, Role, Source, Value};

pub const KIND: Kind = Kind {
    name: "thinking",
    about: "whether extended thinking is on",
    source: Source::Payload,
    role: Role::Thinking,
    levels: None,
    icon: Icon::picture("\u{f09d1}", "🧠"),
    fields: &[("thinking", "the word `thinking`, when it is on")],
    keys: &[],
    value: |cx: &Cx, _| {
        (cx.snapshot.status.thinking == Some(true)).then(|| Value::text(Role::Thinking, "thinking"))
    },
};
