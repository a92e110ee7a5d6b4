//! Edits of TOML files. The library keeps comments and order, but writes every line end as LF and
//! drops a byte order mark; so lines that it has not changed are taken from the text as it was.

use similar::{Algorithm, DiffTag, capture_diff_slices};
use toml_edit::{Array, ArrayOfTables, DocumentMut, InlineTable, Item, Table, TableLike, value};

use super::Problem;
use super::command::{is_our_hook, is_ours, on_command_line, with_program};
use super::install::Before;
use super::json::newline;

/// How often the statusline that was there before is run again at most, in seconds: agents run theirs at
/// every change.
const WRAPPED_INTERVAL: i64 = 5;

/// Name of the segment that shows the statusline which was there before.
pub const WRAPPED: &str = "wrapped";

/// Kimi's `[status_line]` with our command.
pub fn set_line(text: &str, program: &str) -> Result<String, Problem> {
    edit(text, |doc| {
        let table = table_at(doc.as_table_mut(), "status_line")?;
        let command = match table.get("command").and_then(Item::as_str) {
            Some(old) if is_ours(old, program) => match with_program(old, program) {
                Some(moved) => moved,
                None => return Ok(()),
            },
            _ => on_command_line(program).into_owned(),
        };
        put_string(table, "command", &command);
        Ok(())
    })
}

/// Kimi's settings as they were before.
pub fn unset_line(text: &str, before: Option<Before>, program: &str) -> Result<String, Problem> {
    let original = before.map(|before| parse(before.original)).transpose()?.unwrap_or_default();
    let was = original.get("status_line").and_then(Item::as_table_like);
    let was_command = was.and_then(|table| table.get("command"));
    edit(text, |doc| {
        let Some(table) = doc.get_mut("status_line").and_then(Item::as_table_like_mut) else { return Ok(()) };
        if !table.get("command").and_then(Item::as_str).is_some_and(|now| is_ours(now, program)) {
            return Ok(());
        }
        match was_command {
            Some(was) => table.get_mut("command").into_iter().for_each(|now| *now = was.clone()),
            None => _ = table.remove("command"),
        }
        if table.is_empty() && was.is_none() {
            doc.remove("status_line");
        }
        Ok(())
    })
}

/// Kimi's command of the line.
pub fn line(text: &str) -> Option<String> {
    parse(text).ok()?.get("status_line")?.get("command")?.as_str().map(str::to_owned)
}

/// Kimi's `[[hooks]]` with ours: one for each event.
pub fn set_hooks<'a>(
    text: &str,
    events: impl Iterator<Item = &'a str>,
    program: &str,
) -> Result<String, Problem> {
    edit(text, |doc| {
        let hooks = doc.entry("hooks").or_insert_with(|| Item::ArrayOfTables(ArrayOfTables::new()));
        for event in events {
            let ours = tables(hooks).find_map(|table| {
                let (name, command) = hook(table)?;
                (name == event && is_our_hook(command, program)).then(|| command.to_owned())
            });
            if ours.is_none() {
                let command = format!("{} hook", on_command_line(program));
                let members = [("event", event), ("command", &command)];
                match &mut *hooks {
                    Item::ArrayOfTables(tables) => {
                        tables.push(members.map(|(k, v)| (k, value(v))).into_iter().collect());
                    }
                    Item::Value(toml_edit::Value::Array(array)) => {
                        array.push(members.into_iter().collect::<InlineTable>());
                    }
                    _ => return Err(Problem::new("hooks is not an array of tables".to_owned())),
                }
            }
        }
        for table in tables_mut(hooks) {
            let Some((_, command)) = hook(table).filter(|(_, command)| is_our_hook(command, program)) else {
                continue;
            };
            if let Some(moved) = with_program(command, program) {
                put_string(table, "command", &moved);
            }
        }
        Ok(())
    })
}

/// Kimi's hooks as they were before.
pub fn unset_hooks(text: &str, before: Option<Before>, program: &str) -> Result<String, Problem> {
    let original = before.map(|before| parse(before.original)).transpose()?.unwrap_or_default();
    let was: Vec<(&str, &str)> =
        original.get("hooks").into_iter().flat_map(tables).filter_map(hook).collect();
    let was_ours = |(event, command): (&str, &str)| {
        let is_it = |(other, was): &&(&str, &str)| *other == event && is_our_hook(was, program);
        is_our_hook(command, program).then(|| was.iter().find(is_it).map(|(_, was)| (*was).to_owned()))
    };
    edit(text, |doc| {
        let Some(hooks) = doc.get_mut("hooks") else { return Ok(()) };
        for table in tables_mut(hooks) {
            if let Some(Some(was)) = hook(table).and_then(was_ours) {
                put_string(table, "command", &was);
            }
        }
        let stays = |table: &dyn TableLike| hook(table).and_then(was_ours) != Some(None);
        let is_empty = match hooks {
            Item::ArrayOfTables(tables) => {
                tables.retain(|table| stays(table));
                tables.is_empty()
            }
            Item::Value(toml_edit::Value::Array(array)) => {
                array.retain(|table| table.as_inline_table().is_none_or(|table| stays(table)));
                array.is_empty()
            }
            _ => false,
        };
        if is_empty && !original.contains_key("hooks") {
            doc.remove("hooks");
        }
        Ok(())
    })
}

/// Event and command of Kimi's hooks. Empty when the text does not parse.
pub fn hooks(text: &str) -> Vec<(String, String)> {
    let Ok(doc) = parse(text) else { return Vec::new() };
    let all = doc.get("hooks").into_iter().flat_map(tables).filter_map(hook);
    all.map(|(event, command)| (event.to_owned(), command.to_owned())).collect()
}

/// The tables of an array, in either form of one.
fn tables(item: &Item) -> impl Iterator<Item = &dyn TableLike> {
    let inline = item.as_array().into_iter().flatten();
    let inline = inline.filter_map(|value| Some(value.as_inline_table()? as &dyn TableLike));
    let tables = item.as_array_of_tables().into_iter().flatten();
    tables.map(|table| table as &dyn TableLike).chain(inline)
}

fn tables_mut(item: &mut Item) -> Vec<&mut dyn TableLike> {
    match item {
        Item::ArrayOfTables(tables) => tables.iter_mut().map(|table| table as &mut dyn TableLike).collect(),
        Item::Value(toml_edit::Value::Array(array)) => {
            let tables = array.iter_mut().filter_map(|value| value.as_inline_table_mut());
            tables.map(|table| table as &mut dyn TableLike).collect()
        }
        _ => Vec::new(),
    }
}

/// Event and command of one hook.
fn hook(table: &dyn TableLike) -> Option<(&str, &str)> {
    Some((table.get("event")?.as_str()?, table.get("command")?.as_str()?))
}

/// Our own config with a segment that runs `command`, in a row of its own.
///
/// # Errors
/// The text does not parse, or wraps another command already.
pub fn wrap(text: &str, command: &str) -> Result<String, Problem> {
    edit(text, |doc| {
        let root = doc.as_table_mut();
        if !root.contains_key("segments") {
            let mut segments = Table::new();
            segments.set_implicit(true);
            root.insert("segments", Item::Table(segments));
        }
        let segment = table_at(table_at(root, "segments")?, WRAPPED)?;
        match segment.get("command").and_then(Item::as_str) {
            Some(other) if other != command => {
                let message = format!("segments.{WRAPPED} runs another command already: {other}");
                return Err(Problem::new(message));
            }
            Some(_) => {}
            None => {
                segment.insert("kind", value("command"));
                segment.insert("command", value(command));
                segment.insert("as_printed", value(true));
                segment.insert("interval", value(WRAPPED_INTERVAL));
            }
        }
        let rows = if root.contains_key("rows") { "rows" } else { "extra_rows" };
        let rows = root.entry(rows).or_insert_with(|| value(Array::new()));
        let Some(rows) = rows.as_array_mut() else {
            return Err(Problem::new("rows is not an array".to_owned()));
        };
        if !rows.iter().any(|row| row.as_str() == Some(WRAPPED)) {
            // On a line of its own where the others are.
            let last = rows.get(rows.len().wrapping_sub(1)).and_then(|last| last.decor().prefix());
            // After a comment of the line before.
            let prefix = last.and_then(toml_edit::RawString::as_str).unwrap_or_default();
            let prefix = match prefix.rfind('\n') {
                Some(line) => &prefix[line..],
                None if rows.is_empty() => "",
                None => " ",
            };
            let prefix = prefix.to_owned();
            rows.push_formatted(toml_edit::Value::from(WRAPPED).decorated(prefix, ""));
        }
        Ok(())
    })
}

/// Our own config without that segment.
pub fn unwrap(text: &str, before: Option<Before>) -> Result<String, Problem> {
    let original = before.map(|before| parse(before.original)).transpose()?.unwrap_or_default();
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
pub fn wrapped(text: &str) -> Result<Option<String>, Problem> {
    let doc = parse(text)?;
    let segment = doc.get("segments").and_then(|segments| segments.get(WRAPPED));
    Ok(segment.and_then(|segment| segment.get("command")?.as_str()).map(str::to_owned))
}

/// Whether a text parses.
pub fn check(text: &str) -> Result<(), Problem> {
    parse(text).map(|_| ())
}

fn table_at<'d>(table: &'d mut dyn TableLike, name: &str) -> Result<&'d mut dyn TableLike, Problem> {
    let wrong = || Problem::new(format!("{name} is not a table"));
    table.entry(name).or_insert_with(toml_edit::table).as_table_like_mut().ok_or_else(wrong)
}

/// Sets a string and keeps what stands around the old value.
fn put_string(table: &mut dyn TableLike, name: &str, text: &str) {
    let mut new = toml_edit::Value::from(text);
    if let Some(old) = table.get(name).and_then(Item::as_value) {
        *new.decor_mut() = old.decor().clone();
    }
    match table.get_mut(name) {
        Some(item) => *item = Item::Value(new),
        None => _ = table.insert(name, Item::Value(new)),
    }
}

fn parse(text: &str) -> Result<DocumentMut, Problem> {
    let plain = text.replace("\r\n", "\n");
    let plain = plain.trim_start_matches('\u{feff}');
    plain.parse::<DocumentMut>().map_err(|err| {
        let offset = err.span().map_or(0, |span| span.start);
        Problem::at(plain, offset, err.message().to_owned())
    })
}

fn edit(text: &str, change: impl FnOnce(&mut DocumentMut) -> Result<(), Problem>) -> Result<String, Problem> {
    let mut doc = parse(text)?;
    let before = doc.to_string();
    change(&mut doc)?;
    let after = doc.to_string();
    if after == before {
        return Ok(text.to_owned());
    }
    let body = text.trim_start_matches('\u{feff}');
    Ok(format!("{}{}", &text[..text.len() - body.len()], with_lines_of(body, &after)))
}

/// `edited`, with the lines that are in `text` too taken from there, and the line ends of `text`.
fn with_lines_of(text: &str, edited: &str) -> String {
    let old: Vec<&str> = text.split_inclusive('\n').collect();
    let bare: Vec<&str> = old.iter().map(|line| line.trim_end_matches(['\r', '\n'])).collect();
    let new: Vec<&str> = edited.lines().collect();
    let newline = newline(text);
    let mut out = String::with_capacity(edited.len());
    let mut put = |line: &str| {
        if !out.is_empty() && !out.ends_with('\n') {
            out.push_str(newline);
        }
        out.push_str(line);
    };
    for op in capture_diff_slices(Algorithm::Myers, &bare, &new) {
        let (old, new) = (&old[op.old_range()], &new[op.new_range()]);
        if op.tag() == DiffTag::Equal {
            old.iter().for_each(|line| put(line));
            continue;
        }
        for (i, line) in new.iter().enumerate() {
            // A changed line ends as it did.
            let end = old.get(i).map(|old| &old[old.trim_end_matches(['\r', '\n']).len()..]);
            put(&format!("{line}{}", end.filter(|end| !end.is_empty()).unwrap_or(newline)));
        }
    }
    out
}
