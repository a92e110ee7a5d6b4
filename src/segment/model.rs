//! The model, by the name that the agent gives it.

use super::{Role, Segment, Span};
use crate::snapshot::Snapshot;

pub fn build(snapshot: &Snapshot) -> Option<Segment> {
    let name = snapshot.status.model.as_deref()?;
    let segment = Segment::of(Role::Model, name);
    // "Opus 4.6 (1M context)" is "Opus 4.6" where there is little room.
    Some(match name.split_once(" (") {
        Some((short, _)) if !short.is_empty() => segment.or(3, vec![Span::new(Role::Model, short)]),
        _ => segment,
    })
}
