//! Whether a process is there: the one place that asks the system about others.

/// Whether a process of that id runs, as the user that we are. One system call. A process of another
/// user is none of ours: ids are given out again, and after a restart mostly to services.
#[cfg(unix)]
pub fn is_alive(pid: u32) -> bool {
    use rustix::process::{Pid, test_kill_process};
    let pid = i32::try_from(pid).ok().and_then(Pid::from_raw);
    pid.is_some_and(|pid| test_kill_process(pid).is_ok())
}

/// Whether a process of that id runs, that we may ask about.
#[cfg(windows)]
#[allow(unsafe_code, reason = "std has no way to ask about a process that it has not started")]
pub fn is_alive(pid: u32) -> bool {
    use windows_sys::Win32::Foundation::{CloseHandle, WAIT_TIMEOUT};
    use windows_sys::Win32::System::Threading::{OpenProcess, PROCESS_SYNCHRONIZE, WaitForSingleObject};
    // SAFETY: the handle is checked, used and closed here, and nothing of ours is written to.
    unsafe {
        let process = OpenProcess(PROCESS_SYNCHRONIZE, 0, pid);
        if process.is_null() {
            return false;
        }
        // One that has ended stays for as long as anybody holds a handle of it, but is not waited for.
        let alive = WaitForSingleObject(process, 0) == WAIT_TIMEOUT;
        CloseHandle(process);
        alive
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn we_are_alive_and_nobody_has_the_largest_id() {
        assert!(is_alive(std::process::id()));
        assert!(!is_alive(u32::MAX - 1));
        assert!(!is_alive(0));
    }
}
