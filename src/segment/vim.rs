//! Mode of vim key bindings.

use super::{Role, Segment};
use crate::snapshot::Snapshot;

pub fn build(snapshot: &Snapshot) -> Option<Segment> {
    Some(Segment::of(Role::Vim, snapshot.status.vim.as_deref()?))
}
