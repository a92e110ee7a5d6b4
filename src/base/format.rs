//! Numbers and times for people and programs.

use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

/// US dollars with two decimals, as JavaScript's `toFixed(2)` rounds (a tie goes up, where Rust
/// rounds it to even); shortened from a million on.
pub fn usd(amount: f64) -> String {
    if amount < 999_999.995 { format!("${}", fixed2(amount)) } else { format!("${}", compact(amount)) }
}

/// The sum of known prices, with `+` if there are parts of unknown price.
pub fn usd_known(amount: f64, unpriced: u64) -> String {
    usd(amount) + if unpriced > 0 { "+" } else { "" }
}

/// Two decimals, a tie rounded up. For amounts from 0 to a million.
pub fn fixed2(amount: f64) -> String {
    // Only odd eighths, which are exact in binary, can tie.
    let hundredfold = amount * 100.0;
    if (amount * 8.0).fract() == 0.0 && hundredfold.fract() == 0.5 {
        return format!("{:.2}", hundredfold.ceil() / 100.0);
    }
    format!("{amount:.2}")
}

/// A count with a unit letter: `950`, `1.2k`, `56k`, `3.4M`.
pub fn compact(count: f64) -> String {
    const UNITS: [(f64, &str); 4] = [(1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, "k")];
    for (size, unit) in UNITS {
        // Rounding reaches the unit at this bound: 999,950 is 1.0M, not 1000.0k.
        if count >= size * 0.999_5 && count >= 1000.0 {
            let value = (count / size).min(9999.0);
            return if value < 9.95 { format!("{value:.1}{unit}") } else { format!("{value:.0}{unit}") };
        }
    }
    format!("{count:.0}")
}

/// A duration in its one or two largest units, from seconds: `45s`, `12m`, `1h23m`, `3d4h`.
pub fn duration(seconds: u64) -> String {
    let (minutes, hours, days) = (seconds / 60, seconds / 3600, seconds / 86_400);
    let pair = |large: u64, unit: &str, small: u64, small_unit: &str| match small {
        0 => format!("{large}{unit}"),
        _ => format!("{large}{unit}{small}{small_unit}"),
    };
    match () {
        () if seconds < 60 => format!("{seconds}s"),
        () if minutes < 60 => format!("{minutes}m"),
        () if hours < 24 => pair(hours, "h", minutes % 60, "m"),
        () if days < 10_000 => pair(days, "d", hours % 24, "h"),
        () => "∞".to_owned(),
    }
}

/// A duration in its largest unit, from seconds: `45s`, `12m`, `1h`, `3d`.
pub fn duration_short(seconds: u64) -> String {
    match seconds {
        0..60 => format!("{seconds}s"),
        60..3600 => format!("{}m", seconds / 60),
        3600..86_400 => format!("{}h", seconds / 3600),
        _ => format!("{}d", (seconds / 86_400).min(9999)),
    }
}

/// Epoch milliseconds, 0 before 1970.
pub fn epoch_ms(time: SystemTime) -> u64 {
    let since = time.duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}

/// ISO 8601 with milliseconds, as JavaScript's `toISOString`. A clock before 1970 or beyond the year
/// 9999, where humantime cannot follow, counts as 1970.
pub fn timestamp(time: SystemTime) -> String {
    const LAST_MS: u64 = 253_402_300_799_000;
    let time = if epoch_ms(time) <= LAST_MS { time.max(UNIX_EPOCH) } else { UNIX_EPOCH };
    humantime::format_rfc3339_millis(time).to_string()
}

/// The last part of a path of any system.
pub fn file_name(path: &str) -> &str {
    let trimmed = path.trim_end_matches(['/', '\\']);
    trimmed.rsplit(['/', '\\']).next().unwrap_or(trimmed)
}

/// A percentage as a whole number.
pub fn percent(value: f64) -> String {
    // Whole numbers are formatted in a fraction of the time.
    format!("{}%", value.round().clamp(0.0, 999.0) as u64)
}

/// A path with `~` in place of the home directory.
pub fn from_home(path: &Path, home: Option<&Path>) -> String {
    match home.and_then(|home| path.strip_prefix(home).ok()) {
        Some(way) if way.as_os_str().is_empty() => "~".to_owned(),
        Some(way) => format!("~/{}", way.to_string_lossy()),
        None => path.to_string_lossy().into_owned(),
    }
}

/// A path with all parts but the last cut to their first letter, or two if that is a dot: `~/w/.c/src`.
pub fn initials(path: &str) -> String {
    let (above, last) = path.rsplit_once('/').map_or(("", path), |(above, last)| (above, last));
    let initial = |part: &str| part.chars().take(1 + usize::from(part.starts_with('.'))).collect::<String>();
    let above = above.split('/').map(initial).collect::<Vec<_>>().join("/");
    if path.contains('/') { format!("{above}/{last}") } else { last.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn money() {
        let check = |amount: f64, expected: &str| assert_eq!(usd(amount), expected, "{amount}");
        check(0.0, "$0.00");
        check(0.004, "$0.00");
        check(0.005, "$0.01");
        check(0.125, "$0.13");
        check(0.375, "$0.38");
        check(0.625, "$0.63");
        check(1.005, "$1.00");
        check(99.995, "$100.00");
        check(1234.5, "$1234.50");
        check(999_999.99, "$999999.99");
        check(999_999.999, "$1.0M");
        check(1e300, "$9999T");
    }

    #[test]
    fn counts() {
        let check = |count: f64, expected: &str| assert_eq!(compact(count), expected, "{count}");
        check(0.0, "0");
        check(999.0, "999");
        check(1000.0, "1.0k");
        check(9_949.0, "9.9k");
        check(9_950.0, "10k");
        check(56_012.0, "56k");
        check(999_499.0, "999k");
        check(999_500.0, "1.0M");
        check(1_000_000.0, "1.0M");
        check(2.5e9, "2.5G");
    }

    #[test]
    fn durations() {
        let check = |seconds, long: &str, short: &str| {
            assert_eq!((duration(seconds).as_str(), duration_short(seconds).as_str()), (long, short), "{seconds}");
        };
        check(0, "0s", "0s");
        check(59, "59s", "59s");
        check(60, "1m", "1m");
        check(3599, "59m", "59m");
        check(3600, "1h", "1h");
        check(4980, "1h23m", "1h");
        check(86_400, "1d", "1d");
        check(100_000, "1d3h", "1d");
        check(u64::MAX, "∞", "9999d");
    }

    #[test]
    fn timestamps_are_those_of_javascript() {
        use std::time::Duration;
        let at = |ms| UNIX_EPOCH + Duration::from_millis(ms);
        assert_eq!(timestamp(at(1_795_402_870_413)), "2026-11-23T03:01:10.413Z");
        assert_eq!(timestamp(at(253_402_300_800_000)), "1970-01-01T00:00:00.000Z");
        assert_eq!(timestamp(UNIX_EPOCH - Duration::from_secs(1)), "1970-01-01T00:00:00.000Z");
    }

    #[test]
    fn percentages() {
        let check = |value: f64, expected: &str| assert_eq!(percent(value), expected, "{value}");
        check(0.0, "0%");
        check(45.5, "46%");
        check(99.6, "100%");
        check(100.0, "100%");
        check(101.0, "101%");
        check(-3.0, "0%");
        check(1e9, "999%");
    }

    #[test]
    fn paths_from_home() {
        let check = |path: &str, home: Option<&str>, expected: &str| {
            assert_eq!(from_home(Path::new(path), home.map(Path::new)), expected, "{path} {home:?}");
        };
        check("/home/ada/code", Some("/home/ada"), "~/code");
        check("/home/ada", Some("/home/ada"), "~");
        check("/home/adam", Some("/home/ada"), "/home/adam");
        check("/home/ada", None, "/home/ada");
    }

    #[test]
    fn paths_by_their_initials() {
        let check = |path: &str, expected: &str| assert_eq!(initials(path), expected, "{path}");
        check("~/code/.config/src", "~/c/.c/src");
        check("/usr/lib", "/u/lib");
        check("~", "~");
        check("/", "/");
        check("日本/語", "日/語");
    }
}
