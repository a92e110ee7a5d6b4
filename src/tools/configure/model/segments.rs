//! What an action does to the segments of the rows: go to them, move, add and remove them.

use super::{Model, set_list};
use crate::segment;
use crate::tools::configure::action::Action;
use crate::tools::configure::document::Edit;
use crate::tools::configure::input::Input;
use crate::tools::configure::panel::{Panel, What};
use crate::tools::configure::rows::{Place, Rows};

impl Model {
    pub(super) fn on_rows(&mut self, action: Action) {
        let mut rows = self.draft.rows();
        let Place { row, at } = self.place;
        let in_row = |row: usize| Place { row, at: at.min(rows.segments(row).saturating_sub(1)) };
        match action {
            Action::Up => self.place = in_row(row.saturating_sub(1)),
            Action::Down => self.place = in_row((row + 1).min(rows.len().saturating_sub(1))),
            Action::Left => self.place.at = at.saturating_sub(1),
            Action::Right => self.place.at = (at + 1).min(rows.segments(row).saturating_sub(1)),
            Action::Home => self.place.at = 0,
            Action::End => self.place.at = rows.segments(row).saturating_sub(1),
            Action::Enter => match rows.name(self.place) {
                Some(name) => self.panels.push(Panel::Segment { name: name.to_owned(), at: 0 }),
                None => self.panels.push(Panel::Add { at: 0 }),
            },
            Action::Add => self.panels.push(Panel::Add { at: 0 }),
            Action::Move(way) => {
                let place = rows.shift(self.place, way);
                self.set_rows(&rows, place);
            }
            Action::Send(side) => {
                let place = rows.send(self.place, side);
                self.set_rows(&rows, place);
            }
            Action::Remove => {
                let place = rows.remove(self.place);
                self.set_rows(&rows, place);
            }
            Action::NewRow => {
                let place = Place { row: (row + 1).min(rows.len()), at: 0 };
                rows.insert_row(place.row);
                self.set_rows(&rows, place);
            }
            Action::RemoveRow => {
                rows.remove_row(row);
                self.set_rows(&rows, self.place);
            }
            Action::Reset => self.change_or_say(&[Edit::unset("", "rows")]),
            _ => {}
        }
    }

    fn set_rows(&mut self, rows: &Rows, place: Place) {
        self.change_or_say(&[set_list("", "rows", rows.written())]);
        self.place = place;
        self.settle();
    }

    pub(super) fn on_add(&mut self, action: Action, at: usize) {
        let Some((name, _)) = self.draft.addable().into_iter().nth(at) else { return };
        match action {
            Action::Enter => {
                self.panels.pop();
                self.add(&name, None);
            }
            Action::NewRow => {
                let Some(kind) = segment::find(&name) else { return };
                let about = format!("name of a further {}: letters, digits and _", kind.name);
                let what = What::Name { kind: kind.name };
                self.panels.push(Panel::Input { what, about, input: Input::default(), problem: None });
            }
            _ => {}
        }
    }

    pub(super) fn add(&mut self, name: &str, kind: Option<Edit>) {
        let mut rows = self.draft.rows();
        let place = rows.insert(self.place, name);
        let edits: Vec<Edit> = kind.into_iter().chain([set_list("", "rows", rows.written())]).collect();
        match self.change(&edits) {
            Ok(()) => self.place = place,
            Err(why) => self.message = Some(why),
        }
    }
}
