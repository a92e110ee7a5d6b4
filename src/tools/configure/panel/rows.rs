//! The rows of the line, whose segments can be moved.

use super::add::Add;
use super::options::Options;
use super::{Action, CHOSEN, Cell, DIM, Edit, EditorState, Hints, Line, Next, Panel, Place, Rows, Span, Style, clean};
use crate::base::width::width;
use crate::layout::Side;

/// The tab of rows; its cursor is [`EditorState::place`].
pub struct RowsTab;

impl Panel for RowsTab {
    fn hints(&self) -> Hints {
        "`arrows` select  `< > K J` move  `L C R` side  `a` add  `d` remove  `n D` row  `Enter` options"
    }

    fn lines(&self, state: &EditorState, _: usize, columns: usize) -> (Vec<Line<'static>>, usize) {
        let rows = state.draft.rows();
        if rows.len() == 0 {
            return (vec![Line::styled("   no rows yet; press a to add a segment", DIM)], 0);
        }
        let lines = lines(&rows, state.place, columns);
        let at = lines.iter().position(|line| line.iter().any(|(_, place)| *place == state.place));
        let line = |line: Vec<Piece>| line.into_iter().map(|(span, _)| span).collect();
        (lines.into_iter().map(line).collect(), at.unwrap_or(0))
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
        // The model moves a place past the last one back.
        let place = match action {
            Action::Up => Place { row: row.saturating_sub(1), at },
            Action::Down => Place { row: row + 1, at },
            Action::Left => Place { row, at: at.saturating_sub(1) },
            Action::Right => Place { row, at: at + 1 },
            Action::Home => Place { row, at: 0 },
            Action::End => Place { row, at: usize::MAX },
            Action::Move(way) => rows.shift(state.place, way),
            Action::Key('L') => rows.send(state.place, Side::Left),
            Action::Key('C') => rows.send(state.place, Side::Centre),
            Action::Key('R') => rows.send(state.place, Side::Right),
            Action::Key('d') => {
                rows.remove(state.place);
                state.place
            }
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
                match place_at(&lines(&rows, state.place, columns), line, column) {
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

/// A part of a line, and the segment that a click on it selects.
type Piece = (Span<'static>, Place);

fn place_at(lines: &[Vec<Piece>], line: usize, column: usize) -> Option<Place> {
    let mut end = 0;
    let is_there = |(span, _): &&Piece| {
        end += span.width();
        column < end
    };
    lines.get(line)?.iter().find(is_there).map(|(_, place)| *place)
}

/// The lines of all rows, with separate lines for each side of a row.
fn lines(rows: &Rows, cursor: Place, columns: usize) -> Vec<Vec<Piece>> {
    let mut lines = Vec::new();
    for row in 0..rows.len() {
        let mark = if row == cursor.row { ">" } else { " " };
        let mut number = (row + 1).to_string();
        let mut place = Place { row, at: 0 };
        if rows.row(row).is_empty() {
            let text = format!(" {mark}{number} [empty: press a to add a segment]");
            lines.push(vec![(Span::raw(text), place)]);
        }
        for cells in rows.row(row).chunk_by(|cell, next| cell.side == next.side) {
            let name = match cells[0].side {
                Side::Left => "left",
                Side::Centre => "centre",
                Side::Right => "right",
            };
            lines.extend(side(cells, place, cursor, format!(" {mark}{number:<2} {name:<7}"), columns));
            place.at += cells.len();
            number.clear();
        }
    }
    lines
}

/// A side of a row, which begins at that place.
fn side(cells: &[Cell], mut place: Place, cursor: Place, head: String, columns: usize) -> Vec<Vec<Piece>> {
    let indent = width(&head);
    let (mut lines, mut used) = (Vec::new(), indent);
    let mut line = vec![(Span::styled(head, DIM), place)];
    for (number, cell) in cells.iter().enumerate() {
        let between = if number > 0 && cell.begins { " │ " } else { "" };
        let name = clean(&cell.name);
        let (text, style) =
            if place == cursor { (format!("[{name}]"), CHOSEN) } else { (format!(" {name} "), Style::new()) };
        let wide = width(between) + width(&text);
        if used + wide > columns {
            lines.push(std::mem::replace(&mut line, vec![(Span::raw(" ".repeat(indent)), place)]));
            used = indent;
        }
        used += wide;
        line.extend([(Span::styled(between, DIM), place), (Span::styled(text, style), place)]);
        place.at += 1;
    }
    lines.push(line);
    lines
}
