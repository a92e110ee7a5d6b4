//! The choice of forms: which form of each item a row has room for.

use std::cmp::Reverse;
use std::collections::{BTreeSet, BinaryHeap};

use super::{APART, Decor, Item};
use crate::base::width::width;

/// The form of each item that is shown.
pub(super) struct Choice<'a> {
    items: &'a [Item],
    decor: &'a Decor,
    /// Indices; one past the last form for an item that is left out.
    pub(super) forms: Vec<usize>,
    /// Columns between the segments of a group.
    gap: usize,
    /// Columns between groups.
    between: usize,
}

impl<'a> Choice<'a> {
    /// The longest forms that fit.
    pub(super) fn new(items: &'a [Item], columns: usize, decor: &'a Decor) -> Self {
        let mut choice = Choice::longest(items, decor);
        let wide = choice.width();
        if wide > columns {
            let shown = choice.shown().map(|(item, _)| item).collect();
            Fitting { shown, columns: wide, choice: &mut choice }.fit(columns);
        }
        choice
    }

    /// The longest forms, without items of no width, as a directory whose name sanitises to nothing.
    pub(super) fn longest(items: &'a [Item], decor: &'a Decor) -> Self {
        let longest = |item: &Item| if item.forms[0].columns == 0 { item.forms.len() } else { 0 };
        let forms = items.iter().map(longest).collect();
        Choice { items, decor, forms, gap: width(decor.gap.as_str()), between: decor.between() }
    }

    /// Items that are shown, each with its form.
    pub(super) fn shown(&self) -> impl Iterator<Item = (usize, usize)> {
        let forms = self.forms.iter().copied().enumerate();
        forms.filter(|(item, form)| *form < self.items[*item].forms.len())
    }

    /// Columns of the row.
    pub(super) fn width(&self) -> usize {
        let mut sum = 0;
        let mut last = None;
        for (item, form) in self.shown() {
            sum += self.before(last, item) + self.items[item].forms[form].columns;
            last = Some(item);
        }
        sum
    }

    /// Columns that an item needs before it, after `last`.
    fn before(&self, last: Option<usize>, item: usize) -> usize {
        let Item { side, group, .. } = &self.items[item];
        match last.map(|last| &self.items[last]) {
            Some(last) if last.side != *side => APART + self.decor.around(*side),
            Some(last) if last.group != *group => self.between,
            Some(_) => self.gap,
            None => self.decor.around(*side),
        }
    }

    /// Rank of an item's next step: to a shorter form, or out.
    pub(super) fn rank(&self, item: usize) -> u8 {
        let Item { priority, forms, .. } = &self.items[item];
        forms.get(self.forms[item] + 1).map_or(*priority, |form| form.rank)
    }
}

/// Makes a choice fit, in a time that grows with the number of forms and hardly faster.
struct Fitting<'a, 'b> {
    choice: &'b mut Choice<'a>,
    /// Items that are shown.
    shown: BTreeSet<usize>,
    /// Columns of the row.
    columns: usize,
}

impl Fitting<'_, '_> {
    /// Shortens and drops until the row fits or one item is left. Then takes steps back, the last one
    /// first, where there is room again.
    fn fit(mut self, columns: usize) {
        // The lowest rank goes first, and of equals the last.
        let step = |choice: &Choice, item: usize| (Reverse(choice.rank(item)), item);
        let mut steps: BinaryHeap<_> = self.shown.iter().map(|item| step(self.choice, *item)).collect();
        let mut given_up = Vec::new();
        while self.columns > columns {
            let Some((_, item)) = steps.pop() else { break };
            let form = self.choice.forms[item] + 1;
            let is_out = form == self.choice.items[item].forms.len();
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
        // Columns from the end of the item before to the beginning of the next.
        let taken = |form: usize| match choice.items[item].forms.get(form) {
            Some(own) => {
                choice.before(last, item)
                    + own.columns
                    + next.map_or(0, |next| choice.before(Some(item), next))
            }
            None => next.map_or(0, |next| choice.before(last, next)),
        };
        self.columns = self.columns + taken(form) - taken(choice.forms[item]);
        choice.forms[item] = form;
        match form < choice.items[item].forms.len() {
            true => self.shown.insert(item),
            false => self.shown.remove(&item),
        };
    }
}
