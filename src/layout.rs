//! Puts segments into one row that fits: first they shorten, then they drop by priority, and the
//! last one is cut.

use crate::segment::{Role, Segment, Span};
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
    let mut choice = Choice::shortest(items);
    while choice.width() > columns && choice.drop_least() {}
    choice.grow(columns);
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

/// Which form of each item is shown; `None` when it is dropped.
struct Choice<'a> {
    items: &'a [Item],
    forms: Vec<Option<usize>>,
    /// Columns of each form of each item.
    widths: Vec<Vec<usize>>,
    /// The items, the most important first.
    order: Vec<usize>,
}

impl<'a> Choice<'a> {
    fn shortest(items: &'a [Item]) -> Self {
        let columns = |form: &Vec<Span>| form.iter().map(|span| width(span.text.as_str())).sum();
        let widths: Vec<Vec<usize>> =
            items.iter().map(|item| item.segment.forms().iter().map(columns).collect()).collect();
        let mut order: Vec<usize> = (0..items.len()).collect();
        order.sort_by_key(|i| std::cmp::Reverse(items[*i].priority));
        let forms = widths.iter().map(|forms| Some(forms.len() - 1)).collect();
        Choice { items, forms, widths, order }
    }

    /// Columns of the row as chosen.
    fn width(&self) -> usize {
        let mut total = 0;
        let mut last = None;
        for (i, form) in self.forms.iter().enumerate() {
            if let Some(form) = form {
                total += self.gap(last, i).len() + self.widths[i][*form];
                last = Some(i);
            }
        }
        total
    }

    /// What stands between two items; each of its spans takes one column.
    fn gap(&self, last: Option<usize>, next: usize) -> &'static [Span] {
        match last {
            None => &[],
            Some(last) if self.items[last].group == self.items[next].group => &SEPARATOR[..1],
            Some(_) => &SEPARATOR,
        }
    }

    /// Drops the least important item; `false` when one only is left.
    fn drop_least(&mut self) -> bool {
        let mut shown = self.order.iter().rev().filter(|i| self.forms[**i].is_some());
        match (shown.next(), shown.next()) {
            (Some(least), Some(_)) => {
                self.forms[*least] = None;
                true
            }
            _ => false,
        }
    }

    /// Gives each item, the most important first, the longest form that there is room for.
    fn grow(&mut self, columns: usize) {
        let mut left = columns.saturating_sub(self.width());
        for i in &self.order {
            let Some(form) = self.forms[*i] else { continue };
            let widths = &self.widths[*i];
            let longest = (0..form).find(|longer| widths[*longer] <= widths[form] + left);
            if let Some(longer) = longest {
                left -= widths[longer].saturating_sub(widths[form]);
                self.forms[*i] = Some(longer);
            }
        }
    }

    fn spans(self) -> Vec<Span> {
        let mut spans = Vec::new();
        let mut last = None;
        for (i, form) in self.forms.iter().enumerate() {
            if let Some(form) = form {
                spans.extend_from_slice(self.gap(last, i));
                spans.extend_from_slice(&self.items[i].segment.forms()[*form]);
                last = Some(i);
            }
        }
        spans
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn item(group: usize, priority: u8, forms: &[&str]) -> Item {
        let span = |text: &&str| vec![Span::new(Role::Text, *text)];
        let mut forms = forms.iter().map(span);
        let first = Segment::new(forms.next().unwrap());
        Item { group, priority, segment: forms.fold(first, Segment::or) }
    }

    fn text(spans: &[Span]) -> String {
        spans.iter().map(|span| span.text.as_str()).collect()
    }

    #[test]
    fn segments_shorten_then_drop_then_are_cut() {
        let items = [
            item(0, 90, &["Opus 4.8 (1M)", "Opus 4.8"]),
            item(0, 50, &["high"]),
            item(1, 70, &["Fixing the flow", "Fixing…"]),
            item(2, 100, &["████░░ 60%", "60%"]),
        ];
        let check = |columns, expected: &str| assert_eq!(text(&row(&items, columns)), expected, "{columns}");
        check(80, "Opus 4.8 (1M) high │ Fixing the flow │ ████░░ 60%");
        check(49, "Opus 4.8 (1M) high │ Fixing the flow │ ████░░ 60%");
        check(48, "Opus 4.8 (1M) high │ Fixing… │ ████░░ 60%");
        check(40, "Opus 4.8 high │ Fixing… │ ████░░ 60%");
        check(29, "Opus 4.8 high │ Fixing… │ 60%");
        check(28, "Opus 4.8 │ Fixing… │ 60%");
        check(23, "Opus 4.8 │ ████░░ 60%");
        check(14, "Opus 4.8 │ 60%");
        check(13, "████░░ 60%");
        check(3, "60%");
        check(2, "6…");
        check(1, "…");
        check(0, "");
    }

    #[test]
    fn of_equals_the_last_goes_first() {
        let items = [item(0, 5, &["aaa"]), item(1, 5, &["bbb"])];
        assert_eq!(text(&row(&items, 5)), "aaa");
    }

    #[test]
    fn nothing_makes_no_row() {
        assert_eq!(row(&[], 80), []);
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
        (0usize..4, any::<u8>(), proptest::collection::vec(".{0,30}", 1..4)).prop_map(
            |(group, priority, forms)| {
                let forms: Vec<&str> = forms.iter().map(String::as_str).collect();
                item(group, priority, &forms)
            },
        )
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
