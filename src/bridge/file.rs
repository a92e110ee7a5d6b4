//! The keys of the bridge.

use std::time::SystemTime;

use super::ours::{OURS, Ours};
use crate::base::json::Object;
use crate::store::KeyedFile;

/// The session bridge, shared with the Node scripts.
pub const BRIDGE: KeyedFile = KeyedFile::Shared("ecc-metrics-");

/// The bridge as our hooks last wrote it.
pub const SHADOW: KeyedFile = KeyedFile::State("shadow");

/// Content of a session bridge. Every key may be missing.
#[derive(Debug, Default, Clone, PartialEq)]
pub struct Bridge {
    /// Cost of the session in USD, as computed by the hooks.
    pub cost_usd: Option<f64>,
    /// Tool calls so far.
    pub tool_count: Option<u64>,
    /// Files written or edited so far.
    pub files_modified: Option<u64>,
    /// Time of the first tool call.
    pub first: Option<SystemTime>,
    /// Percentage of the context left, as last written by a render.
    pub context_remaining: Option<f64>,
    /// Records of our own hooks; `None` if they do not write this bridge.
    pub ours: Option<Ours>,
}

impl Bridge {
    /// Reads a bridge. `None` when it is not a JSON object.
    pub fn parse(text: &str) -> Option<Self> {
        let object = Object::parse(text)?;
        Some(Bridge {
            cost_usd: object.number("total_cost_usd"),
            tool_count: object.count("tool_count"),
            files_modified: object.count("files_modified_count"),
            first: object.string("first_timestamp").and_then(|text| humantime::parse_rfc3339(&text).ok()),
            context_remaining: object.number("context_remaining_pct"),
            ours: object.object(OURS).map(|ours| Ours::read(&ours)),
        })
    }
}

/// A bridge with the agent's remaining percentage, which the Node monitor reads there. `None` if there is nothing to
/// do: our hooks write it, or it has the value already. Every other key keeps its place and its bytes.
pub fn put_context(mut object: Object, remaining: f64) -> Option<String> {
    let same = object.number("context_remaining_pct") == Some(remaining);
    if same || object.raw(OURS).is_some() {
        return None;
    }
    object.set("context_remaining_pct", remaining.to_string());
    Some(object.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::{Duration, UNIX_EPOCH};

    #[test]
    fn a_node_bridge_is_read() {
        let bridge = Bridge::parse(
            r#"{"session_id":"x","total_cost_usd":1.5,"tool_count":47.0,"files_modified_count":"5","files_modified":["a\ud83d"],
            "first_timestamp":"2026-11-23T03:01:10.413Z","context_remaining_pct":null,"big":1e400}"#,
        );
        let expected = Bridge {
            cost_usd: Some(1.5),
            tool_count: Some(47),
            files_modified: Some(5),
            first: Some(UNIX_EPOCH + Duration::from_millis(1_795_402_870_413)),
            ..Bridge::default()
        };
        assert_eq!(bridge, Some(expected));
        assert_eq!(Bridge::parse("[]"), None);
    }

    #[test]
    fn what_our_hooks_recorded_is_read() {
        let text = r#"{"bridgeline":{"tasks":[{"id":"1","subject":"a","status":"in_progress"},7]}}"#;
        let bridge = Bridge::parse(text).unwrap();
        assert_eq!(bridge.ours.unwrap().tasks.len(), 1);
    }

    #[test]
    fn the_percentage_is_put_back_only_where_it_is_needed() {
        let check = |text: &str, remaining: f64, expected: Option<&str>| {
            let bridge = Object::parse(text).unwrap();
            assert_eq!(put_context(bridge, remaining).as_deref(), expected, "{text}");
        };
        check(
            r#"{ "a":1e400, "context_remaining_pct":null,"z":"\ud83d"}"#,
            94.0,
            Some(r#"{"a":1e400,"context_remaining_pct":94,"z":"\ud83d"}"#),
        );
        check(r#"{"a":1}"#, 57.5, Some(r#"{"a":1,"context_remaining_pct":57.5}"#));
        check(r#"{"context_remaining_pct":94}"#, 94.0, None);
        check(r#"{"context_remaining_pct":94.0}"#, 94.0, None);
        check(r#"{"bridgeline":{}}"#, 94.0, None);
    }
}
