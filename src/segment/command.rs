//! The last output of the user's command.

use super::{Cx, Kind, Role, Settings, Source, Span, Value, field, key, private_key};
use crate::base::text;
use crate::facts::command::CommandOutput;
use crate::facts::fact::Fact;

pub const KIND: Kind = Kind::new("command", Source::Command, Role::Command)
    .about("last output of your own command")
    .fields(&[
        field("output", "first line of its output", |cx| line(cx, 0)),
        field("line2", "second line", |cx| line(cx, 1)),
        field("line3", "third line", |cx| line(cx, 2)),
        field("stale", "age of the output, once older than three times `interval`", |cx| stale(cx, &answer(cx)?)),
    ])
    .keys(&[
        private_key("command", "shell command to run in the background, with the agent's payload on standard input"),
        private_key("interval", "seconds between runs, 30 by default"),
        key(
            "as_printed",
            "`true` keeps the colours of its output, and all of its rows (10 at most) if it is alone in a row",
        ),
        private_key("timeout", "time limit in seconds, 5 by default"),
    ]);

/// Seconds between two runs.
fn interval(cx: &Cx) -> f64 {
    cx.settings.number("interval").unwrap_or(30.0).clamp(1.0, 86_400.0)
}

/// The last output of the command of a segment. `None` until it has run for the first time.
pub fn answer(cx: &Cx) -> Option<Fact<CommandOutput>> {
    let timeout = cx.settings.number("timeout").unwrap_or(5.0).clamp(0.1, 60.0);
    cx.snapshot.command(cx.settings.option("command")?, interval(cx), timeout)
}

fn line(cx: &Cx, index: usize) -> Option<Value> {
    let answer = answer(cx)?.value?;
    let line = answer.lines.get(index)?;
    Some(match is_as_printed(cx.settings) {
        true => Value::spans(spans(line)),
        false => Value::text(text::without_sequences(line)),
    })
}

fn stale(cx: &Cx, fact: &Fact<CommandOutput>) -> Option<Value> {
    let age = fact.age(cx.snapshot.now)?;
    (age.as_secs() as f64 > 3.0 * interval(cx)).then(|| Value::stale(age))
}

/// The segment shows the output of its command in its own colours, and alone in a row all its rows.
pub fn is_as_printed(settings: &Settings) -> bool {
    settings.kind.name == KIND.name && settings.option("as_printed") == Some("true")
}

/// All rows of the command's last output, in their own colours.
pub fn rows(cx: &Cx) -> Vec<Vec<Span>> {
    let Some(fact) = answer(cx) else { return Vec::new() };
    let lines = fact.value.as_ref().map_or(&[][..], |answer| &answer.lines);
    let mut rows: Vec<Vec<Span>> = lines.iter().map(|line| spans(line)).collect();
    if let (Some(first), Some(stale)) = (rows.first_mut(), stale(cx, &fact)) {
        first.push(Span::new(Role::Stale, format!(" {}", stale.as_text())));
    }
    rows
}

fn spans(line: &str) -> Vec<Span> {
    text::coloured_parts(line).into_iter().map(|part| Span::coloured(Role::Command, part)).collect()
}
