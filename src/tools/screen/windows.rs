//! Windows ends a program without asking it.

use std::io;

pub struct Ends;

impl Ends {
    pub fn new() -> io::Result<Self> {
        Ok(Ends)
    }

    /// Nothing comes here.
    pub fn came(&self) -> bool {
        false
    }
}
