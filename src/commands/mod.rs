//! One file per command. Only these join the stages: input, snapshot, segments, layout, paint.

pub mod preview;
pub mod render;
