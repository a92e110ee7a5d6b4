//! Lines that the session has added and removed.

use super::{Cx, Kind, Role, Source, Value, field};
use crate::base::format;

pub const KIND: Kind = Kind::new("lines", Source::Payload, Role::LinesAdded)
    .about("lines added and removed")
    .icon(["\u{f044}", "📝", "", ""])
    .fields(&[
        field("added", "lines added: `+156`", |cx| counted(cx, cx.status().lines_added, '+', Role::LinesAdded)),
        field("removed", "lines removed: `-23`", |cx| counted(cx, cx.status().lines_removed, '-', Role::LinesRemoved)),
    ]);

/// `None` if no line has changed.
fn counted(cx: &Cx, count: Option<u64>, sign: char, role: Role) -> Option<Value> {
    cx.status().lines_added.max(cx.status().lines_removed).filter(|most| *most > 0)?;
    let count = count.unwrap_or(0) as f64;
    Some(Value::number(count, format!("{sign}{}", format::compact(count))).state(role))
}
