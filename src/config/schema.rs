//! The JSON schema of a config file, for editors: made from the tables that the parser uses, so that it
//! cannot say anything else.

use serde_json::{Map, Value, json};

use super::key::{KEYS, Key, SEGMENT_KEYS, Takes};
use crate::segment::{self, Kind, Role};

/// The schema (<https://json-schema.org>, 2020-12).
pub fn schema() -> Value {
    let mut properties = properties(KEYS);
    let segments: Map<String, Value> =
        segment::ALL.iter().map(|kind| (kind.name.to_owned(), segment_schema(kind))).collect();
    properties.insert(
        "segments".to_owned(),
        json!({
            "description": "segments, each by its name; one with a name of its own has a kind",
            "type": "object",
            "properties": segments,
            "additionalProperties": of_ones_own(),
        }),
    );
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "bridgeline config",
        "type": "object",
        "properties": properties,
        "additionalProperties": false,
    })
}

fn segment_schema(kind: &Kind) -> Value {
    let mut properties = properties(SEGMENT_KEYS);
    properties.extend(kind.keys.iter().map(|own| (own.name.to_owned(), own_schema(own.about))));
    let fields: Vec<String> =
        kind.all_fields().map(|field| format!("{{{}}}: {}", field.name, field.about)).collect();
    json!({
        "description": format!("{}. Names for format: {}", kind.about, fields.join("; ")),
        "type": "object",
        "properties": properties,
        "additionalProperties": false,
    })
}

/// A segment with a name of its own: any key that some kind has.
fn of_ones_own() -> Value {
    let mut properties = properties(SEGMENT_KEYS);
    for own in segment::ALL.iter().flat_map(|kind| kind.keys) {
        properties.insert(own.name.to_owned(), own_schema(own.about));
    }
    let kinds: Vec<&str> = segment::ALL.iter().map(|kind| kind.name).collect();
    properties.insert("kind".to_owned(), json!({ "description": "what it shows", "enum": kinds }));
    json!({
        "type": "object",
        "properties": properties,
        "required": ["kind"],
        "additionalProperties": false,
    })
}

fn own_schema(about: &str) -> Value {
    json!({ "description": about, "type": ["string", "number", "boolean"] })
}

fn properties(keys: &[Key]) -> Map<String, Value> {
    let property = |key: &Key| {
        let mut schema = takes(key.takes);
        schema["description"] = json!(key.about);
        (key.name.to_owned(), schema)
    };
    keys.iter().map(property).collect()
}

fn takes(takes: Takes) -> Value {
    match takes {
        Takes::Bool => json!({ "type": "boolean" }),
        Takes::Number(least, most) => json!({ "type": "integer", "minimum": least, "maximum": most }),
        Takes::Text => json!({ "type": "string" }),
        Takes::Word(words) => {
            let numbers = words.iter().filter_map(|word| word.parse::<u32>().ok());
            let words: Vec<Value> =
                words.iter().map(|word| json!(word)).chain(numbers.map(Value::from)).collect();
            json!({ "enum": words })
        }
        Takes::Texts => {
            json!({ "oneOf": [{ "type": "string" }, { "type": "array", "items": { "type": "string" } }] })
        }
        Takes::Words(words) => {
            json!({ "oneOf": [{ "type": "boolean" }, { "type": "array", "items": { "enum": words } }] })
        }
        Takes::Numbers => {
            json!({ "type": "array", "items": { "type": "integer", "minimum": 0, "maximum": 255 } })
        }
        Takes::Names => json!({ "type": "object", "additionalProperties": { "type": "string" } }),
        Takes::Thresholds => {
            let steps = ["normal", "notice", "warning", "danger"];
            let roles: Vec<&str> =
                steps.into_iter().chain(Role::ALL.iter().map(|role| role.name())).collect();
            json!({
                "type": "array",
                "items": {
                    "type": "object",
                    "properties": { "at": { "type": "number" }, "role": { "enum": roles } },
                    "required": ["at", "role"],
                    "additionalProperties": false,
                },
            })
        }
    }
}
