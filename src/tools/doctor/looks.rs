//! Config and theme: config files in use, mistakes in them, and what was chosen and why.

use super::{Checkup, Findings};
use crate::config::LayerSource;
use crate::config::key::LINKS;
use crate::segment::Icons;
use crate::theme::Depth;

pub fn files(cx: &Checkup, found: &mut Findings) {
    let own = cx.call.paths.config.as_deref();
    for (source, _) in cx.layers.named() {
        if let LayerSource::File(path) = source {
            let is_own = Some(path.as_path()) == own;
            found.ok(if is_own { "your config is in use" } else { "the project's config is in use" }).at(path);
        }
    }
    if found.all.is_empty() {
        let finding = found.note("no config file; using the defaults");
        match own {
            Some(path) => finding.at(path),
            None => finding.advice("set HOME or BRIDGELINE_CONFIG to use one"),
        };
    }
}

pub fn mistakes(cx: &Checkup, found: &mut Findings) {
    for warning in &cx.mistakes {
        let line = if warning.line > 0 { format!("line {}: ", warning.line) } else { String::new() };
        found.warning(format!("{line}{}", warning.message)).at_any(warning.file.as_ref());
    }
    found.or_ok("no mistakes in the config or theme");
}

/// The layer that sets a key, in words.
fn set_by(cx: &Checkup, key: &str) -> String {
    let mut layers = cx.layers.named().rev();
    match layers.find(|(_, layer)| layer.get("", key).is_some()) {
        Some((LayerSource::Default, _)) | None => "built-in".to_owned(),
        Some((source, _)) => format!("set by {source}"),
    }
}

pub fn preset(cx: &Checkup, found: &mut Findings) {
    let rows = match cx.config.rows.len() {
        1 => "one row".to_owned(),
        several => format!("{several} rows"),
    };
    found.ok(format!("{} ({}), {rows}", cx.layers.preset(), set_by(cx, "preset")));
}

pub fn theme(cx: &Checkup, found: &mut Findings) {
    let (theme, why) = (&cx.config.theme, cx.config.reasons.theme);
    found.ok(format!("{} ({}): {why}", theme.name, set_by(cx, "theme"))).at_any(theme.path.as_ref());
}

pub fn color(cx: &Checkup, found: &mut Findings) {
    let why = cx.config.reasons.depth;
    match cx.config.depth {
        Depth::None => found.note(format!("no colours: {why}")).advice("set `color = \"always\"` to use them anyway"),
        Depth::Ansi16 => found.ok(format!("16 colours: {why}")),
        Depth::Ansi256 => found.ok(format!("256 colours: {why}")),
        Depth::True => found.ok(format!("24-bit colours: {why}")),
    };
}

pub fn icons(cx: &Checkup, found: &mut Findings) {
    let own = Icons::ALL.iter().find(|(_, icons)| *icons == cx.config.icons);
    found.ok(format!("{}: {}", own.map_or("", |(name, _)| *name), cx.config.reasons.icons));
}

pub fn links(cx: &Checkup, found: &mut Findings) {
    let kinds: Vec<&str> = LINKS[1..].iter().copied().filter(|kind| cx.config.has_links(kind)).collect();
    let kinds = if kinds.is_empty() { "none".to_owned() } else { kinds.join(", ") };
    found.ok(format!("{kinds}: {}", cx.config.reasons.links));
}

pub fn width(cx: &Checkup, found: &mut Findings) {
    found.ok(format!("{} columns: {}", cx.config.width, cx.config.reasons.width));
}
