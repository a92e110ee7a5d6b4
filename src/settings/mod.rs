//! Edits of agents' settings and shells' start files: what is ours in them, how it is added, and how it is removed
//! again. Text in, text out; only [`receipt`] reads and writes files.

mod command;
mod hooks;
mod inspect;
mod jsonc;
mod keys;
mod plugin;
mod receipt;
mod shell;
#[cfg(test)]
mod tests;
mod toml;
mod unit;

use std::path::Path;

use anyhow::{Result, anyhow};

use crate::agent::{Agent, SettingsFormat};

pub use command::{is_ours, on_command_line};
pub use hooks::node_script;
pub use inspect::{Inspection, inspect, wins};
pub use receipt::Receipt;
pub use shell::{add as add_prompt, generated, remove as remove_prompt, start_file};
pub use toml::{unwrap, wrap, wrapped};
pub use unit::{Service, Template, service};

/// Options of [`install`].
#[derive(Debug, Clone, Copy)]
pub struct InstallOptions<'a> {
    /// Path or name of the program to start.
    pub program: &'a str,
    /// Show the line. Off for a file that has only hooks.
    pub line: bool,
    /// Register the hooks, if the agent has any.
    pub hooks: bool,
    /// Remove hooks that run the Node scripts.
    pub replace_node: bool,
    /// Show rows of subagents. If off, those of ours are removed.
    pub subagents: bool,
    /// Keep rows of subagents that are not ours.
    pub keep_subagents: bool,
}

/// A settings file of an agent.
#[derive(Debug, Clone, Copy)]
pub struct AgentFile {
    pub agent: &'static Agent,
    pub format: SettingsFormat,
}

impl AgentFile {
    pub fn new(agent: &'static Agent, path: &Path) -> Self {
        AgentFile { agent, format: SettingsFormat::of(path) }
    }
}

/// A file before the first install and after the last one; both are empty if that is unknown.
#[derive(Debug, Clone, Copy, Default)]
pub struct Before<'a> {
    /// Empty if there was no file.
    pub original: &'a str,
    /// As `install` left it.
    pub installed: &'a str,
}

const BOM: char = '\u{feff}';

/// The settings with everything that the options ask for; the same text if it is there already. An empty text
/// stands for no file. Keys that only older versions set are restored to what was there `before`.
///
/// # Errors
/// A text does not parse, or has a value of another type where ours belongs.
pub fn install(file: AgentFile, text: &str, before: Before, options: &InstallOptions) -> Result<String> {
    match file.format {
        SettingsFormat::Jsonc => keys::install(file.agent, text, before, options),
        SettingsFormat::Toml => toml::install(file.agent, text, options),
        SettingsFormat::Script => Ok(plugin::text(file.agent, options.program)),
    }
}

/// The settings with everything of ours restored to what was there `before`, or removed if that is unknown. Everything
/// else stays as it is.
///
/// # Errors
/// A text does not parse.
pub fn uninstall(file: AgentFile, text: &str, before: Before, program: &str) -> Result<String> {
    let spec = &file.agent.settings;
    match file.format {
        SettingsFormat::Jsonc => keys::uninstall(spec, text, before, program),
        SettingsFormat::Toml => toml::uninstall(spec, text, before, program),
        SettingsFormat::Script => {
            Ok(if plugin::program(file.agent, text).is_some() { before.original } else { text }.to_owned())
        }
    }
}

/// The command of the statusline. `None` if none is set, or the text does not parse.
pub fn line_command(file: AgentFile, text: &str) -> Option<String> {
    let spec = &file.agent.settings;
    match file.format {
        SettingsFormat::Jsonc => {
            let path = [spec.line_keys.first()?.path(), &["command"]].concat();
            jsonc::JsonDoc::parse(text).ok()?.string(&path).map(str::to_owned)
        }
        SettingsFormat::Toml => toml::line_command(spec, text).ok()?,
        SettingsFormat::Script => None,
    }
}

/// The file has neither keys nor comments.
pub fn holds_nothing(text: &str) -> bool {
    let rest = text.trim_start_matches(BOM).trim();
    let inside = rest.strip_prefix('{').and_then(|rest| rest.strip_suffix('}'));
    inside.unwrap_or(rest).trim().is_empty()
}

/// An error at a byte of a file, with its line and column from 1.
pub fn error_at(content: &[u8], offset: usize, message: &str) -> anyhow::Error {
    let before = String::from_utf8_lossy(&content[..offset.min(content.len())]);
    let (line, last) = (before.matches('\n').count() + 1, before.rsplit('\n').next().unwrap_or_default());
    anyhow!("line {line}, column {}: {message}", last.chars().count() + 1)
}

/// The message of a parser in the style of ours: some begin with a capital and end with a full stop.
fn not_valid(format: &str, message: &str) -> String {
    let (first, rest) = message.split_at_checked(1).unwrap_or_default();
    format!("not valid {format}: {}{}", first.to_lowercase(), rest.trim_end_matches('.'))
}
