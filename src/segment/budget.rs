//! The budget in config that is closest to being spent. A project's budget counts only in that project.

use std::path::Path;

use super::pace::{self, Pace};
use super::{Cx, Kind, Role, Source, Value, field, today};
use crate::base::format;
use crate::spending::budget::BudgetUse;

pub const KIND: Kind = Kind::new("budget", Source::Usage, Role::Cost)
    .about("the budget in `[budget]` that is closest to being spent")
    .fields(&[
        field("name", "`day`, `week`, `month`, or the name of the project's folder", |cx| {
            let name = tightest(cx)?.name;
            Some(Value::text(Path::new(name).file_name()?.to_string_lossy()).in_role(Role::Label))
        }),
        field("used", "percentage spent", |cx| levelled(cx, |it| Some(Value::percent(it.used_percent())))),
        field("bar", "percentage spent, as a bar", |cx| levelled(cx, |it| Some(Value::bar(it.used_percent())))),
        field("usd", "USD spent; `+` if a model's price is unknown", |cx| {
            levelled(cx, |it| Some(today::sum(it.used_usd, it.unpriced)))
        }),
        field("left", "USD left; 0 once it is spent", |cx| {
            levelled(cx, |it| Some(usd((it.limit_usd - it.used_usd).max(0.0))))
        }),
        field("limit", "the budget in USD", |cx| Some(usd(tightest(cx)?.limit_usd).in_role(Role::Label))),
        field("pace", "how far ahead of even spending over the period: `+12%`", |cx| {
            levelled(cx, |it| Some(pace::ahead(pace_of(cx, it)?.ahead())))
        }),
        field("full", "time until it is spent at the period's rate, if within it: `spent in 3d`", |cx| {
            levelled(cx, |it| Some(pace::end("spent", pace_of(cx, it)?.full_in()?, format::duration)))
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

/// A value of the budget, in the role of its level.
fn levelled(cx: &Cx, value: impl FnOnce(&BudgetUse) -> Option<Value>) -> Option<Value> {
    let budget = tightest(cx)?;
    Some(value(&budget)?.state(cx.level(budget.used_percent())))
}

fn usd(usd: f64) -> Value {
    Value::number(usd, format::usd(usd))
}

fn pace_of(cx: &Cx, budget: &BudgetUse) -> Option<Pace> {
    Pace::in_period(budget.used_percent(), budget.period, cx.snapshot.now)
}
