//! Lines that the session has added and removed.

use super::{Cx, Icon, Kind, Role, Source, Value};
use crate::base::format;

pub const KIND: Kind = Kind {
    name: "lines",
    about: "lines added and removed",
    source: Source::Payload,
    role: Role::LinesAdded,
    levels: None,
    icon: Icon::picture("\u{f044}", "📝"),
    fields: &[("added", "lines added: `+156`"), ("removed", "lines removed: `-23`")],
    keys: &[],
    value,
};

fn value(cx: &Cx, name: &str) -> Option<Value> {
    let (added, removed) = (cx.snapshot.status.lines_added, cx.snapshot.status.lines_removed);
    if added.unwrap_or(0) == 0 && removed.unwrap_or(0) == 0 {
        return None;
    }
    let (role, sign, count) = match name {
        "added" => (Role::LinesAdded, '+', added),
        _ => (Role::LinesRemoved, '-', removed),
    };
    let count = count.unwrap_or(0) as f64;
    Some(Value::number(role, count, format!("{sign}{}", format::compact(count))).telling())
}
