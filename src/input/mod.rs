//! One file per source besides the agent's payload: bytes in, a value out. What is absent or odd is
//! a value too, never a failure.

pub mod abridge;
pub mod appearance;
pub mod cache;
pub mod command;
pub mod fact;
pub mod git;
pub mod history;
pub mod interrupt;
pub mod listing;
pub mod prices;
pub mod refresh;
pub mod register;
pub mod stdin;
pub mod subagents;
pub mod tasks;
pub mod transcript;
pub mod usage;
pub mod zone;
