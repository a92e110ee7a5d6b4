//! Whether fast mode is on, which costs more.

use super::{Role, Segment, Span};
use crate::snapshot::Snapshot;

pub fn build(snapshot: &Snapshot) -> Option<Segment> {
    (snapshot.status.fast == Some(true)).then(|| Segment::new(vec![Span::fixed(Role::Fast, "fast")]))
}
