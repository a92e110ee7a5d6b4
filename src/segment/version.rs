//! Version of the agent.

use super::{Cx, Icon, Kind, Role, Source, Value};

pub const KIND: Kind = Kind {
    name: "version",
    about: "version of the agent",
    source: Source::Payload,
    role: Role::Version,
    levels: None,
    icon: Icon::picture("\u{f02e2}", "📦"),
    fields: &[("version", "with a `v`: `v2.1.330`")],
    keys: &[],
    value: |cx: &Cx, _| {
        Some(Value::text(Role::Version, format!("v{}", cx.snapshot.status.version.as_deref()?)))
    },
};
