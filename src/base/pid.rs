//! Other processes: the one place that asks the system about them.

/// A process with that id is running as our user. One system call. Another user's process is never the one meant: ids
/// are reused, after a restart mostly for services.
#[cfg(unix)]
pub fn is_alive(pid: u32) -> bool {
    use rustix::process::{Pid, test_kill_process};
    let pid = i32::try_from(pid).ok().and_then(Pid::from_raw);
    pid.is_some_and(|pid| test_kill_process(pid).is_ok())
}

/// A process with that id is running, and we may ask about it.
#[cfg(windows)]
#[allow(unsafe_code, reason = "std has no way to ask about a process that it has not started")]
pub fn is_alive(pid: u32) -> bool {
    use windows_sys::Win32::Foundation::{CloseHandle, WAIT_TIMEOUT};
    use windows_sys::Win32::System::Threading::{OpenProcess, PROCESS_SYNCHRONIZE, WaitForSingleObject};
    // SAFETY: the handle is checked, used and closed here, and no memory of ours is written to.
    unsafe {
        let process = OpenProcess(PROCESS_SYNCHRONIZE, 0, pid);
        if process.is_null() {
            return false;
        }
        // An ended process remains while somebody holds a handle of it, but waiting for it returns at once.
        let alive = WaitForSingleObject(process, 0) == WAIT_TIMEOUT;
        CloseHandle(process);
        alive
    }
}

/// The process that started us; if that is a shell, the one that started the shell. `None` if it is unknown.
#[cfg(unix)]
pub fn parent() -> Option<u32> {
    let parent = rustix::process::getppid()?.as_raw_nonzero().get().unsigned_abs();
    Some(behind_shell(parent).unwrap_or(parent))
}

#[cfg(windows)]
pub fn parent() -> Option<u32> {
    None
}

/// Parent of a process that is a shell. On other systems than Linux, a shell turns into the only command it is given.
#[cfg(unix)]
#[expect(clippy::disallowed_methods, reason = "a file of the kernel, in a folder that others cannot write to")]
fn behind_shell(process: u32) -> Option<u32> {
    const SHELLS: [&str; 7] = ["sh", "bash", "dash", "ash", "ksh", "zsh", "fish"];
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
    let (name, rest) = stat.split_once('(')?.1.rsplit_once(')')?;
    rest.split_whitespace().nth(1)?.parse().ok().filter(|parent| *parent > 1 && SHELLS.contains(&name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[cfg(target_os = "linux")]
    #[expect(clippy::disallowed_methods, reason = "starts a shell to look at")]
    fn the_parent_of_a_hook_is_the_one_behind_its_shell() {
        let mut shell = std::process::Command::new("sh");
        let mut shell = shell.args(["-c", "read line; true"]).stdin(std::process::Stdio::piped()).spawn().unwrap();
        assert_eq!(behind_shell(shell.id()), Some(std::process::id()));
        assert_eq!(behind_shell(std::process::id()), None);
        drop(shell.stdin.take());
        shell.wait().unwrap();
        assert_eq!(behind_shell(shell.id()), None);
    }

    #[test]
    fn we_are_alive_and_nobody_has_the_largest_id() {
        assert!(is_alive(std::process::id()));
        assert!(!is_alive(u32::MAX - 1));
        assert!(!is_alive(0));
    }
}
