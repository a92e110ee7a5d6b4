//! Extended thinking.

use super::{Kind, Role, Source, Value, field};

pub const KIND: Kind = Kind::new("thinking", Source::Payload, Role::Thinking)
    .about("extended thinking")
    .icon(["\u{f09d1}", "🧠", "", ""])
    .fields(&[field("thinking", "the word `thinking` when it is on", |cx| {
        cx.status().thinking?.then(|| Value::fixed("thinking"))
    })]);
