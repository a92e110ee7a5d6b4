//! Whether extended thinking is on.

use super::{Role, Segment, Span};
use crate::snapshot::Snapshot;

pub fn build(snapshot: &Snapshot) -> Option<Segment> {
    (snapshot.status.thinking == Some(true))
        .then(|| Segment::new(vec![Span::fixed(Role::Thinking, "thinking")]))
}
