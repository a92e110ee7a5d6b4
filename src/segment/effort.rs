//! Reasoning effort.

use super::{Cx, Icon, Kind, Role, Source, Value};

pub const KIND: Kind = Kind {
    name: "effort",
    about: "reasoning effort",
    source: Source::Payload,
    role: Role::Effort,
    levels: None,
    icon: Icon::picture("\u{f0e7}", "⚡"),
    fields: &[("effort", "`low`, `medium`, `high`, `xhigh`, `max`")],
    keys: &[],
    value: |cx: &Cx, _| Some(Value::text(Role::Effort, cx.snapshot.status.effort.as_deref()?)),
};
