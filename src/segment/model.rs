//! The model, by the name that the agent gives it.

use super::{Cx, Icon, Kind, Role, Source, Value};
use crate::agent::model_name;

pub const KIND: Kind = Kind {
    name: "model",
    about: "the model",
    source: Source::Payload,
    role: Role::Model,
    levels: None,
    icon: Icon::picture("\u{f06a9}", "🤖"),
    fields: &[
        (
            "name",
            "its name, or a short one made of its id: `Opus 4.6 (1M context)`; yours where `model_names` has one",
        ),
        ("short", "the same without what stands in parentheses: `Opus 4.6`"),
    ],
    keys: &[],
    value,
};

fn value(cx: &Cx, name: &str) -> Option<Value> {
    let status = &cx.snapshot.status;
    let model = status.model.as_deref()?;
    let own = model_name::own(cx.model_names, status.model_id.as_deref(), model);
    let short = || model.split_once(" (").map(|(short, _)| short).filter(|short| !short.is_empty());
    let text = match name {
        "name" => own.unwrap_or(model),
        "short" => own.or_else(short).unwrap_or(model),
        _ => return None,
    };
    Some(Value::text(Role::Model, text))
}
