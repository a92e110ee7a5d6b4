//! What all sessions used in the 5-hour window: that of the subscription's limit where it is known, else
//! the block that began with the first message.

use super::{Cx, Icon, Kind, Own, Role, Source, Value, today};
use crate::base::format;

pub const KIND: Kind = Kind {
    name: "block",
    about: "cost of all sessions in the 5-hour window",
    source: Source::Usage,
    role: Role::Cost,
    levels: Some([Role::CostNotice, Role::CostWarning, Role::CostDanger]),
    icon: Icon::picture("\u{f051f}", "⌛"),
    fields: &[
        ("usd", "USD since it began; `+` where a model's price is not known"),
        ("tokens", "tokens since it began"),
        ("left", "time until it ends"),
        ("budget", "percentage of `budget` that is spent"),
        ("bar", "the same as a bar"),
        ("stale", "age of these numbers, once it is more than ten minutes"),
    ],
    keys: &[Own {
        name: "budget",
        about: "USD for a window; thresholds are percentages of it",
        private: false,
    }],
    value,
};

fn value(cx: &Cx, name: &str) -> Option<Value> {
    let (_, to) = cx.snapshot.block()?;
    let spent = cx.snapshot.used_in_block()?;
    let share = today::share(cx, spent.cost_usd);
    let role = share.map_or(Role::Cost, |share| cx.level(share));
    match name {
        "tokens" => Some(today::tokens(Role::Tokens, &spent)),
        "left" => {
            let left = to.checked_sub(format::epoch_ms(cx.snapshot.now) / 1000)?;
            Some(Value::number(Role::LimitsReset, left as f64, format::duration(left)))
        }
        "budget" => Some(Value::number(role, share?, format::percent(share?)).telling()),
        "bar" => Some(Value::bar(role, Role::ContextTrack, share?)),
        "stale" => today::stale(cx),
        _ => Some(today::usd(role, &spent)),
    }
}
