//! Fast mode, which costs more.

use super::{Kind, Role, Source, Value, field};

pub const KIND: Kind = Kind::new("fast", Source::Payload, Role::Fast)
    .about("fast mode")
    .icon(["\u{f04c5}", "🚀", "", ""])
    .fields(&[field("fast", "the word `fast` when it is on", |cx| cx.status().fast?.then(|| Value::fixed("fast")))]);
