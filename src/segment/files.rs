//! Files that the session has modified, as the hooks count them.

use super::{Role, Segment, Span};
use crate::snapshot::Snapshot;

pub fn build(snapshot: &Snapshot) -> Option<Segment> {
    let count = snapshot.bridge()?.files_modified.filter(|count| *count > 0)?;
    let unit = if count == 1 { "file" } else { "files" };
    let segment = Segment::of(Role::Files, format!("{count} {unit}"));
    Some(segment.or(1, vec![Span::new(Role::Files, format!("{count}f"))]))
}
