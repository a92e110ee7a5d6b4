//! One file per command. Only these join the stages: input, snapshot, segments, layout, paint.

pub mod config;
pub mod doctor;
pub mod explain;
pub mod hook;
pub mod install;
pub mod preview;
pub mod refresh;
pub mod render;
mod report;
pub mod subagents;
pub mod themes;
pub mod usage;

pub use report::Printer;
