//! The real binary where the system fails it: system calls that return errors or are its last, full
//! and read-only folders, and things in the place of its files. Needs strace, and root for a file of
//! another user: `cargo test --test faults`.
#![cfg(target_os = "linux")]
#![allow(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    reason = "the lints are for the program: tests set scenes, start it, and stop at the first surprise"
)]

#[allow(dead_code, reason = "the other suite uses all of it")]
#[path = "../it/support.rs"]
mod support;

mod calls;
mod disks;
mod locks;
mod refused;
mod scene;
mod things;
