//! The user's config and themes as texts: read and written together, or as one file to share.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use similar::TextDiff;
use toml_edit::{DocumentMut, Item, Table};

use crate::base::warning::Warning;
use crate::config::key::THEMES as THEME_KEYS;
use crate::config::{self, Flags, LayerSource, Layers};
use crate::store::{self, Paths};
use crate::theme::{self, Theme, file};

/// Key of the themes in a shared file.
const THEMES: &str = "themes";

/// The user's files that can be edited.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Files {
    /// Text of the config; empty if there is none.
    pub config: String,
    /// Texts of the user's own themes, by name.
    pub themes: BTreeMap<String, String>,
}

impl Files {
    /// Reads them. Themes that are not TOML are left out.
    ///
    /// # Errors
    /// There is no home directory; the config cannot be read or is not TOML.
    pub fn read(paths: &Paths) -> anyhow::Result<Self> {
        let path = config_path(paths)?;
        let place = || path.display().to_string();
        let bytes = store::read_settings(path).with_context(place)?;
        let config = text(bytes).with_context(place)?;
        if let Err(why) = check(&config) {
            bail!("{}: {why}; fix it, or move the file away", place());
        }
        let mut themes = theme::own(paths.themes.as_deref());
        themes.retain(|_, text| check(text).is_ok());
        Ok(Files { config, themes })
    }

    /// Writes the files that differ from `before`, themes first.
    ///
    /// # Errors
    /// A file cannot be written, or differs from `before`.
    pub fn write(&self, before: &Files, paths: &Paths) -> anyhow::Result<()> {
        for (name, old, new) in self.changed_themes(before) {
            let path = theme_path(name, paths)?;
            replace(&path, old, new).with_context(|| path.display().to_string())?;
        }
        if self.config != before.config {
            replace(config_path(paths)?, Some(&before.config), Some(&self.config))?;
        }
        Ok(())
    }

    /// Themes that differ from `before`: name, old text and new text. `None` for a missing one.
    pub fn changed_themes<'a>(
        &'a self, before: &'a Files,
    ) -> impl Iterator<Item = (&'a str, Option<&'a str>, Option<&'a str>)> {
        let names: BTreeSet<&String> = before.themes.keys().chain(self.themes.keys()).collect();
        let texts = move |name: &'a String| {
            let [old, new] = [before, self].map(|files| files.themes.get(name).map(String::as_str));
            (name.as_str(), old, new)
        };
        names.into_iter().map(texts).filter(|(_, old, new)| old != new)
    }

    /// The theme with that name.
    pub fn theme(&self, name: &str) -> Theme {
        match self.themes.get(name) {
            Some(text) => theme::resolved(name, text.clone(), None, |name| self.themes.get(name).cloned()),
            None => theme::find(name, None),
        }
    }

    /// All mistakes in the files.
    pub fn mistakes(&self, path: &Path) -> Vec<String> {
        let layers = Layers::of_text(path, &self.config, &Flags::default());
        let own = self.themes.keys().map(|name| self.theme(name));
        let themes = Theme::all(None).into_iter().chain(own).collect();
        let said = |mistake: Warning| match mistake.file.as_deref() == Some(path) {
            true => mistake.message,
            false => mistake.to_string(),
        };
        config::mistakes_beside(&layers, themes, None).into_iter().map(said).collect()
    }

    /// One text with the config and those of the user's own themes that it uses.
    pub fn to_shared(&self) -> String {
        let layers = Layers::of_text(Path::new(""), &self.config, &Flags::default());
        let named = THEME_KEYS.map(|key| layers.stack().text(key).into_owned());
        let (mut names, mut themes) = (named.to_vec(), Table::new());
        while let Some(name) = names.pop() {
            if let Some(text) = self.themes.get(&name).filter(|_| !themes.contains_key(&name)) {
                names.extend(file::parent(text));
                themes.insert(&name, text.into());
            }
        }
        let mut document = self.config.parse::<DocumentMut>().expect("`Files::read` only accepts TOML");
        if !themes.is_empty() {
            document.insert(THEMES, Item::Table(themes));
        }
        document.to_string()
    }

    /// The files of a shared text.
    ///
    /// # Errors
    /// It is not TOML, or its themes are invalid; says why.
    pub fn from_shared(text: &str) -> Result<Self, String> {
        check(text)?;
        let mut document = text.parse::<DocumentMut>().map_err(|err| err.to_string())?;
        let themes = document.remove(THEMES).unwrap_or_else(|| Item::Table(Table::new()));
        let text = |(name, text): (&str, &Item)| {
            let text = text.as_str().filter(|text| theme::is_name(name) && check(text).is_ok());
            let pair = text.map(|text| (name.to_owned(), text.to_owned()));
            pair.ok_or_else(|| format!("themes.{name}: expected the text of a theme"))
        };
        let themes = themes.as_table_like().ok_or("themes: expected a table")?.iter().map(text);
        Ok(Files { themes: themes.collect::<Result<_, _>>()?, config: document.to_string() })
    }

    /// Settings of the config that affect more than looks, for people: commands that it runs, and the like.
    pub fn reaching(&self) -> Vec<String> {
        let layers = Layers::of_text(Path::new(""), &self.config, &Flags::default());
        let stack = layers.stack();
        let files = layers.named().filter(|(source, _)| matches!(source, LayerSource::File(_)));
        let tables = files.flat_map(|(_, layer)| layer.tables.iter());
        let settings = tables.flat_map(|table| {
            let keys = stack.kind(&table.name).into_iter().flat_map(|kind| kind.keys);
            keys.filter(|key| key.private)
                .filter_map(|key| Some(format!("segments.{}.{} = {}", table.name, key.name, table.get(key.name)?)))
        });
        settings.collect()
    }
}

/// Checks that a text is TOML, so that it can be changed.
///
/// # Errors
/// It is not TOML; says why, and on which line.
pub fn check(text: &str) -> Result<(), String> {
    text.parse::<DocumentMut>().map(drop).map_err(|err| {
        let before = &text[..err.span().map_or(0, |span| span.start.min(text.len()))];
        format!("line {}: {}", before.matches('\n').count() + 1, err.message().trim())
    })
}

/// Lines of a diff of two texts.
pub fn diff(before: &str, after: &str) -> Vec<String> {
    let diff = TextDiff::from_lines(before, after);
    diff.unified_diff().to_string().lines().map(str::to_owned).collect()
}

/// The config file.
///
/// # Errors
/// There is no home directory.
pub fn config_path(paths: &Paths) -> anyhow::Result<&Path> {
    paths.config.as_deref().context("no folder for a config: set HOME or BRIDGELINE_CONFIG")
}

/// The file of a theme.
///
/// # Errors
/// There is no home directory.
pub fn theme_path(name: &str, paths: &Paths) -> anyhow::Result<PathBuf> {
    let folder = paths.themes.as_deref().context("no folder for themes: set HOME")?;
    Ok(folder.join(format!("{name}.toml")))
}

/// The text of a file, without a byte order mark, as added by some Windows editors.
fn text(bytes: Option<Vec<u8>>) -> anyhow::Result<String> {
    let text = String::from_utf8(bytes.unwrap_or_default())?;
    Ok(text.trim_start_matches('\u{feff}').to_owned())
}

/// Replaces a file only if it is unchanged.
fn replace(path: &Path, before: Option<&str>, after: Option<&str>) -> io::Result<()> {
    let now = store::read_settings(path)?;
    let is_same = text(now.clone()).is_ok_and(|now| now == before.unwrap_or_default());
    let expected = if is_same { now } else { before.map(|text| text.as_bytes().to_vec()) };
    match after {
        Some(text) => store::write_settings(path, expected.as_deref(), text.as_bytes()),
        None => store::remove_settings(path, expected.as_deref()),
    }
}
