//! The modules of the `bridgeline` program, for its main, tests and benches. Not a public API.
//!
//! In reading order from the ground up; each uses only those before it.
#![warn(clippy::disallowed_macros, clippy::disallowed_methods, clippy::unwrap_used)]

pub mod base;
pub mod store;

pub mod agent;
pub mod process;

pub mod session;

pub mod facts;
pub mod spending;

pub mod bridge;

pub mod snapshot;

pub mod document;
pub mod segment;

pub mod layout;
pub mod theme;

pub mod paint;

pub mod config;

pub mod line;

pub mod settings;

pub mod cli;
pub mod commands;

pub mod tools;
