//! What can be opened over a tab.

use super::input::Input;

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

impl Panel {
    /// Where its cursor is, or what is scrolled to. `None` for one that has none.
    pub fn at(&self) -> Option<usize> {
        self.clone().at_mut().copied()
    }

    /// The same, to be set.
    pub fn at_mut(&mut self) -> Option<&mut usize> {
        match self {
            Panel::Segment { at, .. }
            | Panel::Choice { at, .. }
            | Panel::Checks { at, .. }
            | Panel::List { at, .. }
            | Panel::Add { at }
            | Panel::Save { at } => Some(at),
            Panel::Input { .. } | Panel::Leave | Panel::Help | Panel::Warnings => None,
        }
    }
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
