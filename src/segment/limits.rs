//! Usage limits of a subscription: how much is used, and when each window starts anew.

use super::{Level, Role, Segment, Span};
use crate::agent::Limit;
use crate::format;
use crate::snapshot::Snapshot;

/// Where notice, warning and danger begin, in percent used.
const LEVELS: [f64; 3] = [50.0, 75.0, 90.0];

pub fn build(snapshot: &Snapshot) -> Option<Segment> {
    let limits = snapshot.status.limits.as_ref()?;
    let named = [("5h", &limits.five_hour), ("7d", &limits.seven_day), ("spend", &limits.spend)];
    // A window that has started anew says nothing about the new one.
    let runs = |limit: &&Limit| limit.resets_at.is_none_or(|at| snapshot.until(at).is_some());
    let shown: Vec<(&str, &Limit)> =
        named.iter().filter_map(|(name, limit)| Some((*name, limit.as_ref().filter(runs)?))).collect();
    let fullest = shown.iter().max_by(|a, b| a.1.used.total_cmp(&b.1.used))?;
    let with = |reset: fn(u64) -> String| {
        let mut spans = Vec::new();
        for (name, limit) in &shown {
            if !spans.is_empty() {
                spans.push(Span::fixed(Role::Text, " "));
            }
            spans.extend(used(name, limit));
            if let Some(left) = limit.resets_at.and_then(|at| snapshot.until(at)) {
                spans.push(Span::new(Role::LimitsReset, format!(" ↻{}", reset(left.as_secs()))));
            }
        }
        spans
    };
    let without = shown.iter().enumerate().flat_map(|(i, (name, limit))| {
        let gap = (i > 0).then_some(Span::fixed(Role::Text, " "));
        gap.into_iter().chain(used(name, limit))
    });
    Some(
        Segment::new(with(format::duration))
            .or(5, with(format::duration_short))
            .or(35, without.collect())
            .or(68, used(fullest.0, fullest.1).to_vec()),
    )
}

fn used(name: &str, limit: &Limit) -> [Span; 2] {
    let role = match Level::of(limit.used, LEVELS) {
        Level::Normal => Role::Limits,
        Level::Notice => Role::LimitsNotice,
        Level::Warning => Role::LimitsWarning,
        Level::Danger => Role::LimitsDanger,
    };
    [Span::new(Role::Label, format!("{name} ")), Span::new(role, format::percent(limit.used))]
}
