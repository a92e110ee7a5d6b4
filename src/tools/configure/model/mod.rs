//! The user's place in the editor (a tab, with panels over it) and the effect of actions on it. Pure: nothing here
//! reads a file or waits.

use std::path::PathBuf;

use super::action::{Action, Effect};
use super::draft::{Draft, presets};
use super::draw::Choice;
use super::keys;
use super::panel::choice::Words;
use super::panel::colours::Colours;
use super::panel::options::Options;
use super::panel::page::Page;
use super::panel::rows::RowsTab;
use super::panel::search::search;
use super::panel::setup::Setup;
use super::panel::{Next, Panel};
use super::rows::Place;
use super::state::{Catalog, DEPTHS, EditorState, Preview, Scene};
use crate::tools::files::Files;

/// The editor without its terminal and files.
pub struct Model {
    pub state: EditorState,
    /// Index into [`TABS`].
    pub tab: usize,
    /// The panels over the tab, the last one on top.
    pub panels: Vec<Open>,
    tabs: [Open; TABS.len()],
}

/// A tab or panel with its cursor.
pub struct Open {
    pub title: String,
    pub panel: Box<dyn Panel>,
    /// Index of the item under the cursor.
    pub at: usize,
}

type Tab = (&'static str, fn(&EditorState) -> Box<dyn Panel>);

/// The tabs in order, each with its name.
pub const TABS: [Tab; 6] = [
    ("Theme", |state| Box::new(Words::tab("theme", state.themes()))),
    ("Preset", |_| Box::new(Words::tab("preset", Choice::all(presets())))),
    ("Rows", |_| Box::new(RowsTab)),
    ("Line", |_| Box::new(Options { table: String::new() })),
    ("Colours", |_| Box::new(Colours)),
    ("Setup", |_| Box::new(Setup)),
];

impl Open {
    fn new(title: String, panel: Box<dyn Panel>, state: &EditorState) -> Self {
        Open { title, at: panel.start(state), panel }
    }
}

impl Model {
    /// An editor for files that have passed [`super::document::check`], in a terminal of this many columns.
    pub fn new(path: PathBuf, files: Files, catalog: Catalog, columns: usize) -> Self {
        let mut scene = Scene::default();
        scene.resize(columns);
        let state = EditorState {
            draft: Draft::new(path, files),
            catalog,
            scene,
            place: Place::default(),
            message: None,
            preview: Preview::default(),
        };
        let tabs = TABS.map(|(name, panel)| Open::new(name.to_owned(), panel(&state), &state));
        Model { state, tab: 0, panels: Vec::new(), tabs }
    }

    /// The tab or panel below the preview.
    pub fn top(&self) -> &Open {
        self.panels.last().unwrap_or(&self.tabs[self.tab])
    }

    fn top_mut(&mut self) -> &mut Open {
        self.panels.last_mut().unwrap_or(&mut self.tabs[self.tab])
    }

    /// The page on top. `None` if something else is.
    pub fn page(&self) -> Option<Page> {
        self.top().panel.page()
    }

    /// Letters are entered as text.
    pub fn is_typing(&self) -> bool {
        self.top().panel.typed().is_some()
    }

    /// The files as if the item under the cursor were chosen.
    pub fn previewed(&self) -> Files {
        let Open { panel, at, .. } = self.top();
        panel.candidate(&self.state, *at).unwrap_or_else(|| self.state.draft.files().clone())
    }

    /// The preview shows something that is not chosen yet.
    pub fn is_trying(&self) -> bool {
        self.previewed() != *self.state.draft.files()
    }

    /// Applies an action. Returns what the caller has to do, if anything.
    pub fn update(&mut self, action: Action) -> Option<Effect> {
        self.state.message = None;
        let effect = match action {
            Action::Interrupt if self.page() == Some(Page::Leave) => Some(Effect::Leave),
            Action::Interrupt => self.quit(),
            _ if self.is_typing() => self.act(action),
            _ => self.command(action),
        };
        self.settle();
        effect
    }

    /// Records that the files were written, or could not be.
    pub fn written(&mut self, result: anyhow::Result<()>) -> Option<Effect> {
        if let Err(why) = result {
            self.state.message = Some(format!("not saved: {why:#}"));
            return None;
        }
        self.state.draft.saved();
        let leaves = self.panels.iter().any(|open| open.panel.page() == Some(Page::Leave));
        self.panels.retain(|open| !matches!(open.panel.page(), Some(Page::Save | Page::Leave)));
        self.state.message = Some(format!("saved: {}", self.state.catalog.file));
        leaves.then_some(Effect::Leave)
    }

    /// Takes over the files after a command was run.
    pub fn returned(&mut self, files: Files) {
        self.panels.clear();
        self.state.draft.reload(files);
        self.settle();
    }

    /// Applies an action that is the same for all panels.
    fn command(&mut self, action: Action) -> Option<Effect> {
        let scene = &mut self.state.scene;
        match action {
            Action::Key('q') => return self.quit(),
            Action::Back => _ = self.panels.pop(),
            Action::Key('s') => return self.save(),
            Action::Key('u') => self.go_back(Draft::undo, "undone", "nothing to undo"),
            Action::Key('U') => self.go_back(Draft::redo, "redone", "nothing to redo"),
            Action::Key('/') => {
                self.panels.push(Open::new("search".to_owned(), Box::new(search()), &self.state));
            }
            Action::Key('?') => self.toggle(Page::Help),
            Action::Key('!') => self.toggle(Page::Warnings),
            Action::Key('-') => scene.widen(-2),
            Action::Key('+') => scene.widen(2),
            Action::Key('0') => scene.columns = scene.own_columns,
            Action::Key('c') => scene.depth = (scene.depth + 1) % DEPTHS.len(),
            Action::Key('p') => {
                scene.session = (scene.session + 1) % self.state.catalog.sessions.len().max(1);
            }
            Action::Tab(tab) => self.open_tab(tab.min(TABS.len() - 1)),
            Action::NextTab => self.open_tab((self.tab + 1) % TABS.len()),
            Action::LastTab => self.open_tab((self.tab + TABS.len() - 1) % TABS.len()),
            _ => return self.act(action),
        }
        None
    }

    /// Applies an action that depends on the panel on top.
    fn act(&mut self, action: Action) -> Option<Effect> {
        let action = self.clicked(action);
        if let Some(at) = self.stepped(action) {
            self.top_mut().at = at;
            return None;
        }
        let open = self.panels.last_mut().unwrap_or(&mut self.tabs[self.tab]);
        match open.panel.act(action, open.at, &mut self.state) {
            Next::Back { panels, at } => {
                self.panels.truncate(self.panels.len().saturating_sub(panels));
                if let Some(at) = at {
                    self.top_mut().at = at;
                }
            }
            Next::Go { tab, at, panel } => {
                let named = tab.and_then(|tab| TABS.iter().position(|(name, _)| *name == tab));
                self.open_tab(named.unwrap_or(self.tab));
                let panel = panel.map(|(title, panel)| Open::new(title, panel, &self.state));
                self.panels.extend(panel);
                self.top_mut().at = at;
            }
            Next::Open(title, panel) => self.panels.push(Open::new(title, panel, &self.state)),
            Next::Do(effect) => return Some(effect),
        }
        None
    }

    /// A click on the item under the cursor acts as Enter, or inserts the item into a text.
    fn clicked(&self, action: Action) -> Action {
        let Open { panel, at, .. } = self.top();
        match action {
            Action::Click { line, column, .. } if self.item_at(line, column) == Some(*at) => {
                let inserts = panel.typed().is_some_and(|typed| typed.segment().is_some());
                if inserts { Action::NextTab } else { Action::Enter }
            }
            action => action,
        }
    }

    /// The item at a position in the lines of the open tab or panel. `None` if a click there does nothing.
    fn item_at(&self, line: usize, column: usize) -> Option<usize> {
        let Open { panel, .. } = self.top();
        let across = panel.across();
        // Items in a grid come after a blank, and have two columns each.
        let cell = if across > 1 { column.checked_sub(1)? / 2 } else { 0 };
        let item = line * across + cell;
        (cell < across && self.page().is_none() && item < panel.items(&self.state).len()).then_some(item)
    }

    /// The item that an action moves the cursor to. `None` if it is not a move.
    fn stepped(&self, action: Action) -> Option<usize> {
        let Open { panel, at, .. } = self.top();
        match action {
            Action::Click { line, column, .. } => self.item_at(line, column),
            Action::Home | Action::End if self.is_typing() => None,
            action => keys::moved(action, *at, panel.items(&self.state).len(), panel.across()),
        }
    }

    fn open(&mut self, page: Page) {
        self.panels.push(Open::new(page.title().to_owned(), Box::new(page), &self.state));
    }

    fn open_tab(&mut self, tab: usize) {
        self.panels.clear();
        self.tab = tab;
    }

    fn toggle(&mut self, page: Page) {
        if self.page() == Some(page) {
            self.panels.pop();
        } else {
            self.open(page);
        }
    }

    fn quit(&mut self) -> Option<Effect> {
        if !self.state.draft.is_changed() {
            return Some(Effect::Leave);
        }
        self.panels.retain(|open| open.panel.page() != Some(Page::Leave));
        self.open(Page::Leave);
        None
    }

    fn save(&mut self) -> Option<Effect> {
        if self.page() == Some(Page::Save) {
            return self.act(Action::Enter);
        }
        if self.state.draft.is_changed() {
            self.open(Page::Save);
        } else {
            self.state.message = Some("nothing to save".to_owned());
        }
        None
    }

    fn go_back(&mut self, step: fn(&mut Draft) -> bool, done: &str, nothing: &str) {
        let is_done = step(&mut self.state.draft);
        self.state.message = Some(if is_done { done } else { nothing }.to_owned());
    }

    /// Closes panels whose subject is gone, and moves the cursors back to existing items.
    fn settle(&mut self) {
        let Model { state, panels, .. } = self;
        panels.retain(|open| open.panel.is_alive(state));
        let rows = state.draft.rows();
        let Place { row, at } = &mut state.place;
        *row = rows.len().saturating_sub(1).min(*row);
        *at = rows.row(*row).len().saturating_sub(1).min(*at);
        let Open { panel, at, .. } = self.top();
        let last = panel.items(&self.state).len().saturating_sub(1);
        self.top_mut().at = last.min(*at);
    }
}

#[cfg(test)]
mod tests;
