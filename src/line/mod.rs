//! The line: what the segments of each row show, in the columns that there are, painted as configured.

use crate::base::width::width;
use crate::config::{Config, Group, Row};
use crate::layout::{self, Item};
use crate::paint;
use crate::segment::{Role, Settings, Span, command};
use crate::snapshot::Snapshot;

/// The rows of a snapshot, none of them blank, and no more than the agent shows.
pub fn rows(snapshot: &Snapshot, config: &Config) -> Vec<Vec<Span>> {
    let rows = config.rows.iter().flat_map(|row| match as_printed(row) {
        Some(settings) => printed_rows(snapshot, row, settings, config),
        None => vec![self::row(snapshot, row, config)],
    });
    let rows = rows.filter(|row| !plain(row).trim().is_empty());
    rows.take(snapshot.status.max_rows.unwrap_or(usize::MAX)).collect()
}

/// The command of a row that shows nothing but what this prints, as it is printed.
fn as_printed(row: &Row) -> Option<&Settings> {
    let mut segments = row.groups.iter().flat_map(Group::segments);
    let first = segments.next().filter(|settings| command::is_as_printed(settings));
    first.filter(|_| segments.next().is_none())
}

fn printed_rows(snapshot: &Snapshot, row: &Row, settings: &Settings, config: &Config) -> Vec<Vec<Span>> {
    let cx = config.cx(snapshot, settings);
    let rows = if cx.forms().next().is_some() { command::rows(&cx) } else { Vec::new() };
    rows.into_iter().map(|spans| begun(row, spans, config)).collect()
}

/// One row: what its groups of segments show, in the columns that there are.
fn row(snapshot: &Snapshot, row: &Row, config: &Config) -> Vec<Span> {
    let (items, _) = items(snapshot, row, config);
    joined(items, row, config)
}

/// The segments of a row that have something to show, each with its settings.
pub fn items<'a>(
    snapshot: &'a Snapshot,
    row: &'a Row,
    config: &'a Config,
) -> (Vec<Item<'a>>, Vec<&'a Settings>) {
    let mut items = Vec::with_capacity(12);
    let mut shown = Vec::with_capacity(12);
    for (group, of) in row.groups.iter().enumerate() {
        for settings in of.segments() {
            let forms = config.cx(snapshot, settings).forms();
            if let Some(item) = Item::new(of.side, group, settings.priority, forms) {
                items.push(item);
                shown.push(settings);
            }
        }
    }
    (items, shown)
}

/// Columns that there are for the segments of a row.
pub fn columns(row: &Row, config: &Config) -> usize {
    config.width.saturating_sub(width(row.prefix.as_str()))
}

/// The row that these items make.
pub fn joined(items: Vec<Item>, row: &Row, config: &Config) -> Vec<Span> {
    if items.is_empty() {
        return Vec::new();
    }
    begun(row, layout::row(items, columns(row, config), &config.decor), config)
}

/// A row with what it begins with, as wide as there is room.
fn begun(row: &Row, mut spans: Vec<Span>, config: &Config) -> Vec<Span> {
    if !row.prefix.as_str().is_empty() {
        spans.insert(0, Span { text: row.prefix.clone(), ..Span::fixed(Role::Label, "") });
    }
    layout::fit(spans, config.width)
}

/// The rows as they are printed.
pub fn painted(rows: &[Vec<Span>], config: &Config) -> String {
    let rows = rows.iter().map(|row| paint::paint(row, &config.theme.look, config.depth));
    let mut rows = rows.collect::<Vec<_>>().join("\n");
    if config.newline {
        rows.push('\n');
    }
    rows
}

pub fn plain(row: &[Span]) -> String {
    row.iter().map(|span| span.text.as_str()).collect()
}
