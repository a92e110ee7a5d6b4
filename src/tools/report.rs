//! Standard output of tools: text as it is, and reports in the colours of the theme.

use std::io::{self, IsTerminal, Write};
use std::time::Duration;

use anyhow::Context;
use serde::Serialize;

use crate::base::format;
use crate::base::text::Text;
use crate::config::{Config, Flags};
use crate::paint;
use crate::segment::{Role, Span};
use crate::theme::Depth;

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

/// Writes lines of text. Colours are for a terminal, unless they are asked for.
pub fn print_lines(lines: &[Vec<Span>], config: &Config, flags: &Flags) -> anyhow::Result<()> {
    let has_colors = io::stdout().is_terminal() || flags.layer.get("", "color").is_some();
    let depth = if has_colors { config.depth } else { Depth::None };
    let mut text = String::new();
    for line in lines {
        text.push_str(&paint::paint(line, &config.theme.look, depth));
        text.push('\n');
    }
    print(&text)
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
