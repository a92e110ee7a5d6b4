//! Mode of vim key bindings.

use super::{Cx, Icon, Kind, Role, Source, Value};

pub const KIND: Kind = Kind {
    name: "vim",
    about: "mode of vim key bindings",
    source: Source::Payload,
    role: Role::Vim,
    levels: None,
    icon: Icon::picture("\u{e62b}", "⌨"),
    fields: &[("mode", "`NORMAL`, `INSERT`, `VISUAL`, `VISUAL LINE`")],
    keys: &[],
    value: |cx: &Cx, _| Some(Value::text(Role::Vim, cx.snapshot.status.vim.as_deref()?)),
};
