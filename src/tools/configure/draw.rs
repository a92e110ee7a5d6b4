//! Drawing of panels and the frame around them. It works without colours.

use ratatui::style::{Modifier, Style};
use ratatui::text::{Line, Span};

use crate::base::width::{cut, width};
use crate::tools::report::clean;

pub const BOLD: Style = Style::new().add_modifier(Modifier::BOLD);
pub const DIM: Style = Style::new().add_modifier(Modifier::DIM);
pub const CHOSEN: Style = Style::new().add_modifier(Modifier::REVERSED);

/// Columns below which lines show only what matters most.
pub const NARROW: usize = 70;

/// An item that can be chosen.
#[derive(Debug, Clone)]
pub struct Choice {
    pub name: String,
    pub about: String,
    pub is_chosen: bool,
}

impl Choice {
    pub fn new(name: impl Into<String>, about: impl Into<String>) -> Self {
        Choice { name: name.into(), about: about.into(), is_chosen: false }
    }

    /// Choices from names and descriptions.
    pub fn all<N: Into<String>, A: Into<String>>(pairs: impl IntoIterator<Item = (N, A)>) -> Vec<Choice> {
        pairs.into_iter().map(|(name, about)| Choice::new(name, about)).collect()
    }
}

/// Items with a mark on the chosen ones; the cursor is on the one with that index.
pub fn items(items: &[Choice], at: usize, columns: usize) -> Vec<Line<'static>> {
    let line = |(index, item): (usize, &Choice)| {
        let mark = if item.is_chosen { "*" } else { " " };
        let name = if item.name.is_empty() { "-".to_owned() } else { clean(&item.name) };
        on_cursor(index == at, &format!("{mark} {} {}", padded(&name, 22), clean(&item.about)), columns)
    };
    items.iter().enumerate().map(line).collect()
}

/// A line that the cursor can be on.
pub fn on_cursor(is_there: bool, text: &str, columns: usize) -> Line<'static> {
    let (mark, style) = if is_there { (" > ", CHOSEN) } else { ("   ", Style::new()) };
    let text = padded(text, columns.saturating_sub(4));
    Line::from(vec![Span::raw(mark), Span::styled(text, style)])
}

/// One line, cut if it is too long.
pub fn one_line(text: &str, columns: u16, style: Style) -> Line<'static> {
    Line::styled(cut(&format!(" {}", clean(text).trim_start()), usize::from(columns)), style)
}

/// Keys in backticks, each followed by its action, in as many lines as needed.
pub fn hint_lines(hints: &'static str, columns: u16) -> Vec<Line<'static>> {
    let mut lines = vec![Line::default()];
    for part in hints.split("  ") {
        let styles = part.split('`').enumerate();
        let spans = styles.map(|(at, part)| Span::styled(part, if at % 2 == 1 { BOLD } else { DIM }));
        let part: Line = spans.collect();
        let used = lines.last().map_or(0, Line::width);
        if used > 0 && used + 2 + part.width() > usize::from(columns) {
            lines.push(Line::default());
        }
        let line = lines.last_mut().expect("it starts with one line");
        line.push_span(if line.spans.is_empty() { " " } else { "  " });
        line.spans.extend(part.spans);
    }
    lines
}

/// Text padded to exactly this many columns.
pub fn padded(text: &str, columns: usize) -> String {
    let text = cut(text, columns);
    let blanks = columns.saturating_sub(width(&text));
    text + &" ".repeat(blanks)
}

/// A text in parts of at most this many columns; at least one part.
pub fn parts(text: &str, columns: usize) -> Vec<String> {
    let mut parts = vec![String::new()];
    for c in text.chars() {
        let last = parts.last_mut().expect("it starts with one part");
        if width(last) + width(c.encode_utf8(&mut [0; 4])) > columns {
            parts.push(c.to_string());
        } else {
            last.push(c);
        }
    }
    parts
}

/// A text in lines of at most this many columns, broken between words.
pub fn wrapped(text: &str, columns: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in text.split_whitespace() {
        let line = lines.last_mut().expect("it starts with one");
        match width(line) + 1 + width(word) {
            _ if line.is_empty() => line.push_str(word),
            wide if wide > columns => lines.push(word.to_owned()),
            _ => *line += &format!(" {word}"),
        }
    }
    lines
}
