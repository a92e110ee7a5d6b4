//! The open pull request of the branch and where its review stands.

use super::{Cx, Icon, Kind, Role, Source, Value};
use crate::agent::Review;
use crate::base::text::Link;

pub const KIND: Kind = Kind {
    name: "pr",
    about: "open pull request and its review",
    source: Source::Payload,
    role: Role::Pr,
    levels: None,
    icon: Icon::picture("\u{f407}", "🔀"),
    fields: &[
        ("number", "`PR #12`, for GitLab `MR !12`"),
        ("review", "`approved`, `changes requested`, `in review`, `draft`"),
        ("mark", "the same as a sign: `✓`, `✗`"),
    ],
    keys: &[],
    value,
};

fn value(cx: &Cx, name: &str) -> Option<Value> {
    let pr = cx.snapshot.status.pr.as_ref()?;
    let role = match pr.review {
        Some(Review::Approved) => Role::PrApproved,
        Some(Review::ChangesRequested) => Role::PrChanges,
        _ => Role::Pr,
    };
    let text = match (name, pr.review) {
        ("number", _) if pr.merge_request => format!("MR !{}", pr.number),
        ("number", _) => format!("PR #{}", pr.number),
        ("review", Some(Review::Approved)) => "approved".to_owned(),
        ("review", Some(Review::ChangesRequested)) => "changes requested".to_owned(),
        ("review", Some(Review::Pending)) => "in review".to_owned(),
        ("review", Some(Review::Draft)) => "draft".to_owned(),
        ("mark", Some(Review::Approved)) => "✓".to_owned(),
        ("mark", Some(Review::ChangesRequested)) => "✗".to_owned(),
        _ => return None,
    };
    let link = if cx.links { pr.url.as_deref().and_then(Link::new) } else { None };
    Some(Value::text(role, text).telling().linked(link.as_ref()))
}
