//! `bridgeline explain`: for each segment its text, its sources and their age, and why it is shortened, dropped or
//! absent. It reads the same files as a render, and writes none.
//!
//! Promise: it fails if there is no session to explain.

mod origin;

use std::io::{self, IsTerminal};
use std::path::Path;
use std::time::Duration;

use anyhow::Context;
use itertools::Itertools;
use serde::Serialize;
use serde_json::json;

use self::origin::{Origin, Origins};
use super::report::{self, age, cell, clean};
use crate::agent::Status;
use crate::base::stdin;
use crate::base::text::Text;
use crate::base::width::cut;
use crate::cli::ExplainArgs;
use crate::config::{self, Config, Invocation};
use crate::line::{self, RowTrace, SegmentTrace};
use crate::segment::{Cx, Format, Role, Span};
use crate::session::cache::{self, Cache};
use crate::snapshot::Snapshot;

/// Version of the JSON object: it grows when a key is removed or changes its meaning.
const VERSION: u64 = 1;

/// Maximum columns of a segment's text in the report.
const TEXT: usize = 60;

/// Maximum columns of one of its values.
const VALUE: usize = 30;

/// Prints the explanation.
pub fn run(explain: &ExplainArgs, call: &Invocation) -> anyhow::Result<()> {
    let Invocation { env, paths, .. } = call;
    let (status, cache, age) = subject(explain, call)?;
    let project = config::project(&status);
    let config = Config::load(call, project.as_deref()).for_host(&status, env);
    let origins = Origins::new(&status, env, paths, age, &cache);
    let snapshot = Snapshot::new(status, env, paths, (cache.history, cache.listings)).with_recorded();
    let rows = ExplainedRow::all(&snapshot, &config, &origins);
    if !explain.json {
        return report::print_lines(&lines(&rows, &snapshot, &config, age), &config, call);
    }
    report::print_json(&json!({
        "schema": "bridgeline.explain",
        "version": VERSION,
        "session": snapshot.status.session_id.as_deref().map(clean),
        "agent": snapshot.status.agent,
        "payload_age_s": age.map(|age| age.as_secs()),
        "columns": config.width,
        "columns_by": config.reasons.width,
        "theme": clean(&config.theme.name),
        "theme_by": config.reasons.theme,
        "rows": rows,
        "mistakes": config.warnings.len(),
    }))
}

/// The named session, else that of the payload on stdin, else the last one of this directory: its payload, its cache,
/// and the age of the payload, `None` if its time is invalid.
fn subject(explain: &ExplainArgs, call: &Invocation) -> anyhow::Result<(Status, Cache, Option<Duration>)> {
    let state = call.paths.state.as_deref();
    if let Some(payload) = explain.session.is_none().then(payload_on_stdin).flatten() {
        let status = call.status(&payload).context("standard input is not an agent's payload")?;
        let cache = status.session_id.as_deref().zip(state).and_then(|(id, state)| cache::named(id, state));
        return Ok((status, cache.unwrap_or_default(), Some(Duration::ZERO)));
    }
    let state = state.context("no home directory; set HOME or BRIDGELINE_STATE_DIR")?;
    let shown = Text::new(cache::folder(state).to_string_lossy());
    let cache = if let Some(id) = &explain.session {
        let found = cache::named(id, state);
        found.with_context(|| format!("session {}: not found in {shown}", Text::new(id)))?
    } else {
        let here = call.env.current_dir();
        let here = here.as_deref().and_then(Path::to_str);
        let is_here = |cache: &Cache| cache.payload.is_some() && cache.cwd.as_deref() == here;
        cache::newest(state).find(is_here).with_context(|| {
            let how = "use `--session last` for the newest of all, or pipe in a payload";
            format!("no session for this directory in {shown}; {how}")
        })?
    };
    cache.payload.as_ref().context("its last payload was too large to be kept")?;
    let status = cache.status().context("its last payload has no field that bridgeline knows")?;
    let age = cache.age(call.env.now);
    Ok((status, cache, age))
}

/// Payload on standard input. `None` on a terminal, or if it is empty.
fn payload_on_stdin() -> Option<String> {
    let delivery = (!io::stdin().is_terminal()).then(stdin::payload)?;
    Some(delivery.text).filter(|text| !text.trim().is_empty())
}

/// A row of config, as in the JSON.
#[derive(Serialize)]
struct ExplainedRow {
    /// Its rows on the terminal, separated by line breaks.
    text: String,
    columns: usize,
    /// Reason why it is not shown. `None` if it is.
    hidden: Option<String>,
    segments: Vec<ExplainedSegment>,
}

/// A segment of a row.
#[derive(Serialize)]
struct ExplainedSegment {
    name: String,
    kind: &'static str,
    fate: Fate,
    /// The text that it shows, or would show.
    text: String,
    /// The number of the form that `text` is, from 1; 0 without a form.
    form: usize,
    forms: usize,
    values: Vec<ExplainedValue>,
    /// Reason why it is not shown in its longest form.
    reason: Option<String>,
}

/// A name in a format.
#[derive(Serialize)]
struct ExplainedValue {
    name: &'static str,
    /// `None` if it has no value.
    text: Option<String>,
    #[serde(flatten)]
    origin: Origin,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
enum Fate {
    Shown,
    Shortened,
    Dropped,
    Absent,
}

impl Fate {
    fn look(self) -> (&'static str, Role) {
        match self {
            Fate::Shown => ("shown", Role::PrApproved),
            Fate::Shortened => ("shortened", Role::ContextNotice),
            Fate::Dropped => ("dropped", Role::ContextWarning),
            Fate::Absent => ("absent", Role::Label),
        }
    }
}

impl ExplainedRow {
    fn all(snapshot: &Snapshot, config: &Config, origins: &Origins) -> Vec<Self> {
        let explain =
            |trace: &SegmentTrace| ExplainedSegment::new(trace, &config.cx(snapshot, trace.settings), origins);
        let row = |row: &RowTrace| ExplainedRow {
            text: text(row),
            columns: row.columns,
            hidden: why_hidden(row, &snapshot.status),
            segments: row.segments.iter().map(explain).collect(),
        };
        line::trace(snapshot, config).iter().map(row).collect()
    }
}

/// The report for people.
fn lines(rows: &[ExplainedRow], snapshot: &Snapshot, config: &Config, payload_age: Option<Duration>) -> Vec<Vec<Span>> {
    let session = snapshot.status.session_id.as_deref().unwrap_or("without id");
    let head = format!("session {session} of {}, payload {}", snapshot.status.agent, age(payload_age));
    let theme = format!("theme {} ({})", config.theme.name, config.reasons.theme);
    let mut lines = vec![vec![Span::new(Role::Session, head)], vec![Span::new(Role::Label, theme)]];
    for (number, row) in rows.iter().enumerate() {
        let why = row.hidden.as_ref().map(|why| format!(": not shown, {why}")).unwrap_or_default();
        let heading = format!("row {} in {} columns ({}){why}", number + 1, row.columns, config.reasons.width);
        lines.push(vec![Span::new(Role::Model, heading)]);
        if row.hidden.is_none() {
            lines.extend(row.text.lines().map(|text| vec![Span::new(Role::Text, format!("  {text}"))]));
        }
        lines.extend(row.segments.iter().map(ExplainedSegment::line));
    }
    if !config.warnings.is_empty() {
        let text = "the config or theme has mistakes; run `bridgeline config check` to list them";
        lines.push(vec![Span::fixed(Role::ContextWarning, text)]);
    }
    lines
}

/// The rows that are shown, or would be shown.
fn text(row: &RowTrace) -> String {
    let count = if row.shown > 0 { row.shown } else { row.rows.len() };
    row.rows[..count].iter().map(|row| line::plain(row)).join("\n")
}

fn why_hidden(row: &RowTrace, status: &Status) -> Option<String> {
    if row.segments.is_empty() {
        Some("it has no segments".to_owned())
    } else if row.rows.is_empty() {
        Some("none of its segments has a value".to_owned())
    } else if row.shown == 0 {
        Some(format!("{} shows at most {}", status.agent, status.max_rows.unwrap_or_default()))
    } else {
        None
    }
}

impl ExplainedSegment {
    fn new(trace: &SegmentTrace, cx: &Cx, origins: &Origins) -> Self {
        let settings = trace.settings;
        let forms = trace.forms.len();
        let form = trace.chosen.map_or(forms, |form| form + 1);
        let text = form.checked_sub(1).map(|form| trace.forms[form].clone()).unwrap_or_default();
        let values = values(cx, origins);
        let (fate, reason) = match trace.chosen {
            Some(0) => (Fate::Shown, origins.failure(cx)),
            Some(_) => (Fate::Shortened, Some(format!("form {form} of {forms}: no room for more"))),
            None if forms == 0 => (Fate::Absent, Some(why_absent(cx, &values, origins))),
            None if text.is_empty() => (Fate::Absent, Some("all its characters were removed as unsafe".to_owned())),
            None => {
                let why = format!("no room: low priority ({})", settings.priority);
                (Fate::Dropped, Some(why))
            }
        };
        let (name, reason) = (clean(settings.name()), reason.as_deref().map(clean));
        ExplainedSegment { name, kind: settings.kind.name, fate, text, form, forms, values, reason }
    }

    /// Its line in the report.
    fn line(&self) -> Vec<Span> {
        let (word, role) = self.fate.look();
        let mut line = vec![Span::fixed(Role::Text, "  "), cell(role, word, 9), cell(Role::Label, &self.name, 11)];
        let mut between = "";
        if self.fate != Fate::Absent {
            line.push(Span::new(Role::Text, cut(&self.text, TEXT)));
            line.extend(self.details().map(|text| Span::new(Role::Label, text)));
            between = "; ";
        }
        line.extend(self.reason.as_ref().map(|reason| Span::new(role, format!("{between}{reason}"))));
        line
    }

    /// The values behind its text, their sources, and the names without a value.
    fn details(&self) -> impl Iterator<Item = String> {
        let (mut told, mut origins, mut lacking) = (Vec::new(), Vec::new(), Vec::new());
        for ExplainedValue { name, text, origin } in &self.values {
            let Some(text) = text else {
                lacking.push(*name);
                continue;
            };
            if *text != self.text {
                told.push(format!("{name} {}", cut(text, VALUE)));
            }
            origins.push(origin.in_words());
        }
        let origins = origins.into_iter().unique().join(" and ");
        let told = (!told.is_empty()).then(|| format!("  ({})", told.join(", ")));
        let origins = (!origins.is_empty()).then(|| format!("  from {origins}"));
        let lacking = (!lacking.is_empty()).then(|| format!("; without {}", lacking.join(", ")));
        told.into_iter().chain(origins).chain(lacking)
    }
}

/// The segment's own fields used in its formats, in order.
fn values(cx: &Cx, origins: &Origins) -> Vec<ExplainedValue> {
    // Icons and other common fields are not worth listing.
    let own = |name: &str| cx.settings.kind.fields.iter().map(|own| own.name).find(|own| *own == name);
    let fields = |format: &Format| format.fields().into_iter().filter_map(own).collect();
    let mut formats: Vec<Vec<&'static str>> = cx.settings.formats.iter().map(fields).collect();
    // A format without any known value is a fallback for other situations.
    let is_known = |fields: &Vec<&str>| fields.iter().any(|name| cx.value(name).is_some());
    if formats.iter().any(is_known) {
        formats.retain(is_known);
    }
    let named = |name| {
        let text = cx.value(name).map(|value| value.as_text());
        ExplainedValue { name, text, origin: origins.of(cx, name) }
    };
    formats.concat().into_iter().unique().map(named).collect()
}

/// Reason why a segment has nothing to show.
fn why_absent(cx: &Cx, values: &[ExplainedValue], origins: &Origins) -> String {
    let missing = values.iter().filter(|named| named.text.is_none()).map(|named| named.name).collect_vec();
    let holds = cx.settings.hide_when.iter().find(|condition| condition.holds(|name| cx.value(name)));
    match (missing.len(), holds) {
        _ if cx.settings.formats.is_empty() => "no format is set".to_owned(),
        (count @ 1.., _) if count == values.len() => origins.why_not(cx),
        (_, Some(condition)) => format!("hidden while `{}`", condition.source),
        (0, None) => "its format has nothing to show".to_owned(),
        (_, None) => format!("no {}: {}", missing.join(", "), origins.why_not(cx)),
    }
}
