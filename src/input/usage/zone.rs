//! The user's time zone. Only refreshes and reports ask for it: the line gets instants.
//!
//! jiff finds the system's zone on every system, reads the system's own zone files (on Windows it
//! brings them along), and knows days of 23 and 25 hours.

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use crate::env::Env;

/// The zone that `TZ` names, else the system's.
pub fn local(env: &Env) -> TimeZone {
    let named = env.var("TZ").and_then(|name| named(name.trim_start_matches(':')));
    named.unwrap_or_else(TimeZone::system)
}

/// The zone of that name, as in `Europe/Berlin` or `UTC`, or of a POSIX rule. `None` when it is unknown.
pub fn named(name: &str) -> Option<TimeZone> {
    TimeZone::get(name).or_else(|_| TimeZone::posix(name)).ok()
}

/// The date of an instant in epoch seconds.
pub fn date(zone: &TimeZone, at: u64) -> Date {
    let at = i64::try_from(at).ok().and_then(|at| Timestamp::from_second(at).ok());
    zone.to_datetime(at.unwrap_or(Timestamp::MAX)).date()
}

/// When a date begins, in epoch seconds, 0 before 1970: where midnight does not exist, at the first
/// instant after it.
pub fn start(zone: &TimeZone, date: Date) -> u64 {
    let start = date.to_zoned_datetime(zone.clone()).map(|start| start.timestamp().as_second());
    start.ok().and_then(|seconds| u64::try_from(seconds).ok()).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date as day;

    #[test]
    fn dates_and_their_starts_are_those_of_the_zone() {
        let check = |name: &str, date: Date, hours: u64| {
            let zone = named(name).unwrap();
            let (from, to) = (start(&zone, date), start(&zone, date.tomorrow().unwrap()));
            assert_eq!(to - from, hours * 3600, "{name} {date}");
            assert_eq!((super::date(&zone, from), super::date(&zone, to - 1)), (date, date), "{name}");
            assert_eq!(super::date(&zone, from - 1), date.yesterday().unwrap(), "{name}");
        };
        check("UTC", day(2026, 11, 23), 24);
        check("Asia/Kathmandu", day(2026, 11, 23), 24);
        check("Europe/Berlin", day(2026, 3, 29), 23);
        check("Europe/Berlin", day(2026, 10, 25), 25);
        // There the clock springs from 24:00 to 1:00.
        check("America/Santiago", day(2026, 9, 6), 23);
        check("CET-1CEST,M3.5.0,M10.5.0/3", day(2026, 10, 25), 25);
        assert_eq!(named("Mars/Base"), None);
        assert_eq!(start(&named("UTC").unwrap(), day(2026, 11, 23)), 1_795_392_000);
    }

    #[test]
    fn the_variable_counts_before_the_system() {
        let env = |tz: &str| Env::fixed(std::time::UNIX_EPOCH, [("TZ", tz.into())]);
        let midnight = |tz: &str| start(&local(&env(tz)), day(2026, 11, 23));
        assert_eq!(midnight("Asia/Tokyo"), 1_795_392_000 - 9 * 3600);
        assert_eq!(midnight(":Asia/Tokyo"), midnight("Asia/Tokyo"));
        assert_eq!(midnight("JST-9"), midnight("Asia/Tokyo"));
    }
}
