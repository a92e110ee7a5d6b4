//! The session's name, given by the user or the model.

use super::{Cx, Icon, Kind, Role, Source, Value};

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
    ],
    keys: &[],
    value,
};

fn value(cx: &Cx, name: &str) -> Option<Value> {
    let status = &cx.snapshot.status;
    let id = || status.session_id.as_deref();
    let text = match name {
        "id" => id()?,
        "short_id" => id()?.split('-').next()?,
        _ => status.session_name.as_deref()?,
    };
    Some(Value::text(Role::Session, text))
}
