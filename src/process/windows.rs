//! Processes of Windows: jobs, and handles that must not be inherited.
#![allow(unsafe_code, reason = "std has no jobs, and passes on every inheritable handle")]

use std::os::windows::io::{AsRawHandle, FromRawHandle, OwnedHandle};
use std::os::windows::process::CommandExt;
use std::process::{Child, Command};
use std::{io, mem, ptr};

use windows_sys::Win32::Foundation::{ERROR_ACCESS_DENIED, HANDLE, HANDLE_FLAG_INHERIT, SetHandleInformation};
use windows_sys::Win32::System::JobObjects::{
    AssignProcessToJobObject, CreateJobObjectW, JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE,
    JOBOBJECT_EXTENDED_LIMIT_INFORMATION, JobObjectExtendedLimitInformation, SetInformationJobObject,
};
use windows_sys::Win32::System::Threading::{
    BELOW_NORMAL_PRIORITY_CLASS, CREATE_BREAKAWAY_FROM_JOB, CREATE_NEW_PROCESS_GROUP, CREATE_NO_WINDOW,
    DETACHED_PROCESS, GetCurrentProcess,
};

/// Gives the child no console: a console of its own would open a window.
pub fn isolate(command: &mut Command) {
    command.creation_flags(CREATE_NO_WINDOW | CREATE_NEW_PROCESS_GROUP);
}

/// A child and what it has started, killed when dropped. `None` if the system refuses: then its children are not
/// killed, but end with our own job.
pub struct ProcessGroup(#[expect(dead_code, reason = "closed when dropped, which kills")] Option<OwnedHandle>);

impl ProcessGroup {
    pub fn of(child: &Child) -> Self {
        ProcessGroup(job(child.as_raw_handle()))
    }
}

/// A job of this process that kills all that is in it when its last handle is closed.
fn job(process: HANDLE) -> Option<OwnedHandle> {
    let mut limits = JOBOBJECT_EXTENDED_LIMIT_INFORMATION::default();
    limits.BasicLimitInformation.LimitFlags = JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE;
    // SAFETY: the handle is fresh and ours; the structure is of the class that is named, and lives
    // until the call returns.
    unsafe {
        let job = CreateJobObjectW(ptr::null(), ptr::null());
        if job.is_null() {
            return None;
        }
        let owned = OwnedHandle::from_raw_handle(job);
        let size = mem::size_of_val(&limits) as u32;
        let limits = (&raw const limits).cast();
        let done = SetInformationJobObject(job, JobObjectExtendedLimitInformation, limits, size) != 0
            && AssignProcessToJobObject(job, process) != 0;
        done.then_some(owned)
    }
}

/// Leaves the caller's job if that is allowed; an agent ends its job together with us.
pub fn spawn_detached(command: &mut Command) -> io::Result<Child> {
    let streams = [io::stdin().as_raw_handle(), io::stdout().as_raw_handle(), io::stderr().as_raw_handle()];
    for handle in streams {
        // SAFETY: an invalid handle is refused. The agent reads our output to its end, and would have to wait for the
        // child's.
        unsafe { SetHandleInformation(handle, HANDLE_FLAG_INHERIT, 0) };
    }
    let flags = DETACHED_PROCESS | CREATE_NEW_PROCESS_GROUP | BELOW_NORMAL_PRIORITY_CLASS;
    match command.creation_flags(flags | CREATE_BREAKAWAY_FROM_JOB).spawn() {
        Err(err) if err.raw_os_error() == Some(ERROR_ACCESS_DENIED as i32) => command.creation_flags(flags).spawn(),
        child => child,
    }
}

/// Windows keeps no zombies.
pub const fn reap() {}

/// Detaches this process from its parent's session, closes inherited descriptors, and lowers its
/// priority. Must come before it opens a file.
///
/// Processes that it starts end with it.
pub fn settle() {
    // SAFETY: this handle stands for the process itself and needs no closing.
    let job = job(unsafe { GetCurrentProcess() });
    // Closed at the end of the process, not before.
    mem::forget(job);
}
