//! The output style, unless it is the default.

use super::{Kind, Role, Source, Value, field};

pub const KIND: Kind = Kind::new("style", Source::Payload, Role::Style)
    .about("output style, unless it is the default")
    .icon(["\u{f1fc}", "🎨", "", ""])
    .fields(&[field("style", "its name", |cx| {
        cx.status().style.as_deref().filter(|style| *style != "default").map(Value::text)
    })]);
