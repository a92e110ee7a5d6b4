//! The settings files of coding agents and the start files of shells: where they are, what is ours
//! in them, and how that is put in and taken out again. Text in, text out; nothing here reads or
//! writes a file but [`receipt`].

mod agent;
mod command;
mod events;
mod hooks;
mod inspect;
mod install;
mod json;
mod receipt;
mod shell;
#[cfg(test)]
mod tests;
mod toml;

use std::fmt;

pub use agent::{Agent, Scope, find, hooks_file, is_here};
pub use command::{is_ours, program};
pub use events::{EVENTS, UNREGISTERED, events};
pub use hooks::{NODE_SCRIPTS, node_script};
pub use inspect::{Inspection, NodeHook, inspect, wins};
pub use install::{Before, Wish, holds_nothing, install, line_command, uninstall};
pub use receipt::Receipt;
pub use shell::{PromptShell, add as add_prompt, generated, remove as remove_prompt, start_file};
pub use toml::{unwrap, wrap, wrapped};

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
