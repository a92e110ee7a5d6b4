//! Standard output of tools: text as it is, and reports in the colours of the theme.

use std::io::{self, IsTerminal, Write};
use std::time::Duration;

use anyhow::Context;
use serde::Serialize;

use crate::base::format;
use crate::base::text::Text;
use crate::base::width::width;
use crate::config::{Config, Invocation};
use crate::layout;
use crate::paint;
use crate::segment::{Role, Span};
use crate::theme::Depth;

/// Indentation in columns of the continuation rows of a line.
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

/// Writes lines of text. Colours are for a terminal only, unless requested; lines too long for it are broken between
/// words.
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

/// A line in rows of `columns`, broken between words. Continuation rows are indented below its first cells, unless
/// these take too much of the terminal. A longer word stays whole, so that a path can be copied.
pub(super) fn wrapped(line: &[Span], columns: usize) -> Vec<Vec<Span>> {
    if layout::columns_of(line) <= columns {
        return vec![line.to_vec()];
    }
    let is_cell = |span: &&Span| span.text.as_str().ends_with(' ');
    let cells: usize = line.iter().take_while(is_cell).map(|span| width(span.text.as_str())).sum();
    let hang = if cells == 0 || cells > columns / 2 { HANG } else { cells };
    let (mut rows, mut row, mut used) = (Vec::new(), Vec::new(), 0);
    for (role, word) in
        line.iter().flat_map(|span| span.text.as_str().split_inclusive(' ').map(|word| (span.role, word)))
    {
        let text = word.trim_end();
        // A semicolon stays with the word before it, in the column reserved for a blank.
        if used + width(text) >= columns && !matches!(text, "" | ";") && !row.iter().all(Span::is_blank) {
            rows.push(std::mem::replace(&mut row, vec![Span::new(Role::Text, " ".repeat(hang))]));
            used = hang;
        }
        used += width(word);
        row.push(Span::new(role, word));
    }
    rows.push(row);
    rows
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
    age.map_or_else(|| "age unknown".to_owned(), old)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::line;

    #[test]
    fn long_lines_go_on_beside_their_cells() {
        let line = [
            Span::fixed(Role::Text, "  "),
            cell(Role::Label, "ok", 4),
            Span::fixed(Role::Text, "it is found"),
            Span::fixed(Role::Dir, " (/on/PATH)"),
        ];
        let check = |columns, expected: &[&str]| {
            let rows: Vec<String> =
                wrapped(&line, columns).iter().map(|row| line::plain(row).trim_end().to_owned()).collect();
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

    #[test]
    fn words_and_what_belongs_to_them_stay_together() {
        let check = |texts: &[&'static str], columns, expected: &[&str]| {
            let line: Vec<Span> = texts.iter().map(|text| Span::fixed(Role::Text, text)).collect();
            let rows: Vec<String> =
                wrapped(&line, columns).iter().map(|row| line::plain(row).trim_end().to_owned()).collect();
            assert_eq!(rows, expected, "{texts:?} {columns}");
        };
        check(&[""], 9, &[""]);
        check(&["one two three"], 13, &["one two three"]);
        check(&["one two three"], 9, &["one two", "    three"]);
        check(&["a /long/long/path b"], 6, &["a", "    /long/long/path", "    b"]);
        check(&["日本 語  x y"], 8, &["日本 語", "    x y"]);
        check(&["one two", "; three"], 8, &["one two;", "    three"]);
    }
}
