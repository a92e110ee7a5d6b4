//! What all sessions used today, this week and this month.

use super::{Cx, Icon, Kind, Own, Role, Source, Value};
use crate::base::format;
use crate::spending::summary::Spent;

pub const KIND: Kind = Kind {
    name: "today",
    about: "cost of all sessions since midnight",
    source: Source::Usage,
    role: Role::Cost,
    levels: Some([Role::CostNotice, Role::CostWarning, Role::CostDanger]),
    icon: Icon::picture("\u{f00ed}", "📅"),
    fields: &[
        ("usd", "USD since midnight; `+` where a model's price is not known"),
        ("tokens", "tokens since midnight"),
        ("budget", "percentage of `budget` that is spent"),
        ("bar", "the same as a bar"),
        ("week", "USD of the last 7 days"),
        ("month", "USD of the last 30 days"),
        ("stale", "age of these numbers, once it is more than ten minutes"),
    ],
    keys: &[Own { name: "budget", about: "USD for a day; thresholds are percentages of it", private: false }],
    value,
};

fn value(cx: &Cx, name: &str) -> Option<Value> {
    let snapshot = cx.snapshot;
    let summary = snapshot.usage()?;
    match name {
        "week" => return Some(usd(Role::Cost, &summary.week())),
        "month" => return Some(usd(Role::Cost, &summary.month())),
        "stale" => return stale(cx),
        _ => {}
    }
    let today = snapshot.used_today()?;
    let share = share(cx, today.cost_usd);
    let role = share.map_or(Role::Cost, |share| cx.level(share));
    match name {
        "tokens" => Some(tokens(Role::Tokens, &today)),
        "budget" => Some(Value::number(role, share?, format::percent(share?)).telling()),
        "bar" => Some(Value::bar(role, Role::ContextTrack, share?)),
        _ => Some(usd(role, &today)),
    }
}

/// Percentage of the budget that is spent. `None` without a budget.
pub(super) fn share(cx: &Cx, spent_usd: f64) -> Option<f64> {
    let budget = cx.settings.number("budget").filter(|usd| *usd > 0.0)?;
    Some(spent_usd / budget * 100.0)
}

pub(super) fn usd(role: Role, spent: &Spent) -> Value {
    let more = if spent.unpriced > 0 { "+" } else { "" };
    Value::number(role, spent.cost_usd, format!("{}{more}", format::usd(spent.cost_usd))).telling()
}

pub(super) fn tokens(role: Role, spent: &Spent) -> Value {
    let tokens = spent.tokens() as f64;
    Value::number(role, tokens, format::compact(tokens))
}

/// How old the numbers are, once that is worth saying.
pub(super) fn stale(cx: &Cx) -> Option<Value> {
    const WORTH: u64 = 600;
    let age = cx.snapshot.usage()?.age(cx.snapshot.now)?.as_secs();
    (age > WORTH).then(|| Value::text(Role::Stale, format!("({})", format::duration(age))).telling())
}
