//! Cost of the session in USD. Subscribers don't pay it, so it is hidden by default if limits apply.

use super::{Cx, Kind, Role, Source, Value, field, key, pace, today};
use crate::base::format;

pub const KIND: Kind = Kind::new("cost", Source::Hooks, Role::Cost)
    .about("cost of the session; hidden when limits apply")
    .icon(["\u{f155}", "💰", "", ""])
    .fields(&[
        field("usd", "cost as the agent reports it, else computed from transcripts and marked `~`", |cx| {
            let (usd, _) = cx.snapshot.cost()?;
            let level = cx.level(today::share(cx, usd).unwrap_or(usd));
            Some(marked(cx, usd, format::usd(usd))?.state(level))
        }),
        field("rate", "USD per hour since the session began: `$2.10/h`", |cx| {
            let rate = cx.snapshot.cost()?.0 / settled(cx)? * 3600.0;
            marked(cx, rate, format!("{}/h", format::usd(rate)))
        }),
        field("budget", "percentage of `budget` spent", |cx| {
            let share = today::share(cx, cx.snapshot.cost()?.0)?;
            Some(marked(cx, share, format::percent(share))?.state(cx.level(share)))
        }),
        field("full", "time until `budget` is spent at the session's rate: `spent in 2h`", |cx| {
            let share = today::share(cx, cx.snapshot.cost()?.0)?;
            let left = pace::full_in(share, settled(cx)?)?;
            Some(pace::end("spent", left, format::duration).state(cx.level(share)))
        }),
    ])
    .keys(&[key(
        "budget",
        "budget for the session in USD; thresholds are then percentages of it, by default 75, 90 and 100",
    )]);

/// Seconds since the session began. `None` while that is too short for a rate.
fn settled(cx: &Cx) -> Option<f64> {
    let seconds = cx.snapshot.duration()?.as_secs_f64();
    (seconds >= 300.0).then_some(seconds)
}

/// A number with `~` if the cost is an estimate.
fn marked(cx: &Cx, number: f64, text: String) -> Option<Value> {
    let (_, is_estimate) = cx.snapshot.cost()?;
    Some(Value::number(number, if is_estimate { format!("~{text}") } else { text }))
}
