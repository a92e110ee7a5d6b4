//! Time since the session began.

use super::{Role, Segment, Span};
use crate::format;
use crate::snapshot::Snapshot;

pub fn build(snapshot: &Snapshot) -> Option<Segment> {
    let seconds = snapshot.duration()?.as_secs();
    let segment = Segment::of(Role::Duration, format::duration(seconds));
    Some(segment.or(6, vec![Span::new(Role::Duration, format::duration_short(seconds))]))
}
