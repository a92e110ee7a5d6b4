//! The options of the line, or of a segment, each with its value and who sets it.

use super::choice::Choice;
use super::draw::NARROW;
use super::elements::Elements;
use super::{Action, Edit, Hints, Item, Line, Next, Panel, State, Typed, Value, document, draw, shown};
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
            Editor::List => Next::open(key, Elements { table, key }),
            Editor::Typed => {
                let text = state.draft.shown(&table, key);
                Next::open(
                    key,
                    Typed::new(option.about, text, move |text, _, state| {
                        state.draft.change(&[Edit::set(&table, key, document::value(&table, key, text)?)])?;
                        Ok(Next::CLOSE)
                    }),
                )
            }
        }
    }
}

impl Panel for Options {
    fn hints(&self) -> Hints {
        match self.table.as_str() {
            "" => "`↑ ↓` go to  `Enter` change  `x` reset  `Tab` next page",
            _ => "`↑ ↓` go to  `Enter` change  `x` reset  `Esc` back",
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
            let value =
                value.map_or_else(|| "-".to_owned(), |value| document::in_words(&self.table, option.key, value));
            let (source, wide) = match columns < NARROW {
                true => (String::new(), 0),
                false => (state.draft.source(&self.table, option.key), SOURCE),
            };
            let value = draw::padded(&shown(&value), columns.saturating_sub(KEY + wide + 5));
            draw::on_cursor(
                index == at,
                format!("{} {value} {source}", draw::padded(option.key, KEY)).trim_end(),
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
            Action::Reset | Action::Remove => state.change(&[Edit::unset(&self.table, option.key)]),
            _ => {}
        }
        Next::STAY
    }

    fn is_alive(&self, state: &State) -> bool {
        state.draft.stack().kind(&self.table).is_some()
    }
}
