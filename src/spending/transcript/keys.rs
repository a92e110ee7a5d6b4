//! Keys that identify messages, and the counted keys of a session.

use std::cell::OnceCell;
use std::collections::HashMap;
use std::fmt::Write;

use foldhash::fast::FixedState;
use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize};

use crate::base::hash::fnv;

/// Maximum number of keys kept. With these, a ledger stays below [`store::MAX_STATE`](crate::store::MAX_STATE).
pub(super) const MAX_KEYS: usize = 48 * 1024;

/// A message and its request: 40 bits of the message id's hash, then 24 of the request id's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct MessageKey(pub(crate) u64);

impl MessageKey {
    const REQUEST_BITS: u32 = 24;

    pub(crate) fn new(message: &[u8], request: &[u8]) -> Self {
        let request = hash(request) >> (u64::BITS - Self::REQUEST_BITS);
        MessageKey(hash(message) >> Self::REQUEST_BITS << Self::REQUEST_BITS | request)
    }

    pub(crate) fn message(self) -> u64 {
        self.0 >> Self::REQUEST_BITS
    }

    pub(super) fn request(self) -> u64 {
        self.0 & ((1 << Self::REQUEST_BITS) - 1)
    }
}

/// The last [`MAX_KEYS`] keys or a few less. They stay encoded as in the file until the first lookup, since decoding
/// dominates the cost of a ledger of 20,000 messages.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub(super) struct Keys {
    /// [`DIGITS`] for each key, oldest first.
    #[serde(deserialize_with = "digits")]
    pub(super) text: String,
    /// Request part by message part. Of a message with two requests, only the later one is kept.
    #[serde(skip)]
    requests: OnceCell<Requests>,
}

type Requests = HashMap<u64, u64, FixedState>;

/// Hexadecimal digits of a key.
pub(super) const DIGITS: usize = 16;

impl Keys {
    pub(super) fn contains(&self, key: MessageKey, sidechain: bool) -> bool {
        let requests = self.requests.get_or_init(|| self.decode());
        requests.get(&key.message()).is_some_and(|request| sidechain || *request == key.request())
    }

    pub(super) fn push(&mut self, key: MessageKey) {
        // In blocks, since each removal moves all that remains.
        const BLOCK: usize = MAX_KEYS / 16;
        if self.text.len() >= MAX_KEYS * DIGITS {
            self.text.drain(..BLOCK * DIGITS);
            self.requests.take();
        }
        _ = write!(self.text, "{:0DIGITS$x}", key.0);
        if let Some(requests) = self.requests.get_mut() {
            requests.insert(key.message(), key.request());
        }
    }

    fn decode(&self) -> Requests {
        let keys = self.text.as_bytes().chunks(DIGITS).filter_map(|digits| std::str::from_utf8(digits).ok());
        let keys = keys.filter_map(|digits| u64::from_str_radix(digits, 16).ok()).map(MessageKey);
        keys.map(|key| (key.message(), key.request())).collect()
    }
}

fn digits<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    let text = String::deserialize(deserializer)?;
    let are_keys = text.len().is_multiple_of(DIGITS) && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    if are_keys { Ok(text) } else { Err(D::Error::custom("invalid keys")) }
}

/// A hash of all bits of `bytes`, stable across versions of this program.
pub(crate) fn hash(bytes: &[u8]) -> u64 {
    let hash = fnv(bytes);
    // The last bytes affect few bits, so it is mixed as at the end of MurmurHash3.
    let mixed = (hash ^ hash >> 33).wrapping_mul(0xff51_afd7_ed55_8ccd);
    let mixed = (mixed ^ mixed >> 33).wrapping_mul(0xc4ce_b9fe_1a85_ec53);
    mixed ^ mixed >> 33
}
