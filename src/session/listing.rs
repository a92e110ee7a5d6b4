//! Names in a folder that may contain ten thousand others. A listing is kept in our cache and read again only
//! when the folder has changed, so that a warm render costs one stat.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Serialize};

use crate::store;

/// Maximum number of names kept per folder: a line can show far fewer.
const MAX_NAMES: usize = 200;

/// A folder that has changed within this time is listed again: a second change in the same tick of the file system's
/// clock would not change its stamp.
const SETTLED: Duration = Duration::from_secs(2);

/// Listings by folder, as of their stamps.
#[derive(Debug, Default, Clone, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Listings(BTreeMap<String, FolderListing>);

#[derive(Debug, Default, Clone, PartialEq, Serialize, Deserialize)]
struct FolderListing {
    stamp: u64,
    names: Vec<String>,
}

impl Listings {
    /// The names in `folder` that `wanted` picks, sorted by their number, highest first. Empty if the folder is
    /// missing.
    pub fn names(&mut self, folder: &Path, now: SystemTime, wanted: impl Fn(&str) -> bool) -> Vec<String> {
        let Some(key) = folder.to_str() else { return Vec::new() };
        let Some(stamp) = store::stamp(folder) else {
            self.0.remove(key);
            return Vec::new();
        };
        if let Some(known) = self.0.get(key)
            && known.stamp == stamp
        {
            return known.names.clone();
        }
        let mut names = store::list(folder, wanted);
        names.sort_by_key(|name| (std::cmp::Reverse(number(name)), name.clone()));
        names.truncate(MAX_NAMES);
        let changed = UNIX_EPOCH + Duration::from_nanos(stamp);
        if now.duration_since(changed).is_ok_and(|age| age > SETTLED) {
            self.0.insert(key.to_owned(), FolderListing { stamp, names: names.clone() });
        } else {
            self.0.remove(key);
        }
        names
    }
}

/// Number at the beginning of a name like `12.json`; 0 without one.
fn number(name: &str) -> u64 {
    name.split('.').next().and_then(|stem| stem.parse().ok()).unwrap_or(0)
}
