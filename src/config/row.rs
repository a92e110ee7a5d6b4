//! A row in config: `model effort | task fill dir git | context`. Names of segments; `|` begins a group, and
//! `fill` moves what follows to the right, or with a second one to the centre first.

use crate::layout::Side;

/// Maximum number of segments in all rows.
pub const MAX_SEGMENTS: usize = 512;

/// The names of the segments of a group.
#[derive(Debug, Clone, PartialEq)]
pub struct GroupNames<'a> {
    pub side: Side,
    pub names: Vec<&'a str>,
}

/// Reads a row. A third `fill` is ignored.
pub fn parse(row: &str) -> Vec<GroupNames<'_>> {
    let fills = words(row).filter(|word| *word == "fill").count();
    let sides: &[Side] = if fills >= 2 { &[Side::Left, Side::Centre, Side::Right] } else { &[Side::Left, Side::Right] };
    let (mut side, mut groups) = (0, Vec::new());
    let mut names = Vec::new();
    let mut end = |side: usize, names: &mut Vec<_>| {
        if !names.is_empty() {
            groups.push(GroupNames { side: sides[side], names: std::mem::take(names) });
        }
    };
    for word in words(row) {
        match word {
            "|" => end(side, &mut names),
            "fill" => {
                end(side, &mut names);
                side = (side + 1).min(sides.len() - 1);
            }
            name => names.push(name),
        }
    }
    end(side, &mut names);
    groups
}

/// Names, `fill` and `|`, which needs no spaces around it.
fn words(row: &str) -> impl Iterator<Item = &str> {
    row.split_inclusive('|').flat_map(|part| {
        let (names, bar) = part.strip_suffix('|').map_or((part, None), |names| (names, Some("|")));
        names.split_whitespace().chain(bar)
    })
}

/// The row with these groups, which are in the order of their sides.
pub fn written(groups: &[GroupNames]) -> String {
    let has_centre = groups.iter().any(|group| group.side == Side::Centre);
    let fills = |side| match side {
        Side::Left => 0,
        Side::Centre => 1,
        Side::Right => 1 + usize::from(has_centre),
    };
    let mut words: Vec<&str> = Vec::new();
    let mut passed = 0;
    for group in groups.iter().filter(|group| !group.names.is_empty()) {
        if passed < fills(group.side) {
            words.extend(std::iter::repeat_n("fill", fills(group.side) - passed));
            passed = fills(group.side);
        } else if !words.is_empty() {
            words.push("|");
        }
        words.extend(&group.names);
    }
    // One `fill` alone sends to the right.
    if has_centre && passed == 1 {
        words.push("fill");
    }
    words.join(" ")
}

#[cfg(test)]
mod tests {
    use super::Side::{Centre, Left, Right};
    use super::*;

    #[test]
    fn rows() {
        let check = |row: &str, expected: &[(Side, &[&str])]| {
            let groups = parse(row);
            let groups: Vec<(Side, &[&str])> = groups.iter().map(|group| (group.side, &group.names[..])).collect();
            assert_eq!(groups, expected, "{row}");
        };
        check("model effort | cost", &[(Left, &["model", "effort"]), (Left, &["cost"])]);
        check("a fill b | c", &[(Left, &["a"]), (Right, &["b"]), (Right, &["c"])]);
        check("a fill b fill c", &[(Left, &["a"]), (Centre, &["b"]), (Right, &["c"])]);
        check("fill a", &[(Right, &["a"])]);
        check("fill a fill", &[(Centre, &["a"])]);
        check("| a | | b | fill", &[(Left, &["a"]), (Left, &["b"])]);
        check("a|b c|fill d", &[(Left, &["a"]), (Left, &["b", "c"]), (Right, &["d"])]);
        check("", &[]);
    }

    #[test]
    fn a_row_is_written_as_it_is_read() {
        for row in ["model effort | cost", "a fill b | c", "a | b fill c fill d", "fill a", "fill a fill", ""] {
            assert_eq!(written(&parse(row)), row);
        }
    }
}
