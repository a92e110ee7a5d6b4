//! Our keys and hooks in JSON settings, and how what was there before comes back.

use super::command::{is_ours, on_command_line, with_program};
use super::jsonc::{Doc, New, Node, NodeKind};
use super::{Before, Problem, Wish, hooks};
use crate::agent::{Agent, SettingsSpec, Slot};

pub fn install(
    agent: &Agent,
    spec: &SettingsSpec,
    text: &str,
    before: Option<Before>,
    wish: &Wish,
) -> Result<String, Problem> {
    // A text that does not parse is refused also where there is nothing to do.
    Doc::parse(text)?;
    let mut text = text.to_owned();
    if let Some(spec) = &spec.hooks {
        if spec.may_have_node && wish.replace_node {
            text = hooks::without_node(&text)?;
        }
        text = hooks::without_retired(&text, wish.program)?;
    }
    if wish.line {
        for slot in spec.slots {
            text = filled(&text, slot, wish)?;
        }
        if let Some(slot) = &spec.subagents {
            text = match wish.subagents {
                true => filled(&text, slot, wish)?,
                false => without_rows(&text, slot, before.unwrap_or_default(), wish.program)?,
            };
        }
    }
    match &spec.hooks {
        Some(spec) if wish.hooks => hooks::register(&text, agent, spec.form, wish.program),
        _ => Ok(text),
    }
}

/// What is as `install` has left it becomes what it was; in what has been edited since, only what is ours.
pub fn uninstall(
    spec: &SettingsSpec,
    text: &str,
    before: Option<Before>,
    program: &str,
) -> Result<String, Problem> {
    let before = before.unwrap_or_default();
    let (original, installed) = (Doc::parse(before.original)?, Doc::parse(before.installed)?);
    let mut text = text.to_owned();
    for path in parts(spec, &original, &installed) {
        text = put_back(&Doc::parse(&text)?, &path, &original, &installed)?.unwrap_or(text);
    }
    for slot in spec.slots.iter().chain(&spec.subagents) {
        let (doc, path) = (Doc::parse(&text)?, slot.path());
        let was = original.get(path);
        let is_untouched = was.is_some() && was == installed.get(path);
        text = match doc.get(path).filter(|_| has_ours(&doc, slot, program) && !is_untouched) {
            Some(now) => restored(&doc, now, path, &original),
            None => text,
        };
    }
    match &spec.hooks {
        Some(_) => hooks::restored(&text, &original, &installed, program),
        None => Ok(text),
    }
}

/// The parts that `install` changes, each behind those that it is in.
fn parts<'p>(spec: &SettingsSpec, original: &'p Doc, installed: &'p Doc) -> Vec<Vec<&'p str>> {
    let mut parts = vec![vec![]];
    for slot in spec.slots.iter().chain(&spec.subagents) {
        // A switch inside the object of a command comes and goes with it.
        if !matches!(slot, Slot::NotOff { .. }) {
            parts.extend((1..=slot.path().len()).map(|depth| slot.path()[..depth].to_vec()));
        }
    }
    if spec.hooks.is_some() {
        parts.push(vec!["hooks"]);
        let events = [original, installed].into_iter().filter_map(|doc| doc.get(&["hooks"]));
        parts.extend(events.flat_map(|hooks| &hooks.items).map(|event| vec!["hooks", &event.name]));
    }
    parts
}

/// `None` when somebody has edited the part since, or it is as it was.
fn put_back(doc: &Doc, path: &[&str], original: &Doc, installed: &Doc) -> Result<Option<String>, Problem> {
    fn raw<'t>(doc: &Doc<'t>, path: &[&str]) -> Option<&'t str> {
        doc.get(path).map(|node| doc.raw(node))
    }
    let (was, made) = (raw(original, path), raw(installed, path));
    if was == made || made != raw(doc, path) {
        return Ok(None);
    }
    match was {
        Some(was) => doc.set(path, &New::Raw(was.to_owned())).map(Some),
        None => Ok(Some(doc.without(path, |above| original.get(above).is_some()))),
    }
}

fn restored(doc: &Doc, now: &Node, path: &[&str], original: &Doc) -> String {
    match original.get(path) {
        Some(was) => doc.put(now, original.raw(was)),
        None => doc.without(path, |above| original.get(above).is_some()),
    }
}

/// Rows of subagents that are ours make room for those that were there before.
fn without_rows(text: &str, slot: &Slot, before: Before, program: &str) -> Result<String, Problem> {
    let (doc, original) = (Doc::parse(text)?, Doc::parse(before.original)?);
    let Some(now) = doc.get(slot.path()).filter(|_| has_ours(&doc, slot, program)) else {
        return Ok(text.to_owned());
    };
    let none = Doc::parse("")?;
    Ok(restored(&doc, now, slot.path(), if has_ours(&original, slot, program) { &none } else { &original }))
}

/// The text with what a slot needs.
fn filled(text: &str, slot: &Slot, wish: &Wish) -> Result<String, Problem> {
    let doc = Doc::parse(text)?;
    let Slot::Command { path, args, more } = slot else {
        return if is_off(&doc, slot) {
            doc.set(slot.path(), &New::Raw("true".to_owned()))
        } else {
            Ok(text.to_owned())
        };
    };
    let command = format!("{} {args}", on_command_line(wish.program));
    let command = New::string(command.trim_end());
    let there = doc.get(path).filter(|node| node.member("type").and_then(Node::string) == Some("command"));
    let Some(old) = there.and_then(|node| node.member("command")) else {
        let more = more.iter().map(|(name, value)| (*name, New::Raw((*value).to_owned())));
        let first = [("type", New::string("command")), ("command", command)];
        return doc.set(path, &New::object(first.into_iter().chain(more)));
    };
    let old_command = old.string().unwrap_or_default();
    if is_ours(old_command, wish.program) {
        // The user's own arguments and keys stay.
        let moved = with_program(old_command, wish.program);
        return Ok(moved.map_or(text.to_owned(), |moved| doc.put(old, &New::string(&moved).on_one_line())));
    }
    if wish.keep_subagents && !args.is_empty() {
        return Ok(text.to_owned());
    }
    let mut text = doc.put(old, &command.on_one_line());
    for (name, value) in *more {
        let (doc, path) = (Doc::parse(&text)?, [path, &[*name][..]].concat());
        if doc.get(&path).is_none() {
            text = doc.set(&path, &New::Raw((*value).to_owned()))?;
        }
    }
    Ok(text)
}

/// Whether the command of a slot is ours.
fn has_ours(doc: &Doc, slot: &Slot, program: &str) -> bool {
    matches!(slot, Slot::Command { .. })
        && doc.string(&[slot.path(), &["command"]].concat()).is_some_and(|command| is_ours(command, program))
}

/// Whether a switch keeps the line from being shown.
pub fn is_off(doc: &Doc, slot: &Slot) -> bool {
    let now = doc.get(slot.path()).map(|node| &node.kind);
    match slot {
        Slot::Command { .. } => false,
        Slot::Switch { .. } => now != Some(&NodeKind::Bool(true)),
        Slot::NotOff { .. } => now == Some(&NodeKind::Bool(false)),
    }
}
