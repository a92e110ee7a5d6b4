//! The home of the repository on the web.

use super::{Cx, Icon, Kind, Role, Source, Value};
use crate::base::text::Link;

pub const KIND: Kind = Kind {
    name: "repo",
    about: "owner and name of the repository",
    source: Source::Payload,
    role: Role::Repo,
    levels: None,
    icon: Icon::picture("\u{f401}", "📚"),
    fields: &[("owner", "user or organisation"), ("name", "its name"), ("host", "such as `github.com`")],
    keys: &[],
    value,
};

fn value(cx: &Cx, name: &str) -> Option<Value> {
    let repo = cx.snapshot.status.repo.as_ref()?;
    let text = match name {
        "owner" => &repo.owner,
        "host" => &repo.host,
        _ => &repo.name,
    };
    let link = if cx.links { repo.url().and_then(|url| Link::new(&url)) } else { None };
    Some(Value::text(Role::Repo, text.as_str()).linked(link.as_ref()))
}
