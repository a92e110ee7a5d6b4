//! A JSON object that is written member by member, unknown values left out.

use serde::Serialize;

/// The members written so far, behind an opening brace.
pub(super) struct Members(Vec<u8>);

impl Members {
    /// The object with the members that `fill` puts in, as JSON on one line.
    pub fn object(fill: impl FnOnce(&mut Members)) -> String {
        let mut members = Members(b"{".to_vec());
        fill(&mut members);
        members.0.push(b'}');
        String::from_utf8(members.0).expect("serde_json writes UTF-8")
    }

    /// Adds a member, unless its value is `None`. Names need no escapes.
    pub fn put(&mut self, name: &str, value: impl Serialize) {
        let end = self.0.len();
        self.put_name(name);
        let begin = self.0.len();
        serde_json::to_writer(&mut self.0, &value).expect("plain data serialises");
        if self.0[begin..] == *b"null" {
            self.0.truncate(end);
        }
    }

    /// Adds a nested object, which may be empty.
    pub fn put_object(&mut self, name: &str, fill: impl FnOnce(&mut Members)) {
        self.put_name(name);
        self.0.push(b'{');
        fill(self);
        self.0.push(b'}');
    }

    /// Adds a nested object about `source`, if that is known.
    pub fn put_known<T>(&mut self, name: &str, source: Option<T>, fill: impl FnOnce(&mut Members, T)) {
        if let Some(source) = source {
            self.put_object(name, |out| fill(out, source));
        }
    }

    /// Adds an array of objects, one for each item.
    pub fn put_objects<T>(
        &mut self,
        name: &str,
        items: impl IntoIterator<Item = T>,
        mut fill: impl FnMut(&mut Members, T),
    ) {
        self.put_name(name);
        self.0.push(b'[');
        for item in items {
            self.separate();
            self.0.push(b'{');
            fill(self, item);
            self.0.push(b'}');
        }
        self.0.push(b']');
    }

    fn put_name(&mut self, name: &str) {
        self.separate();
        self.0.extend([b"\"", name.as_bytes(), b"\":"].concat());
    }

    fn separate(&mut self) {
        if !matches!(self.0.last(), Some(b'{' | b'[')) {
            self.0.push(b',');
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unknown_values_are_left_out_and_empty_containers_stay() {
        let json = Members::object(|out| {
            out.put("none", None::<u64>);
            out.put("zero", 0);
            out.put_object("empty", |out| out.put("none", None::<&str>));
            out.put_objects("list", [Some("a"), None], |out, name| out.put("name", name));
            out.put("null", "null");
        });
        assert_eq!(json, r#"{"zero":0,"empty":{},"list":[{"name":"a"},{}],"null":"null"}"#);
    }
}
