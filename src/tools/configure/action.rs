//! Actions of the user, and what they leave to the caller of the editor.

use super::rows::Way;
use crate::layout::Side;

/// An action of the user.
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
    Bold,
    Search,
    /// A click on a line of what is open, of so many columns.
    Click {
        line: usize,
        column: usize,
        columns: usize,
    },
    Type(char),
    Backspace,
    Delete,
}

/// A task for the caller, which has the terminal and the files.
#[derive(Debug, Clone, PartialEq)]
pub enum Effect {
    /// Write the files, and call `Model::saved` or `Model::failed`.
    Write,
    /// Leave the screen while this program runs with these arguments.
    Run(Vec<String>),
    /// End.
    Leave,
}
