//! The open pull request of the branch and where its review stands.

use super::{Role, Segment, Span};
use crate::agent::Review;
use crate::snapshot::Snapshot;

pub fn build(snapshot: &Snapshot) -> Option<Segment> {
    let pr = snapshot.status.pr.as_ref()?;
    let number = if pr.merge_request { format!("MR !{}", pr.number) } else { format!("PR #{}", pr.number) };
    let (role, review) = match pr.review {
        Some(Review::Approved) => (Role::PrApproved, " approved"),
        Some(Review::ChangesRequested) => (Role::PrChanges, " changes requested"),
        Some(Review::Pending) => (Role::Pr, " in review"),
        Some(Review::Draft) => (Role::Pr, " draft"),
        None => return Some(Segment::of(Role::Pr, number)),
    };
    let mark = match pr.review {
        Some(Review::Approved) => "✓",
        Some(Review::ChangesRequested) => "✗",
        _ => "",
    };
    let short = vec![Span::new(role, format!("{number}{mark}"))];
    Some(Segment::of(role, format!("{number}{review}")).or(9, short))
}
