//! The task at hand, or the next one, and how many are done.

use super::{Role, Segment, Span};
use crate::snapshot::Snapshot;
use crate::width;

/// Columns of the title, and when a longer one gives way to them.
const NARROW: [(usize, u8); 3] = [(24, 7), (12, 12), (8, 18)];

pub fn build(snapshot: &Snapshot) -> Option<Segment> {
    let tasks = snapshot.tasks()?;
    let (mark, role) = if tasks.active { ("▸ ", Role::Task) } else { ("▹ ", Role::TaskNext) };
    let title = Span::new(role, tasks.current.title(tasks.active));
    let progress = (tasks.total > 1).then(|| format!(" {}/{}", tasks.done, tasks.total));
    let form = |title: &str| {
        let title = Span::new(role, format!("{mark}{title}"));
        let progress = progress.iter().map(|progress| Span::new(Role::TaskProgress, progress.as_str()));
        [title].into_iter().chain(progress).collect()
    };
    let full = title.text.as_str();
    let mut segment = Segment::new(form(full));
    for (columns, rank) in NARROW {
        if width::width(full) > columns {
            segment = segment.or(rank, form(&width::cut(full, columns)));
        }
    }
    Some(segment)
}
