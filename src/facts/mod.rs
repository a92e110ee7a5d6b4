//! Slow facts: each has an age, is shown as it was last computed, and is brought up to date by a refresh in the
//! background.

pub mod command;
pub mod fact;
pub mod git;
pub mod refresh;
