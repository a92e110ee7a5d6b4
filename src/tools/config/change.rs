//! Changes of single keys in the user's file.

use std::path::Path;

use anyhow::{Context, Error, bail};

use super::toml::quoted;
use crate::base::suggest::did_you_mean;
use crate::config::Invocation;
use crate::config::key::{KEYS, SEGMENT_KEYS};
use crate::config::layer::{self, LayerTable};
use crate::config::stack::Stack;
use crate::config::value::KeyValue;
use crate::segment::{self, Kind};
use crate::tools::configure::document::Edit;
use crate::tools::configure::draft::Draft;
use crate::tools::files::{self, Files};
use crate::{process, store};

/// Segment and name of a key as written in the file. The segment is empty for the top of the file.
///
/// # Errors
/// There is no such key; suggests a similar one.
pub(super) fn known<'k>(key: &'k str, stack: &Stack) -> anyhow::Result<(&'k str, &'k str)> {
    let of_segment = key.strip_prefix("segments.").and_then(|rest| rest.rsplit_once('.'));
    let (table, name) = of_segment.unwrap_or(("", key));
    let table = table.trim_matches('"');
    let full = |kind: &&Kind| {
        let names = SEGMENT_KEYS.iter().map(|key| key.name).chain(kind.keys.iter().map(|own| own.name));
        names.map(|name| format!("segments.{}.{name}", kind.name)).collect::<Vec<_>>()
    };
    let top = KEYS.iter().map(|key| key.name.to_owned());
    let all: Vec<String> = top.chain(segment::ALL.iter().flat_map(full)).collect();
    let of_kind = stack.kind(table).map(|kind| format!("segments.{}.{name}", kind.name));
    if !all.contains(&of_kind.unwrap_or_else(|| key.to_owned())) {
        bail!("{key}: unknown key{}", did_you_mean(key, all.iter().map(String::as_str)));
    }
    Ok((table, name))
}

/// Sets a key in the user's file or removes it, unless the result has a mistake.
pub(super) fn change(key: &str, value: Option<&str>, call: &Invocation) -> anyhow::Result<()> {
    let path = files::config_path(&call.paths)?;
    let mut draft = Draft::new(path.to_owned(), Files::read(&call.paths)?);
    let edits = match value {
        None => known(key, &draft.stack()).map(|(table, name)| vec![Edit::unset(table, name)])?,
        Some(value) => {
            let edit = assigned(key, value).or_else(|_| assigned(key, &quoted(value)))?;
            match &edit.value {
                Some(KeyValue::Text(name)) if key == "preset" => draft.choosing("", key, name),
                _ => vec![edit],
            }
        }
    };
    draft.change(&edits).map_err(Error::msg)?;
    draft.write(&call.paths).with_context(|| format!("cannot write {}", path.display()))
}

/// A key set to a TOML value.
fn assigned(key: &str, value: &str) -> anyhow::Result<Edit> {
    let (layer, mistakes) = layer::parse(&format!("{key} = {value}"));
    if let Some(mistake) = mistakes.first() {
        bail!("{}", mistake.message);
    }
    match &*layer.tables {
        [LayerTable { faults, .. }] if !faults.is_empty() => bail!("{key}: {}", faults[0].2),
        [LayerTable { name, entries, .. }] if entries.len() == 1 => {
            Ok(Edit::set(name, &entries[0].key, entries[0].value.clone()))
        }
        _ => bail!("{key}: expected a single key"),
    }
}

/// Opens the user's file in an editor and waits until it is closed.
pub(super) fn edit(path: &Path, call: &Invocation) -> anyhow::Result<()> {
    let place = || path.display().to_string();
    if store::read_settings(path).with_context(place)?.is_none() {
        store::write_settings(path, None, include_bytes!("new.toml")).with_context(place)?;
    }
    let named = ["VISUAL", "EDITOR"].into_iter().find_map(|name| call.env.var(name));
    let editor = named.unwrap_or_else(|| if cfg!(windows) { "notepad" } else { "vi" }.to_owned());
    // Both may include arguments, so a shell must parse them.
    let mut command = process::command(if cfg!(windows) { "cmd" } else { "/bin/sh" }, None);
    match cfg!(windows) {
        true => command.args(["/C", &editor]).arg(path),
        false => command.args(["-c", &format!("{editor} \"$1\""), "sh"]).arg(path),
    };
    let status = command.status().with_context(|| format!("cannot start {editor}"))?;
    if status.success() { Ok(()) } else { bail!("{editor} failed: {status}; set VISUAL or EDITOR") }
}
