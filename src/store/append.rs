//! Files that only grow: a line is added in one write, so that lines of several processes do not mix.

use std::fs::OpenOptions;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::Path;

use super::platform::{self, Trust};
use super::read::{Absent, check, open};
use crate::base::text::decode;

/// Adds a line that ends in a line break. If the last line lacks one, because its writer was killed, it is added first.
///
/// # Errors
/// The file is not a regular file of ours, or cannot be written.
pub fn append(path: &Path, line: &str) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.read(true).append(true).create(true);
    let mut file = platform::open_private(platform::guard(&mut options, Trust::Strict), path)?;
    check(&file.metadata()?, Trust::Strict)?;
    let torn = file.seek(SeekFrom::End(0))? > 0 && {
        let mut last = [0];
        file.seek(SeekFrom::End(-1))?;
        file.read_exact(&mut last)?;
        last != *b"\n"
    };
    if torn { file.write_all(format!("\n{line}").as_bytes()) } else { file.write_all(line.as_bytes()) }
}

/// The complete lines of a growing file from byte `from` on, and the byte that they end at. A file shorter than `from`
/// is a new one, and read from its beginning. At most `cap` bytes, the last ones.
pub fn read_lines(path: &Path, from: u64, cap: u64) -> Result<(String, u64), Absent> {
    let (mut file, metadata) = open(path, Trust::Strict)?;
    let size = metadata.len();
    let from = if size < from { 0 } else { from };
    let from = from.max(size.saturating_sub(cap));
    let mut bytes = Vec::new();
    if size > from {
        file.seek(SeekFrom::Start(from))?;
        file.take(size - from).read_to_end(&mut bytes)?;
    }
    let whole = bytes.iter().rposition(|byte| *byte == b'\n').map_or(0, |last| last + 1);
    bytes.truncate(whole);
    Ok((decode(bytes), from + whole as u64))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::tests::Folder;

    #[test]
    fn lines_are_added_and_a_torn_one_is_ended() {
        let folder = Folder::new();
        let path = folder.path("metrics/costs.jsonl");
        append(&path, "a\n").unwrap();
        append(&path, "b\n").unwrap();
        assert_eq!(read_lines(&path, 0, 100).unwrap(), ("a\nb\n".to_owned(), 4));
        let torn = folder.file("torn", b"half");
        append(&torn, "c\n").unwrap();
        assert_eq!(read_lines(&torn, 0, 100).unwrap(), ("half\nc\n".to_owned(), 7));
    }

    #[test]
    fn lines_are_read_from_where_the_last_ended() {
        let folder = Folder::new();
        let path = folder.file("rows", b"one\ntwo\nhal");
        let check = |from, cap, expected: (&str, u64)| {
            let (lines, end) = read_lines(&path, from, cap).unwrap();
            assert_eq!((lines.as_str(), end), expected, "{from} {cap}");
        };
        check(0, 100, ("one\ntwo\n", 8));
        check(4, 100, ("two\n", 8));
        check(8, 100, ("", 8));
        check(100, 100, ("one\ntwo\n", 8));
        check(0, 7, ("two\n", 8));
    }

    #[test]
    fn a_folder_is_no_file_to_append_to() {
        let folder = Folder::new();
        append(&folder.path(""), "x\n").unwrap_err();
        assert!(matches!(read_lines(&folder.path("none"), 0, 9), Err(Absent::Missing)));
    }
}
