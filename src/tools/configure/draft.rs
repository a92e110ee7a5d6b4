//! The edited files, the resulting config, and their history: every change can be undone.

use std::path::{Path, PathBuf};

use toml_edit::Value as Toml;

use super::document::{self, Edit};
use super::rows::Rows;
use crate::config::layer::Layer;
use crate::config::stack::Stack;
use crate::config::value::KeyValue;
use crate::config::{Flags, LayerSource, Layers, embedded};
use crate::segment::{self, Role};
use crate::store::Paths;
use crate::tools::files::{self, Files};

/// The files being edited.
#[derive(Clone)]
pub struct Draft {
    path: PathBuf,
    saved: Files,
    /// The config in the files.
    layers: Layers,
    /// The files before each change and after the last one; never empty.
    history: Vec<Files>,
    /// Index of the current ones.
    at: usize,
}

impl Draft {
    /// The files as they were read.
    pub fn new(path: PathBuf, files: Files) -> Self {
        let layers = Layers::of_text(&path, &files.config, &Flags::default());
        Draft { path, saved: files.clone(), layers, history: vec![files], at: 0 }
    }

    /// All layers of config.
    pub fn stack(&self) -> Stack<'_> {
        self.layers.stack()
    }

    /// The files as they are now.
    pub fn files(&self) -> &Files {
        &self.history[self.at]
    }

    /// The config file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// There is something to save.
    pub fn is_changed(&self) -> bool {
        self.saved != *self.files()
    }

    /// Writes the changed files.
    ///
    /// # Errors
    /// A file cannot be written, or has changed meanwhile.
    pub fn write(&self, paths: &Paths) -> anyhow::Result<()> {
        self.files().write(&self.saved, paths)
    }

    /// Records that the files have been saved.
    pub fn saved(&mut self) {
        self.saved = self.files().clone();
    }

    /// Takes over files that were changed on disk, which can be undone.
    pub fn reload(&mut self, files: Files) {
        self.push(files);
        self.saved();
    }

    /// The files with these changes.
    pub fn with(&self, edits: &[Edit]) -> Files {
        let apply = |text: String, edit: &Edit| self.without_redundant(&text, edit).apply(&text);
        let mut files = self.files().clone();
        files.config = edits.iter().fold(files.config, apply);
        files
    }

    /// The files with another style of a role in the theme in use: in its file if it is the user's own, else in a new
    /// one that inherits from it. `None` is the inherited style.
    pub fn with_style(&self, theme: &str, role: Role, style: Option<Toml>) -> Files {
        let mut files = self.files().clone();
        let is_own = files.themes.contains_key(theme);
        let name = if is_own { theme.to_owned() } else { format!("{theme}-mine") };
        let new = || format!("about = \"{theme} with your own colours\"\ninherits = \"{theme}\"\n");
        let text = files.themes.entry(name.clone()).or_insert_with(new);
        *text = document::set(text, &["roles"], role.name(), style);
        if !is_own {
            let names = |key: &&str| self.shown("", "theme") == "auto" && self.shown("", key) == theme;
            let key = ["theme_dark", "theme_light"].into_iter().find(names).unwrap_or("theme");
            files.config = Edit::set_word("", key, &name).apply(&files.config);
        }
        files
    }

    /// Makes a change of the config that can be undone.
    pub fn change(&mut self, edits: &[Edit]) -> Result<(), String> {
        self.put(self.with(edits))
    }

    /// Replaces the files, which can be undone.
    ///
    /// # Errors
    /// They have a mistake that was not there before.
    pub fn put(&mut self, files: Files) -> Result<(), String> {
        let [old, new] = [self.files(), &files].map(|files| files.mistakes(&self.path));
        match new.into_iter().find(|mistake| !old.contains(mistake)) {
            Some(mistake) => Err(mistake),
            None => {
                self.push(files);
                Ok(())
            }
        }
    }

    fn push(&mut self, files: Files) {
        if files != *self.files() {
            self.history.truncate(self.at + 1);
            self.history.push(files);
            self.go(Some(self.at + 1));
        }
    }

    /// Undoes the last change; `false` if there is none.
    pub fn undo(&mut self) -> bool {
        self.go(self.at.checked_sub(1))
    }

    /// Repeats the change undone last; `false` if there is none.
    pub fn redo(&mut self) -> bool {
        self.go(Some(self.at + 1))
    }

    /// Makes these files of the history the current ones; `false` if there are none.
    fn go(&mut self, at: Option<usize>) -> bool {
        let Some((at, files)) = at.and_then(|at| Some((at, self.history.get(at)?))) else { return false };
        self.layers = Layers::of_text(&self.path, &files.config, &Flags::default());
        self.at = at;
        true
    }

    /// The edit without redundancy: a value that would apply anyway is removed from the file.
    fn without_redundant(&self, text: &str, edit: &Edit) -> Edit {
        let Some(value) = &edit.value else { return edit.clone() };
        let without = Edit::unset(&edit.table, &edit.key);
        let layers = Layers::of_text(&self.path, &without.apply(text), &Flags::default());
        let is_default = match (edit.key.as_str(), value) {
            ("preset", KeyValue::Text(name)) if edit.table.is_empty() => layers.preset() == name,
            _ => match layers.stack().of_segment(&edit.table, &edit.key) {
                Some(below) => below == value,
                None => value.to_string().is_empty(),
            },
        };
        if is_default { without } else { edit.clone() }
    }

    /// The changes for choosing a word. Choosing a preset removes the keys that it sets from the file.
    pub fn choosing(&self, table: &str, key: &str, word: &str) -> Vec<Edit> {
        // A preset in use need not be written to the file.
        if (table, key) == ("", "preset") && self.preset() == word {
            return Vec::new();
        }
        let preset = embedded::preset(word).filter(|_| (table, key) == ("", "preset"));
        let tables = preset.into_iter().flat_map(|preset| preset.layer.tables.iter());
        let said = tables.flat_map(|table| table.entries.iter().map(|entry| Edit::unset(&table.name, &entry.key)));
        said.filter(|edit| self.source(&edit.table, &edit.key) == "file")
            .chain([Edit::set_word(table, key, word)])
            .collect()
    }

    /// Lines of a diff of unsaved changes. Those of a theme are below its name.
    pub fn diff(&self) -> Vec<String> {
        let mut lines = files::diff(&self.saved.config, &self.files().config);
        for (name, old, new) in self.files().changed_themes(&self.saved) {
            lines.push(format!(" themes/{name}.toml"));
            lines.extend(files::diff(old.unwrap_or_default(), new.unwrap_or_default()));
        }
        lines
    }

    /// The preset in use.
    pub fn preset(&self) -> &'static str {
        self.layers.preset()
    }

    /// The effective value of a key.
    pub fn value(&self, table: &str, key: &str) -> Option<&KeyValue> {
        self.layers.stack().of_segment(table, key)
    }

    /// The value of a key as typed.
    pub fn shown(&self, table: &str, key: &str) -> String {
        self.value(table, key).map(ToString::to_string).unwrap_or_default()
    }

    /// The source of a key's value. Empty if it is not set.
    pub fn source(&self, table: &str, key: &str) -> String {
        let kind = self.layers.stack().kind(table).map_or(table, |kind| kind.name);
        let sets = |layer: &Layer| layer.get(table, key).or_else(|| layer.get(kind, key)).is_some();
        match self.layers.named().rev().find(|(_, layer)| sets(layer)) {
            Some((LayerSource::File(_), _)) => "file".to_owned(),
            Some((source, _)) => source.to_string(),
            None => String::new(),
        }
    }

    /// The rows.
    pub fn rows(&self) -> Rows {
        match self.value("", "rows") {
            Some(KeyValue::Texts(rows)) => Rows::read(rows),
            _ => Rows::default(),
        }
    }

    /// Elements of a list.
    pub fn list(&self, table: &str, key: &str) -> Vec<String> {
        self.value(table, key).map(KeyValue::elements).unwrap_or_default()
    }

    /// Segments that can be added: each kind, then the custom ones, each with a description.
    pub fn addable(&self) -> Vec<(String, String)> {
        let kinds = segment::ALL.iter().map(|kind| (kind.name.to_owned(), kind.about.to_owned()));
        let stack = self.layers.stack();
        let named = self.layers.named().filter(|(source, _)| matches!(source, LayerSource::File(_)));
        let own = named.flat_map(|(_, layer)| layer.tables.iter()).filter_map(|table| {
            let kind = stack.kind(&table.name).filter(|kind| kind.name != table.name)?;
            Some((table.name.to_string(), format!("your own {}", kind.name)))
        });
        kinds.chain(own).collect()
    }
}

/// Presets by name, with descriptions.
pub fn presets() -> impl Iterator<Item = (&'static str, &'static str)> {
    embedded::PRESETS.iter().map(|preset| (preset.name, preset.about))
}
