//! The real binary when the system fails: system calls that return errors or during which it is killed, full and
//! read-only folders, and other things in the place of its files. Needs strace, and root for a file of another user:
//! `cargo test --test faults`.
#![cfg(target_os = "linux")]

#[path = "../support/mod.rs"]
mod support;

mod calls;
mod disks;
mod locks;
mod refused;
mod scene;
mod things;
