//! A report for programs, in the formats of `docs/usage.md`. Quoting CSV takes less code than a library's types for
//! columns that differ by report.

use std::borrow::Cow;
use std::cell::Cell;
use std::collections::BTreeMap;
use std::fmt::Write;

use itertools::Itertools;
use serde::{Serialize, Serializer};
use serde_json::{Value, json};

use super::metrics::{self, Metric, label};
use super::report::{Period, UsageReport, UsageRow, keys, rounded, sums, timestamp};
use crate::cli::{By, WEEKDAYS};
use crate::spending::tokens::Spent;

/// Version of [`json`]. It grows when a key is removed or changes its meaning.
const JSON_VERSION: u64 = 2;

#[derive(Serialize)]
#[serde(bound = "I: Iterator<Item = DocumentRow>")]
struct Document<I> {
    #[serde(flatten)]
    about: OrderedMembers,
    /// Made one after the other, since all together take more memory than their text.
    #[serde(serialize_with = "in_turn")]
    rows: Cell<Option<I>>,
    total: OrderedMembers,
}

fn in_turn<I: Iterator<Item = DocumentRow>, S: Serializer>(
    rows: &Cell<Option<I>>, serializer: S,
) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(rows.take().into_iter().flatten())
}

#[derive(Serialize)]
struct DocumentRow {
    #[serde(flatten)]
    members: OrderedMembers,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    agents: Vec<OrderedMembers>,
    models: Vec<OrderedMembers>,
}

/// Names and values, in the order of the documentation.
pub(super) type Members = Vec<(&'static str, Value)>;

/// Usage by the name of an agent or model.
type SpentByName = BTreeMap<String, Spent>;

/// The members of an object.
struct OrderedMembers(Members);

impl Serialize for OrderedMembers {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(name, value)| (name, value)))
    }
}

/// One JSON object on several lines.
pub(super) fn json(report: &UsageReport) -> String {
    let day = WEEKDAYS.iter().find(|(_, day)| report.by == By::Week && *day == report.period.week_starts);
    let beyond = ("beyond_usd", json!(rounded(report.beyond_usd)));
    let more: Members = [beyond].into_iter().chain(day.map(|(name, _)| ("week_starts", json!(name)))).collect();
    let rows = report.rows.iter().map(|it| (members(report.by, it), Some(&it.agents), &it.models));
    document(keys(report.by)[0], &report.period, &report.prices_as_of, &more, rows, &report.total)
}

/// One JSON object on several lines: rows with their models, and the report's parameters.
pub(super) fn document<'a>(
    by: &str, period: &Period, prices_as_of: &str, more: &[(&'static str, Value)],
    rows: impl Iterator<Item = (Members, Option<&'a SpentByName>, &'a SpentByName)>, total: &Spent,
) -> String {
    let parts = |name: &'static str, parts: &SpentByName| {
        let part = |(part, spent)| [(name, json!(part))].into_iter().chain(sums(spent)).collect();
        parts.iter().map(part).map(OrderedMembers).collect()
    };
    let row = |(members, agents, models): (_, Option<&SpentByName>, &SpentByName)| DocumentRow {
        members: OrderedMembers(members),
        agents: agents.map(|agents| parts("agent", agents)).unwrap_or_default(),
        models: parts("model", models),
    };
    let about = [
        ("schema", json!("bridgeline.usage")),
        ("version", json!(JSON_VERSION)),
        ("by", json!(by)),
        ("timezone", json!(period.zone.iana_name().unwrap_or("local"))),
        ("since", json!(period.since.map(|date| date.to_string()))),
        ("until", json!(period.until.map(|date| date.to_string()))),
        ("prices_as_of", json!(prices_as_of)),
    ];
    let about = OrderedMembers(about.into_iter().chain(more.iter().cloned()).collect());
    let document = Document { about, rows: Cell::new(Some(rows.map(row))), total: OrderedMembers(sums(total)) };
    serde_json::to_string_pretty(&document).expect("its keys are strings") + "\n"
}

/// Names and values of all that programs get of a row.
fn members(by: By, row: &UsageRow) -> Members {
    let keys = keys(by).iter().zip(&row.keys).map(|(name, key)| (*name, json!(key)));
    let title = (by == By::Session).then(|| ("title", json!(row.title)));
    let own = [("agent", json!(row.agent())), ("last_activity", json!(timestamp(row.last)))];
    keys.chain(title).chain(own).chain(sums(&row.spent)).collect()
}

/// RFC 4180: a header, then a record for each row; fields in quotes if needed.
pub(super) fn csv(report: &UsageReport) -> String {
    // Columns that came later are the last.
    let row = |row: &UsageRow| {
        let is_late = |(name, _): &(&str, Value)| matches!(*name, "title" | "agent");
        let (late, first): (Members, Members) = members(report.by, row).into_iter().partition(is_late);
        [first, late].concat()
    };
    let keys = vec![String::new(); keys(report.by).len()];
    csv_of(&row(&UsageRow { keys, ..UsageRow::default() }), report.rows.iter().map(row))
}

/// A header of these names, then a record for each row.
pub(super) fn csv_of(example: &Members, rows: impl Iterator<Item = Members>) -> String {
    let head = record(example.iter().map(|(name, _)| Cow::Borrowed(*name)));
    let rows = rows.map(|row| record(row.iter().map(|(_, value)| cell(value))));
    [head].into_iter().chain(rows).collect()
}

fn record<'a>(fields: impl Iterator<Item = Cow<'a, str>>) -> String {
    let quoted = |field: Cow<str>| match field.contains(['"', ',', '\r', '\n']) {
        true => format!("\"{}\"", field.replace('"', "\"\"")),
        false => field.into_owned(),
    };
    fields.map(quoted).join(",") + "\r\n"
}

/// A value: numbers without a fraction if they are whole, nothing for `null`.
fn cell(value: &Value) -> Cow<'_, str> {
    match value {
        Value::Null => "".into(),
        Value::String(text) => harmless_cell(text),
        // Unlike in JSON: 25, not 25.0.
        Value::Number(number) if !number.is_u64() => number.as_f64().unwrap_or_default().to_string().into(),
        other => other.to_string().into(),
    }
}

/// A text that spreadsheets don't take for a formula: if it begins like one, an apostrophe comes first.
fn harmless_cell(text: &str) -> Cow<'_, str> {
    let begins = ['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠'];
    if text.starts_with(begins) { format!("'{text}").into() } else { text.into() }
}

/// The text format of Prometheus, version 0.0.4, as node_exporter's textfile collector takes it. Sums over
/// all time are counters; those of a period, which may move, are gauges.
pub(super) fn prometheus(report: &UsageReport) -> String {
    let names = keys(report.by);
    let is_all = report.period.since.is_none() && report.period.until.is_none();
    let series = |row: &UsageRow, (model, spent): (&String, &Spent)| {
        let keys = names.iter().copied().zip(row.keys.iter().cloned());
        let model = (report.by != By::Model).then(|| ("model", model.clone()));
        (keys.chain(model).collect(), *spent)
    };
    let series: Vec<_> =
        report.rows.iter().flat_map(|row| row.models.iter().map(move |model| series(row, model))).collect();
    exposition(&metrics::of_use(&series, is_all))
}

/// Metrics in that format; those without samples are left out.
pub(super) fn exposition(metrics: &[Metric]) -> String {
    let mut text = String::new();
    for Metric { name, help, is_counter, samples } in metrics.iter().filter(|metric| !metric.samples.is_empty()) {
        let (kind, suffix) = if *is_counter { ("counter", "_total") } else { ("gauge", "") };
        _ = writeln!(text, "# HELP bridgeline_{name}{suffix} {help}");
        _ = writeln!(text, "# TYPE bridgeline_{name}{suffix} {kind}");
        for (labels, value) in samples {
            _ = writeln!(text, "bridgeline_{name}{suffix}{{{}}} {value}", label(labels));
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_quoted_where_they_must_be() {
        let check = |field: &str, expected: &str| {
            assert_eq!(record([field.into()].into_iter()), format!("{expected}\r\n"));
        };
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
}
