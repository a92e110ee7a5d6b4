//! The state of the session, from the hooks: at work, waiting for the user, or idle.

use super::{Cx, Icons, Kind, Role, Source, Value, field};
use crate::agent::State;

pub const KIND: Kind =
    Kind::new("state", Source::Hooks, Role::State).about("working, waiting for you, or idle").fields(&[
        field("state", "`working`, `waiting`, `idle`, `ended`", |cx| {
            let (role, word, _) = look(cx)?;
            Some(Value::fixed(word).state(role))
        }),
        field("mark", "the state as a glyph", |cx| {
            let (role, _, [mark, ascii]) = look(cx)?;
            Some(Value::fixed(if cx.icons == Icons::Ascii { ascii } else { mark }).state(role))
        }),
        field("since", "time in this state", |cx| {
            let (_, since_ms) = cx.snapshot.state()?;
            cx.snapshot.since_ms(since_ms?).map(Value::duration)
        }),
    ]);

/// Role, word, and mark: for most fonts, and in ASCII.
fn look(cx: &Cx) -> Option<(Role, &'static str, [&'static str; 2])> {
    let (state, _) = cx.snapshot.state()?;
    Some(match state {
        State::Working => (Role::StateWorking, "working", ["●", "*"]),
        State::Waiting => (Role::StateWaiting, "waiting", ["◆", "?"]),
        State::Idle => (Role::State, "idle", ["○", "-"]),
        State::Ended => (Role::State, "ended", ["◌", "."]),
    })
}
