//! `bridgeline config`: the path of the config, its effective values and their sources, its schema, changes of single
//! keys, and sharing of looks. Fails loudly; `check` also fails if there are mistakes.

mod change;
mod share;
mod toml;

use std::collections::BTreeSet;
use std::io::Write;

use anyhow::{Context, bail};
use itertools::Itertools;

use self::toml::{bare_or_quoted, toml};
use super::files::{self, Files};
use super::report::{self, clean};
use crate::base::text::Text;
use crate::base::warning::Warning;
use crate::cli::Show;
use crate::config::key::{KEYS, SEGMENT_KEYS};
use crate::config::layer::Layer;
use crate::config::schema::schema;
use crate::config::{self, Config, Invocation, LayerSource, Layers, embedded};
use crate::segment::{Role, Span};

/// Runs a subcommand.
///
/// # Errors
/// Standard output cannot be written; there is no home directory for a config; or `check` has found mistakes.
pub fn run(show: Show, call: &Invocation, out: &mut impl Write) -> anyhow::Result<()> {
    match show {
        Show::Path => writeln!(out, "{}", Text::new(files::config_path(&call.paths)?.to_string_lossy())),
        Show::Default => write!(out, "{}", embedded::DEFAULT_SOURCE),
        Show::Schema => writeln!(out, "{:#}", schema()),
        Show::Effective => {
            let layers = layers(call);
            let warning = |mistake: &Warning| format!("# warning: {}\n", clean(&mistake.to_string()));
            let warnings: String = config::mistakes(&layers, &call.paths).iter().map(warning).collect();
            write!(out, "{}{warnings}", effective(&layers))
        }
        Show::Get { key } => {
            let layers = layers(call);
            let (table, name) = change::known(&key, &layers.stack())?;
            let value = layers.stack().of_segment(table, name).with_context(|| format!("{key} is not set"))?;
            value.to_string().lines().try_for_each(|line| writeln!(out, "{}", Text::new(line)))
        }
        Show::Set { key, value } => return change::change(&key, Some(&value), call),
        Show::Unset { key } => return change::change(&key, None, call),
        Show::Edit => {
            change::edit(files::config_path(&call.paths)?, call)?;
            return run(Show::Check, call, out);
        }
        Show::Check => {
            let line = |mistake: &Warning| vec![Span::new(Role::Text, mistake.to_string())];
            let lines: Vec<_> = config::mistakes(&layers(call), &call.paths).iter().map(line).collect();
            report::print_lines(&lines, &Config::load(call, None), call)?;
            match lines.len() {
                0 => Ok(()),
                1 => bail!("one mistake in config and themes"),
                several => bail!("{several} mistakes in config and themes"),
            }
        }
        Show::Export { file: None } => write!(out, "{}", Files::read(&call.paths)?.to_shared()),
        Show::Export { file: Some(file) } => return share::export(&file, call, out),
        Show::Import { file, consent } => return share::import(&file, consent, call),
    }
    .context("standard output")
}

/// The layers of a session in this directory.
fn layers(call: &Invocation) -> Layers {
    Layers::read(call, call.env.current_dir().as_deref())
}

/// The config as one file, each line with its source.
fn effective(layers: &Layers) -> String {
    let named: Vec<(&LayerSource, &Layer)> = layers.named().collect();
    let find =
        |table: &str, key: &str| named.iter().rev().find_map(|(source, layer)| Some((*source, layer.get(table, key)?)));
    let line = |table: &str, key: &str| {
        let (source, value) = find(table, key)?;
        Some(format!("{key} = {}  # {}\n", toml(value), Text::new(source.to_string())))
    };
    let mut text: String = KEYS.iter().filter_map(|key| line("", key.name)).collect();
    let tables = named.iter().flat_map(|(_, layer)| layer.tables.iter());
    let names: BTreeSet<&str> = tables.map(|table| table.name.as_ref()).collect();
    for name in names.into_iter().filter(|name| !name.is_empty()) {
        text.push_str(&format!("\n[segments.{}]\n", bare_or_quoted(name)));
        let entries = named.iter().filter_map(|(_, layer)| layer.table(name)).flat_map(|table| table.entries.iter());
        let own = entries.map(|entry| entry.key.as_ref());
        let keys = SEGMENT_KEYS.iter().map(|key| key.name).chain(own).unique();
        text.extend(keys.filter_map(|key| line(name, key)));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::env::Env;
    use crate::config::value::KeyValue;
    use crate::config::{Flags, layer};
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
        assert_eq!(layer.get("", "theme"), Some(&KeyValue::text("nord")));
        let again = layer::parse(flags).0;
        for (table, key) in [("cost", "budget"), ("cost", "thresholds"), ("a b", "format")] {
            assert_eq!(layer.get(table, key), again.get(table, key), "{text}");
        }
        assert!(text.contains(r"\u009B\u202E\U000E0041"), "{text}");
        assert!(text.contains("theme = \"nord\"  # flag\n"), "{text}");
        assert!(text.contains("padding = 1  # default\n"), "{text}");
    }
}
