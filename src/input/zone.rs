//! The time zone of the user: what `TZ` names, else that of the system. Its file is read directly: a
//! look into the database of all zones takes two million instructions.

#[cfg(unix)]
use std::path::Path;

use jiff::tz::TimeZone;

use crate::env::Env;
#[cfg(unix)]
use crate::store::{self, Trust};

/// Where Unix keeps the files of zones, the first that has one.
#[cfg(unix)]
const FOLDERS: [&str; 3] = ["/usr/share/zoneinfo", "/usr/lib/zoneinfo", "/etc/zoneinfo"];

/// Most that is read of a zone's file, in bytes; the largest has some 4 KiB.
#[cfg(unix)]
const MAX_FILE: u64 = 64 * 1024;

/// The zone of the user; UTC where nothing tells.
pub fn local(env: &Env) -> TimeZone {
    env.var("TZ")
        .and_then(|name| named(name.trim_start_matches(':')))
        .or_else(system)
        .unwrap_or(TimeZone::UTC)
}

/// A zone by its name in the database (`Europe/Berlin`) or by its rule (`CET-1CEST,M3.5.0,M10.5.0/3`).
/// `None` when it is neither.
#[cfg(unix)]
pub fn named(name: &str) -> Option<TimeZone> {
    let path = Path::new(name);
    let is_safe = !path.components().any(|part| part == std::path::Component::ParentDir);
    let from_files = || FOLDERS.iter().find_map(|folder| file(name, &Path::new(folder).join(path)));
    match name {
        "UTC" => Some(TimeZone::UTC),
        // Joined to a folder, an absolute path is itself.
        _ if is_safe && !name.is_empty() => from_files().or_else(|| TimeZone::posix(name).ok()),
        _ => None,
    }
}

/// A zone by its name or rule. `None` when it is neither.
#[cfg(not(unix))]
pub fn named(name: &str) -> Option<TimeZone> {
    TimeZone::get(name).or_else(|_| TimeZone::posix(name)).ok()
}

#[cfg(unix)]
fn system() -> Option<TimeZone> {
    file("localtime", Path::new("/etc/localtime"))
}

#[cfg(not(unix))]
fn system() -> Option<TimeZone> {
    TimeZone::try_system().ok()
}

#[cfg(unix)]
fn file(name: &str, path: &Path) -> Option<TimeZone> {
    TimeZone::tzif(name, &store::read(path, Trust::Lenient, MAX_FILE).ok()?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::Timestamp;

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
}
