//! The choice of forms: how much of each item a row has room for.

use std::cmp::Reverse;
use std::collections::{BTreeSet, BinaryHeap};

use super::{APART, Decor, Item};
use crate::base::width::width;

/// Columns between items.
pub(super) struct Spacing<'a> {
    decor: &'a Decor,
    /// Between the segments of a group.
    gap: usize,
    /// Between groups.
    between: usize,
}

impl<'a> Spacing<'a> {
    pub(super) fn new(decor: &'a Decor) -> Self {
        Spacing { decor, gap: width(decor.gap.as_str()), between: decor.between() }
    }

    /// Columns of the row.
    pub(super) fn row(&self, items: &[Item]) -> usize {
        let mut sum = 0;
        let mut last = None;
        for item in items {
            if let Some(form) = item.chosen {
                sum += self.before(last, item) + item.forms[form].columns;
                last = Some(item);
            }
        }
        sum
    }

    /// Columns that an item needs before it, after `last`.
    fn before(&self, last: Option<&Item>, item: &Item) -> usize {
        match last {
            Some(last) if last.side != item.side => APART + self.decor.around(item.side),
            Some(last) if last.group != item.group => self.between,
            Some(_) => self.gap,
            None => self.decor.around(item.side),
        }
    }
}

/// Chooses the longest forms that a row of `columns` has room for.
pub fn choose(items: &mut [Item], columns: usize, decor: &Decor) {
    let spacing = Spacing::new(decor);
    let wide = spacing.row(items);
    if wide > columns {
        let shown = (0..items.len()).filter(|item| items[*item].chosen.is_some()).collect();
        Fitting { items, spacing, shown, columns: wide }.fit(columns);
    }
}

/// Makes items fit, in a time that grows with the number of forms and hardly faster.
struct Fitting<'a, 'b> {
    items: &'a mut [Item<'b>],
    spacing: Spacing<'a>,
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
        let step = |items: &mut [Item], item: usize| (Reverse(items[item].rank()), item);
        let mut steps: BinaryHeap<_> = self.shown.iter().map(|item| step(self.items, *item)).collect();
        let mut given_up = Vec::new();
        while self.columns > columns {
            let Some((_, item)) = steps.pop() else { break };
            let shorter = self.items[item].shorter();
            if shorter.is_none() && self.shown.len() == 1 {
                break;
            }
            self.put(item, shorter);
            given_up.push(item);
            if shorter.is_some() {
                steps.push(step(self.items, item));
            }
        }
        for item in given_up.into_iter().rev() {
            let Item { chosen, ref forms, .. } = self.items[item];
            self.put(item, Some(chosen.unwrap_or(forms.len()) - 1));
            if self.columns > columns {
                self.put(item, chosen);
            }
        }
    }

    /// Chooses a form.
    fn put(&mut self, item: usize, form: Option<usize>) {
        let last = self.shown.range(..item).next_back().map(|last| &self.items[*last]);
        let next = self.shown.range(item + 1..).next().map(|next| &self.items[*next]);
        let own = &self.items[item];
        // Columns from the end of the item before to the beginning of the next.
        let taken = |form: Option<usize>| match form {
            Some(form) => {
                let after = next.map_or(0, |next| self.spacing.before(Some(own), next));
                self.spacing.before(last, own) + own.forms[form].columns + after
            }
            None => next.map_or(0, |next| self.spacing.before(last, next)),
        };
        self.columns = self.columns + taken(form) - taken(own.chosen);
        self.items[item].chosen = form;
        match form {
            Some(_) => self.shown.insert(item),
            None => self.shown.remove(&item),
        };
    }
}
