//! The lines of a file, last one first.

use std::io::{Read, Seek, SeekFrom};
use std::path::Path;

use crate::store::{self, Trust};

/// Size of the first read in bytes. Each further read is twice as long.
const FIRST: u64 = 64 * 1024;

/// Maximum number of bytes that are read of a file.
pub const MOST: u64 = 1024 * 1024;

/// Maximum length of a line in bytes; longer ones, which have prompts and outputs, are skipped.
pub const LONGEST: usize = 64 * 1024;

/// Passes the lines of a file to `ends`, last one first, until it returns `true` or the limit is reached. `None` if the
/// file is unreadable.
pub fn newest_first(path: &Path, mut ends: impl FnMut(&str) -> bool) -> Option<()> {
    let (mut file, metadata) = store::open(path, Trust::Lenient).ok()?;
    let mut end = metadata.len();
    let least = end.saturating_sub(MOST);
    let mut step = FIRST;
    // The rest of a line whose beginning is in the next read.
    let mut cut_off = Vec::new();
    while end > least {
        let begin = end.saturating_sub(step).max(least);
        let mut bytes = vec![0; (end - begin) as usize];
        file.seek(SeekFrom::Start(begin)).and_then(|_| file.read_exact(&mut bytes)).ok()?;
        bytes.append(&mut cut_off);
        let mut lines = bytes.split(|byte| *byte == b'\n');
        let first = if begin == 0 { None } else { lines.next() };
        let mut short = lines.rev().filter(|line| line.len() <= LONGEST);
        if short.any(|line| ends(&String::from_utf8_lossy(line))) {
            break;
        }
        // Enough to show that the line is too long.
        cut_off = first.map_or(Vec::new(), |line| line[..line.len().min(LONGEST + 1)].to_vec());
        (end, step) = (begin, step * 2);
    }
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::tests::Folder;
    use proptest::prelude::*;

    fn lines(content: &[u8], most: usize) -> Vec<String> {
        let folder = Folder::new();
        let mut lines = Vec::new();
        newest_first(&folder.file("f", content), |line| {
            lines.push(line.to_owned());
            lines.len() == most
        });
        lines
    }

    #[test]
    fn no_more_is_read_than_is_wanted_or_allowed() {
        assert_eq!(lines(b"a\nb\nc", 2), ["c", "b"]);
        assert_eq!(lines(b"a\nb\n", 9), ["", "b", "a"]);
        assert_eq!(lines(b"", 9), [""; 0]);
        assert!(newest_first(Path::new("/none"), |_| true).is_none());
        let mut long = vec![b'x'; LONGEST + 1];
        long.splice(0..0, *b"first\n");
        long.extend(b"\nlast");
        assert_eq!(lines(&long, 9), ["last", "first"]);
        let many = "0123456789abcde\n".repeat(MOST as usize / 16 + 100);
        let read = lines(many.as_bytes(), usize::MAX);
        assert!((MOST as usize / 16 - 1..=MOST as usize / 16 + 1).contains(&read.len()), "{}", read.len());
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(48))]
        #[test]
        fn each_line_is_given_once_wherever_a_read_begins(lengths in proptest::collection::vec(0usize..40_000, 0..12)) {
            let content: Vec<String> =
                lengths.iter().enumerate().map(|(at, len)| format!("{at}{}", "é".repeat(len / 2))).collect();
            let mut expected = content.clone();
            expected.reverse();
            expected.retain(|line| line.len() <= LONGEST);
            let text = content.join("\n");
            prop_assert_eq!(lines(text.as_bytes(), usize::MAX), if text.is_empty() { Vec::new() } else { expected });
        }
    }
}
