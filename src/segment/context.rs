//! How much of the context window is in use: a bar and the host's own number.

use super::{Level, Role, Segment, Span};
use crate::format;
use crate::snapshot::Snapshot;

/// Cells of the bar, where there is room, where there is less, and where there is little.
const CELLS: [usize; 3] = [10, 6, 4];

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
    let [wide, narrow, tiny] = CELLS;
    Some(
        Segment::new(with_bar(wide, format!(" {number} used")))
            .or(2, with_bar(wide, format!(" {number}")))
            .or(10, with_bar(narrow, format!(" {number}")))
            .or(16, with_bar(tiny, format!(" {number}")))
            .or(65, vec![Span::new(role, number)]),
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
