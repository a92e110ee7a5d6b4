//! Where the user is in the editor, and what an action makes of that and of the draft. Pure: nothing here
//! reads a file, draws or waits.

use std::path::PathBuf;

use super::action::{Action, Effect};
use super::document::Edit;
use super::draft::{Draft, presets};
use super::input::Input;
use super::options::{self, Editor, Opt};
use super::panel::{Panel, What};
use super::rows::{Place, Rows, Way};
use crate::config::key::Takes;
use crate::config::layer::Value;
use crate::segment;

/// The state of the editor.
pub struct Model {
    /// What is edited.
    pub draft: Draft,
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
}

/// What there is besides the file.
#[derive(Debug, Clone, Default)]
pub struct Catalog {
    /// What the file is called, for people.
    pub file: String,
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

impl Model {
    /// The editor of a text that [`super::check`] has passed, in a terminal of so many columns.
    pub fn new(path: PathBuf, text: String, catalog: Catalog, columns: usize) -> Self {
        let columns = own_columns(columns);
        let mut model = Model {
            draft: Draft::new(path, text),
            catalog,
            tab: Tab::Theme,
            place: Place::default(),
            panels: Vec::new(),
            scene: Scene { columns, own_columns: columns, depth: 0, session: 0 },
            message: None,
            at: [0; Tab::ALL.len()],
        };
        model.at[0] =
            model.themes().iter().position(|(name, _)| model.draft.is_chosen("theme", name)).unwrap_or(0);
        model.at[1] = presets().position(|(name, _)| model.draft.preset() == name).unwrap_or(0);
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
            Action::Undo => self.go_back(Draft::undo, "undone", "nothing to undo"),
            Action::Redo => self.go_back(Draft::redo, "done again", "nothing to do again"),
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
                self.open(Tab::ALL[(self.tab as usize + Tab::ALL.len() - 1) % Tab::ALL.len()].0);
            }
            _ => return self.go_on(action),
        }
        None
    }

    /// The text was written.
    pub fn saved(&mut self) -> Option<Effect> {
        self.draft.saved();
        let leaves = self.panels.contains(&Panel::Leave);
        self.panels.retain(|panel| !matches!(panel, Panel::Save { .. } | Panel::Leave));
        self.message = Some(format!("saved: {}", self.catalog.file));
        leaves.then_some(Effect::Leave)
    }

    /// The text could not be written.
    pub fn failed(&mut self, why: String) {
        self.message = Some(why);
    }

    /// Whether letters are text.
    pub fn is_typing(&self) -> bool {
        matches!(self.panels.last(), Some(Panel::Input { .. }))
    }

    /// The text with what the cursor is on, as if it were chosen.
    pub fn previewed(&self) -> String {
        self.draft.with(&self.candidate())
    }

    /// Whether the preview shows something that is not chosen yet.
    pub fn is_trying(&self) -> bool {
        self.previewed() != self.draft.text()
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

    /// Options of a segment, or of the line where it has no name.
    pub fn options(&self, table: &str) -> Vec<Opt> {
        options::of(table, self.draft.stack().kind(table))
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
        if !self.draft.is_changed() {
            return Some(Effect::Leave);
        }
        self.panels.retain(|panel| *panel != Panel::Leave);
        self.panels.push(Panel::Leave);
        None
    }

    fn save(&mut self) -> Option<Effect> {
        match self.panels.last() {
            Some(Panel::Save { .. }) => return Some(Effect::Write(self.draft.text().to_owned())),
            _ if self.draft.is_changed() => self.panels.push(Panel::Save { at: 0 }),
            _ => self.message = Some("nothing to save".to_owned()),
        }
        None
    }

    fn go_back(&mut self, step: fn(&mut Draft) -> bool, done: &str, nothing: &str) {
        self.message = Some(if step(&mut self.draft) { done } else { nothing }.to_owned());
        self.settle();
    }

    /// Makes a change, or says why not.
    fn change(&mut self, edits: &[Edit]) -> Result<(), String> {
        self.draft.change(edits)?;
        self.settle();
        Ok(())
    }

    /// Closes what is about something that is gone, and brings the cursors back onto what there is.
    fn settle(&mut self) {
        let stack = self.draft.stack();
        self.panels.retain(|panel| match panel {
            Panel::Segment { name, .. } => stack.kind(name).is_some(),
            _ => true,
        });
        let rows = self.draft.rows();
        self.place.row = self.place.row.min(rows.len().saturating_sub(1));
        self.place.at = self.place.at.min(rows.segments(self.place.row).saturating_sub(1));
        let last = self.count().saturating_sub(1);
        if let Some(at) = self.panels.last_mut().and_then(Panel::at_mut) {
            *at = last.min(*at);
        }
    }

    fn change_or_say(&mut self, edits: &[Edit]) {
        if let Err(why) = self.change(edits) {
            self.message = Some(why);
        }
    }

    /// What choosing what the cursor is on would change.
    fn candidate(&self) -> Vec<Edit> {
        match self.panels.last() {
            Some(Panel::Choice { table, key, words, at }) => {
                let word = words.get(*at).map(|(word, _)| word);
                word.map(|word| self.draft.choosing(table, key, word)).unwrap_or_default()
            }
            Some(_) => Vec::new(),
            None => match self.tab {
                Tab::Theme => {
                    let themes = self.themes();
                    themes
                        .get(self.at())
                        .map(|(name, _)| self.draft.choosing("", "theme", name))
                        .unwrap_or_default()
                }
                Tab::Preset => presets()
                    .nth(self.at())
                    .map(|(name, _)| self.draft.choosing("", "preset", name))
                    .unwrap_or_default(),
                Tab::Rows | Tab::Line => Vec::new(),
            },
        }
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
        let at = self.panels.last().map_or_else(|| Some(self.at()), Panel::at)?;
        let last = self.count().saturating_sub(1);
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
            Some(Panel::List { table, key, .. }) => self.draft.list(table, key).len(),
            Some(Panel::Add { .. }) => self.draft.addable().len(),
            Some(Panel::Save { .. }) => self.draft.diff().len(),
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
        match self.panels.last_mut().map(Panel::at_mut) {
            Some(at) => _ = at.map(|at| *at = new),
            None => self.at[self.tab as usize] = new,
        }
    }

    fn on_rows(&mut self, action: Action) {
        let mut rows = self.draft.rows();
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
                let truth = matches!(self.draft.value(&table, key), Some(Value::Bool(true)));
                return self.change_or_say(&[Edit::set(&table, key, Value::Bool(!truth))]);
            }
            Editor::Choice(words) => {
                let words = match words {
                    options::Words::These(words) => words,
                    options::Words::Themes if key == "theme" => self.themes(),
                    options::Words::Themes => self.catalog.themes.clone(),
                };
                let chosen = self.draft.shown(&table, key);
                let at = words.iter().position(|(word, _)| *word == chosen).unwrap_or(0);
                Panel::Choice { table, key, words, at }
            }
            Editor::Checks(words) => Panel::Checks { table, key, words, at: 0 },
            Editor::List => Panel::List { table, key, at: 0 },
            Editor::Typed => Panel::Input {
                input: Input::new(self.draft.shown(&table, key)),
                what: What::Value { table, key },
                about: option.about.to_owned(),
                problem: None,
            },
        };
        self.panels.push(panel);
    }

    /// The next value of a key, or the one before.
    fn nudge(&mut self, table: &str, option: &Opt, editor: &Editor, up: bool) {
        let value = match (editor, option.takes) {
            (Editor::Toggle, _) => Value::Bool(up),
            (Editor::Choice(options::Words::These(words)), _) => {
                let shown = self.draft.shown(table, option.key);
                let at = words.iter().position(|(word, _)| *word == shown).unwrap_or(0);
                let next = if up { at + 1 } else { at + words.len() - 1 } % words.len().max(1);
                match words.get(next) {
                    Some((word, _)) if !word.is_empty() => Value::text(word),
                    _ => return self.change_or_say(&[Edit::unset(table, option.key)]),
                }
            }
            (_, Some(Takes::Number(least, most))) => {
                let number = match self.draft.value(table, option.key) {
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
        let now = self.draft.list(table, key);
        let is_now = |word: &str| now.iter().any(|now| now == word);
        let checked = words.iter().filter(|other| is_now(other) != (**other == word));
        self.change_or_say(&[set_list(table, key, checked.map(|word| (*word).to_owned()).collect())]);
    }

    fn on_list(&mut self, action: Action, table: &str, key: &'static str, at: usize) {
        let mut list = self.draft.list(table, key);
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
        let Some((name, _)) = self.draft.addable().into_iter().nth(at) else { return };
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
        let mut rows = self.draft.rows();
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
        let taken = self.take(&what, input.text());
        if let (Err(why), Some(Panel::Input { problem, .. })) = (taken, self.panels.last_mut()) {
            *problem = Some(why);
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
                let mut list = self.draft.list(table, key);
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
                if self.draft.stack().kind(text).is_some() {
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

fn set_list(table: &str, key: &str, list: Vec<String>) -> Edit {
    Edit::set(table, key, Value::List(list.into_iter().map(Into::into).collect::<Vec<_>>().into()))
}

#[cfg(test)]
mod tests;
