//! The options of the line or of a segment, each with its value and source.

use super::choice::Words;
use super::draw::NARROW;
use super::elements::Elements;
use super::{Action, Choice, Edit, EditorState, Hints, KeyValue, Line, Next, Panel, Typed, clean, document, draw};
use crate::config::key::{KEYS, Key, SEGMENT_KEYS};
use crate::config::value::Takes;
use crate::segment::{self, Role};
use crate::tools::configure::draft::presets;

/// The options of a segment, or of the line if the name is empty.
pub struct Options {
    pub table: String,
}

impl Options {
    /// The options from config's tables of keys.
    fn options(&self, state: &EditorState) -> Vec<Key> {
        let kind = state.draft.stack().kind(&self.table).filter(|_| !self.table.is_empty());
        // A segment named like its kind cannot change `kind`.
        let is_kind = kind.is_some_and(|kind| kind.name == self.table);
        let keys = if self.table.is_empty() { KEYS } else { SEGMENT_KEYS };
        let keys = keys.iter().filter(|key| !(is_kind && key.name == "kind")).copied();
        let own = kind.into_iter().flat_map(|kind| kind.keys);
        keys.chain(own.map(|own| Key { name: own.name, about: own.about, takes: Takes::Own })).collect()
    }

    /// Opens a panel to edit an option, or toggles one with two values.
    fn edit(&self, option: &Key, state: &mut EditorState) -> Next {
        let (table, key) = (self.table.clone(), option.name);
        let words = match (key, option.takes) {
            ("theme", _) => state.themes(),
            ("theme_dark" | "theme_light", _) => state.catalog.themes.clone(),
            ("preset", _) if table.is_empty() => Choice::all(presets()),
            ("kind", _) => Choice::all(segment::ALL.iter().map(|kind| (kind.name, kind.about))),
            ("role", _) => {
                let roles = Role::ALL.iter().map(|role| (role.name(), ""));
                Choice::all([("", "its default role")].into_iter().chain(roles))
            }
            (_, Takes::Word(words)) => Choice::all(words.iter().map(|word| (*word, ""))),
            (_, Takes::Bool) => {
                let truth = matches!(state.draft.value(&table, key), Some(KeyValue::Bool(true)));
                state.change(&[Edit::set(&table, key, KeyValue::Bool(!truth))]);
                return Next::STAY;
            }
            (_, Takes::Number(..) | Takes::Text | Takes::Role | Takes::Own) => {
                let text = state.draft.shown(&table, key);
                let accept = move |text: &str, _: usize, state: &mut EditorState| {
                    state.draft.change(&[Edit::set(&table, key, document::value(&table, key, text)?)])?;
                    Ok(Next::CLOSE)
                };
                return Next::open(key, Typed::new(option.about, text, accept));
            }
            _ => return Next::open(key, Elements { table, key }),
        };
        Next::open(key, Words { table, key, words, is_tab: false })
    }
}

impl Panel for Options {
    fn hints(&self) -> Hints {
        match self.table.as_str() {
            "" => "`↑ ↓` select  `Enter` change  `x` reset  `Tab` next page",
            _ => "`↑ ↓` select  `Enter` change  `x` reset  `Esc` back",
        }
    }

    fn items(&self, state: &EditorState) -> Vec<Choice> {
        Choice::all(self.options(state).iter().map(|option| (option.name, option.about)))
    }

    fn lines(&self, state: &EditorState, at: usize, columns: usize) -> (Vec<Line<'static>>, usize) {
        const KEY: usize = 14;
        const SOURCE: usize = 16;
        let wide = if columns < NARROW { 0 } else { SOURCE };
        let line = |(index, Key { name, .. }): (usize, &Key)| {
            let value = state.draft.value(&self.table, name);
            let value = value.map_or_else(
                || "-".to_owned(),
                |value| document::to_toml(document::takes(&self.table, name), value).to_string(),
            );
            let value = draw::padded(&clean(&value), columns.saturating_sub(KEY + wide + 5));
            let source = if wide == 0 { String::new() } else { state.draft.source(&self.table, name) };
            let text = format!("{} {value} {source}", draw::padded(name, KEY));
            draw::on_cursor(index == at, text.trim_end(), columns)
        };
        (self.options(state).iter().enumerate().map(line).collect(), at)
    }

    fn act(&mut self, action: Action, at: usize, state: &mut EditorState) -> Next {
        let Some(option) = self.options(state).into_iter().nth(at) else { return Next::STAY };
        match action {
            Action::Enter => return self.edit(&option, state),
            Action::Key('x') | Action::Key('d') => state.change(&[Edit::unset(&self.table, option.name)]),
            _ => {}
        }
        Next::STAY
    }

    fn is_alive(&self, state: &EditorState) -> bool {
        state.draft.stack().kind(&self.table).is_some()
    }
}
