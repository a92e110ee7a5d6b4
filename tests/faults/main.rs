//! The real binary where the system fails it: system calls that return errors or are its last, full
//! and read-only folders, and things in the place of its files. Needs strace, and root for a file of
//! another user: `cargo test --test faults`.
#![cfg(target_os = "linux")]

#[path = "../support/mod.rs"]
mod support;

mod calls;
mod disks;
mod locks;
mod refused;
mod scene;
mod things;
