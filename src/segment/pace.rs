//! Pace at which a limit or a budget is used.

use std::time::{Duration, SystemTime};

use super::Value;
use crate::agent::Limit;
use crate::base::format::epoch_ms;

/// Use of a window of time.
pub struct Pace {
    /// Percentage of the limit or budget that is used.
    pub used: f64,
    /// Seconds since the window began.
    pub elapsed: f64,
    /// Length of the window in seconds.
    pub length: f64,
}

impl Pace {
    /// Use of a limit's window. `None` if the length of the window or its reset is unknown.
    pub fn of(limit: &Limit, now: SystemTime) -> Option<Self> {
        let length = length(&limit.name)?;
        let left = limit.resets_at?.duration_since(now).ok()?.as_secs_f64();
        Some(Pace { used: limit.used, elapsed: (length - left).max(0.0), length })
    }

    /// The pace within a period, which is given by begin and end in epoch seconds. `None` before it.
    pub fn in_period(used: f64, (from, to): (u64, u64), now: SystemTime) -> Option<Self> {
        let elapsed = (epoch_ms(now) / 1000).checked_sub(from)? as f64;
        Some(Pace { used, elapsed, length: to.checked_sub(from)? as f64 })
    }

    /// Percentage used beyond even use; negative if less is used.
    pub fn ahead(&self) -> f64 {
        self.used - self.elapsed / self.length * 100.0
    }

    /// Time until it is full at its average rate. `None` if the window ends before, or has just begun.
    pub fn full_in(&self) -> Option<Duration> {
        /// Share of a window that must have passed before its rate means anything.
        const EARLY: f64 = 0.05;
        let left = full_in(self.used, self.elapsed)?;
        let is_known = self.elapsed >= self.length * EARLY && left.as_secs_f64() < self.length - self.elapsed;
        is_known.then_some(left)
    }
}

/// Length of a window in seconds, by its name: that of Claude Code (`7d opus`) or Antigravity
/// (`gemini-weekly`).
fn length(name: &str) -> Option<f64> {
    const LENGTHS: [(&str, f64); 3] = [("5h", 5.0 * 3600.0), ("7d", 604_800.0), ("weekly", 604_800.0)];
    let is_of = |(word, _): &&(&str, f64)| name.split([' ', '-']).any(|part| part == *word);
    LENGTHS.iter().find(is_of).map(|(_, length)| *length)
}

/// Time until 100 percent at the average rate since `elapsed` seconds ago. `None` if never.
pub(super) fn full_in(used: f64, elapsed: f64) -> Option<Duration> {
    Duration::try_from_secs_f64((100.0 - used).max(0.0) / used * elapsed).ok()
}

/// Distance from even use: `+12%`, `-8%`.
pub fn ahead(percent: f64) -> Value {
    Value::number(percent, format!("{:+}%", percent.round().clamp(-999.0, 999.0) as i64))
}

/// The end of a limit or budget: `full in 52m`, and `full` once it is reached.
pub fn end(full: &str, left: Duration, duration: fn(u64) -> String) -> Value {
    let seconds = left.as_secs();
    let text = if seconds == 0 { full.to_owned() } else { format!("{full} in {}", duration(seconds)) };
    Value::number(seconds as f64, text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::format;

    /// Minutes of the simulated window.
    const LENGTH: usize = 300;

    /// The pace at the end of each minute of a window, in which each minute uses so many percent.
    fn simulated(percent: impl Fn(usize) -> f64) -> Vec<Pace> {
        let mut used = 0.0;
        let minute = |minute: usize| {
            used += percent(minute);
            Pace { used, elapsed: (minute as f64 + 1.0) * 60.0, length: LENGTH as f64 * 60.0 }
        };
        (0..LENGTH).map(minute).collect()
    }

    /// Minutes between the forecast of the end and the end that came, at each minute before it.
    fn errors(window: &[Pace]) -> Vec<f64> {
        let end = window.iter().position(|pace| pace.used >= 100.0).unwrap() as f64 + 1.0;
        let before = window.iter().take_while(|pace| pace.used < 100.0);
        let error = |pace: &Pace| {
            let left = pace.full_in().map_or(f64::INFINITY, |left| left.as_secs_f64());
            ((pace.elapsed + left) / 60.0 - end).abs()
        };
        before.map(error).collect()
    }

    #[test]
    fn an_even_use_has_no_pace_and_no_end() {
        for pace in simulated(|_| 100.0 / LENGTH as f64) {
            assert!(pace.ahead().abs() < 1e-6, "{}", pace.ahead());
            // Only rounding can put the end before the reset.
            assert!(pace.full_in().is_none_or(|left| left.as_secs_f64() + 1.0 > pace.length - pace.elapsed));
        }
    }

    #[test]
    fn a_burst_is_ahead_until_a_pause_has_made_up_for_it() {
        // Thirty percent in the first half an hour, then nothing.
        let window = simulated(|minute| if minute < 30 { 1.0 } else { 0.0 });
        assert_eq!(window[29].ahead().round(), 20.0);
        assert_eq!(window[29].full_in().unwrap().as_secs() / 60, 70);
        // The average falls with each idle minute, and an even use catches up after ninety.
        assert!(window.windows(2).skip(30).all(|pair| pair[1].ahead() < pair[0].ahead()));
        assert!(window[88].full_in().is_some() && window[88].ahead() > 0.0);
        assert!(window[90].full_in().is_none() && window[90].ahead() < 0.0);
    }

    #[test]
    fn a_window_that_has_just_begun_has_no_end_yet() {
        let window = simulated(|_| 2.0);
        assert!(window[13].full_in().is_none() && window[13].ahead() > 0.0);
        assert!(window[14].full_in().is_some());
    }

    #[test]
    fn the_forecast_converges_to_the_truth() {
        // A steady use is forecast to the minute as soon as it is forecast.
        let steady = errors(&simulated(|_| 0.5));
        assert!(steady[15..].iter().all(|error| *error < 1.0), "{steady:?}");
        // Ten minutes of work and five of rest.
        let uneven = errors(&simulated(|minute| if minute % 15 < 10 { 0.75 } else { 0.0 }));
        let worst = |from: usize, to: usize| uneven[from..to].iter().copied().fold(0.0, f64::max);
        let (early, middle, late) = (worst(15, 60), worst(60, 120), worst(160, uneven.len()));
        assert!(early > 2.0 * middle && middle > 2.0 * late && late < 5.0, "{early} {middle} {late}");
    }

    #[test]
    fn in_words() {
        let end = |seconds| end("full", Duration::from_secs(seconds), format::duration).as_text();
        assert_eq!((end(3120).as_str(), end(0).as_str()), ("full in 52m", "full"));
        let ahead = |percent| ahead(percent).as_text();
        assert_eq!((ahead(12.4).as_str(), ahead(-8.0).as_str(), ahead(0.0).as_str()), ("+12%", "-8%", "+0%"));
    }
}
