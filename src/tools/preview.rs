//! `bridgeline preview`: sample sessions, or one's own last one, as they would be printed, in the terminal
//! or as a picture. Fails when there is no such session, or its output cannot be written.

use anyhow::{Context, anyhow};

use super::report;
use crate::base::text::Text;
use crate::cli::Preview;
use crate::config::value::Value;
use crate::config::{self, Config, Flags, Invocation};
use crate::layout;
use crate::line;
use crate::paint::{self, svg};
use crate::segment::{Role, Span};
use crate::session::cache;
use crate::snapshot::Snapshot;
use crate::snapshot::sample::{self, Sample};
use crate::theme::{Depth, Look};

/// A row and how it looks.
struct Row {
    spans: Vec<Span>,
    look: Look,
    depth: Depth,
}

impl Row {
    fn drawn(&self) -> svg::Row<'_> {
        svg::Row { runs: paint::runs(&self.spans, &self.look, self.depth), depth: self.depth }
    }
}

/// A session that is shown.
struct Shown {
    snapshot: Snapshot,
    heading: Option<&'static str>,
    columns: Option<usize>,
}

/// Prints what is asked for.
pub fn run(preview: &Preview, call: &Invocation) -> anyhow::Result<()> {
    let mut rows: Vec<Row> = Vec::new();
    let mut warnings: Vec<String> = Vec::new();
    for flags in flags(preview, call) {
        for Shown { snapshot, heading, columns } in shown(preview, call)? {
            let project = if preview.session.is_some() { config::project(&snapshot.status) } else { None };
            let mut config = Config::load(&flags, &call.env, &call.paths, project.as_deref());
            config.width = columns.unwrap_or(usize::MAX).min(config.width);
            let look = &config.theme.look;
            let depth = if has_all_colors(preview, &call.flags) {
                look.depth.unwrap_or(Depth::True)
            } else {
                config.depth
            };
            let row = |spans| Row { spans, look: look.clone(), depth };
            if !rows.is_empty() {
                rows.push(row(Vec::new()));
            }
            let heading = heading.map(|heading| vec![Span::fixed(Role::Label, heading)]);
            rows.extend(heading.into_iter().chain(line::rows(&snapshot, &config)).map(row));
            for warning in config.warnings.iter().map(ToString::to_string) {
                if !warnings.contains(&warning) {
                    warnings.push(warning);
                }
            }
        }
    }
    if preview.svg {
        let title = rows.iter().map(|row| plain(&row.spans)).collect::<Vec<_>>().join("\n");
        let columns = call.flags.width.unwrap_or(0);
        let look = rows.first().map_or_else(Look::plain, |row| row.look.clone());
        let drawn: Vec<svg::Row> = rows.iter().map(Row::drawn).collect();
        let picture = svg::picture(&drawn, &look, columns, title.trim());
        return report::print(&picture);
    }
    let mut text = String::new();
    for warning in warnings {
        text.push_str(&format!("warning: {}\n", Text::new(warning).as_str()));
    }
    for row in &rows {
        text.push_str(&paint::paint(&row.spans, &row.look, row.depth));
        text.push('\n');
    }
    report::print(&text)
}

/// The flags of each layout that is shown.
fn flags(preview: &Preview, call: &Invocation) -> Vec<Flags> {
    let mut flags = call.flags.clone();
    if has_all_colors(preview, &call.flags) {
        flags.layer.set("color", Value::text("always"));
    }
    let with_preset = |preset: &String| {
        let mut flags = flags.clone();
        flags.layer.set("preset", Value::text(preset));
        flags
    };
    match preview.presets.as_slice() {
        [] => vec![flags],
        presets => presets.iter().map(with_preset).collect(),
    }
}

/// A picture has them, wherever it is made, unless others are asked for.
fn has_all_colors(preview: &Preview, flags: &Flags) -> bool {
    preview.svg && flags.layer.get("", "color").is_none()
}

/// The sessions. Samples have headings where nobody has chosen them.
fn shown(preview: &Preview, call: &Invocation) -> anyhow::Result<Vec<Shown>> {
    if let Some(id) = &preview.session {
        return Ok(vec![Shown { snapshot: session(id, call)?, heading: None, columns: None }]);
    }
    let shown =
        |sample: &Sample, heading| Shown { snapshot: sample.snapshot(), heading, columns: sample.columns };
    Ok(match preview.sample.as_slice() {
        [] => sample::ALL.iter().map(|sample| shown(sample, Some(sample.name))).collect(),
        names => {
            names.iter().filter_map(|name| sample::find(name)).map(|sample| shown(sample, None)).collect()
        }
    })
}

/// One's own session as it was last rendered, by its id; `last` is the newest.
fn session(id: &str, call: &Invocation) -> anyhow::Result<Snapshot> {
    let Invocation { env, paths, .. } = call;
    let state = paths.state.as_deref().context("there is no home: set BRIDGELINE_STATE_DIR")?;
    let cache = cache::named(id, state);
    let folder = || Text::new(cache::folder(state).to_string_lossy());
    let id = || Text::new(id);
    let not_found = || {
        let (id, folder) = (id(), folder());
        let (id, folder) = (id.as_str(), folder.as_str());
        anyhow!("session {id}: not found in {folder}; each session is kept there once its line was rendered")
    };
    let cache = cache.ok_or_else(not_found)?;
    let status = cache.status().ok_or_else(not_found)?;
    Ok(Snapshot::new(status, env, paths, (cache.history, cache.listings)))
}

fn plain(row: &[Span]) -> String {
    line::plain(row).replace(layout::BLANK, " ")
}
