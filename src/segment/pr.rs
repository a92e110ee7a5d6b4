//! The open pull request of the branch, and the state of its review.

use super::{Cx, Kind, Role, Source, Value, field};
use crate::agent::Review;
use crate::base::text::Link;

pub const KIND: Kind = Kind::new("pr", Source::Payload, Role::Pr)
    .about("open pull request and its review")
    .icon(["\u{f407}", "🔀", "", ""])
    .fields(&[
        field("number", "`PR #12`, for GitLab `MR !12`", |cx| {
            let pr = cx.status().pr.as_ref()?;
            let kind = if pr.merge_request { "MR !" } else { "PR #" };
            shown(cx, &format!("{kind}{}", pr.number))
        }),
        field("review", "`approved`, `changes requested`, `in review`, `draft`", |cx| {
            shown(
                cx,
                match cx.status().pr.as_ref()?.review? {
                    Review::Approved => "approved",
                    Review::ChangesRequested => "changes requested",
                    Review::Pending => "in review",
                    Review::Draft => "draft",
                },
            )
        }),
        field("mark", "the review as a glyph: `✓`, `✗`", |cx| match cx.status().pr.as_ref()?.review? {
            Review::Approved => shown(cx, "✓"),
            Review::ChangesRequested => shown(cx, "✗"),
            Review::Pending | Review::Draft => None,
        }),
    ]);

fn shown(cx: &Cx, text: &str) -> Option<Value> {
    let pr = cx.status().pr.as_ref()?;
    let role = match pr.review {
        Some(Review::Approved) => Role::PrApproved,
        Some(Review::ChangesRequested) => Role::PrChanges,
        _ => Role::Pr,
    };
    Some(Value::text(text).state(role).linked(cx.link(|| Link::new(pr.url.as_deref()?))))
}
