//! Windows ends programs without a signal.

use std::io;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

pub struct EndSignals;

impl EndSignals {
    pub fn new(_: &Arc<AtomicBool>) -> io::Result<Self> {
        Ok(EndSignals)
    }

    /// Never: there are no signals.
    pub fn came(&self) -> bool {
        false
    }
}
