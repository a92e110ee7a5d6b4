//! The time of day in the user's time zone.

use super::{Cx, Kind, Role, Source, Value, field};

pub const KIND: Kind =
    Kind::new("clock", Source::Clock, Role::Clock).about("time of day").icon(["\u{f017}", "🕐", "", ""]).fields(&[
        field("time", "24-hour: `14:05`", |cx| now(cx, "%H:%M")),
        field("time12", "12-hour: `2:05 pm`", |cx| now(cx, "%-I:%M %P")),
        field("date", "`2026-11-25`", |cx| now(cx, "%Y-%m-%d")),
        field("weekday", "`Wed`", |cx| now(cx, "%a")),
    ]);

fn now(cx: &Cx, format: &str) -> Option<Value> {
    Some(Value::text(cx.snapshot.local_time()?.strftime(format).to_string()))
}
