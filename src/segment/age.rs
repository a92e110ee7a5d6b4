//! How long the session has been silent, where it is remembered and not told: in prompts and lists.

use super::{Cx, Icon, Kind, Role, Source, Value};
use crate::base::format;

pub const KIND: Kind = Kind {
    name: "age",
    about: "time since the session was last heard of, in prompts",
    source: Source::Clock,
    role: Role::Stale,
    levels: None,
    icon: Icon::NONE,
    fields: &[("age", "the time, in its largest unit: `12m`")],
    keys: &[],
    value,
};

fn value(cx: &Cx, _: &str) -> Option<Value> {
    let seconds = cx.snapshot.silence()?.as_secs();
    Some(Value::number(Role::Stale, seconds as f64, format::duration_short(seconds)))
}
