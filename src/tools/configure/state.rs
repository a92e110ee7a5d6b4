//! The state that panels work on: the draft, what else is known, and the settings of the preview.

use std::collections::BTreeMap;

use ratatui::text::Line;
use toml_edit::Value as Toml;

use super::document::{self, Edit};
use super::draft::Draft;
use super::draw::Choice;
use super::rows::Place;
use crate::segment::Role;
use crate::theme::{Depth, Look};
use crate::tools::files::Files;

/// The state that panels work on.
#[derive(Clone)]
pub struct EditorState {
    pub draft: Draft,
    pub catalog: Catalog,
    pub scene: Scene,
    /// The segment under the cursor, on the tab of rows.
    pub place: Place,
    /// The result of the last action, for the user.
    pub message: Option<String>,
    pub preview: Preview,
}

/// The preview of the line, and its parts.
#[derive(Clone, Default)]
pub struct Preview {
    pub rows: Vec<Line<'static>>,
    /// The theme in use.
    pub theme: String,
    pub look: Look,
    pub depth: Depth,
    /// Values of the session by segment and field; the whole text of a segment has no field's name.
    pub samples: BTreeMap<(&'static str, &'static str), String>,
    /// The format that is being typed, filled.
    pub typed: Option<Line<'static>>,
    /// Mistakes in the config, one sentence each.
    pub warnings: Vec<String>,
}

impl Preview {
    /// A field's or segment's value, then its description.
    pub fn described(&self, name: (&'static str, &'static str), about: &str) -> String {
        let value = self.samples.get(&name).map(|value| format!("{value} – ")).unwrap_or_default();
        format!("{value}{about}")
    }
}

/// Everything to choose from outside of the file.
#[derive(Debug, Clone, Default)]
pub struct Catalog {
    /// Path of the file, for people.
    pub file: String,
    pub themes: Vec<Choice>,
    /// Names of the sessions that the preview can show.
    pub sessions: Vec<String>,
    /// Settings that override the file, for people.
    pub notices: Vec<String>,
}

/// Settings of the preview. Not part of the file.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Scene {
    /// Columns of the line.
    pub columns: usize,
    /// Columns of the line in this terminal.
    pub own_columns: usize,
    /// Index into [`DEPTHS`].
    pub depth: usize,
    /// Index into the sessions of the catalog.
    pub session: usize,
}

/// Colour depths of the preview: the configured one, then values of the key `color`.
pub const DEPTHS: [&str; 5] = ["as configured", "truecolor", "256", "16", "never"];

/// Minimum and maximum width of the preview in columns.
pub const COLUMNS: (usize, usize) = (10, 300);

impl EditorState {
    /// Makes a change that can be undone, or says why not.
    pub fn change(&mut self, edits: &[Edit]) {
        self.message = self.draft.change(edits).err();
    }

    /// Replaces the files, which can be undone, or says why not.
    pub fn put(&mut self, files: Files) {
        self.message = self.draft.put(files).err();
    }

    /// Themes, `auto` first.
    pub fn themes(&self) -> Vec<Choice> {
        let auto = Choice::new("auto", "theme_dark or theme_light, whichever suits the terminal");
        [auto].into_iter().chain(self.catalog.themes.iter().cloned()).collect()
    }

    /// The files with a part of a role's style set or removed.
    pub fn restyled(&self, role: Role, part: &str, value: Option<Toml>) -> Files {
        let mut style = document::style(self.preview.look.style(role));
        match value {
            Some(value) => _ = style.insert(part, value),
            None => _ = style.remove(part),
        }
        self.draft.with_style(&self.preview.theme, role, Some(style.into()))
    }
}

impl Scene {
    /// Resizes the preview with the terminal, unless its width was changed. The agent reserves some columns, and the
    /// frame of the preview takes two.
    pub fn resize(&mut self, terminal: usize) {
        let own = terminal.saturating_sub(4).clamp(COLUMNS.0, COLUMNS.1);
        if self.columns == self.own_columns {
            self.columns = own;
        }
        self.own_columns = own;
    }

    /// Makes the preview wider by this many columns.
    pub fn widen(&mut self, columns: isize) {
        self.columns = self.columns.saturating_add_signed(columns).clamp(COLUMNS.0, COLUMNS.1);
    }
}
