//! The commands that agents and shells run at every turn, a file each.

pub mod hook;
pub mod mcp;
pub mod prompt;
pub mod refresh;
pub mod render;
pub mod subagents;

use std::io::{self, Write};
use std::panic::{self, AssertUnwindSafe};

/// Does some work; `None` when it has panicked. A defect is not to show up in the agent's log or in every prompt,
/// so nothing is printed either.
fn guarded<T>(work: impl FnOnce() -> T) -> Option<T> {
    panic::set_hook(Box::new(|_| {}));
    panic::catch_unwind(AssertUnwindSafe(work)).ok()
}

/// One write. Standard output may be closed or full: there is nobody to tell.
fn print(text: &str) {
    let mut stdout = io::stdout().lock();
    _ = stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush());
}
