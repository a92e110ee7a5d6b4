//! The branch, or the commit of a detached head.

use super::{Role, Segment, Span};
use crate::input::git::Head;
use crate::snapshot::Snapshot;
use crate::width;

/// Columns of the branch, and when a longer one gives way to them.
const NARROW: [(usize, u8); 2] = [(20, 8), (10, 14)];

pub fn build(snapshot: &Snapshot) -> Option<Segment> {
    match snapshot.head()? {
        Head::Branch(name) => {
            let mut shown = name.clone();
            let mut segment = Segment::of(Role::Git, format!("⎇ {shown}"));
            for (columns, rank) in NARROW {
                if width::width(&shown) > columns {
                    shown = width::cut(name, columns);
                    segment = segment.or(rank, vec![Span::new(Role::Git, format!("⎇ {shown}"))]);
                }
            }
            Some(segment.or(17, vec![Span::new(Role::Git, shown)]))
        }
        Head::Detached(commit) => Some(Segment::of(Role::GitDetached, format!("➤ {commit}"))),
    }
}
