//! The output style, unless it is the default one.

use super::{Role, Segment};
use crate::snapshot::Snapshot;

pub fn build(snapshot: &Snapshot) -> Option<Segment> {
    let style = snapshot.status.style.as_deref().filter(|style| *style != "default")?;
    Some(Segment::of(Role::Style, style))
}
