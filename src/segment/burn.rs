//! Rate at which all sessions spend in the 5-hour window, and the projected total.

use super::{Kind, Role, Source, Value, field};
use crate::base::format;

pub const KIND: Kind = Kind::new("burn", Source::Usage, Role::Cost)
    .about("USD per hour of all sessions in the 5-hour window, and projected total")
    .icon(["\u{f0238}", "🔥", "", ""])
    .fields(&[
        field("rate", "USD per hour: `$4.20/h`", |cx| {
            let rate = cx.snapshot.burn()?.usd_per_hour?;
            Some(Value::number(rate, format!("{}/h", format::usd(rate))).state(cx.level(rate)))
        }),
        field("tokens", "tokens per minute", |cx| {
            Some(Value::compact(cx.snapshot.burn()?.tokens_per_minute).in_role(Role::Tokens))
        }),
        field("projected", "projected cost of the window in USD", |cx| {
            let usd = cx.snapshot.burn()?.projected_usd?;
            Some(Value::number(usd, format!("~{}", format::usd(usd))))
        }),
    ]);
