//! How much of the context window is in use: a bar and the host's own number.

use super::{Cx, Icon, Kind, Own, Role, Source, Value};
use crate::base::format;

pub const KIND: Kind = Kind {
    name: "context",
    about: "context window in use",
    source: Source::Payload,
    role: Role::Context,
    levels: Some([Role::ContextNotice, Role::ContextWarning, Role::ContextDanger]),
    icon: Icon::picture("\u{f035b}", "📊"),
    fields: &[
        ("used", "percentage in use, the host's own; `~` marks an estimate"),
        ("left", "percentage left"),
        ("bar", "a bar of what is used; `{bar:6}` has six cells"),
        ("usable", "percentage in use of what is left without `reserve`"),
        ("tokens", "tokens in use: `90k`"),
        ("tokens_alone", "tokens in use where no percentage is known"),
        ("size", "size of the window: `200k`"),
        (
            "forecast",
            "about how many responses or minutes are left until a compaction, where recent growth tells",
        ),
    ],
    keys: &[Own {
        name: "reserve",
        about: "percentage of the window that a compaction needs, for `usable` and `forecast`",
        private: false,
    }],
    value,
};

/// Of the window, in percent, where config does not say. Clients differ and it can be tuned, so what is
/// made of it is never the percentage that is shown by default.
const RESERVE: f64 = 16.5;

fn value(cx: &Cx, name: &str) -> Option<Value> {
    let context = &cx.snapshot.status.context;
    if name == "size" {
        let size = context.size? as f64;
        return Some(Value::number(Role::Context, size, format::compact(size)));
    }
    if name == "tokens_alone" {
        let tokens = context.tokens.filter(|_| context.used.is_none())? as f64;
        return Some(Value::number(Role::Context, tokens, format::compact(tokens)));
    }
    let used = context.used?;
    let role = cx.level(used);
    let estimate = if context.estimated { "~" } else { "" };
    let percent = |percent: f64| {
        let text = format!("{estimate}{}", format::percent(percent));
        Value::number(role, percent, text).telling()
    };
    let reserve = cx.settings.number("reserve").unwrap_or(RESERVE).clamp(0.0, 90.0);
    Some(match name {
        "used" => percent(used),
        "left" => percent(100.0 - used),
        "usable" => percent((used / (100.0 - reserve) * 100.0).min(100.0)),
        "bar" => Value::bar(role, Role::ContextTrack, used),
        "forecast" => {
            let left = cx.snapshot.forecast(100.0 - reserve)?;
            Value::text(Role::ContextForecast, format!("~{left}")).telling()
        }
        _ => {
            let tokens = context.tokens.map(|tokens| tokens as f64);
            let tokens = tokens.or_else(|| Some(used / 100.0 * context.size? as f64))?;
            Value::number(role, tokens, format!("{estimate}{}", format::compact(tokens))).telling()
        }
    })
}
