//! The terminal: shows changes of files and asks for consent.

use std::io::{BufRead, Write};

use anyhow::Context;
use owo_colors::{AnsiColors, OwoColorize};
use similar::TextDiff;

use crate::base::text::Text;

pub struct Console<'a> {
    /// Standard output.
    pub out: &'a mut dyn Write,
    /// Standard input.
    pub input: &'a mut dyn BufRead,
    /// A user can answer there.
    pub is_interactive: bool,
    /// Standard output shows colours.
    pub is_coloured: bool,
}

impl Console<'_> {
    pub(super) fn say(&mut self, line: &str) -> anyhow::Result<()> {
        self.say_in(None, line)
    }

    pub(super) fn warn(&mut self, line: &str) -> anyhow::Result<()> {
        self.say_in(Some(AnsiColors::Yellow), line)
    }

    /// Shows a change of a file as a diff. `None` stands for no file.
    pub(super) fn show_diff(
        &mut self,
        path: &str,
        before: Option<&str>,
        after: Option<&str>,
    ) -> anyhow::Result<()> {
        let name = |text: Option<&str>| if text.is_some() { path } else { "/dev/null" };
        self.say(&format!("--- {}", name(before)))?;
        self.say(&format!("+++ {}", name(after)))?;
        let diff = TextDiff::from_lines(before.unwrap_or_default(), after.unwrap_or_default());
        for hunk in diff.unified_diff().iter_hunks() {
            for line in hunk.to_string().lines() {
                let color = match line.chars().next() {
                    Some('@') => Some(AnsiColors::Cyan),
                    Some('+') => Some(AnsiColors::Green),
                    Some('-') => Some(AnsiColors::Red),
                    _ => None,
                };
                self.say_in(color, line)?;
            }
        }
        Ok(())
    }

    pub(super) fn agrees(&mut self, question: &str) -> anyhow::Result<bool> {
        write!(self.out, "{} [y/N] ", Text::new(question))
            .and_then(|()| self.out.flush())
            .context("standard output")?;
        let mut answer = String::new();
        self.input.read_line(&mut answer).context("standard input")?;
        Ok(["y", "yes"].contains(&answer.trim().to_lowercase().as_str()))
    }

    fn say_in(&mut self, color: Option<AnsiColors>, line: &str) -> anyhow::Result<()> {
        // The sanitiser would drop a tab, which matters in a diff.
        let line = Text::new(line.replace('\t', "    "));
        match color.filter(|_| self.is_coloured) {
            Some(color) => writeln!(self.out, "{}", line.color(color)),
            None => writeln!(self.out, "{line}"),
        }
        .context("standard output")
    }
}
