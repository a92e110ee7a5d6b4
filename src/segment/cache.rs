//! The prompt cache: share of the input that came from it, and how long it stays warm.

use super::{Cx, Icon, Kind, Role, Source, Value};
use crate::base::format;

pub const KIND: Kind = Kind {
    name: "cache",
    about: "prompt cache: hit ratio and time to expiry",
    source: Source::Payload,
    role: Role::Cache,
    levels: None,
    icon: Icon::picture("\u{f01bc}", "🗄"),
    fields: &[
        ("hit", "share of the session's input that came from the cache, in percent"),
        ("left", "time until what is cached expires; `cold` when it has"),
        ("misses", "requests that could have read more from the cache than they did"),
        ("cause", "why the last of them did not: `tools changed`"),
        ("recache", "tokens that the next request would have to write, were the cache cold"),
    ],
    keys: &[],
    value,
};

fn value(cx: &Cx, name: &str) -> Option<Value> {
    let cache = cx.snapshot.status.prompt_cache.as_ref()?;
    let left = cache.expires_at.map(|at| cx.snapshot.until(at));
    let cold = cache.warm == Some(false) || left == Some(None);
    let role = if cold { Role::CacheCold } else { Role::Cache };
    let value = match name {
        "misses" => return Value::count(Role::Cache, cache.misses?, None),
        "cause" => {
            let causes = cache.last_miss_causes.join(", ").replace('_', " ");
            return (!causes.is_empty()).then(|| Value::text(Role::CacheCold, causes).telling());
        }
        "recache" => {
            let tokens = cache.recache_tokens? as f64;
            return Some(Value::number(Role::Cache, tokens, format::compact(tokens)));
        }
        "hit" => {
            let percent = cache.hit_ratio? * 100.0;
            Value::number(role, percent, format::percent(percent))
        }
        _ if cold => Value::number(role, 0.0, "cold"),
        _ => {
            let seconds = left??.as_secs();
            Value::number(role, seconds as f64, format::duration(seconds))
        }
    };
    Some(if cold { value.telling() } else { value })
}
