//! Whether fast mode is on, which costs more.

use super::{Cx, Icon, Kind, Role, Source, Value};

pub const KIND: Kind = Kind {
    name: "fast",
    about: "whether fast mode is on",
    source: Source::Payload,
    role: Role::Fast,
    levels: None,
    icon: Icon::picture("\u{f04c5}", "🚀"),
    fields: &[("fast", "the word `fast`, when it is on")],
    keys: &[],
    value: |cx: &Cx, _| (cx.snapshot.status.fast == Some(true)).then(|| Value::text(Role::Fast, "fast")),
};
