//! The state of the session, from the hooks: at work, waiting for the user, or idle.

use super::{Cx, Icons, Kind, Role, Source, Value, field};
use crate::bridge::record::State;

pub const KIND: Kind = Kind::new("state", Source::Hooks, Role::State)
    .about("whether the session works, waits for you, or is idle")
    .fields(&[
        field("state", "`working`, `waiting`, `idle`, `ended`", |cx| {
            let word = match cx.snapshot.state()?.0 {
                State::Working => "working",
                State::Waiting => "waiting",
                State::Idle => "idle",
                State::Ended => "ended",
            };
            coloured(cx, word)
        }),
        field("mark", "the same as a sign", |cx| {
            let (mark, ascii) = match cx.snapshot.state()?.0 {
                State::Working => ("●", "*"),
                State::Waiting => ("◆", "?"),
                State::Idle => ("○", "-"),
                State::Ended => ("◌", "."),
            };
            coloured(cx, if cx.icons == Icons::Ascii { ascii } else { mark })
        }),
        field("since", "for how long", |cx| {
            let (_, since_ms) = cx.snapshot.state()?;
            cx.snapshot.since_ms(since_ms?).map(Value::duration)
        }),
    ]);

fn coloured(cx: &Cx, text: &'static str) -> Option<Value> {
    let role = match cx.snapshot.state()?.0 {
        State::Working => Role::StateWorking,
        State::Waiting => Role::StateWaiting,
        State::Idle | State::Ended => Role::State,
    };
    Some(Value::fixed(text).state(role))
}
