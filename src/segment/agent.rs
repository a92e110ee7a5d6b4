//! The agent: which program it is, and the profile that leads the session.

use super::{Cx, Icon, Kind, Role, Source, Value};

pub const KIND: Kind = Kind {
    name: "agent",
    about: "profile that leads the session (`--agent`)",
    source: Source::Payload,
    role: Role::Agent,
    levels: None,
    icon: Icon::picture("\u{f0004}", "🕵"),
    fields: &[("name", "name of the profile"), ("program", "the agent itself: `claude-code`")],
    keys: &[],
    value,
};

fn value(cx: &Cx, name: &str) -> Option<Value> {
    let status = &cx.snapshot.status;
    match name {
        "program" => Some(Value::text(Role::Agent, status.agent)),
        _ => Some(Value::text(Role::Agent, status.agent_name.as_deref()?)),
    }
}
