//! Facts that take long to find out (a process, thousands of files): kept in
//! `<state>/<kind>/<key>.json`, shown as they are with their age, and found out anew by a detached
//! refresh. A new kind is one file and one row of `KINDS` in `commands/refresh.rs`.

use std::panic::{self, AssertUnwindSafe};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::base::format::epoch_ms;
use crate::store::{self, Lock, Patience, Trust};

/// A fact as it was last found out, and what came of later attempts.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Fact<T> {
    /// When the value was found out, in epoch milliseconds; 0 when it never was.
    pub at_ms: u64,
    /// How long that took, in milliseconds.
    pub took_ms: u64,
    /// What was found out. `None` when every attempt has failed so far.
    pub value: Option<T>,
    /// When the last attempt failed, in epoch milliseconds; 0 when it did not.
    pub failed_at_ms: u64,
    /// How many attempts have failed since the value was found out.
    pub failures: u32,
    /// Why the last attempt failed, for people.
    pub error: Option<String>,
    /// Whether the value may be outdated.
    #[serde(skip)]
    pub stale: bool,
}

impl<T> Default for Fact<T> {
    fn default() -> Self {
        Fact { at_ms: 0, took_ms: 0, value: None, failed_at_ms: 0, failures: 0, error: None, stale: false }
    }
}

/// A value gets this many times as old as it took to find out, where that is more than the limit of
/// its kind: a refresh may take up a twentieth of the time.
const REST: u64 = 20;

/// How long no attempt is made after one that failed; twice as long after each further one.
const FIRST_PAUSE: Duration = Duration::from_secs(5);

/// The longest that such a pause gets.
const LONGEST_PAUSE: Duration = Duration::from_secs(600);

/// How much is kept of an error, in characters.
const MAX_ERROR: usize = 300;

impl<T> Fact<T> {
    /// A value found out at this time.
    pub fn new(value: T, at: SystemTime) -> Self {
        Fact { at_ms: epoch_ms(at), value: Some(value), ..Fact::default() }
    }

    /// How old the value is. `None` when there is none, or its time makes no sense.
    pub fn age(&self, now: SystemTime) -> Option<Duration> {
        self.value.as_ref().and_then(|_| age(self.at_ms, now))
    }

    /// Whether the value has reached the limit of its kind, or rested for long enough if that is more.
    fn is_old(&self, limit: Duration, now: SystemTime) -> bool {
        let limit = limit.max(Duration::from_millis(self.took_ms.saturating_mul(REST)));
        self.age(now).is_none_or(|age| age >= limit)
    }

    /// Whether the last attempt failed, and it is too early for another.
    fn is_backing_off(&self, now: SystemTime) -> bool {
        self.next_try(now).is_some()
    }

    /// How long no attempt is made, since the last ones failed. `None` where one may be made.
    pub fn next_try(&self, now: SystemTime) -> Option<Duration> {
        let doublings = self.failures.checked_sub(1)?;
        let pause = FIRST_PAUSE.saturating_mul(1 << doublings.min(16)).min(LONGEST_PAUSE);
        pause.checked_sub(age(self.failed_at_ms, now)?).filter(|left| !left.is_zero())
    }
}

fn age(at_ms: u64, now: SystemTime) -> Option<Duration> {
    store::age_of(UNIX_EPOCH.checked_add(Duration::from_millis(at_ms))?, now)
}

/// The facts of this kind whose last attempt failed, each with its file, in no order.
pub fn failing(state: &Path, kind: &str) -> Vec<(PathBuf, Fact<serde_json::Value>)> {
    let folder = state.join(kind);
    let files = store::list(&folder, |name| name.ends_with(".json"));
    let read = |name: &String| {
        let path = folder.join(name);
        let text = store::read_text(&path, Trust::Strict, store::MAX_STATE).ok()?;
        Some((path, serde_json::from_str(&text).ok()?))
    };
    let facts = files.iter().filter_map(read);
    facts.filter(|(_, fact): &(_, Fact<serde_json::Value>)| fact.failures > 0).collect()
}

/// The place of one fact.
#[derive(Debug, Clone)]
pub struct Slot {
    path: PathBuf,
    lock: PathBuf,
}

/// What was found in a slot.
#[derive(Debug)]
pub struct Seen<T> {
    /// The fact, `None` when nobody has tried to find it out.
    pub fact: Option<Fact<T>>,
    /// Whether an attempt should be made, unless one is under way.
    pub is_due: bool,
}

impl Slot {
    /// The place of the fact of this kind whose subject has this hash.
    pub fn new(state: &Path, kind: &str, key: u64) -> Self {
        Slot {
            path: state.join(kind).join(format!("{key:016x}.json")),
            lock: state.join("locks").join(format!("{kind}-{key:016x}.lock")),
        }
    }

    /// The fact, which is stale when it is as old as `limit`, or when `has_changed` says of its value
    /// that it is outdated. One that makes no sense counts as none.
    pub fn look<T: DeserializeOwned>(
        &self,
        limit: Duration,
        now: SystemTime,
        has_changed: impl FnOnce(&T) -> bool,
    ) -> Seen<T> {
        let Some(mut fact) = self.read::<T>() else {
            return Seen { fact: None, is_due: true };
        };
        fact.stale = fact.is_old(limit, now) || fact.value.as_ref().is_some_and(has_changed);
        let is_due = fact.stale && !fact.is_backing_off(now);
        Seen { fact: Some(fact), is_due }
    }

    /// Whether a refresh of it is under way.
    pub fn is_being_refreshed(&self) -> bool {
        Lock::is_held(&self.lock)
    }

    /// Waits until there is a fact where there was none, for `limit` at most.
    pub fn wait<T: DeserializeOwned>(&self, limit: Duration) -> Option<Fact<T>> {
        const LOOK_EVERY: Duration = Duration::from_millis(1);
        let deadline = Instant::now() + limit;
        loop {
            if let Some(fact) = self.read() {
                return Some(fact);
            }
            if Instant::now() >= deadline {
                return None;
            }
            thread::sleep(LOOK_EVERY);
        }
    }

    /// Finds the fact out by `find`, which gets the last value, unless that is not due, or another
    /// process is at it. A failure keeps the value and is written down beside it.
    ///
    /// # Errors
    /// Why it could not be found out or kept.
    pub fn refresh<T: Serialize + DeserializeOwned>(
        &self,
        limit: Duration,
        now: SystemTime,
        has_changed: impl FnOnce(&T) -> bool,
        find: impl FnOnce(Option<&T>) -> Result<T, String>,
    ) -> Result<(), String> {
        // Those who look whether it is held hold it for moments themselves.
        const PATIENCE: Duration = Duration::from_millis(100);
        let lock = Lock::take(&self.lock, PATIENCE, now);
        let Some(_lock) = lock.map_err(|err| format!("cannot lock {}: {err}", self.lock.display()))? else {
            return Ok(());
        };
        // Only now, since whoever held the lock before has just found it out.
        let seen = self.look(limit, now, has_changed);
        if !seen.is_due {
            return Ok(());
        }
        let old = seen.fact.unwrap_or_default();
        let begin = Instant::now();
        let found = panic::catch_unwind(AssertUnwindSafe(|| find(old.value.as_ref())));
        let found = found.unwrap_or_else(|_| Err("a defect of bridgeline".to_owned()));
        let (new, result) = match found {
            Ok(value) => {
                let took_ms = begin.elapsed().as_millis() as u64;
                (Fact { took_ms, ..Fact::new(value, now) }, Ok(()))
            }
            Err(error) => {
                let error: String = error.chars().take(MAX_ERROR).collect();
                let failures = old.failures.saturating_add(1);
                let failed_at_ms = epoch_ms(now);
                (Fact { failures, failed_at_ms, error: Some(error.clone()), ..old }, Err(error))
            }
        };
        self.write(&new)?;
        result
    }

    fn read<T: DeserializeOwned>(&self) -> Option<Fact<T>> {
        let text = store::read_text(&self.path, Trust::Strict, store::MAX_STATE).ok()?;
        serde_json::from_str(&text).ok()
    }

    fn write<T: Serialize>(&self, fact: &Fact<T>) -> Result<(), String> {
        let json = serde_json::to_vec(fact).map_err(|err| err.to_string())?;
        let written = store::replace(&self.path, &json, Patience::HOOK);
        written.map_err(|err| format!("cannot write {}: {err}", self.path.display()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::tests::Folder;
    use std::cell::Cell;

    const LIMIT: Duration = Duration::from_secs(5);

    fn at(seconds: u64) -> SystemTime {
        UNIX_EPOCH + Duration::from_secs(1_800_000_000 + seconds)
    }

    fn slot(folder: &Folder) -> Slot {
        Slot::new(&folder.path("state"), "kind", 7)
    }

    fn put(slot: &Slot, now: SystemTime, found: Result<u32, &str>) {
        let found = found.map_err(str::to_owned);
        let result = slot.refresh(LIMIT, now, |_| true, |_| found.clone());
        assert_eq!(result, found.map(drop));
    }

    #[test]
    fn a_value_is_kept_and_gets_stale_by_age_or_by_change() {
        let folder = Folder::new();
        let slot = slot(&folder);
        let seen = slot.look::<u32>(LIMIT, at(0), |_| false);
        assert!(seen.fact.is_none() && seen.is_due);
        put(&slot, at(0), Ok(3));
        let check = |seconds, changed, stale| {
            let seen = slot.look::<u32>(LIMIT, at(seconds), |_| changed);
            let fact = seen.fact.unwrap();
            assert_eq!((fact.value, fact.stale, seen.is_due), (Some(3), stale, stale), "{seconds} {changed}");
            assert_eq!(fact.age(at(seconds)), Some(Duration::from_secs(seconds)));
        };
        check(0, false, false);
        check(0, true, true);
        check(4, false, false);
        check(5, false, true);
        // A clock that was set wrong freezes nothing.
        assert!(slot.look::<u32>(LIMIT, at(0) - Duration::from_secs(900), |_| false).is_due);
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
        let slot = slot(&folder);
        put(&slot, at(0), Ok(3));
        put(&slot, at(100), Err("no"));
        let look = |seconds| slot.look::<u32>(LIMIT, at(seconds), |_| false);
        let fact = look(104).fact.unwrap();
        assert_eq!((fact.next_try(at(104)), fact.next_try(at(105))), (Some(Duration::from_secs(1)), None));
        let failing = failing(&folder.path("state"), "kind");
        assert!(failing.len() == 1 && failing[0].1.error.as_deref() == Some("no"), "{failing:?}");
        assert!(super::failing(&folder.path("state"), "other").is_empty());
        assert_eq!((fact.value, fact.failures, fact.error.as_deref()), (Some(3), 1, Some("no")));
        assert!(fact.stale && !look(104).is_due && look(105).is_due);
        put(&slot, at(105), Err("again"));
        assert!(!look(114).is_due && look(115).is_due);
        put(&slot, at(115), Ok(4));
        let fact = look(115).fact.unwrap();
        assert_eq!((fact.value, fact.failures, fact.failed_at_ms, fact.error), (Some(4), 0, 0, None));
    }

    #[test]
    fn pauses_double_up_to_ten_minutes() {
        let check = |failures, pause: u64| {
            let fact = Fact::<u32> { failures, failed_at_ms: epoch_ms(at(0)), ..Fact::default() };
            assert!(fact.is_backing_off(at(pause - 1)) && !fact.is_backing_off(at(pause)), "{failures}");
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
        let slot = slot(&folder);
        let count = Cell::new(0);
        let find = |_: Option<&u32>| {
            count.set(count.get() + 1);
            Ok(count.get())
        };
        // One after the other: the second finds it done.
        for _ in 0..2 {
            slot.refresh(LIMIT, at(0), |_| false, find).unwrap();
        }
        assert_eq!(count.get(), 1);
        // At the same time: the second finds it locked.
        let nested = |_: Option<&u32>| {
            assert!(slot.is_being_refreshed());
            slot.refresh(LIMIT, at(9), |_| false, find).map(|()| 9)
        };
        slot.refresh(LIMIT, at(9), |_| false, nested).unwrap();
        assert_eq!(count.get(), 1);
        assert!(!slot.is_being_refreshed());
    }

    #[test]
    fn a_defect_is_a_failure() {
        let folder = Folder::new();
        let slot = slot(&folder);
        let result = slot.refresh::<u32>(LIMIT, at(0), |_| false, |_| panic!("on purpose"));
        assert_eq!(result, Err("a defect of bridgeline".to_owned()));
        assert_eq!(slot.look::<u32>(LIMIT, at(0), |_| false).fact.unwrap().failures, 1);
    }

    #[test]
    fn garbage_counts_as_none() {
        let folder = Folder::new();
        let slot = slot(&folder);
        for garbage in ["", "7", "{\"value\":\"text\"}"] {
            store::replace(&slot.path, garbage.as_bytes(), Patience::HOOK).unwrap();
            let seen = slot.look::<u32>(LIMIT, at(0), |_| false);
            assert!(seen.fact.is_none() && seen.is_due, "{garbage}");
        }
        put(&slot, at(0), Ok(1));
    }
}
