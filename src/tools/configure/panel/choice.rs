//! A choice of words: themes, presets, or other values of a key. The word under the cursor is previewed.

use super::{Action, Choice, Edit, EditorState, Files, Hints, Next, Panel};

/// The preset that computes numbers in a different way.
const CLASSIC: &str = "classic";
const NUMBERS: &str =
    "classic shows other numbers: context as a share of the 83.5 % before compaction, cost and time from hooks";

/// The words of a key. An empty word removes the key from the file.
pub struct Words {
    pub table: String,
    pub key: &'static str,
    pub words: Vec<Choice>,
    pub is_tab: bool,
}

impl Words {
    pub fn tab(key: &'static str, words: Vec<Choice>) -> Self {
        Words { table: String::new(), key, words, is_tab: true }
    }
}

impl Panel for Words {
    fn hints(&self) -> Hints {
        match self.is_tab {
            true => "`↑ ↓` preview  `Enter` choose  `x` reset  `Tab` next page",
            false => "`↑ ↓` preview  `Enter` choose  `Esc` back",
        }
    }

    fn items(&self, state: &EditorState) -> Vec<Choice> {
        let now = match self.key {
            "preset" if self.is_tab => state.draft.preset().to_owned(),
            key => state.draft.shown(&self.table, key),
        };
        let words = self.words.iter().cloned();
        words.map(|word| Choice { is_chosen: word.name == now, ..word }).collect()
    }

    fn candidate(&self, state: &EditorState, at: usize) -> Option<Files> {
        let Choice { name, .. } = self.words.get(at)?;
        Some(state.draft.with(&state.draft.choosing(&self.table, self.key, name)))
    }

    fn act(&mut self, action: Action, at: usize, state: &mut EditorState) -> Next {
        match (action, self.candidate(state, at)) {
            (Action::Enter, Some(files)) => {
                state.put(files);
                let brings_classic = self.is_tab && self.words[at].name == CLASSIC;
                state.message = state.message.take().or(brings_classic.then(|| NUMBERS.to_owned()));
            }
            (Action::Key('x'), _) if self.is_tab => state.change(&[Edit::unset(&self.table, self.key)]),
            _ => return Next::STAY,
        }
        if self.is_tab { Next::STAY } else { Next::CLOSE }
    }
}
