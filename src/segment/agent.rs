//! The agent: its program, and the profile that leads the session.

use super::{Kind, Role, Source, Value, field};

pub const KIND: Kind = Kind::new("agent", Source::Payload, Role::Agent)
    .about("agent profile of the session (`--agent`)")
    .icon(["\u{f0004}", "🕵", "", ""])
    .fields(&[
        field("name", "name of the profile", |cx| cx.status().agent_name.as_deref().map(Value::text)),
        field("program", "the agent itself: `claude-code`", |cx| Some(Value::fixed(cx.status().agent))),
    ]);
