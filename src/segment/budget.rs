//! The budget of which most is spent, of those that config sets. A project's counts in that project.

use std::path::Path;

use super::pace::{self, Pace};
use super::{Cx, Kind, Role, Source, Value, field, today};
use crate::base::format;
use crate::spending::budget::BudgetUse;

pub const KIND: Kind = Kind::new("budget", Source::Usage, Role::Cost)
    .about("the budget of which most is spent, of those that `[budget]` sets")
    .fields(&[
        field("name", "`day`, `week`, `month`, or the name of the project's folder", |cx| {
            let name = tightest(cx)?.name;
            Some(Value::text(Path::new(name).file_name()?.to_string_lossy()).in_role(Role::Label))
        }),
        field("used", "percentage that is spent", |cx| {
            let budget = tightest(cx)?;
            Some(Value::percent(budget.used_percent()).state(level(cx, &budget)))
        }),
        field("bar", "the same, as a bar", |cx| {
            let budget = tightest(cx)?;
            Some(Value::bar(budget.used_percent()).state(level(cx, &budget)))
        }),
        field("usd", "USD spent; `+` where a model's price is not known", |cx| {
            let budget = tightest(cx)?;
            Some(today::sum(budget.used_usd, budget.unpriced).state(level(cx, &budget)))
        }),
        field("left", "USD left; 0 once it is spent", |cx| {
            let budget = tightest(cx)?;
            let left = (budget.limit_usd - budget.used_usd).max(0.0);
            Some(Value::number(left, format::usd(left)).state(level(cx, &budget)))
        }),
        field("limit", "the budget in USD", |cx| {
            let usd = tightest(cx)?.limit_usd;
            Some(Value::number(usd, format::usd(usd)).in_role(Role::Label))
        }),
        field("pace", "how far ahead of an even use over the period: `+12%`", |cx| {
            let budget = tightest(cx)?;
            Some(pace::ahead(pace_of(cx, &budget)?.ahead()).state(level(cx, &budget)))
        }),
        field("full", "when it will be spent at the period's rate, if within it: `spent in 3d`", |cx| {
            let budget = tightest(cx)?;
            Some(pace::end("spent", pace_of(cx, &budget)?.full_in()?, format::duration).state(level(cx, &budget)))
        }),
        field("stale", "age of these numbers, once older than ten minutes", |cx| {
            tightest(cx)?;
            today::stale(cx)
        }),
    ]);

fn tightest<'a>(cx: &Cx<'a>) -> Option<BudgetUse<'a>> {
    let uses = cx.budgets.iter().filter_map(|budget| cx.snapshot.budget_use(budget));
    uses.max_by(|one, other| one.used_percent().total_cmp(&other.used_percent()))
}

fn level(cx: &Cx, budget: &BudgetUse) -> Role {
    cx.level(budget.used_percent())
}

fn pace_of(cx: &Cx, budget: &BudgetUse) -> Option<Pace> {
    let (from, to) = budget.period;
    let elapsed = (format::epoch_ms(cx.snapshot.now) / 1000).checked_sub(from)? as f64;
    Some(Pace { used: budget.used_percent(), elapsed, length: to.checked_sub(from)? as f64 })
}
