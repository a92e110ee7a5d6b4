//! Reasoning effort.

use super::{Role, Segment};
use crate::snapshot::Snapshot;

pub fn build(snapshot: &Snapshot) -> Option<Segment> {
    Some(Segment::of(Role::Effort, snapshot.status.effort.as_deref()?))
}
