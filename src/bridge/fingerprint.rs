//! Fingerprint of a tool call: equal for equal calls in any order of keys, different for others, however long their
//! common part.

use crate::base::hash::Fnv;
use crate::base::json::{self, Object};

/// Deeper nesting is hashed as raw text: no tool nests this deep, and a payload must not exhaust the stack.
const MAX_DEPTH: usize = 32;

/// The fingerprint of a call, as 16 hex digits.
pub fn fingerprint(tool: &str, raw_input: &str) -> String {
    let mut hash = Fnv::default();
    text(tool, &mut hash);
    value(raw_input.trim(), 0, &mut hash);
    format!("{:016x}", hash.finish())
}

fn value(raw: &str, depth: usize, hash: &mut Fnv) {
    if depth < MAX_DEPTH {
        if let Some(object) = Object::parse(raw) {
            let mut members: Vec<(String, &str)> = object.members().collect();
            members.sort();
            hash.bytes(b"{");
            for (name, member) in members {
                text(&name, hash);
                value(member, depth + 1, hash);
            }
            return hash.bytes(b"}");
        }
        if let Some(elements) = json::array(raw) {
            hash.bytes(b"[");
            for element in elements {
                value(element, depth + 1, hash);
            }
            return hash.bytes(b"]");
        }
        if let Some(string) = json::string(raw) {
            return text(&string, hash);
        }
    }
    text(raw, hash);
}

/// Hashes a text with its length first, so that `ab`, `c` and `a`, `bc` differ.
fn text(text: &str, hash: &mut Fnv) {
    hash.bytes(&(text.len() as u64).to_le_bytes());
    hash.bytes(text.as_bytes());
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn different_calls_never_collide() {
        let long = "x".repeat(5000);
        let calls = [
            ("Bash", format!(r#"{{"command":"{long} a"}}"#)),
            ("Bash", format!(r#"{{"command":"{long} b"}}"#)),
            ("Edit", r#"{"file_path":"/a","old_string":"1","new_string":"2"}"#.to_owned()),
            ("Edit", r#"{"file_path":"/a","old_string":"1","new_string":"3"}"#.to_owned()),
            ("Edit", r#"{"file_path":"/a","old_string":"12","new_string":""}"#.to_owned()),
            ("Glob", r#"{"pattern":"*.rs"}"#.to_owned()),
            ("Glob", r#"{"pattern":"*.md"}"#.to_owned()),
            ("Grep", r#"{"pattern":"*.md"}"#.to_owned()),
            ("X", "{}".to_owned()),
            ("X", "[]".to_owned()),
            ("X", "null".to_owned()),
            ("X", r#"{"a":[1,2]}"#.to_owned()),
            ("X", r#"{"a":[2,1]}"#.to_owned()),
            ("X", r#"{"a":[[1],2]}"#.to_owned()),
        ];
        let mut prints: Vec<String> = calls.iter().map(|(tool, input)| fingerprint(tool, input)).collect();
        prints.sort();
        prints.dedup();
        assert_eq!(prints.len(), calls.len());
    }

    #[test]
    fn the_same_call_has_the_same_print() {
        let check = |a: &str, b: &str| assert_eq!(fingerprint("X", a), fingerprint("X", b), "{a} {b}");
        check(r#"{"a":1,"b":{"c":2,"d":3}}"#, r#"{ "b": {"d":3, "c":2}, "a":1 }"#);
        check(r#"{"a":"\u0041"}"#, r#"{"a":"A"}"#);
    }

    #[test]
    fn deep_nesting_is_no_danger() {
        let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
        assert_eq!(fingerprint("X", &deep), fingerprint("X", &deep));
    }

    proptest! {
        #[test]
        fn the_order_of_keys_makes_no_difference(
            map in proptest::collection::btree_map("[a-z]{1,4}", ".{0,9}", 1..8),
            seed: u64,
        ) {
            let entry = |(key, text): (&String, &String)| format!("{}:{}", json::quote(key), json::quote(text));
            let mut entries: Vec<String> = map.iter().map(entry).collect();
            let sorted = format!("{{{}}}", entries.join(","));
            let turns = (seed as usize) % entries.len();
            entries.rotate_left(turns);
            let turned = format!("{{{}}}", entries.join(", "));
            prop_assert_eq!(fingerprint("X", &sorted), fingerprint("X", &turned));
        }
    }
}
