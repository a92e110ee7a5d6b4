//! The worktree that the session runs in.

use super::{Cx, Icon, Kind, Role, Source, Value};

pub const KIND: Kind = Kind {
    name: "worktree",
    about: "worktree of the session",
    source: Source::Payload,
    role: Role::Worktree,
    levels: None,
    icon: Icon::picture("\u{f0531}", "🌳"),
    fields: &[
        ("name", "name of the worktree"),
        ("branch", "its branch, where the agent made it"),
        ("original", "the branch that was checked out before"),
    ],
    keys: &[],
    value,
};

fn value(cx: &Cx, name: &str) -> Option<Value> {
    let status = &cx.snapshot.status;
    let text = match name {
        "branch" => status.worktree_branch.as_deref(),
        "original" => status.original_branch.as_deref(),
        _ => status.worktree.as_deref(),
    };
    Some(Value::text(Role::Worktree, text?))
}
