//! The permission mode: what the agent may do without asking. Hooks record it at each event; between turns it can
//! change without an event, and is dimmed.

use super::{Cx, Kind, Role, Source, Value, field};

pub const KIND: Kind = Kind::new("mode", Source::Hooks, Role::Mode)
    .about("permission mode, unless it is the default")
    .icon(["\u{f0483}", "🔒", "", ""])
    .fields(&[
        field("mode", "`plan`, `accept edits`, `auto`, `don't ask`, `BYPASS`", |cx| Some(coloured(cx, words(id(cx)?)))),
        field("short", "the mode, with `edits` for `accept edits`", |cx| {
            let words = words(id(cx)?);
            Some(coloured(cx, if words == "accept edits" { "edits" } else { words }))
        }),
        field("id", "the agent's own name for the mode: `bypassPermissions`", |cx| Some(coloured(cx, id(cx)?))),
    ]);

fn id<'a>(cx: &Cx<'a>) -> Option<&'a str> {
    cx.snapshot.mode().filter(|mode| !matches!(*mode, "default" | "manual"))
}

fn words(id: &str) -> &str {
    match id {
        "acceptEdits" => "accept edits",
        "dontAsk" => "don't ask",
        // In capitals, so that it is noticed if it was left on by mistake.
        "bypassPermissions" => "BYPASS",
        id => id,
    }
}

fn coloured(cx: &Cx, text: &str) -> Value {
    let role = match id(cx) {
        _ if cx.snapshot.mode_is_stale() => Role::StaleMode,
        Some("plan") => Role::ModePlan,
        Some("acceptEdits" | "auto" | "dontAsk") => Role::ModeEdits,
        Some("bypassPermissions" | "allow-all" | "autorun" | "yolo") => Role::ModeBypass,
        _ => Role::Mode,
    };
    Value::text(text).state(role)
}
