//! Rows as they come out.

use super::*;
use proptest::prelude::*;

/// An item with forms, each with the rank at which it takes over.
fn item(side: Side, group: usize, priority: u8, forms: &[(u8, &str)]) -> Item {
    let form = |(rank, text): &(u8, &str)| Form::new(*rank, vec![Span::new(Role::Model, *text)]);
    Item::new(side, group, priority, forms.iter().map(form)).unwrap()
}

fn left(group: usize, priority: u8, forms: &[(u8, &str)]) -> Item {
    item(Side::Left, group, priority, forms)
}

fn decor(style: Style, padding: usize, edges: Icons) -> Decor {
    Decor { style, separator: Text::fixed("│"), gap: Text::fixed(" "), padding, edges }
}

const PLAIN: Style = Style::Plain;

fn text(spans: &[Span]) -> String {
    spans.iter().map(|span| span.text.as_str()).collect()
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
        assert_eq!(text(&row(items.to_vec(), columns, &decor)), expected, "{columns}");
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
        assert_eq!(chosen(&items, columns, &decor), expected, "{columns}");
    };
    check(40, [Some(0), Some(0), None, Some(0)]);
    check(26, [Some(1), Some(0), None, Some(0)]);
    check(22, [Some(1), None, None, Some(0)]);
    check(5, [None, None, None, Some(1)]);
    assert_eq!(chosen(&items, 80, &decor), [Some(0), Some(0), None, Some(0)]);
}

#[test]
fn of_equals_the_last_goes_first() {
    let items = [left(0, 5, &[(0, "aaa")]), left(1, 5, &[(0, "bbb")])];
    assert_eq!(text(&row(items.to_vec(), 5, &decor(PLAIN, 1, Icons::Text))), "aaa");
}

#[test]
fn nothing_makes_no_row() {
    assert_eq!(row(vec![], 80, &decor(PLAIN, 1, Icons::Text)), []);
}

#[test]
fn an_empty_segment_leaves_no_gap() {
    let items = [left(0, 5, &[(0, "")]), left(1, 5, &[(0, "b")])];
    assert_eq!(text(&row(items.to_vec(), 9, &decor(PLAIN, 1, Icons::Text))), "b");
}

#[test]
fn sides_stand_where_they_belong() {
    use Side::{Centre, Left, Right};
    let check = |sides: &[Side], columns, expected: &str| {
        let items: Vec<Item> = sides
            .iter()
            .enumerate()
            .map(|(i, side)| item(*side, i, 9, &[(0, ["left", "mid", "right"][*side as usize])]))
            .collect();
        assert_eq!(text(&row(items, columns, &decor(PLAIN, 1, Icons::Text))), expected, "{sides:?}");
    };
    check(&[Left, Centre, Right], 25, "left       mid      right");
    check(&[Left, Right], 20, "left           right");
    check(&[Right], 9, "\u{2800}   right");
    check(&[Right], 5, "right");
    check(&[Centre], 9, "\u{2800}  mid");
    check(&[Left, Centre], 11, "left  mid");
    check(&[Left, Centre, Right], 16, "left  mid  right");
    check(&[Left, Centre, Right], 15, "left  mid");
}

#[test]
fn bands() {
    use Side::{Centre, Left, Right};
    let check = |style, icons, side: Side, expected: &str| {
        let items = [item(side, 0, 9, &[(0, "a")]), item(side, 1, 9, &[(0, "b")])];
        let row = row(items.to_vec(), 12, &decor(style, 1, icons));
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
    let spans = ["abc", "def"].map(|text| Span::fixed(Role::Text, text));
    let check = |columns, expected: &str| {
        assert_eq!(text(&fit(spans.to_vec(), columns)), expected, "{columns}");
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

/// What [`Choice::new`] is to choose, told plainly: of all steps that can be taken the one that is due, with
/// the row measured anew after each.
fn chosen_plainly(items: &[Item], columns: usize, decor: &Decor) -> Vec<usize> {
    let mut choice = Choice::longest(items, decor);
    let mut given_up = Vec::new();
    while choice.width() > columns {
        let is_alone = choice.shown().nth(1).is_none();
        let may_yield = |(item, form): &(usize, usize)| !is_alone || form + 1 < items[*item].forms.len();
        let due = |(item, _): &(usize, usize)| (choice.rank(*item), usize::MAX - item);
        let Some((item, _)) = choice.shown().filter(may_yield).min_by_key(due) else { break };
        choice.forms[item] += 1;
        given_up.push(item);
    }
    for item in given_up.into_iter().rev() {
        choice.forms[item] -= 1;
        if choice.width() > columns {
            choice.forms[item] += 1;
        }
    }
    choice.forms
}

fn any_decor() -> impl Strategy<Value = Decor> {
    let styles = prop_oneof![Just(Style::Plain), Just(Style::Powerline), Just(Style::Capsule)];
    let icons = (0usize..Icons::ALL.len()).prop_map(|index| Icons::ALL[index].1);
    (styles, ".{0,5}", ".{0,5}", 0usize..4, icons).prop_map(|(style, separator, gap, padding, edges)| Decor {
        style,
        separator: Text::new(separator),
        gap: Text::new(gap),
        padding,
        edges,
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
        prop_assert!(width(&text(&row(items, columns, &decor))) <= columns);
    }

    #[test]
    fn what_is_chosen_is_what_the_rules_say(
        mut items in proptest::collection::vec(any_item(), 0..14),
        columns in 0usize..160,
        decor in any_decor(),
    ) {
        items.sort_by_key(|item| (item.side, item.group));
        let choice = Choice::new(&items, columns, &decor);
        prop_assert_eq!(choice.forms, chosen_plainly(&items, columns, &decor));
    }

    #[test]
    fn a_row_is_as_wide_as_was_computed(
        mut items in proptest::collection::vec(any_item(), 0..10),
        decor in any_decor(),
    ) {
        items.sort_by_key(|item| (item.side, item.group));
        let columns = longest(&items, &decor);
        prop_assert_eq!(width(&text(&row(items, columns, &decor))), columns);
    }
}
