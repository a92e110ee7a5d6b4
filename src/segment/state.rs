//! What the session is doing: at work, waiting for the user, or idle. The hooks tell it.

use super::{Cx, Icon, Icons, Kind, Role, Source, Value};
use crate::base::format;
use crate::bridge::record::State;

pub const KIND: Kind = Kind {
    name: "state",
    about: "whether the session works, waits for you, or is idle",
    source: Source::Hooks,
    role: Role::State,
    levels: None,
    icon: Icon::NONE,
    fields: &[
        ("state", "`working`, `waiting`, `idle`, `ended`"),
        ("mark", "the same as a sign"),
        ("since", "for how long"),
    ],
    keys: &[],
    value,
};

fn value(cx: &Cx, name: &str) -> Option<Value> {
    let (state, since_ms) = cx.snapshot.state()?;
    let (role, word, mark, ascii) = match state {
        State::Working => (Role::StateWorking, "working", "●", "*"),
        State::Waiting => (Role::StateWaiting, "waiting", "◆", "?"),
        State::Idle => (Role::State, "idle", "○", "-"),
        State::Ended => (Role::State, "ended", "◌", "."),
    };
    let mark = if cx.icons == Icons::Ascii { ascii } else { mark };
    Some(match name {
        "state" => Value::text(role, word).telling(),
        "mark" => Value::text(role, mark).telling(),
        _ => {
            let seconds = cx.snapshot.since_ms(since_ms?)?.as_secs();
            Value::number(Role::State, seconds as f64, format::duration(seconds))
        }
    })
}
