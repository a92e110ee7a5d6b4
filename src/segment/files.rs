//! Files that the session has modified, as the hooks count them.

use super::{Cx, Icon, Kind, Role, Source, Value};

pub const KIND: Kind = Kind {
    name: "files",
    about: "files modified",
    source: Source::Hooks,
    role: Role::Files,
    levels: None,
    icon: Icon::picture("\u{f15b}", "📄"),
    fields: &[("files", "with the word: `5 files`"), ("count", "the number alone")],
    keys: &[],
    value,
};

fn value(cx: &Cx, name: &str) -> Option<Value> {
    let words = (name == "files").then_some(["file", "files"]);
    Value::count(Role::Files, cx.snapshot.bridge()?.files_modified?, words)
}
