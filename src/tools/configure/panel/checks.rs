//! Any of some words.

use super::{Action, Edit, Hints, Item, Next, Panel, State};

/// The words of a key that takes several of them.
pub struct Checks {
    pub table: String,
    pub key: &'static str,
    pub words: &'static [&'static str],
}

impl Panel for Checks {
    fn hints(&self) -> Hints {
        "`↑ ↓` go to  `Enter` on, off  `Esc` back"
    }

    fn items(&self, state: &State) -> Vec<Item> {
        let now = state.draft.list(&self.table, self.key);
        self.words.iter().map(|word| Item::new(*word, "", now.iter().any(|now| now == word))).collect()
    }

    fn act(&mut self, action: Action, at: usize, state: &mut State) -> Next {
        if action == Action::Enter {
            let items = self.items(state).into_iter().enumerate();
            let checked = items.filter(|(index, item)| item.is_chosen != (*index == at));
            let words = checked.map(|(_, item)| item.name).collect();
            state.change(&[Edit::set_list(&self.table, self.key, words)]);
        }
        Next::STAY
    }
}
