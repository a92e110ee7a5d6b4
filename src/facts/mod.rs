//! Slow facts: each has an age, is shown as last computed, and is updated by a refresh in the background.

pub mod command;
pub mod fact;
pub mod git;
pub mod refresh;
