//! Usage limits of a subscription: how much is used, and when each window starts anew.

use super::{Level, Role, Segment, Span};
use crate::agent::Limit;
use crate::format;
use crate::snapshot::Snapshot;

/// Where notice, warning and danger begin, in percent used.
const LEVELS: [f64; 3] = [50.0, 75.0, 90.0];

pub fn build(snapshot: &Snapshot) -> Option<Segment> {
    let limits = snapshot.status.limits.as_ref()?;
    // A window that has started anew says nothing about the new one.
    let runs = |limit: &&Limit| limit.resets_at.is_none_or(|at| snapshot.until(at).is_some());
    let shown: Vec<&Limit> = limits.iter().filter(runs).collect();
    let fullest = shown.iter().max_by(|a, b| a.used.total_cmp(&b.used))?;
    let with = |reset: fn(u64) -> String| {
        let mut spans = Vec::new();
        for limit in &shown {
            if !spans.is_empty() {
                spans.push(Span::fixed(Role::Text, " "));
            }
            spans.extend(used(limit));
            if let Some(left) = limit.resets_at.and_then(|at| snapshot.until(at)) {
                spans.push(Span::new(Role::LimitsReset, format!(" ↻{}", reset(left.as_secs()))));
            }
        }
        spans
    };
    let without = shown.iter().enumerate().flat_map(|(i, limit)| {
        let gap = (i > 0).then_some(Span::fixed(Role::Text, " "));
        gap.into_iter().chain(used(limit))
    });
    Some(
        Segment::new(with(format::duration))
            .or(5, with(format::duration_short))
            .or(35, without.collect())
            .or(68, used(fullest).to_vec()),
    )
}

fn used(limit: &Limit) -> [Span; 2] {
    let role = match Level::of(limit.used, LEVELS) {
        Level::Normal => Role::Limits,
        Level::Notice => Role::LimitsNotice,
        Level::Warning => Role::LimitsWarning,
        Level::Danger => Role::LimitsDanger,
    };
    [Span::new(Role::Label, format!("{} ", limit.name)), Span::new(role, format::percent(limit.used))]
}
