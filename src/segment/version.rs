//! Version of the agent.

use super::{Role, Segment};
use crate::snapshot::Snapshot;

pub fn build(snapshot: &Snapshot) -> Option<Segment> {
    Some(Segment::of(Role::Version, format!("v{}", snapshot.status.version.as_deref()?)))
}
