//! Rows as they are printed.

use super::*;
use proptest::prelude::*;

/// The parts of an item, which computes its forms only once.
#[derive(Debug)]
struct Plan {
    side: Side,
    group: usize,
    priority: u8,
    /// Each with the rank at which it takes over.
    forms: Vec<(u8, String)>,
}

fn plan(side: Side, group: usize, priority: u8, forms: &[(u8, &str)]) -> Plan {
    let forms = forms.iter().map(|(rank, text)| (*rank, (*text).to_owned())).collect();
    Plan { side, group, priority, forms }
}

fn left(group: usize, priority: u8, forms: &[(u8, &str)]) -> Plan {
    plan(Side::Left, group, priority, forms)
}

fn items(plans: &[Plan]) -> Vec<Item<'_>> {
    let form = |(rank, text): &(u8, String)| Form::new(*rank, vec![Span::new(Role::Model, text)]);
    let item = |plan: &'_ Plan| -> Option<Item<'_>> {
        let forms: Vec<Form> = plan.forms.iter().map(form).collect();
        Item::new(plan.side, plan.group, plan.priority, forms)
    };
    plans.iter().filter_map(item).collect()
}

fn decor(style: GroupStyle, padding: usize, edges: Icons) -> Decor {
    Decor { style, separator: Text::fixed("│"), gap: Text::fixed(" "), padding, edges }
}

const PLAIN: GroupStyle = GroupStyle::Plain;

fn text(spans: &[Span]) -> String {
    spans.iter().map(|span| span.text.as_str()).collect()
}

#[test]
fn segments_shorten_then_drop_then_are_cut() {
    let plans = [
        left(0, 90, &[(0, "Opus 4.8 (1M)"), (3, "Opus 4.8")]),
        left(0, 50, &[(0, "high")]),
        left(1, 70, &[(0, "Fixing the flow"), (7, "Fixing…")]),
        left(2, 100, &[(0, "████░░ 60%"), (65, "60%")]),
    ];
    let decor = decor(PLAIN, 1, Icons::Text);
    let check = |columns, expected: &str| {
        assert_eq!(text(&row(items(&plans), columns, &decor)), expected, "{columns}");
    };
    check(80, "Opus 4.8 (1M) high │ Fixing the flow │ ████░░ 60%");
    check(49, "Opus 4.8 (1M) high │ Fixing the flow │ ████░░ 60%");
    check(48, "Opus 4.8 high │ Fixing the flow │ ████░░ 60%");
    check(43, "Opus 4.8 high │ Fixing… │ ████░░ 60%");
    check(36, "Opus 4.8 high │ Fixing… │ ████░░ 60%");
    check(35, "Opus 4.8 │ Fixing… │ ████░░ 60%");
    check(30, "Opus 4.8 │ Fixing… │ 60%");
    check(23, "Opus 4.8 │ 60%");
    check(13, "60%");
    check(3, "60%");
    check(2, "6…");
    check(1, "…");
    check(0, "");
}

#[test]
fn what_was_chosen_is_what_the_row_shows() {
    let plans = [
        left(0, 90, &[(0, "Opus 4.8 (1M)"), (3, "Opus 4.8")]),
        left(0, 50, &[(0, "high")]),
        left(0, 40, &[(0, "")]),
        left(1, 100, &[(0, "████░░ 60%"), (65, "60%")]),
    ];
    let decor = decor(PLAIN, 1, Icons::Text);
    let check = |columns, expected: [Option<usize>; 4]| {
        let mut items = items(&plans);
        choose(&mut items, columns, &decor);
        assert_eq!(items.iter().map(|item| item.chosen).collect::<Vec<_>>(), expected, "{columns}");
    };
    check(80, [Some(0), Some(0), None, Some(0)]);
    check(40, [Some(0), Some(0), None, Some(0)]);
    check(26, [Some(1), Some(0), None, Some(0)]);
    check(22, [Some(1), None, None, Some(0)]);
    check(5, [None, None, None, Some(1)]);
}

#[test]
fn of_equals_the_last_goes_first() {
    let plans = [left(0, 5, &[(0, "aaa")]), left(1, 5, &[(0, "bbb")])];
    assert_eq!(text(&row(items(&plans), 5, &decor(PLAIN, 1, Icons::Text))), "aaa");
}

#[test]
fn nothing_makes_no_row() {
    assert_eq!(row(vec![], 80, &decor(PLAIN, 1, Icons::Text)), []);
}

#[test]
fn an_empty_segment_leaves_no_gap() {
    let plans = [left(0, 5, &[(0, "")]), left(1, 5, &[(0, "b")])];
    assert_eq!(text(&row(items(&plans), 9, &decor(PLAIN, 1, Icons::Text))), "b");
}

#[test]
fn sides_stand_where_they_belong() {
    use Side::{Centre, Left, Right};
    let check = |sides: &[Side], columns, expected: &str| {
        let word = |side: Side| ["left", "mid", "right"][side as usize];
        let plans: Vec<Plan> =
            sides.iter().enumerate().map(|(i, side)| plan(*side, i, 9, &[(0, word(*side))])).collect();
        assert_eq!(text(&row(items(&plans), columns, &decor(PLAIN, 1, Icons::Text))), expected, "{sides:?}");
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
        let plans = [plan(side, 0, 9, &[(0, "a")]), plan(side, 1, 9, &[(0, "b")])];
        let row = row(items(&plans), 12, &decor(style, 1, icons));
        let text = text(&row);
        let text = text.strip_prefix(BLANK).map_or(text.as_str(), str::trim_start);
        assert_eq!(text, expected, "{style:?} {side:?}");
    };
    check(GroupStyle::Powerline, Icons::Nerd, Left, " a \u{e0b0} b \u{e0b0}");
    check(GroupStyle::Powerline, Icons::Nerd, Right, "\u{e0b2} a \u{e0b2} b ");
    check(GroupStyle::Powerline, Icons::Text, Left, " a ▌ b ▌");
    check(GroupStyle::Powerline, Icons::Text, Centre, "▐ a ▌ b ▌");
    check(GroupStyle::Powerline, Icons::Ascii, Left, " a > b >");
    check(GroupStyle::Capsule, Icons::Nerd, Left, "\u{e0b6} a \u{e0b4} \u{e0b6} b \u{e0b4}");
    check(GroupStyle::Capsule, Icons::Text, Right, "▐ a ▌ ▐ b ▌");
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

fn any_plan() -> impl Strategy<Value = Plan> {
    let forms = proptest::collection::vec((any::<u8>(), ".{0,30}"), 1..4);
    let side = prop_oneof![Just(Side::Left), Just(Side::Centre), Just(Side::Right)];
    let plan = (side, 0usize..4, any::<u8>(), forms);
    plan.prop_map(|(side, group, priority, forms)| Plan { side, group, priority, forms })
}

fn any_plans(most: usize) -> impl Strategy<Value = Vec<Plan>> {
    let sorted = |mut plans: Vec<Plan>| {
        plans.sort_by_key(|plan| (plan.side, plan.group));
        plans
    };
    proptest::collection::vec(any_plan(), 0..most).prop_map(sorted)
}

fn any_decor() -> impl Strategy<Value = Decor> {
    let styles = prop_oneof![Just(GroupStyle::Plain), Just(GroupStyle::Powerline), Just(GroupStyle::Capsule)];
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
        plans in any_plans(10),
        columns in 0usize..120,
        decor in any_decor(),
    ) {
        prop_assert!(width(&text(&row(items(&plans), columns, &decor))) <= columns);
    }

    #[test]
    fn a_wider_row_never_shows_less(plans in any_plans(14), decor in any_decor()) {
        let mut narrower: Option<Vec<Option<usize>>> = None;
        for columns in 0usize..160 {
            let mut items = items(&plans);
            choose(&mut items, columns, &decor);
            let chosen: Vec<Option<usize>> = items.iter().map(|item| item.chosen).collect();
            let rank = |form: &Option<usize>| form.map_or(usize::MAX, |form| form);
            for (now, before) in chosen.iter().zip(narrower.iter().flatten()) {
                prop_assert!(rank(now) <= rank(before), "{columns}: {chosen:?} after {narrower:?}");
            }
            narrower = Some(chosen);
        }
    }

    #[test]
    fn the_most_important_is_left(plans in any_plans(14), decor in any_decor()) {
        let mut items = items(&plans);
        let shown = |items: &[Item]| items.iter().filter(|item| item.chosen.is_some()).count();
        let before = shown(&items);
        choose(&mut items, 0, &decor);
        // Forms of no width may all stay.
        let is_empty = columns_of_items(&items, &decor) == 0;
        prop_assert!(shown(&items) == before.min(1) || is_empty, "{} of {before}", shown(&items));
    }

    #[test]
    fn a_row_is_as_wide_as_was_computed(plans in any_plans(10), decor in any_decor()) {
        let columns = columns_of_items(&items(&plans), &decor);
        prop_assert_eq!(width(&text(&row(items(&plans), columns, &decor))), columns);
    }
}
