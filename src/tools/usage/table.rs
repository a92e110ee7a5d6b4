//! A report for people: a table that fits its terminal. Libraries wrap or cut what is too wide; this one goes
//! through shapes that tell less, so it is laid out by hand.

use std::fmt::Write;

use itertools::Itertools;

use super::report::{COUNTS, Count, UsageReport, UsageRow, keys};
use crate::base::{format, width};
use crate::spending::tokens::Spent;

const GAP: &str = "  ";

/// A table that is no wider than `columns`: numbers become short first, then the counts go that are summed in
/// another, then that one, then all names but the first, and at last names are cut.
pub(super) fn table(report: &UsageReport, columns: Option<usize>) -> String {
    if report.rows.is_empty() {
        return "no usage in this period\n".to_owned();
    }
    let columns = columns.unwrap_or(usize::MAX);
    let all = keys(report.by);
    let shapes: [(&[&str], bool, &[Count]); 5] = [
        (all, false, &COUNTS[1..]),
        (all, true, &COUNTS[1..]),
        (all, true, &COUNTS[5..]),
        (all, true, &[]),
        (&all[..1], true, &[]),
    ];
    let (mut names, mut cells) = (all, Vec::new());
    for (kept, short, counts) in shapes {
        (names, cells) = (kept, cells_of(report, kept, short, counts));
        if total_width(&cells) <= columns {
            break;
        }
    }
    cut_names(&mut cells, names, columns);
    let mut text = String::new();
    let rule = "─".repeat(total_width(&cells));
    for (number, row) in cells.iter().enumerate() {
        if number == 1 || number + 1 == cells.len() {
            _ = writeln!(text, "{rule}");
        }
        let mut line = String::new();
        for (column, (cell, width)) in row.iter().zip(widths(&cells)).enumerate() {
            let space = " ".repeat(width - width::width(cell));
            let is_name = column < names.len();
            line += &if is_name { format!("{cell}{space}{GAP}") } else { format!("{space}{cell}{GAP}") };
        }
        _ = writeln!(text, "{}", line.trim_end());
    }
    for note in notes(report) {
        _ = writeln!(text, "{}", width::cut(&note, columns));
    }
    text
}

fn notes(report: &UsageReport) -> Vec<String> {
    let mut notes = Vec::new();
    if report.beyond_usd > 0.0 {
        let note = "more by the agents' own count (requests missing from transcripts until the session ends)";
        notes.push(format!("{} {note}", format::usd(report.beyond_usd)));
    }
    if !report.unpriced.is_empty() {
        let models: Vec<_> = report.unpriced.iter().map(String::as_str).collect();
        let (count, models) = (report.total.unpriced, models.join(", "));
        notes.push(format!("+ without messages of unknown price ({count}): {models}"));
    }
    notes
}

/// Header, rows and total: names, counts and the cost.
fn cells_of(report: &UsageReport, names: &[&str], short: bool, counts: &[Count]) -> Vec<Vec<String>> {
    let line = |keys: Vec<String>, spent: &Spent| {
        let shown = |count: u64| if short { format::compact(count as f64) } else { grouped(count) };
        let counts = counts.iter().map(|count| shown((count.of)(spent)));
        keys.into_iter().chain(counts).chain([cost(spent)]).collect()
    };
    let title = |name: &&str| format!("{}{}", name[..1].to_uppercase(), &name[1..]);
    let titles = counts.iter().map(|count| count.title.to_owned());
    let header = names.iter().map(title).chain(titles).chain(["Cost".to_owned()]).collect();
    let row = |row: &UsageRow| {
        let mut keys = row.keys[..names.len()].to_vec();
        if let Some(title) = &row.title {
            let id: String = keys[0].chars().take(8).collect();
            keys[0] = format!("{title} ({id})");
        }
        line(keys, &row.spent)
    };
    let mut total = vec![String::new(); names.len()];
    "Total".clone_into(&mut total[0]);
    let total = line(total, &report.total);
    [header].into_iter().chain(report.rows.iter().map(row)).chain([total]).collect()
}

/// `+` where some of it has no known price, `–` where all of it has none.
fn cost(spent: &Spent) -> String {
    let usd = |usd| format!("{}{}", format::usd(usd), if spent.unpriced > 0 { "+" } else { "" });
    spent.known_cost_usd().map_or_else(|| "–".to_owned(), usd)
}

fn widths(cells: &[Vec<String>]) -> Vec<usize> {
    let columns = 0..cells.first().map_or(0, Vec::len);
    columns.map(|column| cells.iter().map(|row| width::width(&row[column])).max().unwrap_or(0)).collect()
}

fn total_width(cells: &[Vec<String>]) -> usize {
    let widths = widths(cells);
    widths.iter().sum::<usize>() + GAP.len() * widths.len().saturating_sub(1)
}

fn cut_names(cells: &mut [Vec<String>], names: &[&str], columns: usize) {
    for (column, name) in names.iter().enumerate().rev() {
        let cut = if *name == "project" { width::cut_start } else { width::cut };
        let too_wide = total_width(cells).saturating_sub(columns);
        let wanted = widths(cells)[column].saturating_sub(too_wide).max(1);
        for row in cells.iter_mut() {
            row[column] = cut(&row[column], wanted);
        }
    }
}

/// A count with a comma before each three digits.
fn grouped(count: u64) -> String {
    let digits = count.to_string();
    digits.as_bytes().rchunks(3).rev().map(String::from_utf8_lossy).join(",")
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::super::report::Period;
    use super::*;
    use crate::cli::By;
    use crate::spending::tokens::Tokens;
    use jiff::tz::TimeZone;
    use proptest::prelude::*;

    fn report(names: &[&str], spent: Spent) -> UsageReport {
        let rows = names.iter().map(|name| {
            let keys = vec![(*name).to_owned(), format!("{name} of a project")];
            UsageRow { keys, spent, ..UsageRow::default() }
        });
        UsageReport {
            by: By::Session,
            period: Period { zone: TimeZone::UTC, since: None, until: None },
            prices_as_of: "2026-11-23".to_owned(),
            beyond_usd: 0.0,
            rows: rows.collect(),
            total: spent,
            unpriced: BTreeSet::new(),
        }
    }

    #[test]
    fn a_table_fits_its_terminal() {
        let tokens = Tokens {
            input: 1_234_567,
            output: 12_345,
            cache_write_5m: 900,
            cache_write_1h: 99,
            cache_read: 88_123_456,
        };
        let spent = Spent { messages: 3, tokens, cost_usd: 12.345, unpriced: 0 };
        let report = report(&["11111111-2222-3333-4444-555555555555"], spent);
        let header = |columns| {
            table(&report, columns)
                .lines()
                .next()
                .unwrap()
                .split("  ")
                .map(str::trim)
                .filter(|word| !word.is_empty())
                .collect::<Vec<_>>()
                .join("|")
        };
        let all = "Session|Project|Input|Output|Cache write|Cache read|Total tokens|Cost";
        assert_eq!(header(None), all);
        assert_eq!(header(Some(200)), all);
        assert!(table(&report, Some(200)).contains("  1,234,567  12,345  "));
        assert!(table(&report, Some(150)).contains("  1.2M     12k  "), "{}", table(&report, Some(150)));
        assert_eq!(header(Some(125)), "Session|Project|Total tokens|Cost");
        assert_eq!(header(Some(99)), "Session|Project|Cost");
        assert_eq!(header(Some(60)), "Session|Cost");
        assert!(table(&report, Some(30)).contains("11111111-2222-3333-44…  $12.35"), "{}", table(&report, Some(30)));
    }

    #[test]
    fn a_cost_says_how_sure_it_is() {
        let check = |messages, unpriced, expected: &str| {
            assert_eq!(cost(&Spent { messages, unpriced, cost_usd: 1.5, ..Spent::default() }), expected);
        };
        check(3, 0, "$1.50");
        check(3, 1, "$1.50+");
        check(3, 3, "–");
        check(0, 0, "$1.50");
    }

    #[test]
    fn counts_are_grouped() {
        let check = |count, expected: &str| assert_eq!(grouped(count), expected);
        check(0, "0");
        check(999, "999");
        check(1_000, "1,000");
        check(u64::MAX, "18,446,744,073,709,551,615");
    }

    proptest! {
        #[test]
        fn no_table_is_wider_than_the_terminal(names in proptest::collection::vec("\\PC{0,40}", 1..4), columns in 20..200_usize, count in 0..u64::MAX / 8) {
            let names: Vec<_> = names.iter().map(|name| crate::base::text::Text::new(name.as_str()).as_str().to_owned()).collect();
            let names: Vec<_> = names.iter().map(String::as_str).collect();
            let tokens = Tokens { input: count, cache_read: count, ..Tokens::default() };
            let spent = Spent { messages: 1, tokens, cost_usd: count as f64, unpriced: 0 };
            for line in table(&report(&names, spent), Some(columns)).lines() {
                prop_assert!(width::width(line) <= columns, "{line:?}");
            }
        }
    }
}
