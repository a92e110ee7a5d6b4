//! The running tool call, the newest of several, from the hooks.

use super::{Kind, Role, Source, Value, field};

pub const KIND: Kind = Kind::new("activity", Source::Hooks, Role::Activity)
    .about("running tool and its target")
    .icon(["\u{f085}", "🛠", "◐", "*"])
    .fields(&[
        field("tool", "name of the tool", |cx| Some(Value::text(&cx.snapshot.activity()?.name))),
        field("target", "its target: a file, a command, a pattern", |cx| {
            let target = cx.snapshot.activity()?.target.as_deref()?;
            Some(Value::text(target).state(Role::ActivityTarget))
        }),
        field("since", "time it has been running", |cx| {
            let since = cx.snapshot.since_ms(cx.snapshot.activity()?.at_ms)?;
            Some(Value::duration(since).in_role(Role::ActivityTarget))
        }),
    ]);
