//! Shared by all suites and benches: sandboxes, terminals, recorded input.
#![allow(dead_code, unused_imports, reason = "no suite uses all of it")]

mod call;
pub mod drawn;
pub mod last_moment;
pub mod npm;
pub mod random;
mod recorded;
mod sandbox;
pub mod storm;
pub mod sweep;
#[cfg(unix)]
pub mod terminal;
mod text;
pub mod transcripts;

use std::process::Output;
use std::thread;
use std::time::{Duration, Instant};

pub use call::{Call, Printed, finish};
pub use recorded::{fixture, fixtures, recorded, themes};
pub use sandbox::{NOW, RICH, Sandbox, is_unfinished};
pub use text::{is_dangerous, plain};

/// The program.
pub const BINARY: &str = env!("CARGO_BIN_EXE_bridgeline");

/// The folder of the project.
pub const ROOT: &str = env!("CARGO_MANIFEST_DIR");

/// Far longer than anything takes on a busy machine; a process that takes longer hangs.
pub const LIMIT: Duration = Duration::from_secs(120);

/// Looks until the condition holds. Returns the last state if it does not within the limit.
pub fn poll<T>(limit: Duration, look: impl Fn() -> T, holds: impl Fn(&T) -> bool) -> Result<T, T> {
    let start = Instant::now();
    loop {
        let seen = look();
        if holds(&seen) {
            return Ok(seen);
        }
        if start.elapsed() > limit {
            return Err(seen);
        }
        thread::sleep(Duration::from_millis(10));
    }
}

/// Waits until a condition holds.
#[track_caller]
pub fn wait_until(what: &str, holds: impl Fn() -> bool) {
    assert!(poll(LIMIT, holds, |holds| *holds).is_ok(), "{what} does not come");
}

/// The output of a successful run.
#[track_caller]
pub fn said(output: Output) -> String {
    let stderr = String::from_utf8_lossy(&output.stderr);
    let stdout = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{stdout}{stderr}");
    stdout
}
