//! The home of the repository on the web.

use super::{Cx, Kind, Role, Source, Value, field};
use crate::agent::Repo;
use crate::base::text::Link;

pub const KIND: Kind = Kind::new("repo", Source::Payload, Role::Repo)
    .about("owner and name of the repository")
    .icon(["\u{f401}", "📚", "", ""])
    .fields(&[
        field("owner", "user or organisation", |cx| linked(cx, |repo| &repo.owner)),
        field("name", "its name", |cx| linked(cx, |repo| &repo.name)),
        field("host", "host: `github.com`", |cx| linked(cx, |repo| &repo.host)),
    ]);

fn linked(cx: &Cx, part: fn(&Repo) -> &str) -> Option<Value> {
    let repo = cx.status().repo.as_ref()?;
    Some(Value::text(part(repo)).linked(cx.link(|| Link::new(&repo.url()?))))
}
