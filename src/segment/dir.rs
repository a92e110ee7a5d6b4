//! Where the session works: the project's name and the way from there.

use std::path::Path;

use super::{Role, Segment, Span};
use crate::snapshot::Snapshot;
use crate::width;

/// Columns of the name where there is little room.
const NARROW: usize = 16;

pub fn build(snapshot: &Snapshot) -> Option<Segment> {
    let dir = snapshot.dir()?;
    let short = if snapshot.home() == Some(dir) { "~".to_owned() } else { name(dir) };
    if short.is_empty() {
        return None;
    }
    let long = within_project(snapshot.status.project_dir.as_deref(), dir);
    let mut forms = long.into_iter().chain([short.clone()]);
    let mut segment = Segment::of(Role::Dir, forms.next()?);
    for form in forms {
        segment = segment.or(4, vec![Span::new(Role::Dir, form)]);
    }
    if width::width(&short) > NARROW {
        segment = segment.or(13, vec![Span::new(Role::Dir, width::cut(&short, NARROW))]);
    }
    Some(segment)
}

/// `project/way/to/dir`, where that is longer than the name.
fn within_project(project: Option<&str>, dir: &Path) -> Option<String> {
    let project = Path::new(project?);
    let way = dir.strip_prefix(project).ok()?;
    if way.as_os_str().is_empty() || project.parent().is_none() {
        return None;
    }
    Some(format!("{}/{}", name(project), way.to_string_lossy()))
}

/// The last part of a path; the whole path where it has none, as `/`.
pub(super) fn name(dir: &Path) -> String {
    dir.file_name().unwrap_or(dir.as_os_str()).to_string_lossy().into_owned()
}
