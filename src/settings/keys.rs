//! Adding our keys and hooks to JSON settings, and restoring what was there before.

use anyhow::Result;

use super::command::{is_ours, on_command_line, with_program};
use super::jsonc::{JsonDoc, JsonKind, NewJson};
use super::{Before, InstallOptions, hooks};
use crate::agent::{Agent, LineKey, SettingsSpec};
use crate::base::json::quote;

pub fn install(agent: &Agent, text: &str, before: Before, options: &InstallOptions) -> Result<String> {
    let spec = &agent.settings;
    // A text that does not parse is refused even if there is nothing to do.
    JsonDoc::parse(text)?;
    let mut text = text.to_owned();
    if spec.may_have_node && options.replace_node {
        text = hooks::without(&text, |handler, _| handler.node_script().is_some(), |_| true)?;
    }
    text = hooks::without_retired(&text, options.program)?;
    if options.line {
        for key in spec.line_keys {
            text = filled(&text, key, options)?;
        }
        if let Some(key) = &spec.subagents {
            text = match options.subagents {
                true => filled(&text, key, options)?,
                false => without_rows(&text, key, before, options.program)?,
            };
        }
    }
    match spec.hooks {
        Some(form) if options.hooks => hooks::register(&text, agent, form, options.program),
        _ => Ok(text),
    }
}

/// Parts that are as `install` left them are restored; in parts that were edited since, only ours is removed.
pub fn uninstall(spec: &SettingsSpec, text: &str, before: Before, program: &str) -> Result<String> {
    let (original, installed) = (JsonDoc::parse(before.original)?, JsonDoc::parse(before.installed)?);
    let mut text = text.to_owned();
    for path in parts(spec, &original, &installed) {
        let doc = JsonDoc::parse(&text)?;
        let raw = |doc: &JsonDoc| doc.get(&path).map(|node| doc.raw(node).to_owned());
        let made = raw(&installed);
        if raw(&doc) == made && raw(&original) != made {
            text = restored(&doc, &path, &original)?;
        }
    }
    for key in spec.line_keys.iter().chain(&spec.subagents) {
        let (doc, path) = (JsonDoc::parse(&text)?, key.path());
        let was = original.get(path);
        let is_untouched = was.is_some() && was == installed.get(path);
        if has_ours(&doc, key, program) && !is_untouched {
            text = restored(&doc, path, &original)?;
        }
    }
    hooks::restored(&text, &original, &installed, program)
}

/// Paths of all parts of a file that `install` changes, outer parts first.
fn parts<'p>(spec: &SettingsSpec, original: &'p JsonDoc, installed: &'p JsonDoc) -> Vec<Vec<&'p str>> {
    let mut parts = vec![vec![]];
    for key in spec.line_keys.iter().chain(&spec.subagents) {
        // Such a switch is restored with the command it belongs to.
        if !matches!(key, LineKey::NotOff { .. }) {
            parts.extend((1..=key.path().len()).map(|depth| key.path()[..depth].to_vec()));
        }
    }
    parts.push(vec!["hooks"]);
    let events = [original, installed].into_iter().filter_map(|doc| doc.get(&["hooks"]));
    parts.extend(events.flat_map(|hooks| &hooks.items).map(|event| vec!["hooks", &event.name]));
    parts
}

/// The text with the original's value at a path, or with none if it has none.
fn restored(doc: &JsonDoc, path: &[&str], original: &JsonDoc) -> Result<String> {
    match original.get(path) {
        Some(was) => doc.set(path, &NewJson::Raw(original.raw(was).to_owned())),
        None => Ok(doc.without(path, |above| original.get(above).is_some())),
    }
}

/// Rows of subagents that are ours are replaced by those that were there before.
fn without_rows(text: &str, key: &LineKey, before: Before, program: &str) -> Result<String> {
    let doc = JsonDoc::parse(text)?;
    if !has_ours(&doc, key, program) {
        return Ok(text.to_owned());
    }
    let original = JsonDoc::parse(before.original)?;
    let original = if has_ours(&original, key, program) { JsonDoc::parse("")? } else { original };
    restored(&doc, key.path(), &original)
}

/// The text with a key set as it must be.
fn filled(text: &str, key: &LineKey, options: &InstallOptions) -> Result<String> {
    let doc = JsonDoc::parse(text)?;
    let LineKey::Command { path, args, more } = key else {
        let on = || doc.set(key.path(), &NewJson::Raw("true".to_owned()));
        return if is_off(&doc, key) { on() } else { Ok(text.to_owned()) };
    };
    let command = format!("{} {args}", on_command_line(options.program));
    let command = NewJson::string(command.trim_end());
    let there = doc.get(path).filter(|_| doc.string(&[path, &["type"][..]].concat()) == Some("command"));
    let Some(old) = there.and_then(|node| node.member("command")) else {
        let more = more.iter().map(|(name, value)| (*name, NewJson::Raw((*value).to_owned())));
        let first = [("type", NewJson::string("command")), ("command", command)];
        return doc.set(path, &NewJson::object(first.into_iter().chain(more)));
    };
    let old_command = old.string().unwrap_or_default();
    if is_ours(old_command, options.program) {
        // The user's own arguments and keys stay.
        let moved = with_program(old_command, options.program);
        return Ok(moved.map_or(text.to_owned(), |moved| doc.put(old, &quote(&moved))));
    }
    if options.keep_subagents && !args.is_empty() {
        return Ok(text.to_owned());
    }
    let mut text = doc.put(old, &command.on_one_line());
    for (name, value) in *more {
        let (doc, path) = (JsonDoc::parse(&text)?, [path, &[*name][..]].concat());
        if doc.get(&path).is_none() {
            text = doc.set(&path, &NewJson::Raw((*value).to_owned()))?;
        }
    }
    Ok(text)
}

/// The command of a key is ours.
fn has_ours(doc: &JsonDoc, key: &LineKey, program: &str) -> bool {
    matches!(key, LineKey::Command { .. })
        && doc.string(&[key.path(), &["command"]].concat()).is_some_and(|command| is_ours(command, program))
}

/// A switch hides the line.
pub fn is_off(doc: &JsonDoc, key: &LineKey) -> bool {
    let now = doc.get(key.path()).map(|node| &node.kind);
    match key {
        LineKey::Command { .. } | LineKey::Table { .. } => false,
        LineKey::Switch { .. } => now != Some(&JsonKind::Bool(true)),
        LineKey::NotOff { .. } => now == Some(&JsonKind::Bool(false)),
    }
}
