//! The terminal: shows changes of files and asks for consent.

use std::io::{self, BufRead, IsTerminal, StdinLock, StdoutLock, Write};

use anyhow::Context;
use owo_colors::{AnsiColors, OwoColorize};

use crate::base::env::Env;
use crate::base::text::Text;
use crate::tools::files::diff;

pub struct Console {
    out: StdoutLock<'static>,
    input: StdinLock<'static>,
    /// Standard input is a terminal, so a user can answer.
    pub is_interactive: bool,
    is_coloured: bool,
}

impl Console {
    pub fn new(env: &Env) -> Self {
        let (stdin, stdout) = (io::stdin(), io::stdout());
        let is_dumb = env.has("NO_COLOR") || env.var("TERM").is_some_and(|term| term == "dumb");
        Console {
            is_interactive: stdin.is_terminal(),
            is_coloured: stdout.is_terminal() && !is_dumb,
            out: stdout.lock(),
            input: stdin.lock(),
        }
    }

    pub fn say(&mut self, line: &str) -> anyhow::Result<()> {
        self.say_in(None, line)
    }

    pub fn warn(&mut self, line: &str) -> anyhow::Result<()> {
        self.say_in(Some(AnsiColors::Yellow), line)
    }

    /// Shows a change of a file as a diff. `None` stands for a missing file.
    pub fn show_diff(&mut self, path: &str, before: Option<&str>, after: Option<&str>) -> anyhow::Result<()> {
        let name = |text: Option<&str>| if text.is_some() { path } else { "/dev/null" };
        self.say(&format!("--- {}", name(before)))?;
        self.say(&format!("+++ {}", name(after)))?;
        for line in diff(before.unwrap_or_default(), after.unwrap_or_default()) {
            let color = match line.chars().next() {
                Some('@') => Some(AnsiColors::Cyan),
                Some('+') => Some(AnsiColors::Green),
                Some('-') => Some(AnsiColors::Red),
                _ => None,
            };
            self.say_in(color, &line)?;
        }
        Ok(())
    }

    pub fn agrees(&mut self, question: &str) -> anyhow::Result<bool> {
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
