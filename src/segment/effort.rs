//! Reasoning effort.

use super::{Kind, Role, Source, Value, field};

pub const KIND: Kind = Kind::new("effort", Source::Payload, Role::Effort)
    .about("reasoning effort")
    .icon(["\u{f0e7}", "⚡", "effort", "effort"])
    .fields(&[field("effort", "`low`, `medium`, `high`, `xhigh`, `max`", |cx| {
        cx.status().effort.as_deref().map(Value::text)
    })]);
