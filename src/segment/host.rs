//! The machine and the user, for people who work on several.

use super::{Kind, Role, Source, Value, field};

pub const KIND: Kind =
    Kind::new("host", Source::Environment, Role::Host).about("host name").icon(["\u{f108}", "🖥", "", ""]).fields(&[
        field("host", "host name without its domain", |cx| cx.snapshot.host_name().map(Value::text)),
        field("user", "user name", |cx| {
            let user = ["USER", "USERNAME", "LOGNAME"].iter().find_map(|name| cx.snapshot.variable(name));
            user.map(Value::text)
        }),
        field("ssh", "the word `ssh` in a remote login", |cx| {
            cx.snapshot.variable("SSH_CONNECTION").map(|_| Value::fixed("ssh"))
        }),
    ]);
