//! The branch, or the commit of a detached head.

use super::{Cx, Icon, Kind, Role, Value};
use crate::input::git::Head;

pub const KIND: Kind = Kind {
    name: "git",
    about: "branch and state of the repository",
    role: Role::Git,
    levels: None,
    icon: Icon { nerd: "\u{e0a0}", emoji: "🌿", text: "⎇", ascii: "" },
    fields: &[("branch", "the branch"), ("commit", "the commit of a detached head")],
    keys: &[],
    value,
};

fn value(cx: &Cx, name: &str) -> Option<Value> {
    match (name, cx.snapshot.head()?) {
        ("branch", Head::Branch(branch)) => Some(Value::text(Role::Git, branch.as_str())),
        ("commit", Head::Detached(commit)) => Some(Value::text(Role::GitDetached, commit.as_str()).telling()),
        _ => None,
    }
}
