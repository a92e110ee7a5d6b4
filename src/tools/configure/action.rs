//! Actions of the user, and their effects outside of the editor.

use super::rows::Way;

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
    Interrupt,
    /// A click on a line of the open tab or panel.
    Click {
        line: usize,
        column: usize,
        columns: usize,
    },
    /// A character: text, or a key in the hints of the open tab or panel.
    Key(char),
    Backspace,
    Delete,
}

/// A task for the caller, which has the terminal and the files.
#[derive(Debug, Clone, PartialEq)]
pub enum Effect {
    /// Write the files, and call `Model::written`.
    Write,
    /// Leave the screen while this program runs with these arguments.
    Run(Vec<String>),
    /// Quit.
    Leave,
}
