//! The worktree that the session runs in.

use super::{Role, Segment, Span};
use crate::snapshot::Snapshot;

pub fn build(snapshot: &Snapshot) -> Option<Segment> {
    let name = snapshot.status.worktree.as_deref()?;
    Some(Segment::new(vec![Span::fixed(Role::Label, "worktree "), Span::new(Role::Worktree, name)]))
}
