//! Usage limits of a subscription: how much is used, and when each window starts anew.

use super::{Cx, Icon, Kind, Role, Source, Span, Value};
use crate::agent::Limit;
use crate::format;

pub const KIND: Kind = Kind {
    name: "limits",
    about: "usage limits and when they reset",
    source: Source::Payload,
    role: Role::Limits,
    levels: Some([Role::LimitsNotice, Role::LimitsWarning, Role::LimitsDanger]),
    icon: Icon::picture("\u{f051f}", "⏳"),
    fields: &[
        ("windows", "each window with the time until it starts anew: `5h 24% ↻2h7m 7d 41% ↻3d4h`"),
        ("windows_short", "the same with times cut short: `5h 24% ↻2h 7d 41% ↻3d`"),
        ("used", "each window without times: `5h 24% 7d 41%`"),
        ("fullest", "the window of which most is used: `7d 41%`"),
        ("five_hour", "percentage of the 5-hour window"),
        ("five_hour_bar", "the same as a bar"),
        ("five_hour_reset", "time until it starts anew"),
        ("seven_day", "percentage of the 7-day window"),
        ("seven_day_bar", "the same as a bar"),
        ("seven_day_reset", "time until it starts anew"),
        ("spend", "percentage of the spending limit"),
        ("spend_reset", "time until it starts anew"),
    ],
    keys: &[],
    value,
};

fn value(cx: &Cx, name: &str) -> Option<Value> {
    match name {
        "windows" => return windows(cx, Some(format::duration)),
        "windows_short" => return windows(cx, Some(format::duration_short)),
        "used" => return windows(cx, None),
        "fullest" => {
            let fullest = running(cx).max_by(|a, b| a.used.total_cmp(&b.used))?;
            return Some(Value::spans(used(cx, fullest).to_vec()));
        }
        _ => {}
    }
    let window = match name {
        name if name.starts_with("five_hour") => "5h",
        name if name.starts_with("seven_day") => "7d",
        _ => "spend",
    };
    let limit = running(cx).find(|limit| limit.name == window)?;
    let role = cx.level(limit.used);
    Some(match name.rsplit('_').next() {
        Some("reset") => {
            let left = cx.snapshot.until(limit.resets_at?)?.as_secs();
            Value::number(Role::LimitsReset, left as f64, format::duration(left))
        }
        Some("bar") => Value::bar(role, Role::ContextTrack, limit.used),
        _ => Value::number(role, limit.used, format::percent(limit.used)).telling(),
    })
}

/// Those that have not started anew since: such a window says nothing about the new one.
fn running<'a>(cx: &'a Cx) -> impl Iterator<Item = &'a Limit> {
    let limits = cx.snapshot.status.limits.iter().flatten();
    limits.filter(|limit| limit.resets_at.is_none_or(|at| cx.snapshot.until(at).is_some()))
}

fn windows(cx: &Cx, reset: Option<fn(u64) -> String>) -> Option<Value> {
    let mut spans = Vec::new();
    for limit in running(cx) {
        if !spans.is_empty() {
            spans.push(Span::fixed(Role::Text, " "));
        }
        spans.extend(used(cx, limit));
        let left = limit.resets_at.and_then(|at| cx.snapshot.until(at));
        if let (Some(reset), Some(left)) = (reset, left) {
            spans.push(Span::new(Role::LimitsReset, format!(" ↻{}", reset(left.as_secs()))));
        }
    }
    (!spans.is_empty()).then(|| Value::spans(spans))
}

fn used(cx: &Cx, limit: &Limit) -> [Span; 2] {
    let percent = Span::new(cx.level(limit.used), format::percent(limit.used));
    [Span::new(Role::Label, format!("{} ", limit.name)), percent]
}
