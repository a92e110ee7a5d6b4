//! The elements of a list.

use super::typed::Below;
use super::{Action, DIM, Edit, Hints, Item, Line, Next, Panel, State, Typed, Way, draw, shown};
use crate::tools::configure::options;

/// The list that a key is set to.
pub struct Elements {
    pub table: String,
    pub key: &'static str,
}

impl Elements {
    /// Opens the text of an element: of the old one at an index, or of a new one there.
    fn typed(&self, at: usize, old: Option<String>) -> Next {
        let (table, key, is_new) = (self.table.clone(), self.key, old.is_none());
        let accept = move |text: &str, _: usize, state: &mut State| {
            let text = options::checked_element(&table, key, text)?;
            let mut list = state.draft.list(&table, key);
            match list.get_mut(at).filter(|_| !is_new) {
                Some(element) => *element = text,
                None => list.insert(at.min(list.len()), text),
            }
            state.draft.change(&[Edit::set_list(&table, key, list)])?;
            Ok(Next::Back { panels: 1, at: Some(at) })
        };
        let about = options::element(&self.table, key);
        let title = if is_new { "add" } else { "change" };
        let typed = Typed::new(about, old.unwrap_or_default(), accept);
        let is_format = self.key == "format";
        let list = if is_format { Below::Fields(self.table.clone()) } else { Below::Nothing };
        Next::open(title, typed.above(list))
    }
}

impl Panel for Elements {
    fn hints(&self) -> Hints {
        "`Enter` change  `a` add  `d` remove  `K J` up, down  `x` reset  `Esc` back"
    }

    fn items(&self, state: &State) -> Vec<Item> {
        let list = state.draft.list(&self.table, self.key);
        list.into_iter().map(|text| Item::new(text, "", false)).collect()
    }

    fn lines(&self, state: &State, at: usize, columns: usize) -> (Vec<Line<'static>>, usize) {
        let items = self.items(state);
        let line = |(index, item): (usize, &Item)| {
            draw::on_cursor(index == at, &format!("{} {}", index + 1, shown(&item.name)), columns)
        };
        match items.len() {
            0 => (vec![Line::styled("   nothing yet; a adds the first", DIM)], 0),
            _ => (items.iter().enumerate().map(line).collect(), at),
        }
    }

    fn about(&self, _: &State, _: usize) -> String {
        options::element(&self.table, self.key).to_owned()
    }

    fn act(&mut self, action: Action, at: usize, state: &mut State) -> Next {
        let mut list = state.draft.list(&self.table, self.key);
        let mut next = at;
        match action {
            Action::Enter if at < list.len() => {
                return self.typed(at, Some(list.swap_remove(at)));
            }
            Action::Enter | Action::Add => return self.typed((at + 1).min(list.len()), None),
            Action::Remove if at < list.len() => _ = list.remove(at),
            Action::Move(way) => {
                next = if way == Way::Up { at.wrapping_sub(1) } else { at + 1 };
                if next >= list.len() {
                    return Next::STAY;
                }
                list.swap(at, next);
            }
            Action::Reset => {
                state.change(&[Edit::unset(&self.table, self.key)]);
                return Next::STAY;
            }
            _ => return Next::STAY,
        }
        state.change(&[Edit::set_list(&self.table, self.key, list)]);
        Next::Back { panels: 0, at: Some(next) }
    }
}
