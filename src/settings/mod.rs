//! The settings files of coding agents and the start files of shells: where they are, what is ours
//! in them, and how that is put in and taken out again. Text in, text out; nothing here reads or
//! writes a file but [`receipt`].

mod command;
mod hooks;
mod inspect;
mod jsonc;
mod keys;
mod receipt;
mod shell;
#[cfg(test)]
mod tests;
mod toml;

use std::fmt;

use crate::agent::{Agent, SettingsFormat, SettingsSpec};

pub use command::{is_ours, program};
pub use hooks::{NODE_SCRIPTS, node_script};
pub use inspect::{Inspection, NodeHook, inspect, wins};
pub use receipt::Receipt;
pub use shell::{add as add_prompt, generated, remove as remove_prompt, start_file};
pub use toml::{unwrap, wrap, wrapped};

/// What the settings are to have in them.
#[derive(Debug, Clone, Copy)]
pub struct InstallOptions<'a> {
    /// The program to start, as a path or a name.
    pub program: &'a str,
    /// Show the line. Not in a file that has only hooks.
    pub line: bool,
    /// Register the hooks, where the agent has any.
    pub hooks: bool,
    /// Take out hooks that run the Node scripts.
    pub replace_node: bool,
    /// Show rows of subagents; without it, those of ours go.
    pub subagents: bool,
    /// Leave rows of subagents that are not ours.
    pub keep_subagents: bool,
}

/// A file as it was before the first install and after the last one; both empty where that is not known.
#[derive(Debug, Clone, Copy, Default)]
pub struct Before<'a> {
    /// Empty where there was no file.
    pub original: &'a str,
    /// As `install` has left it.
    pub installed: &'a str,
}

const BOM: char = '\u{feff}';

/// The settings with what the options ask for; the same text when it is there already. An empty text stands
/// for no file. What an older version has put in and this one does not comes out, and makes room for what was
/// there `before`.
///
/// # Errors
/// A text does not parse, or has something else where ours belongs.
pub fn install(
    agent: &Agent,
    text: &str,
    before: Before,
    options: &InstallOptions,
) -> Result<String, Problem> {
    let spec = spec(agent)?;
    match spec.format {
        SettingsFormat::Jsonc => keys::install(agent, spec, text, before, options),
        SettingsFormat::Toml => toml::install(agent, spec, text, options),
    }
}

/// The settings with what is ours put back to what was there `before`, and everything else as it is
/// now. Where that is not known, what is ours goes.
///
/// # Errors
/// A text does not parse.
pub fn uninstall(agent: &Agent, text: &str, before: Before, program: &str) -> Result<String, Problem> {
    let spec = spec(agent)?;
    match spec.format {
        SettingsFormat::Jsonc => keys::uninstall(spec, text, before, program),
        SettingsFormat::Toml => toml::uninstall(spec, text, before, program),
    }
}

/// The command of the line that is set; `None` when there is none, or the text does not parse.
pub fn line_command(agent: &Agent, text: &str) -> Option<String> {
    let spec = agent.settings.as_ref()?;
    let path = [spec.line(), &["command"]].concat();
    match spec.format {
        SettingsFormat::Jsonc => jsonc::JsonDoc::parse(text).ok()?.string(&path).map(str::to_owned),
        SettingsFormat::Toml => toml::string(text, &path),
    }
}

/// Whether nothing is left in a file: no key, no comment.
pub fn holds_nothing(text: &str) -> bool {
    let rest = text.trim_start_matches(BOM).trim();
    let inside = rest.strip_prefix('{').and_then(|rest| rest.strip_suffix('}'));
    inside.unwrap_or(rest).trim().is_empty()
}

fn spec(agent: &Agent) -> Result<&SettingsSpec, Problem> {
    agent.settings.as_ref().ok_or_else(|| Problem::new(format!("{} has no settings of ours", agent.name)))
}

/// Why a file was left alone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// Line and column, both from 1; `None` where it is about no place.
    pub place: Option<(usize, usize)>,
    /// What is wrong there.
    pub message: String,
}

impl Problem {
    /// A problem at a byte of a file that is not all text.
    pub fn at_byte(content: &[u8], offset: usize, message: &str) -> Problem {
        let before = String::from_utf8_lossy(&content[..offset.min(content.len())]);
        Problem::at(&before, before.len(), message.to_owned())
    }

    fn at(text: &str, offset: usize, message: String) -> Problem {
        let before = text.get(..offset).unwrap_or(text);
        let line = before.rsplit('\n').next().unwrap_or_default();
        let place = (before.matches('\n').count() + 1, line.chars().count() + 1);
        Problem { place: Some(place), message }
    }

    fn new(message: String) -> Problem {
        Problem { place: None, message }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some((line, column)) = self.place {
            write!(f, "line {line}, column {column}: ")?;
        }
        // A parser's message is a sentence of its own.
        f.write_str(self.message.trim_end_matches('.'))
    }
}

impl std::error::Error for Problem {}
