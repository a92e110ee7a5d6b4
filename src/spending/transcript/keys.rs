//! Which messages have been counted.

use std::cell::OnceCell;
use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::base::hash::Fnv;

/// Older messages that are known again. With these, a ledger stays below [`store::MAX_STATE`].
pub(super) const OLDER: usize = 48 * 1024;

/// Tells messages apart: 40 bits of the message id's hash, then 24 of the request id's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub(in crate::spending) struct Key(pub(in crate::spending) u64);

impl Key {
    const REQUEST_BITS: u32 = 24;

    pub(super) fn of(message: &[u8], request: &[u8]) -> Self {
        let request = hash(request) >> (u64::BITS - Self::REQUEST_BITS);
        Key(hash(message) >> Self::REQUEST_BITS << Self::REQUEST_BITS | request)
    }

    pub(in crate::spending) fn message(self) -> u64 {
        self.0 >> Self::REQUEST_BITS
    }

    pub(super) fn request(self) -> u64 {
        self.0 & ((1 << Self::REQUEST_BITS) - 1)
    }
}

/// The last [`OLDER`] keys or a few less. They stay as they are in the file, and are looked into at the
/// first question: decoding is what a ledger of 20,000 messages would cost each time.
#[derive(Debug, Clone, Default)]
pub(super) struct Keys {
    /// [`DIGITS`] for each, the oldest first.
    pub(super) text: String,
    /// Request part by message part. One message with two requests is known by the later.
    requests: OnceCell<Requests>,
}

type Requests = HashMap<u64, u64, BuildHasherDefault<Spread>>;

/// Hexadecimal digits of a key.
pub(super) const DIGITS: usize = 16;

impl Keys {
    pub(super) fn contains(&self, key: Key, sidechain: bool) -> bool {
        let requests = self.requests.get_or_init(|| self.decode());
        requests.get(&key.message()).is_some_and(|request| sidechain || *request == key.request())
    }

    pub(super) fn push(&mut self, key: Key) {
        use std::fmt::Write;
        // In blocks: each moves all that stays.
        const BLOCK: usize = OLDER / 16;
        if self.text.len() >= OLDER * DIGITS {
            self.text.drain(..BLOCK * DIGITS);
            self.requests.take();
        }
        write!(self.text, "{:0DIGITS$x}", key.0).expect("a string takes all");
        if let Some(requests) = self.requests.get_mut() {
            requests.insert(key.message(), key.request());
        }
    }

    fn decode(&self) -> Requests {
        let count = self.text.len() / DIGITS;
        let mut requests = Requests::with_capacity_and_hasher(count, BuildHasherDefault::default());
        let keys = self.text.as_bytes().chunks(DIGITS).filter_map(|digits| std::str::from_utf8(digits).ok());
        let keys = keys.filter_map(|digits| u64::from_str_radix(digits, 16).ok()).map(Key);
        requests.extend(keys.map(|key| (key.message(), key.request())));
        requests
    }
}

impl PartialEq for Keys {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl Serialize for Keys {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.text)
    }
}

impl<'de> Deserialize<'de> for Keys {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        if !text.len().is_multiple_of(DIGITS) || !text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return Err(serde::de::Error::custom("not the digits of keys"));
        }
        Ok(Keys { text, requests: OnceCell::new() })
    }
}

/// Hashes what is a hash already.
#[derive(Debug, Clone, Default)]
pub(in crate::spending) struct Spread(u64);

impl Hasher for Spread {
    fn write(&mut self, bytes: &[u8]) {
        self.0 = hash(bytes);
    }

    fn write_u64(&mut self, number: u64) {
        // Multiplied so that the upper bits, which a message part leaves empty, count as well.
        self.0 = number.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    }

    fn finish(&self) -> u64 {
        self.0
    }
}

/// A hash of all bits of `bytes`, which is the same in every version of this program.
pub(in crate::spending) fn hash(bytes: &[u8]) -> u64 {
    let mut fnv = Fnv::default();
    fnv.bytes(bytes);
    let hash = fnv.finish();
    // Its last bytes reach few of the bits: mixed as MurmurHash3 ends.
    let mixed = (hash ^ hash >> 33).wrapping_mul(0xff51_afd7_ed55_8ccd);
    let mixed = (mixed ^ mixed >> 33).wrapping_mul(0xc4ce_b9fe_1a85_ec53);
    mixed ^ mixed >> 33
}
