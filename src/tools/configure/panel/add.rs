//! The segments that can be added to a row.

use super::{Action, Choice, Edit, EditorState, Hints, KeyValue, Next, Panel, Typed};
use crate::segment;

/// Each kind of segment, then the user's own segments.
pub struct Add;

impl Panel for Add {
    fn hints(&self) -> Hints {
        "`↑ ↓` select  `Enter` add  `n` add under another name  `Esc` back"
    }

    fn items(&self, state: &EditorState) -> Vec<Choice> {
        Choice::all(state.draft.addable())
    }

    fn act(&mut self, action: Action, at: usize, state: &mut EditorState) -> Next {
        let Some(Choice { name, .. }) = self.items(state).into_iter().nth(at) else { return Next::STAY };
        match (action, segment::find(&name)) {
            (Action::Enter, _) => {
                insert(state, &name, None);
                Next::CLOSE
            }
            (Action::Key('n'), Some(kind)) => {
                let about = format!("name for another {}: letters, digits and _", kind.name);
                Next::open("name", Typed::new(about, "", |name, _, state| named(state, name, kind.name)))
            }
            _ => Next::STAY,
        }
    }
}

/// Adds a custom segment of a kind.
fn named(state: &mut EditorState, name: &str, kind: &str) -> Result<Next, String> {
    let is_word = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    if name.is_empty() || !name.chars().all(is_word) || name == "fill" {
        return Err("expected letters, digits and _".to_owned());
    }
    if state.draft.stack().kind(name).is_some() {
        return Err(format!("a segment {name} already exists"));
    }
    insert(state, name, Some(Edit::set(name, "kind", KeyValue::text(kind))));
    Ok(Next::Back { panels: 2, at: None })
}

/// Inserts a segment after the one under the cursor.
pub fn insert(state: &mut EditorState, name: &str, kind: Option<Edit>) {
    let mut rows = state.draft.rows();
    let place = rows.insert(state.place, name.to_owned());
    let edits: Vec<Edit> = kind.into_iter().chain([Edit::set_list("", "rows", rows.written())]).collect();
    state.change(&edits);
    if state.message.is_none() {
        state.place = place;
    }
}
