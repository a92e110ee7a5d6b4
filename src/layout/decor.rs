//! The parts of a row that set groups apart: separators, or the edges of coloured bands.

use std::{iter, mem};

use super::{Band, Decor, Side, Style};
use crate::base::width::width;
use crate::segment::{Ground, Icons, Role, Span};

/// The glyphs of edges that point to the right and to the left, with their seams.
struct Edges {
    right: &'static str,
    left: &'static str,
    right_seam: &'static str,
    left_seam: &'static str,
}

impl Decor {
    /// Columns between two groups of a side.
    pub(super) fn between(&self) -> usize {
        match self.style {
            Style::Plain => 2 * self.padding + width(self.separator.as_str()),
            Style::Powerline => 2 * self.padding + self.edge(),
            Style::Capsule => 2 * self.padding + 2 * self.edge() + 1,
        }
    }

    /// Columns around all groups of a side.
    pub(super) fn around(&self, side: Side) -> usize {
        match (self.style, side) {
            (Style::Plain, _) => 0,
            (Style::Powerline, Side::Left | Side::Right) => 2 * self.padding + self.edge(),
            (Style::Powerline, Side::Centre) | (Style::Capsule, _) => 2 * (self.padding + self.edge()),
        }
    }

    /// Columns of an edge.
    fn edge(&self) -> usize {
        width(self.edges().right)
    }

    const fn edges(&self) -> Edges {
        match (self.style, self.edges) {
            // Private-use glyphs of Powerline's fonts, which patched fonts have too.
            (Style::Powerline, Icons::Nerd) => {
                Edges { right: "\u{e0b0}", left: "\u{e0b2}", right_seam: "\u{e0b1}", left_seam: "\u{e0b3}" }
            }
            (_, Icons::Nerd) => {
                Edges { right: "\u{e0b4}", left: "\u{e0b6}", right_seam: " ", left_seam: " " }
            }
            (Style::Powerline, Icons::Ascii) => {
                Edges { right: ">", left: "<", right_seam: ">", left_seam: "<" }
            }
            (_, Icons::Ascii) => Edges { right: ")", left: "(", right_seam: " ", left_seam: " " },
            // Half blocks are in every font.
            _ => Edges { right: "▌", left: "▐", right_seam: "│", left_seam: "│" },
        }
    }

    /// The groups of one side, and what sets them apart.
    pub(super) fn join(&self, mut bands: Vec<Band>, side: Side) -> Vec<Span> {
        let mut row = Vec::new();
        for i in 0..bands.len() {
            self.begin(&mut row, &bands[..=i], side);
            let spans = mem::take(&mut bands[i].spans);
            match self.style {
                Style::Plain => row.extend(spans),
                Style::Powerline | Style::Capsule => {
                    let ground = Ground::Band(bands[i].role);
                    let spans = iter::once(self.padding()).chain(spans).chain([self.padding()]);
                    row.extend(spans.map(|span| Span { ground, ..span }));
                }
            }
            self.end(&mut row, &bands[i..], side);
        }
        row
    }

    /// Adds what stands before the last of these bands.
    fn begin(&self, row: &mut Vec<Span>, bands: &[Band], side: Side) {
        let [before @ .., band] = bands else { return };
        let before = before.last().map(|band| band.role);
        let edges = self.edges();
        match (self.style, side) {
            (Style::Plain, _) if before.is_some() => {
                let separator = Span { text: self.separator.clone(), ..Span::fixed(Role::Separator, "") };
                row.extend([self.padding(), separator, self.padding()]);
            }
            (Style::Powerline, Side::Right) => row.push(edge(edges.left, band.role, before, edges.left_seam)),
            (Style::Powerline, Side::Centre) if before.is_none() => {
                row.push(edge(edges.left, band.role, None, edges.left_seam));
            }
            (Style::Capsule, _) => {
                let gap = before.map(|_| Span::fixed(Role::Text, " "));
                row.extend(gap);
                row.push(edge(edges.left, band.role, None, edges.left_seam));
            }
            _ => {}
        }
    }

    /// Adds what stands after the first of these bands.
    fn end(&self, row: &mut Vec<Span>, bands: &[Band], side: Side) {
        let edges = self.edges();
        let behind = bands.get(1).map(|band| band.role);
        match (self.style, side) {
            (Style::Powerline, Side::Left | Side::Centre) => {
                row.push(edge(edges.right, bands[0].role, behind, edges.right_seam));
            }
            (Style::Capsule, _) => row.push(edge(edges.right, bands[0].role, None, edges.right_seam)),
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

fn edge(text: &'static str, front: Role, back: Option<Role>, seam: &'static str) -> Span {
    Span { drawn: true, ground: Ground::Edge { front, back, seam }, ..Span::fixed(front, text) }
}
