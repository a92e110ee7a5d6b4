//! What agents and shells run at every turn, one file per command.

pub mod hook;
pub mod prompt;
pub mod refresh;
pub mod render;
pub mod subagents;
