//! Edits of TOML files. The library keeps comments and order, but writes every line ending as LF and drops a byte
//! order mark, so unchanged lines are taken from the original text.

use anyhow::{Context, Result, bail};
use similar::{Algorithm, ChangeTag, capture_diff_slices};
use toml_edit::{Array, ArrayOfTables, DocumentMut, InlineTable, Item, Table, TableLike, Value, value};

use super::command::{is_our_hook, is_ours, on_command_line, with_program};
use super::jsonc::newline;
use super::{BOM, Before, InstallOptions, error_at};
use crate::agent::{Agent, SettingsSpec};
use crate::bridge::event::registered_by;

/// Minimum time between two runs of a wrapped statusline, in seconds: agents run theirs at every change.
const WRAPPED_INTERVAL: i64 = 5;

/// Name of the segment that shows a wrapped statusline.
const WRAPPED: &str = "wrapped";

pub fn install(agent: &Agent, text: &str, options: &InstallOptions) -> Result<String> {
    edit(text, |doc| {
        if options.line {
            set_line(doc, &agent.settings, options.program)?;
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
        unset_line(doc, spec, &original, program);
        unset_hooks(doc, &mut original, program);
        Ok(())
    })
}

/// The string at a path. `None` if there is none.
///
/// # Errors
/// The text does not parse.
pub fn string(text: &str, path: &[&str]) -> Result<Option<String>> {
    let doc = parse(text)?;
    let found = path.iter().try_fold(doc.as_item(), |item, name| item.get(name));
    Ok(found.and_then(Item::as_str).map(str::to_owned))
}

/// Event and command of each hook.
///
/// # Errors
/// The text does not parse.
pub fn hooks(text: &str) -> Result<Vec<(String, String)>> {
    Ok(hooks_of(&mut parse(text)?))
}

/// Sets the command of the line. A table that is missing is created.
fn set_line(doc: &mut DocumentMut, spec: &SettingsSpec, program: &str) -> Result<()> {
    let table = table_at(doc.as_table_mut(), spec.line()[0])?;
    let old = table.get("command").and_then(Item::as_str).filter(|old| is_ours(old, program));
    match old.map(|old| with_program(old, program)) {
        None => put_string(table, "command", &on_command_line(program)),
        Some(Some(moved)) => put_string(table, "command", &moved),
        Some(None) => {}
    }
    Ok(())
}

fn unset_line(doc: &mut DocumentMut, spec: &SettingsSpec, original: &DocumentMut, program: &str) {
    let name = spec.line()[0];
    let Some(table) = doc.get_mut(name).and_then(Item::as_table_like_mut) else { return };
    if !table.get("command").and_then(Item::as_str).is_some_and(|now| is_ours(now, program)) {
        return;
    }
    let was = original.get(name).and_then(Item::as_table_like);
    match was.and_then(|table| table.get("command")).zip(table.get_mut("command")) {
        Some((was, now)) => *now = was.clone(),
        None => _ = table.remove("command"),
    }
    if table.is_empty() && was.is_none() {
        doc.remove(name);
    }
}

/// Registers all events of an agent, each once, and updates the program in hooks of ours.
fn set_hooks(doc: &mut DocumentMut, agent: &Agent, program: &str) -> Result<()> {
    let hooks = doc.entry("hooks").or_insert_with(|| Item::ArrayOfTables(ArrayOfTables::new()));
    for table in tables(hooks) {
        let ours = hook(table).filter(|(_, command)| is_our_hook(command, program));
        if let Some(moved) = ours.and_then(|(_, command)| with_program(command, program)) {
            put_string(table, "command", &moved);
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
            put_string(table, "command", command);
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
        let mut implicit = Table::new();
        implicit.set_implicit(true);
        root.entry("segments").or_insert(Item::Table(implicit));
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

fn table_at<'d>(table: &'d mut dyn TableLike, name: &str) -> Result<&'d mut dyn TableLike> {
    let item = table.entry(name).or_insert_with(toml_edit::table);
    item.as_table_like_mut().with_context(|| format!("{name} is not a table"))
}

/// Sets a string and keeps white space and comments around the old value.
fn put_string(table: &mut dyn TableLike, name: &str, text: &str) {
    match table.get_mut(name).and_then(Item::as_value_mut) {
        Some(old) => {
            let decor = std::mem::take(old.decor_mut());
            *old = text.into();
            *old.decor_mut() = decor;
        }
        None => _ = table.insert(name, value(text)),
    }
}

fn parse(text: &str) -> Result<DocumentMut> {
    let plain = text.trim_start_matches(BOM).replace("\r\n", "\n");
    plain.parse::<DocumentMut>().map_err(|err| {
        let offset = err.span().map_or(0, |span| span.start);
        error_at(plain.as_bytes(), offset, err.message())
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
