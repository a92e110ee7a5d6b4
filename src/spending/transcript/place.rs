//! How far a file was read, and whether it is still the same file.

use std::fs::{File, Metadata};
use std::io::{self, Read, Seek, SeekFrom};
use std::time::Instant;

use memchr::{memchr, memrchr};
use serde::{Deserialize, Serialize};

use super::keys::hash;
use super::line::Answer;

/// Bytes asked for at once, and between two looks at the clock.
pub(in crate::spending) const CHUNK: usize = 256 * 1024;
/// A longer line is passed over, in bytes.
pub(in crate::spending) const MAX_LINE: usize = 16 << 20;
/// Bytes before the place reached that tell whether a file is still the one that was read.
const TAIL: u64 = 4 * 1024;

/// How far a file was read.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(in crate::spending) struct Place {
    /// Bytes up to the first line that has not been read, or in it if that is too long.
    pub(in crate::spending) offset: u64,
    /// Whether the rest of the line is passed over.
    pub(in crate::spending) in_long_line: bool,
    /// Device and file number, where the system has them.
    pub(in crate::spending) file: Option<(u64, u64)>,
    /// Hash of the last [`TAIL`] bytes before `offset`.
    pub(in crate::spending) tail: u64,
    /// For [`Entry::settle`](super::line::Entry::settle).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::spending) answer: Option<Answer>,
}

impl Place {
    /// Whether this is the file that was read up to here, as far as its number, its length and
    /// what stands before the place tell.
    pub(in crate::spending) fn is_in(&self, file: &mut File, metadata: &Metadata) -> io::Result<bool> {
        if self.offset == 0 {
            return Ok(true);
        }
        let can_be = metadata.len() >= self.offset && number(metadata) == self.file;
        Ok(can_be && tail(file, self.offset)? == self.tail)
    }

    /// Hands out the lines that are complete, many at once, and whether that is so: at the end a last line
    /// without a line break, which is handed out again when it has one. Whether the end was reached
    /// before `until`; some lines are read also when that is over. `buffer` is room to read into.
    pub(in crate::spending) fn read_on(
        &mut self,
        file: &mut File,
        buffer: &mut Vec<u8>,
        until: Instant,
        mut each: impl FnMut(&[u8], bool),
    ) -> io::Result<bool> {
        file.seek(SeekFrom::Start(self.offset))?;
        buffer.resize(CHUNK, 0);
        let (mut filled, mut unchecked) = (0, 0);
        loop {
            let count = read(file, &mut buffer[filled..])?;
            if count == 0 {
                if filled > 0 && !self.in_long_line {
                    each(&buffer[..filled], false);
                }
                return Ok(true);
            }
            let last_break = memrchr(b'\n', &buffer[filled..filled + count]);
            let whole = last_break.map_or(0, |last| filled + last + 1);
            filled += count;
            let start = if self.in_long_line { self.pass_long_line(&buffer[..filled]) } else { 0 };
            if whole > start {
                each(&buffer[start..whole], true);
            }
            let done = whole.max(start);
            self.offset += (done - start) as u64;
            buffer.copy_within(done..filled, 0);
            filled -= done;
            if filled == MAX_LINE {
                self.in_long_line = true;
                self.offset += filled as u64;
                filled = 0;
            } else if filled == buffer.len() {
                buffer.resize((filled * 2).min(MAX_LINE), 0);
                continue;
            }
            unchecked += count;
            if unchecked >= CHUNK {
                unchecked = 0;
                if Instant::now() >= until {
                    return Ok(false);
                }
            }
        }
    }

    /// Passes over the rest of a line. How many of the bytes that is.
    fn pass_long_line(&mut self, bytes: &[u8]) -> usize {
        let end = memchr(b'\n', bytes);
        let passed = end.map_or(bytes.len(), |end| end + 1);
        self.in_long_line = end.is_none();
        self.offset += passed as u64;
        passed
    }

    pub(in crate::spending) fn remember(&mut self, file: &mut File, metadata: &Metadata) -> io::Result<()> {
        self.file = number(metadata);
        self.tail = tail(file, self.offset)?;
        Ok(())
    }
}

fn read(file: &mut File, buffer: &mut [u8]) -> io::Result<usize> {
    loop {
        match file.read(buffer) {
            Err(err) if err.kind() == io::ErrorKind::Interrupted => {}
            count => return count,
        }
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
