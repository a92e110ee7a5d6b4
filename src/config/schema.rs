//! The JSON schema of a config file, for editors, from the tables that the parser uses.

use serde_json::{Map, Value, json};

use super::embedded;
use super::key::{KEYS, Key, SEGMENT_KEYS, THEMES};
use super::value::Takes;
use crate::segment::{self, Field, Kind, Level, OwnKey, Role};
use crate::theme;

/// The schema (<https://json-schema.org>, 2020-12).
pub fn schema() -> Value {
    let mut properties = properties(KEYS);
    properties["preset"]["enum"] = embedded::PRESETS.iter().map(|preset| preset.name).collect();
    for key in THEMES {
        // The user may have more.
        let known: Vec<&str> = theme::names().chain(["auto"].into_iter().filter(|_| key == "theme")).collect();
        properties[key]["anyOf"] = json!([{ "enum": known }, { "type": "string" }]);
    }
    let segments: Map<String, Value> =
        segment::ALL.iter().map(|kind| (kind.name.to_owned(), segment_schema(kind))).collect();
    properties.insert(
        "segments".to_owned(),
        json!({
            "description": "segments by name; a custom one needs a kind",
            "type": "object",
            "properties": segments,
            "additionalProperties": own_segment_schema(),
        }),
    );
    let roles: Vec<&str> = Role::ALL.iter().map(|role| role.name()).collect();
    let levels = [&Level::WORDS[..], &roles].concat();
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "bridgeline config",
        "type": "object",
        "properties": properties,
        "additionalProperties": false,
        "$defs": { "role": { "enum": roles }, "level": { "enum": levels } },
    })
}

fn segment_schema(kind: &Kind) -> Value {
    let field = |field: &Field| format!("{{{}}}: {}", field.name, field.about);
    let fields: Vec<String> = kind.all_fields().map(field).collect();
    let mut schema = object(kind.keys);
    schema["description"] = json!(format!("{}. Names for format: {}", kind.about, fields.join("; ")));
    schema
}

/// A custom segment: any key that some kind has.
fn own_segment_schema() -> Value {
    let mut schema = object(segment::ALL.iter().flat_map(|kind| kind.keys));
    let kinds: Vec<&str> = segment::ALL.iter().map(|kind| kind.name).collect();
    schema["properties"]["kind"] = json!({ "description": "what it shows", "enum": kinds });
    schema["required"] = json!(["kind"]);
    schema
}

/// A segment with these keys in addition to those that all have.
fn object<'a>(own: impl IntoIterator<Item = &'a OwnKey>) -> Value {
    let mut properties = properties(SEGMENT_KEYS);
    properties.extend(own.into_iter().map(|own| property(own.name, own.about, Takes::Own)));
    json!({ "type": "object", "properties": properties, "additionalProperties": false })
}

fn properties(keys: &[Key]) -> Map<String, Value> {
    keys.iter().map(|key| property(key.name, key.about, key.takes)).collect()
}

fn property(name: &str, about: &str, takes: Takes) -> (String, Value) {
    let mut schema = self::takes(takes);
    schema["description"] = json!(about);
    (name.to_owned(), schema)
}

fn takes(takes: Takes) -> Value {
    match takes {
        Takes::Bool => json!({ "type": "boolean" }),
        Takes::Number(least, most) => json!({ "type": "integer", "minimum": least, "maximum": most }),
        Takes::Text => json!({ "type": "string" }),
        Takes::Role => json!({ "$ref": "#/$defs/role" }),
        Takes::Word(words) => {
            let numbers = words.iter().filter_map(|word| word.parse::<u32>().ok());
            let words: Vec<Value> = words.iter().map(|word| json!(word)).chain(numbers.map(Value::from)).collect();
            json!({ "enum": words })
        }
        Takes::Own => json!({ "type": ["string", "number", "boolean"] }),
        Takes::Texts | Takes::Formats | Takes::Conditions => {
            json!({ "oneOf": [{ "type": "string" }, { "type": "array", "items": { "type": "string" } }] })
        }
        Takes::Words(words) => {
            let list = json!({ "type": "array", "items": { "enum": words } });
            json!({ "oneOf": [{ "type": "boolean" }, { "enum": words }, list] })
        }
        Takes::Steps => {
            json!({ "type": "array", "items": { "type": "integer", "minimum": 0, "maximum": 255 } })
        }
        Takes::Budgets => {
            json!({ "type": "object", "additionalProperties": { "type": "number", "exclusiveMinimum": 0 } })
        }
        Takes::Names => json!({ "type": "object", "additionalProperties": { "type": "string" } }),
        Takes::Thresholds => json!({
            "type": "array",
            "items": {
                "type": "object",
                "properties": { "at": { "type": "number" }, "role": { "$ref": "#/$defs/level" } },
                "required": ["at", "role"],
                "additionalProperties": false,
            },
        }),
    }
}
