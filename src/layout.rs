//! Puts segments into one row that fits: they shorten and drop by rank, and the last one is cut.

use crate::segment::{Form, Role, Segment, Span};
use crate::text::Text;
use crate::width::{cut, width};

/// A segment in its row.
#[derive(Debug)]
pub struct Item {
    /// Which group it stands in; groups are set apart by a separator.
    pub group: usize,
    /// What goes first: the lowest, and of equals the last.
    pub priority: u8,
    /// What it shows.
    pub segment: Segment,
}

const SPACE: Span = Span::fixed(Role::Text, " ");
static SEPARATOR: [Span; 3] = [SPACE, Span::fixed(Role::Separator, "│"), SPACE];

/// One row of at most `columns`. Empty when there is nothing to show.
pub fn row(items: &[Item], columns: usize) -> Vec<Span> {
    let mut choice = Choice::longest(items);
    choice.leave_out_empty();
    let given_up = choice.shrink(columns);
    choice.regrow(&given_up, columns);
    fit(choice.spans(), columns)
}

/// A row cut to `columns`.
pub fn fit(spans: Vec<Span>, columns: usize) -> Vec<Span> {
    let mut left = columns;
    let total: usize = spans.iter().map(|span| width(span.text.as_str())).sum();
    if total <= columns {
        return spans;
    }
    let mut row = Vec::new();
    for span in spans {
        let wide = width(span.text.as_str());
        // One column stays for the mark of the cut.
        if wide < left {
            left -= wide;
            row.push(span);
            continue;
        }
        // One column more than there is tells `cut` that something follows.
        let text =
            if wide > left { cut(span.text.as_str(), left) } else { cut_more(span.text.as_str(), left) };
        row.push(Span { role: span.role, text: Text::new(text) });
        break;
    }
    row
}

/// `text`, which takes all of `columns`, cut because more would follow.
fn cut_more(text: &str, columns: usize) -> String {
    cut(&format!("{text} "), columns)
}

/// Which form of each item is shown.
struct Choice<'a> {
    items: &'a [Item],
    /// The form of each item, one past its last when it is dropped.
    forms: Vec<usize>,
    /// Columns of each form of each item.
    widths: Vec<Vec<usize>>,
}

impl<'a> Choice<'a> {
    fn longest(items: &'a [Item]) -> Self {
        let columns = |form: &Form| form.spans.iter().map(|span| width(span.text.as_str())).sum();
        let widths = items.iter().map(|item| item.segment.forms().iter().map(columns).collect());
        Choice { items, forms: vec![0; items.len()], widths: widths.collect() }
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
        let mut last = None;
        let with_gap = self.shown().map(|(item, form)| {
            let gap = self.gap(last.replace(item), item);
            gap.len() + self.widths[item][form]
        });
        with_gap.sum()
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

    /// What stands between two items; each of its spans takes one column.
    fn gap(&self, last: Option<usize>, next: usize) -> &'static [Span] {
        match last {
            None => &[],
            Some(last) if self.items[last].group == self.items[next].group => &SEPARATOR[..1],
            Some(_) => &SEPARATOR,
        }
    }

    fn spans(&self) -> Vec<Span> {
        let mut spans = Vec::new();
        let mut last = None;
        for (item, form) in self.shown() {
            spans.extend_from_slice(self.gap(last.replace(item), item));
            spans.extend_from_slice(&self.items[item].segment.forms()[form].spans);
        }
        spans
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// An item with forms, each with the rank at which it takes over.
    fn item(group: usize, priority: u8, forms: &[(u8, &str)]) -> Item {
        let mut forms = forms.iter().map(|(rank, text)| (*rank, vec![Span::new(Role::Text, *text)]));
        let first = Segment::new(forms.next().unwrap().1);
        let segment = forms.fold(first, |segment, (rank, spans)| segment.or(rank, spans));
        Item { group, priority, segment }
    }

    fn text(spans: &[Span]) -> String {
        spans.iter().map(|span| span.text.as_str()).collect()
    }

    #[test]
    fn segments_shorten_then_drop_then_are_cut() {
        let items = [
            item(0, 90, &[(0, "Opus 4.8 (1M)"), (3, "Opus 4.8")]),
            item(0, 50, &[(0, "high")]),
            item(1, 70, &[(0, "Fixing the flow"), (7, "Fixing…")]),
            item(2, 100, &[(0, "████░░ 60%"), (65, "60%")]),
        ];
        let check = |columns, expected: &str| assert_eq!(text(&row(&items, columns)), expected, "{columns}");
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
    fn of_equals_the_last_goes_first() {
        let items = [item(0, 5, &[(0, "aaa")]), item(1, 5, &[(0, "bbb")])];
        assert_eq!(text(&row(&items, 5)), "aaa");
    }

    #[test]
    fn nothing_makes_no_row() {
        assert_eq!(row(&[], 80), []);
    }

    #[test]
    fn an_empty_segment_leaves_no_gap() {
        let items = [item(0, 5, &[(0, "")]), item(1, 5, &[(0, "b")])];
        assert_eq!(text(&row(&items, 9)), "b");
    }

    #[test]
    fn a_cut_between_spans_is_marked() {
        let spans = vec![Span::fixed(Role::Text, "abc"), Span::fixed(Role::Text, "def")];
        let check =
            |columns, expected: &str| assert_eq!(text(&fit(spans.clone(), columns)), expected, "{columns}");
        check(6, "abcdef");
        check(5, "abcd…");
        check(4, "abc…");
        check(3, "ab…");
        check(1, "…");
        check(0, "");
    }

    fn any_item() -> impl Strategy<Value = Item> {
        let forms = proptest::collection::vec((any::<u8>(), ".{0,30}"), 1..4);
        (0usize..4, any::<u8>(), forms).prop_map(|(group, priority, forms)| {
            let forms: Vec<(u8, &str)> = forms.iter().map(|(rank, text)| (*rank, text.as_str())).collect();
            item(group, priority, &forms)
        })
    }

    proptest! {
        #[test]
        fn a_row_is_never_wider_than_its_columns(
            items in proptest::collection::vec(any_item(), 0..10),
            columns in 0usize..120,
        ) {
            prop_assert!(width(&text(&row(&items, columns))) <= columns);
        }
    }
}
