//! The area below the preview: tabs, and panels that are opened over them. Each is a file here and draws itself; the
//! [`super::model`] keeps them in a stack.

pub mod add;
pub mod choice;
pub mod colours;
pub mod elements;
pub mod options;
pub mod page;
pub mod rows;
pub mod search;
pub mod setup;
pub mod swatches;
pub mod typed;

use ratatui::style::Style;
use ratatui::text::{Line, Span};

// Shared by the panels, which take them from here.
use super::action::{Action, Effect};
use super::document::{self, Edit};
use super::draw::{self, BOLD, CHOSEN, Choice, DIM};
use super::input::Input;
use super::keys::{self, Hints};
use super::painted;
use super::rows::{Cell, Place, Rows, Way};
use super::state::EditorState;
use crate::config::value::KeyValue;
use crate::tools::files::Files;
use crate::tools::report::clean;
use page::Page;
use typed::Typed;

/// A tab, or a panel over one. `at` is the index of the item under its cursor.
pub trait Panel {
    /// Its keys.
    fn hints(&self) -> Hints;

    /// The items that its cursor moves through. Empty if it has no cursor, or one of its own.
    fn items(&self, _: &EditorState) -> Vec<Choice> {
        Vec::new()
    }

    /// The item under the cursor when it is opened.
    fn start(&self, state: &EditorState) -> usize {
        self.items(state).iter().position(|item| item.is_chosen).unwrap_or(0)
    }

    /// Its lines, and the index of the one to keep in sight.
    fn lines(&self, state: &EditorState, at: usize, columns: usize) -> (Vec<Line<'static>>, usize) {
        (draw::items(&self.items(state), at, columns), at)
    }

    /// A sentence about the item under the cursor.
    fn about(&self, state: &EditorState, at: usize) -> String {
        self.items(state).into_iter().nth(at).map(|item| item.about).unwrap_or_default()
    }

    /// The files if the item were chosen, for the preview. `None` if they would be the same.
    fn candidate(&self, _: &EditorState, _: usize) -> Option<Files> {
        None
    }

    /// Number of items in a line.
    fn across(&self) -> usize {
        1
    }

    /// Applies an action that is not the same for all panels.
    fn act(&mut self, action: Action, at: usize, state: &mut EditorState) -> Next;

    /// Its subject still exists.
    fn is_alive(&self, _: &EditorState) -> bool {
        true
    }

    /// The page, if it is one. `None` for a panel about a part of the config.
    fn page(&self) -> Option<Page> {
        None
    }

    /// The text that letters go to.
    fn typed(&self) -> Option<&Typed> {
        None
    }
}

/// The effect of an action on the open tab and panels.
pub enum Next {
    /// Closes this many panels, then sets the cursor of the top one.
    Back { panels: usize, at: Option<usize> },
    /// Closes all, goes to a tab, opens a panel under a title, and sets the cursor of the top one.
    Go { tab: Option<&'static str>, at: usize, panel: Option<(String, Box<dyn Panel>)> },
    /// Opens a panel under a title.
    Open(String, Box<dyn Panel>),
    /// Leaves a task to the caller of the editor.
    Do(Effect),
}

impl Next {
    pub const STAY: Next = Next::Back { panels: 0, at: None };
    pub const CLOSE: Next = Next::Back { panels: 1, at: None };

    pub fn open(title: &str, panel: impl Panel + 'static) -> Self {
        Next::Open(title.to_owned(), Box::new(panel))
    }
}
