//! The basics that every part of the program needs: environment, text, JSON, numbers. Nothing here knows about
//! sessions.

pub mod abridge;
pub mod env;
pub mod format;
pub mod hash;
pub mod json;
pub mod pid;
pub mod shell;
pub mod stdin;
pub mod suggest;
pub mod text;
pub mod warning;
pub mod width;
