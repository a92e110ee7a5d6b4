//! The real shells and the real tmux with sessions of hostile names: nothing of them runs, what is shown is
//! what they are called, and the cursor stands where it should. Needs bash, zsh, fish, tmux and shellcheck:
//! `cargo test --test shells`.
#![cfg(unix)]
#![allow(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    reason = "the lints are for the program: tests set scenes, start it, and stop at the first surprise"
)]

#[allow(dead_code, reason = "the other suite uses all of it")]
#[path = "../it/support.rs"]
mod support;

mod prompts;
mod scene;
mod screen;
mod snippets;
mod tmux;
