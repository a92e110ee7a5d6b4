//! One file per command. Only these join the stages: input, snapshot, segments, layout, paint.

pub mod completions;
pub mod config;
pub mod configure;
pub mod doctor;
pub mod explain;
pub mod hook;
pub mod init;
pub mod install;
pub mod preview;
pub mod prompt;
pub mod refresh;
pub mod render;
mod report;
pub mod screen;
pub mod sessions;
pub mod subagents;
pub mod themes;
pub mod usage;

pub use report::Printer;
