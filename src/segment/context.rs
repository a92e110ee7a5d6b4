//! How much of the context window is in use: a bar and the host's own number.

use super::{Level, Role, Segment, Span};
use crate::format;
use crate::snapshot::Snapshot;

const CELLS: usize = 10;

/// Where notice, warning and danger begin, in percent used.
const LEVELS: [f64; 3] = [50.0, 70.0, 85.0];

pub fn build(snapshot: &Snapshot) -> Option<Segment> {
    let context = &snapshot.status.context;
    let used = context.used?;
    let role = role(Level::of(used, LEVELS));
    let estimate = if context.estimated { "~" } else { "" };
    let number = format!("{estimate}{}", format::percent(used));
    let bar = |cells| {
        let (filled, empty) = format::bar(used, cells);
        [Span::new(role, filled), Span::new(Role::ContextTrack, empty)].into_iter()
    };
    let with_bar = |cells, text: String| bar(cells).chain([Span::new(role, text)]).collect();
    Some(
        Segment::new(with_bar(CELLS, format!(" {number} used")))
            .or(with_bar(CELLS, format!(" {number}")))
            .or(with_bar(CELLS / 2, format!(" {number}")))
            .or(vec![Span::new(role, number)]),
    )
}

pub(super) fn role(level: Level) -> Role {
    match level {
        Level::Normal => Role::Context,
        Level::Notice => Role::ContextNotice,
        Level::Warning => Role::ContextWarning,
        Level::Danger => Role::ContextDanger,
    }
}
