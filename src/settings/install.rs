//! What is put into the settings of an agent, and how what was there before comes back.

use jsonc_parser::ast::Value;

use super::agent::{Agent, SUBAGENTS, Slot, command_value};
use super::command::{is_ours, on_command_line, with_program};
use super::events::events;
use super::json::{Doc, New, member, same, with_halves, without_halves};
use super::{Problem, hooks, toml};

/// What shall be in the settings.
#[derive(Debug, Clone, Copy)]
pub struct Wish<'a> {
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

/// A file as it was before the first install and after the last one.
#[derive(Debug, Clone, Copy)]
pub struct Before<'a> {
    /// Empty where there was no file.
    pub original: &'a str,
    /// What install has made of it.
    pub installed: &'a str,
}

const BOM: char = '\u{feff}';

/// The settings with what shall be in them; the same text when it is there already. An empty text
/// stands for no file. What an older version has put in and this one does not comes out, and makes room
/// for what was there `before`.
///
/// # Errors
/// A text does not parse, or has something else where ours belongs.
pub fn install(agent: Agent, text: &str, before: Option<Before>, wish: &Wish) -> Result<String, Problem> {
    let (body, before) = (text.trim_start_matches(BOM), before.map(Before::without_bom));
    let new = match agent {
        Agent::Kimi => install_toml(body, wish)?,
        _ => {
            let was = before.unwrap_or(Before { original: "", installed: "" });
            with_halves([body, was.original, was.installed], |[body, original, installed]| {
                install_json(agent, body, before.map(|_| Before { original, installed }), wish)
            })?
        }
    };
    Ok(with_bom_of(text, new))
}

/// The settings with what is ours put back to what was there `before`, and everything else as it is
/// now. Without `before`, what is ours goes.
///
/// # Errors
/// A text does not parse.
pub fn uninstall(agent: Agent, text: &str, before: Option<Before>, program: &str) -> Result<String, Problem> {
    let (body, before) = (text.trim_start_matches(BOM), before.map(Before::without_bom));
    let new = match agent {
        Agent::Kimi => toml::unset_hooks(&toml::unset_line(body, before, program)?, before, program)?,
        _ => {
            let was = before.unwrap_or(Before { original: "", installed: "" });
            with_halves([body, was.original, was.installed], |[body, original, installed]| {
                uninstall_json(agent, body, before.map(|_| Before { original, installed }), program)
            })?
        }
    };
    Ok(with_bom_of(text, new))
}

impl Before<'_> {
    fn without_bom(self) -> Self {
        Before {
            original: self.original.trim_start_matches(BOM),
            installed: self.installed.trim_start_matches(BOM),
        }
    }
}

/// The command of the line that is set; `None` when there is none, or the text does not parse.
pub fn line_command(agent: Agent, text: &str) -> Option<String> {
    let body = text.trim_start_matches(BOM);
    match agent {
        Agent::Kimi => toml::line(body),
        _ => Doc::parse(&without_halves(body)).ok()?.string(&[agent.line(), &["command"]].concat()),
    }
}

/// Whether nothing is left in a file: no key, no comment.
pub fn holds_nothing(text: &str) -> bool {
    let rest = text.trim_start_matches(BOM).trim();
    let inside = rest.strip_prefix('{').and_then(|rest| rest.strip_suffix('}'));
    inside.unwrap_or(rest).trim().is_empty()
}

fn with_bom_of(text: &str, body: String) -> String {
    if text.starts_with(BOM) { format!("{BOM}{body}") } else { body }
}

fn install_toml(text: &str, wish: &Wish) -> Result<String, Problem> {
    let text = if wish.line { toml::set_line(text, wish.program)? } else { text.to_owned() };
    match wish.hooks {
        true => toml::set_hooks(&text, events(Agent::Kimi), wish.program),
        false => Ok(text),
    }
}

fn install_json(agent: Agent, text: &str, before: Option<Before>, wish: &Wish) -> Result<String, Problem> {
    // Fails on what does not parse also where there is nothing to do.
    Doc::parse(text)?;
    let mut text = text.to_owned();
    if agent == Agent::ClaudeCode {
        if wish.replace_node {
            text = hooks::without(&text, |handler, _| handler.node_script().is_some())?;
        }
        text = hooks::without_retired(&text, wish.program)?;
    }
    if wish.line {
        for slot in agent.slots() {
            text = fill(&Doc::parse(&text)?, slot, wish)?.unwrap_or(text);
        }
        if agent == Agent::ClaudeCode {
            let doc = Doc::parse(&text)?;
            let rows = match wish.subagents {
                true => fill(&doc, &SUBAGENTS, wish)?,
                false => without_rows(&doc, &Was::new(before)?.original, wish.program),
            };
            text = rows.unwrap_or(text);
        }
    }
    if wish.hooks {
        text = hooks::register(&text, agent, wish.program)?;
    }
    Ok(text)
}

/// Rows of subagents make room for those that were there before ours. `None` when they are not ours.
fn without_rows(doc: &Doc, original: &Doc, program: &str) -> Option<String> {
    let path = SUBAGENTS.path();
    let has_ours = |doc: &Doc| {
        doc.string(&[path, &["command"]].concat()).is_some_and(|command| is_ours(&command, program))
    };
    let now = doc.get(path).filter(|_| has_ours(doc))?;
    Some(match original.get(path).filter(|_| !has_ours(original)) {
        Some(was) => doc.put(now, &New::Raw(original.raw(was).to_owned())),
        None => doc.remove_member(doc.get(&[])?, path[0]),
    })
}

/// `None` when it is filled.
fn fill(doc: &Doc, slot: &Slot, wish: &Wish) -> Result<Option<String>, Problem> {
    let path = slot.path();
    let Slot::Command { args, more, .. } = slot else {
        return if is_off(doc, slot) {
            doc.set(path, &New::Raw("true".to_owned())).map(Some)
        } else {
            Ok(None)
        };
    };
    let command = format!("{} {args}", on_command_line(wish.program));
    let command = command.trim_end();
    let there = doc.get(path).filter(|value| {
        member(value, "type").and_then(Value::as_string_lit).is_some_and(|kind| kind.value == "command")
    });
    let Some((object, old)) = there.and_then(|value| Some((value, member(value, "command")?))) else {
        return doc.set(path, &command_value(command, more)).map(Some);
    };
    let old_command = old.as_string_lit().map(|old| old.value.as_ref()).unwrap_or_default();
    if is_ours(old_command, wish.program) {
        // The user's own arguments and keys stay.
        return Ok(with_program(old_command, wish.program).map(|moved| doc.put(old, &New::string(&moved))));
    }
    if wish.keep_subagents && !args.is_empty() {
        return Ok(None);
    }
    let missing: Vec<_> = more.iter().filter(|(name, _)| member(object, name).is_none()).collect();
    let mut text = doc.put(old, &New::string(command));
    for (name, value) in missing {
        text = Doc::parse(&text)?.set(&[path, &[name]].concat(), &New::Raw((*value).to_owned()))?;
    }
    Ok(Some(text))
}

/// Whether a switch keeps the line from being shown.
pub(super) fn is_off(doc: &Doc, slot: &Slot) -> bool {
    let now = doc.get(slot.path()).and_then(Value::as_boolean_lit).map(|switch| switch.value);
    match slot {
        Slot::Command { .. } => false,
        Slot::Switch { .. } => now != Some(true),
        Slot::NotOff { .. } => now == Some(false),
    }
}

fn uninstall_json(
    agent: Agent,
    text: &str,
    before: Option<Before>,
    program: &str,
) -> Result<String, Problem> {
    Doc::parse(text)?;
    let was = Was::new(before)?;
    let subagents = (agent == Agent::ClaudeCode).then_some(&SUBAGENTS);
    let mut text = text.to_owned();
    for slot in agent.slots().iter().chain(subagents) {
        text = was.restore(&Doc::parse(&text)?, slot, program)?.unwrap_or(text);
    }
    if events(agent).next().is_some() {
        text = hooks::without(&text, |handler, doc| {
            handler.is_ours(program) && handler.count_in(doc) > handler.count_in(&was.original)
        })?;
        if let Some(installed) = &was.installed {
            text = hooks::with_those_gone(&text, &was.original, installed)?;
        }
        text = hooks::pruned(&text, &was.original)?;
    }
    respaced(text, &was.original)
}

/// What was there [`Before`], parsed.
struct Was<'t> {
    original: Doc<'t>,
    /// `None` when it is not known what install has made.
    installed: Option<Doc<'t>>,
}

impl<'t> Was<'t> {
    fn new(before: Option<Before<'t>>) -> Result<Self, Problem> {
        Ok(Was {
            original: Doc::parse(before.map_or("", |before| before.original))?,
            installed: before.map(|before| Doc::parse(before.installed)).transpose()?,
        })
    }

    /// `None` when it is not ours any more, or never was.
    fn restore(&self, doc: &Doc, slot: &Slot, program: &str) -> Result<Option<String>, Problem> {
        let path = slot.path();
        let (was, made) = (self.original.get(path), self.installed.as_ref().and_then(|made| made.get(path)));
        let Some(now) = doc.get(path) else {
            // Install took it out, unless somebody else did.
            let taken_out = was.filter(|_| self.installed.is_some() && made.is_none());
            let raw = taken_out.map(|was| New::Raw(self.original.raw(was).to_owned()));
            return raw.map(|raw| doc.set(path, &raw)).transpose();
        };
        let left_alone = matches!((was, made), (Some(was), Some(made)) if same(was, made));
        let is_ours = match slot {
            Slot::Command { .. } => {
                doc.string(&[path, &["command"]].concat()).is_some_and(|c| is_ours(&c, program))
            }
            // Without a receipt nobody knows who has switched it on.
            Slot::Switch { .. } => self.installed.is_some() && !is_off(doc, slot),
            Slot::NotOff { .. } => false,
        };
        if left_alone || !is_ours {
            return Ok(None);
        }
        if let Some(was) = was {
            return Ok(Some(doc.put(now, &New::Raw(self.original.raw(was).to_owned()))));
        }
        // With it go the objects that were made for it.
        let mut depth = path.len() - 1;
        let is_spare = |depth: usize| {
            let object = doc.get(&path[..depth]).and_then(Value::as_object);
            object.is_some_and(|object| object.properties.len() == 1)
                && self.original.get(&path[..depth]).is_none()
        };
        while depth > 0 && is_spare(depth) {
            depth -= 1;
        }
        Ok(doc.get(&path[..depth]).map(|object| doc.remove_member(object, path[depth])))
    }
}

/// Where nothing but white space, or the order of groups of hooks, tells a part from the original,
/// the original's text of it.
fn respaced(mut text: String, original: &Doc) -> Result<String, Problem> {
    let mut paths: Vec<Vec<&str>> = vec![vec![]];
    for name in ["hooks", "footer", "ui"] {
        paths.push(vec![name]);
    }
    let hooks = original.get(&["hooks"]).and_then(Value::as_object);
    for event in hooks.iter().flat_map(|hooks| &hooks.properties) {
        paths.insert(0, vec!["hooks", event.name.as_str()]);
    }
    for path in paths {
        let doc = Doc::parse(&text)?;
        let (Some(now), Some(was)) = (doc.get(&path), original.get(&path)) else { continue };
        let (now_raw, was_raw) = (doc.raw(now), original.raw(was));
        let mut letters = [now_raw, was_raw].map(|text| text.split_whitespace().collect::<String>());
        let mut is_same = same(now, was) && letters[0] == letters[1];
        if path.len() == 2 && are_permuted(now, was) {
            // No comment has come or gone either.
            letters = letters.map(|text| {
                let mut letters: Vec<char> = text.chars().collect();
                letters.sort_unstable();
                letters.into_iter().collect()
            });
            is_same = letters[0] == letters[1];
        }
        if is_same {
            text = doc.put(now, &New::Raw(was_raw.to_owned()));
        }
    }
    Ok(text)
}

fn are_permuted(a: &Value, b: &Value) -> bool {
    let (Some(a), Some(b)) = (a.as_array(), b.as_array()) else { return false };
    let mut left: Vec<_> = b.elements.iter().collect();
    a.elements.iter().all(|a| left.iter().position(|b| same(a, b)).map(|at| left.swap_remove(at)).is_some())
        && left.is_empty()
}
