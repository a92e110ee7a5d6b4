//! `rename` with retry: only after errors that may be transient, with growing random pauses, bounded in time.

use std::fs::File;
use std::path::Path;
use std::sync::mpsc;
use std::time::{Duration, Instant};
use std::{io, thread};

use rand::TryRng;
use rand::rngs::SysRng;

use super::platform;

/// Time that a caller may wait for others; by default none. The limit is a time, not a number of tries: under Wine,
/// five tries lost 0.3-0.6 % of competing writes, 300 ms of tries none.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct Patience {
    /// For a rename that others delay.
    pub rename: Duration,
    /// For a lock that others hold.
    pub lock: Duration,
    /// Continue without the lock after that time: a process that holds it for so long has been stopped, and the check
    /// before the rename catches other changes.
    pub proceed_unlocked: bool,
}

impl Patience {
    /// A render may be killed by its agent at any time, and its writes are optional.
    pub const RENDER: Patience =
        Patience { rename: Duration::from_millis(50), lock: Duration::from_millis(20), proceed_unlocked: false };
    /// The agent waits for a hook, which must lose nothing. With [`Patience::until`], this is the time for all of its
    /// locks.
    pub const HOOK: Patience =
        Patience { rename: Duration::from_secs(1), lock: Duration::from_secs(4), proceed_unlocked: false };

    /// The same, but for no longer than until `deadline`.
    #[must_use]
    pub fn until(self, deadline: Instant) -> Patience {
        let left = deadline.saturating_duration_since(Instant::now());
        Patience { rename: self.rename.min(left), lock: self.lock.min(left), ..self }
    }
}

/// The system calls and the clock of a retry; tests replace some of them.
pub(super) trait System {
    fn rename(&mut self, from: &Path, to: &Path) -> io::Result<()> {
        platform::replace(from, to)
    }

    /// Swaps two existing files.
    fn swap(&mut self, a: &Path, b: &Path) -> io::Result<()> {
        platform::swap(a, b)
    }

    /// Time since an arbitrary start.
    fn elapsed(&mut self) -> Duration;

    fn sleep(&mut self, pause: Duration) {
        thread::sleep(pause);
    }

    /// A number from 0 to 1, evenly distributed.
    fn random(&mut self) -> f64 {
        f64::from(random_u32()) / f64::from(u32::MAX)
    }

    /// Locks the file; `None` if others have held the lock for all of `limit`. The kernel wakes waiting processes as
    /// soon as possible, but has no time limit, so a thread waits, and is abandoned when time is up.
    fn lock(&mut self, file: File, limit: Duration) -> io::Result<Option<File>> {
        let (sender, receiver) = mpsc::channel();
        let waiting = thread::Builder::new().spawn(move || {
            let locked = loop {
                match file.lock() {
                    Err(err) if err.kind() == io::ErrorKind::Interrupted => {}
                    locked => break locked,
                }
            };
            _ = sender.send(locked.map(|()| file));
        });
        // Without a thread it cannot wait.
        if waiting.is_err() {
            return Ok(None);
        }
        receiver.recv_timeout(limit).ok().transpose()
    }
}

/// The file system and the clock of this machine.
pub(super) struct RealSystem(Instant);

impl RealSystem {
    pub fn new() -> Self {
        RealSystem(Instant::now())
    }
}

impl System for RealSystem {
    fn elapsed(&mut self) -> Duration {
        self.0.elapsed()
    }
}

/// Four random bytes from the system. If it gives none, the address of a local variable and the clock: files with such
/// names are created exclusively, so a guessed name only makes a write fail.
pub(super) fn random_u32() -> u32 {
    SysRng.try_next_u32().unwrap_or_else(|_| {
        let local = 0u8;
        (&raw const local as usize as u32) ^ Instant::now().elapsed().subsec_nanos()
    })
}

/// Random pauses between tries, until a budget is used up. Full jitter spreads contending processes, which would
/// otherwise meet again after every pause.
pub(super) struct Pauses {
    /// Time for pauses of 2 ms, for readers that open the file again and again. After that, pauses are for a file that
    /// stays open: 20 ms, 40 ms, 80 ms…
    quick: Duration,
    budget: Duration,
    start: Duration,
    /// Maximum length of the next slow pause.
    slow: Duration,
}

impl Pauses {
    /// `budget` includes the time for `quick` pauses.
    pub fn new(quick: Duration, budget: Duration, system: &mut impl System) -> Self {
        Pauses { quick, budget, start: system.elapsed(), slow: Duration::from_millis(20) }
    }

    /// Sleeps before the next try. `false`, without sleeping, if there is no time left.
    pub fn wait(&mut self, system: &mut impl System) -> bool {
        let used = system.elapsed().saturating_sub(self.start);
        let (longest, end) =
            if used < self.quick { (Duration::from_millis(2), self.quick) } else { (self.slow, self.budget) };
        let left = end.saturating_sub(used);
        if left.is_zero() {
            return false;
        }
        if used >= self.quick {
            self.slow = (self.slow * 2).min(self.budget);
        }
        // At least a twentieth, so that small random numbers cannot spin.
        let pause = longest.mul_f64(system.random()).max(longest / 20);
        system.sleep(pause.min(left));
        true
    }
}

/// Renames, with retries after a pause while the error may be transient and `budget` lasts. The first error is
/// reported: later ones are about the retry, not the cause.
pub(super) fn rename(from: &Path, to: &Path, budget: Duration, system: &mut impl System) -> io::Result<()> {
    rename_in(from, to, budget.min(platform::QUICK_RETRY), budget, system)
}

fn rename_in(from: &Path, to: &Path, quick: Duration, budget: Duration, system: &mut impl System) -> io::Result<()> {
    let first = match system.rename(from, to) {
        Err(err) if platform::is_transient(&err) => err,
        result => return result,
    };
    let mut pauses = Pauses::new(quick, budget, system);
    while pauses.wait(system) {
        match system.rename(from, to) {
            Err(err) if platform::is_transient(&err) => {}
            // Success, or another, final error.
            result => return result,
        }
    }
    Err(first)
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// A system in which renames fail as scripted and time passes only in pauses.
    pub struct Script {
        pub errors: Vec<i32>,
        pub tries: usize,
        pub now: Duration,
        pub pauses: Vec<Duration>,
        pub random: f64,
    }

    impl Script {
        pub fn failing_with(errors: &[i32]) -> Self {
            Script { errors: errors.to_vec(), tries: 0, now: Duration::ZERO, pauses: Vec::new(), random: 1.0 }
        }
    }

    impl System for Script {
        fn rename(&mut self, _: &Path, _: &Path) -> io::Result<()> {
            self.tries += 1;
            match self.errors.get(self.tries - 1) {
                Some(code) => Err(io::Error::from_raw_os_error(*code)),
                None => Ok(()),
            }
        }
        fn swap(&mut self, a: &Path, b: &Path) -> io::Result<()> {
            self.rename(a, b)
        }
        fn elapsed(&mut self) -> Duration {
            self.now
        }
        fn sleep(&mut self, pause: Duration) {
            self.pauses.push(pause);
            self.now += pause;
        }
        fn random(&mut self) -> f64 {
            self.random
        }
        fn lock(&mut self, _: File, limit: Duration) -> io::Result<Option<File>> {
            self.now += limit;
            Ok(None)
        }
    }

    const MS: Duration = Duration::from_millis(1);
    #[cfg(unix)]
    const TRANSIENT: [i32; 3] = [1, 13, 16];
    #[cfg(windows)]
    const TRANSIENT: [i32; 3] = [5, 32, 33];

    fn run(system: &mut Script, budget: Duration) -> io::Result<()> {
        rename_in(Path::new("a"), Path::new("b"), Duration::ZERO, budget, system)
    }

    #[test]
    fn quick_tries_come_first_where_readers_are_in_the_way() {
        let mut system = Script::failing_with(&[TRANSIENT[0]; 7]);
        rename_in(Path::new("a"), Path::new("b"), 10 * MS, 110 * MS, &mut system).unwrap();
        assert_eq!(system.pauses, [2 * MS, 2 * MS, 2 * MS, 2 * MS, 2 * MS, 20 * MS, 40 * MS]);
    }

    #[test]
    fn a_transient_error_twice_then_success() {
        for code in TRANSIENT {
            let mut system = Script::failing_with(&[code, code]);
            run(&mut system, 300 * MS).unwrap();
            assert_eq!((system.tries, system.pauses), (3, vec![20 * MS, 40 * MS]), "code {code}");
        }
    }

    #[test]
    fn every_other_error_is_reported_at_once() {
        for code in (1..134).filter(|code| !TRANSIENT.contains(code)) {
            let mut system = Script::failing_with(&[code]);
            assert_eq!(run(&mut system, 300 * MS).unwrap_err().raw_os_error(), Some(code));
            assert_eq!((system.tries, system.pauses.len()), (1, 0), "code {code}");
        }
    }

    #[test]
    fn gives_up_when_the_time_is_used_up() {
        let mut system = Script::failing_with(&[TRANSIENT[0]; 1000]);
        assert_eq!(run(&mut system, 300 * MS).unwrap_err().raw_os_error(), Some(TRANSIENT[0]));
        // 20 + 40 + 80 + 160 is all of it; the last pause is cut to what is left.
        assert_eq!(system.pauses, vec![20 * MS, 40 * MS, 80 * MS, 160 * MS]);
        assert_eq!(system.now, 300 * MS);
    }

    #[test]
    fn jitter_shortens_the_pauses_but_never_to_a_spin() {
        let mut system = Script { random: 0.25, ..Script::failing_with(&[TRANSIENT[0]; 3]) };
        run(&mut system, 300 * MS).unwrap();
        assert_eq!(system.pauses, vec![5 * MS, 10 * MS, 20 * MS]);
        let mut system = Script { random: 0.0, ..Script::failing_with(&[TRANSIENT[0]; 3]) };
        run(&mut system, 300 * MS).unwrap();
        assert_eq!(system.pauses, vec![MS, 2 * MS, 4 * MS]);
    }

    #[test]
    fn the_first_error_is_reported_unless_the_cause_changes() {
        let [first, second, _] = TRANSIENT;
        let mut system = Script::failing_with(&[first, second, second, second, second, second, second]);
        assert_eq!(run(&mut system, 50 * MS).unwrap_err().raw_os_error(), Some(first));
        let mut system = Script::failing_with(&[first, 2]);
        assert_eq!(run(&mut system, 300 * MS).unwrap_err().raw_os_error(), Some(2));
        assert_eq!(system.tries, 2);
    }

    #[test]
    fn without_time_there_is_one_try() {
        let mut system = Script::failing_with(&[TRANSIENT[0]]);
        run(&mut system, Duration::ZERO).unwrap_err();
        assert_eq!(system.tries, 1);
    }
}
