//! Edits of TOML files. The library keeps comments and order, but writes every line ending as LF and drops a byte
//! order mark, so unchanged lines are taken from the original text.

use anyhow::{Context, Result, bail};
use similar::{Algorithm, ChangeTag, capture_diff_slices};
use toml_edit::{Array, ArrayOfTables, DocumentMut, InlineTable, Item, Table, TableLike, Value, value};

use super::command::{is_our_hook, is_ours, names_us, on_command_line, with_program};
use super::jsonc::newline;
use super::{BOM, Before, InstallOptions, error_at, not_valid};
use crate::agent::{Agent, LineKey, PROGRAM, SettingsSpec};
use crate::base::json::quote;
use crate::bridge::event::registered_by;

/// Minimum time between two runs of a wrapped statusline, in seconds: agents run theirs at every change.
const WRAPPED_INTERVAL: i64 = 5;

/// Name of the segment that shows a wrapped statusline.
const WRAPPED: &str = "wrapped";

pub fn install(agent: &Agent, text: &str, options: &InstallOptions) -> Result<String> {
    edit(text, |doc| {
        if options.line {
            agent.settings.line_keys.iter().try_for_each(|key| set_key(doc, key, options.program))?;
        }
        if options.hooks {
            set_hooks(doc, agent, options.program)?;
        }
        Ok(())
    })
}

pub fn uninstall(spec: &SettingsSpec, text: &str, before: Before, program: &str) -> Result<String> {
    let mut original = parse(before.original)?;
    edit(text, |doc| {
        spec.line_keys.iter().for_each(|key| unset_key(doc, key, &original, program));
        unset_hooks(doc, &mut original, program);
        Ok(())
    })
}

/// The string at a path. `None` if there is none.
fn string(text: &str, path: &[&str]) -> Result<Option<String>> {
    Ok(item(&parse(text)?, path).and_then(Item::as_str).map(str::to_owned))
}

/// There is a `false` at a path.
///
/// # Errors
/// The text does not parse.
pub fn is_off(text: &str, path: &[&str]) -> Result<bool> {
    Ok(item(&parse(text)?, path).and_then(Item::as_bool) == Some(false))
}

fn item<'d>(doc: &'d DocumentMut, path: &[&str]) -> Option<&'d Item> {
    path.iter().try_fold(doc.as_item(), |item, name| item.get(name))
}

/// Event and command of each hook.
///
/// # Errors
/// The text does not parse.
pub fn hooks(text: &str) -> Result<Vec<(String, String)>> {
    Ok(hooks_of(&mut parse(text)?))
}

/// The command of the line. `None` if there is none.
///
/// # Errors
/// The text does not parse.
pub fn line_command(spec: &SettingsSpec, text: &str) -> Result<Option<String>> {
    let Some(key) = spec.line_keys.first() else { return Ok(None) };
    let command = string(text, &[key.path(), &["command"]].concat())?;
    let is_program = matches!(key, LineKey::Table { .. });
    Ok(command.map(|command| if is_program { on_command_line(&command).into_owned() } else { command }))
}

/// Path of the first key, after that of the command, that keeps the line from being shown.
///
/// # Errors
/// The text does not parse.
pub fn off(spec: &SettingsSpec, text: &str, program: &str) -> Result<Option<String>> {
    let doc = parse(text)?;
    let key = spec.line_keys.iter().skip(1).find(|key| !is_set(&doc, key, program));
    Ok(key.map(|key| key.path().join(".")))
}

/// Handlers that Codex trusts, as file and place.
///
/// # Errors
/// The text does not parse.
pub fn trusted(text: &str) -> Result<Vec<String>> {
    let doc = parse(text)?;
    let state = item(&doc, &["hooks", "state"]).and_then(Item::as_table_like);
    let is_trusted = |item: &Item| item.get("trusted_hash").is_some();
    let handlers = state.into_iter().flat_map(TableLike::iter).filter(|(_, item)| is_trusted(item));
    Ok(handlers.map(|(name, _)| name.to_owned()).collect())
}

/// The table of a key of the line, and the members that it must have.
fn members(key: &LineKey, program: &str) -> (&'static [&'static str], Vec<(&'static str, Value)>) {
    match key {
        LineKey::Command { path, .. } => (path, vec![("command", on_command_line(program).as_ref().into())]),
        LineKey::Table { path, members } => {
            let value = |text: &str| text.replace(PROGRAM, &quote(program)).parse().expect("it is TOML");
            (path, members.iter().map(|(name, text)| (*name, value(text))).collect())
        }
        LineKey::Switch { path } | LineKey::NotOff { path } => {
            let (name, table) = path.split_last().expect("a key has a name");
            (table, vec![(name, true.into())])
        }
    }
}

/// A key of the line is set as we do, perhaps with another path of the program.
fn is_set(doc: &DocumentMut, key: &LineKey, program: &str) -> bool {
    let (path, members) = members(key, program);
    let now = item(doc, path).and_then(|table| table.get(members[0].0));
    let is_command = matches!(key, LineKey::Command { .. });
    let names = |now: &str| if is_command { is_ours(now, program) } else { names_us(now, program) };
    now.is_some_and(|now| now.as_str().map_or(now.as_bool() == Some(true), names))
}

/// Sets a key of the line. Tables that are missing are created.
fn set_key(doc: &mut DocumentMut, key: &LineKey, program: &str) -> Result<()> {
    let was_ours = is_set(doc, key, program);
    let (path, members) = members(key, program);
    let table = path.iter().try_fold(doc.as_table_mut() as &mut dyn TableLike, |table, name| table_at(table, name))?;
    for (name, new) in members {
        let old = table.get(name).filter(|_| was_ours);
        // The user's own arguments stay.
        let moved = match (old.and_then(Item::as_str), key) {
            (Some(old), LineKey::Command { .. }) => with_program(old, program).map(Value::from),
            (None, _) if old.is_some() => None,
            _ => Some(new),
        };
        moved.into_iter().for_each(|new| put(table, name, new));
    }
    Ok(())
}

fn unset_key(doc: &mut DocumentMut, key: &LineKey, original: &DocumentMut, program: &str) {
    let whole = match key {
        LineKey::Command { path, .. } => [path, &["command"][..]].concat(),
        key => key.path().to_vec(),
    };
    if is_set(doc, key, program) {
        restore(doc.as_table_mut(), Some(original.as_table()), &whole);
    }
}

/// Gives the item at a path its original value, or removes it, and tables that become empty, where it had none.
fn restore(table: &mut dyn TableLike, original: Option<&dyn TableLike>, path: &[&str]) {
    let Some(((name, below), now)) = path.split_first().and_then(|path| Some((path, table.get_mut(path.0)?))) else {
        return;
    };
    let was = original.and_then(|original| original.get(name));
    let is_empty = match now.as_table_like_mut().filter(|_| !below.is_empty()) {
        Some(inner) => {
            restore(inner, was.and_then(Item::as_table_like), below);
            inner.is_empty()
        }
        None => {
            was.into_iter().for_each(|was| *now = was.clone());
            true
        }
    };
    if is_empty && was.is_none() {
        table.remove(name);
    }
}

/// Registers all events of an agent, each once, and updates the program in hooks of ours.
fn set_hooks(doc: &mut DocumentMut, agent: &Agent, program: &str) -> Result<()> {
    let hooks = doc.entry("hooks").or_insert_with(|| Item::ArrayOfTables(ArrayOfTables::new()));
    for table in tables(hooks) {
        let ours = hook(table).filter(|(_, command)| is_our_hook(command, program));
        if let Some(moved) = ours.and_then(|(_, command)| with_program(command, program)) {
            put(table, "command", moved.into());
        }
    }
    let command = format!("{} hook", on_command_line(program));
    for event in registered_by(agent) {
        let is_there = |(name, command): (&str, &str)| name == event && is_our_hook(command, program);
        if tables(hooks).iter().any(|table| hook(*table).is_some_and(is_there)) {
            continue;
        }
        let members = [("event", event), ("command", &command)];
        match hooks {
            Item::ArrayOfTables(tables) => {
                tables.push(members.map(|(k, v)| (k, value(v))).into_iter().collect());
            }
            Item::Value(Value::Array(array)) => array.push(members.into_iter().collect::<InlineTable>()),
            _ => bail!("hooks is not an array of tables"),
        }
    }
    Ok(())
}

/// Hooks of ours that were there before get their command back, others are removed.
fn unset_hooks(doc: &mut DocumentMut, original: &mut DocumentMut, program: &str) {
    let before = hooks_of(original);
    let is_ours = |command: &str| is_our_hook(command, program);
    let was = |event: &str| before.iter().find(|(other, command)| other == event && is_ours(command));
    let Some(hooks) = doc.get_mut("hooks") else { return };
    for table in tables(hooks) {
        let ours = hook(table).filter(|(_, command)| is_ours(command));
        if let Some((_, command)) = ours.and_then(|(event, _)| was(event)) {
            put(table, "command", command.into());
        }
    }
    let stays =
        |table: &dyn TableLike| hook(table).is_none_or(|(event, command)| !is_ours(command) || was(event).is_some());
    let is_empty = match hooks {
        Item::ArrayOfTables(tables) => {
            tables.retain(|table| stays(table));
            tables.is_empty()
        }
        Item::Value(Value::Array(array)) => {
            array.retain(|table| table.as_inline_table().is_none_or(|table| stays(table)));
            array.is_empty()
        }
        _ => false,
    };
    if is_empty && !original.contains_key("hooks") {
        doc.remove("hooks");
    }
}

fn hooks_of(doc: &mut DocumentMut) -> Vec<(String, String)> {
    let hooks = doc.get_mut("hooks").map(tables).unwrap_or_default();
    let hooks = hooks.iter().filter_map(|table| hook(*table));
    hooks.map(|(event, command)| (event.to_owned(), command.to_owned())).collect()
}

/// The tables of an array, whether it is written as `[[hooks]]` or inline.
fn tables(item: &mut Item) -> Vec<&mut dyn TableLike> {
    match item {
        Item::ArrayOfTables(tables) => tables.iter_mut().map(|table| table as &mut dyn TableLike).collect(),
        Item::Value(Value::Array(array)) => {
            let tables = array.iter_mut().filter_map(Value::as_inline_table_mut);
            tables.map(|table| table as &mut dyn TableLike).collect()
        }
        _ => Vec::new(),
    }
}

/// Event and command of one hook.
fn hook(table: &dyn TableLike) -> Option<(&str, &str)> {
    Some((table.get("event")?.as_str()?, table.get("command")?.as_str()?))
}

/// Our own config with a segment that runs `command`, on a row of its own.
///
/// # Errors
/// The text does not parse, or wraps another command already.
pub fn wrap(text: &str, command: &str) -> Result<String> {
    edit(text, |doc| {
        let root = doc.as_table_mut();
        let segment = table_at(table_at(root, "segments")?, WRAPPED)?;
        match segment.get("command").and_then(Item::as_str) {
            Some(other) if other != command => {
                bail!("segments.{WRAPPED} runs another command already: {other}");
            }
            Some(_) => {}
            None => {
                segment.insert("kind", value("command"));
                segment.insert("command", value(command));
                segment.insert("as_printed", value(true));
                segment.insert("interval", value(WRAPPED_INTERVAL));
            }
        }
        let name = if root.contains_key("rows") { "rows" } else { "extra_rows" };
        let rows = root.entry(name).or_insert_with(|| value(Array::new())).as_array_mut();
        add_row(rows.context("rows is not an array")?);
        Ok(())
    })
}

/// Appends the row, on a line of its own if the last row has one.
fn add_row(rows: &mut Array) {
    if rows.iter().any(|row| row.as_str() == Some(WRAPPED)) {
        return;
    }
    let before = rows.iter().last().and_then(|last| last.decor().prefix()?.as_str()).unwrap_or_default();
    let gap = match before.rfind('\n') {
        // The comment on the line above comes before the line break.
        Some(line) => before[line..].to_owned(),
        None if rows.is_empty() => String::new(),
        None => " ".to_owned(),
    };
    rows.push_formatted(Value::from(WRAPPED).decorated(gap, ""));
}

/// Our own config without that segment.
pub fn unwrap(text: &str, before: Before) -> Result<String> {
    let original = parse(before.original)?;
    edit(text, |doc| {
        for name in ["rows", "extra_rows"] {
            let Some(rows) = doc.get_mut(name).and_then(Item::as_array_mut) else { continue };
            rows.retain(|row| row.as_str() != Some(WRAPPED));
            if rows.is_empty() && !original.contains_key(name) {
                doc.remove(name);
            }
        }
        if let Some(segments) = doc.get_mut("segments").and_then(Item::as_table_like_mut) {
            segments.remove(WRAPPED);
            if segments.is_empty() && !original.contains_key("segments") {
                doc.remove("segments");
            }
        }
        Ok(())
    })
}

/// The command that our own config wraps.
///
/// # Errors
/// The text does not parse.
pub fn wrapped(text: &str) -> Result<Option<String>> {
    string(text, &["segments", WRAPPED, "command"])
}

/// The table of this name. One that is missing is created; it shows once it has members of its own.
fn table_at<'d>(table: &'d mut dyn TableLike, name: &str) -> Result<&'d mut dyn TableLike> {
    let mut implicit = Table::new();
    implicit.set_implicit(true);
    let item = table.entry(name).or_insert(Item::Table(implicit));
    item.as_table_like_mut().with_context(|| format!("{name} is not a table"))
}

/// Sets a value and keeps white space and comments around the old one.
fn put(table: &mut dyn TableLike, name: &str, new: Value) {
    match table.get_mut(name).and_then(Item::as_value_mut) {
        Some(old) if new.as_str().is_some() && old.as_str() == new.as_str() => {}
        Some(old) => {
            let decor = std::mem::take(old.decor_mut());
            *old = new;
            *old.decor_mut() = decor;
        }
        None => _ = table.insert(name, Item::Value(new)),
    }
}

fn parse(text: &str) -> Result<DocumentMut> {
    let plain = text.trim_start_matches(BOM).replace("\r\n", "\n");
    plain.parse::<DocumentMut>().map_err(|err| {
        let offset = err.span().map_or(0, |span| span.start);
        error_at(plain.as_bytes(), offset, &not_valid("TOML", err.message()))
    })
}

fn edit(text: &str, change: impl FnOnce(&mut DocumentMut) -> Result<()>) -> Result<String> {
    let mut doc = parse(text)?;
    change(&mut doc)?;
    let body = text.trim_start_matches(BOM);
    Ok(format!("{}{}", &text[..text.len() - body.len()], with_lines_of(body, &doc.to_string())))
}

/// `edited` with its unchanged lines taken from `text`, and with the line ending of `text` after the others.
fn with_lines_of(text: &str, edited: &str) -> String {
    let old: Vec<&str> = text.split_inclusive('\n').collect();
    let bare: Vec<&str> = old.iter().map(|line| line.trim_end_matches(['\r', '\n'])).collect();
    let new: Vec<&str> = edited.lines().collect();
    let newline = newline(text);
    let mut out = String::with_capacity(edited.len());
    for op in capture_diff_slices(Algorithm::Myers, &bare, &new) {
        for change in op.iter_changes(&bare, &new).filter(|change| change.tag() != ChangeTag::Delete) {
            if !out.is_empty() && !out.ends_with('\n') {
                out.push_str(newline);
            }
            match change.old_index() {
                Some(at) => out.push_str(old[at]),
                None => out.extend([change.value(), newline]),
            }
        }
    }
    out
}
