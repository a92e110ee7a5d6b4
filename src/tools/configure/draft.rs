//! The text that is edited, with what config makes of it and what it was before: every change is a list of
//! [`Edit`]s, and can be undone.

use std::path::{Path, PathBuf};

use similar::{ChangeTag, TextDiff};

use super::document::Edit;
use super::rows::Rows;
use crate::config::layer::Layer;
use crate::config::stack::Stack;
use crate::config::value::Value;
use crate::config::{Flags, LayerSource, Layers, embedded};
use crate::segment;

/// The text of a config file while it is edited.
pub struct Draft {
    path: PathBuf,
    saved: String,
    text: String,
    layers: Layers,
    past: Vec<String>,
    future: Vec<String>,
}

impl Draft {
    /// A text as it was read.
    pub fn new(path: PathBuf, text: String) -> Self {
        let layers = Layers::of_text(&path, &text, &Flags::default());
        Draft { path, saved: text.clone(), text, layers, past: Vec::new(), future: Vec::new() }
    }

    /// All layers of config.
    pub fn stack(&self) -> Stack<'_> {
        self.layers.stack()
    }

    /// The text of the file as it is now.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// There is something to save.
    pub fn is_changed(&self) -> bool {
        self.saved != self.text
    }

    /// The text is what the file holds.
    pub fn saved(&mut self) {
        self.saved = self.text.clone();
    }

    /// The text with these changes.
    pub fn with(&self, edits: &[Edit]) -> String {
        edits.iter().fold(self.text.clone(), |text, edit| self.without_redundant(&text, edit).apply(&text))
    }

    /// Makes a change that can be undone.
    pub fn change(&mut self, edits: &[Edit]) -> Result<(), String> {
        let text = self.with(edits);
        if text == self.text {
            return Ok(());
        }
        let layers = Layers::of_text(&self.path, &text, &Flags::default());
        let is_new = |message: &str| self.layers.warnings.iter().all(|old| old.message != message);
        if let Some(warning) = layers.warnings.iter().find(|warning| is_new(&warning.message)) {
            return Err(warning.message.clone());
        }
        let old = self.replace(text);
        self.past.push(old);
        self.future.clear();
        Ok(())
    }

    /// Takes the last change back; `false` when there is none.
    pub fn undo(&mut self) -> bool {
        let Some(text) = self.past.pop() else { return false };
        let now = self.replace(text);
        self.future.push(now);
        true
    }

    /// Makes the change again that was taken back last; `false` when there is none.
    pub fn redo(&mut self) -> bool {
        let Some(text) = self.future.pop() else { return false };
        let now = self.replace(text);
        self.past.push(now);
        true
    }

    /// Puts another text in the place of the text. Gives that which was there.
    fn replace(&mut self, text: String) -> String {
        self.layers = Layers::of_text(&self.path, &text, &Flags::default());
        std::mem::replace(&mut self.text, text)
    }

    /// The edit as it is made: a value that would count without the file is taken out of it.
    fn without_redundant(&self, text: &str, edit: &Edit) -> Edit {
        let Some(value) = &edit.value else { return edit.clone() };
        let without = Edit::unset(&edit.table, &edit.key);
        let layers = Layers::of_text(&self.path, &without.apply(text), &Flags::default());
        let is_default = match (edit.key.as_str(), value) {
            ("preset", Value::Text(name)) if edit.table.is_empty() => preset_of(&layers) == name,
            _ => match layers.stack().of_segment(&edit.table, &edit.key) {
                Some(below) => below == value,
                None => value.to_string().is_empty(),
            },
        };
        if is_default { without } else { edit.clone() }
    }

    /// The changes that choosing a word makes. Choosing a preset takes the keys that it sets out of the file.
    pub fn choosing(&self, table: &str, key: &str, word: &str) -> Vec<Edit> {
        // A preset that counts already needs no word in the file.
        if (table, key) == ("", "preset") && self.preset() == word {
            return Vec::new();
        }
        let preset = embedded::preset(word).filter(|_| (table, key) == ("", "preset"));
        let said = preset
            .into_iter()
            .flat_map(|preset| preset.layer.tables.iter())
            .flat_map(|table| table.entries.iter().map(|entry| Edit::unset(&table.name, &entry.key)));
        said.filter(|edit| self.is_in_file(&edit.table, &edit.key))
            .chain([Edit::set_word(table, key, word)])
            .collect()
    }

    fn is_in_file(&self, table: &str, key: &str) -> bool {
        self.layers
            .named()
            .any(|(source, layer)| matches!(source, LayerSource::File(_)) && layer.get(table, key).is_some())
    }

    /// Each line that will be written or removed, and those around: `+`, `-` or a space before it.
    pub fn diff(&self) -> Vec<(char, String)> {
        let diff = TextDiff::from_lines(self.saved.as_str(), self.text.as_str());
        let groups = diff.grouped_ops(2);
        let lines = groups.iter().enumerate().flat_map(|(number, group)| {
            let gap = (number > 0).then(|| (' ', "…".to_owned()));
            let changes = group.iter().flat_map(|op| diff.iter_changes(op)).map(|change| {
                let sign = match change.tag() {
                    ChangeTag::Insert => '+',
                    ChangeTag::Delete => '-',
                    ChangeTag::Equal => ' ',
                };
                (sign, change.value().trim_end_matches(['\r', '\n']).to_owned())
            });
            gap.into_iter().chain(changes).collect::<Vec<_>>()
        });
        lines.collect()
    }

    /// The preset that counts.
    pub fn preset(&self) -> &str {
        preset_of(&self.layers)
    }

    /// The value of a key that counts.
    pub fn value(&self, table: &str, key: &str) -> Option<&Value> {
        self.layers.stack().of_segment(table, key)
    }

    /// The value of a key as it is typed.
    pub fn shown(&self, table: &str, key: &str) -> String {
        self.value(table, key).map(ToString::to_string).unwrap_or_default()
    }

    /// The source of a key's value. Empty when it is not set.
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
            Some(Value::Texts(rows)) => Rows::read(rows),
            _ => Rows::default(),
        }
    }

    /// Elements of a list.
    pub fn list(&self, table: &str, key: &str) -> Vec<String> {
        self.value(table, key).map(Value::elements).unwrap_or_default()
    }

    /// Segments that can be added: each kind, then those with a name of their own; and what they show.
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

/// Presets by name, and what each is for.
pub fn presets() -> impl Iterator<Item = (&'static str, &'static str)> {
    embedded::PRESETS.iter().map(|preset| (preset.name, preset.about))
}

fn preset_of(layers: &Layers) -> &str {
    let preset = layers.named().find_map(|(source, _)| match source {
        LayerSource::Preset(name) => Some(name.as_str()),
        _ => None,
    });
    preset.unwrap_or_default()
}
