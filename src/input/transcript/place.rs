//! How far a file was read, and whether it is still the same file.

use std::fs::{File, Metadata};
use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom};
use std::time::Instant;

use serde::{Deserialize, Serialize};

use super::keys::hash;

/// Bytes asked for at once, and between two looks at the clock.
pub(super) const CHUNK: usize = 256 * 1024;
/// A longer line is passed over, in bytes.
pub(super) const MAX_LINE: usize = 16 << 20;
/// Bytes before the place reached that tell whether a file is still the one that was read.
const TAIL: u64 = 4 * 1024;

/// How far a file was read.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Place {
    /// Bytes up to the first line that has not been read, or in it if that is too long.
    pub(super) offset: u64,
    /// Whether the rest of the line is passed over.
    pub(super) in_long_line: bool,
    /// Device and file number, where the system has them.
    pub(super) file: Option<(u64, u64)>,
    /// Hash of the last [`TAIL`] bytes before `offset`.
    pub(super) tail: u64,
}

impl Place {
    /// Whether this is the file that was read up to here, as far as its number, its length and
    /// what stands before the place tell.
    pub(super) fn is_in(&self, file: &mut File, metadata: &Metadata) -> io::Result<bool> {
        if self.offset == 0 {
            return Ok(true);
        }
        let can_be = metadata.len() >= self.offset && number(metadata) == self.file;
        Ok(can_be && tail(file, self.offset)? == self.tail)
    }

    /// Hands out the lines that are complete. Whether the end was reached before `until`.
    pub(super) fn read_on(
        &mut self,
        file: &mut File,
        until: Instant,
        mut each: impl FnMut(&[u8]),
    ) -> io::Result<bool> {
        file.seek(SeekFrom::Start(self.offset))?;
        let mut reader = BufReader::with_capacity(CHUNK, file);
        let mut line = Vec::new();
        let mut unchecked = 0;
        loop {
            line.clear();
            let limit = if self.in_long_line { CHUNK } else { MAX_LINE };
            let count = (&mut reader).take(limit as u64).read_until(b'\n', &mut line)?;
            let ends = line.ends_with(b"\n");
            match (self.in_long_line, ends) {
                _ if count == 0 => return Ok(true),
                (false, true) => each(&line),
                (true, true) => self.in_long_line = false,
                (true, false) => {}
                (false, false) if count == limit => self.in_long_line = true,
                // Still being written.
                (false, false) => return Ok(true),
            }
            self.offset += count as u64;
            unchecked += count;
            if unchecked >= CHUNK {
                unchecked = 0;
                if Instant::now() >= until {
                    return Ok(false);
                }
            }
        }
    }

    pub(super) fn remember(&mut self, file: &mut File, metadata: &Metadata) -> io::Result<()> {
        self.file = number(metadata);
        self.tail = tail(file, self.offset)?;
        Ok(())
    }
}

#[cfg(unix)]
fn number(metadata: &Metadata) -> Option<(u64, u64)> {
    use std::os::unix::fs::MetadataExt;
    Some((metadata.dev(), metadata.ino()))
}

#[cfg(not(unix))]
fn number(_: &Metadata) -> Option<(u64, u64)> {
    None
}

/// Hash of the last [`TAIL`] bytes before `end`.
fn tail(file: &mut File, end: u64) -> io::Result<u64> {
    let start = end.saturating_sub(TAIL);
    file.seek(SeekFrom::Start(start))?;
    let mut bytes = Vec::with_capacity(TAIL as usize);
    file.take(end - start).read_to_end(&mut bytes)?;
    Ok(hash(&bytes))
}
