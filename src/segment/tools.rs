//! Tool calls of the session, as the hooks count them.

use super::{Role, Segment, Span};
use crate::format;
use crate::snapshot::Snapshot;

pub fn build(snapshot: &Snapshot) -> Option<Segment> {
    let count = snapshot.bridge()?.tool_count.filter(|count| *count > 0)?;
    let unit = if count == 1 { "tool" } else { "tools" };
    let number = format::compact(count as f64);
    let segment = Segment::of(Role::Tools, format!("{number} {unit}"));
    Some(segment.or(vec![Span::new(Role::Tools, format!("{number}t"))]))
}
