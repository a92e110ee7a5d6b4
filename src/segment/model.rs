//! The model, by the name that the agent gives it.

use super::{Cx, Icon, Kind, Role, Source, Value};

pub const KIND: Kind = Kind {
    name: "model",
    about: "the model",
    source: Source::Payload,
    role: Role::Model,
    levels: None,
    icon: Icon::picture("\u{f06a9}", "🤖"),
    fields: &[
        ("name", "as the agent gives it: `Opus 4.6 (1M context)`"),
        ("short", "the same without what stands in parentheses: `Opus 4.6`"),
    ],
    keys: &[],
    value,
};

fn value(cx: &Cx, name: &str) -> Option<Value> {
    let model = cx.snapshot.status.model.as_deref()?;
    let short = model.split_once(" (").map(|(short, _)| short).filter(|short| !short.is_empty());
    Some(Value::text(Role::Model, if name == "short" { short.unwrap_or(model) } else { model }))
}
