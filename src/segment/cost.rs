//! Cost of the session in USD. A subscriber pays none of it, so by default it hides where limits apply.

use super::{Cx, Kind, Role, Source, Value, field, key, today};
use crate::base::format;

pub const KIND: Kind = Kind::new("cost", Source::Hooks, Role::Cost)
    .about("cost of the session; hidden when limits apply")
    .icon(["\u{f155}", "💰", "", ""])
    .fields(&[
        field("usd", "the host's own cost, else what the hooks reckon, marked `~`", |cx| {
            let (usd, _) = cx.snapshot.cost()?;
            let level = cx.level(today::share(cx, usd).unwrap_or(usd));
            Some(marked(cx, usd, format::usd(usd))?.state(level))
        }),
        field("rate", "USD an hour since the session began: `$2.10/h`", |cx| {
            let (usd, _) = cx.snapshot.cost()?;
            let seconds = cx.snapshot.duration()?.as_secs_f64();
            let rate = (seconds >= SETTLED).then(|| usd / seconds * 3600.0)?;
            marked(cx, rate, format!("{}/h", format::usd(rate)))
        }),
        field("budget", "percentage of `budget` that is spent", |cx| {
            let share = today::share(cx, cx.snapshot.cost()?.0)?;
            Some(marked(cx, share, format::percent(share))?.state(cx.level(share)))
        }),
    ])
    .keys(&[key("budget", "USD that the session may cost; thresholds then are percentages of it")]);

/// Seconds of a session before its rate says something.
const SETTLED: f64 = 300.0;

/// A number with `~` where the cost is an estimate.
fn marked(cx: &Cx, number: f64, text: String) -> Option<Value> {
    let (_, is_estimate) = cx.snapshot.cost()?;
    Some(Value::number(number, if is_estimate { format!("~{text}") } else { text }))
}
