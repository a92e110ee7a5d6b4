//! The bytes of the index's files: numbers of variable length behind a line that names the format, and
//! a hash of all at the end. What was cut, changed or is of another version is not read at all.

use crate::base::hash::Fnv;

/// A file in the making.
pub(super) struct Writer(Vec<u8>);

impl Writer {
    pub(super) fn new(format: &str) -> Self {
        Writer(format.as_bytes().to_vec())
    }

    /// Seven bits a byte, the lowest first.
    pub(super) fn number(&mut self, mut number: u64) {
        while number >= 0x80 {
            self.0.push(number as u8 | 0x80);
            number >>= 7;
        }
        self.0.push(number as u8);
    }

    /// Eight bytes, for numbers that are nearly always large.
    pub(super) fn large(&mut self, number: u64) {
        self.0.extend_from_slice(&number.to_le_bytes());
    }

    pub(super) fn text(&mut self, text: &str) {
        self.number(text.len() as u64);
        self.0.extend_from_slice(text.as_bytes());
    }

    pub(super) fn finish(mut self) -> Vec<u8> {
        let hash = hash(&self.0);
        self.large(hash);
        self.0
    }
}

/// A file that is read. Every method is `None` when there is no more.
pub(super) struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    /// `None` when the bytes are not whole, or of another format.
    pub(super) fn new(bytes: &'a [u8], format: &str) -> Option<Self> {
        let (content, end) = bytes.split_last_chunk::<8>()?;
        let rest = content.strip_prefix(format.as_bytes())?;
        (hash(content) == u64::from_le_bytes(*end)).then_some(Reader(rest))
    }

    pub(super) fn number(&mut self) -> Option<u64> {
        let mut number = 0;
        for shift in (0..64).step_by(7) {
            let (byte, rest) = self.0.split_first()?;
            self.0 = rest;
            number |= u64::from(byte & 0x7f) << shift;
            if *byte < 0x80 {
                return Some(number);
            }
        }
        None
    }

    pub(super) fn large(&mut self) -> Option<u64> {
        let (bytes, rest) = self.0.split_first_chunk()?;
        self.0 = rest;
        Some(u64::from_le_bytes(*bytes))
    }

    pub(super) fn text(&mut self) -> Option<String> {
        let length = usize::try_from(self.number()?).ok()?;
        let (text, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        String::from_utf8(text.to_vec()).ok()
    }

    /// A number of things that follow, of at least a byte each.
    pub(super) fn count(&mut self) -> Option<usize> {
        usize::try_from(self.number()?).ok().filter(|count| *count <= self.0.len())
    }
}

fn hash(bytes: &[u8]) -> u64 {
    let mut fnv = Fnv::default();
    fnv.bytes(bytes);
    fnv.finish()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn what_is_written_is_read(number: u64, large: u64, text: String) {
            let mut writer = Writer::new("x 1\n");
            writer.number(number);
            writer.large(large);
            writer.text(&text);
            let bytes = writer.finish();
            let mut reader = Reader::new(&bytes, "x 1\n").unwrap();
            prop_assert_eq!((reader.number(), reader.large(), reader.text()), (Some(number), Some(large), Some(text)));
            prop_assert_eq!(reader.number(), None);
            prop_assert!(Reader::new(&bytes, "x 2\n").is_none());
            prop_assert!(Reader::new(&bytes[..bytes.len() - 1], "x 1\n").is_none());
            let mut changed = bytes;
            changed[5] ^= 1;
            prop_assert!(Reader::new(&changed, "x 1\n").is_none());
        }

        #[test]
        fn any_bytes_are_read_without_panic(bytes: Vec<u8>) {
            prop_assert!(Reader::new(&bytes, "x").is_none());
            let mut reader = Reader(&bytes);
            while reader.number().and_then(|_| reader.text()).and_then(|_| reader.large()).is_some() {}
        }
    }
}
