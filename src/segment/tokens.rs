//! Tokens: of the last request, and of the session if the agent counts them.

use super::{Cx, Kind, Role, Source, Value, field};
use crate::agent::Usage;

pub const KIND: Kind = Kind::new("tokens", Source::Payload, Role::Tokens)
    .about("tokens of the last request")
    .icon(["\u{f0284}", "🔢", "", ""])
    .fields(&[
        field("input", "input of the last request, cached or not", |cx| count(last(cx)?.prompt())),
        field("output", "its output", |cx| count(last(cx)?.output)),
        field("fresh", "input not read from the cache", |cx| count(last(cx)?.input)),
        field("cache_read", "input read from the cache", |cx| count(last(cx)?.cache_read)),
        field("cache_write", "input written to the cache", |cx| count(last(cx)?.cache_write)),
        field("session_input", "input of the session, if the agent counts it", |cx| {
            count(cx.status().session_usage.as_ref()?.prompt())
        }),
        field("session_output", "output of the session", |cx| count(cx.status().session_usage.as_ref()?.output)),
    ]);

/// Tokens of the last request.
fn last<'a>(cx: &Cx<'a>) -> Option<&'a Usage> {
    cx.status().usage.as_ref()
}

fn count(tokens: Option<u64>) -> Option<Value> {
    Some(Value::compact(tokens? as f64))
}
