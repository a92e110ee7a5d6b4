//! The machine and the user, for those who work on several.

use super::{Cx, Icon, Kind, Role, Source, Value};

pub const KIND: Kind = Kind {
    name: "host",
    about: "name of the machine",
    source: Source::Environment,
    role: Role::Host,
    levels: None,
    icon: Icon::picture("\u{f108}", "🖥"),
    fields: &[
        ("host", "name of the machine, without its domain"),
        ("user", "name of the user"),
        ("ssh", "the word `ssh`, when it is a remote login"),
    ],
    keys: &[],
    value,
};

fn value(cx: &Cx, name: &str) -> Option<Value> {
    let snapshot = cx.snapshot;
    let text = match name {
        "user" => ["USER", "USERNAME", "LOGNAME"].iter().find_map(|name| snapshot.variable(name))?,
        "ssh" => snapshot.variable("SSH_CONNECTION").map(|_| "ssh".to_owned())?,
        _ => snapshot.host_name()?,
    };
    Some(Value::text(Role::Host, text))
}
