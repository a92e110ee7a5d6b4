//! Real shells and the real tmux, with sessions of hostile names: no name is run, names are shown as they are, and the
//! cursor is where it should be. Needs bash, zsh, fish, tmux and shellcheck: `cargo test --test shells`.
#![cfg(unix)]

#[path = "../support/mod.rs"]
mod support;

mod prompts;
mod scene;
mod screen;
mod snippets;
mod tmux;
