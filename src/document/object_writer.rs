//! A JSON object that is written member by member, unknown values left out.

use serde::Serialize;
use serde_json::value::RawValue;

/// The members written so far.
#[derive(Default)]
pub(super) struct ObjectWriter(String);

impl ObjectWriter {
    /// The object with the members that `fill` puts in, on one line.
    pub fn object(fill: impl FnOnce(&mut ObjectWriter)) -> Box<RawValue> {
        let mut object = ObjectWriter::default();
        fill(&mut object);
        RawValue::from_string(format!("{{{}}}", object.0)).expect("serde_json writes JSON")
    }

    /// Adds a member, unless its value is `None`.
    pub fn put(&mut self, name: &str, value: impl Serialize) {
        let value = serde_json::to_string(&value).expect("plain data serialises");
        if value != "null" {
            let separator = if self.0.is_empty() { "" } else { "," };
            self.0.push_str(&format!("{separator}\"{name}\":{value}"));
        }
    }

    /// Adds a nested object, which may be empty.
    pub fn put_object(&mut self, name: &str, fill: impl FnOnce(&mut ObjectWriter)) {
        self.put(name, ObjectWriter::object(fill));
    }

    /// Adds a nested object about `source`, if that is known.
    pub fn put_known<T>(&mut self, name: &str, source: Option<T>, fill: impl FnOnce(&mut ObjectWriter, T)) {
        self.put(name, source.map(|source| ObjectWriter::object(|out| fill(out, source))));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unknown_values_are_left_out_and_empty_containers_stay() {
        let json = ObjectWriter::object(|out| {
            out.put("none", None::<u64>);
            out.put("zero", 0);
            out.put_object("empty", |out| out.put("none", None::<&str>));
            out.put("list", [Some("a"), None].map(|name| ObjectWriter::object(|out| out.put("name", name))));
            out.put_known("known", Some(7), |out, seven| out.put("number", seven));
            out.put_known("unknown", None::<u64>, |out, number| out.put("number", number));
            out.put("null", "null");
        });
        assert_eq!(json.get(), r#"{"zero":0,"empty":{},"list":[{"name":"a"},{}],"known":{"number":7},"null":"null"}"#);
    }
}
