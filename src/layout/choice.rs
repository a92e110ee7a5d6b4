//! The choice of forms: how much of each item a row has room for.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

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

/// Chooses forms that a row of `columns` has room for. All rows shorten and drop their items in the same order, and
/// `columns` decides only how far, so a wider row never shows less.
pub fn choose(items: &mut [Item], columns: usize, decor: &Decor) {
    let spacing = Spacing::new(decor);
    if spacing.row(items) <= columns {
        return;
    }
    // The lowest rank is next, and of equals the last.
    let step = |items: &mut [Item], item: usize| (Reverse(items[item].rank()), item);
    let shown: Vec<usize> = (0..items.len()).filter(|item| items[*item].chosen.is_some()).collect();
    let mut steps: BinaryHeap<_> = shown.into_iter().map(|item| step(items, item)).collect();
    while spacing.row(items) > columns
        && let Some((_, item)) = steps.pop()
    {
        let shorter = items[item].shorter();
        if shorter.is_some() {
            items[item].chosen = shorter;
            steps.push(step(items, item));
        } else if !steps.is_empty() {
            items[item].chosen = None;
        }
    }
}
