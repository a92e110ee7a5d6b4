//! What sets groups apart: text between them, or the edges of coloured bands.

use super::{Decor, Ground, Piece, Side, Style};
use crate::base::width::width;
use crate::segment::{Icons, Role, Span};

/// The signs of an edge: drawn to the right, to the left, and the seam of each.
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
            // The private-use signs of Powerline's fonts, which patched fonts have taken over.
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

    pub(super) fn join(&self, groups: Vec<(Role, Vec<Span>)>, side: Side) -> Vec<Piece> {
        match self.style {
            Style::Plain => self.join_plain(groups),
            Style::Powerline => self.join_powerline(groups, side),
            Style::Capsule => self.join_capsules(groups),
        }
    }

    fn join_plain(&self, groups: Vec<(Role, Vec<Span>)>) -> Vec<Piece> {
        let mut row = Vec::new();
        for (i, (_, spans)) in groups.into_iter().enumerate() {
            if i > 0 {
                let padding = self.padding();
                let separator = Span { text: self.separator.clone(), ..Span::fixed(Role::Separator, "") };
                row.extend([padding.clone(), separator, padding].map(Piece::plain));
            }
            row.extend(spans.into_iter().map(Piece::plain));
        }
        row
    }

    /// Bands with an edge towards the middle of the row: on the left they point to the right, on the
    /// right to the left.
    fn join_powerline(&self, groups: Vec<(Role, Vec<Span>)>, side: Side) -> Vec<Piece> {
        let edges = self.edges();
        let edge = |text, front, back, seam| {
            let span = Span { drawn: true, ..Span::fixed(front, text) };
            Piece { span, ground: Ground::Edge { front, back, seam } }
        };
        let bands: Vec<Role> = groups.iter().map(|(band, _)| *band).collect();
        let mut row = Vec::new();
        for (i, (band, spans)) in groups.into_iter().enumerate() {
            let before = i.checked_sub(1).map(|before| bands[before]);
            match side {
                Side::Right => row.push(edge(edges.left, band, before, edges.left_seam)),
                Side::Centre if before.is_none() => row.push(edge(edges.left, band, None, edges.left_seam)),
                Side::Left | Side::Centre => {}
            }
            row.extend(self.on_band(band, spans));
            if side != Side::Right {
                row.push(edge(edges.right, band, bands.get(i + 1).copied(), edges.right_seam));
            }
        }
        row
    }

    fn join_capsules(&self, groups: Vec<(Role, Vec<Span>)>) -> Vec<Piece> {
        let edges = self.edges();
        let mut row = Vec::new();
        for (i, (band, spans)) in groups.into_iter().enumerate() {
            let end = |text| Piece {
                span: Span { drawn: true, ..Span::fixed(band, text) },
                ground: Ground::Edge { front: band, back: None, seam: " " },
            };
            if i > 0 {
                row.push(Piece::plain(Span::fixed(Role::Text, " ")));
            }
            row.push(end(edges.left));
            row.extend(self.on_band(band, spans));
            row.push(end(edges.right));
        }
        row
    }

    fn on_band(&self, band: Role, spans: Vec<Span>) -> impl Iterator<Item = Piece> {
        let padding = self.padding();
        let spans = [padding.clone()].into_iter().chain(spans).chain([padding]);
        spans.map(move |span| Piece { span, ground: Ground::Band(band) })
    }

    fn padding(&self) -> Span {
        match self.padding {
            0 => Span::fixed(Role::Text, ""),
            1 => Span::fixed(Role::Text, " "),
            columns => Span::new(Role::Text, " ".repeat(columns)),
        }
    }
}
