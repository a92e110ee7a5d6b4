//! The tool call that runs right now, the newest of several, as the hooks tell it.

use super::{Cx, Icon, Kind, Role, Source, Value};
use crate::base::format;

pub const KIND: Kind = Kind {
    name: "activity",
    about: "the tool at work and what it works on",
    source: Source::Hooks,
    role: Role::Activity,
    levels: None,
    icon: Icon { nerd: "\u{f085}", emoji: "🛠", text: "◐", ascii: "*" },
    fields: &[
        ("tool", "name of the tool"),
        ("target", "what it works on: a file, a command, a pattern"),
        ("since", "for how long"),
    ],
    keys: &[],
    value,
};

fn value(cx: &Cx, name: &str) -> Option<Value> {
    let tool = cx.snapshot.activity()?;
    Some(match name {
        "tool" => Value::text(Role::Activity, tool.name.as_str()),
        "target" => Value::text(Role::ActivityTarget, tool.target.as_deref()?).telling(),
        _ => {
            let seconds = cx.snapshot.since_ms(tool.at_ms)?.as_secs();
            Value::number(Role::ActivityTarget, seconds as f64, format::duration(seconds))
        }
    })
}
