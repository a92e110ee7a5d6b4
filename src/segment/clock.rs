//! The time of day, where the user is.

use super::{Cx, Icon, Kind, Role, Source, Value};

pub const KIND: Kind = Kind {
    name: "clock",
    about: "time of day",
    source: Source::Clock,
    role: Role::Clock,
    levels: None,
    icon: Icon::picture("\u{f017}", "🕐"),
    fields: &[
        ("time", "hours and minutes: `14:05`"),
        ("time12", "the same with am and pm: `2:05 pm`"),
        ("date", "`2026-11-25`"),
        ("weekday", "`Wed`"),
    ],
    keys: &[],
    value,
};

fn value(cx: &Cx, name: &str) -> Option<Value> {
    let now = cx.snapshot.local_time()?;
    let text = match name {
        "time12" => now.strftime("%-I:%M %P").to_string(),
        "date" => now.strftime("%Y-%m-%d").to_string(),
        "weekday" => now.strftime("%a").to_string(),
        _ => now.strftime("%H:%M").to_string(),
    };
    Some(Value::text(Role::Clock, text))
}
