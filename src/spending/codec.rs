//! Format of the index's files: a line that names the format, the content in postcard, and a hash of both. A file that
//! was cut or changed, or has another version, is not read at all.

use serde::Serialize;
use serde::de::DeserializeOwned;

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
    let hash = fnv(&file).to_le_bytes();
    file.extend_from_slice(&hash);
    file
}

/// The content of a file. `None` if it is damaged or has another format.
pub(super) fn open<'a>(format: &str, file: &'a [u8]) -> Option<&'a [u8]> {
    let (sealed, end) = file.split_last_chunk::<8>()?;
    let content = sealed.strip_prefix(format.as_bytes())?;
    (fnv(sealed) == u64::from_le_bytes(*end)).then_some(content)
}

pub(super) fn put(file: &mut Vec<u8>, value: &impl Serialize) {
    postcard::to_io(value, file).expect("a Vec accepts everything, and all lengths are known");
}

/// The next value in the content. `None` if there is none of this type.
pub(super) fn take<T: DeserializeOwned>(content: &mut &[u8]) -> Option<T> {
    let (value, rest) = postcard::take_from_bytes(content).ok()?;
    *content = rest;
    Some(value)
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
        fn any_bytes_are_read_without_panic(bytes: Vec<u8>) {
            prop_assert!(open("x", &bytes).is_none());
            let mut rest = &bytes[..];
            while take::<(u64, String, [u8; 8])>(&mut rest).is_some() {}
        }
    }
}
