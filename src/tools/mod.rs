//! The commands for people, one file or folder each.

pub mod background;
pub mod completions;
pub mod config;
pub mod configure;
mod console;
pub mod doctor;
pub mod explain;
pub mod files;
pub mod install;
pub mod man;
pub mod preview;
mod report;
pub mod screen;
pub mod sessions;
pub mod setup;
pub mod themes;
pub mod usage;
