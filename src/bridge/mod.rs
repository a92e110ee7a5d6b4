//! The session bridge: the file that hooks write and the line is rendered from, shared with the
//! Node scripts (DESIGN §3).

mod file;

pub use file::{Bridge, put_context};
