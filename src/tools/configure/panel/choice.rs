//! One of some words: a theme, a preset, or what else a key takes. The word under the cursor is previewed.

use super::{Action, Edit, Files, Hints, Item, Next, Panel, State};
use crate::tools::configure::draft::presets;

/// The preset that counts in another way than all others.
const CLASSIC: &str = "classic";
const NUMBERS: &str =
    "classic changes numbers: context in use of the 83.5 % before a compaction, cost and time as hooks count";

/// The words of a key, each with what it is. An empty word takes the key out of the file.
pub struct Choice {
    pub table: String,
    pub key: &'static str,
    pub words: Vec<(String, String)>,
    pub is_tab: bool,
}

impl Choice {
    pub fn theme(state: &State) -> Self {
        Choice { table: String::new(), key: "theme", words: state.themes(), is_tab: true }
    }

    pub fn preset() -> Self {
        let words = presets().map(|(name, about)| (name.to_owned(), about.to_owned())).collect();
        Choice { table: String::new(), key: "preset", words, is_tab: true }
    }
}

impl Panel for Choice {
    fn hints(&self) -> Hints {
        match self.is_tab {
            true => "`↑ ↓` try  `Enter` choose  `x` reset  `Tab` next page",
            false => "`↑ ↓` try  `Enter` choose  `Esc` back",
        }
    }

    fn items(&self, state: &State) -> Vec<Item> {
        let now = match self.key {
            "preset" if self.is_tab => state.draft.preset().to_owned(),
            key => state.draft.shown(&self.table, key),
        };
        self.words.iter().map(|(word, about)| Item::new(word, about, *word == now)).collect()
    }

    fn start(&self, state: &State) -> usize {
        self.items(state).iter().position(|item| item.is_chosen).unwrap_or(0)
    }

    fn candidate(&self, state: &State, at: usize) -> Option<Files> {
        let (word, _) = self.words.get(at)?;
        Some(state.draft.with(&state.draft.choosing(&self.table, self.key, word)))
    }

    fn act(&mut self, action: Action, at: usize, state: &mut State) -> Next {
        match action {
            Action::Enter => {
                if let Some(files) = self.candidate(state, at) {
                    state.put(files);
                    let brings_classic = self.is_tab && self.words[at].0 == CLASSIC;
                    state.message = state.message.take().or(brings_classic.then(|| NUMBERS.to_owned()));
                }
            }
            Action::Reset if self.is_tab => state.change(&[Edit::unset(&self.table, self.key)]),
            _ => return Next::STAY,
        }
        if self.is_tab { Next::STAY } else { Next::CLOSE }
    }
}
