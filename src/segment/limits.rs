//! Usage limits of a subscription: how much of each window is used, how fast, and when it resets.

use std::time::{Duration, SystemTime};

use super::{Cx, Kind, Role, Source, Span, Value, field, key};
use crate::agent::{Limit, Spend};
use crate::base::format;

pub const KIND: Kind = Kind::new("limits", Source::Payload, Role::Limits)
    .about("usage limits and when they reset")
    .icon(["\u{f051f}", "⏳", "", ""])
    .fields(&[
        field(
            "windows",
            "each window with the time until it resets: `5h 24% ↻2h7m 7d 41% ↻3d4h 7d opus 92% ↻3d4h`",
            |cx| windows(cx, Some(format::duration)),
        ),
        field("windows_short", "the same with shorter times: `5h 24% ↻2h 7d 41% ↻3d`", |cx| {
            windows(cx, Some(format::duration_short))
        }),
        field("used", "each window without times: `5h 24% 7d 41%`", |cx| windows(cx, None)),
        field("fullest", "the window of which most is used: `7d 41%`", fullest),
        field("pace", "the window that is furthest ahead of an even use, if any is: `5h +12%`", pace),
        field(
            "full",
            "the window that will be full first, where that is before it resets: `5h full in 52m`",
            full,
        ),
        field("five_hour", "percentage of the 5-hour window", |cx| used(cx, window(cx, "5h")?)),
        field("five_hour_bar", "the same as a bar", |cx| bar(cx, window(cx, "5h")?)),
        field("five_hour_reset", "time until it resets", |cx| reset(cx, window(cx, "5h")?)),
        field(
            "five_hour_reset_at",
            "time of day at which it resets: `14:05`, on another day `Sat 14:05`",
            |cx| reset_at(cx, window(cx, "5h")?),
        ),
        field(
            "five_hour_pace",
            "how far ahead of an even use of the window, in percent of it: `+12%`; behind: `-8%`",
            |cx| pace_of(cx, window(cx, "5h")?),
        ),
        field(
            "five_hour_full",
            "when it will be full at its average rate, where that is before it resets: `full in 52m`",
            |cx| full_of(cx, window(cx, "5h")?),
        ),
        field("seven_day", "percentage of the 7-day window", |cx| used(cx, window(cx, "7d")?)),
        field("seven_day_bar", "the same as a bar", |cx| bar(cx, window(cx, "7d")?)),
        field("seven_day_reset", "time until it resets", |cx| reset(cx, window(cx, "7d")?)),
        field("seven_day_reset_at", "time of day at which it resets: `Sat 14:05`", |cx| {
            reset_at(cx, window(cx, "7d")?)
        }),
        field("seven_day_pace", "how far ahead of an even use of the window: `+12%`", |cx| {
            pace_of(cx, window(cx, "7d")?)
        }),
        field(
            "seven_day_full",
            "when it will be full at its average rate, where that is before it resets",
            |cx| full_of(cx, window(cx, "7d")?),
        ),
        field("spend", "percentage of the spending limit", |cx| used(cx, window(cx, "spend")?)),
        field("spend_bar", "the same as a bar", |cx| bar(cx, window(cx, "spend")?)),
        field("spend_reset", "time until it resets", |cx| reset(cx, window(cx, "spend")?)),
        field("spend_reset_at", "time of day at which it resets", |cx| reset_at(cx, window(cx, "spend")?)),
        field("spend_usd", "USD spent of it", |cx| usd(cx, |spend| spend.used_usd)),
        field("spend_limit", "the spending limit in USD", |cx| usd(cx, |spend| spend.limit_usd)),
        field("spend_period", "what the limit is for, in the agent's word", |cx| {
            let period = window(cx, "spend")?.spend.as_ref()?.period.as_deref()?;
            Some(Value::text(period).in_role(Role::Label))
        }),
    ])
    .keys(&[key(
        "levels",
        "the number that thresholds compare: `used` (default), or `pace`, which is 0 for an even use",
    )]);

/// Windows that have not reset since the payload: the numbers of those that have are void.
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

/// The time of day of a reset, with its day where that is not today.
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
    let ahead = Pace::of(limit, cx.snapshot.now)?.ahead;
    Some(Value::number(ahead, signed(ahead)).state(level(cx, limit)))
}

fn full_of(cx: &Cx, limit: &Limit) -> Option<Value> {
    let left = Pace::of(limit, cx.snapshot.now)?.full_in?;
    Some(Value::number(left.as_secs_f64(), full_in(left)).state(level(cx, limit)))
}

fn usd(cx: &Cx, amount: fn(&Spend) -> f64) -> Option<Value> {
    let limit = window(cx, "spend")?;
    let usd = amount(limit.spend.as_ref()?);
    Some(Value::number(usd, format::usd(usd)).state(level(cx, limit)))
}

fn windows(cx: &Cx, reset: Option<fn(u64) -> String>) -> Option<Value> {
    let mut spans = Vec::new();
    for limit in running(cx) {
        if !spans.is_empty() {
            spans.push(Span::fixed(Role::Text, " "));
        }
        spans.extend(labelled(cx, limit, percent(limit)));
        let left = limit.resets_at.and_then(|at| cx.snapshot.until(at));
        if let (Some(reset), Some(left)) = (reset, left) {
            spans.push(Span::new(Role::LimitsReset, format!(" ↻{}", reset(left.as_secs()))));
        }
    }
    Some(Value::spans(spans))
}

fn fullest(cx: &Cx) -> Option<Value> {
    let limit = running(cx).max_by(|a, b| a.used.total_cmp(&b.used))?;
    Some(Value::spans(labelled(cx, limit, percent(limit)).into()))
}

fn pace(cx: &Cx) -> Option<Value> {
    let paces = running(cx).filter_map(|limit| Some((Pace::of(limit, cx.snapshot.now)?.ahead, limit)));
    let (ahead, limit) = paces.max_by(|(a, _), (b, _)| a.total_cmp(b)).filter(|(ahead, _)| *ahead > 0.0)?;
    Some(Value::spans(labelled(cx, limit, signed(ahead)).into()).with_number(ahead))
}

fn full(cx: &Cx) -> Option<Value> {
    let full = running(cx).filter_map(|limit| Some((Pace::of(limit, cx.snapshot.now)?.full_in?, limit)));
    let (left, limit) = full.min_by_key(|(left, _)| *left)?;
    Some(Value::spans(labelled(cx, limit, full_in(left)).into()).with_number(left.as_secs_f64()))
}

fn labelled(cx: &Cx, limit: &Limit, text: String) -> [Span; 2] {
    [Span::new(Role::Label, format!("{} ", limit.name)), Span::new(level(cx, limit), text)]
}

fn level(cx: &Cx, limit: &Limit) -> Role {
    match cx.settings.option("levels") {
        Some("pace") => cx.level(Pace::of(limit, cx.snapshot.now).map_or(0.0, |pace| pace.ahead)),
        _ => cx.level(limit.used),
    }
}

/// Rounded down, as Claude Code rounds limits.
fn percent(limit: &Limit) -> String {
    // A whole number stays whole in spite of the error of a calculation.
    format::percent((limit.used + 1e-6).floor())
}

fn signed(ahead: f64) -> String {
    format!("{:+}%", ahead.round().clamp(-999.0, 999.0) as i64)
}

fn full_in(left: Duration) -> String {
    format!("full in {}", format::duration(left.as_secs()))
}

/// Speed at which a window is used up.
struct Pace {
    /// Percent of the window used beyond an even use; negative where less is used.
    ahead: f64,
    /// Time until it is full at its average rate. `None` where it resets before.
    full_in: Option<Duration>,
}

impl Pace {
    /// `None` where the length of the window or its reset is unknown.
    fn of(limit: &Limit, now: SystemTime) -> Option<Self> {
        /// Share of a window that has to be over before its rate says something.
        const EARLY: f64 = 0.05;
        let length = length(&limit.name)?;
        let left = limit.resets_at?.duration_since(now).ok()?.as_secs_f64();
        let elapsed = (length - left).max(0.0);
        let rate = limit.used / elapsed;
        let full = (100.0 - limit.used).max(0.0) / rate;
        let is_known = elapsed >= length * EARLY && full < left;
        Some(Pace {
            ahead: limit.used - elapsed / length * 100.0,
            full_in: is_known.then(|| Duration::from_secs_f64(full)),
        })
    }
}

/// Length of a window in seconds, by its name: that of Claude Code (`7d opus`) or Antigravity
/// (`gemini-weekly`).
fn length(name: &str) -> Option<f64> {
    const LENGTHS: [(&str, f64); 3] = [("5h", 5.0 * 3600.0), ("7d", 604_800.0), ("weekly", 604_800.0)];
    let is_of = |(word, _): &&(&str, f64)| name.split([' ', '-']).any(|part| part == *word);
    LENGTHS.iter().find(is_of).map(|(_, length)| *length)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paces() {
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000);
        let check = |name: &str, used: f64, left: u64, ahead: Option<f64>, full_in: Option<u64>| {
            let resets_at = Some(now + Duration::from_secs(left));
            let limit = Limit { name: name.into(), used, resets_at, spend: None };
            let pace = Pace::of(&limit, now);
            assert_eq!(pace.as_ref().map(|pace| pace.ahead.round()), ahead, "{name} {used} {left}");
            let full_in_secs = pace.and_then(|pace| pace.full_in).map(|full| full.as_secs());
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
