//! The real binary in a sandbox: what it prints, what it writes, and what it leaves.

#[path = "../support/mod.rs"]
mod support;

mod agents;
mod any_config;
mod bridge;
mod budget;
mod cache;
mod captures;
mod circles;
mod config;
mod configure;
mod conformance;
mod cost;
mod dialects;
mod docs;
mod doctor;
mod escapes;
mod explain;
mod export;
mod facts;
mod git;
#[cfg(unix)]
mod golden;
mod help;
mod hook;
#[cfg(unix)]
mod hostile;
mod input;
mod install;
mod limits;
mod lossless;
mod mcp;
#[cfg(unix)]
mod outputs;
mod pictures;
mod plugin;
mod presets;
mod preview;
mod prompt;
mod recorded;
mod sessions;
mod states;
mod subagents;
mod tasks;
mod themes;
mod tidy;
mod usage;
mod usage_agents;
mod width;
