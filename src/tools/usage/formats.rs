//! How a report is written: for people, and for programs (docs/usage.md).

use std::borrow::Cow;
use std::fmt::Write;

use jiff::civil::Date;
use serde::{Serialize, Serializer};
use serde_json::{Value, json};

use super::report::{Report, Row};
use crate::base::format;
use crate::base::width;
use crate::cli::By;
use crate::spending::tokens::Spent;

/// Version of what [`json`] writes. It grows when a key changes its meaning or goes.
const JSON_VERSION: u64 = 2;

/// The counts of a row, by the names that programs get.
fn counts(spent: &Spent) -> [(&'static str, u64); 6] {
    [
        ("messages", spent.messages),
        ("input_tokens", spent.tokens.input),
        ("output_tokens", spent.tokens.output),
        ("cache_write_tokens", spent.tokens.cache_write()),
        ("cache_read_tokens", spent.tokens.cache_read),
        ("total_tokens", spent.tokens.total()),
    ]
}

/// USD to a millionth: sums of floats differ behind that by their order.
fn rounded(usd: f64) -> f64 {
    (usd * 1e6).round() / 1e6
}

/// RFC 3339 in UTC from epoch seconds.
fn timestamp(seconds: u64) -> String {
    jiff::Timestamp::from_second(i64::try_from(seconds).unwrap_or(i64::MAX)).unwrap_or_default().to_string()
}

/// A table that is no wider than `columns`: numbers become short first, then the table loses columns
/// that are summed in others, then names are cut.
pub(super) fn table(report: &Report, columns: Option<usize>) -> String {
    if report.rows.is_empty() {
        return "nothing was used in this time\n".to_owned();
    }
    let columns = columns.unwrap_or(usize::MAX);
    let all: &[usize] = &[1, 2, 3, 4, 5];
    let shapes: [(bool, &[usize]); 4] = [(false, all), (true, all), (true, &[5]), (true, &[])];
    let mut names = report.keys().len();
    let mut cells = Vec::new();
    for (short, kept) in shapes {
        cells = cells_of(report, names, short, kept);
        if total_width(&cells) <= columns {
            break;
        }
        if kept.is_empty() {
            names = 1;
            cells = cells_of(report, names, short, kept);
        }
    }
    cut_names(&mut cells, &report.keys()[..names], columns);
    let widths = widths(&cells);
    let mut text = String::new();
    for (number, row) in cells.iter().enumerate() {
        if number == 1 || number + 1 == cells.len() {
            let rule = "─".repeat(total_width(&cells));
            _ = writeln!(text, "{rule}");
        }
        let mut line = String::new();
        for (column, (cell, wanted)) in row.iter().zip(&widths).enumerate() {
            let gap = if column == 0 { "" } else { GAP };
            let space = " ".repeat(wanted - width::width(cell));
            let (before, behind) = if column < names { ("", space.as_str()) } else { (space.as_str(), "") };
            _ = write!(line, "{gap}{before}{cell}{behind}");
        }
        _ = writeln!(text, "{}", line.trim_end());
    }
    if report.beyond_usd > 0.0 {
        let note = "more by the agents' own count: requests that no transcript has until its session ends";
        let note = format!("{} {note}", format::usd(report.beyond_usd));
        _ = writeln!(text, "{}", width::cut(&note, columns));
    }
    if !report.unpriced.is_empty() {
        let models: Vec<_> = report.unpriced.iter().map(String::as_str).collect();
        let count = report.total.unpriced;
        let note = format!("+ without messages of unknown price ({count}): {}", models.join(", "));
        _ = writeln!(text, "{}", width::cut(&note, columns));
    }
    text
}

const GAP: &str = "  ";

/// Header, rows and total; of the counts those with these numbers, then the cost.
fn cells_of(report: &Report, names: usize, short: bool, kept: &[usize]) -> Vec<Vec<String>> {
    let titles = ["Messages", "Input", "Output", "Cache write", "Cache read", "Total tokens"];
    let count = |count: u64| if short { format::compact(count as f64) } else { grouped(count) };
    let line = |keys: Vec<String>, spent: &Spent| {
        let counts = counts(spent);
        let counts = kept.iter().map(|number| count(counts[*number].1));
        keys.into_iter().chain(counts).chain([cost(spent)]).collect()
    };
    let title = |name: &&str| format!("{}{}", name[..1].to_uppercase(), &name[1..]);
    let header = report.keys()[..names].iter().map(title);
    let header =
        header.chain(kept.iter().map(|number| titles[*number].to_owned())).chain(["Cost".to_owned()]);
    let mut total = vec![String::new(); names];
    "Total".clone_into(&mut total[0]);
    let rows = report.rows.iter().map(|row| {
        let mut keys = row.keys[..names].to_vec();
        if let Some(title) = &row.title {
            let id: String = keys[0].chars().take(8).collect();
            keys[0] = format!("{title} ({id})");
        }
        line(keys, &row.spent)
    });
    [header.collect()].into_iter().chain(rows).chain([line(total, &report.total)]).collect()
}

/// `+` where some of it has no known price, `–` where all of it has none.
fn cost(spent: &Spent) -> String {
    match spent.known_cost_usd() {
        Some(usd) => format!("{}{}", format::usd(usd), if spent.unpriced > 0 { "+" } else { "" }),
        None => "–".to_owned(),
    }
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
    let mut text = String::new();
    for (at, digit) in digits.char_indices() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// One JSON object on several lines.
pub(super) fn json(report: &Report) -> String {
    let row = |row: &Row| {
        let keys = report.keys().iter().zip(&row.keys).map(|(name, key)| (*name, Node::from(json!(key))));
        let models = row.models.iter().map(|(model, spent)| {
            let name = [("model", Node::from(json!(model)))];
            Members(name.into_iter().chain(sums(spent)).collect())
        });
        let title = (report.by == By::Session).then(|| ("title", Node::from(json!(row.title))));
        let keys = keys.chain(title);
        let last = [("last_activity", Node::from(json!(timestamp(row.last))))];
        let models = [("models", Node::List(models.collect()))];
        Members(keys.chain(last).chain(sums(&row.spent)).chain(models).collect())
    };
    let date = |date: Option<Date>| Node::from(json!(date.map(|date| date.to_string())));
    let whole = Members(vec![
        ("schema", json!("bridgeline.usage").into()),
        ("version", json!(JSON_VERSION).into()),
        ("by", json!(report.keys()[0]).into()),
        ("timezone", json!(report.timezone).into()),
        ("since", date(report.since)),
        ("until", date(report.until)),
        ("prices_as_of", json!(report.prices_as_of).into()),
        ("beyond_usd", json!(rounded(report.beyond_usd)).into()),
        ("rows", Node::List(report.rows.iter().map(row).collect())),
        ("total", Node::Members(Members(sums(&report.total).collect()))),
    ]);
    serde_json::to_string_pretty(&whole).expect("its keys are strings") + "\n"
}

fn sums(spent: &Spent) -> impl Iterator<Item = (&'static str, Node)> {
    let counts = counts(spent).map(|(name, count)| (name, Node::from(json!(count))));
    let cost = json!(spent.known_cost_usd().map(rounded)).into();
    counts.into_iter().chain([("cost_usd", cost), ("unpriced_messages", json!(spent.unpriced).into())])
}

/// JSON whose members stay in their order.
#[derive(Serialize)]
#[serde(untagged)]
enum Node {
    Value(Value),
    Members(Members),
    List(Vec<Members>),
}

impl From<Value> for Node {
    fn from(value: Value) -> Self {
        Node::Value(value)
    }
}

struct Members(Vec<(&'static str, Node)>);

impl Serialize for Members {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(name, node)| (name, node)))
    }
}

/// RFC 4180: a header, then a record for each row; fields in quotes where they have to be.
pub(super) fn csv(report: &Report) -> String {
    let mut text = String::new();
    let mut record = |fields: Vec<Cow<str>>| {
        let fields: Vec<_> = fields.iter().map(|field| csv_field(field)).collect();
        text.push_str(&fields.join(","));
        text.push_str("\r\n");
    };
    let title = (report.by == By::Session).then_some("title");
    let names = report.keys().iter().copied().chain(["last_activity"]);
    let names = names.chain(counts(&report.total).map(|(name, _)| name));
    record(names.chain(["cost_usd", "unpriced_messages"]).chain(title).map(Cow::Borrowed).collect());
    for row in &report.rows {
        let cost = row.spent.known_cost_usd().map_or(String::new(), |usd| rounded(usd).to_string());
        let counts = counts(&row.spent).map(|(_, count)| Cow::Owned(count.to_string()));
        let last = [cost, row.spent.unpriced.to_string()].map(Cow::Owned);
        let title = title.map(|_| harmless_cell(row.title.as_deref().unwrap_or_default()));
        let keys = row.keys.iter().map(|key| harmless_cell(key));
        let keys = keys.chain([Cow::Owned(timestamp(row.last))]);
        record(keys.chain(counts).chain(last).chain(title).collect());
    }
    text
}

/// A text that no spreadsheet takes for a formula: behind an apostrophe where it begins like one.
fn harmless_cell(text: &str) -> Cow<'_, str> {
    let begins = ['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠'];
    if text.starts_with(begins) { format!("'{text}").into() } else { text.into() }
}

fn csv_field(field: &str) -> String {
    match field.contains(['"', ',', '\r', '\n']) {
        true => format!("\"{}\"", field.replace('"', "\"\"")),
        false => field.to_owned(),
    }
}

/// The text format of Prometheus, version 0.0.4, as node_exporter's textfile collector takes it. All of
/// the time are counters; a part of it, which may move on, are gauges.
pub(super) fn prometheus(report: &Report) -> String {
    let is_all = report.since.is_none() && report.until.is_none();
    let (kind, suffix) = if is_all { ("counter", "_total") } else { ("gauge", "") };
    let mut text = String::new();
    let mut metric = |name: &str, help: &str, samples: &dyn Fn(&Spent) -> Vec<(&'static str, String)>| {
        _ = writeln!(text, "# HELP bridgeline_usage_{name}{suffix} {help}");
        _ = writeln!(text, "# TYPE bridgeline_usage_{name}{suffix} {kind}");
        for row in &report.rows {
            for (model, spent) in &row.models {
                let keys = report.keys().iter().zip(&row.keys).map(|(name, key)| label(name, key));
                let model = (report.keys()[0] != "model").then(|| label("model", model));
                let labels: Vec<_> = keys.chain(model).collect();
                for (token_type, value) in samples(spent) {
                    let token_type = (!token_type.is_empty()).then(|| label("type", token_type));
                    let labels: Vec<_> = labels.iter().chain(&token_type).map(String::as_str).collect();
                    _ = writeln!(text, "bridgeline_usage_{name}{suffix}{{{}}} {value}", labels.join(","));
                }
            }
        }
    };
    metric("tokens", "Tokens of all sessions, each message once.", &|spent| {
        let types = [
            ("input", spent.tokens.input),
            ("output", spent.tokens.output),
            ("cache_write", spent.tokens.cache_write()),
            ("cache_read", spent.tokens.cache_read),
        ];
        types.map(|(name, count)| (name, count.to_string())).to_vec()
    });
    metric("cost_usd", "Cost of all sessions in USD, without messages of unknown price.", &|spent| {
        vec![("", rounded(spent.cost_usd).to_string())]
    });
    metric("messages", "Messages of models in all sessions.", &|spent| {
        vec![("", spent.messages.to_string())]
    });
    metric("unpriced_messages", "Messages of which no price is known.", &|spent| {
        vec![("", spent.unpriced.to_string())]
    });
    text
}

fn label(name: &str, value: &str) -> String {
    let value = value.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n");
    format!("{name}=\"{value}\"")
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::spending::tokens::Tokens;
    use proptest::prelude::*;

    fn report(names: &[&str], spent: Spent) -> Report {
        let rows = names.iter().map(|name| {
            let keys = vec![(*name).to_owned(), format!("{name} of a project")];
            Row { keys, title: None, spent, models: [("m".to_owned(), spent)].into(), last: 0 }
        });
        Report {
            by: By::Session,
            timezone: "UTC".to_owned(),
            since: None,
            until: None,
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
        assert!(
            table(&report, Some(30)).contains("11111111-2222-3333-44…  $12.35"),
            "{}",
            table(&report, Some(30))
        );
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

    #[test]
    fn fields_are_quoted_where_they_must_be() {
        let check = |field: &str, expected: &str| assert_eq!(csv_field(field), expected);
        check("a b", "a b");
        check("a,b", "\"a,b\"");
        check("a\"b", "\"a\"\"b\"");
        check("a\nb", "\"a\nb\"");
    }

    #[test]
    fn no_text_is_a_formula() {
        let check = |text: &str, expected: &str| assert_eq!(harmless_cell(text), expected);
        for text in ["=1+1", "+1", "-home-ada", "@SUM(A1)", "\tx", "\rx", "＝1"] {
            check(text, &format!("'{text}"));
        }
        for text in ["", "/home/ada", "a=1", "2026-11-23"] {
            check(text, text);
        }
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
