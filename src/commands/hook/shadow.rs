//! The bridge and its shadow: others replace the whole bridge, so our records are also kept next to it.

use std::path::Path;

use crate::base::json::Object;
use crate::bridge::record::Record;
use crate::store::{self, Absent, Trust};

/// Maximum size up to which a bridge that has grown too large is read, to repair it, in bytes.
const MAX_MENDED: u64 = 64 << 20;

/// The shadow, read twice before it counts as unavailable.
pub(super) fn read_shadow(path: Option<&Path>) -> Result<String, Absent> {
    let path = path.ok_or(Absent::Missing)?;
    let read = || store::read_text(path, Trust::Strict, store::MAX_STATE);
    read().or_else(|absent| match absent {
        Absent::Unavailable(_) => read(),
        absent => read_large(path, &absent).ok_or(absent),
    })
}

pub(super) fn is_unavailable(shadow: &Result<String, Absent>) -> bool {
    matches!(shadow, Err(Absent::Unavailable(_)))
}

/// The joined record of bridge and shadow, the bridge to write it into, and the context left according to that. `None`
/// if there is no bridge and the shadow cannot be read now: it may hold more.
pub(super) fn join<'a>(
    bridge: Option<Object<'a>>, is_large: bool, shadow: &'a Result<String, Absent>,
) -> Option<(Record, Object<'a>, Option<f64>)> {
    if bridge.is_none() && is_unavailable(shadow) {
        return None;
    }
    let shadow = shadow.as_deref().ok().and_then(Object::parse).unwrap_or_default();
    let Some(mut bridge) = bridge else {
        // A new bridge begins with the content of the last one, never empty.
        return Some((Record::read(&shadow), shadow, None));
    };
    if is_large {
        bridge.complete(&shadow);
    }
    let mut record = Record::read(&bridge);
    // Otherwise nobody has written since our last event.
    if bridge != shadow {
        record = record.join(Record::read(&shadow));
    }
    let percent = bridge.number("context_remaining_pct");
    Some((record, bridge, percent))
}

/// A bridge that is absent because it is too large: older versions kept everything at any length.
pub(super) fn read_large(path: &Path, absent: &Absent) -> Option<String> {
    let is_large = matches!(absent, Absent::Invalid(why) if *why == store::TOO_LARGE);
    is_large.then(|| store::read_text(path, Trust::Strict, MAX_MENDED).ok()).flatten()
}
