//! Lines that the session has added and removed.

use super::{Role, Segment, Span};
use crate::format;
use crate::snapshot::Snapshot;

pub fn build(snapshot: &Snapshot) -> Option<Segment> {
    let (added, removed) = (snapshot.status.lines_added, snapshot.status.lines_removed);
    if added.unwrap_or(0) == 0 && removed.unwrap_or(0) == 0 {
        return None;
    }
    let count = |lines: Option<u64>| format::compact(lines.unwrap_or(0) as f64);
    Some(Segment::new(vec![
        Span::new(Role::LinesAdded, format!("+{} ", count(added))),
        Span::new(Role::LinesRemoved, format!("-{}", count(removed))),
    ]))
}
