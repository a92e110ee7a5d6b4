//! A row as config writes it: `model effort | task fill dir git | context`. Names of segments; `|`
//! begins a group, and `fill` sends what follows to the right, or with a second one to the centre first.

use crate::layout::Side;

/// The names of a group and where it stands.
#[derive(Debug, Clone, PartialEq)]
pub struct Group<'a> {
    /// Where it stands.
    pub side: Side,
    /// Names of segments.
    pub names: Vec<&'a str>,
}

/// Reads a row. A third `fill` is passed over.
pub fn parse(row: &str) -> Vec<Group<'_>> {
    let fills = words(row).filter(|word| *word == "fill").count();
    let sides: &[Side] =
        if fills >= 2 { &[Side::Left, Side::Centre, Side::Right] } else { &[Side::Left, Side::Right] };
    let (mut side, mut groups) = (0, Vec::new());
    let mut names = Vec::new();
    let mut end = |side: usize, names: &mut Vec<_>| {
        if !names.is_empty() {
            groups.push(Group { side: sides[side], names: std::mem::take(names) });
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

#[cfg(test)]
mod tests {
    use super::Side::{Centre, Left, Right};
    use super::*;

    #[test]
    fn rows() {
        let check = |row: &str, expected: &[(Side, &[&str])]| {
            let groups = parse(row);
            let groups: Vec<(Side, &[&str])> =
                groups.iter().map(|group| (group.side, &group.names[..])).collect();
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
}
