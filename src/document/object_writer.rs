//! A JSON object that is written member by member, unknown values left out.

use serde::Serialize;
use serde_json::value::RawValue;

/// A JSON value on one line.
pub(super) type Json = Box<RawValue>;

/// The members written so far.
#[derive(Default)]
pub(super) struct ObjectWriter(String);

/// An object of these members, as [`Json`]; after `..`, of fields of a source that may be absent. Members whose value
/// is `None` are left out.
macro_rules! object {
    ($($name:literal: $value:expr),* $(,)?) => {
        $crate::document::object_writer::ObjectWriter::default()$(.with($name, $value))*.finish()
    };
    ($($name:literal: $value:expr,)* ..$source:expr => $($field:ident),*) => {{
        let source = $source;
        $crate::document::object_writer::ObjectWriter::default()
            $(.with($name, $value))*
            $(.with(stringify!($field), source.map(|source| &source.$field)))*
            .finish()
    }};
}

pub(super) use object;

impl ObjectWriter {
    /// With a further member, unless its value is `None`.
    pub fn with(mut self, name: &str, value: impl Serialize) -> Self {
        let value = serde_json::to_string(&value).expect("plain data serialises");
        if value != "null" {
            let separator = if self.0.is_empty() { "" } else { "," };
            self.0.push_str(&format!("{separator}\"{name}\":{value}"));
        }
        self
    }

    /// The object, which may be empty.
    pub fn finish(self) -> Json {
        RawValue::from_string(format!("{{{}}}", self.0)).expect("serde_json writes JSON")
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn unknown_values_are_left_out_and_empty_containers_stay() {
        let json = object! {
            "none": None::<u64>,
            "zero": 0,
            "empty": object! { "none": None::<&str> },
            "list": [Some("a"), None].map(|name| object! { "name": name }),
            "known": Some(object! { "number": 7 }),
            "unknown": None::<u64>.map(|number| object! { "number": number }),
            "null": "null",
        };
        assert_eq!(json.get(), r#"{"zero":0,"empty":{},"list":[{"name":"a"},{}],"known":{"number":7},"null":"null"}"#);
    }
}
