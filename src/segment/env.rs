//! A variable of the environment that the agent runs in.

use super::{Kind, Role, Source, Value, field, private_key};

pub const KIND: Kind = Kind::new("env", Source::Environment, Role::Env)
    .about("environment variable")
    .fields(&[
        field("value", "its value", |cx| cx.snapshot.variable(cx.settings.option("variable")?).map(Value::text)),
        field("name", "its name", |cx| {
            let name = cx.settings.option("variable")?;
            cx.snapshot.variable(name).map(|_| Value::text(name).in_role(Role::Label))
        }),
    ])
    .keys(&[private_key("variable", "name of the variable")]);
