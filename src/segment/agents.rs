//! Subagents at work, as the hooks tell them.

use super::{Cx, Icon, Kind, Role, Source, Value};

pub const KIND: Kind = Kind {
    name: "agents",
    about: "subagents at work",
    source: Source::Hooks,
    role: Role::Agents,
    levels: None,
    icon: Icon { nerd: "\u{f0849}", emoji: "👥", text: "", ascii: "" },
    fields: &[
        ("agents", "with the word: `2 agents`"),
        ("count", "the number alone"),
        ("types", "what they are: `Explore, Plan`"),
    ],
    keys: &[],
    value,
};

fn value(cx: &Cx, name: &str) -> Option<Value> {
    let mut types = cx.snapshot.subagents();
    if name != "types" {
        let words = (name == "agents").then_some(["agent", "agents"]);
        return Value::count(Role::Agents, types.len() as u64, words);
    }
    types.retain(|kind| !kind.is_empty());
    types.sort_unstable();
    types.dedup();
    (!types.is_empty()).then(|| Value::text(Role::Agents, types.join(", ")))
}
