//! What agents and shells run at every turn, one file per command.

pub mod hook;
pub mod prompt;
pub mod refresh;
pub mod render;
pub mod subagents;

use std::panic::{self, AssertUnwindSafe};

/// Does some work; `None` when it has panicked. A defect is not to show up in the agent's log or in every prompt,
/// so nothing is printed either.
fn guarded<T>(work: impl FnOnce() -> T) -> Option<T> {
    panic::set_hook(Box::new(|_| {}));
    panic::catch_unwind(AssertUnwindSafe(work)).ok()
}
