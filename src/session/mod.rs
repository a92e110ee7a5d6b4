//! What is kept of each session between runs, and what the agent's own files say of it. What is absent or
//! odd is a value, never a failure.

pub mod appearance;
pub mod cache;
pub mod history;
pub mod interrupt;
pub mod listing;
pub mod register;
pub mod subagents;
pub mod tasks;
