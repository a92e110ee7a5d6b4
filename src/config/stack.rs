//! Layers on top of each other, and their result: a key of a higher one takes precedence. build.rs computes the result
//! of the built-in files with the same code.

use std::borrow::Cow;

use super::layer::{Layer, LayerEntry, LayerTable};
use super::value::KeyValue;
use crate::segment::{self, Kind, Settings, Threshold};

/// Layers, the lowest first.
#[derive(Clone)]
pub struct Stack<'a>(pub Vec<&'a Layer>);

impl<'a> Stack<'a> {
    /// With a further layer on top.
    #[must_use]
    pub fn with(&self, layer: &'a Layer) -> Stack<'a> {
        Stack(self.0.iter().copied().chain([layer]).collect())
    }

    /// The value of a key.
    pub fn get(&self, table: &str, key: &str) -> Option<&'a KeyValue> {
        self.0.iter().rev().find_map(|layer| layer.get(table, key))
    }

    /// The value of a key of a segment, for itself or for its kind.
    pub fn of_segment(&self, name: &str, key: &str) -> Option<&'a KeyValue> {
        let kind = self.kind(name).map_or(name, |kind| kind.name);
        self.get(name, key).or_else(|| self.get(kind, key))
    }

    /// The kind of a segment: the one it names, else the one with its own name.
    pub fn kind(&self, segment: &str) -> Option<&'static Kind> {
        match self.get(segment, "kind") {
            Some(KeyValue::Text(kind)) => segment::find(kind),
            _ => segment::find(segment),
        }
    }

    /// A text at the top; empty if none is set.
    pub fn text(&self, key: &str) -> Cow<'static, str> {
        match self.get("", key) {
            Some(KeyValue::Text(text)) => text.clone(),
            _ => Cow::Borrowed(""),
        }
    }

    /// A list of texts at the top; empty if none is set.
    pub fn texts(&self, key: &str) -> &'a [Cow<'static, str>] {
        match self.get("", key) {
            Some(KeyValue::Texts(list)) => list,
            _ => &[],
        }
    }

    /// A number at the top. `None` if none is set.
    pub fn number(&self, key: &str) -> Option<usize> {
        match self.get("", key) {
            Some(KeyValue::Number(number)) => Some(*number as usize),
            _ => None,
        }
    }

    /// The configuration of a segment. `None` if there is no such segment.
    pub fn settings(&self, name: &str) -> Option<Settings> {
        let kind = self.kind(name)?;
        // A custom segment is its kind with differences.
        let names = if name == kind.name { &[kind.name][..] } else { &[kind.name, name] };
        let tables: Vec<&LayerTable> =
            names.iter().flat_map(|name| self.0.iter().filter_map(|layer| layer.table(name))).collect();
        let own_name = (name != kind.name).then(|| Cow::Owned(name.to_owned()));
        let mut settings = Settings { own_name, ..Settings::new(kind) };
        for table in tables {
            // Steps apply only to the forms that they were written for.
            if table.get("format").is_some() {
                settings.steps = Cow::Borrowed(&[]);
            }
            // Thresholds in layers below a budget were written for USD.
            if table.get("budget").is_some() {
                settings.thresholds = Cow::Borrowed(Threshold::OF_BUDGET);
            }
            table.entries.iter().for_each(|entry| set(&mut settings, entry));
        }
        Some(settings)
    }
}

fn set(settings: &mut Settings, LayerEntry { key, value, .. }: &LayerEntry) {
    match (key.as_ref(), value) {
        ("format", KeyValue::Formats(formats)) => settings.formats = formats.clone(),
        ("steps", KeyValue::Steps(steps)) => settings.steps = steps.clone(),
        ("priority", KeyValue::Number(number)) => settings.priority = u8::try_from(*number).unwrap_or(u8::MAX),
        ("prefix", KeyValue::Text(text)) => settings.prefix = text.clone(),
        ("icon", KeyValue::Text(text)) => settings.icon = Some(text.clone()),
        ("role", KeyValue::Role(role)) => settings.role = Some(*role),
        ("hide_when", KeyValue::Conditions(conditions)) => settings.hide_when = conditions.clone(),
        ("thresholds", KeyValue::Thresholds(thresholds)) => {
            settings.thresholds = thresholds.clone();
            if !thresholds.is_sorted_by(|a, b| a.at <= b.at) {
                settings.thresholds.to_mut().sort_by(|a, b| a.at.total_cmp(&b.at));
            }
        }
        (_, KeyValue::Own(text)) => {
            let options = settings.options.to_mut();
            options.retain(|(known, _)| known != key);
            options.push((key.clone(), text.clone()));
        }
        _ => {}
    }
}
