//! Config and theme: which files count, what of them does not, and what was chosen and why.

use std::path::Path;

use super::{Finding, Scene};
use crate::config::{LayerSource, Warning};
use crate::segment::Icons;
use crate::theme::Depth;

pub fn files(scene: &Scene) -> Vec<Finding> {
    if scene.files.is_empty() {
        let finding = Finding::note("there is no config file, so the defaults count");
        return vec![match &scene.paths.config {
            Some(path) => finding.at(path),
            None => finding.advice("set HOME or BRIDGELINE_CONFIG to have a place for one"),
        }];
    }
    let project = |path: &Path| Some(path) != scene.paths.config.as_deref();
    let whose = |path| if project(path) { "the project's config counts" } else { "your config counts" };
    scene.files.iter().map(|path| Finding::ok(whose(path)).at(path)).collect()
}

pub fn mistakes(scene: &Scene) -> Vec<Finding> {
    let warnings = &scene.config.warnings;
    if warnings.is_empty() {
        return vec![Finding::ok("all that is said in config and theme is used")];
    }
    let finding = |warning: &Warning| {
        let line = if warning.line > 0 { format!("line {}: ", warning.line) } else { String::new() };
        let finding = Finding::warning(format!("{line}{}", warning.message));
        match &warning.file {
            Some(file) => finding.at(file),
            None => finding,
        }
    };
    warnings.iter().map(finding).collect()
}

/// Who has set a key, in words.
fn set_by(scene: &Scene, key: &str) -> String {
    match scene.sources.iter().find(|(of, _)| *of == key) {
        Some((_, LayerSource::Default)) | None => "by default".to_owned(),
        Some((_, source)) => format!("by {source}"),
    }
}

pub fn preset(scene: &Scene) -> Vec<Finding> {
    let name = scene.sources.iter().find_map(|(_, source)| match source {
        LayerSource::Preset(name) => Some(name.as_str()),
        _ => None,
    });
    let name = name.unwrap_or("default");
    let rows = scene.config.rows.len();
    let rows = if rows == 1 { "one row".to_owned() } else { format!("{rows} rows") };
    vec![Finding::ok(format!("{name}, {}: {rows}", set_by(scene, "preset")))]
}

pub fn theme(scene: &Scene) -> Vec<Finding> {
    let theme = &scene.config.theme;
    let why = scene.config.reasons.theme;
    let finding = Finding::ok(format!("{}: {why}, set {}", theme.name, set_by(scene, "theme")));
    vec![match &theme.path {
        Some(path) => finding.at(path),
        None => finding,
    }]
}

pub fn color(scene: &Scene) -> Vec<Finding> {
    let config = &scene.config;
    let depth = match config.depth {
        Depth::None => "no colours",
        Depth::Ansi16 => "16 colours",
        Depth::Ansi256 => "256 colours",
        Depth::True => "24-bit colours",
    };
    let message = format!("{depth}: {}", config.reasons.depth);
    vec![match config.depth {
        Depth::None => {
            Finding::note(message).advice("`color = \"always\"` shows them whatever the environment says")
        }
        _ => Finding::ok(message),
    }]
}

pub fn icons(scene: &Scene) -> Vec<Finding> {
    let config = &scene.config;
    let name = Icons::ALL.iter().find(|(_, icons)| *icons == config.icons).map_or("", |(name, _)| *name);
    vec![Finding::ok(format!("{name}: {}", config.reasons.icons))]
}

pub fn width(scene: &Scene) -> Vec<Finding> {
    let config = &scene.config;
    vec![Finding::ok(format!("{} columns: {}", config.width, config.reasons.width))]
}
