//! Use of all sessions in the 5-hour window: that of the subscription's limit if it is known, else
//! the block that began with the first message.

use std::time::Duration;

use super::{Cx, Kind, Role, Source, Value, field, key, today};
use crate::base::format;
use crate::spending::tokens::Spent;

pub const KIND: Kind = Kind::new("block", Source::Usage, Role::Cost)
    .about("cost of all sessions in the 5-hour window")
    .icon(["\u{f051f}", "⌛", "", ""])
    .fields(&[
        field("usd", "USD in the window; `+` if a model's price is unknown", |cx| today::usd(cx, &spent(cx)?)),
        field("tokens", "tokens in the window", |cx| Some(today::tokens(&spent(cx)?))),
        field("left", "time left", |cx| {
            spent(cx)?;
            let (_, to) = cx.snapshot.block()?;
            let left = to.checked_sub(format::epoch_ms(cx.snapshot.now) / 1000)?;
            Some(Value::duration(Duration::from_secs(left)).in_role(Role::LimitsReset))
        }),
        field("budget", "percentage of `budget` spent", |cx| today::budget(cx, &spent(cx)?, Value::percent)),
        field("bar", "percentage of `budget` spent, as a bar", |cx| today::budget(cx, &spent(cx)?, Value::bar)),
        field("pace", "how far ahead of even spending of `budget`: `+12%`", |cx| {
            today::pace_of(cx, &spent(cx)?, cx.snapshot.block()?)
        }),
        field(
            "full",
            "time until `budget` is spent at the current burn rate, if before the end: `spent in 2h`",
            |cx| today::end(cx, &spent(cx)?, cx.snapshot.block()?),
        ),
        field("stale", "age of these numbers, once older than ten minutes", |cx| {
            spent(cx)?;
            today::stale(cx)
        }),
    ])
    .keys(&[key(
        "budget",
        "budget for a window in USD; thresholds are then percentages of it, by default 75, 90 and 100",
    )]);

fn spent(cx: &Cx) -> Option<Spent> {
    cx.snapshot.used_in_block()
}
