//! The config files that come with the program, read and put together when it was built.

use std::borrow::Cow;

use super::Group;
use super::layer::{Layer, LayerEntry, LayerTable};
use super::value::KeyValue;
use crate::base::text::Text;
use crate::layout::Side;
use crate::segment::{Condition, Format, Level, Part, Settings, Test, Threshold, known};

/// A preset.
pub struct Preset {
    pub name: &'static str,
    /// The comment at the head of its file.
    pub about: &'static str,
    pub layer: Layer,
    /// Settings of the segments that it sets something of, by name.
    segments: &'static [Settings],
    /// The groups of each of its rows.
    pub rows: &'static [&'static [Group]],
}

// `pub static DEFAULT: Layer`, `static SEGMENTS: &[Settings]` and `pub static PRESETS: &[Preset]` by name, and
// `pub static PROMPT: Layer`.
include!(concat!(env!("OUT_DIR"), "/config.rs"));

/// The text of the default file, for people.
pub const DEFAULT_SOURCE: &str = include_str!("default.toml");

/// The preset with that name.
pub fn preset(name: &str) -> Option<&'static Preset> {
    PRESETS.iter().find(|preset| preset.name == name)
}

/// The preset used if none is chosen.
pub fn default_preset() -> &'static Preset {
    preset("default").expect("build.rs lays out presets/default.toml")
}

impl Preset {
    /// The settings of a segment in the preset and the defaults. `None` for a segment that they do not mention.
    pub fn settings(&self, name: &str) -> Option<&'static Settings> {
        let find = |segments: &'static [Settings]| {
            let at = segments.binary_search_by(|settings| settings.name().cmp(name)).ok()?;
            Some(&segments[at])
        };
        find(self.segments).or_else(|| find(SEGMENTS))
    }
}

#[cfg(test)]
mod tests {
    use super::super::row;
    use super::super::stack::Stack;
    use super::*;

    #[test]
    fn what_was_laid_out_is_what_the_files_come_to() {
        for preset in PRESETS {
            let stack = Stack(vec![&DEFAULT, &preset.layer]);
            let check = |settings: &Settings, name: &str| {
                let fields = |of: &Settings| {
                    let text = (of.own_name.clone(), of.kind.name, of.prefix.clone(), of.icon.clone());
                    let numbers = (of.priority, of.steps.clone(), of.role, of.thresholds.clone());
                    (text, numbers, of.formats.clone(), of.hide_when.clone(), of.options.clone())
                };
                assert_eq!(fields(settings), fields(&stack.settings(name).unwrap()), "{}", preset.name);
            };
            for kind in crate::segment::ALL {
                check(preset.settings(kind.name).unwrap(), kind.name);
            }
            let texts = stack.texts("rows").iter().chain(stack.texts("extra_rows"));
            let rows: Vec<Vec<row::GroupNames>> = texts.map(|row| row::parse(row)).collect();
            assert_eq!(rows.len(), preset.rows.len(), "{}", preset.name);
            for (group, laid) in rows.iter().flatten().zip(preset.rows.iter().copied().flatten()) {
                let names: Vec<&str> = laid.segments().map(Settings::name).collect();
                assert_eq!((laid.side, &names), (group.side, &group.names), "{}", preset.name);
                laid.segments().for_each(|settings| check(settings, settings.name()));
            }
        }
    }
}
