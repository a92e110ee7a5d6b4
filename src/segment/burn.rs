//! How fast all sessions spend in the 5-hour window, and where that leads.

use super::{Cx, Icon, Kind, Role, Source, Value};
use crate::base::format;

pub const KIND: Kind = Kind {
    name: "burn",
    about: "USD an hour of all sessions in the 5-hour window, and what it will come to",
    source: Source::Usage,
    role: Role::Cost,
    levels: Some([Role::CostNotice, Role::CostWarning, Role::CostDanger]),
    icon: Icon::picture("\u{f0238}", "🔥"),
    fields: &[
        ("rate", "USD an hour: `$4.20/h`"),
        ("tokens", "tokens a minute"),
        ("projected", "USD that the window will have cost at its end"),
    ],
    keys: &[],
    value,
};

fn value(cx: &Cx, name: &str) -> Option<Value> {
    let burn = cx.snapshot.burn()?;
    Some(match name {
        "tokens" => {
            Value::number(Role::Tokens, burn.tokens_per_minute, format::compact(burn.tokens_per_minute))
        }
        "projected" => {
            let text = format!("~{}", format::usd(burn.projected_usd));
            Value::number(Role::Cost, burn.projected_usd, text)
        }
        _ => {
            let role = cx.level(burn.usd_per_hour);
            Value::number(role, burn.usd_per_hour, format!("{}/h", format::usd(burn.usd_per_hour))).telling()
        }
    })
}
