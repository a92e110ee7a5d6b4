//! Processes of Linux, macOS and the BSDs: groups and sessions.
#![allow(unsafe_code, reason = "descriptors that nobody knows are closed by their number")]

use std::io;
use std::os::fd::{BorrowedFd, FromRawFd, OwnedFd, RawFd};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command};

use rustix::process::{Pid, Signal, WaitOptions, kill_process_group, nice, setsid, wait};

use crate::store;

/// Niceness of a refresh, of 19.
const NICENESS: i32 = 10;

/// Puts the child into a process group of its own.
pub fn isolate(command: &mut Command) {
    command.process_group(0);
}

/// A child and what it has started, killed when dropped. What moves to a group of its own escapes.
pub struct ProcessGroup(Pid);

impl ProcessGroup {
    pub fn of(child: &Child) -> Self {
        ProcessGroup(Pid::from_child(child))
    }
}

impl Drop for ProcessGroup {
    fn drop(&mut self) {
        // Fails where all have ended.
        _ = kill_process_group(self.0, Signal::KILL);
    }
}

/// The child leaves our session itself, in [`settle`], which only a process that leads no group can.
pub fn spawn_detached(command: &mut Command) -> io::Result<Child> {
    command.spawn()
}

/// Forgets the children that have ended: a program that goes on after it has started some has to.
pub fn reap() {
    while let Ok(Some(_)) = wait(WaitOptions::NOHANG) {}
}

/// Detaches this process from the session of whoever started it, closes inherited descriptors, and lowers its
/// priority. Must come before it opens a file.
pub fn settle() {
    // Fails for the first of a process group, as a shell starts it: it keeps its terminal then.
    _ = setsid();
    _ = nice(NICENESS);
    let numbers = store::list(Path::new("/dev/fd"), |_| true);
    for number in numbers.iter().filter_map(|name| name.parse().ok()).filter(|number| *number > 2) {
        close(number);
    }
}

fn close(number: RawFd) {
    // SAFETY: what is not open is only asked for its flags, and refused.
    let borrowed = unsafe { BorrowedFd::borrow_raw(number) };
    if rustix::io::fcntl_getfd(borrowed).is_ok() {
        // SAFETY: this process has not opened a file yet, so nobody else has this descriptor.
        drop(unsafe { OwnedFd::from_raw_fd(number) });
    }
}
