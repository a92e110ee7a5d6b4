//! The worktree that the session runs in.

use super::{Kind, Role, Source, Value, field};

pub const KIND: Kind = Kind::new("worktree", Source::Payload, Role::Worktree)
    .about("worktree of the session")
    .icon(["\u{f0531}", "🌳", "", ""])
    .fields(&[
        field("name", "name of the worktree", |cx| cx.status().worktree.as_deref().map(Value::text)),
        field("branch", "its branch, if the agent created it", |cx| {
            cx.status().worktree_branch.as_deref().map(Value::text)
        }),
        field("original", "branch checked out before", |cx| cx.status().original_branch.as_deref().map(Value::text)),
    ]);
