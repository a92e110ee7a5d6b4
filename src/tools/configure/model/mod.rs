//! Where the user is in the editor, and what an action makes of that and of the draft. Pure: nothing here
//! reads a file, draws or waits.

mod segments;
mod typing;
mod values;

use std::path::PathBuf;

use super::action::{Action, Effect};
use super::document::{self, Edit};
use super::draft::{Draft, presets};
use super::options::{self, Opt};
use super::panel::Panel;
use super::rows::Place;

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
}

/// Columns of the line in a terminal: the agent keeps some, and the frame of the preview takes two.
fn own_columns(terminal: usize) -> usize {
    terminal.saturating_sub(4).clamp(COLUMNS.0, COLUMNS.1)
}

fn set_list(table: &str, key: &str, list: Vec<String>) -> Edit {
    Edit::set(table, key, document::list(table, key, list))
}

#[cfg(test)]
mod tests;
