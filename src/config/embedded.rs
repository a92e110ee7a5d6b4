//! The config files that come with the program, read when it was built.

use std::borrow::Cow;

use super::layer::{Entry, Layer, Table, Value};

// `pub static DEFAULT: Layer`, `pub static PROMPT: Layer` and `pub static PRESETS: &[(&str, Layer)]`, by name.
include!(concat!(env!("OUT_DIR"), "/config.rs"));

/// The text of the default file, for people.
pub const DEFAULT_SOURCE: &str = include_str!("default.toml");

/// The preset of that name.
pub fn preset(name: &str) -> Option<&'static Layer> {
    PRESETS.iter().find(|(preset, _)| *preset == name).map(|(_, layer)| layer)
}

/// What a preset is for: the comment at the head of its file.
pub fn about(name: &str) -> Option<&'static str> {
    ABOUT.iter().find(|(preset, _)| *preset == name).map(|(_, about)| *about)
}
