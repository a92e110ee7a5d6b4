//! The rows of the line as a grid that segments move in: rows, sides, groups. Pure: names in, names out.

use std::borrow::Cow;

use crate::config::row::{self, GroupNames};
use crate::layout::Side;

/// Rows of segments, in the order of their sides.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Rows(Vec<Vec<Cell>>);

/// A segment in a row.
#[derive(Debug, Clone, PartialEq)]
pub struct Cell {
    pub name: String,
    pub side: Side,
    /// It is the first of its group.
    pub begins: bool,
}

const SIDES: [Side; 3] = [Side::Left, Side::Centre, Side::Right];

/// The place of a segment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Place {
    /// The row, from the top.
    pub row: usize,
    /// Number of segments before it in the row.
    pub at: usize,
}

/// A direction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    Left,
    Right,
    Up,
    Down,
}

impl Rows {
    /// Reads the rows of a config.
    pub fn read(rows: &[Cow<'_, str>]) -> Self {
        let cells = |GroupNames { side, names }| {
            let names = names.into_iter().enumerate();
            names.map(move |(at, name): (usize, &str)| Cell { name: name.to_owned(), side, begins: at == 0 })
        };
        Rows(rows.iter().map(|text| row::parse(text).into_iter().flat_map(cells).collect()).collect())
    }

    /// The rows as text of the config.
    pub fn written(&self) -> Vec<String> {
        let row = |cells: &Vec<Cell>| {
            let groups = cells.chunk_by(|_, next| !next.begins).map(|cells| GroupNames {
                side: cells[0].side,
                names: cells.iter().map(|cell| cell.name.as_str()).collect(),
            });
            row::written(&groups.collect::<Vec<_>>())
        };
        self.0.iter().map(row).collect()
    }

    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// The segments of a row; empty if there is no such row.
    pub fn row(&self, row: usize) -> &[Cell] {
        self.0.get(row).map_or(&[], Vec::as_slice)
    }

    /// The segment there.
    pub fn get(&self, place: Place) -> Option<&Cell> {
        self.row(place.row).get(place.at)
    }

    /// The place of the first segment with that name.
    pub fn find(&self, name: &str) -> Option<Place> {
        let in_row = |cells: &Vec<Cell>| cells.iter().position(|cell| cell.name == name);
        self.0.iter().enumerate().find_map(|(row, cells)| Some(Place { row, at: in_row(cells)? }))
    }

    /// Inserts a segment after another, in the same group. Returns its place.
    pub fn insert(&mut self, place: Place, name: String) -> Place {
        if self.0.is_empty() {
            self.0.push(Vec::new());
        }
        let place = Place { row: place.row.min(self.len() - 1), at: place.at + 1 };
        match self.get(Place { at: place.at - 1, ..place }).map(|cell| cell.side) {
            Some(side) => self.0[place.row].insert(place.at, Cell { name, side, begins: false }),
            None => return self.append(place.row, Side::Left, name),
        }
        place
    }

    /// Moves a segment to the end of a side, in a group of its own. Returns its place.
    fn append(&mut self, row: usize, side: Side, name: String) -> Place {
        let at = self.0[row].partition_point(|cell| cell.side as usize <= side as usize);
        self.0[row].insert(at, Cell { name, side, begins: true });
        Place { row, at }
    }

    /// Removes a segment, and its row if that is empty then.
    pub fn remove(&mut self, place: Place) {
        self.take(place);
        if self.row(place.row).is_empty() {
            self.remove_row(place.row);
        }
    }

    fn take(&mut self, place: Place) -> Option<String> {
        self.get(place)?;
        let row = &mut self.0[place.row];
        let Cell { name, begins, .. } = row.remove(place.at);
        if let Some(next) = row.get_mut(place.at) {
            next.begins |= begins;
        }
        Some(name)
    }

    /// Adds an empty row at that index, or at the end. Returns its first place.
    pub fn insert_row(&mut self, row: usize) -> Place {
        let row = row.min(self.len());
        self.0.insert(row, Vec::new());
        Place { row, at: 0 }
    }

    /// Removes a row with all of its segments.
    pub fn remove_row(&mut self, row: usize) {
        if row < self.len() {
            self.0.remove(row);
        }
    }

    /// Moves a segment one step and returns its place. Left and right: past its neighbour in the group, then out of the
    /// group, into the next one, to the next side. Up and down: to the same side of another row, or a new row at the
    /// end.
    pub fn shift(&mut self, place: Place, way: Way) -> Place {
        let Some(side) = self.get(place).map(|cell| cell.side) else { return place };
        match way {
            Way::Left | Way::Right => self.shift_along(place, side, way == Way::Left),
            Way::Up | Way::Down => self.shift_across(place, side, way == Way::Up),
        }
    }

    fn shift_along(&mut self, place: Place, side: Side, left: bool) -> Place {
        let Place { row, at } = place;
        let cells = &mut self.0[row];
        let follows = !cells[at].begins;
        let is_followed = cells.get(at + 1).is_some_and(|next| !next.begins);
        if if left { follows } else { is_followed } {
            let first = if left { at - 1 } else { at };
            let name = self.take(Place { row, at: first }).unwrap_or_default();
            let second = self.insert(Place { row, at: first }, name);
            return if left { Place { row, at: first } } else { second };
        }
        let neighbour = if left { at.checked_sub(1) } else { Some(at + 1) };
        let is_beside = neighbour.and_then(|at| cells.get(at)).is_some_and(|cell| cell.side == side);
        // The two segments at the boundary of groups: the one that leaves the group, and the one that joins it.
        let (leaving, joining) = if left { (at + 1, at) } else { (at, at + 1) };
        let next_side = (side as usize).checked_add_signed(if left { -1 } else { 1 });
        if follows || is_followed {
            cells[leaving].begins = true;
        } else if is_beside {
            cells[joining].begins = false;
        } else if let Some(side) = next_side.and_then(|side| SIDES.get(side)) {
            cells[at].side = *side;
        }
        place
    }

    fn shift_across(&mut self, place: Place, side: Side, up: bool) -> Place {
        let target = if up { place.row.checked_sub(1) } else { Some(place.row + 1) };
        let alone_at_the_end = place.row + 1 == self.len() && self.row(place.row).len() == 1;
        let Some(target) = target.filter(|_| up || !alone_at_the_end) else { return place };
        let Some(name) = self.take(place) else { return place };
        if target == self.len() {
            self.0.push(Vec::new());
        }
        let Place { row, at } = self.append(target, side, name);
        if !self.row(place.row).is_empty() {
            return Place { row, at };
        }
        self.remove_row(place.row);
        Place { row: if up { row } else { place.row }, at }
    }

    /// Moves a segment to the end of a side, in a group of its own. Returns its place.
    pub fn send(&mut self, place: Place, to: Side) -> Place {
        match self.take(place) {
            Some(name) => self.append(place.row, to, name),
            None => place,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(rows: &[&str]) -> Rows {
        Rows::read(&rows.iter().map(|row| Cow::Borrowed(*row)).collect::<Vec<_>>())
    }

    fn name_at(rows: &Rows, place: Place) -> Option<&str> {
        rows.get(place).map(|cell| cell.name.as_str())
    }

    /// Where that segment stands.
    fn place(rows: &Rows, name: &str) -> Place {
        let places = (0..rows.len()).flat_map(|row| (0..rows.row(row).len()).map(move |at| Place { row, at }));
        places.into_iter().find(|place| name_at(rows, *place) == Some(name)).unwrap()
    }

    #[test]
    fn segments_move_along_a_row() {
        let check = |way, before: &str, steps: &[&str]| {
            let mut rows = rows(&[before]);
            for step in steps {
                let moved = rows.shift(place(&rows, "x"), way);
                assert_eq!(rows.written(), [*step], "{before}");
                assert_eq!(name_at(&rows, moved), Some("x"), "{step}");
            }
        };
        check(
            Way::Right,
            "x a | b fill c",
            &["a x | b fill c", "a | x | b fill c", "a | x b fill c", "a | b x fill c", "a | b | x fill c"],
        );
        check(Way::Right, "a x", &["a | x", "a fill x fill", "a fill x", "a fill x"]);
        check(Way::Left, "a fill b x", &["a fill x b", "a fill x | b", "a fill x fill b", "a | x fill b"]);
        check(Way::Left, "a | x", &["a x", "x a", "x | a", "x | a"]);
    }

    #[test]
    fn segments_move_across_rows() {
        let check = |way, before: &[&str], after: &[&str]| {
            let mut rows = rows(before);
            let moved = rows.shift(place(&rows, "x"), way);
            assert_eq!(
                (rows.written(), name_at(&rows, moved)),
                (after.iter().map(|row| (*row).to_owned()).collect(), Some("x"))
            );
        };
        check(Way::Up, &["a fill b", "c fill x d"], &["a fill b | x", "c fill d"]);
        check(Way::Up, &["a x"], &["a x"]);
        check(Way::Down, &["a x", "c"], &["a", "c | x"]);
        check(Way::Up, &["a", "x"], &["a | x"]);
        check(Way::Down, &["x", "a"], &["a | x"]);
        check(Way::Down, &["a x"], &["a", "x"]);
        check(Way::Down, &["a", "x"], &["a", "x"]);
    }

    #[test]
    fn segments_are_sent_added_and_removed() {
        let mut rows = rows(&["a x fill b"]);
        let sent = rows.send(place(&rows, "x"), Side::Right);
        assert_eq!((rows.written(), name_at(&rows, sent)), (vec!["a fill b | x".to_owned()], Some("x")));
        let sent = rows.send(sent, Side::Centre);
        assert_eq!((rows.written(), name_at(&rows, sent)), (vec!["a fill x fill b".to_owned()], Some("x")));
        let added = rows.insert(place(&rows, "b"), "c".to_owned());
        assert_eq!((rows.written(), name_at(&rows, added)), (vec!["a fill x fill b c".to_owned()], Some("c")));
        rows.remove(place(&rows, "x"));
        assert_eq!(rows.written(), ["a fill b c"]);
        rows.insert_row(1);
        let added = rows.insert(Place { row: 1, at: 0 }, "d".to_owned());
        assert_eq!((rows.written().len(), name_at(&rows, added)), (2, Some("d")));
        rows.remove(added);
        assert_eq!(rows.written(), ["a fill b c"]);
        let mut none = Rows::default();
        none.insert(Place::default(), "a".to_owned());
        assert_eq!(none.written(), ["a"]);
    }
}
