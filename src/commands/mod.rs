//! One file per command. Only these join the stages: input, snapshot, segments, layout, paint.

pub mod hook;
pub mod init;
pub mod preview;
pub mod prompt;
pub mod render;
pub mod sessions;
