//! Mode of vim key bindings.

use super::{Kind, Role, Source, Value, field};

pub const KIND: Kind = Kind::new("vim", Source::Payload, Role::Vim)
    .about("mode of vim key bindings")
    .icon(["\u{e62b}", "⌨", "", ""])
    .fields(&[field("mode", "`NORMAL`, `INSERT`, `VISUAL`, `VISUAL LINE`", |cx| {
        cx.status().vim.as_deref().map(Value::text)
    })]);
