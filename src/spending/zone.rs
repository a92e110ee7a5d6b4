//! The user's time zone, from `TZ`, else from the system. Its file is read directly: opening the database of all zones
//! takes two million instructions.

use std::ops::Range;
use std::path::Path;

use jiff::Timestamp;
use jiff::civil::{Date, Weekday};
use jiff::tz::TimeZone;

use crate::base::env::Env;
use crate::store::{self, Trust};

/// Folders with the files of zones on Unix; the first one with a file is used.
const FOLDERS: [&str; 3] = ["/usr/share/zoneinfo", "/usr/lib/zoneinfo", "/etc/zoneinfo"];

/// Maximum size of a zone's file in bytes; the largest has about 4 KiB.
const MAX_FILE: u64 = 64 * 1024;

/// The user's zone; UTC if that is unknown.
pub fn local(env: &Env) -> TimeZone {
    let by_variable = env.var("TZ").and_then(|name| named(name.trim_start_matches(':')));
    by_variable.or_else(system).unwrap_or(TimeZone::UTC)
}

/// A zone by its name in the database (`Europe/Berlin`) or by its rule (`CET-1CEST,M3.5.0,M10.5.0/3`).
/// `None` if it is neither.
pub fn named(name: &str) -> Option<TimeZone> {
    // Windows has no such files.
    if cfg!(windows) {
        return TimeZone::get(name).or_else(|_| TimeZone::posix(name)).ok();
    }
    let path = Path::new(name);
    let is_safe = !path.components().any(|part| part == std::path::Component::ParentDir);
    let from_files = || FOLDERS.iter().find_map(|folder| file(name, &Path::new(folder).join(path)));
    match name {
        "UTC" => Some(TimeZone::UTC),
        // An absolute path joined to a folder would replace it.
        _ if is_safe && !name.is_empty() => from_files().or_else(|| TimeZone::posix(name).ok()),
        _ => None,
    }
}

fn system() -> Option<TimeZone> {
    if cfg!(windows) {
        return TimeZone::try_system().ok();
    }
    let localtime = Path::new("/etc/localtime");
    // It is a link to the zone's file, which has the name of the zone.
    let target = localtime.read_link().ok();
    let name = target.as_ref().and_then(|target| Some(target.to_str()?.rsplit_once("/zoneinfo/")?.1));
    file(name.unwrap_or("localtime"), localtime)
}

fn file(name: &str, path: &Path) -> Option<TimeZone> {
    TimeZone::tzif(name, &store::read(path, Trust::Lenient, MAX_FILE).ok()?).ok()
}

/// An instant from epoch seconds; the last one that jiff knows for any later.
pub fn instant(at: u64) -> Timestamp {
    i64::try_from(at).ok().and_then(|at| Timestamp::from_second(at).ok()).unwrap_or(Timestamp::MAX)
}

/// The date of an instant in epoch seconds.
pub fn date(zone: &TimeZone, at: u64) -> Date {
    zone.to_datetime(instant(at)).date()
}

/// Beginning of a date in epoch seconds, 0 before 1970: the first instant after midnight if midnight does not exist.
pub fn start(zone: &TimeZone, date: Date) -> u64 {
    let start = date.to_zoned_datetime(zone.clone()).map(|start| start.timestamp().as_second());
    start.ok().and_then(|seconds| u64::try_from(seconds).ok()).unwrap_or(0)
}

/// The date of an instant in epoch seconds, with its beginning and end.
pub fn day(zone: &TimeZone, at: u64) -> (Date, Range<u64>) {
    let date = date(zone, at);
    let end = date.tomorrow().map_or(u64::MAX, |tomorrow| start(zone, tomorrow));
    (date, start(zone, date)..end)
}

/// Day, week and month of an instant, each with beginning and end in epoch seconds.
pub fn calendar(zone: &TimeZone, at: u64) -> [(u64, u64); 3] {
    let date = date(zone, at);
    let (monday, first) = (week_of(date, Weekday::Monday), date.first_of_month());
    let after = |from: Date, length: jiff::Span| from.checked_add(length).map_or(u64::MAX, |date| start(zone, date));
    let (day, week, month) = (jiff::Span::new().days(1), jiff::Span::new().weeks(1), jiff::Span::new().months(1));
    [(date, day), (monday, week), (first, month)].map(|(from, length)| (start(zone, from), after(from, length)))
}

/// The first day of its week, where weeks start with that day.
pub fn week_of(date: Date, starts: Weekday) -> Date {
    let days = date.weekday().since(starts);
    date.checked_sub(jiff::Span::new().days(i64::from(days))).unwrap_or(date)
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date as day;

    #[test]
    fn zones() {
        let check = |name: &str, expected: Option<&str>| {
            let at = Timestamp::from_second(1_795_402_900).unwrap();
            let time = named(name).map(|zone| at.to_zoned_datetime(zone).strftime("%H:%M").to_string());
            assert_eq!(time.as_deref(), expected, "{name}");
        };
        check("UTC", Some("03:01"));
        check("EST5EDT,M3.2.0,M11.1.0", Some("22:01"));
        check("CET-1CEST,M3.5.0,M10.5.0/3", Some("04:01"));
        check("../../etc/passwd", None);
        check("", None);
        check("nowhere at all", None);
    }

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
    fn days_weeks_and_months_are_those_of_the_calendar() {
        let zone = named("Europe/Berlin").unwrap();
        let dates = |at: Date| {
            calendar(&zone, start(&zone, at) + 3600)
                .map(|(from, to)| (date(&zone, from).to_string(), date(&zone, to).to_string()))
        };
        let pair = |from: &str, to: &str| (from.to_owned(), to.to_owned());
        let day = |year, month, day| Date::new(year, month, day).unwrap();
        assert_eq!(
            dates(day(2026, 3, 29)),
            [pair("2026-03-29", "2026-03-30"), pair("2026-03-23", "2026-03-30"), pair("2026-03-01", "2026-04-01")]
        );
        assert_eq!(
            dates(day(2027, 1, 1)),
            [pair("2027-01-01", "2027-01-02"), pair("2026-12-28", "2027-01-04"), pair("2027-01-01", "2027-02-01")]
        );
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
