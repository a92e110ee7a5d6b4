//! Cost of the session in USD. A subscriber pays none of it, so it hides where limits apply.

use super::{Level, Role, Segment};
use crate::format;
use crate::snapshot::Snapshot;

/// Where notice, warning and danger begin, in USD: those of the Node context monitor.
const LEVELS: [f64; 3] = [5.0, 10.0, 50.0];

pub fn build(snapshot: &Snapshot) -> Option<Segment> {
    if snapshot.status.limits.is_some() {
        return None;
    }
    // The host's own cost wins over what the hooks reckon from the transcript.
    let by_hooks = || Some((snapshot.bridge()?.cost_usd.filter(|usd| *usd > 0.0)?, "~"));
    let (usd, estimate) = snapshot.status.cost_usd.map(|usd| (usd, "")).or_else(by_hooks)?;
    let role = match Level::of(usd, LEVELS) {
        Level::Normal => Role::Cost,
        Level::Notice => Role::CostNotice,
        Level::Warning => Role::CostWarning,
        Level::Danger => Role::CostDanger,
    };
    Some(Segment::of(role, format!("{estimate}{}", format::usd(usd))))
}
