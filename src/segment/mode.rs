//! The permission mode: what the agent may do without asking. The hooks tell it as of their last event;
//! between turns it can change without one, and is dimmed.

use super::{Cx, Icon, Kind, Role, Source, Value};

pub const KIND: Kind = Kind {
    name: "mode",
    about: "permission mode, unless it is the default one",
    source: Source::Hooks,
    role: Role::Mode,
    levels: None,
    icon: Icon { nerd: "\u{f0483}", emoji: "🔒", text: "", ascii: "" },
    fields: &[
        ("mode", "`plan`, `accept edits`, `auto`, `don't ask`, `BYPASS`"),
        ("short", "the same with `edits` for `accept edits`"),
        ("id", "as the agent calls it: `bypassPermissions`"),
    ],
    keys: &[],
    value,
};

fn value(cx: &Cx, name: &str) -> Option<Value> {
    let id = cx.snapshot.mode().filter(|mode| !matches!(*mode, "default" | "manual"))?;
    let (role, words) = match id {
        "plan" => (Role::ModePlan, "plan"),
        "acceptEdits" => (Role::ModeEdits, "accept edits"),
        "auto" => (Role::ModeEdits, "auto"),
        "dontAsk" => (Role::ModeEdits, "don't ask"),
        // Loud: whoever has left it on by mistake has to see it.
        "bypassPermissions" => (Role::ModeBypass, "BYPASS"),
        "allow-all" | "autorun" | "yolo" => (Role::ModeBypass, id),
        other => (Role::Mode, other),
    };
    let role = if cx.snapshot.mode_is_stale() { Role::StaleMode } else { role };
    let text = match name {
        "id" => id,
        "short" if words == "accept edits" => "edits",
        _ => words,
    };
    Some(Value::text(role, text).telling())
}
