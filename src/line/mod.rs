//! The line: the segments of each row, fitted into the available columns and painted as configured. A trace records the
//! fate of each segment.

use std::time::{Duration, Instant};

use crate::base::width::width;
use crate::config::{Config, Group, Row};
use crate::layout::{self, Item};
use crate::paint;
use crate::segment::{Role, Settings, Span, command};
use crate::snapshot::Snapshot;

/// The rows of a snapshot, none of them blank, and no more than the agent shows.
pub fn rows(snapshot: &Snapshot, config: &Config) -> Vec<Vec<Span>> {
    let rows = |row| arranged(row, items(row, snapshot, config), snapshot, config);
    // Lazily: a row that is not shown must not request facts.
    config.rows.iter().flat_map(rows).take(most(snapshot)).collect()
}

/// A row of config, and its fate.
pub struct RowTrace<'c> {
    /// Columns available to its segments.
    pub columns: usize,
    /// In the order of config.
    pub segments: Vec<SegmentTrace<'c>>,
    /// The rows that it makes: none if there is nothing to show, several if a command prints them.
    pub rows: Vec<Vec<Span>>,
    /// Number of `rows` that the agent has room for.
    pub shown: usize,
    /// Time that it took to arrange its segments.
    pub layout: Duration,
}

/// A segment of a row, and its fate.
pub struct SegmentTrace<'c> {
    pub settings: &'c Settings,
    /// The texts that it can show, the longest first; empty if it has nothing to show. Shorter ones are included only
    /// if the row has no room for the longest.
    pub forms: Vec<String>,
    /// Index of the form in the row. `None` if there is no room for any.
    pub chosen: Option<usize>,
    /// Time that its longest form took.
    pub took: Duration,
}

/// The fate of each row of config in [`rows`].
pub fn trace<'c>(snapshot: &Snapshot, config: &'c Config) -> Vec<RowTrace<'c>> {
    let mut room = most(snapshot);
    let trace = |row: &'c Row| {
        let trace = trace_row(row, snapshot, config);
        let shown = trace.rows.len().min(room);
        room -= shown;
        RowTrace { shown, ..trace }
    };
    config.rows.iter().map(trace).collect()
}

fn trace_row<'c>(row: &'c Row, snapshot: &Snapshot, config: &'c Config) -> RowTrace<'c> {
    let (mut items, mut timed) = (Vec::new(), Vec::new());
    for (group, settings) in segments(row) {
        let begin = Instant::now();
        let item = item(group, settings, snapshot, config);
        timed.push((settings, item.is_some(), begin.elapsed()));
        items.extend(item);
    }
    let columns = columns(row, config);
    // Shorter forms matter only if there is no room for the longest.
    let fits = as_printed(row).is_some() || layout::columns_of_items(&items, &config.decor) <= columns;
    if !fits {
        layout::choose(&mut items, columns, &config.decor);
    }
    let mut with_text = items.iter_mut();
    let segment = |(settings, has_text, took)| {
        let item = if has_text { with_text.next() } else { None };
        let (chosen, forms) = item.map_or((None, &[][..]), |item| (item.chosen, item.forms()));
        let forms = forms.iter().take(if fits { 1 } else { usize::MAX }).map(|form| plain(&form.spans));
        SegmentTrace { settings, forms: forms.collect(), chosen, took }
    };
    let segments = timed.into_iter().map(segment).collect();
    let begin = Instant::now();
    let rows = arranged(row, items, snapshot, config);
    RowTrace { columns, segments, shown: rows.len(), rows, layout: begin.elapsed() }
}

/// Maximum number of rows that the agent shows.
fn most(snapshot: &Snapshot) -> usize {
    snapshot.status.max_rows.unwrap_or(usize::MAX)
}

/// The segments of a row that have something to show.
fn items<'a>(row: &'a Row, snapshot: &'a Snapshot, config: &'a Config) -> Vec<Item<'a>> {
    let mut items = Vec::with_capacity(12);
    for (group, settings) in segments(row) {
        items.extend(item(group, settings, snapshot, config));
    }
    items
}

/// The segments of a row, each with its group and the number of that.
fn segments(row: &Row) -> impl Iterator<Item = ((usize, &Group), &Settings)> {
    let groups = row.groups.iter().enumerate();
    groups.flat_map(|group| group.1.segments().map(move |settings| (group, settings)))
}

/// A segment with its longest form. `None` when it has nothing to show.
fn item<'a>(
    (number, group): (usize, &Group), settings: &'a Settings, snapshot: &'a Snapshot, config: &'a Config,
) -> Option<Item<'a>> {
    Item::new(group.side, number, settings.priority, config.cx(snapshot, settings).forms())
}

/// The rows that items make, without blank ones: one, unless a command has printed several.
fn arranged(row: &Row, items: Vec<Item>, snapshot: &Snapshot, config: &Config) -> Vec<Vec<Span>> {
    if items.is_empty() {
        return Vec::new();
    }
    let rows = match as_printed(row) {
        Some(settings) => command::rows(&config.cx(snapshot, settings)),
        None => vec![layout::row(items, columns(row, config), &config.decor)],
    };
    let rows = rows.into_iter().map(|spans| begun(row, spans, config));
    rows.filter(|row| !row.iter().all(Span::is_blank)).collect()
}

/// A row with its prefix, cut to the available columns.
fn begun(row: &Row, mut spans: Vec<Span>, config: &Config) -> Vec<Span> {
    if !row.prefix.as_str().is_empty() {
        spans.insert(0, Span { text: row.prefix.clone(), ..Span::fixed(Role::Label, "") });
    }
    layout::fit(spans, config.width)
}

/// Columns available to the segments of a row.
fn columns(row: &Row, config: &Config) -> usize {
    config.width.saturating_sub(width(row.prefix.as_str()))
}

/// The command of a row that shows only the output of a command, as it was printed.
fn as_printed(row: &Row) -> Option<&Settings> {
    let mut segments = segments(row).map(|(_, settings)| settings);
    let first = segments.next().filter(|settings| command::is_as_printed(settings));
    first.filter(|_| segments.next().is_none())
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

/// The text of a row.
pub fn plain(row: &[Span]) -> String {
    row.iter().map(|span| span.text.as_str()).collect()
}

#[cfg(test)]
mod tests;
