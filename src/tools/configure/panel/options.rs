//! The options of the line, or of a segment, each with its value and who sets it.

use super::checks::Checks;
use super::choice::Choice;
use super::elements::Elements;
use super::{Action, Edit, Hints, Item, Line, Next, Panel, State, Typed, Value, document, draw, shown};
use crate::config::value::Takes;
use crate::tools::configure::options::{self, Editor, Opt};

/// The options of a segment, or of the line where it has no name.
pub struct Options {
    pub table: String,
}

impl Options {
    fn options(&self, state: &State) -> Vec<Opt> {
        options::of(&self.table, state.draft.stack().kind(&self.table))
    }

    /// Opens what edits an option, or does it where there are but two values.
    fn edit(&self, option: &Opt, editor: Editor, state: &mut State) -> Next {
        let (table, key) = (self.table.clone(), option.key);
        let choice = |words| Next::open(key, Choice { table: table.clone(), key, words, is_tab: false });
        match editor {
            Editor::Toggle => {
                let truth = matches!(state.draft.value(&table, key), Some(Value::Bool(true)));
                state.change(&[Edit::set(&table, key, Value::Bool(!truth))]);
                Next::STAY
            }
            Editor::Choice(words) => choice(words),
            Editor::Theme if key == "theme" => choice(state.themes()),
            Editor::Theme => choice(state.catalog.themes.clone()),
            Editor::Checks(words) => Next::open(key, Checks { table, key, words }),
            Editor::List => Next::open(key, Elements { table, key }),
            Editor::Typed => {
                let text = state.draft.shown(&table, key);
                Next::open(
                    key,
                    Typed::new(option.about, text, move |text, state| {
                        state.draft.change(&[Edit::set(&table, key, document::value(&table, key, text)?)])?;
                        Ok(Next::CLOSE)
                    }),
                )
            }
        }
    }

    /// Sets an option to its next value, or the one before.
    fn step(&self, option: &Opt, editor: &Editor, up: bool, state: &mut State) {
        let table = self.table.as_str();
        let value = match (editor, option.takes) {
            (Editor::Toggle, _) => Value::Bool(up),
            (Editor::Choice(words), _) => {
                let shown = state.draft.shown(table, option.key);
                let at = words.iter().position(|(word, _)| *word == shown).unwrap_or(0);
                let next = if up { at + 1 } else { at + words.len() - 1 } % words.len().max(1);
                let word = words.get(next).map_or("", |(word, _)| word);
                return state.change(&[Edit::set_word(table, option.key, word)]);
            }
            (_, Takes::Number(least, most)) => {
                let number = match state.draft.value(table, option.key) {
                    Some(Value::Number(number)) if up => number.saturating_add(1),
                    Some(Value::Number(number)) => number.saturating_sub(1),
                    _ => least,
                };
                Value::Number(number.clamp(least, most))
            }
            _ => return,
        };
        state.change(&[Edit::set(table, option.key, value)]);
    }
}

impl Panel for Options {
    fn hints(&self) -> Hints {
        match self.table.as_str() {
            "" => "`↑ ↓` go to  `Enter` change  `← →` less, more  `x` reset  `Tab` next page",
            _ => "`↑ ↓` go to  `Enter` change  `← →` less, more  `x` reset  `Esc` back",
        }
    }

    fn items(&self, state: &State) -> Vec<Item> {
        self.options(state).iter().map(|option| Item::new(option.key, option.about, false)).collect()
    }

    fn lines(&self, state: &State, at: usize, columns: usize) -> (Vec<Line<'static>>, usize) {
        const KEY: usize = 14;
        const SOURCE: usize = 16;
        let line = |(index, option): (usize, &Opt)| {
            let value = state.draft.value(&self.table, option.key);
            let value = value
                .map_or_else(|| "-".to_owned(), |value| document::in_words(&self.table, option.key, value));
            let value = draw::padded(&shown(&value), columns.saturating_sub(KEY + SOURCE + 5));
            let source = state.draft.source(&self.table, option.key);
            draw::on_cursor(
                index == at,
                &format!("{} {value} {source}", draw::padded(option.key, KEY)),
                columns,
            )
        };
        (self.options(state).iter().enumerate().map(line).collect(), at)
    }

    fn act(&mut self, action: Action, at: usize, state: &mut State) -> Next {
        let Some(option) = self.options(state).into_iter().nth(at) else { return Next::STAY };
        let editor = options::editor(&self.table, &option);
        match action {
            Action::Enter => return self.edit(&option, editor, state),
            Action::Left => self.step(&option, &editor, false, state),
            Action::Right => self.step(&option, &editor, true, state),
            Action::Reset | Action::Remove => state.change(&[Edit::unset(&self.table, option.key)]),
            _ => {}
        }
        Next::STAY
    }

    fn is_alive(&self, state: &State) -> bool {
        state.draft.stack().kind(&self.table).is_some()
    }
}
