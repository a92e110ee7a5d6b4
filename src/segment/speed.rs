//! How fast the model answers: output tokens a second, from two payloads.

use super::{Cx, Icon, Kind, Role, Source, Value};
use crate::base::format;

pub const KIND: Kind = Kind {
    name: "speed",
    about: "output tokens a second of the last response",
    source: Source::Payload,
    role: Role::Speed,
    levels: None,
    icon: Icon::picture("\u{f04c5}", "🏎"),
    fields: &[("speed", "tokens a second; `~` where there may have been several responses")],
    keys: &[],
    value,
};

fn value(cx: &Cx, _: &str) -> Option<Value> {
    let (speed, estimate) = cx.snapshot.speed()?;
    let mark = if estimate { "~" } else { "" };
    Some(Value::number(Role::Speed, speed, format!("{mark}{}", format::compact(speed))))
}
