//! Tool calls of the session, as the hooks count them.

use super::{Role, Segment, Span};
use crate::snapshot::Snapshot;

pub fn build(snapshot: &Snapshot) -> Option<Segment> {
    let count = snapshot.bridge()?.tool_count.filter(|count| *count > 0)?;
    let unit = if count == 1 { "tool" } else { "tools" };
    let segment = Segment::of(Role::Tools, format!("{count} {unit}"));
    Some(segment.or(1, vec![Span::new(Role::Tools, format!("{count}t"))]))
}
