//! The branch, or the commit of a detached head.

use super::{Role, Segment, Span};
use crate::input::git::Head;
use crate::snapshot::Snapshot;
use crate::width;

/// Columns of the branch where there is little room, and where there is very little.
const NARROW: [usize; 2] = [20, 10];

pub fn build(snapshot: &Snapshot) -> Option<Segment> {
    match snapshot.head()? {
        Head::Branch(name) => {
            let form = |name: &str| vec![Span::new(Role::Git, format!("⎇ {name}"))];
            let mut segment = Segment::new(form(name));
            for columns in NARROW {
                if width::width(name) > columns {
                    segment = segment.or(form(&width::cut(name, columns)));
                }
            }
            Some(segment)
        }
        Head::Detached(commit) => Some(Segment::of(Role::GitDetached, format!("➤ {commit}"))),
    }
}
