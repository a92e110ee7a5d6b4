//! The session's name, given by the user or the model.

use super::{Cx, Icon, Kind, Role, Source, Value};
use crate::facts::git::Head;

pub const KIND: Kind = Kind {
    name: "session",
    about: "name of the session",
    source: Source::Payload,
    role: Role::Session,
    levels: None,
    icon: Icon::picture("\u{f02b}", "🏷"),
    fields: &[
        ("name", "its name, once it has one"),
        ("id", "its id"),
        ("short_id", "the first part of its id"),
        ("label", "its name, else the first part of its id and the branch that it works on"),
    ],
    keys: &[],
    value,
};

fn value(cx: &Cx, name: &str) -> Option<Value> {
    let status = &cx.snapshot.status;
    let id = || status.session_id.as_deref();
    let short_id = || id()?.split('-').next();
    let text = match name {
        "name" => status.session_name.as_deref()?.into(),
        "id" => id()?.into(),
        "short_id" => short_id()?.into(),
        "label" => match (status.session_name.as_deref(), branch(cx)) {
            (Some(name), _) => name.into(),
            (None, Some(branch)) => format!("{} {branch}", short_id()?),
            (None, None) => short_id()?.into(),
        },
        _ => return None,
    };
    Some(Value::text(Role::Session, text))
}

fn branch<'a>(cx: &Cx<'a>) -> Option<&'a str> {
    match cx.snapshot.head() {
        Some(Head::Branch(branch)) => Some(branch),
        _ => cx.snapshot.status.vcs.branch.as_deref(),
    }
}
