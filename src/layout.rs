//! Puts the segments of a row where they belong, so that they fit: they shorten and drop by rank, and
//! the last one is cut. What sets groups apart is part of the row: text between them, or the edges of
//! coloured bands.

use crate::segment::{Form, Icons, Role, Segment, Span};
use crate::text::Text;
use crate::width::{cut, width};

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
#[expect(missing_docs, reason = "the names say it")]
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
const BLANK: &str = "\u{2800}";

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

/// A row cut to `columns`.
pub fn fit(pieces: Vec<Piece>, columns: usize) -> Vec<Piece> {
    let mut left = columns;
    let total: usize = pieces.iter().map(|piece| width(piece.span.text.as_str())).sum();
    if total <= columns {
        return pieces;
    }
    let mut row = Vec::new();
    for piece in pieces {
        let text = piece.span.text.as_str();
        let wide = width(text);
        // One column stays for the mark of the cut.
        if wide < left {
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

/// Which form of each item is shown.
struct Choice<'a> {
    items: &'a [Item],
    decor: &'a Decor,
    /// The form of each item, one past its last when it is dropped.
    forms: Vec<usize>,
    /// Columns of each form of each item.
    widths: Vec<Vec<usize>>,
}

impl<'a> Choice<'a> {
    /// As they fit.
    fn new(items: &'a [Item], columns: Option<usize>, decor: &'a Decor) -> Self {
        let mut choice = Choice::longest(items, decor);
        choice.leave_out_empty();
        if let Some(columns) = columns {
            let given_up = choice.shrink(columns);
            choice.regrow(&given_up, columns);
        }
        choice
    }

    fn longest(items: &'a [Item], decor: &'a Decor) -> Self {
        let columns = |form: &Form| form.spans.iter().map(|span| width(span.text.as_str())).sum();
        let widths = items.iter().map(|item| item.segment.forms().iter().map(columns).collect());
        Choice { items, decor, forms: vec![0; items.len()], widths: widths.collect() }
    }

    /// A directory can be named by nothing but a control character.
    fn leave_out_empty(&mut self) {
        for (form, widths) in self.forms.iter_mut().zip(&self.widths) {
            if widths[0] == 0 {
                *form = widths.len();
            }
        }
    }

    /// What is shown: items and their forms.
    fn shown(&self) -> impl Iterator<Item = (usize, usize)> {
        let forms = self.forms.iter().copied().enumerate();
        forms.filter(|(item, form)| *form < self.widths[*item].len())
    }

    /// Columns of the row as chosen.
    fn width(&self) -> usize {
        let mut sum = 0;
        let mut last: Option<&Item> = None;
        for (index, form) in self.shown() {
            let item = &self.items[index];
            sum += self.widths[index][form];
            sum += match last {
                Some(last) if last.side != item.side => APART + self.decor.around(item.side),
                Some(last) if last.group != item.group => self.decor.between(),
                Some(_) => width(self.decor.gap.as_str()),
                None => self.decor.around(item.side),
            };
            last = Some(item);
        }
        sum
    }

    /// When an item's next step is due: to a shorter form, or out.
    fn rank(&self, item: usize) -> u8 {
        let Item { priority, segment, .. } = &self.items[item];
        segment.forms().get(self.forms[item] + 1).map_or(*priority, |form| form.rank)
    }

    /// Shortens and drops until the row fits or one item is left. Gives the items that gave way,
    /// in that order.
    fn shrink(&mut self, columns: usize) -> Vec<usize> {
        let mut given_up = Vec::new();
        while self.width() > columns {
            let more_than_one = self.shown().nth(1).is_some();
            let may_yield =
                |(item, form): &(usize, usize)| more_than_one || form + 1 < self.widths[*item].len();
            // Of equals the last goes first.
            let next =
                self.shown().filter(may_yield).min_by_key(|(item, _)| (self.rank(*item), usize::MAX - item));
            let Some((item, _)) = next else { break };
            self.forms[item] += 1;
            given_up.push(item);
        }
        given_up
    }

    /// Takes steps back, the last one first, where the room that was won allows it.
    fn regrow(&mut self, given_up: &[usize], columns: usize) {
        for item in given_up.iter().rev() {
            self.forms[*item] -= 1;
            if self.width() > columns {
                self.forms[*item] += 1;
            }
        }
    }

    /// The row as chosen, with what stands between.
    fn pieces(&self, columns: Option<usize>) -> Vec<Piece> {
        let side = |side| self.side(side);
        let (left, centre, right) = (side(Side::Left), side(Side::Centre), side(Side::Right));
        let mut row = left;
        let ends =
            |pieces: &[Piece]| pieces.iter().map(|piece| width(piece.span.text.as_str())).sum::<usize>();
        let (from_centre, from_right) = (ends(&centre), ends(&right));
        for (pieces, wide, is_centre) in [(centre, from_centre, true), (right, from_right, false)] {
            if pieces.is_empty() {
                continue;
            }
            let behind = ends(&row);
            let at_least = if behind == 0 { 0 } else { behind + APART };
            let start = match columns {
                // Not over what stands at the right.
                Some(columns) if is_centre && from_right > 0 => {
                    (columns.saturating_sub(wide) / 2).min(columns.saturating_sub(from_right + APART + wide))
                }
                Some(columns) if is_centre => columns.saturating_sub(wide) / 2,
                Some(columns) => columns.saturating_sub(wide),
                None => 0,
            };
            let blanks = start.max(at_least) - behind;
            if blanks > 0 {
                let first = if row.is_empty() { BLANK } else { " " };
                let blanks = format!("{first}{}", " ".repeat(blanks - 1));
                row.push(Piece::plain(Span::new(Role::Text, blanks)));
            }
            row.extend(pieces);
        }
        row
    }

    /// What stands on one side.
    fn side(&self, side: Side) -> Vec<Piece> {
        let mut groups: Vec<(Role, Vec<Span>)> = Vec::new();
        let mut last = None;
        for (index, form) in self.shown().filter(|(index, _)| self.items[*index].side == side) {
            let Item { group, segment, .. } = &self.items[index];
            if last.replace(*group) != Some(*group) {
                groups.push((segment.band(), Vec::new()));
            } else if let Some((_, spans)) = groups.last_mut() {
                spans.push(Span { text: self.decor.gap.clone(), ..Span::fixed(Role::Text, "") });
            }
            if let Some((_, spans)) = groups.last_mut() {
                spans.extend_from_slice(&segment.forms()[form].spans);
            }
        }
        self.decor.join(groups, side)
    }
}

/// The signs of an edge: drawn to the right, to the left, and the seam of each.
struct Edges {
    right: &'static str,
    left: &'static str,
    right_seam: &'static str,
    left_seam: &'static str,
}

impl Decor {
    /// Columns between two groups of a side.
    fn between(&self) -> usize {
        match self.style {
            Style::Plain => 2 * self.padding + width(self.separator.as_str()),
            Style::Powerline => 2 * self.padding + 1,
            Style::Capsule => 2 * self.padding + 3,
        }
    }

    /// Columns around all groups of a side.
    fn around(&self, side: Side) -> usize {
        match (self.style, side) {
            (Style::Plain, _) => 0,
            (Style::Powerline, Side::Left | Side::Right) => 2 * self.padding + 1,
            (Style::Powerline, Side::Centre) | (Style::Capsule, _) => 2 * self.padding + 2,
        }
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

    fn join(&self, groups: Vec<(Role, Vec<Span>)>, side: Side) -> Vec<Piece> {
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

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// An item with forms, each with the rank at which it takes over.
    fn item(side: Side, group: usize, priority: u8, forms: &[(u8, &str)]) -> Item {
        let form =
            |(rank, text): &(u8, &str)| Form { rank: *rank, spans: vec![Span::new(Role::Model, *text)] };
        let mut forms = forms.iter().map(form);
        let mut segment = Segment::new(0, forms.next().unwrap());
        forms.for_each(|form| segment.extend(Some(form)));
        Item { side, group, priority, segment }
    }

    fn left(group: usize, priority: u8, forms: &[(u8, &str)]) -> Item {
        item(Side::Left, group, priority, forms)
    }

    fn decor(style: Style, padding: usize, edges: Icons) -> Decor {
        Decor { style, separator: Text::fixed("│"), gap: Text::fixed(" "), padding, edges }
    }

    const PLAIN: Style = Style::Plain;

    fn text(pieces: &[Piece]) -> String {
        pieces.iter().map(|piece| piece.span.text.as_str()).collect()
    }

    #[test]
    fn segments_shorten_then_drop_then_are_cut() {
        let items = [
            left(0, 90, &[(0, "Opus 4.8 (1M)"), (3, "Opus 4.8")]),
            left(0, 50, &[(0, "high")]),
            left(1, 70, &[(0, "Fixing the flow"), (7, "Fixing…")]),
            left(2, 100, &[(0, "████░░ 60%"), (65, "60%")]),
        ];
        let decor = decor(PLAIN, 1, Icons::Text);
        let check = |columns, expected: &str| {
            assert_eq!(text(&row(&items, Some(columns), &decor)), expected, "{columns}");
        };
        check(80, "Opus 4.8 (1M) high │ Fixing the flow │ ████░░ 60%");
        check(49, "Opus 4.8 (1M) high │ Fixing the flow │ ████░░ 60%");
        check(48, "Opus 4.8 high │ Fixing the flow │ ████░░ 60%");
        check(43, "Opus 4.8 (1M) high │ Fixing… │ ████░░ 60%");
        check(38, "Opus 4.8 high │ Fixing… │ ████░░ 60%");
        check(35, "Opus 4.8 │ Fixing… │ ████░░ 60%");
        check(30, "Opus 4.8 high │ Fixing… │ 60%");
        check(26, "Opus 4.8 │ Fixing… │ 60%");
        check(23, "Opus 4.8 │ ████░░ 60%");
        check(20, "Opus 4.8 high │ 60%");
        check(14, "Opus 4.8 │ 60%");
        check(13, "Fixing… │ 60%");
        check(12, "████░░ 60%");
        check(9, "60%");
        check(3, "60%");
        check(2, "6…");
        check(1, "…");
        check(0, "");
    }

    #[test]
    fn what_was_chosen_is_what_the_row_shows() {
        let items = [
            left(0, 90, &[(0, "Opus 4.8 (1M)"), (3, "Opus 4.8")]),
            left(0, 50, &[(0, "high")]),
            left(0, 40, &[(0, "")]),
            left(1, 100, &[(0, "████░░ 60%"), (65, "60%")]),
        ];
        let decor = decor(PLAIN, 1, Icons::Text);
        let check = |columns, expected: [Option<usize>; 4]| {
            assert_eq!(chosen(&items, Some(columns), &decor), expected, "{columns}");
        };
        check(40, [Some(0), Some(0), None, Some(0)]);
        check(26, [Some(1), Some(0), None, Some(0)]);
        check(22, [Some(1), None, None, Some(0)]);
        check(5, [None, None, None, Some(1)]);
        assert_eq!(chosen(&items, None, &decor), [Some(0), Some(0), None, Some(0)]);
    }

    #[test]
    fn of_equals_the_last_goes_first() {
        let items = [left(0, 5, &[(0, "aaa")]), left(1, 5, &[(0, "bbb")])];
        assert_eq!(text(&row(&items, Some(5), &decor(PLAIN, 1, Icons::Text))), "aaa");
    }

    #[test]
    fn nothing_makes_no_row() {
        assert_eq!(row(&[], Some(80), &decor(PLAIN, 1, Icons::Text)), []);
    }

    #[test]
    fn an_empty_segment_leaves_no_gap() {
        let items = [left(0, 5, &[(0, "")]), left(1, 5, &[(0, "b")])];
        assert_eq!(text(&row(&items, Some(9), &decor(PLAIN, 1, Icons::Text))), "b");
    }

    #[test]
    fn sides_stand_where_they_belong() {
        use Side::{Centre, Left, Right};
        let check = |sides: &[Side], columns: Option<usize>, expected: &str| {
            let items: Vec<Item> = sides
                .iter()
                .enumerate()
                .map(|(i, side)| item(*side, i, 9, &[(0, ["left", "mid", "right"][*side as usize])]))
                .collect();
            assert_eq!(text(&row(&items, columns, &decor(PLAIN, 1, Icons::Text))), expected, "{sides:?}");
        };
        check(&[Left, Centre, Right], Some(25), "left       mid      right");
        check(&[Left, Right], Some(20), "left           right");
        check(&[Right], Some(9), "\u{2800}   right");
        check(&[Right], Some(5), "right");
        check(&[Centre], Some(9), "\u{2800}  mid");
        check(&[Left, Centre], Some(11), "left  mid");
        check(&[Left, Centre, Right], Some(16), "left  mid  right");
        check(&[Left, Centre, Right], Some(15), "left  mid");
        check(&[Left, Right], None, "left  right");
    }

    #[test]
    fn bands() {
        use Side::{Centre, Left, Right};
        let check = |style, icons, side: Side, expected: &str| {
            let items = [item(side, 0, 9, &[(0, "a")]), item(side, 1, 9, &[(0, "b")])];
            let row = row(&items, Some(12), &decor(style, 1, icons));
            let text = text(&row);
            let text = text.strip_prefix(BLANK).map_or(text.as_str(), str::trim_start);
            assert_eq!(text, expected, "{style:?} {side:?}");
        };
        check(Style::Powerline, Icons::Nerd, Left, " a \u{e0b0} b \u{e0b0}");
        check(Style::Powerline, Icons::Nerd, Right, "\u{e0b2} a \u{e0b2} b ");
        check(Style::Powerline, Icons::Text, Left, " a ▌ b ▌");
        check(Style::Powerline, Icons::Text, Centre, "▐ a ▌ b ▌");
        check(Style::Powerline, Icons::Ascii, Left, " a > b >");
        check(Style::Capsule, Icons::Nerd, Left, "\u{e0b6} a \u{e0b4} \u{e0b6} b \u{e0b4}");
        check(Style::Capsule, Icons::Text, Right, "▐ a ▌ ▐ b ▌");
    }

    #[test]
    fn a_cut_between_spans_is_marked() {
        let pieces = ["abc", "def"].map(|text| Piece::plain(Span::fixed(Role::Text, text)));
        let check = |columns, expected: &str| {
            assert_eq!(text(&fit(pieces.to_vec(), columns)), expected, "{columns}");
        };
        check(6, "abcdef");
        check(5, "abcd…");
        check(4, "abc…");
        check(3, "ab…");
        check(1, "…");
        check(0, "");
    }

    fn any_item() -> impl Strategy<Value = Item> {
        let forms = proptest::collection::vec((any::<u8>(), ".{0,30}"), 1..4);
        let side = prop_oneof![Just(Side::Left), Just(Side::Centre), Just(Side::Right)];
        (side, 0usize..4, any::<u8>(), forms).prop_map(|(side, group, priority, forms)| {
            let forms: Vec<(u8, &str)> = forms.iter().map(|(rank, text)| (*rank, text.as_str())).collect();
            item(side, group, priority, &forms)
        })
    }

    fn any_decor() -> impl Strategy<Value = Decor> {
        let styles = prop_oneof![Just(Style::Plain), Just(Style::Powerline), Just(Style::Capsule)];
        let icons = (0usize..Icons::ALL.len()).prop_map(|index| Icons::ALL[index].1);
        (styles, ".{0,5}", ".{0,5}", 0usize..4, icons).prop_map(|(style, separator, gap, padding, edges)| {
            Decor { style, separator: Text::new(separator), gap: Text::new(gap), padding, edges }
        })
    }

    proptest! {
        #[test]
        fn a_row_is_never_wider_than_its_columns(
            mut items in proptest::collection::vec(any_item(), 0..10),
            columns in 0usize..120,
            decor in any_decor(),
        ) {
            items.sort_by_key(|item| (item.side, item.group));
            prop_assert!(width(&text(&row(&items, Some(columns), &decor))) <= columns);
        }

        #[test]
        fn a_row_is_as_wide_as_was_reckoned(
            mut items in proptest::collection::vec(any_item(), 0..10),
            decor in any_decor(),
        ) {
            items.sort_by_key(|item| (item.side, item.group));
            let mut choice = Choice::longest(&items, &decor);
            choice.leave_out_empty();
            prop_assert_eq!(choice.width(), width(&text(&choice.pieces(None))));
        }
    }
}
