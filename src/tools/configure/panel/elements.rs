//! The elements of a list.

use super::typed::Below;
use super::{Action, Choice, DIM, Edit, EditorState, Hints, Line, Next, Panel, Typed, Way, clean, document, draw};

/// The list of a key.
pub struct Elements {
    pub table: String,
    pub key: &'static str,
}

impl Elements {
    /// Opens the text of an element: the old one at an index, or a new one there.
    fn typed(&self, at: usize, old: Option<String>) -> Next {
        let (table, key, is_new) = (self.table.clone(), self.key, old.is_none());
        let accept = move |text: &str, _: usize, state: &mut EditorState| {
            let text = checked(&table, key, text)?;
            let mut list = state.draft.list(&table, key);
            let end = if is_new { at } else { at + 1 };
            list.splice(at..end, [text]);
            state.draft.change(&[Edit::set_list(&table, key, list)])?;
            Ok(Next::Back { panels: 1, at: Some(at) })
        };
        let list = if key == "format" { Below::Fields(self.table.clone()) } else { Below::Nothing };
        let typed = Typed::new(self.element(), old.unwrap_or_default(), accept);
        Next::open(if is_new { "add" } else { "change" }, typed.above(list))
    }

    /// Describes an element, for typing one.
    fn element(&self) -> &'static str {
        match self.key {
            "rows" | "extra_rows" => "segments; | begins a group, fill moves what follows to the right",
            "format" => {
                "a format string such as [{icon} ]{name}; a part in [ ] is dropped if a name in it has no value"
            }
            key => document::takes(&self.table, key).element(),
        }
    }
}

impl Panel for Elements {
    fn hints(&self) -> Hints {
        "`Enter` change  `a` add  `d` remove  `K J` up, down  `x` reset  `Esc` back"
    }

    fn items(&self, state: &EditorState) -> Vec<Choice> {
        Choice::all(state.draft.list(&self.table, self.key).into_iter().map(|text| (text, "")))
    }

    fn lines(&self, state: &EditorState, at: usize, columns: usize) -> (Vec<Line<'static>>, usize) {
        let items = self.items(state);
        let line = |(index, item): (usize, &Choice)| {
            draw::on_cursor(index == at, &format!("{} {}", index + 1, clean(&item.name)), columns)
        };
        match items.len() {
            0 => (vec![Line::styled("   empty; press a to add the first", DIM)], 0),
            _ => (items.iter().enumerate().map(line).collect(), at),
        }
    }

    fn about(&self, _: &EditorState, _: usize) -> String {
        self.element().to_owned()
    }

    fn act(&mut self, action: Action, at: usize, state: &mut EditorState) -> Next {
        let mut list = state.draft.list(&self.table, self.key);
        let mut next = at;
        match action {
            Action::Enter if at < list.len() => return self.typed(at, Some(list.swap_remove(at))),
            Action::Enter | Action::Key('a') => return self.typed((at + 1).min(list.len()), None),
            Action::Key('d') if at < list.len() => _ = list.remove(at),
            Action::Move(way) => {
                next = if way == Way::Up { at.wrapping_sub(1) } else { at + 1 };
                if next >= list.len() {
                    return Next::STAY;
                }
                list.swap(at, next);
            }
            Action::Key('x') => {
                state.change(&[Edit::unset(&self.table, self.key)]);
                return Next::STAY;
            }
            _ => return Next::STAY,
        }
        state.change(&[Edit::set_list(&self.table, self.key, list)]);
        Next::Back { panels: 0, at: Some(next) }
    }
}

/// An element of a list as typed, if it is valid.
///
/// # Errors
/// It is invalid; the message says what is expected.
fn checked(table: &str, key: &str, text: &str) -> Result<String, String> {
    let (value, faults) = document::takes(table, key).list(&[text.to_owned()])?;
    match (faults.first(), value.and_then(|value| value.elements().pop())) {
        (None, Some(element)) => Ok(element),
        (fault, _) => Err(fault.map(ToString::to_string).unwrap_or_default()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn elements_are_checked() {
        let check = |key: &str, text: &str, expected: Option<&str>| {
            assert_eq!(checked("cost", key, text).ok().as_deref(), expected, "{text}");
        };
        check("steps", " 7", Some("7"));
        check("steps", "256", None);
        check("thresholds", "80  danger", Some("80 danger"));
        check("thresholds", "danger", None);
        check("thresholds", "nan danger", None);
        check("format", "{usd} ", Some("{usd} "));
    }
}
