//! Format of the index's files: a line that names the format, the content in postcard, and a hash of both. A file that
//! was cut or changed, or has another version, is not read at all.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::base::hash::fnv;

/// A file of one value.
pub(super) fn encode(format: &str, value: &impl Serialize) -> Vec<u8> {
    let mut file = format.as_bytes().to_vec();
    put(&mut file, value);
    seal(file)
}

/// The value in such a file. `None` if it is damaged or has another format.
pub(super) fn decode<T: DeserializeOwned>(format: &str, file: &[u8]) -> Option<T> {
    take(&mut open(format, file)?)
}

/// Ends a file that began with its format.
pub(super) fn seal(mut file: Vec<u8>) -> Vec<u8> {
    let hash = hash(&file).to_le_bytes();
    file.extend_from_slice(&hash);
    file
}

/// A hash that takes eight bytes at a time, and sees any change of them.
fn hash(bytes: &[u8]) -> u64 {
    let (words, rest) = bytes.as_chunks();
    let mut last = [0; 8];
    last[..rest.len()].copy_from_slice(rest);
    words.iter().chain([&last]).fold(bytes.len() as u64, |hash, word| {
        let mixed = (hash ^ u64::from_le_bytes(*word)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        mixed ^ mixed >> 32
    })
}

/// The content of a file. `None` if it is damaged or has another format.
pub(super) fn open<'a>(format: &str, file: &'a [u8]) -> Option<&'a [u8]> {
    let (sealed, end) = file.split_last_chunk::<8>()?;
    let content = sealed.strip_prefix(format.as_bytes())?;
    // Earlier versions used a hash that takes single bytes.
    [hash, fnv].iter().any(|hash| hash(sealed) == u64::from_le_bytes(*end)).then_some(content)
}

/// The same for a file in one of two formats, and `true` for the second.
pub(super) fn open_either<'a>([new, former]: [&str; 2], file: &'a [u8]) -> Option<(&'a [u8], bool)> {
    let content = open(new, file).map(|content| (content, false));
    content.or_else(|| Some((open(former, file)?, true)))
}

pub(super) fn put(file: &mut Vec<u8>, value: &impl Serialize) {
    postcard::to_io(value, file).expect("a Vec accepts everything, and all lengths are known");
}

/// The next value in the content. `None` if there is none of this type.
pub(super) fn take<'a, T: Deserialize<'a>>(content: &mut &'a [u8]) -> Option<T> {
    let (value, rest) = postcard::take_from_bytes(content).ok()?;
    *content = rest;
    Some(value)
}

/// The next number, as [`take`] reads it, in a fraction of the time: a report reads a million.
#[inline(always)]
pub(super) fn take_number(content: &mut &[u8]) -> Option<u64> {
    let (mut number, mut bits) = (0, 0);
    while bits < u64::BITS {
        let byte = *content.split_off_first()?;
        number |= u64::from(byte & 0x7f) << bits;
        if byte < 0x80 {
            return Some(number);
        }
        bits += 7;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn only_a_whole_file_of_the_format_is_read(number: u64, text: String, at: proptest::sample::Index) {
            let file = encode("x 1\n", &(number, &text));
            prop_assert_eq!(decode("x 1\n", &file), Some((number, text)));
            prop_assert_eq!(decode::<u64>("x 2\n", &file), None);
            prop_assert_eq!(decode::<u64>("x 1\n", &file[..at.index(file.len())]), None);
            let mut changed = file;
            let at = at.index(changed.len());
            changed[at] ^= 1;
            prop_assert_eq!(decode::<u64>("x 1\n", &changed), None);
        }

        #[test]
        fn numbers_are_read_as_they_were_written(number: u64, rest: Vec<u8>, bits in 0..64_u32) {
            let mut file = Vec::new();
            put(&mut file, &(number >> bits));
            let whole = file.len();
            prop_assert_eq!(take_number(&mut &file[..whole - 1]), None);
            file.extend(&rest);
            let mut content = &file[..];
            prop_assert_eq!((take_number(&mut content), content), (Some(number >> bits), &rest[..]));
        }

        #[test]
        fn any_bytes_are_read_without_panic(bytes: Vec<u8>) {
            prop_assert!(open("x", &bytes).is_none());
            let mut rest = &bytes[..];
            while take::<(u64, String, [u8; 8])>(&mut rest).is_some() {}
            let mut rest = &bytes[..];
            while take_number(&mut rest).is_some() {}
        }
    }
}
