//! What is edited and where the user is: a state, what can be done, and what comes of it. Pure: nothing
//! here reads a file, draws or waits. Every change is a list of [`Edit`]s, and what it made of the text is
//! kept, so that it can be undone.

use std::path::PathBuf;

use similar::{ChangeTag, TextDiff};

use super::document::{self, Edit};
use super::input::Input;
use super::options::{self, Editor, Opt};
use super::rows::{Place, Rows, Way};
use crate::config::layer::{self, Value};
use crate::config::{Flags, Layers, Source, embedded};
use crate::layout::Side;
use crate::segment;

/// The state of the editor.
pub struct Model {
    /// What there is besides the file.
    pub catalog: Catalog,
    /// What is shown below the preview when no panel is open.
    pub tab: Tab,
    /// The segment that the cursor is on, on the tab of rows.
    pub place: Place,
    /// What was opened over the tab, the last one on top.
    pub panels: Vec<Panel>,
    /// How the preview is shown.
    pub scene: Scene,
    /// What came of the last action.
    pub message: Option<String>,
    at: [usize; Tab::ALL.len()],
    path: PathBuf,
    saved: String,
    text: String,
    layers: Layers,
    past: Vec<String>,
    future: Vec<String>,
}

/// What there is besides the file.
#[derive(Debug, Clone, Default)]
pub struct Catalog {
    /// Themes: name, and what it is like.
    pub themes: Vec<(String, String)>,
    /// Names of the sessions that the preview can show.
    pub sessions: Vec<String>,
    /// What counts more than the file, for people.
    pub notices: Vec<String>,
}

/// How the preview is shown. Not part of the file.
#[derive(Debug, Clone, PartialEq)]
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

/// Depths of colour for the preview: what config says, then words of its key `color`.
pub const DEPTHS: [&str; 5] = ["as configured", "truecolor", "256", "16", "never"];

/// Fewest and most columns of the preview.
const COLUMNS: (usize, usize) = (10, 300);

/// Columns that one step of the slider takes.
const STEP: usize = 2;

/// What is shown below the preview.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tab {
    Theme,
    Preset,
    Rows,
    Line,
}

impl Tab {
    /// All of them with their names, in order.
    pub const ALL: [(Tab, &str); 4] =
        [(Tab::Theme, "Theme"), (Tab::Preset, "Preset"), (Tab::Rows, "Rows"), (Tab::Line, "Line")];
}

/// What was opened over a tab.
#[derive(Debug, Clone, PartialEq)]
pub enum Panel {
    /// Options of a segment.
    Segment { name: String, at: usize },
    /// One of these words, each with what it is.
    Choice { table: String, key: &'static str, words: Vec<(String, String)>, at: usize },
    /// Any of these words.
    Checks { table: String, key: &'static str, words: &'static [&'static str], at: usize },
    /// Elements of a list.
    List { table: String, key: &'static str, at: usize },
    /// Segments that can be added.
    Add { at: usize },
    /// A text is typed.
    Input { what: What, about: String, input: Input, problem: Option<String> },
    /// What will be written.
    Save { at: usize },
    /// Whether to leave without saving.
    Leave,
    /// The keys.
    Help,
    /// What is wrong with the config.
    Warnings,
}

/// What a typed text is.
#[derive(Debug, Clone, PartialEq)]
pub enum What {
    /// What a key is set to.
    Value { table: String, key: &'static str },
    /// An element of a list; a new one stands before that which is there.
    Element { table: String, key: &'static str, at: usize, is_new: bool },
    /// The name of a new segment of that kind.
    Name { kind: &'static str },
}

/// What can be done.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Action {
    Up,
    Down,
    Left,
    Right,
    PageUp,
    PageDown,
    Home,
    End,
    Enter,
    Back,
    Tab(usize),
    NextTab,
    LastTab,
    Move(Way),
    Send(Side),
    Add,
    Remove,
    NewRow,
    RemoveRow,
    Reset,
    Undo,
    Redo,
    Save,
    Quit,
    Interrupt,
    Help,
    Warnings,
    Narrower,
    Wider,
    OwnWidth,
    NextSession,
    NextDepth,
    /// The terminal has so many columns.
    Resize(usize),
    Type(char),
    Backspace,
    Delete,
}

/// What is left to who has the terminal and the file.
#[derive(Debug, Clone, PartialEq)]
pub enum Effect {
    /// Write this into the file, and call [`Model::saved`] or [`Model::failed`].
    Write(String),
    /// End.
    Leave,
}

impl Model {
    /// The editor of a text that [`document::check`] has passed, in a terminal of so many columns.
    pub fn new(path: PathBuf, text: String, catalog: Catalog, columns: usize) -> Self {
        let columns = own_columns(columns);
        let layers = Layers::of_text(&path, &text, &Flags::default());
        let mut model = Model {
            catalog,
            tab: Tab::Theme,
            place: Place::default(),
            panels: Vec::new(),
            scene: Scene { columns, own_columns: columns, depth: 0, session: 0 },
            message: None,
            at: [0; 4],
            path,
            saved: text.clone(),
            text,
            layers,
            past: Vec::new(),
            future: Vec::new(),
        };
        model.at[0] = model.themes().iter().position(|(name, _)| model.is_chosen("theme", name)).unwrap_or(0);
        model.at[1] = presets().position(|(name, _)| model.preset() == name).unwrap_or(0);
        model
    }

    /// Does it. What the caller has to do then, if anything.
    pub fn update(&mut self, action: Action) -> Option<Effect> {
        if let Action::Resize(columns) = action {
            self.resize(columns);
            return None;
        }
        self.message = None;
        if self.is_typing() && action != Action::Interrupt {
            self.type_into(action);
            return None;
        }
        match action {
            Action::Quit => return self.quit(),
            Action::Interrupt if self.panels.last() == Some(&Panel::Leave) => return Some(Effect::Leave),
            Action::Interrupt => return self.quit(),
            Action::Back => _ = self.panels.pop(),
            Action::Save => return self.save(),
            Action::Undo => self.undo(),
            Action::Redo => self.redo(),
            Action::Help => self.toggle(Panel::Help),
            Action::Warnings => self.toggle(Panel::Warnings),
            Action::Narrower => self.scene.columns = self.scene.columns.saturating_sub(STEP).max(COLUMNS.0),
            Action::Wider => self.scene.columns = (self.scene.columns + STEP).min(COLUMNS.1),
            Action::OwnWidth => self.scene.columns = self.scene.own_columns,
            Action::NextDepth => self.scene.depth = (self.scene.depth + 1) % DEPTHS.len(),
            Action::NextSession => {
                self.scene.session = (self.scene.session + 1) % self.catalog.sessions.len().max(1);
            }
            Action::Tab(number) => self.open(Tab::ALL[number.min(Tab::ALL.len() - 1)].0),
            Action::NextTab => self.open(Tab::ALL[(self.tab as usize + 1) % Tab::ALL.len()].0),
            Action::LastTab => {
                self.open(Tab::ALL[(self.tab as usize + Tab::ALL.len() - 1) % Tab::ALL.len()].0)
            }
            _ => return self.go_on(action),
        }
        None
    }

    /// The text was written.
    pub fn saved(&mut self) -> Option<Effect> {
        self.saved = self.text.clone();
        let leaves = self.panels.contains(&Panel::Leave);
        self.panels.retain(|panel| !matches!(panel, Panel::Save { .. } | Panel::Leave));
        self.message = Some(format!("saved: {}", self.path.display()));
        leaves.then_some(Effect::Leave)
    }

    /// The text could not be written.
    pub fn failed(&mut self, why: String) {
        self.message = Some(why);
    }

    /// The text of the file as it is now.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The file.
    pub fn path(&self) -> &std::path::Path {
        &self.path
    }

    /// Whether letters are text.
    pub fn is_typing(&self) -> bool {
        matches!(self.panels.last(), Some(Panel::Input { .. }))
    }

    /// Whether there is something to save.
    pub fn is_changed(&self) -> bool {
        self.saved != self.text
    }

    /// The text with what the cursor is on, as if it were chosen.
    pub fn previewed(&self) -> String {
        self.candidate().iter().fold(self.text.clone(), |text, edit| self.normal(&text, edit).apply(&text))
    }

    /// Whether the preview shows something that is not chosen yet.
    pub fn is_trying(&self) -> bool {
        self.previewed() != self.text
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

    /// Themes, `auto` first: name, and what it is like.
    pub fn themes(&self) -> Vec<(String, String)> {
        let auto = ("auto".to_owned(), "theme_dark or theme_light, by the terminal".to_owned());
        [auto].into_iter().chain(self.catalog.themes.iter().cloned()).collect()
    }

    /// Where the cursor of the tab is.
    pub fn at(&self) -> usize {
        self.at[self.tab as usize]
    }

    /// The preset that counts.
    pub fn preset(&self) -> &str {
        preset_of(&self.layers)
    }

    /// What a key is set to, by whoever counts.
    pub fn value(&self, table: &str, key: &str) -> Option<&Value> {
        self.layers.stack().of_segment(table, key)
    }

    /// Whether a key is set to that word.
    pub fn is_chosen(&self, key: &str, word: &str) -> bool {
        matches!(self.value("", key), Some(Value::Text(text)) if text == word)
    }

    /// Who sets a key. Empty when nobody does.
    pub fn source(&self, table: &str, key: &str) -> String {
        let kind = self.layers.stack().kind(table).map_or(table, |kind| kind.name);
        let sets = |layer: &layer::Layer| layer.get(table, key).or_else(|| layer.get(kind, key)).is_some();
        match self.layers.named().rev().find(|(_, layer)| sets(layer)) {
            Some((Source::File(_), _)) => "file".to_owned(),
            Some((source, _)) => source.to_string(),
            None => String::new(),
        }
    }

    /// The rows.
    pub fn rows(&self) -> Rows {
        match self.value("", "rows") {
            Some(Value::List(rows)) => Rows::read(rows),
            _ => Rows::default(),
        }
    }

    /// Elements of a list.
    pub fn list(&self, table: &str, key: &str) -> Vec<String> {
        match self.value(table, key) {
            Some(Value::List(list)) => list.iter().map(|text| text.to_string()).collect(),
            _ => Vec::new(),
        }
    }

    /// Options of a segment, or of the line where it has no name.
    pub fn options(&self, table: &str) -> Vec<Opt> {
        options::of(table, self.layers.stack().kind(table))
    }

    /// Segments that can be added: each kind, then those with a name of their own; and what they show.
    pub fn addable(&self) -> Vec<(String, String)> {
        let kinds = segment::ALL.iter().map(|kind| (kind.name.to_owned(), kind.about.to_owned()));
        let stack = self.layers.stack();
        let named = self.layers.named().filter(|(source, _)| matches!(source, Source::File(_)));
        let own = named.flat_map(|(_, layer)| layer.tables.iter()).filter_map(|table| {
            let kind = stack.kind(&table.name).filter(|kind| kind.name != table.name)?;
            Some((table.name.to_string(), format!("your own {}", kind.name)))
        });
        kinds.chain(own).collect()
    }

    /// The options that are shown, and where the cursor is.
    pub fn shown_options(&self) -> Option<(&str, usize)> {
        match self.panels.last() {
            Some(Panel::Segment { name, at }) => Some((name, *at)),
            None if self.tab == Tab::Line => Some(("", self.at())),
            _ => None,
        }
    }

    /// The preview follows the terminal until it is made wider or narrower.
    fn resize(&mut self, columns: usize) {
        let own = own_columns(columns);
        if self.scene.columns == self.scene.own_columns {
            self.scene.columns = own;
        }
        self.scene.own_columns = own;
    }

    fn open(&mut self, tab: Tab) {
        self.panels.clear();
        self.tab = tab;
    }

    fn toggle(&mut self, panel: Panel) {
        if self.panels.last() == Some(&panel) {
            self.panels.pop();
        } else {
            self.panels.push(panel);
        }
    }

    fn quit(&mut self) -> Option<Effect> {
        if !self.is_changed() {
            return Some(Effect::Leave);
        }
        self.panels.retain(|panel| *panel != Panel::Leave);
        self.panels.push(Panel::Leave);
        None
    }

    fn save(&mut self) -> Option<Effect> {
        match self.panels.last() {
            Some(Panel::Save { .. }) => return Some(Effect::Write(self.text.clone())),
            _ if self.is_changed() => self.panels.push(Panel::Save { at: 0 }),
            _ => self.message = Some("nothing to save".to_owned()),
        }
        None
    }

    fn undo(&mut self) {
        match self.past.pop() {
            Some(text) => {
                let now = self.replace(text);
                self.future.push(now);
                self.message = Some("undone".to_owned());
            }
            None => self.message = Some("nothing to undo".to_owned()),
        }
    }

    fn redo(&mut self) {
        match self.future.pop() {
            Some(text) => {
                let now = self.replace(text);
                self.past.push(now);
                self.message = Some("done again".to_owned());
            }
            None => self.message = Some("nothing to do again".to_owned()),
        }
    }

    /// Puts another text in the place of the text. Gives that which was there.
    fn replace(&mut self, text: String) -> String {
        self.layers = Layers::of_text(&self.path, &text, &Flags::default());
        let old = std::mem::replace(&mut self.text, text);
        // What is open may be about what is gone.
        let layers = &self.layers;
        self.panels.retain(|panel| match panel {
            Panel::Segment { name, .. } => layers.stack().kind(name).is_some(),
            _ => true,
        });
        self.settle();
        old
    }

    /// Brings the cursors back onto what there is.
    fn settle(&mut self) {
        let rows = self.rows();
        self.place.row = self.place.row.min(rows.len().saturating_sub(1));
        self.place.at = self.place.at.min(rows.segments(self.place.row).saturating_sub(1));
        let lists = |model: &Model, table: &str, key: &str| model.list(table, key).len();
        if let Some(Panel::List { table, key, at }) = self.panels.last() {
            let at = (*at).min(lists(self, table, key).saturating_sub(1));
            self.set_at(at);
        }
    }

    /// Makes a change that can be undone.
    fn change(&mut self, edits: &[Edit]) -> Result<(), String> {
        let text = edits.iter().fold(self.text.clone(), |text, edit| self.normal(&text, edit).apply(&text));
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

    fn change_or_say(&mut self, edits: &[Edit]) {
        if let Err(why) = self.change(edits) {
            self.message = Some(why);
        }
    }

    /// The edit as it is made: what would be so anyhow is taken out of the file.
    fn normal(&self, text: &str, edit: &Edit) -> Edit {
        let Some(value) = &edit.value else { return edit.clone() };
        let without = Edit::unset(&edit.table, &edit.key);
        let layers = Layers::of_text(&self.path, &without.apply(text), &Flags::default());
        let anyhow = match (edit.key.as_str(), value) {
            ("preset", Value::Text(name)) if edit.table.is_empty() => preset_of(&layers) == name,
            _ => match layers.stack().of_segment(&edit.table, &edit.key) {
                Some(below) => below == value,
                None => match value {
                    Value::Text(text) => text.is_empty(),
                    Value::List(list) => list.is_empty(),
                    Value::Bool(_) | Value::Number(_) => false,
                },
            },
        };
        if anyhow { without } else { edit.clone() }
    }

    /// What choosing what the cursor is on would change.
    fn candidate(&self) -> Vec<Edit> {
        match self.panels.last() {
            Some(Panel::Choice { table, key, words, at }) => {
                let word = words.get(*at).map(|(word, _)| word);
                word.map(|word| self.choosing(table, key, word)).unwrap_or_default()
            }
            Some(_) => Vec::new(),
            None => match self.tab {
                Tab::Theme => {
                    let themes = self.themes();
                    themes
                        .get(self.at())
                        .map(|(name, _)| self.choosing("", "theme", name))
                        .unwrap_or_default()
                }
                Tab::Preset => presets()
                    .nth(self.at())
                    .map(|(name, _)| self.choosing("", "preset", name))
                    .unwrap_or_default(),
                Tab::Rows | Tab::Line => Vec::new(),
            },
        }
    }

    /// Choosing a preset takes out of the file what the preset itself says.
    fn choosing(&self, table: &str, key: &str, word: &str) -> Vec<Edit> {
        let set = match (table, key) {
            _ if word.is_empty() => Edit::unset(table, key),
            // What counts already needs no word in the file.
            ("", "preset") if self.preset() == word => return Vec::new(),
            _ => Edit::set(table, key, Value::text(word)),
        };
        let preset = embedded::preset(word).filter(|_| (table, key) == ("", "preset"));
        let said = preset
            .into_iter()
            .flat_map(|layer| layer.tables.iter())
            .flat_map(|table| table.entries.iter().map(|entry| Edit::unset(&table.name, &entry.key)));
        said.filter(|edit| self.is_in_file(&edit.table, &edit.key)).chain([set]).collect()
    }

    fn is_in_file(&self, table: &str, key: &str) -> bool {
        self.layers
            .named()
            .any(|(source, layer)| matches!(source, Source::File(_)) && layer.get(table, key).is_some())
    }

    /// What depends on what is shown.
    fn go_on(&mut self, action: Action) -> Option<Effect> {
        if let Some(step) = self.stepped(action) {
            self.set_at(step);
            return None;
        }
        match self.panels.last().cloned() {
            Some(Panel::Save { .. }) if action == Action::Enter => return self.save(),
            Some(Panel::Leave) if action == Action::Remove => return Some(Effect::Leave),
            Some(Panel::Choice { .. }) if action == Action::Enter => {
                self.change_or_say(&self.candidate());
                self.panels.pop();
            }
            Some(Panel::Checks { table, key, words, at }) if action == Action::Enter => {
                self.check(&table, key, words, words[at]);
            }
            Some(Panel::List { table, key, at }) => self.on_list(action, &table, key, at),
            Some(Panel::Add { at }) => self.on_add(action, at),
            Some(Panel::Segment { .. }) => self.on_options(action),
            Some(_) => {}
            None => match self.tab {
                Tab::Theme | Tab::Preset if action == Action::Enter => self.change_or_say(&self.candidate()),
                Tab::Theme if action == Action::Reset => self.change_or_say(&[Edit::unset("", "theme")]),
                Tab::Preset if action == Action::Reset => self.change_or_say(&[Edit::unset("", "preset")]),
                Tab::Theme | Tab::Preset => {}
                Tab::Rows => self.on_rows(action),
                Tab::Line => self.on_options(action),
            },
        }
        None
    }

    /// Where an action moves the cursor of what is shown. `None` when it is about something else.
    fn stepped(&self, action: Action) -> Option<usize> {
        const PAGE: usize = 8;
        if self.panels.is_empty() && self.tab == Tab::Rows {
            return None;
        }
        let (at, count) = match self.panels.last() {
            Some(
                Panel::Segment { at, .. }
                | Panel::Choice { at, .. }
                | Panel::Checks { at, .. }
                | Panel::List { at, .. }
                | Panel::Add { at }
                | Panel::Save { at },
            ) => (*at, self.count()),
            Some(_) => return None,
            None => (self.at(), self.count()),
        };
        let last = count.saturating_sub(1);
        Some(match action {
            Action::Up => at.saturating_sub(1),
            Action::Down => (at + 1).min(last),
            Action::PageUp => at.saturating_sub(PAGE),
            Action::PageDown => (at + PAGE).min(last),
            Action::Home => 0,
            Action::End => last,
            _ => return None,
        })
    }

    /// How many there are of what the cursor is on.
    fn count(&self) -> usize {
        match self.panels.last() {
            Some(Panel::Segment { name, .. }) => self.options(name).len(),
            Some(Panel::Choice { words, .. }) => words.len(),
            Some(Panel::Checks { words, .. }) => words.len(),
            Some(Panel::List { table, key, .. }) => self.list(table, key).len(),
            Some(Panel::Add { .. }) => self.addable().len(),
            Some(Panel::Save { .. }) => self.diff().len(),
            Some(_) => 0,
            None => match self.tab {
                Tab::Theme => self.themes().len(),
                Tab::Preset => presets().count(),
                Tab::Rows => 0,
                Tab::Line => self.options("").len(),
            },
        }
    }

    fn set_at(&mut self, new: usize) {
        match self.panels.last_mut() {
            Some(
                Panel::Segment { at, .. }
                | Panel::Choice { at, .. }
                | Panel::Checks { at, .. }
                | Panel::List { at, .. }
                | Panel::Add { at }
                | Panel::Save { at },
            ) => *at = new,
            _ => self.at[self.tab as usize] = new,
        }
    }

    fn on_rows(&mut self, action: Action) {
        let mut rows = self.rows();
        let Place { row, at } = self.place;
        let in_row = |row: usize| Place { row, at: at.min(rows.segments(row).saturating_sub(1)) };
        match action {
            Action::Up => self.place = in_row(row.saturating_sub(1)),
            Action::Down => self.place = in_row((row + 1).min(rows.len().saturating_sub(1))),
            Action::Left => self.place.at = at.saturating_sub(1),
            Action::Right => self.place.at = (at + 1).min(rows.segments(row).saturating_sub(1)),
            Action::Home => self.place.at = 0,
            Action::End => self.place.at = rows.segments(row).saturating_sub(1),
            Action::Enter => match rows.name(self.place) {
                Some(name) => self.panels.push(Panel::Segment { name: name.to_owned(), at: 0 }),
                None => self.panels.push(Panel::Add { at: 0 }),
            },
            Action::Add => self.panels.push(Panel::Add { at: 0 }),
            Action::Move(way) => {
                let place = rows.shift(self.place, way);
                self.set_rows(&rows, place);
            }
            Action::Send(side) => {
                let place = rows.send(self.place, side);
                self.set_rows(&rows, place);
            }
            Action::Remove => {
                let place = rows.remove(self.place);
                self.set_rows(&rows, place);
            }
            Action::NewRow => {
                let place = Place { row: (row + 1).min(rows.len()), at: 0 };
                rows.insert_row(place.row);
                self.set_rows(&rows, place);
            }
            Action::RemoveRow => {
                rows.remove_row(row);
                self.set_rows(&rows, self.place);
            }
            Action::Reset => self.change_or_say(&[Edit::unset("", "rows")]),
            _ => {}
        }
    }

    fn set_rows(&mut self, rows: &Rows, place: Place) {
        self.change_or_say(&[set_list("", "rows", rows.written())]);
        self.place = place;
        self.settle();
    }

    fn on_options(&mut self, action: Action) {
        let Some((table, at)) = self.shown_options() else { return };
        let table = table.to_owned();
        let Some(option) = self.options(&table).into_iter().nth(at) else { return };
        let editor = options::editor(&table, &option);
        match action {
            Action::Enter => self.edit(&table, &option, editor),
            Action::Left => self.nudge(&table, &option, &editor, false),
            Action::Right => self.nudge(&table, &option, &editor, true),
            Action::Reset | Action::Remove => self.change_or_say(&[Edit::unset(&table, option.key)]),
            _ => {}
        }
    }

    fn edit(&mut self, table: &str, option: &Opt, editor: Editor) {
        let (table, key) = (table.to_owned(), option.key);
        let panel = match editor {
            Editor::Toggle => {
                let truth = matches!(self.value(&table, key), Some(Value::Bool(true)));
                return self.change_or_say(&[Edit::set(&table, key, Value::Bool(!truth))]);
            }
            Editor::Choice(words) => {
                let words = match words {
                    options::Words::These(words) => words,
                    options::Words::Themes if key == "theme" => self.themes(),
                    options::Words::Themes => self.catalog.themes.clone(),
                };
                let chosen = self.shown(&table, key);
                let at = words.iter().position(|(word, _)| *word == chosen).unwrap_or(0);
                Panel::Choice { table, key, words, at }
            }
            Editor::Checks(words) => Panel::Checks { table, key, words, at: 0 },
            Editor::List => Panel::List { table, key, at: 0 },
            Editor::Typed => Panel::Input {
                input: Input::new(self.shown(&table, key)),
                what: What::Value { table, key },
                about: option.about.to_owned(),
                problem: None,
            },
        };
        self.panels.push(panel);
    }

    /// The value of a key as it is typed.
    fn shown(&self, table: &str, key: &str) -> String {
        match self.value(table, key) {
            Some(Value::Text(text)) => text.to_string(),
            Some(Value::Number(number)) => number.to_string(),
            Some(Value::Bool(truth)) => truth.to_string(),
            Some(Value::List(list)) => list.join("\n"),
            None => String::new(),
        }
    }

    /// The next value of a key, or the one before.
    fn nudge(&mut self, table: &str, option: &Opt, editor: &Editor, up: bool) {
        let value = match (editor, option.takes) {
            (Editor::Toggle, _) => Value::Bool(up),
            (Editor::Choice(options::Words::These(words)), _) => {
                let shown = self.shown(table, option.key);
                let at = words.iter().position(|(word, _)| *word == shown).unwrap_or(0);
                let next = if up { at + 1 } else { at + words.len() - 1 } % words.len().max(1);
                match words.get(next) {
                    Some((word, _)) if !word.is_empty() => Value::text(word),
                    _ => return self.change_or_say(&[Edit::unset(table, option.key)]),
                }
            }
            (_, Some(crate::config::key::Takes::Number(least, most))) => {
                let number = match self.value(table, option.key) {
                    Some(Value::Number(number)) if up => number.saturating_add(1),
                    Some(Value::Number(number)) => number.saturating_sub(1),
                    _ => least,
                };
                Value::Number(number.clamp(least, most))
            }
            _ => return,
        };
        self.change_or_say(&[Edit::set(table, option.key, value)]);
    }

    fn check(&mut self, table: &str, key: &str, words: &[&str], word: &str) {
        let now = self.list(table, key);
        let is_now = |word: &str| now.iter().any(|now| now == word);
        let checked = words.iter().filter(|other| is_now(other) != (**other == word));
        self.change_or_say(&[set_list(table, key, checked.map(|word| (*word).to_owned()).collect())]);
    }

    fn on_list(&mut self, action: Action, table: &str, key: &'static str, at: usize) {
        let mut list = self.list(table, key);
        match action {
            Action::Enter | Action::Add => {
                let is_new = action == Action::Add || list.is_empty();
                let text = if is_new { String::new() } else { list[at].clone() };
                let at = if is_new { (at + 1).min(list.len()) } else { at };
                let about = options::element(table, key).to_owned();
                let what = What::Element { table: table.to_owned(), key, at, is_new };
                self.panels.push(Panel::Input { what, about, input: Input::new(text), problem: None });
            }
            Action::Remove if at < list.len() => {
                list.remove(at);
                self.change_or_say(&[set_list(table, key, list)]);
            }
            Action::Move(way) => {
                let other = if way == Way::Up { at.checked_sub(1) } else { Some(at + 1) };
                if let Some(other) = other.filter(|other| *other < list.len()) {
                    list.swap(at, other);
                    self.change_or_say(&[set_list(table, key, list)]);
                    self.set_at(other);
                }
            }
            Action::Reset => self.change_or_say(&[Edit::unset(table, key)]),
            _ => {}
        }
    }

    fn on_add(&mut self, action: Action, at: usize) {
        let Some((name, _)) = self.addable().into_iter().nth(at) else { return };
        match action {
            Action::Enter => {
                self.panels.pop();
                self.add(&name, None);
            }
            Action::NewRow => {
                let Some(kind) = segment::find(&name) else { return };
                let about = format!("name of a further {}: letters, digits and _", kind.name);
                let what = What::Name { kind: kind.name };
                self.panels.push(Panel::Input { what, about, input: Input::default(), problem: None });
            }
            _ => {}
        }
    }

    fn add(&mut self, name: &str, kind: Option<Edit>) {
        let mut rows = self.rows();
        let place = rows.insert(self.place, name);
        let edits: Vec<Edit> = kind.into_iter().chain([set_list("", "rows", rows.written())]).collect();
        match self.change(&edits) {
            Ok(()) => self.place = place,
            Err(why) => self.message = Some(why),
        }
    }

    fn type_into(&mut self, action: Action) {
        let Some(Panel::Input { input, problem, .. }) = self.panels.last_mut() else { return };
        *problem = None;
        match action {
            Action::Type(c) => input.insert(c),
            Action::Backspace => input.backspace(),
            Action::Delete => input.delete(),
            Action::Left => input.left(),
            Action::Right => input.right(),
            Action::Home => input.home(),
            Action::End => input.end(),
            Action::Back => _ = self.panels.pop(),
            Action::Enter => self.accept(),
            _ => {}
        }
    }

    /// Takes what was typed, or says what is wrong with it.
    fn accept(&mut self) {
        let Some(Panel::Input { what, input, .. }) = self.panels.last().cloned() else { return };
        if let Err(why) = self.take(&what, input.text()) {
            if let Some(Panel::Input { problem, .. }) = self.panels.last_mut() {
                *problem = Some(why);
            }
        }
    }

    fn take(&mut self, what: &What, text: &str) -> Result<(), String> {
        match what {
            What::Value { table, key } => {
                self.change(&[Edit::set(table, key, options::value(table, key, text)?)])?;
                self.panels.pop();
            }
            What::Element { table, key, at, is_new } => {
                let text = options::checked_element(table, key, text)?;
                let mut list = self.list(table, key);
                match list.get_mut(*at).filter(|_| !is_new) {
                    Some(element) => *element = text,
                    None => list.insert((*at).min(list.len()), text),
                }
                self.change(&[set_list(table, key, list)])?;
                self.panels.pop();
                self.set_at(*at);
            }
            What::Name { kind } => {
                let is_word = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
                if text.is_empty() || !text.chars().all(is_word) || text == "fill" {
                    return Err("expected letters, digits and _".to_owned());
                }
                if self.layers.stack().kind(text).is_some() {
                    return Err(format!("there is a segment {text} already"));
                }
                self.panels.truncate(self.panels.len().saturating_sub(2));
                self.add(text, Some(Edit::set(text, "kind", Value::text(*kind))));
            }
        }
        Ok(())
    }
}

/// Columns of the line in a terminal: the agent keeps some, and the frame of the preview takes two.
fn own_columns(terminal: usize) -> usize {
    terminal.saturating_sub(4).clamp(COLUMNS.0, COLUMNS.1)
}

/// Presets by name, and what each is for.
pub fn presets() -> impl Iterator<Item = (&'static str, &'static str)> {
    embedded::PRESETS.iter().map(|(name, _)| (*name, embedded::about(name).unwrap_or_default()))
}

fn preset_of(layers: &Layers) -> &str {
    let preset = layers.named().find_map(|(source, _)| match source {
        Source::Preset(name) => Some(name.as_str()),
        _ => None,
    });
    preset.unwrap_or_default()
}

fn set_list(table: &str, key: &str, list: Vec<String>) -> Edit {
    Edit::set(table, key, Value::List(list.into_iter().map(Into::into).collect::<Vec<_>>().into()))
}

/// A value as the file would say it, in one line.
pub fn in_words(table: &str, key: &str, value: &Value) -> String {
    document::to_toml(document::takes(table, key), value).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn model(text: &str) -> Model {
        document::check(text).unwrap();
        let theme = |name: &str| (name.to_owned(), format!("the theme {name}"));
        let catalog = Catalog {
            themes: vec![theme("default"), theme("mono"), theme("nord")],
            sessions: vec!["one".to_owned(), "two".to_owned()],
            notices: Vec::new(),
        };
        Model::new("/home/ada/config.toml".into(), text.to_owned(), catalog, 80)
    }

    /// Does it all; nothing of it may ask for an effect.
    #[track_caller]
    fn press(model: &mut Model, actions: &[Action]) {
        for action in actions {
            assert_eq!(model.update(*action), None, "{action:?}");
        }
    }

    #[track_caller]
    fn typed(model: &mut Model, text: &str) {
        press(model, &text.chars().map(Action::Type).collect::<Vec<_>>());
    }

    /// Opens the option of what is shown.
    #[track_caller]
    fn open_option(model: &mut Model, key: &str) {
        let table = model.shown_options().unwrap().0.to_owned();
        let at = model.options(&table).iter().position(|option| option.key == key).unwrap();
        press(model, &[Action::Home]);
        press(model, &vec![Action::Down; at]);
        press(model, &[Action::Enter]);
    }

    const THEME: Action = Action::Tab(0);
    const PRESET: Action = Action::Tab(1);
    const ROWS: Action = Action::Tab(2);
    const LINE: Action = Action::Tab(3);

    #[test]
    fn actions_change_the_text() {
        use Action::{Add, Down, End, Enter, Home, Move, NewRow, Remove, RemoveRow, Reset, Right, Send, Up};
        let check = |before: &str, actions: &[Action], after: &str| {
            let mut model = model(before);
            press(&mut model, actions);
            assert_eq!((model.text(), &model.message), (after, &None), "{before} {actions:?}");
        };
        check("", &[THEME, End, Enter], "theme = \"nord\"\n");
        check("theme = \"nord\" # cold\n", &[THEME, Home, Enter], "");
        check("theme = \"nord\" # cold\n", &[THEME, Down, Up, Enter], "theme = \"mono\" # cold\n");
        check("theme = \"nord\"\n", &[THEME, Reset], "");
        check("", &[PRESET, Home, Enter], "preset = \"classic\"\n");
        check("rows = \"model\" # mine\n", &[PRESET, Home, Enter], "preset = \"classic\"\n");
        check("preset = \"hud\"\n", &[PRESET, Reset], "");
        check(
            "rows = \"a\"\n[segments.a]\nkind = \"text\"\n",
            &[ROWS, Reset],
            "[segments.a]\nkind = \"text\"\n",
        );
        let rows = "rows = \"model effort | cost\"\n";
        check(rows, &[ROWS, Right, Move(Way::Left)], "rows = \"effort model | cost\"\n");
        check(rows, &[ROWS, End, Send(Side::Right)], "rows = \"model effort fill cost\"\n");
        check(rows, &[ROWS, Move(Way::Down)], "rows = [\"effort | cost\", \"model\"]\n");
        check(rows, &[ROWS, Remove, Remove], "rows = \"cost\"\n");
        check(rows, &[ROWS, Add, Down, Down, Enter], "rows = \"model thinking effort | cost\"\n");
        check(rows, &[ROWS, NewRow, Add, Enter], "rows = [\"model effort | cost\", \"model\"]\n");
        check("rows = [\"model\", \"cost\"]\n", &[ROWS, RemoveRow], "rows = \"cost\"\n");
        check("rows = \"model\"\n", &[ROWS, Remove], "rows = []\n");
    }

    #[test]
    fn what_is_no_difference_is_not_written() {
        let mut model = model("");
        press(&mut model, &[ROWS, Action::Right, Action::Move(Way::Left), Action::Move(Way::Right)]);
        assert_eq!((model.text(), model.is_changed()), ("", false));
        press(&mut model, &[PRESET, Action::Home]);
        assert!(model.is_trying());
        press(&mut model, &[Action::Enter, Action::Down, Action::Enter]);
        assert_eq!(model.text(), "");
    }

    #[test]
    fn options_are_edited_by_what_they_take() {
        let mut model = model("");
        press(&mut model, &[LINE]);
        open_option(&mut model, "newline");
        assert_eq!(model.text(), "newline = false\n");
        open_option(&mut model, "newline");
        assert_eq!(model.text(), "");
        open_option(&mut model, "style");
        press(&mut model, &[Action::Down]);
        assert!(model.previewed().contains("powerline") && model.text().is_empty());
        press(&mut model, &[Action::Enter]);
        assert_eq!(model.text(), "style = \"powerline\"\n");
        press(&mut model, &[Action::Right, Action::Right]);
        assert_eq!(model.text(), "");
        open_option(&mut model, "links");
        press(&mut model, &[Action::End, Action::Enter, Action::Back]);
        assert_eq!(model.text(), "links = [\"pr\"]\n");
        open_option(&mut model, "width");
        typed(&mut model, "0");
        press(&mut model, &[Action::Enter]);
        let Some(Panel::Input { problem: Some(problem), .. }) = model.panels.last() else { panic!() };
        assert_eq!(problem, "expected a whole number from 1 to 1000, found \"0\"");
        press(&mut model, &[Action::Backspace]);
        typed(&mut model, "90");
        press(&mut model, &[Action::Enter, Action::Right]);
        assert_eq!((model.text(), model.panels.len()), ("links = [\"pr\"]\nwidth = 91\n", 0));
        open_option(&mut model, "extra_rows");
        press(&mut model, &[Action::Add]);
        typed(&mut model, "clock");
        press(&mut model, &[Action::Enter, Action::Back]);
        assert_eq!(model.text(), "links = [\"pr\"]\nwidth = 91\nextra_rows = \"clock\"\n");
    }

    #[test]
    fn options_of_a_segment_go_into_its_table() {
        let mut model = model("rows = \"cost\"\n");
        press(&mut model, &[ROWS, Action::Enter]);
        open_option(&mut model, "budget");
        typed(&mut model, "20");
        press(&mut model, &[Action::Enter]);
        open_option(&mut model, "hide_when");
        press(&mut model, &[Action::Remove, Action::Back]);
        open_option(&mut model, "thresholds");
        press(&mut model, &[Action::End, Action::Enter]);
        press(&mut model, &[Action::Backspace; 6]);
        typed(&mut model, "stale");
        press(
            &mut model,
            &[Action::Home, Action::Delete, Action::Enter, Action::Move(Way::Up), Action::Back],
        );
        open_option(&mut model, "role");
        press(&mut model, &[Action::Down, Action::Enter]);
        let cost = "rows = \"cost\"\n\n[segments.cost]\nbudget = 20\nhide_when = []\n";
        let thresholds = "thresholds = [{ at = 5, role = \"notice\" }, { at = 0, role = \"stale\" }, { at = 10, role = \"warning\" }]\n";
        assert_eq!(model.text(), format!("{cost}{thresholds}role = \"text\"\n"));
        press(&mut model, &[Action::Reset]);
        assert_eq!(model.text(), format!("{cost}{thresholds}"));
    }

    #[test]
    fn what_config_would_warn_of_is_not_taken() {
        let mut model = model("them = 1\nrows = \"cost\"\n");
        press(&mut model, &[ROWS, Action::Enter]);
        open_option(&mut model, "format");
        press(&mut model, &[Action::Enter, Action::End]);
        typed(&mut model, " {eur}");
        press(&mut model, &[Action::Enter]);
        let Some(Panel::Input { problem: Some(problem), .. }) = model.panels.last() else { panic!() };
        assert!(problem.contains("{eur} is nothing that it has"), "{problem}");
        assert!(!model.is_changed());
    }

    #[test]
    fn a_segment_gets_a_name_of_ones_own() {
        let mut model = model("rows = \"cost\"\n");
        press(&mut model, &[ROWS, Action::Add, Action::NewRow]);
        typed(&mut model, "cost");
        press(&mut model, &[Action::Enter]);
        let Some(Panel::Input { problem: Some(problem), .. }) = model.panels.last() else { panic!() };
        assert_eq!(problem, "there is a segment cost already");
        typed(&mut model, "2");
        press(&mut model, &[Action::Enter]);
        assert_eq!(model.text(), "rows = \"cost cost2\"\n\n[segments.cost2]\nkind = \"model\"\n");
        assert_eq!((model.panels.len(), model.place.at), (0, 1));
        press(&mut model, &[Action::Enter, Action::Undo]);
        assert_eq!((model.text(), model.panels.len()), ("rows = \"cost\"\n", 0));
    }

    #[test]
    fn changes_are_undone_and_done_again() {
        let mut model = model("");
        press(&mut model, &[THEME, Action::End, Action::Enter, LINE]);
        open_option(&mut model, "newline");
        let texts = ["", "theme = \"nord\"\n", "theme = \"nord\"\nnewline = false\n"];
        assert_eq!(model.text(), texts[2]);
        for (action, expected) in [
            (Action::Undo, texts[1]),
            (Action::Undo, texts[0]),
            (Action::Undo, texts[0]),
            (Action::Redo, texts[1]),
            (Action::Redo, texts[2]),
            (Action::Redo, texts[2]),
            (Action::Undo, texts[1]),
        ] {
            press(&mut model, &[action]);
            assert_eq!(model.text(), expected, "{action:?}");
        }
        open_option(&mut model, "newline");
        press(&mut model, &[Action::Redo]);
        assert_eq!(model.message.as_deref(), Some("nothing to do again"));
    }

    #[test]
    fn saving_shows_what_will_be_written_and_leaving_asks() {
        let mut model = model("# mine\ntheme = \"mono\"\n");
        press(&mut model, &[Action::Save]);
        assert_eq!(model.message.as_deref(), Some("nothing to save"));
        press(
            &mut model,
            &[THEME, Action::End, Action::Enter, Action::Quit, Action::Back, Action::Quit, Action::Save],
        );
        let diff: Vec<String> =
            model.diff().into_iter().map(|(sign, text)| format!("{sign}{text}")).collect();
        assert_eq!(diff, [" # mine", "-theme = \"mono\"", "+theme = \"nord\""]);
        let text = "# mine\ntheme = \"nord\"\n".to_owned();
        assert_eq!(model.update(Action::Enter), Some(Effect::Write(text)));
        model.failed("no room".to_owned());
        assert!(model.is_changed());
        assert_eq!(model.saved(), Some(Effect::Leave));
        assert_eq!(model.update(Action::Quit), Some(Effect::Leave));
        press(&mut model, &[Action::Undo, Action::Interrupt]);
        assert_eq!(model.update(Action::Interrupt), Some(Effect::Leave));
        assert_eq!(model.update(Action::Remove), Some(Effect::Leave));
    }

    #[test]
    fn the_scene_is_no_part_of_the_file() {
        let mut model = model("");
        assert_eq!(model.scene.columns, 76);
        press(&mut model, &[Action::Resize(120)]);
        assert_eq!(model.scene.columns, 116);
        press(&mut model, &[Action::Wider, Action::Wider, Action::Narrower, Action::Resize(90)]);
        assert_eq!(model.scene.columns, 118);
        press(&mut model, &[Action::OwnWidth, Action::NextDepth, Action::NextSession]);
        assert_eq!(model.scene, Scene { columns: 86, own_columns: 86, depth: 1, session: 1 });
        press(&mut model, &[Action::Narrower; 60]);
        assert_eq!((model.scene.columns, model.is_changed()), (COLUMNS.0, false));
    }
}
