//! One file per command. Only these join the stages: input, snapshot, segments, layout, paint.

pub mod hook;
pub mod preview;
pub mod render;
pub mod themes;
