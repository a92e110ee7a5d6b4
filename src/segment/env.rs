//! A variable of the environment that the agent runs in.

use super::{Cx, Icon, Kind, Own, Role, Source, Value};

pub const KIND: Kind = Kind {
    name: "env",
    about: "a variable of the environment",
    source: Source::Environment,
    role: Role::Env,
    levels: None,
    icon: Icon::NONE,
    fields: &[("value", "what it holds"), ("name", "its name")],
    keys: &[Own { name: "variable", about: "name of the variable", private: true }],
    value,
};

fn value(cx: &Cx, name: &str) -> Option<Value> {
    let variable = cx.settings.option("variable")?;
    let value = cx.snapshot.variable(variable)?;
    match name {
        "name" => Some(Value::text(Role::Label, variable)),
        _ => Some(Value::text(Role::Env, value)),
    }
}
