//! Reading a file from where the last reading ended, if it is still the same file.

use std::fs::{File, Metadata};
use std::io::{self, Read, Seek, SeekFrom};
use std::time::Instant;

use memchr::{memchr, memrchr};
use serde::{Deserialize, Serialize};

use super::keys::hash;
use super::line::{Answer, Line, Marks};

/// Bytes read at a time.
pub(crate) const CHUNK: usize = 256 * 1024;
/// Maximum length of a line in bytes; longer ones are skipped.
pub(super) const MAX_LINE: usize = 16 << 20;
/// Bytes before the bookmark that identify the file.
const TAIL: u64 = 4 * 1024;

/// The place up to which a file has been read, and marks that identify the file.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Bookmark {
    /// Offset of the first unread line, or of a place in it if it is too long.
    pub(crate) offset: u64,
    /// The offset is inside a line that is too long and will be skipped.
    pub(super) in_long_line: bool,
    /// Device and file number, if the system has them.
    pub(super) file: Option<(u64, u64)>,
    /// Hash of the last [`TAIL`] bytes before `offset`.
    pub(super) tail: u64,
    /// The last answer in it.
    pub(super) answer: Option<Box<Answer>>,
}

/// Buffer to read into, and the time to stop.
pub(crate) struct Reading {
    pub(crate) buffer: Vec<u8>,
    pub(crate) until: Instant,
}

impl Bookmark {
    /// The file is the one that was read up to here, judging by its number, its length and the bytes before the
    /// bookmark.
    pub(crate) fn is_in(&self, file: &mut File, metadata: &Metadata) -> io::Result<bool> {
        if self.offset == 0 {
            return Ok(true);
        }
        let can_be = metadata.len() >= self.offset && number(metadata) == self.file;
        Ok(can_be && tail(file, self.offset)? == self.tail)
    }

    /// Calls `each` with the parsed lines of a Claude Code transcript that have these marks: see
    /// [`Bookmark::read_marked`].
    pub(crate) fn read_on(
        &mut self, file: (&mut File, &Metadata), marks: &Marks, reading: &mut Reading, mut each: impl FnMut(Line, bool),
    ) -> io::Result<bool> {
        let mut answer = self.answer.take().map(|answer| *answer);
        let is_end = self.read_marked(file, marks, reading, |text, is_ended| {
            let Some(mut line) = Line::parse(text) else { return };
            if let Line::Message(message) = &mut line {
                message.settle(&mut answer);
            }
            each(line, is_ended);
        });
        self.answer = answer.map(Box::new);
        is_end
    }

    /// Calls `each` with the lines that have these marks, and with `true` if a line break ends them: a last line
    /// without one is read again later. Returns `true` if the end was reached in time; some lines are read even if time
    /// is up.
    pub(crate) fn read_marked(
        &mut self, (file, metadata): (&mut File, &Metadata), marks: &Marks, reading: &mut Reading,
        mut each: impl FnMut(&str, bool),
    ) -> io::Result<bool> {
        let is_end = self.read_lines(file, reading, |lines, are_ended| marks.find(lines, |line| each(line, are_ended)));
        self.file = number(metadata);
        self.tail = tail(file, self.offset)?;
        is_end
    }

    /// Calls `each` with complete lines, many at a time.
    pub(super) fn read_lines(
        &mut self, file: &mut File, Reading { buffer, until }: &mut Reading, mut each: impl FnMut(&[u8], bool),
    ) -> io::Result<bool> {
        file.seek(SeekFrom::Start(self.offset))?;
        buffer.resize(CHUNK, 0);
        let mut filled = 0;
        loop {
            let count = match file.read(&mut buffer[filled..]) {
                Err(err) if err.kind() == io::ErrorKind::Interrupted => continue,
                count => count?,
            };
            if count == 0 {
                if filled > 0 && !self.in_long_line {
                    each(&buffer[..filled], false);
                }
                return Ok(true);
            }
            let last_break = memrchr(b'\n', &buffer[filled..filled + count]);
            let whole = last_break.map_or(0, |last| filled + last + 1);
            filled += count;
            let is_more = filled == buffer.len();
            let start = if self.in_long_line { self.skip_long_line(&buffer[..filled]) } else { 0 };
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
            if is_more && Instant::now() >= *until {
                return Ok(false);
            }
        }
    }

    /// Skips the rest of a line. Returns its length in bytes.
    fn skip_long_line(&mut self, bytes: &[u8]) -> usize {
        let end = memchr(b'\n', bytes);
        let skipped = end.map_or(bytes.len(), |end| end + 1);
        self.in_long_line = end.is_none();
        self.offset += skipped as u64;
        skipped
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
    let mut bytes = [0; TAIL as usize];
    let length = io::copy(&mut file.take(end - start), &mut &mut bytes[..])?;
    Ok(hash(&bytes[..length as usize]))
}
