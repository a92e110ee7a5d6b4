//! Mutated input for every parser and every file that is read. A defect, a hang, a control character, or a status that
//! a command does not promise fails the run, with the seed that reproduces it.
//!
//! `cargo test --test fuzz` takes about a minute and a half. `BRIDGELINE_FUZZ_SECONDS` sets the time for each test,
//! `BRIDGELINE_FUZZ_SEED` the first seed.
#![cfg(unix)]

mod files;
mod mutate;
mod parsers;
#[path = "../support/mod.rs"]
mod support;

use std::env;
use std::panic::{self, AssertUnwindSafe};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use support::random::Random;

/// Runs `case` with one seed after another until time is up.
fn for_a_while(name: &str, mut case: impl FnMut(&mut Random)) {
    let number = |name: &str| env::var(name).ok().map(|text| text.parse::<u64>().expect("a whole number"));
    let limit = Duration::from_secs(number("BRIDGELINE_FUZZ_SECONDS").unwrap_or(40));
    let clock = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    let first = number("BRIDGELINE_FUZZ_SEED").unwrap_or(clock.as_nanos() as u64);
    let begun = Instant::now();
    let mut seed = first;
    while begun.elapsed() < limit || seed == first {
        let run = panic::catch_unwind(AssertUnwindSafe(|| case(&mut Random::new(seed))));
        if let Err(defect) = run {
            println!("{name}: run again with BRIDGELINE_FUZZ_SEED={seed}");
            panic::resume_unwind(defect);
        }
        seed += 1;
    }
    println!("{name}: {} cases from seed {first}", seed - first);
}
