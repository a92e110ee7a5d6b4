//! The session bridge: the file that hooks write and the line is rendered from, shared with the
//! Node scripts (ARCHITECTURE.md).

pub mod bound;
pub mod cost;
pub mod event;
mod file;
mod fingerprint;
pub mod metrics;
pub mod monitor;
pub mod ours;
pub mod record;
pub mod spool;
pub mod state;

pub use file::{BRIDGE, Bridge, SHADOW, put_context};
