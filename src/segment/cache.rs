//! The prompt cache: share of the input that came from it, and how long it stays warm.

use super::{Cx, Kind, Role, Source, Value, field};
use crate::agent::PromptCache;

pub const KIND: Kind = Kind::new("cache", Source::Payload, Role::Cache)
    .about("prompt cache: hit ratio and time to expiry")
    .icon(["\u{f01bc}", "🗄", "", ""])
    .fields(&[
        field("hit", "percentage of the session's input read from the cache", |cx| {
            tinted(cx, Value::percent(cache(cx)?.hit_ratio? * 100.0))
        }),
        field("left", "time until the cache expires; `cold` once it has", |cx| {
            let left = || cx.snapshot.until(cache(cx)?.expires_at?).map(Value::duration);
            tinted(cx, if is_cold(cx)? { Value::number(0.0, "cold") } else { left()? })
        }),
        field("misses", "requests that missed the cache", |cx| Value::count(cache(cx)?.misses?)),
        field("cause", "reason for the last miss: `tools changed`", |cx| {
            let causes = cache(cx)?.last_miss_causes.join(", ").replace('_', " ");
            Some(Value::text(causes).state(Role::CacheCold))
        }),
        field("recache", "tokens the next request would write if the cache were cold", |cx| {
            Some(Value::compact(cache(cx)?.recache_tokens? as f64))
        }),
    ]);

fn cache<'a>(cx: &Cx<'a>) -> Option<&'a PromptCache> {
    cx.status().prompt_cache.as_ref()
}

fn is_cold(cx: &Cx) -> Option<bool> {
    let cache = cache(cx)?;
    let is_over = cache.expires_at.is_some_and(|at| cx.snapshot.until(at).is_none());
    Some(is_over || cache.warm == Some(false))
}

fn tinted(cx: &Cx, value: Value) -> Option<Value> {
    Some(if is_cold(cx)? { value.state(Role::CacheCold) } else { value })
}
