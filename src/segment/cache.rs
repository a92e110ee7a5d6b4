//! The prompt cache: share of the input that came from it, and how long it stays warm.

use super::{Role, Segment, Span};
use crate::format;
use crate::snapshot::Snapshot;

pub fn build(snapshot: &Snapshot) -> Option<Segment> {
    let cache = snapshot.status.prompt_cache.as_ref()?;
    let left = cache.expires_at.map(|at| snapshot.until(at));
    let cold = cache.warm == Some(false) || left == Some(None);
    let role = if cold { Role::CacheCold } else { Role::Cache };
    let ratio = cache.hit_ratio.map(|ratio| format::percent(ratio * 100.0));
    let state = match left {
        _ if cold => Some("cold".to_owned()),
        Some(Some(left)) => Some(format::duration(left.as_secs())),
        _ => None,
    };
    let said: Vec<String> = ratio.iter().chain(&state).cloned().collect();
    if said.is_empty() {
        return None;
    }
    let label = Span::fixed(Role::Label, "cache ");
    let segment = Segment::new(vec![label.clone(), Span::new(role, said.join(" "))]);
    Some(match ratio {
        Some(ratio) if state.is_some() && !cold => segment.or(9, vec![label, Span::new(role, ratio)]),
        _ => segment,
    })
}
