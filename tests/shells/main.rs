//! The real shells and the real tmux with sessions of hostile names: nothing of them runs, what is shown is
//! what they are called, and the cursor stands where it should. Needs bash, zsh, fish, tmux and shellcheck:
//! `cargo test --test shells`.
#![cfg(unix)]

#[path = "../support/mod.rs"]
mod support;

mod prompts;
mod scene;
mod screen;
mod snippets;
mod tmux;
