//! Sessions as a table: a row per session, a column for a segment or two. On a narrow terminal columns shrink, as
//! segments do on the line, then the least important are dropped.

use crate::config::{Config, Group, Invocation, Layers};
use crate::layout::{self, GroupStyle, Item, Side};
use crate::paint;
use crate::segment::{Cx, Role, Settings, Span};
use crate::snapshot::Snapshot;

/// A column.
struct Column {
    title: &'static str,
    /// The segments that it shows.
    segments: &'static str,
    /// The lowest is dropped first if there is no room.
    rank: u8,
    /// Minimum columns, if its text needs as many.
    least: usize,
}

const COLUMNS: [Column; 9] = [
    Column { title: "state", segments: "state", rank: 9, least: 9 },
    Column { title: "project", segments: "dir", rank: 8, least: 8 },
    Column { title: "session", segments: "session_label", rank: 5, least: 8 },
    Column { title: "mode", segments: "mode", rank: 3, least: 4 },
    Column { title: "model", segments: "model", rank: 2, least: 6 },
    Column { title: "context", segments: "context", rank: 7, least: 4 },
    Column { title: "cost", segments: "cost limits", rank: 4, least: 6 },
    Column { title: "task", segments: "task", rank: 6, least: 12 },
    Column { title: "active", segments: "age", rank: 1, least: 5 },
];

/// Spaces between columns.
const GAP: usize = 2;

/// The layout of the table: its columns are the groups of a row.
pub struct SessionTable {
    config: Config,
}

impl SessionTable {
    /// A table of at most `columns`. Colours are for a terminal only, unless requested.
    pub fn new(columns: usize, is_terminal: bool, call: &Invocation) -> Self {
        let forced = ["FORCE_COLOR", "CLICOLOR_FORCE"].iter().any(|name| call.env.has(name));
        let color = (!is_terminal && !forced).then_some("never");
        let row = COLUMNS.map(|column| column.segments).join(" | ");
        let layers = Layers::read(call, None).for_prompt(Some(row), color);
        let mut config = Config::of(layers, call);
        config.decor.style = GroupStyle::Plain;
        config.width = config.width.min(columns);
        SessionTable { config }
    }

    /// The table, painted: a head, and a row for each session.
    pub fn rows(&self, sessions: &[Snapshot]) -> Vec<String> {
        let cells: Vec<Vec<Vec<Item>>> = sessions.iter().map(|session| self.cells(session)).collect();
        let widths = self.widths(&cells);
        let head = COLUMNS.iter().map(|column| vec![Span::fixed(Role::Label, column.title)]).collect();
        let rows = cells.into_iter().map(|cells| {
            let cells = cells.into_iter().zip(&widths);
            cells.map(|(cell, columns)| layout::row(cell, *columns, &self.config.decor)).collect()
        });
        std::iter::once(head).chain(rows).map(|cells| self.painted(cells, &widths)).collect()
    }

    /// The cells of a session.
    fn cells<'a>(&'a self, snapshot: &'a Snapshot) -> Vec<Vec<Item<'a>>> {
        let cell = |group: &'a Group| {
            let item = |settings: &'a Settings| {
                let cx = Cx { links: false, ..self.config.cx(snapshot, settings) };
                Item::new(Side::Left, 0, settings.priority, cx.forms())
            };
            group.segments().filter_map(item).collect()
        };
        self.config.rows.iter().flat_map(|row| row.groups.iter()).map(cell).collect()
    }

    /// Text width of each column; 0 if it has nothing to show, or no room.
    fn widths(&self, cells: &[Vec<Vec<Item>>]) -> Vec<usize> {
        let natural = |at: usize| {
            let widths = cells.iter().map(|cells| layout::columns_of_items(&cells[at], &self.config.decor));
            let widest = widths.max().unwrap_or(0);
            if widest == 0 { 0 } else { widest.max(COLUMNS[at].title.len()) }
        };
        let natural: Vec<usize> = (0..COLUMNS.len()).map(natural).collect();
        fit(natural, self.config.width)
    }

    fn painted(&self, cells: Vec<Vec<Span>>, widths: &[usize]) -> String {
        let mut row: Vec<Span> = Vec::new();
        let mut start = 0;
        for (cell, columns) in cells.into_iter().zip(widths).filter(|(_, columns)| **columns > 0) {
            let before = start - layout::columns_of(&row);
            if before > 0 && !cell.is_empty() {
                row.push(Span::new(Role::Text, " ".repeat(before)));
            }
            row.extend(layout::fit(cell, *columns));
            start += columns + GAP;
        }
        paint::paint(&layout::fit(row, self.config.width), &self.config.theme.look, self.config.depth)
    }
}

/// Drops the columns of the lowest rank until the others fit at their least widths, and narrows these, the widest
/// first. One column always stays.
fn fit(mut widths: Vec<usize>, room: usize) -> Vec<usize> {
    loop {
        let shown: Vec<usize> = (0..widths.len()).filter(|at| widths[*at] > 0).collect();
        let room = room.saturating_sub(GAP * shown.len().saturating_sub(1));
        let least = |at: usize| widths[at].min(COLUMNS[at].least);
        if widths.iter().sum::<usize>() <= room {
            return widths;
        } else if let [one] = shown[..] {
            widths[one] = room;
        } else if shown.iter().map(|at| least(*at)).sum::<usize>() > room {
            let lowest = shown.into_iter().min_by_key(|at| COLUMNS[*at].rank);
            lowest.iter().for_each(|at| widths[*at] = 0);
        } else {
            let wide = shown.into_iter().filter(|at| widths[*at] > least(*at));
            wide.max_by_key(|at| (widths[*at], *at)).iter().for_each(|at| widths[*at] -= 1);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_shrink_and_then_go() {
        let check = |widths: [usize; 9], room, expected: [usize; 9]| {
            assert_eq!(fit(widths.to_vec(), room), expected, "{widths:?} {room}");
        };
        check([9, 10, 8, 4, 8, 8, 6, 30, 5], 104, [9, 10, 8, 4, 8, 8, 6, 30, 5]);
        check([9, 10, 8, 4, 8, 8, 6, 30, 5], 94, [9, 10, 8, 4, 8, 8, 6, 20, 5]);
        check([9, 10, 0, 0, 8, 0, 6, 0, 0], 39, [9, 10, 0, 0, 8, 0, 6, 0, 0]);
        check([9, 8, 8, 4, 6, 4, 6, 12, 5], 72, [9, 8, 8, 4, 6, 4, 6, 12, 0]);
        check([9, 8, 8, 4, 6, 4, 6, 12, 5], 12, [9, 0, 0, 0, 0, 0, 0, 0, 0]);
        check([9, 8, 8, 4, 6, 4, 6, 12, 5], 3, [3, 0, 0, 0, 0, 0, 0, 0, 0]);
        check([0; 9], 3, [0; 9]);
    }
}
