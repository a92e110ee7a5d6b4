//! Tokens: of the last request, and of the session where the agent counts them.

use super::{Cx, Icon, Kind, Role, Source, Value};
use crate::base::format;

pub const KIND: Kind = Kind {
    name: "tokens",
    about: "tokens of the last request",
    source: Source::Payload,
    role: Role::Tokens,
    levels: None,
    icon: Icon::picture("\u{f0284}", "🔢"),
    fields: &[
        ("input", "input of the last request, cached or not"),
        ("output", "its output"),
        ("fresh", "input that was not in the cache"),
        ("cache_read", "input that came from the cache"),
        ("cache_write", "input that was written to it"),
        ("session_input", "input of the session, where the agent counts it"),
        ("session_output", "output of the session"),
    ],
    keys: &[],
    value,
};

fn value(cx: &Cx, name: &str) -> Option<Value> {
    let status = &cx.snapshot.status;
    let (last, session) = (status.usage.as_ref(), status.session_usage.as_ref());
    let count = match name {
        "input" => last?.prompt(),
        "output" => last?.output,
        "fresh" => last?.input,
        "cache_read" => last?.cache_read,
        "cache_write" => last?.cache_write,
        "session_input" => session?.prompt(),
        _ => session?.output,
    }? as f64;
    Some(Value::number(Role::Tokens, count, format::compact(count)))
}
