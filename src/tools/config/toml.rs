//! Values of config as TOML.

use std::borrow::Cow;

use itertools::Itertools;

use crate::base::{json, text};
use crate::config::value::{KeyValue, Takes};
use crate::tools::configure::document::to_toml;

pub(super) fn bare_or_quoted(name: &str) -> Cow<'_, str> {
    let is_bare = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    if !name.is_empty() && name.chars().all(is_bare) { Cow::Borrowed(name) } else { Cow::Owned(quoted(name)) }
}

/// A value as TOML.
pub(super) fn toml(value: &KeyValue) -> String {
    match value {
        KeyValue::Text(_) | KeyValue::Own(_) | KeyValue::Role(_) => quoted(&value.to_string()),
        KeyValue::Texts(_) | KeyValue::Formats(_) | KeyValue::Conditions(_) => {
            format!("[{}]", value.elements().iter().map(|text| quoted(text)).join(", "))
        }
        KeyValue::Names(names) => {
            let mut pairs = names.iter().map(|(model, name)| format!("{} = {}", bare_or_quoted(model), quoted(name)));
            format!("{{ {} }}", pairs.join(", "))
        }
        KeyValue::Budgets(budgets) => {
            let mut pairs = budgets.iter().map(|(of, usd)| format!("{} = {usd}", bare_or_quoted(of)));
            format!("{{ {} }}", pairs.join(", "))
        }
        _ => to_toml(Takes::Own, value).to_string(),
    }
}

/// A basic string of TOML, with the same escapes as JSON except for characters above 16 bits.
pub(super) fn quoted(text: &str) -> String {
    text::with_escapes(&json::quote(text), |c, out| {
        out.push_str(&match u32::from(c) {
            code @ ..=0xffff => format!("\\u{code:04X}"),
            code => format!("\\U{code:08X}"),
        });
    })
}
