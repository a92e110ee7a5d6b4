//! Facts that take long to compute (a process, thousands of files): kept in `<state>/<kind>/<key>.json`,
//! shown as they are with their age, and updated by a detached refresh.

use std::panic::{self, AssertUnwindSafe};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant, SystemTime};

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::refresh::FactKind;
use crate::base::format::epoch_ms;
use crate::store::{self, Lock, Patience, Trust};

/// A fact as last computed, and the result of later attempts.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Fact<T> {
    /// Time when the value was computed, in epoch milliseconds; 0 if it never was.
    pub at_ms: u64,
    /// Time that it took, in milliseconds.
    pub took_ms: u64,
    /// `None` if every attempt has failed so far.
    pub value: Option<T>,
    /// Time when the last attempt failed, in epoch milliseconds; 0 if it did not.
    pub failed_at_ms: u64,
    /// Failed attempts since the value was computed.
    pub failures: u32,
    /// Error of the last attempt, for people.
    pub error: Option<String>,
}

/// A value is kept at least this many times as long as it took to compute, so that refreshes take up at most
/// a twentieth of the time.
const MIN_AGE_FACTOR: u64 = 20;

/// Pause after a failed attempt; doubled after each further one.
const FIRST_PAUSE: Duration = Duration::from_secs(5);

/// Longest such pause.
const LONGEST_PAUSE: Duration = Duration::from_secs(600);

/// Maximum length of an error in characters.
const MAX_ERROR: usize = 300;

impl<T: Default> Fact<T> {
    /// A value computed at this time.
    pub fn new(value: T, at: SystemTime) -> Self {
        Fact { at_ms: epoch_ms(at), value: Some(value), ..Fact::default() }
    }

    /// Age of the value. `None` if there is none, or its time is invalid.
    pub fn age(&self, now: SystemTime) -> Option<Duration> {
        self.value.as_ref().and_then(|_| store::age_of_ms(self.at_ms, now))
    }

    /// The value has reached the age `limit` and the one required by [`MIN_AGE_FACTOR`].
    fn is_old(&self, limit: Duration, now: SystemTime) -> bool {
        let limit = limit.max(Duration::from_millis(self.took_ms.saturating_mul(MIN_AGE_FACTOR)));
        self.age(now).is_none_or(|age| age >= limit)
    }

    /// Time until the next attempt after failed ones. `None` if one may be made now.
    pub fn next_try(&self, now: SystemTime) -> Option<Duration> {
        let doublings = self.failures.checked_sub(1)?;
        let pause = FIRST_PAUSE.saturating_mul(1 << doublings.min(16)).min(LONGEST_PAUSE);
        pause.checked_sub(store::age_of_ms(self.failed_at_ms, now)?).filter(|left| !left.is_zero())
    }
}

/// The facts of a kind whose last attempt failed, each with its file, in no order.
pub fn failing(state: &Path, kind: &str) -> Vec<(PathBuf, Fact<serde_json::Value>)> {
    let folder = state.join(kind);
    let paths = store::paths_in(&folder, |name| name.ends_with(".json"));
    let facts = paths.filter_map(|path| read(&path).map(|fact: Fact<_>| (path, fact)));
    facts.filter(|(_, fact)| fact.failures > 0).collect()
}

/// The file that keeps one fact, and the lock that its refresh holds.
pub struct FactFile {
    path: PathBuf,
    lock: PathBuf,
    /// Age at which the fact is due.
    limit: Duration,
}

/// A fact as found in its file.
pub struct FactLookup<T> {
    /// `None` if it has not been computed yet.
    pub fact: Option<Fact<T>>,
    /// It should be refreshed, unless that is in progress.
    pub is_due: bool,
}

impl FactFile {
    /// The file of the fact about the subject with this hash.
    pub fn new(state: &Path, kind: &FactKind, key: u64, limit: Duration) -> Self {
        FactFile {
            path: state.join(kind.name).join(format!("{key:016x}.json")),
            lock: state.join(store::LOCKS).join(format!("{}-{key:016x}.lock", kind.name)),
            limit,
        }
    }

    /// The fact, which is due at its age limit, or when `has_changed` finds its value outdated, and not
    /// within the pause after a failure. An invalid one counts as missing.
    pub fn look_up<T: DeserializeOwned + Default>(
        &self, now: SystemTime, has_changed: impl FnOnce(&T) -> bool,
    ) -> FactLookup<T> {
        let fact = read::<Fact<T>>(&self.path);
        let is_due = fact.as_ref().is_none_or(|fact| {
            let is_outdated = || fact.value.as_ref().is_some_and(has_changed);
            (fact.is_old(self.limit, now) || is_outdated()) && fact.next_try(now).is_none()
        });
        FactLookup { fact, is_due }
    }

    /// A refresh of it is in progress.
    pub fn is_being_refreshed(&self) -> bool {
        Lock::is_held(&self.lock)
    }

    /// Waits until the fact has been computed for the first time, for `limit` at most.
    pub fn wait<T: DeserializeOwned + Default>(&self, limit: Duration) -> Option<Fact<T>> {
        const LOOK_EVERY: Duration = Duration::from_millis(1);
        let deadline = Instant::now() + limit;
        loop {
            let fact = read(&self.path);
            if fact.is_some() || Instant::now() >= deadline {
                return fact;
            }
            thread::sleep(LOOK_EVERY);
        }
    }

    /// Computes the fact by `compute`, which gets the last value, unless it is not due, or another process is computing
    /// it. A failure keeps the value and is recorded next to it.
    ///
    /// # Errors
    /// It could not be computed or kept; says why.
    pub fn refresh<T: Serialize + DeserializeOwned + Default>(
        &self, now: SystemTime, has_changed: impl FnOnce(&T) -> bool,
        compute: impl FnOnce(Option<&T>) -> Result<T, String>,
    ) -> Result<(), String> {
        // Processes that check the lock hold it for a moment themselves.
        const PATIENCE: Duration = Duration::from_millis(100);
        let lock = Lock::take(&self.lock, PATIENCE, now);
        let Some(_lock) = lock.map_err(|err| format!("cannot lock {}: {err}", self.lock.display()))? else {
            return Ok(());
        };
        // Only now, since another process may have computed it while holding the lock.
        let found = self.look_up(now, has_changed);
        if !found.is_due {
            return Ok(());
        }
        let old = found.fact.unwrap_or_default();
        let begin = Instant::now();
        let value = panic::catch_unwind(AssertUnwindSafe(|| compute(old.value.as_ref())))
            .unwrap_or_else(|_| Err("a bug in bridgeline".to_owned()))
            .map_err(|error| error.chars().take(MAX_ERROR).collect::<String>());
        let (new, result) = match value {
            Ok(value) => {
                let took_ms = begin.elapsed().as_millis() as u64;
                (Fact { took_ms, ..Fact::new(value, now) }, Ok(()))
            }
            Err(error) => {
                let (failures, failed_at_ms) = (old.failures.saturating_add(1), epoch_ms(now));
                (Fact { failures, failed_at_ms, error: Some(error.clone()), ..old }, Err(error))
            }
        };
        let json = serde_json::to_vec(&new).map_err(|err| err.to_string())?;
        let written = store::replace(&self.path, &json, Patience::HOOK);
        written.map_err(|err| format!("cannot write {}: {err}", self.path.display())).and(result)
    }
}

fn read<T: DeserializeOwned + Default>(path: &Path) -> Option<T> {
    let text = store::read_text(path, Trust::Strict, store::MAX_STATE).ok()?;
    serde_json::from_str(&text).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::tests::Folder;
    use std::cell::Cell;
    use std::time::UNIX_EPOCH;

    const LIMIT: Duration = Duration::from_secs(5);

    fn at(seconds: u64) -> SystemTime {
        UNIX_EPOCH + Duration::from_secs(1_800_000_000 + seconds)
    }

    const KIND: FactKind = FactKind { name: "kind", refresh: |_, _| Ok(()) };

    fn file(folder: &Folder) -> FactFile {
        FactFile::new(&folder.path("state"), &KIND, 7, LIMIT)
    }

    fn put(file: &FactFile, now: SystemTime, found: Result<u32, &str>) {
        let found = found.map_err(str::to_owned);
        let result = file.refresh(now, |_| true, |_| found.clone());
        assert_eq!(result, found.map(drop));
    }

    #[test]
    fn a_value_is_kept_and_is_due_by_age_or_by_change() {
        let folder = Folder::new();
        let file = file(&folder);
        let found = file.look_up::<u32>(at(0), |_| false);
        assert!(found.fact.is_none() && found.is_due);
        put(&file, at(0), Ok(3));
        let check = |seconds, changed, due| {
            let found = file.look_up::<u32>(at(seconds), |_| changed);
            let fact = found.fact.unwrap();
            assert_eq!((fact.value, found.is_due), (Some(3), due), "{seconds} {changed}");
            assert_eq!(fact.age(at(seconds)), Some(Duration::from_secs(seconds)));
        };
        check(0, false, false);
        check(0, true, true);
        check(4, false, false);
        check(5, false, true);
        // A clock that was set wrong freezes nothing.
        assert!(file.look_up::<u32>(at(0) - Duration::from_secs(900), |_| false).is_due);
        let names = ["kind/0000000000000007.json", "locks/kind-0000000000000007.lock"];
        assert!(names.iter().all(|name| folder.path("state").join(name).is_file()));
    }

    #[test]
    fn what_took_long_rests_long() {
        let check = |took_ms, seconds, old| {
            let fact = Fact { took_ms, ..Fact::new(1, at(0)) };
            assert_eq!(fact.is_old(LIMIT, at(seconds)), old, "{took_ms} {seconds}");
        };
        check(250, 5, true);
        check(1000, 19, false);
        check(1000, 20, true);
        check(u64::MAX, 1_000_000, false);
    }

    #[test]
    fn a_failure_keeps_the_value_and_puts_the_next_attempt_off() {
        let folder = Folder::new();
        let file = file(&folder);
        put(&file, at(0), Ok(3));
        put(&file, at(100), Err("no"));
        let look = |seconds| file.look_up::<u32>(at(seconds), |_| false);
        let fact = look(104).fact.unwrap();
        assert_eq!((fact.next_try(at(104)), fact.next_try(at(105))), (Some(Duration::from_secs(1)), None));
        let failing = failing(&folder.path("state"), "kind");
        assert!(failing.len() == 1 && failing[0].1.error.as_deref() == Some("no"), "{failing:?}");
        assert!(super::failing(&folder.path("state"), "other").is_empty());
        assert_eq!((fact.value, fact.failures, fact.error.as_deref()), (Some(3), 1, Some("no")));
        assert!(!look(104).is_due && look(105).is_due);
        put(&file, at(105), Err("again"));
        assert!(!look(114).is_due && look(115).is_due);
        put(&file, at(115), Ok(4));
        let fact = look(115).fact.unwrap();
        assert_eq!((fact.value, fact.failures, fact.failed_at_ms, fact.error), (Some(4), 0, 0, None));
    }

    #[test]
    fn pauses_double_up_to_ten_minutes() {
        let check = |failures, pause: u64| {
            let fact = Fact::<u32> { failures, failed_at_ms: epoch_ms(at(0)), ..Fact::default() };
            let left = [pause - 1, pause].map(|seconds| fact.next_try(at(seconds)));
            assert_eq!(left, [Some(Duration::from_secs(1)), None], "{failures}");
        };
        check(1, 5);
        check(2, 10);
        check(7, 320);
        check(8, 600);
        check(u32::MAX, 600);
    }

    #[test]
    fn two_at_once_do_it_once() {
        let folder = Folder::new();
        let file = file(&folder);
        let count = Cell::new(0);
        let find = |_: Option<&u32>| {
            count.set(count.get() + 1);
            Ok(count.get())
        };
        // One after the other: the second finds it done.
        for _ in 0..2 {
            file.refresh(at(0), |_| false, find).unwrap();
        }
        assert_eq!(count.get(), 1);
        // At the same time: the second finds it locked.
        let nested = |_: Option<&u32>| {
            assert!(file.is_being_refreshed());
            file.refresh(at(9), |_| false, find).map(|()| 9)
        };
        file.refresh(at(9), |_| false, nested).unwrap();
        assert_eq!(count.get(), 1);
        assert!(!file.is_being_refreshed());
    }

    #[test]
    fn a_defect_is_a_failure() {
        let folder = Folder::new();
        let file = file(&folder);
        let result = file.refresh::<u32>(at(0), |_| false, |_| panic!("on purpose"));
        assert_eq!(result, Err("a bug in bridgeline".to_owned()));
        assert_eq!(file.look_up::<u32>(at(0), |_| false).fact.unwrap().failures, 1);
    }

    #[test]
    fn garbage_counts_as_none() {
        let folder = Folder::new();
        let file = file(&folder);
        for garbage in ["", "7", "{\"value\":\"text\"}"] {
            store::replace(&file.path, garbage.as_bytes(), Patience::HOOK).unwrap();
            let found = file.look_up::<u32>(at(0), |_| false);
            assert!(found.fact.is_none() && found.is_due, "{garbage}");
        }
        put(&file, at(0), Ok(1));
    }
}
