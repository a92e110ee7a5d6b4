//! Time since the session began.

use super::{Cx, Icon, Kind, Role, Source, Value};
use crate::base::format;

pub const KIND: Kind = Kind {
    name: "duration",
    about: "time since the session began",
    source: Source::Hooks,
    role: Role::Duration,
    levels: None,
    icon: Icon::picture("\u{f13ab}", "⏱"),
    fields: &[("time", "in two units: `1h23m`"), ("short", "in one: `1h`")],
    keys: &[],
    value,
};

fn value(cx: &Cx, name: &str) -> Option<Value> {
    let seconds = cx.snapshot.duration()?.as_secs();
    let text = if name == "short" { format::duration_short(seconds) } else { format::duration(seconds) };
    Some(Value::number(Role::Duration, seconds as f64, text))
}
