//! Usage limits of a subscription: how much of each window is used, how fast, and when it resets.

use super::pace::{self, Pace};
use super::{Cx, Kind, Role, Source, Span, Value, field, key};
use crate::agent::{Limit, Spend};
use crate::base::format;

/// Applies a function of a window to the window with this name.
macro_rules! of {
    ($window:literal, $value:ident) => {
        |cx| $value(cx, window(cx, $window)?)
    };
}

pub const KIND: Kind = Kind::new("limits", Source::Payload, Role::Limits)
    .about("usage limits and when they reset")
    .icon(["\u{f051f}", "⏳", "", ""])
    .fields(&[
        field(
            "windows",
            "each window, when it will be full if before its reset, and the time until reset: `5h 75% full in 50m (2h30m) 7d 41% (3d4h)`",
            |cx| windows(cx, Detail::Long),
        ),
        field("windows_short", "each window, shorter: `5h 75% full in 50m 7d 41% (3d)`", |cx| windows(cx, Detail::Short)),
        field("used", "each window without times: `5h 24% 7d 41%`", |cx| windows(cx, Detail::None)),
        field("fullest", "the fullest window: `7d 41%`", fullest),
        field("pace", "the window furthest ahead of even use, if any is: `5h +12%`", furthest_ahead),
        field("full", "the window that will be full first, if before its reset: `5h full in 52m`", first_full),
        field("five_hour", "percentage of the 5-hour window used", of!("5h", used)),
        field("five_hour_bar", "percentage of the 5-hour window used, as a bar", of!("5h", bar)),
        field("five_hour_reset", "time until reset", of!("5h", reset)),
        field("five_hour_reset_at", "time of day of the reset: `14:05`, `Sat 14:05`", of!("5h", reset_at)),
        field("five_hour_pace", "how far ahead of even use: `+12%`; behind: `-8%`", of!("5h", pace_of)),
        field("five_hour_full", "time until full, if before the reset: `full in 52m`", of!("5h", full_of)),
        field("seven_day", "percentage of the 7-day window used", of!("7d", used)),
        field("seven_day_bar", "percentage of the 7-day window used, as a bar", of!("7d", bar)),
        field("seven_day_reset", "time until reset", of!("7d", reset)),
        field("seven_day_reset_at", "time of day of the reset: `Sat 14:05`", of!("7d", reset_at)),
        field("seven_day_pace", "how far ahead of even use: `+12%`", of!("7d", pace_of)),
        field("seven_day_full", "time until full, if before the reset: `full in 2d4h`", of!("7d", full_of)),
        field("spend", "percentage of the spending limit used", of!("spend", used)),
        field("spend_bar", "percentage of the spending limit used, as a bar", of!("spend", bar)),
        field("spend_reset", "time until reset", of!("spend", reset)),
        field("spend_reset_at", "time of day of the reset", of!("spend", reset_at)),
        field("spend_usd", "USD spent", |cx| usd(cx, |spend| spend.used_usd)),
        field("spend_limit", "the spending limit in USD", |cx| usd(cx, |spend| spend.limit_usd)),
        field("spend_period", "period of the limit, as the agent names it", |cx| {
            let period = window(cx, "spend")?.spend.as_ref()?.period.as_deref()?;
            Some(Value::text(period).in_role(Role::Label))
        }),
    ])
    .keys(&[
        key("bar", "width of a bar for each window in `windows` and `windows_short`, in cells"),
        key("pace", "`true` adds the pace to each window in `windows` and `windows_short`: `5h 75% +25%`"),
        key("reset", "reset shown in `windows` and `windows_short`: `left` (time left, default) or `at` (time of day)"),
        key("levels", "number that thresholds compare: `used` (default) or `pace` (0 is even use)"),
    ]);

/// Windows that have not reset since the payload; numbers from before a reset are void.
fn running<'a>(cx: &Cx<'a>) -> impl Iterator<Item = &'a Limit> {
    let snapshot = cx.snapshot;
    let limits = snapshot.status.limits.iter().flatten();
    limits.filter(|limit| limit.resets_at.is_none_or(|at| snapshot.until(at).is_some()))
}

fn window<'a>(cx: &Cx<'a>, name: &str) -> Option<&'a Limit> {
    running(cx).find(|limit| limit.name == name)
}

fn used(cx: &Cx, limit: &Limit) -> Option<Value> {
    Some(Value::number(limit.used, percent(limit)).state(level(cx, limit)))
}

fn bar(cx: &Cx, limit: &Limit) -> Option<Value> {
    Some(Value::bar(limit.used).state(level(cx, limit)))
}

fn reset(cx: &Cx, limit: &Limit) -> Option<Value> {
    Some(Value::duration(cx.snapshot.until(limit.resets_at?)?).in_role(Role::LimitsReset))
}

/// The time of day of a reset, with its day if that is not today.
fn reset_at(cx: &Cx, limit: &Limit) -> Option<Value> {
    let (now, at) = (cx.snapshot.local_time()?, cx.snapshot.local_time_of(limit.resets_at?)?);
    let days = now.date().until(at.date()).ok()?.get_days();
    let format = match days {
        0 => "%H:%M",
        1..=6 => "%a %H:%M",
        _ => "%b %-d %H:%M",
    };
    Some(Value::text(at.strftime(format).to_string()).in_role(Role::LimitsReset))
}

fn pace_of(cx: &Cx, limit: &Limit) -> Option<Value> {
    Some(pace::ahead(pace_now(cx, limit)?.ahead()).state(level(cx, limit)))
}

fn full_of(cx: &Cx, limit: &Limit) -> Option<Value> {
    Some(pace::end("full", pace_now(cx, limit)?.full_in()?, format::duration).state(level(cx, limit)))
}

fn usd(cx: &Cx, amount: fn(&Spend) -> f64) -> Option<Value> {
    let limit = window(cx, "spend")?;
    let usd = amount(limit.spend.as_ref()?);
    Some(Value::number(usd, format::usd(usd)).state(level(cx, limit)))
}

/// Details of a window after its percentage.
#[derive(Clone, Copy, PartialEq)]
enum Detail {
    None,
    /// Its end or its reset, in the largest unit.
    Short,
    /// Its end and its reset.
    Long,
}

fn windows(cx: &Cx, detail: Detail) -> Option<Value> {
    let mut spans = Vec::new();
    for limit in running(cx) {
        let gap = if spans.is_empty() { "" } else { " " };
        spans.push(Span::new(Role::Label, format!("{gap}{}", limit.name)));
        add_window(&mut spans, cx, limit, detail);
    }
    Some(Value::spans(spans))
}

/// Adds the numbers of a window, each after a space.
fn add_window(spans: &mut Vec<Span>, cx: &Cx, limit: &Limit, detail: Detail) {
    let (level, mut text) = (level(cx, limit), format!(" {}", percent(limit)));
    if detail == Detail::None {
        return spans.push(Span::new(level, text));
    }
    let option = |name: &str| cx.settings.option(name);
    if let Some(cells) = cx.settings.number("bar").filter(|cells| (1.0..=40.0).contains(cells)) {
        spans.push(Span::fixed(Role::Text, " "));
        Value::bar(limit.used).state(level).append_to(spans, Some(cells as usize), cx);
    }
    let is_short = detail == Detail::Short;
    let duration = if is_short { format::duration_short } else { format::duration };
    let pace = pace_now(cx, limit);
    let full = pace.as_ref().and_then(Pace::full_in).map(|left| pace::end("full", left, duration));
    let ahead = pace.filter(|_| option("pace") == Some("true")).map(|pace| pace::ahead(pace.ahead()));
    for value in ahead.iter().chain(&full) {
        text.push(' ');
        text.push_str(&value.as_text());
    }
    spans.push(Span::new(level, text));
    let left = || limit.resets_at.and_then(|at| cx.snapshot.until(at));
    let reset = match option("reset") {
        _ if is_short && full.is_some() => None,
        Some("at") => reset_at(cx, limit).map(|at| at.as_text()),
        _ => left().map(|left| duration(left.as_secs())),
    };
    spans.extend(reset.map(|reset| Span::new(Role::LimitsReset, format!(" ({reset})"))));
}

fn fullest(cx: &Cx) -> Option<Value> {
    let limit = running(cx).max_by(|a, b| a.used.total_cmp(&b.used))?;
    Some(labelled(cx, limit, &used(cx, limit)?))
}

fn furthest_ahead(cx: &Cx) -> Option<Value> {
    let paces = running(cx).filter_map(|limit| Some((pace_now(cx, limit)?.ahead(), limit)));
    let (ahead, limit) = paces.max_by(|(a, _), (b, _)| a.total_cmp(b)).filter(|(ahead, _)| *ahead > 0.0)?;
    Some(labelled(cx, limit, &pace::ahead(ahead)))
}

fn first_full(cx: &Cx) -> Option<Value> {
    let full = running(cx).filter_map(|limit| Some((pace_now(cx, limit)?.full_in()?, limit)));
    let (_, limit) = full.min_by_key(|(left, _)| *left)?;
    Some(labelled(cx, limit, &full_of(cx, limit)?))
}

/// A value of a window, after the window's name.
fn labelled(cx: &Cx, limit: &Limit, value: &Value) -> Value {
    let name = Span::new(Role::Label, format!("{} ", limit.name));
    let number = value.number.unwrap_or_default();
    Value::spans(vec![name, Span::new(level(cx, limit), value.as_text())]).with_number(number)
}

fn level(cx: &Cx, limit: &Limit) -> Role {
    match cx.settings.option("levels") {
        Some("pace") => cx.level(pace_now(cx, limit).map_or(0.0, |pace| pace.ahead())),
        _ => cx.level(limit.used),
    }
}

/// Rounded down, as Claude Code rounds limits.
fn percent(limit: &Limit) -> String {
    // The addend keeps whole numbers whole in spite of rounding errors.
    format::percent((limit.used + 1e-6).floor())
}

/// `None` if the length of the window or its reset is unknown.
fn pace_now(cx: &Cx, limit: &Limit) -> Option<Pace> {
    Pace::of(limit, cx.snapshot.now)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::{Duration, SystemTime};

    #[test]
    fn paces() {
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000);
        let check = |name: &str, used: f64, left: u64, ahead: Option<f64>, full_in: Option<u64>| {
            let resets_at = Some(now + Duration::from_secs(left));
            let limit = Limit { name: name.into(), used, resets_at, spend: None };
            let pace = Pace::of(&limit, now);
            assert_eq!(pace.as_ref().map(|pace| pace.ahead().round()), ahead, "{name} {used} {left}");
            let full_in_secs = pace.and_then(|pace| pace.full_in()).map(|full| full.as_secs());
            assert_eq!(full_in_secs, full_in, "{name} {used} {left}");
        };
        // Half of the window is over.
        check("5h", 50.0, 9000, Some(0.0), None);
        check("5h", 75.0, 9000, Some(25.0), Some(3000));
        check("5h", 20.0, 9000, Some(-30.0), None);
        check("5h", 100.0, 9000, Some(50.0), Some(0));
        check("5h", 0.0, 9000, Some(-50.0), None);
        check("7d opus", 75.0, 302_400, Some(25.0), Some(100_800));
        check("gemini-weekly", 75.0, 302_400, Some(25.0), Some(100_800));
        // Too early for a rate.
        check("5h", 10.0, 17_900, Some(9.0), None);
        // A clock that is behind, or a longer window than its name says.
        check("5h", 10.0, 20_000, Some(10.0), None);
        check("spend", 10.0, 20_000, None, None);
        check("15h", 10.0, 20_000, None, None);
    }

    #[test]
    fn percentages_are_rounded_down() {
        let check = |used, expected| {
            let limit = Limit { name: "5h".into(), used, resets_at: None, spend: None };
            assert_eq!(percent(&limit), expected, "{used}");
        };
        check(42.4, "42%");
        check(13.8, "13%");
        check(99.99, "99%");
        check((1.0 - 0.9) * 100.0, "10%");
        check(113.5, "113%");
        check(0.0, "0%");
    }
}
