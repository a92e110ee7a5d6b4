//! What `doctor` and `explain` say, in the colours of the theme.

use std::io::Write;
use std::time::Duration;

use anyhow::Context;

use crate::base::format;
use crate::config::{Config, Flags};
use crate::paint;
use crate::segment::{Role, Span};
use crate::theme::Depth;

/// Where a report goes.
pub struct Printer<W> {
    /// Standard output.
    pub out: W,
    /// Whether it is a terminal.
    pub is_terminal: bool,
}

impl<W: Write> Printer<W> {
    /// Writes lines of text. Colours are for a terminal, unless they are asked for.
    ///
    /// # Errors
    /// Standard output cannot be written.
    pub fn lines(&mut self, lines: &[Vec<Span>], config: &Config, flags: &Flags) -> anyhow::Result<()> {
        let is_asked_for = flags.layer.get("", "color").is_some();
        let depth = if self.is_terminal || is_asked_for { config.depth } else { Depth::None };
        let mut text = String::new();
        for line in lines {
            text.push_str(&paint::paint(line, &config.theme.look, depth));
            text.push('\n');
        }
        self.text(&text)
    }

    /// Writes text as it is.
    ///
    /// # Errors
    /// Standard output cannot be written.
    pub fn text(&mut self, text: &str) -> anyhow::Result<()> {
        self.out.write_all(text.as_bytes()).and_then(|()| self.out.flush()).context("standard output")
    }
}

/// Text in at least so many columns.
pub fn cell(role: Role, text: &str, columns: usize) -> Span {
    Span::new(role, format!("{text:columns$} "))
}

/// How old something is, in words.
pub fn age(age: Option<Duration>) -> String {
    age.map_or_else(
        || "of an unknown age".to_owned(),
        |age| format!("{} old", format::duration(age.as_secs())),
    )
}
