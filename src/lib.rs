//! The modules of the `bridgeline` program, for its main, tests and benches. Not a public API.
//!
//! In reading order from the ground up; each uses only what stands before it.

pub mod env;
pub mod hash;
pub mod pid;
pub mod suggest;
pub mod text;
pub mod width;

pub mod format;
pub mod json;

pub mod agent;
pub mod store;

pub mod process;

pub mod input;
pub mod settings;

pub mod bridge;

pub mod snapshot;

pub mod document;

pub mod sample;
pub mod segment;

pub mod layout;

pub mod paint;

pub mod config;

pub mod configure;

pub mod cli;
pub mod commands;
