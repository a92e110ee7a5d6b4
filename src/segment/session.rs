//! The session's name, given by the user or the model.

use super::{Cx, Kind, Role, Source, Value, field};

pub const KIND: Kind = Kind::new("session", Source::Payload, Role::Session)
    .about("name of the session")
    .icon(["\u{f02b}", "🏷", "", ""])
    .fields(&[
        field("name", "its name, if it has one", |cx| cx.status().session_name.as_deref().map(Value::text)),
        field("id", "its id", |cx| cx.status().session_id.as_deref().map(Value::text)),
        field("short_id", "the first part of its id", |cx| short_id(cx).map(Value::text)),
        field("label", "its name, else the first part of its id and its branch", label),
    ]);

fn short_id<'a>(cx: &Cx<'a>) -> Option<&'a str> {
    cx.status().session_id.as_deref()?.split('-').next()
}

fn label(cx: &Cx) -> Option<Value> {
    if let Some(name) = &cx.status().session_name {
        return Some(Value::text(name));
    }
    let branch = cx.snapshot.branch().map(|branch| format!(" {branch}")).unwrap_or_default();
    Some(Value::text(format!("{}{branch}", short_id(cx)?)))
}
