//! Arranges the segments of a row so that they fit: they shorten and drop by rank, and the last one is
//! cut. Groups are set apart by text, or by the edges of coloured bands.

mod choice;
mod decor;

use crate::base::text::Text;
use crate::base::width::{ELLIPSIS, cut, width};
use crate::segment::{Form, Ground, Icons, Role, Span};
use choice::Choice;

/// A segment in its row.
#[derive(Debug, Clone)]
pub struct Item {
    pub side: Side,
    /// Number of its group in the row.
    pub group: usize,
    /// The lowest is dropped first, and of equals the last.
    pub priority: u8,
    /// At least one, the longest first.
    forms: Vec<Form>,
}

/// A third of a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Side {
    Left,
    Centre,
    Right,
}

/// The look of a row between its segments.
#[derive(Debug, Clone)]
pub struct Decor {
    pub style: Style,
    /// Between groups in style plain.
    pub separator: Text,
    /// Between the segments of a group.
    pub gap: Text,
    /// Columns next to a separator, and within a band.
    pub padding: usize,
    /// The characters of edges.
    pub edges: Icons,
}

/// The way in which groups are set apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Style {
    /// By a separator.
    Plain,
    /// As bands that run into each other.
    Powerline,
    /// As bands with round ends.
    Capsule,
}

/// The first character of a row that begins with spaces: agents trim rows, but not this (BRAILLE PATTERN
/// BLANK is no white space to JavaScript's `trim`).
pub const BLANK: &str = "\u{2800}";

/// Fewest columns between two sides.
const APART: usize = 2;

impl Item {
    /// A segment with these forms, without those that equal the one before. `None` where there is no form.
    pub fn new(
        side: Side,
        group: usize,
        priority: u8,
        forms: impl IntoIterator<Item = Form>,
    ) -> Option<Self> {
        let mut item = Item { side, group, priority, forms: Vec::new() };
        item.extend(forms);
        (!item.forms.is_empty()).then_some(item)
    }

    /// Adds shorter forms.
    pub fn extend(&mut self, forms: impl IntoIterator<Item = Form>) {
        self.forms.extend(forms);
        self.forms.dedup_by(|form, longer| form.spans == longer.spans);
    }

    pub fn forms(&self) -> &[Form] {
        &self.forms
    }
}

/// One row of at most `columns`. Empty when there is nothing to show.
pub fn row(items: Vec<Item>, columns: usize, decor: &Decor) -> Vec<Span> {
    let chosen = Choice::new(&items, columns, decor).forms;
    let [left, centre, right] = bands(items, &chosen, decor);
    let mut row = decor.join(left, Side::Left);
    let centre = decor.join(centre, Side::Centre);
    let right = decor.join(right, Side::Right);
    let (of_centre, of_right) = (columns_of(&centre), columns_of(&right));
    let before_right = if right.is_empty() { columns } else { columns.saturating_sub(of_right + APART) };
    let middle = columns.saturating_sub(of_centre) / 2;
    push_at(&mut row, middle.min(before_right.saturating_sub(of_centre)), centre);
    push_at(&mut row, columns.saturating_sub(of_right), right);
    fit(row, columns)
}

/// The form of each item that [`row`] shows; `None` for one that is left out.
pub fn chosen(items: &[Item], columns: usize, decor: &Decor) -> Vec<Option<usize>> {
    let forms = Choice::new(items, columns, decor).forms.into_iter().zip(items);
    forms.map(|(form, item)| Some(form).filter(|form| *form < item.forms.len())).collect()
}

/// Columns of a row with all items in their longest forms.
pub fn longest(items: &[Item], decor: &Decor) -> usize {
    Choice::longest(items, decor).width()
}

/// Columns of a row.
pub fn columns_of(row: &[Span]) -> usize {
    row.iter().map(|span| width(span.text.as_str())).sum()
}

/// A group of segments, on a band in the styles that have bands.
struct Band {
    group: usize,
    role: Role,
    spans: Vec<Span>,
}

/// The groups of each side, their items in the chosen forms.
fn bands(items: Vec<Item>, chosen: &[usize], decor: &Decor) -> [Vec<Band>; 3] {
    let mut sides = [const { Vec::new() }; 3];
    for (mut item, form) in items.into_iter().zip(chosen) {
        if *form >= item.forms.len() {
            continue;
        }
        let (group, role) = (item.group, item.forms[0].band());
        let spans = item.forms.swap_remove(*form).spans;
        let bands: &mut Vec<Band> = &mut sides[item.side as usize];
        match bands.last_mut() {
            Some(band) if band.group == group => {
                band.spans.push(Span { text: decor.gap.clone(), ..Span::fixed(Role::Text, "") });
                band.spans.extend(spans);
            }
            _ => bands.push(Band { group, role, spans }),
        }
    }
    sides
}

/// Adds spans from column `start` on, or further right where the row reaches that far.
fn push_at(row: &mut Vec<Span>, start: usize, spans: Vec<Span>) {
    if spans.is_empty() {
        return;
    }
    let end = columns_of(row);
    let start = if end == 0 { start } else { start.max(end + APART) };
    if start > end {
        let first = if row.is_empty() { BLANK } else { " " };
        let blanks = format!("{first}{}", " ".repeat(start - end - 1));
        row.push(Span::new(Role::Text, blanks));
    }
    row.extend(spans);
}

/// A row cut to `columns`.
pub fn fit(spans: Vec<Span>, columns: usize) -> Vec<Span> {
    if columns_of(&spans) <= columns {
        return spans;
    }
    let mut left = columns;
    let mut row = Vec::new();
    for span in spans {
        let text = span.text.as_str();
        let wide = width(text);
        if wide + width(ELLIPSIS) <= left {
            left -= wide;
            row.push(span);
            continue;
        }
        // With a space too many, `cut` marks text that fits but is not the end of the row.
        let text = if wide > left { cut(text, left) } else { cut(&format!("{text} "), left) };
        let ground = match span.ground {
            Ground::Edge { .. } => Ground::Terminal,
            ground => ground,
        };
        row.push(Span { text: Text::new(text), ground, ..span });
        break;
    }
    row
}

#[cfg(test)]
mod tests;
