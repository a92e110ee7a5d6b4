//! Which form of each item a row has room for, and where what is shown stands.

use std::cmp::Reverse;
use std::collections::{BTreeSet, BinaryHeap};

use super::{APART, BLANK, Decor, Item, Piece, Side, columns_of};
use crate::base::width::width;
use crate::segment::{Form, Role, Span};

/// Which form of each item is shown.
pub(super) struct Choice<'a> {
    items: &'a [Item],
    decor: &'a Decor,
    /// The form of each item, one past its last when it is dropped.
    pub(super) forms: Vec<usize>,
    /// Columns of each form of each item.
    pub(super) widths: Vec<Vec<usize>>,
    /// Columns between the segments of a group.
    gap: usize,
    /// Columns between groups.
    between: usize,
}

impl<'a> Choice<'a> {
    /// As they fit.
    pub(super) fn new(items: &'a [Item], columns: Option<usize>, decor: &'a Decor) -> Self {
        let mut choice = Choice::longest(items, decor);
        choice.leave_out_empty();
        if let Some(columns) = columns.filter(|columns| choice.width() > *columns) {
            Fitting::new(&mut choice).fit(columns);
        }
        choice
    }

    pub(super) fn longest(items: &'a [Item], decor: &'a Decor) -> Self {
        let columns = |form: &Form| form.spans.iter().map(|span| width(span.text.as_str())).sum();
        let widths = items.iter().map(|item| item.segment.forms().iter().map(columns).collect());
        let (gap, between) = (width(decor.gap.as_str()), decor.between());
        Choice { items, decor, forms: vec![0; items.len()], widths: widths.collect(), gap, between }
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
    pub(super) fn shown(&self) -> impl Iterator<Item = (usize, usize)> {
        let forms = self.forms.iter().copied().enumerate();
        forms.filter(|(item, form)| *form < self.widths[*item].len())
    }

    /// Columns of the row as chosen.
    pub(super) fn width(&self) -> usize {
        let mut sum = 0;
        let mut last = None;
        for (item, form) in self.shown() {
            sum += self.before(last, item) + self.widths[item][form];
            last = Some(item);
        }
        sum
    }

    /// Columns that an item needs before it, behind `last`.
    fn before(&self, last: Option<usize>, item: usize) -> usize {
        let Item { side, group, .. } = &self.items[item];
        match last.map(|last| &self.items[last]) {
            Some(last) if last.side != *side => APART + self.decor.around(*side),
            Some(last) if last.group != *group => self.between,
            Some(_) => self.gap,
            None => self.decor.around(*side),
        }
    }

    /// When an item's next step is due: to a shorter form, or out.
    pub(super) fn rank(&self, item: usize) -> u8 {
        let Item { priority, segment, .. } = &self.items[item];
        segment.forms().get(self.forms[item] + 1).map_or(*priority, |form| form.rank)
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

/// A choice that is made to fit, in a time that grows with the number of forms and hardly faster.
struct Fitting<'a, 'b> {
    choice: &'b mut Choice<'a>,
    /// The items that are shown.
    shown: BTreeSet<usize>,
    /// Columns of the row as chosen.
    columns: usize,
}

impl<'a, 'b> Fitting<'a, 'b> {
    fn new(choice: &'b mut Choice<'a>) -> Self {
        let shown = choice.shown().map(|(item, _)| item).collect();
        Fitting { shown, columns: choice.width(), choice }
    }

    /// Shortens and drops until the row fits or one item is left. Then takes steps back, the last one
    /// first, where the room that was won allows it.
    fn fit(mut self, columns: usize) {
        // The lowest rank goes first, and of equals the last.
        let step = |choice: &Choice, item: usize| (Reverse(choice.rank(item)), item);
        let mut steps: BinaryHeap<_> = self.shown.iter().map(|item| step(self.choice, *item)).collect();
        let mut given_up = Vec::new();
        while self.columns > columns {
            let Some((_, item)) = steps.pop() else { break };
            let form = self.choice.forms[item] + 1;
            let is_out = form == self.choice.widths[item].len();
            if is_out && self.shown.len() == 1 {
                break;
            }
            self.put(item, form);
            given_up.push(item);
            if !is_out {
                steps.push(step(self.choice, item));
            }
        }
        for item in given_up.into_iter().rev() {
            let form = self.choice.forms[item];
            self.put(item, form - 1);
            if self.columns > columns {
                self.put(item, form);
            }
        }
    }

    /// Gives an item another form.
    fn put(&mut self, item: usize, form: usize) {
        let last = self.shown.range(..item).next_back().copied();
        let next = self.shown.range(item + 1..).next().copied();
        let choice = &mut *self.choice;
        // From the end of what stands before it to the beginning of what follows.
        let taken = |form: usize| match choice.widths[item].get(form) {
            Some(own) => {
                choice.before(last, item) + own + next.map_or(0, |next| choice.before(Some(item), next))
            }
            None => next.map_or(0, |next| choice.before(last, next)),
        };
        self.columns = self.columns + taken(form) - taken(choice.forms[item]);
        choice.forms[item] = form;
        match form < choice.widths[item].len() {
            true => self.shown.insert(item),
            false => self.shown.remove(&item),
        };
    }
}
