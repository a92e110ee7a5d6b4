//! Name of the session, given by the user or the model.

use super::{Role, Segment, Span};
use crate::snapshot::Snapshot;
use crate::width;

/// Columns of the name where there is little room.
const NARROW: usize = 16;

pub fn build(snapshot: &Snapshot) -> Option<Segment> {
    let name = snapshot.status.session_name.as_deref()?;
    let segment = Segment::of(Role::Session, name);
    Some(match width::width(name) > NARROW {
        true => segment.or(9, vec![Span::new(Role::Session, width::cut(name, NARROW))]),
        false => segment,
    })
}
