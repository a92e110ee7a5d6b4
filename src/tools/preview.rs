//! `bridgeline preview`: sample sessions, or the user's own last one, as they would be printed, in the terminal or as a
//! picture. It fails if there is no such session, or its output cannot be written.

use anyhow::Context;
use itertools::Itertools;

use super::report;
use crate::base::text::Text;
use crate::cli::PreviewArgs;
use crate::config::value::KeyValue;
use crate::config::{self, Config, Flags, Invocation};
use crate::paint::{self, svg};
use crate::segment::{Role, Span};
use crate::session::cache;
use crate::snapshot::Snapshot;
use crate::snapshot::sample::{self, Sample};
use crate::theme::{Depth, Look};
use crate::{layout, line};

/// A row and how it looks.
type PreviewRow = (Vec<Span>, Look, Depth);

/// Runs the command.
pub fn run(preview: &PreviewArgs, call: &Invocation) -> anyhow::Result<()> {
    // A picture has all colours, whatever the environment, unless others are requested.
    let has_all_colors = preview.svg && call.flags.layer.get("", "color").is_none();
    let colored = if has_all_colors { &call.with("color", KeyValue::text("always")) } else { call };
    let with_preset = |preset: &String| colored.with("preset", KeyValue::text(preset));
    let presets = preview.presets.iter().map(with_preset);
    let calls = presets.chain(preview.presets.is_empty().then(|| colored.clone()));
    let sessions = sessions(preview, call)?;
    let mut rows: Vec<PreviewRow> = Vec::new();
    let mut warnings: Vec<String> = Vec::new();
    for (call, (snapshot, sample)) in calls.cartesian_product(&sessions) {
        let project = preview.session.as_ref().and_then(|_| config::project(&snapshot.status));
        let mut config = Config::load(&call, project.as_deref());
        config.width = sample.and_then(|sample| sample.columns).unwrap_or(usize::MAX).min(config.width);
        let look = &config.theme.look;
        let depth = if has_all_colors { look.depth.unwrap_or(Depth::True) } else { config.depth };
        let gap = (!rows.is_empty()).then(Vec::new);
        // Only if no samples were chosen.
        let headed = sample.filter(|_| preview.sample.is_empty());
        let heading = headed.map(|sample| vec![Span::fixed(Role::Label, sample.name)]);
        let spans = gap.into_iter().chain(heading).chain(line::rows(snapshot, &config));
        rows.extend(spans.map(|spans| (spans, look.clone(), depth)));
        warnings.extend(config.warnings.iter().map(ToString::to_string));
    }
    report::print(&if preview.svg { picture(&rows, &call.flags) } else { text(&rows, warnings) })
}

/// The sessions to show, each with its sample. `None` for the user's own session.
fn sessions(preview: &PreviewArgs, call: &Invocation) -> anyhow::Result<Vec<(Snapshot, Option<&'static Sample>)>> {
    if let Some(id) = &preview.session {
        return Ok(vec![(session(id, call)?, None)]);
    }
    let all = sample::ALL.iter().filter(|_| preview.sample.is_empty());
    let samples = preview.sample.iter().filter_map(|name| sample::find(name)).chain(all);
    Ok(samples.map(|sample| (sample.snapshot(), Some(sample))).collect())
}

fn picture(rows: &[PreviewRow], flags: &Flags) -> String {
    let mut plain = rows.iter().map(|(spans, ..)| line::plain(spans).replace(layout::BLANK, " "));
    let look = rows.first().map_or_else(Look::plain, |(_, look, _)| look.clone());
    let drawn =
        rows.iter().map(|(spans, look, depth)| svg::SvgRow { runs: paint::runs(spans, look, *depth), depth: *depth });
    svg::picture(&drawn.collect::<Vec<_>>(), &look, flags.width.unwrap_or(0), plain.join("\n").trim())
}

fn text(rows: &[PreviewRow], warnings: Vec<String>) -> String {
    let warnings = warnings.into_iter().unique();
    let warnings = warnings.map(|warning| format!("warning: {}\n", Text::new(warning)));
    let rows = rows.iter().map(|(spans, look, depth)| paint::paint(spans, look, *depth) + "\n");
    warnings.chain(rows).collect()
}

/// The user's own session as last rendered, by its id; `last` is the newest.
pub fn session(id: &str, call: &Invocation) -> anyhow::Result<Snapshot> {
    let state = call.paths.state.as_deref().context("no home directory; set HOME or BRIDGELINE_STATE_DIR")?;
    let found = cache::named(id, state).and_then(|cache| Some((cache.status()?, cache)));
    let (status, cache) = found.with_context(|| {
        let (id, folder) = (Text::new(id), Text::new(cache::folder(state).to_string_lossy()));
        format!("session {id}: not found in {folder}; sessions are kept there once rendered")
    })?;
    Ok(Snapshot::new(status, &call.env, &call.paths, (cache.history, cache.listings)).with_recorded())
}
