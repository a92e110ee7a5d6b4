//! Arranges the segments of a row so that they fit: they shorten and drop by rank, and the last one is
//! cut. Groups are set apart by text, or by the edges of coloured bands.

mod choice;
mod decor;
mod side;

pub use side::Side;

use crate::base::text::Text;
use crate::base::width::{ELLIPSIS, cut, width};
use crate::segment::{Form, Ground, Icons, Role, Span};
use choice::Spacing;

pub use choice::choose;

/// A segment in its row.
pub struct Item<'a> {
    pub side: Side,
    /// Number of its group in the row.
    pub group: usize,
    /// The lowest is dropped first, and of equals the last.
    priority: u8,
    /// The longest form, and the shorter ones that have been needed.
    forms: Vec<Form>,
    /// Forms that have not been needed yet.
    rest: Box<dyn Iterator<Item = Form> + 'a>,
    /// Index of the form that is shown. `None` for an item that is dropped.
    pub chosen: Option<usize>,
}

/// The look of a row between its segments.
#[derive(Debug, Clone)]
pub struct Decor {
    pub style: GroupStyle,
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
pub enum GroupStyle {
    /// By a separator.
    Plain,
    /// As bands that run into each other.
    Powerline,
    /// As bands with round ends.
    Capsule,
}

/// The first character of a row that begins with spaces: agents trim rows, but not this (BRAILLE PATTERN BLANK is not
/// white space to JavaScript's `trim`).
pub const BLANK: &str = "\u{2800}";

/// Minimum priority of a segment that shows danger.
const ALARMING: u8 = 85;

/// Minimum number of columns between two sides.
const APART: usize = 2;

impl<'a> Item<'a> {
    /// A segment with these forms, the longest first. `None` if there are none.
    pub fn new(
        side: Side, group: usize, priority: u8, forms: impl IntoIterator<Item = Form, IntoIter: 'a>,
    ) -> Option<Self> {
        let mut rest = forms.into_iter();
        let longest = rest.next()?;
        // A directory whose name sanitises to nothing, for example, has no width.
        let chosen = (longest.columns > 0).then_some(0);
        let priority = if longest.band().level() == 3 { priority.max(ALARMING) } else { priority };
        Some(Item { side, group, priority, forms: vec![longest], rest: Box::new(rest), chosen })
    }

    /// The `index`th form; `None` past the shortest. A form that is no shorter than the one before does not count.
    fn form(&mut self, index: usize) -> Option<&Form> {
        while index >= self.forms.len() {
            let form = self.rest.next()?;
            if self.forms.last().is_none_or(|longer| longer.columns > form.columns) {
                self.forms.push(form);
            }
        }
        self.forms.get(index)
    }

    /// All forms, the longest first.
    pub fn forms(&mut self) -> &[Form] {
        self.form(usize::MAX);
        &self.forms
    }

    /// Index of the form after the chosen one. `None` past the shortest.
    fn shorter(&mut self) -> Option<usize> {
        let next = self.chosen? + 1;
        self.form(next).map(|_| next)
    }

    /// Rank of its next step: to a shorter form, or out.
    fn rank(&mut self) -> u8 {
        self.shorter().map_or(self.priority, |form| self.forms[form].rank)
    }
}

/// One row of at most `columns`. Empty if there is nothing to show.
pub fn row(mut items: Vec<Item>, columns: usize, decor: &Decor) -> Vec<Span> {
    choose(&mut items, columns, decor);
    let [left, centre, right] = bands(items, decor);
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

/// Columns of a row of these items, in their longest forms before [`choose`].
pub fn columns_of_items(items: &[Item], decor: &Decor) -> usize {
    Spacing::new(decor).row(items)
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
fn bands(items: Vec<Item>, decor: &Decor) -> [Vec<Band>; 3] {
    let mut sides = [const { Vec::new() }; 3];
    for mut item in items {
        let Some(form) = item.chosen else { continue };
        let group = item.group;
        let role = if decor.style == GroupStyle::Plain { Role::Text } else { item.forms[0].band() };
        let spans = item.forms.swap_remove(form).spans;
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

/// Adds spans from column `start` on, or further right if the row already reaches beyond it.
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
        // The extra space makes `cut` mark text that fits but is not the end of the row.
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
