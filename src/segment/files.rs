//! Files that the session has modified, as the hooks count them.

use super::{Cx, Kind, Role, Source, Value, field};

pub const KIND: Kind =
    Kind::new("files", Source::Hooks, Role::Files).about("files modified").icon(["\u{f15b}", "📄", "", ""]).fields(&[
        field("files", "count and word: `5 files`", |cx| Value::counted(count(cx)?, "file", "files")),
        field("count", "the number alone", |cx| Value::count(count(cx)?)),
    ]);

fn count(cx: &Cx) -> Option<u64> {
    cx.snapshot.bridge()?.files_modified
}
