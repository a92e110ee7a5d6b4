//! Memory and page faults of a process, read just before its end. The memory that wait4 reports for a child is useless:
//! it is never less than the parent's own, which is more than these programs take.

use std::process::Child;

/// Resources that a process has used.
#[derive(Clone, Copy)]
pub struct Used {
    /// Peak resident memory in KiB.
    pub memory: u64,
    /// Page faults, including those of its start.
    pub faults: u64,
}

/// Passes `input` to a program that was just started and waits for its end. `None` if it cannot be traced.
#[cfg(target_os = "linux")]
pub fn used(child: &mut Child, input: &[u8]) -> Option<Used> {
    use nix::sys::{ptrace, wait};
    use std::fs;
    use std::io::Write;
    let pid = nix::unistd::Pid::from_raw(i32::try_from(child.id()).ok()?);
    let traced = ptrace::seize(pid, ptrace::Options::PTRACE_O_TRACEEXIT);
    _ = child.stdin.take()?.write_all(input);
    let stopped = traced.is_ok() && matches!(wait::waitpid(pid, None), Ok(wait::WaitStatus::PtraceEvent(..)));
    let file = |name: &str| fs::read_to_string(format!("/proc/{pid}/{name}")).unwrap_or_default();
    let (status, stat) = (file("status"), file("stat"));
    if stopped {
        ptrace::detach(pid, None).ok()?;
    }
    _ = child.wait();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).filter(|_| stopped)?;
    // After the name, which may contain spaces: minor faults are the eighth field, major ones the tenth.
    let numbers: Vec<&str> = stat.rsplit_once(") ")?.1.split(' ').collect();
    let faults = |at: usize| numbers.get(at)?.parse::<u64>().ok();
    let memory = peak.trim().trim_end_matches(" kB").parse().ok()?;
    Some(Used { memory, faults: faults(7)? + faults(9)? })
}

#[cfg(not(target_os = "linux"))]
pub fn used(_: &mut Child, _: &[u8]) -> Option<Used> {
    None
}
