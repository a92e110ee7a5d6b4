//! The running tool call, the newest of several, from the hooks.

use super::{Kind, Role, Source, Value, field};

pub const KIND: Kind = Kind::new("activity", Source::Hooks, Role::Activity)
    .about("the tool at work and what it works on")
    .icon(["\u{f085}", "🛠", "◐", "*"])
    .fields(&[
        field("tool", "name of the tool", |cx| Some(Value::text(&cx.snapshot.activity()?.name))),
        field("target", "what it works on: a file, a command, a pattern", |cx| {
            let target = cx.snapshot.activity()?.target.as_deref()?;
            Some(Value::text(target).state(Role::ActivityTarget))
        }),
        field("since", "for how long", |cx| {
            let since = cx.snapshot.since_ms(cx.snapshot.activity()?.at_ms)?;
            Some(Value::duration(since).in_role(Role::ActivityTarget))
        }),
    ]);
