//! The commands that agents and shells run all the time, a file each.

pub mod hook;
pub mod mcp;
pub mod prompt;
pub mod refresh;
pub mod render;
pub mod subagents;

use std::io::{self, Write};
use std::panic::{self, AssertUnwindSafe};

/// Does some work; `None` if it panicked. A bug must not show up in the agent's log or in every prompt, so nothing is
/// printed.
fn guarded<T>(work: impl FnOnce() -> T) -> Option<T> {
    panic::set_hook(Box::new(|_| {}));
    panic::catch_unwind(AssertUnwindSafe(work)).ok()
}

/// Prints in one write. Standard output may be closed or full; that is ignored.
fn print(text: &str) {
    let mut stdout = io::stdout().lock();
    _ = stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush());
}
