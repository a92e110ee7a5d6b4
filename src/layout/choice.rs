//! Which form of each item a row has room for, and where what is shown stands.

use super::{APART, BLANK, Decor, Item, Piece, Side, columns_of};
use crate::segment::{Form, Role, Span};
use crate::width::width;

/// Which form of each item is shown.
pub(super) struct Choice<'a> {
    items: &'a [Item],
    decor: &'a Decor,
    /// The form of each item, one past its last when it is dropped.
    pub(super) forms: Vec<usize>,
    /// Columns of each form of each item.
    pub(super) widths: Vec<Vec<usize>>,
}

impl<'a> Choice<'a> {
    /// As they fit.
    pub(super) fn new(items: &'a [Item], columns: Option<usize>, decor: &'a Decor) -> Self {
        let mut choice = Choice::longest(items, decor);
        choice.leave_out_empty();
        if let Some(columns) = columns {
            let given_up = choice.shrink(columns);
            choice.regrow(&given_up, columns);
        }
        choice
    }

    pub(super) fn longest(items: &'a [Item], decor: &'a Decor) -> Self {
        let columns = |form: &Form| form.spans.iter().map(|span| width(span.text.as_str())).sum();
        let widths = items.iter().map(|item| item.segment.forms().iter().map(columns).collect());
        Choice { items, decor, forms: vec![0; items.len()], widths: widths.collect() }
    }

    /// A directory can be named by nothing but a control character.
    pub(super) fn leave_out_empty(&mut self) {
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
    pub(super) fn width(&self) -> usize {
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
    pub(super) fn pieces(&self, columns: Option<usize>) -> Vec<Piece> {
        let side = |side| self.side(side);
        let (left, centre, right) = (side(Side::Left), side(Side::Centre), side(Side::Right));
        let mut row = left;
        let (from_centre, from_right) = (columns_of(&centre), columns_of(&right));
        for (pieces, wide, is_centre) in [(centre, from_centre, true), (right, from_right, false)] {
            if pieces.is_empty() {
                continue;
            }
            let behind = columns_of(&row);
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
