//! The model, by the name that the agent gives it.

use super::{Cx, Kind, Role, Source, Value, field};
use crate::agent::model_name;

pub const KIND: Kind =
    Kind::new("model", Source::Payload, Role::Model).about("the model").icon(["\u{f06a9}", "🤖", "", ""]).fields(&[
        field(
            "name",
            "its name, or a short one made from its id: `Opus 4.6 (1M context)`; your own from `model_names`",
            |cx| named(cx, |name| name),
        ),
        field("short", "the name without parentheses: `Opus 4.6`", |cx| {
            named(cx, |name| match name.split_once(" (") {
                Some((short, _)) if !short.is_empty() => short,
                _ => name,
            })
        }),
    ]);

/// The user's own name, else the agent's, shortened.
fn named(cx: &Cx, shorten: fn(&str) -> &str) -> Option<Value> {
    let name = cx.status().model.as_deref()?;
    let own = model_name::own(cx.model_names, cx.status().model_id.as_deref(), name);
    Some(Value::text(own.unwrap_or_else(|| shorten(name))))
}
