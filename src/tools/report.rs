//! Standard output of tools: text as it is, and reports in the colours of the theme.

use std::io::{self, IsTerminal, Write};
use std::ops::Range;
use std::time::Duration;

use anyhow::Context;
use serde::Serialize;

use crate::base::env::Env;
use crate::base::format;
use crate::base::text::Text;
use crate::base::width;
use crate::config::{Config, Invocation};
use crate::layout;
use crate::line;
use crate::paint;
use crate::segment::{Role, Span};
use crate::theme::Depth;

/// Columns by which the rows of a line are indented that follow its first one.
const HANG: usize = 4;

/// Writes text to standard output.
pub fn print(text: &str) -> anyhow::Result<()> {
    let mut out = io::stdout().lock();
    out.write_all(text.as_bytes()).and_then(|()| out.flush()).context("standard output")
}

/// Writes texts to standard output, each as a line.
pub fn print_texts<'a>(texts: impl Iterator<Item = &'a str>) -> anyhow::Result<()> {
    print(&texts.map(|text| clean(text) + "\n").collect::<String>())
}

/// Writes a JSON document to standard output.
pub fn print_json(document: &impl Serialize) -> anyhow::Result<()> {
    print(&format!("{:#}\n", serde_json::to_value(document)?))
}

/// Writes lines of text. Colours are for a terminal, unless they are asked for; what is too long for a terminal is
/// broken between words.
pub fn print_lines(lines: &[Vec<Span>], config: &Config, call: &Invocation) -> anyhow::Result<()> {
    let has_colors = io::stdout().is_terminal() || call.flags.layer.get("", "color").is_some();
    let depth = if has_colors { config.depth } else { Depth::None };
    let columns = call.env.terminal_columns().unwrap_or(usize::MAX);
    let mut text = String::new();
    for row in lines.iter().flat_map(|line| wrapped(line, columns)) {
        text.push_str(&paint::paint(&row, &config.theme.look, depth));
        text.push('\n');
    }
    print(&text)
}

/// Text as a terminal shows it: in rows that are broken between words.
pub fn wrap(text: &str, env: &Env) -> Vec<String> {
    let rows = width::wrap(text, env.terminal_columns().unwrap_or(usize::MAX), HANG).into_iter();
    let row = |(number, row): (usize, Range<usize>)| " ".repeat(HANG.min(number * HANG)) + &text[row];
    rows.enumerate().map(row).collect()
}

/// A line in rows of at most `columns`. The first row's cells have nothing below them, unless they take too much of
/// the terminal.
fn wrapped(line: &[Span], columns: usize) -> Vec<Vec<Span>> {
    let is_cell = |span: &&Span| span.text.as_str().ends_with(' ');
    let cells: Vec<Span> = line.iter().take_while(is_cell).cloned().collect();
    let hang = Some(layout::columns_of(&cells)).filter(|cells| *cells <= columns / 2).unwrap_or(HANG);
    let rows = width::wrap(&line::plain(line), columns, hang).into_iter();
    let row = |(number, row): (usize, Range<usize>)| {
        let blank = (number > 0).then(|| Span::new(Role::Text, " ".repeat(hang)));
        blank.into_iter().chain(part(line, &row)).collect()
    };
    rows.enumerate().map(row).collect()
}

/// The part of a line that is at these bytes of its text.
fn part(line: &[Span], range: &Range<usize>) -> impl Iterator<Item = Span> {
    let mut end = 0;
    line.iter().filter_map(move |span| {
        let text = span.text.as_str();
        let start = end;
        end += text.len();
        let (from, to) = (range.start.max(start), range.end.min(end));
        (from < to).then(|| Span::new(span.role, &text[from - start..to - start]))
    })
}

/// Text in at least so many columns.
pub fn cell(role: Role, text: &str, columns: usize) -> Span {
    Span::new(role, format!("{text:columns$} "))
}

/// Text without control characters.
pub fn clean(text: &str) -> String {
    Text::new(text).as_str().to_owned()
}

/// An age in words.
pub fn age(age: Option<Duration>) -> String {
    let old = |age: Duration| format!("{} old", format::duration(age.as_secs()));
    age.map_or_else(|| "of an unknown age".to_owned(), old)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_lines_go_on_beside_their_cells() {
        let line = [
            Span::fixed(Role::Text, "  "),
            cell(Role::Label, "ok", 4),
            Span::fixed(Role::Text, "it is found"),
            Span::fixed(Role::Dir, " (/on/PATH)"),
        ];
        let check = |columns, expected: &[&str]| {
            let rows: Vec<String> = wrapped(&line, columns).iter().map(|row| line::plain(row)).collect();
            assert_eq!(rows, expected, "{columns}");
        };
        check(usize::MAX, &["  ok   it is found (/on/PATH)"]);
        check(29, &["  ok   it is found (/on/PATH)"]);
        check(28, &["  ok   it is found", "       (/on/PATH)"]);
        check(14, &["  ok   it is", "       found", "       (/on/PATH)"]);
        check(13, &["  ok   it is", "    found", "    (/on/PATH)"]);
        let roles = wrapped(&line, 28)[1].iter().map(|span| span.role).collect::<Vec<_>>();
        assert_eq!(roles, [Role::Text, Role::Dir]);
    }
}
