//! Edits of TOML files. The library keeps comments and order, but writes every line end as LF and
//! drops a byte order mark; so lines that it has not changed are taken from the text as it was.

use similar::{Algorithm, DiffTag, capture_diff_slices};
use toml_edit::{Array, DocumentMut, Item, Table, TableLike, value};

use super::Problem;
use super::command::{is_ours, on_command_line, with_program};
use super::install::Before;
use super::json::newline;

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
pub fn wrapped(text: &str) -> Option<String> {
    parse(text).ok()?.get("segments")?.get(WRAPPED)?.get("command")?.as_str().map(str::to_owned)
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
