//! Time since the session began.

use super::{Kind, Role, Source, Value, field};

pub const KIND: Kind = Kind::new("duration", Source::Hooks, Role::Duration)
    .about("time since the session began")
    .icon(["\u{f13ab}", "⏱", "", ""])
    .fields(&[
        field("time", "two units: `1h23m`", |cx| cx.snapshot.duration().map(Value::duration)),
        field("short", "one unit: `1h`", |cx| cx.snapshot.duration().map(Value::duration_short)),
    ]);
