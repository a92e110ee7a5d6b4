//! The parts of a row that set groups apart: separators, or the edges of coloured bands.

use std::{iter, mem};

use super::{Band, Decor, GroupStyle, Side};
use crate::base::width::width;
use crate::segment::{Ground, Icons, Role, Span};

/// The glyph of an edge, and the one between bands of one colour.
type Edge = (&'static str, &'static str);

impl Decor {
    /// Columns between two groups of a side.
    pub(super) fn between(&self) -> usize {
        match self.style {
            GroupStyle::Plain => 2 * self.padding + width(self.separator.as_str()),
            GroupStyle::Powerline => 2 * self.padding + self.edge_width(),
            GroupStyle::Capsule => 2 * self.padding + 2 * self.edge_width() + 1,
        }
    }

    /// Columns around all groups of a side.
    pub(super) fn around(&self, side: Side) -> usize {
        match (self.style, side) {
            (GroupStyle::Plain, _) => 0,
            (GroupStyle::Powerline, Side::Left | Side::Right) => 2 * self.padding + self.edge_width(),
            (GroupStyle::Powerline, Side::Centre) | (GroupStyle::Capsule, _) => 2 * (self.padding + self.edge_width()),
        }
    }

    /// Columns of an edge.
    fn edge_width(&self) -> usize {
        width(self.edges()[0].0)
    }

    /// Edges that point to the right and to the left.
    const fn edges(&self) -> [Edge; 2] {
        match (self.style, self.edges) {
            // Private-use glyphs of Powerline's fonts, which patched fonts have too.
            (GroupStyle::Powerline, Icons::Nerd) => [("\u{e0b0}", "\u{e0b1}"), ("\u{e0b2}", "\u{e0b3}")],
            (_, Icons::Nerd) => [("\u{e0b4}", " "), ("\u{e0b6}", " ")],
            (GroupStyle::Powerline, Icons::Ascii) => [(">", ">"), ("<", "<")],
            (_, Icons::Ascii) => [(")", " "), ("(", " ")],
            // Half blocks are in every font.
            _ => [("▌", "│"), ("▐", "│")],
        }
    }

    /// The groups of one side, and what sets them apart.
    pub(super) fn join(&self, mut bands: Vec<Band>, side: Side) -> Vec<Span> {
        let mut row = Vec::new();
        for i in 0..bands.len() {
            let Band { role, ref mut spans, .. } = bands[i];
            let spans = mem::take(spans);
            let before = i.checked_sub(1).map(|before| bands[before].role);
            let after = bands.get(i + 1).map(|after| after.role);
            self.begin(&mut row, before, role, side);
            match self.style {
                GroupStyle::Plain => row.extend(spans),
                GroupStyle::Powerline | GroupStyle::Capsule => {
                    let ground = Ground::Band(role);
                    let spans = iter::once(self.padding()).chain(spans).chain([self.padding()]);
                    row.extend(spans.map(|span| Span { ground, ..span }));
                }
            }
            self.end(&mut row, role, after, side);
        }
        row
    }

    /// Begins a band after another, or as the first of its side.
    fn begin(&self, row: &mut Vec<Span>, before: Option<Role>, band: Role, side: Side) {
        let [_, left] = self.edges();
        match (self.style, side) {
            (GroupStyle::Plain, _) if before.is_some() => {
                let separator = Span { text: self.separator.clone(), ..Span::fixed(Role::Separator, "") };
                row.extend([self.padding(), separator, self.padding()]);
            }
            (GroupStyle::Powerline, Side::Right) => row.push(edge(left, band, before)),
            (GroupStyle::Powerline, Side::Centre) if before.is_none() => row.push(edge(left, band, None)),
            (GroupStyle::Capsule, _) => {
                row.extend(before.map(|_| Span::fixed(Role::Text, " ")));
                row.push(edge(left, band, None));
            }
            _ => {}
        }
    }

    /// Ends a band before another, or as the last of its side.
    fn end(&self, row: &mut Vec<Span>, band: Role, after: Option<Role>, side: Side) {
        let [right, _] = self.edges();
        match (self.style, side) {
            (GroupStyle::Powerline, Side::Left | Side::Centre) => row.push(edge(right, band, after)),
            (GroupStyle::Capsule, _) => row.push(edge(right, band, None)),
            _ => {}
        }
    }

    fn padding(&self) -> Span {
        match self.padding {
            0 => Span::fixed(Role::Text, ""),
            1 => Span::fixed(Role::Text, " "),
            columns => Span::new(Role::Text, " ".repeat(columns)),
        }
    }
}

fn edge((glyph, seam): Edge, front: Role, back: Option<Role>) -> Span {
    Span { drawn: true, ground: Ground::Edge { front, back, seam }, ..Span::fixed(front, glyph) }
}
