//! Signals, and the end of the terminal.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};

pub struct EndSignals(Arc<AtomicBool>);

impl EndSignals {
    /// Catches signals until `is_left` is set.
    pub fn new(is_left: &Arc<AtomicBool>) -> io::Result<Self> {
        let flag = Arc::new(AtomicBool::new(false));
        for signal in [SIGHUP, SIGINT, SIGTERM] {
            signal_hook::flag::register_conditional_default(signal, Arc::clone(is_left))?;
            signal_hook::flag::register(signal, Arc::clone(&flag))?;
        }
        Ok(EndSignals(flag))
    }

    /// A signal has arrived, or the terminal is closed.
    pub fn came(&self) -> bool {
        self.0.load(Ordering::Relaxed) || is_gone()
    }
}

/// The other end of the terminal is closed. An error, which macOS may give, means nothing.
fn is_gone() -> bool {
    let stdout = io::stdout();
    let mut terminal = [PollFd::new(&stdout, PollFlags::empty())];
    let asked = poll(&mut terminal, Some(&Timespec::default()));
    asked.is_ok() && terminal[0].revents().contains(PollFlags::HUP)
}
