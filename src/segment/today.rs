//! Use of all sessions today, this week and this month.

use std::time::{Duration, UNIX_EPOCH};

use super::pace::{self, Pace};
use super::{Cx, Kind, Role, Source, Value, field, key};
use crate::base::format;
use crate::spending::tokens::Spent;

pub const KIND: Kind = Kind::new("today", Source::Usage, Role::Cost)
    .about("cost of all sessions since midnight")
    .icon(["\u{f00ed}", "📅", "", ""])
    .fields(&[
        field("usd", "USD since midnight; `+` if a model's price is unknown", |cx| usd(cx, &cx.snapshot.used_today()?)),
        field("tokens", "tokens since midnight", |cx| Some(tokens(&cx.snapshot.used_today()?))),
        field("budget", "percentage of `budget` spent", |cx| budget(cx, &cx.snapshot.used_today()?, Value::percent)),
        field("bar", "percentage of `budget` spent, as a bar", |cx| budget(cx, &cx.snapshot.used_today()?, Value::bar)),
        field("pace", "how far ahead of even spending of `budget` over the day: `+12%`", |cx| {
            pace_of(cx, &cx.snapshot.used_today()?, day(cx)?)
        }),
        field("full", "time until `budget` is spent at the current burn rate, if today: `spent in 2h`", |cx| {
            end(cx, &cx.snapshot.used_today()?, day(cx)?)
        }),
        field("week", "USD in the last 7 days", |cx| total(&cx.snapshot.usage()?.week)),
        field("month", "USD in the last 30 days", |cx| total(&cx.snapshot.usage()?.month)),
        field("stale", "age of these numbers, once older than ten minutes", stale),
    ])
    .keys(&[key(
        "budget",
        "budget for a day in USD; thresholds are then percentages of it, by default 75, 90 and 100",
    )]);

/// Begin and end of a period, in epoch seconds.
pub(super) type Stretch = (u64, u64);

fn day(cx: &Cx) -> Option<Stretch> {
    let now = cx.snapshot.local_time()?;
    let begin = |of: jiff::ZonedDateTime| u64::try_from(of.start_of_day().ok()?.timestamp().as_second()).ok();
    Some((begin(now.clone())?, begin(now.tomorrow().ok()?)?))
}

/// Percentage of the budget that is spent. `None` without a budget.
pub(super) fn share(cx: &Cx, spent_usd: f64) -> Option<f64> {
    let budget = cx.settings.number("budget").filter(|usd| *usd > 0.0)?;
    Some(spent_usd / budget * 100.0)
}

/// USD, with a level if there is a budget. `None` if no price is known.
pub(super) fn usd(cx: &Cx, spent: &Spent) -> Option<Value> {
    let level = share(cx, spent.cost_usd).map_or(Role::Cost, |share| cx.level(share));
    Some(total(spent)?.state(level))
}

fn total(spent: &Spent) -> Option<Value> {
    Some(sum(spent.known_cost_usd()?, spent.unpriced))
}

/// USD, with `+` if there are messages of unknown price.
pub(super) fn sum(usd: f64, unpriced: u64) -> Value {
    Value::number(usd, format::usd_known(usd, unpriced)).state(Role::Cost)
}

pub(super) fn tokens(spent: &Spent) -> Value {
    Value::compact(spent.tokens.total() as f64).in_role(Role::Tokens)
}

/// The share that is spent, shown as a percentage or a bar.
pub(super) fn budget(cx: &Cx, spent: &Spent, shown: fn(f64) -> Value) -> Option<Value> {
    let share = share(cx, spent.known_cost_usd()?)?;
    Some(shown(share).state(cx.level(share)))
}

pub(super) fn pace_of(cx: &Cx, spent: &Spent, stretch: Stretch) -> Option<Value> {
    let used = share(cx, spent.known_cost_usd()?)?;
    let pace = Pace::in_period(used, stretch, cx.snapshot.now)?;
    Some(pace::ahead(pace.ahead()).state(cx.level(used)))
}

/// Time until the budget is spent, if within the period.
pub(super) fn end(cx: &Cx, spent: &Spent, (_, to): Stretch) -> Option<Value> {
    let used = share(cx, spent.known_cost_usd()?)?;
    let seconds = spent.cost_usd / cx.snapshot.burn()?.usd_per_hour? * 3600.0;
    let left = pace::full_in(used, seconds)?;
    let is_within = left < cx.snapshot.until(UNIX_EPOCH + Duration::from_secs(to))?;
    is_within.then(|| pace::end("spent", left, format::duration).state(cx.level(used)))
}

pub(super) fn stale(cx: &Cx) -> Option<Value> {
    /// Age from which numbers are stale, in seconds.
    const STALE_AFTER: u64 = 600;
    let age = cx.snapshot.usage()?.age(cx.snapshot.now)?;
    (age.as_secs() > STALE_AFTER).then(|| Value::stale(age))
}
