//! Puts the segments of a row where they belong, so that they fit: they shorten and drop by rank, and
//! the last one is cut. What sets groups apart is part of the row: text between them, or the edges of
//! coloured bands.

mod choice;
mod decor;

use crate::base::text::Text;
use crate::base::width::{ELLIPSIS, cut, width};
use crate::segment::{Icons, Role, Segment, Span};
use choice::Choice;

/// A segment in its row.
#[derive(Debug)]
pub struct Item {
    /// Where in the row it stands.
    pub side: Side,
    /// Which group it stands in; groups are set apart.
    pub group: usize,
    /// What goes first: the lowest, and of equals the last.
    pub priority: u8,
    /// What it shows.
    pub segment: Segment,
}

/// Where in a row a group stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Side {
    Left,
    Centre,
    Right,
}

/// What sets groups apart.
#[derive(Debug, Clone)]
pub struct Decor {
    /// In which way.
    pub style: Style,
    /// What stands between groups in style plain.
    pub separator: Text,
    /// What stands between the segments of a group.
    pub gap: Text,
    /// Columns beside a separator, and within a band.
    pub padding: usize,
    /// What edges are drawn with.
    pub edges: Icons,
}

/// How groups are set apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Style {
    /// By a separator.
    Plain,
    /// As bands that run into each other.
    Powerline,
    /// As bands with round ends.
    Capsule,
}

/// A piece of a row, ready for painting.
#[derive(Debug, Clone, PartialEq)]
pub struct Piece {
    /// Text in a role.
    pub span: Span,
    /// What it stands on.
    pub ground: Ground,
}

/// What a piece of a row stands on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ground {
    /// The terminal's own background.
    Terminal,
    /// A band of the colour of that role.
    Band(Role),
    /// Where bands meet, drawn in the colour of one on that of the other; without one on the
    /// terminal's own. Where both have one colour, `seam` is drawn in its place.
    Edge {
        /// The band that is drawn.
        front: Role,
        /// The band behind it.
        back: Option<Role>,
        /// The sign between bands of one colour; as wide as the edge.
        seam: &'static str,
    },
}

/// Stands at the beginning of a row that begins with spaces: agents trim rows, but not this (BRAILLE
/// PATTERN BLANK is no white space to JavaScript's `trim`).
pub const BLANK: &str = "\u{2800}";

/// Columns at least between what stands on two sides.
const APART: usize = 2;

/// One row of at most `columns`. Empty when there is nothing to show. Without a bound the sides follow
/// each other.
pub fn row(items: &[Item], columns: Option<usize>, decor: &Decor) -> Vec<Piece> {
    let pieces = Choice::new(items, columns, decor).pieces(columns);
    match columns {
        Some(columns) => fit(pieces, columns),
        None => pieces,
    }
}

/// Which form of each item [`row`] shows; `None` for one that is left out.
pub fn chosen(items: &[Item], columns: Option<usize>, decor: &Decor) -> Vec<Option<usize>> {
    let choice = Choice::new(items, columns, decor);
    let forms = choice.forms.iter().zip(&choice.widths);
    forms.map(|(form, widths)| Some(*form).filter(|form| *form < widths.len())).collect()
}

/// Whether all items fit into `columns` in their longest forms.
pub fn fits(items: &[Item], columns: usize, decor: &Decor) -> bool {
    let mut choice = Choice::longest(items, decor);
    choice.leave_out_empty();
    choice.width() <= columns
}

/// How many columns a row takes.
pub fn columns_of(row: &[Piece]) -> usize {
    row.iter().map(|piece| width(piece.span.text.as_str())).sum()
}

/// A row cut to `columns`.
pub fn fit(pieces: Vec<Piece>, columns: usize) -> Vec<Piece> {
    if columns_of(&pieces) <= columns {
        return pieces;
    }
    let mut left = columns;
    let mut row = Vec::new();
    for piece in pieces {
        let text = piece.span.text.as_str();
        let wide = width(text);
        // Room stays for the mark of the cut.
        if wide + width(ELLIPSIS) <= left {
            left -= wide;
            row.push(piece);
            continue;
        }
        // One column more than there is tells `cut` that something follows.
        let text = if wide > left { cut(text, left) } else { cut(&format!("{text} "), left) };
        let ground = match piece.ground {
            Ground::Edge { .. } => Ground::Terminal,
            ground => ground,
        };
        row.push(Piece { span: Span { text: Text::new(text), ..piece.span }, ground });
        break;
    }
    row
}

impl Piece {
    /// Text on the terminal's own background.
    pub fn plain(span: Span) -> Self {
        Piece { span, ground: Ground::Terminal }
    }
}

#[cfg(test)]
mod tests;
