//! Output tokens per second, from two payloads.

use super::{Kind, Role, Source, Value, field};
use crate::base::format;

pub const KIND: Kind = Kind::new("speed", Source::Payload, Role::Speed)
    .about("output tokens per second of the last response")
    .icon(["\u{f04c5}", "🏎", "", ""])
    .fields(&[field("speed", "tokens per second; `~` if there may have been several responses", |cx| {
        let (speed, is_estimate) = cx.snapshot.speed()?;
        let mark = if is_estimate { "~" } else { "" };
        Some(Value::number(speed, format!("{mark}{}", format::compact(speed))))
    })]);
