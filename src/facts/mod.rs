//! Slow facts: each has an age, is shown as it was last found, and is found out again by a refresh in the
//! background.

pub mod command;
pub mod fact;
pub mod git;
pub mod refresh;
