//! Processes of Linux, macOS and the BSDs: groups and sessions.
#![allow(unsafe_code, reason = "inherited descriptors are closed by number")]

use std::io;
use std::os::fd::{BorrowedFd, FromRawFd, OwnedFd, RawFd};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command};

use rustix::process::{Pid, Signal, WaitOptions, kill_process_group, nice, setsid, wait};

use crate::store;

/// Niceness of a refresh; the maximum is 19.
const NICENESS: i32 = 10;

/// Puts the child into a process group of its own.
pub fn isolate(command: &mut Command) {
    command.process_group(0);
}

/// A child and what it has started, killed when dropped. Processes that move to another group escape.
pub struct ProcessGroup(Pid);

impl ProcessGroup {
    pub fn of(child: &Child) -> Self {
        ProcessGroup(Pid::from_child(child))
    }
}

impl Drop for ProcessGroup {
    fn drop(&mut self) {
        // Fails if all have ended.
        _ = kill_process_group(self.0, Signal::KILL);
    }
}

/// The child leaves our session itself, in [`settle`], which only a process that does not lead a group can.
pub fn spawn_detached(command: &mut Command) -> io::Result<Child> {
    command.spawn()
}

/// Reaps children that have ended, for a program that keeps running after it has started some.
pub fn reap() {
    while let Ok(Some(_)) = wait(WaitOptions::NOHANG) {}
}

/// Detaches this process from its parent's session, closes inherited descriptors, and lowers its
/// priority. Must come before it opens a file.
pub fn settle() {
    // Fails for the leader of a process group, as started by a shell, which then keeps its terminal.
    _ = setsid();
    _ = nice(NICENESS);
    let numbers = store::list(Path::new("/dev/fd"), |_| true);
    for number in numbers.iter().filter_map(|name| name.parse().ok()).filter(|number| *number > 2) {
        close(number);
    }
}

fn close(number: RawFd) {
    // SAFETY: on a closed descriptor, only its flags are queried, which fails.
    let borrowed = unsafe { BorrowedFd::borrow_raw(number) };
    if rustix::io::fcntl_getfd(borrowed).is_ok() {
        // SAFETY: this process has not opened a file yet, so nobody else has this descriptor.
        drop(unsafe { OwnedFd::from_raw_fd(number) });
    }
}
