//! `bridgeline preview`: sample sessions, or one's own last one, as they would be printed, in the terminal
//! or as a picture. Fails when there is no such session, or its output cannot be written.

use anyhow::Context;
use itertools::Itertools;

use super::report;
use crate::base::text::Text;
use crate::cli::PreviewArgs;
use crate::config::value::Value;
use crate::config::{self, Config, Flags, Invocation};
use crate::paint::{self, svg};
use crate::segment::{Role, Span};
use crate::session::cache;
use crate::snapshot::Snapshot;
use crate::snapshot::sample::{self, Sample};
use crate::theme::{Depth, Look};
use crate::{layout, line};

/// A row and how it looks.
struct PreviewRow {
    spans: Vec<Span>,
    look: Look,
    depth: Depth,
}

/// Prints what is asked for.
pub fn run(preview: &PreviewArgs, call: &Invocation) -> anyhow::Result<()> {
    // A picture has all colours, wherever it is made, unless others are asked for.
    let has_all_colors = preview.svg && call.flags.layer.get("", "color").is_none();
    let colored = if has_all_colors { &call.with("color", Value::text("always")) } else { call };
    let with_preset = |preset: &String| colored.with("preset", Value::text(preset));
    let mut calls: Vec<Invocation> = preview.presets.iter().map(with_preset).collect();
    if calls.is_empty() {
        calls.push(colored.clone());
    }
    let sessions = sessions(preview, call)?;
    let mut rows: Vec<PreviewRow> = Vec::new();
    let mut warnings: Vec<String> = Vec::new();
    for call in &calls {
        for PreviewSession { snapshot, heading, columns } in &sessions {
            let project = preview.session.as_ref().and_then(|_| config::project(&snapshot.status));
            let mut config = Config::load(call, project.as_deref());
            config.width = columns.unwrap_or(usize::MAX).min(config.width);
            let look = &config.theme.look;
            let depth = if has_all_colors { look.depth.unwrap_or(Depth::True) } else { config.depth };
            let gap = (!rows.is_empty()).then(Vec::new);
            let heading = heading.map(|heading| vec![Span::fixed(Role::Label, heading)]);
            let spans = gap.into_iter().chain(heading).chain(line::rows(snapshot, &config));
            rows.extend(spans.map(|spans| PreviewRow { spans, look: look.clone(), depth }));
            warnings.extend(config.warnings.iter().map(ToString::to_string));
        }
    }
    report::print(&if preview.svg { picture(&rows, &call.flags) } else { text(&rows, warnings) })
}

/// A session that is shown.
struct PreviewSession {
    snapshot: Snapshot,
    heading: Option<&'static str>,
    columns: Option<usize>,
}

/// The sessions. Samples have headings where nobody has chosen them.
fn sessions(preview: &PreviewArgs, call: &Invocation) -> anyhow::Result<Vec<PreviewSession>> {
    if let Some(id) = &preview.session {
        return Ok(vec![PreviewSession { snapshot: session(id, call)?, heading: None, columns: None }]);
    }
    let is_all = preview.sample.is_empty();
    let chosen = preview.sample.iter().filter_map(|name| sample::find(name));
    let samples: Vec<&Sample> = if is_all { sample::ALL.iter().collect() } else { chosen.collect() };
    let shown = |sample: &Sample| PreviewSession {
        snapshot: sample.snapshot(),
        heading: is_all.then_some(sample.name),
        columns: sample.columns,
    };
    Ok(samples.into_iter().map(shown).collect())
}

fn picture(rows: &[PreviewRow], flags: &Flags) -> String {
    let plain = |row: &PreviewRow| line::plain(&row.spans).replace(layout::BLANK, " ");
    let title = rows.iter().map(plain).join("\n");
    let look = rows.first().map_or_else(Look::plain, |row| row.look.clone());
    let drawn: Vec<_> = rows
        .iter()
        .map(|row| svg::Row { runs: paint::runs(&row.spans, &row.look, row.depth), depth: row.depth })
        .collect();
    svg::picture(&drawn, &look, flags.width.unwrap_or(0), title.trim())
}

fn text(rows: &[PreviewRow], warnings: Vec<String>) -> String {
    let warnings = warnings.into_iter().unique();
    let warnings = warnings.map(|warning| format!("warning: {}\n", Text::new(warning)));
    let rows = rows.iter().map(|row| paint::paint(&row.spans, &row.look, row.depth) + "\n");
    warnings.chain(rows).collect()
}

/// One's own session as it was last rendered, by its id; `last` is the newest.
pub fn session(id: &str, call: &Invocation) -> anyhow::Result<Snapshot> {
    let state = call.paths.state.as_deref().context("there is no home: set BRIDGELINE_STATE_DIR")?;
    let found = cache::named(id, state).and_then(|cache| Some((cache.status()?, cache)));
    let (status, cache) = found.with_context(|| {
        let (id, folder) = (Text::new(id), Text::new(cache::folder(state).to_string_lossy()));
        format!("session {id}: not found in {folder}; each session is kept there once its line was rendered")
    })?;
    Ok(Snapshot::new(status, &call.env, &call.paths, (cache.history, cache.listings)))
}
