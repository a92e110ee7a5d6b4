//! `bridgeline config`: where the config is, what it comes to and why, what it can say, and changes of single keys.
//! Fails loudly, and `check` also when there is something wrong with the config.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::io::Write;
use std::path::Path;

use anyhow::{Context, Error, bail};

use super::configure::document::Edit;
use super::configure::draft::Draft;
use super::configure::file::ConfigFile;
use crate::base::json;
use crate::base::suggest::did_you_mean;
use crate::base::text::{self, Text};
use crate::cli::Show;
use crate::config::key::{KEYS, SEGMENT_KEYS};
use crate::config::layer::{self, Layer, Table};
use crate::config::schema::schema;
use crate::config::stack::Stack;
use crate::config::value::Value;
use crate::config::{Invocation, LayerSource, Layers, Warning, embedded};
use crate::process;
use crate::segment::{self, Kind, Threshold};
use crate::store;

/// Prints it.
///
/// # Errors
/// Standard output cannot be written; there is no home to keep a config in; or `check` has found
/// something.
pub fn run(show: Show, call: &Invocation, out: &mut impl Write) -> anyhow::Result<()> {
    match show {
        Show::Path => writeln!(out, "{}", Text::new(path(call)?.to_string_lossy())),
        Show::Default => write!(out, "{}", embedded::DEFAULT_SOURCE),
        Show::Schema => writeln!(out, "{:#}", schema()),
        Show::Effective => {
            let layers = layers(call);
            let text = effective(&layers);
            write!(out, "{text}").and_then(|()| {
                warnings(layers).iter().try_for_each(|warning| writeln!(out, "# warning: {}", shown(warning)))
            })
        }
        Show::Get { key } => {
            let layers = layers(call);
            let (table, name) = known(&key, &layers.stack())?;
            let value =
                layers.stack().of_segment(table, name).with_context(|| format!("{key} is not set"))?;
            value.to_string().lines().try_for_each(|line| writeln!(out, "{}", Text::new(line)))
        }
        Show::Set { key, value } => return change(&key, Some(&value), call),
        Show::Unset { key } => return change(&key, None, call),
        Show::Edit => {
            edit(path(call)?, call)?;
            return run(Show::Check, call, out);
        }
        Show::Check => {
            let warnings = warnings(layers(call));
            for warning in &warnings {
                writeln!(out, "{}", shown(warning)).context("standard output")?;
            }
            match warnings.len() {
                0 => Ok(()),
                1 => bail!("there is one thing wrong with the config"),
                several => bail!("there are {several} things wrong with the config"),
            }
        }
    }
    .context("standard output")
}

fn path(call: &Invocation) -> anyhow::Result<&Path> {
    call.paths.config.as_deref().context("no place for a config: set HOME or BRIDGELINE_CONFIG")
}

/// The segment and the name of a key as the file spells it. The top of the file has an empty name.
///
/// # Errors
/// There is no such key; names the nearest one.
fn known<'k>(key: &'k str, stack: &Stack) -> anyhow::Result<(&'k str, &'k str)> {
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
        bail!("{key}: no such key{}", did_you_mean(key, all.iter().map(String::as_str)));
    }
    Ok((table, name))
}

/// Sets a key of the user's file, or takes it out, unless that would be a mistake.
fn change(key: &str, value: Option<&str>, call: &Invocation) -> anyhow::Result<()> {
    let path = path(call)?;
    let mut file = ConfigFile::read(path)?;
    let mut draft = Draft::new(path.to_owned(), file.text());
    let edits = match value {
        None => known(key, &draft.stack()).map(|(table, name)| vec![Edit::unset(table, name)])?,
        Some(value) => {
            let edit = assigned(key, value).or_else(|_| assigned(key, &quoted(value)))?;
            match &edit.value {
                Some(Value::Text(name)) if key == "preset" => draft.choosing("", key, name),
                _ => vec![edit],
            }
        }
    };
    draft.change(&edits).map_err(Error::msg)?;
    if draft.is_changed() {
        file.write(draft.text()).with_context(|| format!("writing {}", path.display()))?;
    }
    Ok(())
}

/// A key set to a value of TOML.
fn assigned(key: &str, value: &str) -> anyhow::Result<Edit> {
    let (layer, mistakes) = layer::parse(&format!("{key} = {value}"));
    if let Some(mistake) = mistakes.first() {
        bail!("{}", mistake.message);
    }
    match &*layer.tables {
        [Table { faults, .. }] if !faults.is_empty() => bail!("{key}: {}", faults[0].2),
        [Table { name, entries, .. }] if entries.len() == 1 => {
            Ok(Edit::set(name, &entries[0].key, entries[0].value.clone()))
        }
        _ => bail!("{key}: expected one key"),
    }
}

/// Opens the user's file in an editor, and waits for its end.
fn edit(path: &Path, call: &Invocation) -> anyhow::Result<()> {
    let place = || path.display().to_string();
    if store::read_settings(path).with_context(place)?.is_none() {
        store::write_settings(path, None, include_bytes!("new_config.toml")).with_context(place)?;
    }
    let named = ["VISUAL", "EDITOR"].into_iter().find_map(|name| call.env.var(name));
    let editor = named.unwrap_or_else(|| if cfg!(windows) { "notepad" } else { "vi" }.to_owned());
    // Both may name arguments too, so that a shell has to read them.
    let mut command = process::command(if cfg!(windows) { "cmd" } else { "/bin/sh" }, None);
    match cfg!(windows) {
        true => command.args(["/C", &editor]).arg(path),
        false => command.args(["-c", &format!("{editor} \"$1\""), "sh"]).arg(path),
    };
    let status = command.status().with_context(|| format!("starting {editor}"))?;
    if status.success() { Ok(()) } else { bail!("{editor} failed: {status}; set VISUAL or EDITOR") }
}

fn shown(warning: &Warning) -> Text {
    Text::new(warning.to_string())
}

/// What is wrong with them, also when they are put together.
fn warnings(layers: Layers) -> Vec<Warning> {
    let (_, excess) = layers.rows();
    layers.warnings.into_iter().chain(excess).collect()
}

/// As for a session that works here.
fn layers(call: &Invocation) -> Layers {
    Layers::read(call, call.env.current_dir().as_deref())
}

/// The config as one file, each line with its source.
fn effective(layers: &Layers) -> String {
    let named: Vec<(&LayerSource, &Layer)> = layers.named().collect();
    let find = |table: &str, key: &str| {
        named.iter().rev().find_map(|(source, layer)| Some((*source, layer.get(table, key)?)))
    };
    let line = |table: &str, key: &str| {
        let (source, value) = find(table, key)?;
        Some(format!("{key} = {}  # {}\n", toml(value), Text::new(source.to_string())))
    };
    let mut text: String = KEYS.iter().filter_map(|key| line("", key.name)).collect();
    let tables = named.iter().flat_map(|(_, layer)| layer.tables.iter());
    let names: BTreeSet<&str> = tables.map(|table| table.name.as_ref()).collect();
    for name in names.into_iter().filter(|name| !name.is_empty()) {
        text.push_str(&format!("\n[segments.{}]\n", bare_or_quoted(name)));
        let mut keys: Vec<&str> = SEGMENT_KEYS.iter().map(|key| key.name).collect();
        let entries =
            named.iter().filter_map(|(_, layer)| layer.table(name)).flat_map(|table| table.entries.iter());
        for entry in entries {
            if !keys.contains(&entry.key.as_ref()) {
                keys.push(&entry.key);
            }
        }
        text.extend(keys.into_iter().filter_map(|key| line(name, key)));
    }
    text
}

fn bare_or_quoted(name: &str) -> Cow<'_, str> {
    let is_bare = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    if !name.is_empty() && name.chars().all(is_bare) { Cow::Borrowed(name) } else { Cow::Owned(quoted(name)) }
}

/// A value as TOML.
fn toml(value: &Value) -> String {
    let quoted = |text: &String| quoted(text);
    match value {
        Value::Bool(_) | Value::Number(_) => value.to_string(),
        Value::Text(_) | Value::Own(_) | Value::Role(_) => quoted(&value.to_string()),
        Value::Texts(_) | Value::Formats(_) | Value::Conditions(_) => {
            format!("[{}]", value.elements().iter().map(quoted).collect::<Vec<_>>().join(", "))
        }
        Value::Steps(_) => format!("[{}]", value.elements().join(", ")),
        Value::Thresholds(thresholds) => {
            let table = |Threshold { at, level }: &Threshold| {
                format!("{{ at = {at}, role = {} }}", self::quoted(level.name()))
            };
            format!("[{}]", thresholds.iter().map(table).collect::<Vec<_>>().join(", "))
        }
        Value::Names(names) => {
            let pair = |(model, name): &(Cow<str>, Cow<str>)| {
                format!("{} = {}", bare_or_quoted(model), self::quoted(name))
            };
            format!("{{ {} }}", names.iter().map(pair).collect::<Vec<_>>().join(", "))
        }
    }
}

/// As a basic string of TOML, which escapes as JSON does, but for characters of more than 16 bits.
fn quoted(text: &str) -> String {
    text::with_escapes(&json::quote(text), |c, out| {
        out.push_str(&match u32::from(c) {
            code @ ..=0xffff => format!("\\u{code:04X}"),
            code => format!("\\U{code:08X}"),
        });
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::env::Env;
    use crate::config::Flags;
    use std::time::UNIX_EPOCH;

    fn effective_of(flags: &str) -> String {
        let env = Env::fixed(UNIX_EPOCH, []);
        let (layer, mistakes) = layer::parse(flags);
        assert_eq!(mistakes, []);
        let flags = Flags { layer, ..Flags::default() };
        effective(&layers(&Invocation::new(env, flags)))
    }

    #[test]
    fn what_counts_is_a_config_again() {
        let flags = "theme = \"nord\"\n[segments.cost]\nbudget = 20\nthresholds = [{ at = 80.5, role = \"danger\" }]\n[segments.\"a b\"]\nkind = \"text\"\nformat = 'x \"y\" \\[ \u{9b}\u{202e}\u{e0041}'\n";
        let text = effective_of(flags);
        let (layer, mistakes) = layer::parse(&text);
        assert_eq!(mistakes, [], "{text}");
        assert_eq!(layer.get("", "theme"), Some(&Value::text("nord")));
        let again = layer::parse(flags).0;
        for (table, key) in [("cost", "budget"), ("cost", "thresholds"), ("a b", "format")] {
            assert_eq!(layer.get(table, key), again.get(table, key), "{text}");
        }
        assert!(text.contains(r"\u009B\u202E\U000E0041"), "{text}");
        assert!(text.contains("theme = \"nord\"  # flag\n"), "{text}");
        assert!(text.contains("padding = 1  # default\n"), "{text}");
    }
}
