//! What a command of the user's printed last.

use super::{Cx, Icon, Kind, Own, Role, Settings, Source, Span, Value};
use crate::base::format;
use crate::base::text;
use crate::facts::command::Answer;
use crate::facts::fact::Fact;

/// The kind.
pub const KIND: Kind = Kind {
    name: "command",
    about: "what a command of yours printed last",
    source: Source::Command,
    role: Role::Command,
    levels: None,
    icon: Icon::NONE,
    fields: &[
        ("output", "the first line that it printed"),
        ("line2", "the second line"),
        ("line3", "the third line"),
        ("stale", "age of it, once it is older than three times `interval`"),
    ],
    keys: &[
        Own {
            name: "command",
            about: "what the shell runs, behind the line; it gets the agent's payload on standard input",
            private: true,
        },
        Own { name: "interval", about: "seconds after which it is run again, 30 by default", private: true },
        Own {
            name: "as_printed",
            about: "true for its own colours, and all its rows (10 at most) where it is alone in a row",
            private: false,
        },
        Own { name: "timeout", about: "seconds that it may take, 5 by default", private: true },
    ],
    value,
};

/// How old the output may get, in seconds.
const INTERVAL: f64 = 30.0;

/// How long the command may take, in seconds.
const TIMEOUT: f64 = 5.0;

/// Seconds after which it is run again.
fn interval(cx: &Cx) -> f64 {
    cx.settings.number("interval").unwrap_or(INTERVAL).clamp(1.0, 86_400.0)
}

/// What the command of a segment has answered last. `None` until it has run for the first time.
pub fn answer(cx: &Cx) -> Option<Fact<Answer>> {
    let timeout = cx.settings.number("timeout").unwrap_or(TIMEOUT).clamp(0.1, 60.0);
    cx.snapshot.command(cx.settings.option("command")?, interval(cx), timeout)
}

fn value(cx: &Cx, name: &str) -> Option<Value> {
    let fact = answer(cx)?;
    let lines = &fact.value.as_ref()?.lines;
    let line = match name {
        "output" => lines.first(),
        "line2" => lines.get(1),
        "line3" => lines.get(2),
        "stale" => return Some(Value::text(Role::Stale, stale(cx, &fact)?).telling()),
        _ => return None,
    }?;
    Some(match is_as_printed(cx.settings) {
        true => Value::spans(spans(line)),
        false => Value::text(Role::Command, text::without_sequences(line)),
    })
}

fn stale(cx: &Cx, fact: &Fact<Answer>) -> Option<String> {
    let age = fact.age(cx.snapshot.now)?.as_secs();
    (age as f64 > 3.0 * interval(cx)).then(|| format!("({})", format::duration(age)))
}

/// Whether a segment shows what its command prints in its own colours, and alone in a row all its rows.
pub fn is_as_printed(settings: &Settings) -> bool {
    settings.kind.name == KIND.name && settings.option("as_printed") == Some("true")
}

/// All rows that the command has printed last, in their own colours.
pub fn rows(cx: &Cx) -> Vec<Vec<Span>> {
    let Some(fact) = answer(cx) else { return Vec::new() };
    let lines = fact.value.as_ref().map_or(&[][..], |answer| &answer.lines);
    let mut rows: Vec<Vec<Span>> = lines.iter().map(|line| spans(line)).collect();
    if let (Some(first), Some(stale)) = (rows.first_mut(), stale(cx, &fact)) {
        first.push(Span::new(Role::Stale, format!(" {stale}")));
    }
    rows
}

fn spans(line: &str) -> Vec<Span> {
    text::coloured_parts(line).into_iter().map(|part| Span::coloured(Role::Command, part)).collect()
}
