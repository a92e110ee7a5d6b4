//! What is put into the settings of an agent, and how what was there before comes back.

use jsonc_parser::ast::Value;

use super::agent::{Agent, Slot, command_value};
use super::command::{is_ours, on_command_line, with_program};
use super::json::{Doc, New, member, same};
use super::{Problem, hooks, toml};

/// What shall be in the settings.
#[derive(Debug, Clone, Copy)]
pub struct Wish<'a> {
    /// The program to start, as a path or a name.
    pub program: &'a str,
    /// Register the hooks, where the agent has any.
    pub hooks: bool,
    /// Take out hooks that run the Node scripts.
    pub replace_node: bool,
    /// Leave a line for subagents that is not ours.
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
/// stands for no file.
///
/// # Errors
/// The text does not parse, or has something else where ours belongs.
pub fn install(agent: Agent, text: &str, wish: &Wish) -> Result<String, Problem> {
    let body = text.trim_start_matches(BOM);
    let new = match agent {
        Agent::Kimi => toml::set_line(body, wish.program)?,
        _ => install_json(agent, body, wish)?,
    };
    Ok(with_bom_of(text, new))
}

/// The settings with what is ours put back to what was there `before`, and everything else as it is
/// now. Without `before`, what is ours goes.
///
/// # Errors
/// A text does not parse.
pub fn uninstall(agent: Agent, text: &str, before: Option<Before>, program: &str) -> Result<String, Problem> {
    let body = text.trim_start_matches(BOM);
    let before = before.map(|before| Before {
        original: before.original.trim_start_matches(BOM),
        installed: before.installed.trim_start_matches(BOM),
    });
    let new = match agent {
        Agent::Kimi => toml::unset_line(body, before, program)?,
        _ => uninstall_json(agent, body, before, program)?,
    };
    Ok(with_bom_of(text, new))
}

/// The command of the line that is set; `None` when there is none, or the text does not parse.
pub fn line_command(agent: Agent, text: &str) -> Option<String> {
    let body = text.trim_start_matches(BOM);
    match agent {
        Agent::Kimi => toml::line(body),
        _ => Doc::parse(body).ok()?.string(&[agent.line(), &["command"]].concat()),
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

fn install_json(agent: Agent, text: &str, wish: &Wish) -> Result<String, Problem> {
    // Fails on what does not parse also where there is nothing to do.
    Doc::parse(text)?;
    let mut text = text.to_owned();
    if wish.replace_node && agent == Agent::ClaudeCode {
        text = hooks::without(&text, |handler, _| handler.node_script().is_some())?;
    }
    for slot in agent.slots() {
        text = fill(&Doc::parse(&text)?, slot, wish)?.unwrap_or(text);
    }
    if wish.hooks && agent == Agent::ClaudeCode {
        text = hooks::register(&text, wish.program)?;
    }
    Ok(text)
}

/// `None` when it is filled.
fn fill(doc: &Doc, slot: &Slot, wish: &Wish) -> Result<Option<String>, Problem> {
    let path = slot.path();
    let Slot::Command { args, more, .. } = slot else {
        let is_on = doc.get(path).and_then(Value::as_boolean_lit).is_some_and(|switch| switch.value);
        return if is_on { Ok(None) } else { doc.set(path, &New::Raw("true".to_owned())).map(Some) };
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

fn uninstall_json(
    agent: Agent,
    text: &str,
    before: Option<Before>,
    program: &str,
) -> Result<String, Problem> {
    Doc::parse(text)?;
    let original = Doc::parse(before.map_or("", |before| before.original))?;
    let installed = before.map(|before| Doc::parse(before.installed)).transpose()?;
    let mut text = text.to_owned();
    for slot in agent.slots() {
        let doc = Doc::parse(&text)?;
        text = restore(&doc, slot, &original, installed.as_ref(), program)?.unwrap_or(text);
    }
    if agent == Agent::ClaudeCode {
        text = hooks::without(&text, |handler, doc| {
            handler.is_ours(program) && handler.count_in(doc) > handler.count_in(&original)
        })?;
        if let Some(installed) = &installed {
            text = hooks::with_those_gone(&text, &original, installed)?;
        }
        text = hooks::pruned(&text, &original)?;
    }
    respaced(text, &original)
}

/// `None` when it is not ours any more, or never was.
fn restore(
    doc: &Doc,
    slot: &Slot,
    original: &Doc,
    installed: Option<&Doc>,
    program: &str,
) -> Result<Option<String>, Problem> {
    let path = slot.path();
    let Some(now) = doc.get(path) else { return Ok(None) };
    let was = original.get(path);
    let left_alone = installed.is_some_and(|installed| match (was, installed.get(path)) {
        (Some(was), Some(made)) => same(was, made),
        _ => false,
    });
    let is_ours = match slot {
        Slot::Command { .. } => {
            doc.string(&[path, &["command"]].concat()).is_some_and(|c| is_ours(&c, program))
        }
        // Without a receipt nobody knows who has switched it on.
        Slot::Switch { .. } => installed.is_some() && now.as_boolean_lit().is_some_and(|switch| switch.value),
    };
    if left_alone || !is_ours {
        return Ok(None);
    }
    if let Some(was) = was {
        return Ok(Some(doc.put(now, &New::Raw(original.raw(was).to_owned()))));
    }
    // With it go the objects that were made for it.
    let mut depth = path.len() - 1;
    let is_spare = |depth: usize| {
        let object = doc.get(&path[..depth]).and_then(Value::as_object);
        object.is_some_and(|object| object.properties.len() == 1) && original.get(&path[..depth]).is_none()
    };
    while depth > 0 && is_spare(depth) {
        depth -= 1;
    }
    Ok(doc.get(&path[..depth]).map(|object| doc.remove_member(object, path[depth])))
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
