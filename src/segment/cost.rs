//! Cost of the session in USD. A subscriber pays none of it, so by default it hides where limits apply.

use super::{Cx, Icon, Kind, Own, Role, Source, Value};
use crate::base::format;

pub const KIND: Kind = Kind {
    name: "cost",
    about: "cost of the session; hidden when limits apply",
    source: Source::Hooks,
    role: Role::Cost,
    levels: Some([Role::CostNotice, Role::CostWarning, Role::CostDanger]),
    icon: Icon::picture("\u{f155}", "💰"),
    fields: &[
        ("usd", "the host's own cost, else what the hooks reckon, marked `~`"),
        ("rate", "USD an hour since the session began: `$2.10/h`"),
        ("budget", "percentage of `budget` that is spent"),
    ],
    keys: &[Own {
        name: "budget",
        about: "USD that the session may cost; thresholds then are percentages of it",
        private: false,
    }],
    value,
};

/// Before this much of a session its rate says nothing.
const SETTLED: f64 = 300.0;

fn value(cx: &Cx, name: &str) -> Option<Value> {
    let (usd, estimate) = cx.snapshot.cost()?;
    let mark = if estimate { "~" } else { "" };
    let spent = cx.settings.number("budget").filter(|usd| *usd > 0.0).map(|budget| usd / budget * 100.0);
    let role = cx.level(spent.unwrap_or(usd));
    Some(match name {
        "budget" => Value::number(role, spent?, format!("{mark}{}", format::percent(spent?))).telling(),
        "rate" => {
            let seconds = cx.snapshot.duration()?.as_secs_f64();
            let rate = (seconds >= SETTLED).then(|| usd / seconds * 3600.0)?;
            Value::number(Role::Cost, rate, format!("{mark}{}/h", format::usd(rate)))
        }
        _ => Value::number(role, usd, format!("{mark}{}", format::usd(usd))).telling(),
    })
}
