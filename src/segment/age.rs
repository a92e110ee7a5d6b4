//! Time since the last activity of a remembered session, in prompts and lists.

use super::{Kind, Role, Source, Value, field};

pub const KIND: Kind =
    Kind::new("age", Source::Clock, Role::Stale).about("time since the session was last active, in prompts").fields(&[
        field("age", "the time in its largest unit: `12m`", |cx| cx.snapshot.silence().map(Value::duration_short)),
    ]);
