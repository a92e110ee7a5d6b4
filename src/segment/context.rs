//! Use of the context window: the agent's own percentage, and a bar of it.

use super::{Cx, Kind, Role, Source, Value, field, key};
use crate::agent::Context;
use crate::base::format;

pub const KIND: Kind = Kind::new("context", Source::Payload, Role::Context)
    .about("context window in use")
    .icon(["\u{f035b}", "📊", "ctx", "ctx"])
    .fields(&[
        field("used", "percentage in use, as the agent reports it; `~` marks an estimate", |cx| percent(cx, used(cx)?)),
        field("left", "percentage left", |cx| percent(cx, 100.0 - used(cx)?)),
        field("bar", "bar of what is in use; `{bar:6}` has six cells", |cx| {
            used(cx).map(|used| Value::bar(used).state(cx.level(used)))
        }),
        field("usable", "percentage in use of the window without `reserve`", |cx| {
            percent(cx, (used(cx)? / usable(cx) * 100.0).min(100.0))
        }),
        field("tokens", "tokens in use: `90k`", tokens),
        field("tokens_alone", "tokens in use, if no percentage is known", |cx| {
            let tokens = context(cx).tokens.filter(|_| context(cx).used.is_none())?;
            Some(Value::compact(tokens as f64))
        }),
        field("size", "size of the window: `200k`", |cx| Some(Value::compact(context(cx).size? as f64))),
        field(
            "forecast",
            "estimate until compaction from recent growth: `full in ~20m`, `full in ~4 responses`",
            |cx| {
                used(cx)?;
                let left = cx.snapshot.forecast(usable(cx))?;
                Some(Value::text(format!("full in ~{left}")).state(Role::ContextForecast))
            },
        ),
    ])
    .keys(&[key("reserve", "percentage of the window reserved for compaction, for `usable` and `forecast`")]);

/// Percentage of the window that a compaction needs, by default. Agents differ and it can be configured, so a
/// percentage based on it is never shown by default.
const RESERVE: f64 = 16.5;

fn context<'a>(cx: &Cx<'a>) -> &'a Context {
    &cx.status().context
}

fn used(cx: &Cx) -> Option<f64> {
    context(cx).used
}

/// Percentage of the window that can be used before a compaction.
fn usable(cx: &Cx) -> f64 {
    100.0 - cx.settings.number("reserve").unwrap_or(RESERVE).clamp(0.0, 90.0)
}

fn percent(cx: &Cx, percent: f64) -> Option<Value> {
    let text = format!("{}{}", estimate(cx), format::percent(percent));
    Some(Value::number(percent, text).state(cx.level(used(cx)?)))
}

/// The agent's count, else one computed from percentage and size.
fn tokens(cx: &Cx) -> Option<Value> {
    let context = context(cx);
    let used = context.used?;
    let counted = context.tokens.map(|tokens| tokens as f64);
    let tokens = counted.or_else(|| Some(used / 100.0 * context.size? as f64))?;
    Some(Value::number(tokens, format!("{}{}", estimate(cx), format::compact(tokens))).state(cx.level(used)))
}

fn estimate(cx: &Cx) -> &'static str {
    if context(cx).estimated { "~" } else { "" }
}
