//! The rows of the line as a grid that segments move in: rows, sides, groups. Pure: names in, names out.

use std::borrow::Cow;

use crate::config::row::{self, GroupNames};
use crate::layout::Side;

/// Rows of segments. A segment is told by its row and its place among all that stand there.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Rows(Vec<Row>);

/// The groups of a row: those on the left, in the centre, on the right.
type Row = [Vec<Vec<String>>; 3];

/// All sides, in their order.
pub const SIDES: [Side; 3] = [Side::Left, Side::Centre, Side::Right];

/// Where a segment stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Place {
    /// The row, from the top.
    pub row: usize,
    /// How many stand before it in the row.
    pub at: usize,
}

/// Where to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    Left,
    Right,
    Up,
    Down,
}

impl Rows {
    /// The rows that config names.
    pub fn read(rows: &[Cow<'_, str>]) -> Self {
        let row = |text: &Cow<'_, str>| {
            let mut row = Row::default();
            for group in row::parse(text) {
                row[group.side as usize].push(group.names.into_iter().map(str::to_owned).collect());
            }
            row
        };
        Rows(rows.iter().map(row).collect())
    }

    /// As config names them.
    pub fn written(&self) -> Vec<String> {
        let row = |row: &Row| {
            let groups = SIDES.into_iter().zip(row).flat_map(|(side, groups)| {
                groups
                    .iter()
                    .map(move |names| GroupNames { side, names: names.iter().map(String::as_str).collect() })
            });
            row::written(&groups.collect::<Vec<_>>())
        };
        self.0.iter().map(row).collect()
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// How many segments a row has.
    pub fn segments(&self, row: usize) -> usize {
        self.0.get(row).map_or(0, |row| row.iter().flatten().map(Vec::len).sum())
    }

    /// The groups of a side of a row.
    pub fn side(&self, row: usize, side: Side) -> &[Vec<String>] {
        self.0.get(row).map_or(&[], |row| &row[side as usize])
    }

    /// The segment there.
    pub fn name(&self, place: Place) -> Option<&str> {
        self.0.get(place.row)?.iter().flatten().flatten().nth(place.at).map(String::as_str)
    }

    /// Puts a segment behind another, into its group. Gives its place.
    pub fn insert(&mut self, place: Place, name: &str) -> Place {
        if self.0.is_empty() {
            self.0.push(Row::default());
        }
        let row = place.row.min(self.0.len() - 1);
        match self.find(Place { row, ..place }) {
            Some((side, group, index)) => {
                self.0[row][side][group].insert(index + 1, name.to_owned());
                Place { row, at: place.at + 1 }
            }
            None => {
                self.0[row][0].push(vec![name.to_owned()]);
                Place { row, at: self.segments_to(row, 0) - 1 }
            }
        }
    }

    /// Takes a segment out, and its row when nothing else stands there. Gives the place that is then
    /// next to it.
    pub fn remove(&mut self, place: Place) -> Place {
        self.take(place);
        if self.segments(place.row) == 0 {
            self.remove_row(place.row);
        }
        let row = place.row.min(self.len().saturating_sub(1));
        Place { row, at: place.at.min(self.segments(row).saturating_sub(1)) }
    }

    fn take(&mut self, place: Place) -> Option<String> {
        let (side, group, index) = self.find(place)?;
        let groups = &mut self.0[place.row][side];
        let name = groups[group].remove(index);
        groups.retain(|names| !names.is_empty());
        Some(name)
    }

    /// Adds a row without segments at that index, or at the end. Gives its first place.
    pub fn insert_row(&mut self, row: usize) -> Place {
        let row = row.min(self.0.len());
        self.0.insert(row, Row::default());
        Place { row, at: 0 }
    }

    /// Takes a row out with all that stands in it.
    pub fn remove_row(&mut self, row: usize) {
        if row < self.0.len() {
            self.0.remove(row);
        }
    }

    /// Moves a segment one step, and gives its place. To the left and right: past its neighbour in the
    /// group, then out of the group, into the next one, over to the next side. Up and down: to the same
    /// side of another row, a new one at the end.
    pub fn shift(&mut self, place: Place, way: Way) -> Place {
        let Some((side, group, index)) = self.find(place) else { return place };
        match way {
            Way::Left | Way::Right => self.shift_along(place, (side, group, index), way == Way::Left),
            Way::Up | Way::Down => self.shift_across(place, side, way == Way::Up),
        }
    }

    fn shift_along(
        &mut self,
        place: Place,
        (side, group, index): (usize, usize, usize),
        left: bool,
    ) -> Place {
        let row = &mut self.0[place.row];
        let size = row[side][group].len();
        let (is_last, other) =
            if left { (index == 0, index.wrapping_sub(1)) } else { (index + 1 == size, index + 1) };
        if !is_last {
            row[side][group].swap(index, other);
            return Place { at: if left { place.at - 1 } else { place.at + 1 }, ..place };
        }
        let next =
            if left { group.checked_sub(1) } else { Some(group + 1).filter(|next| *next < row[side].len()) };
        let next_side = if left { side.checked_sub(1) } else { Some(side + 1).filter(|next| *next < 3) };
        let name = row[side][group].remove(index);
        match (size, next, next_side) {
            // Out of its group, before or behind it.
            (2.., _, _) => row[side].insert(if left { group } else { group + 1 }, vec![name]),
            (_, Some(next), _) => {
                let at = if left { row[side][next].len() } else { 0 };
                row[side][next].insert(at, name);
                row[side].remove(group);
            }
            (_, None, Some(next)) => {
                row[side].remove(group);
                let at = if left { row[next].len() } else { 0 };
                row[next].insert(at, vec![name]);
            }
            (_, None, None) => row[side][group].push(name),
        }
        // None of these passes another segment.
        place
    }

    fn shift_across(&mut self, place: Place, side: usize, up: bool) -> Place {
        let target = if up { place.row.checked_sub(1) } else { Some(place.row + 1) };
        let alone_at_the_end = place.row + 1 == self.0.len() && self.segments(place.row) == 1;
        let Some(target) = target.filter(|_| up || !alone_at_the_end) else { return place };
        let Some(name) = self.take(place) else { return place };
        if target == self.0.len() {
            self.0.push(Row::default());
        }
        self.0[target][side].push(vec![name]);
        let at = self.segments_to(target, side) - 1;
        if self.segments(place.row) > 0 {
            return Place { row: target, at };
        }
        self.remove_row(place.row);
        Place { row: if up { target } else { place.row }, at }
    }

    /// Puts a segment at the end of a side, in a group of its own. Gives its place.
    pub fn send(&mut self, place: Place, to: Side) -> Place {
        let Some(name) = self.take(place) else { return place };
        let side = to as usize;
        self.0[place.row][side].push(vec![name]);
        Place { at: self.segments_to(place.row, side) - 1, ..place }
    }

    /// How many segments stand in a row up to the end of a side.
    fn segments_to(&self, row: usize, side: usize) -> usize {
        self.0[row][..=side].iter().flatten().map(Vec::len).sum()
    }

    /// Side, group and index in the group.
    fn find(&self, place: Place) -> Option<(usize, usize, usize)> {
        let mut left = place.at;
        for (side, groups) in self.0.get(place.row)?.iter().enumerate() {
            for (group, names) in groups.iter().enumerate() {
                if left < names.len() {
                    return Some((side, group, left));
                }
                left -= names.len();
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(rows: &[&str]) -> Rows {
        Rows::read(&rows.iter().map(|row| Cow::Borrowed(*row)).collect::<Vec<_>>())
    }

    /// Where that segment stands.
    fn place(rows: &Rows, name: &str) -> Place {
        let places = (0..rows.len()).flat_map(|row| (0..rows.segments(row)).map(move |at| Place { row, at }));
        places.into_iter().find(|place| rows.name(*place) == Some(name)).unwrap()
    }

    #[test]
    fn segments_move_along_a_row() {
        let check = |way, before: &str, steps: &[&str]| {
            let mut rows = rows(&[before]);
            for step in steps {
                let moved = rows.shift(place(&rows, "x"), way);
                assert_eq!(rows.written(), [*step], "{before}");
                assert_eq!(rows.name(moved), Some("x"), "{step}");
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
                (rows.written(), rows.name(moved)),
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
        assert_eq!((rows.written(), rows.name(sent)), (vec!["a fill b | x".to_owned()], Some("x")));
        let sent = rows.send(sent, Side::Centre);
        assert_eq!((rows.written(), rows.name(sent)), (vec!["a fill x fill b".to_owned()], Some("x")));
        let added = rows.insert(place(&rows, "b"), "c");
        assert_eq!((rows.written(), rows.name(added)), (vec!["a fill x fill b c".to_owned()], Some("c")));
        let next = rows.remove(place(&rows, "x"));
        assert_eq!((rows.written(), rows.name(next)), (vec!["a fill b c".to_owned()], Some("b")));
        rows.insert_row(1);
        let added = rows.insert(Place { row: 1, at: 0 }, "d");
        assert_eq!((rows.written().len(), rows.name(added)), (2, Some("d")));
        assert_eq!(rows.remove(added), Place { row: 0, at: 0 });
        assert_eq!(rows.written(), ["a fill b c"]);
        let mut none = Rows::default();
        none.insert(Place::default(), "a");
        assert_eq!(none.written(), ["a"]);
    }
}
