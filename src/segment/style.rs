//! The output style, unless it is the default one.

use super::{Cx, Icon, Kind, Role, Source, Value};

pub const KIND: Kind = Kind {
    name: "style",
    about: "output style, unless it is the default one",
    source: Source::Payload,
    role: Role::Style,
    levels: None,
    icon: Icon::picture("\u{f1fc}", "🎨"),
    fields: &[("style", "its name")],
    keys: &[],
    value: |cx: &Cx, _| {
        let style = cx.snapshot.status.style.as_deref().filter(|style| *style != "default")?;
        Some(Value::text(Role::Style, style))
    },
};
