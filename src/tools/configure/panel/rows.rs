//! The rows of the line, in which segments are moved.

use super::add::Add;
use super::options::Options;
use super::{Action, CHOSEN, Cell, DIM, Edit, EditorState, Hints, Line, Next, Panel, Place, Rows, Span, Style, clean};
use crate::base::width::width;
use crate::layout::Side;

/// The tab of rows; its cursor is [`EditorState::place`].
pub struct RowsTab;

impl Panel for RowsTab {
    fn hints(&self) -> Hints {
        "`arrows` go to  `< > K J` move  `L C R` side  `a` add  `d` remove  `n D` row  `Enter` options"
    }

    fn lines(&self, state: &EditorState, _: usize, columns: usize) -> (Vec<Line<'static>>, usize) {
        let rows = state.draft.rows();
        if rows.len() == 0 {
            return (vec![Line::styled("   no row yet; a adds a segment", DIM)], 0);
        }
        let drawing = RowLines::new(&rows, state.place, columns);
        (drawing.lines, drawing.cursor)
    }

    fn about(&self, state: &EditorState, _: usize) -> String {
        let rows = state.draft.rows();
        let name = rows.get(state.place).map_or("", |cell| &cell.name);
        let kind = state.draft.stack().kind(name);
        kind.map_or_else(String::new, |kind| format!("{name}: {}", kind.about))
    }

    fn act(&mut self, action: Action, _: usize, state: &mut EditorState) -> Next {
        let mut rows = state.draft.rows();
        let Place { row, at } = state.place;
        let last = |row: usize| rows.row(row).len().saturating_sub(1);
        let in_row = |row: usize| Place { row, at: at.min(last(row)) };
        let place = match action {
            Action::Up => in_row(row.saturating_sub(1)),
            Action::Down => in_row((row + 1).min(rows.len().saturating_sub(1))),
            Action::Left => Place { row, at: at.saturating_sub(1) },
            Action::Right => Place { row, at: (at + 1).min(last(row)) },
            Action::Home => Place { row, at: 0 },
            Action::End => Place { row, at: last(row) },
            Action::Move(way) => rows.shift(state.place, way),
            Action::Key('L') => rows.send(state.place, Side::Left),
            Action::Key('C') => rows.send(state.place, Side::Centre),
            Action::Key('R') => rows.send(state.place, Side::Right),
            Action::Key('d') => rows.remove(state.place),
            Action::Key('n') => rows.insert_row(row + 1),
            Action::Key('D') => {
                rows.remove_row(row);
                state.place
            }
            Action::Key('x') => {
                state.change(&[Edit::unset("", "rows")]);
                return Next::STAY;
            }
            Action::Click { line, column, columns } => {
                match RowLines::new(&rows, state.place, columns).place_at(line, column) {
                    Some(place) if place == state.place => return self.act(Action::Enter, 0, state),
                    place => place.unwrap_or(state.place),
                }
            }
            Action::Enter | Action::Key('a') => {
                return match rows.get(state.place) {
                    Some(Cell { name, .. }) if action == Action::Enter => {
                        Next::open(name, Options { table: name.clone() })
                    }
                    _ => Next::open("add a segment", Add),
                };
            }
            _ => return Next::STAY,
        };
        if rows != state.draft.rows() {
            state.change(&[Edit::set_list("", "rows", rows.written())]);
        }
        state.place = place;
        Next::STAY
    }
}

/// The lines of rows, each side of a row in lines of its own.
struct RowLines {
    place: Place,
    columns: usize,
    lines: Vec<Line<'static>>,
    /// The line of the cursor.
    cursor: usize,
    /// Segments with the line and the column that they end before.
    ends: Vec<(usize, usize, Place)>,
}

impl RowLines {
    fn new(rows: &Rows, place: Place, columns: usize) -> Self {
        let mut drawing = RowLines { place, columns, lines: Vec::new(), cursor: 0, ends: Vec::new() };
        (0..rows.len()).for_each(|row| drawing.row(rows.row(row), row));
        drawing
    }

    /// The segment at a place of the lines.
    fn place_at(&self, line: usize, column: usize) -> Option<Place> {
        let is_there = |(on, end, _): &&(usize, usize, Place)| *on == line && column < *end;
        self.ends.iter().find(is_there).map(|(.., place)| *place)
    }

    fn row(&mut self, cells: &[Cell], row: usize) {
        let mark = if row == self.place.row { ">" } else { " " };
        let mut number = (row + 1).to_string();
        if cells.is_empty() {
            if row == self.place.row {
                self.cursor = self.lines.len();
            }
            let text = format!(" {mark}{number} [nothing here yet: a adds a segment]");
            return self.lines.push(Line::raw(text));
        }
        let mut before = 0;
        for cells in cells.chunk_by(|cell, next| cell.side == next.side) {
            let name = match cells[0].side {
                Side::Left => "left",
                Side::Centre => "centre",
                Side::Right => "right",
            };
            self.side(cells, Place { row, at: before }, format!(" {mark}{number:<2} {name:<7}"));
            before += cells.len();
            number.clear();
        }
    }

    /// A side of a row, which begins at that place.
    fn side(&mut self, cells: &[Cell], first: Place, head: String) {
        let indent = " ".repeat(width(&head));
        let mut used = indent.len();
        let mut spans = vec![Span::styled(head, DIM)];
        for (number, cell) in cells.iter().enumerate() {
            let between = if number > 0 && cell.begins { " │ " } else { "" };
            let place = Place { at: first.at + number, ..first };
            let is_there = place == self.place;
            let segment = clean(&cell.name);
            let text = if is_there { format!("[{segment}]") } else { format!(" {segment} ") };
            let wide = width(between) + width(&text);
            if used + wide > self.columns {
                self.lines.push(Line::from(std::mem::replace(&mut spans, vec![Span::raw(indent.clone())])));
                used = indent.len();
            }
            used += wide;
            self.ends.push((self.lines.len(), used, place));
            spans.push(Span::styled(between, DIM));
            spans.push(Span::styled(text, if is_there { CHOSEN } else { Style::new() }));
            if is_there {
                self.cursor = self.lines.len();
            }
        }
        self.lines.push(Line::from(spans));
    }
}
