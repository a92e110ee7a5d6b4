//! Our records of each session between runs, and the agent's own files about it. Missing or odd content is a value,
//! never a failure.

pub mod appearance;
pub mod cache;
pub mod history;
pub mod interrupt;
pub mod listing;
pub mod recorded;
pub mod register;
pub mod subagents;
pub mod tasks;
