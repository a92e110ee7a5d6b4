//! Version of the agent.

use super::{Kind, Role, Source, Value, field};

pub const KIND: Kind = Kind::new("version", Source::Payload, Role::Version)
    .about("version of the agent")
    .icon(["\u{f02e2}", "📦", "", ""])
    .fields(&[field("version", "with a `v`: `v2.1.330`", |cx| {
        cx.status().version.as_ref().map(|version| Value::text(format!("v{version}")))
    })]);
