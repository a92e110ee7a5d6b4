//! The working directory, by its name or path.

use std::path::Path;

use super::{Cx, Kind, Role, Source, Value, field};
use crate::base::format;
use crate::base::text::Link;

pub const KIND: Kind =
    Kind::new("dir", Source::Payload, Role::Dir).about("working directory").icon(["\u{f07b}", "📁", "", ""]).fields(&[
        field("name", "last part: `src`; `~` at home", |cx| linked(cx, own_name(cx)?)),
        field("project", "starting at the project: `garden/src`", |cx| {
            linked(cx, within_project(cx).or_else(|| own_name(cx))?)
        }),
        field("path", "full path: `~/work/garden/src`", |cx| linked(cx, path(cx)?)),
        field("fish", "full path, parents cut to a letter: `~/w/g/src`", |cx| linked(cx, format::initials(&path(cx)?))),
    ]);

fn linked(cx: &Cx, text: String) -> Option<Value> {
    let dir = cx.snapshot.dir()?;
    Some(Value::text(text).linked(cx.link(|| Link::to_path(dir))))
}

fn own_name(cx: &Cx) -> Option<String> {
    let dir = cx.snapshot.dir()?;
    Some(if cx.snapshot.home() == Some(dir) { "~".to_owned() } else { name(dir) })
}

fn path(cx: &Cx) -> Option<String> {
    Some(format::from_home(cx.snapshot.dir()?, cx.snapshot.home()))
}

/// `project/way/to/dir`. `None` in the project's own directory, and outside of it.
fn within_project(cx: &Cx) -> Option<String> {
    let project = Path::new(cx.status().project_dir.as_deref()?);
    let way = cx.snapshot.dir()?.strip_prefix(project).ok()?;
    if way.as_os_str().is_empty() || project.parent().is_none() {
        return None;
    }
    Some(format!("{}/{}", name(project), way.to_string_lossy()))
}

/// The last part of a path; the whole path if it has none, as `/`.
pub(super) fn name(dir: &Path) -> String {
    dir.file_name().unwrap_or(dir.as_os_str()).to_string_lossy().into_owned()
}
