//! The branch, or the commit of a detached head, and what has changed.

use std::fmt::Write;

use super::{Role, Segment, Span};
use crate::input::git::{Git, Head};
use crate::snapshot::Snapshot;
use crate::width;

/// Columns of the branch, and when a longer one gives way to them.
const NARROW: [(usize, u8); 2] = [(20, 8), (10, 14)];

/// When the numbers give way.
const COUNTS: u8 = 6;

pub fn build(snapshot: &Snapshot) -> Option<Segment> {
    let counts = snapshot.git().and_then(|fact| fact.value.as_ref()).map(counts).unwrap_or_default();
    let of = |role: Role, text: String| match counts.as_str() {
        "" => Segment::of(role, text),
        counts => Segment::of(role, format!("{text}{counts}")).or(COUNTS, vec![Span::new(role, text)]),
    };
    match snapshot.head()? {
        Head::Branch(name) => {
            let mut shown = name.clone();
            let mut segment = of(Role::Git, format!("⎇ {shown}"));
            for (columns, rank) in NARROW {
                if width::width(&shown) > columns {
                    shown = width::cut(name, columns);
                    segment = segment.or(rank, vec![Span::new(Role::Git, format!("⎇ {shown}"))]);
                }
            }
            Some(segment.or(17, vec![Span::new(Role::Git, shown)]))
        }
        Head::Detached(commit) => Some(of(Role::GitDetached, format!("➤ {commit}"))),
    }
}

/// Staged, unstaged, untracked files and conflicts; commits ahead and behind.
fn counts(git: &Git) -> String {
    let mut text = String::new();
    for (mark, count) in [
        ('+', git.staged),
        ('~', git.unstaged),
        ('?', git.untracked),
        ('!', git.conflicts),
        ('⇡', git.ahead.unwrap_or(0)),
        ('⇣', git.behind.unwrap_or(0)),
    ] {
        if count > 0 {
            _ = write!(text, " {mark}{count}");
        }
    }
    text
}
