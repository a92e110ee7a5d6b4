//! Where the session works: the project's name and the way from there.

use std::path::Path;

use super::{Cx, Icon, Kind, Role, Source, Value};
use crate::base::format;
use crate::base::text::Link;

pub const KIND: Kind = Kind {
    name: "dir",
    about: "working directory",
    source: Source::Payload,
    role: Role::Dir,
    levels: None,
    icon: Icon::picture("\u{f07b}", "📁"),
    fields: &[
        ("name", "the last part: `src`; `~` at home"),
        ("project", "from the project on: `garden/src`"),
        ("path", "all of it: `~/work/garden/src`"),
        ("fish", "all of it, cut to letters: `~/w/g/src`"),
    ],
    keys: &[],
    value,
};

fn value(cx: &Cx, name: &str) -> Option<Value> {
    let dir = cx.snapshot.dir()?;
    let home = cx.snapshot.home();
    let own = if home == Some(dir) { "~".to_owned() } else { self::name(dir) };
    let text = match name {
        "project" => within_project(cx.snapshot.status.project_dir.as_deref(), dir).unwrap_or(own),
        "path" => format::from_home(dir, home),
        "fish" => format::initials(&format::from_home(dir, home)),
        _ => own,
    };
    let link = if cx.links { Link::to_path(dir) } else { None };
    (!text.is_empty()).then(|| Value::text(Role::Dir, text).linked(link.as_ref()))
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
