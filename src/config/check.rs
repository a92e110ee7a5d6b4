//! Checks of a config file against the kinds of segments, their fields and keys. What is wrong is removed and reported;
//! the rest applies.

use std::borrow::Cow;

use super::key::SEGMENT_KEYS;
use super::layer::{self, Layer, LayerEntry, LayerTable};
use super::row::{self, MAX_SEGMENTS};
use super::stack::Stack;
use super::value::{Fault, KeyValue};
use crate::base::suggest::did_you_mean;
use crate::base::warning::Warning;
use crate::segment::{self, Kind, Threshold};

/// The author of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Author {
    User,
    /// The author of the project: looks and layout only.
    Project,
}

/// The layer without what is wrong, and its mistakes. `below` are the layers below it.
pub fn check(layer: &Layer, below: &Stack, author: Author) -> (Layer, Vec<Warning>) {
    let whole = below.with(layer);
    let mut checker = Checker { below, whole: &whole, author, mistakes: Vec::new() };
    let tables = layer.tables.iter().filter_map(|table| checker.table(table)).collect();
    (Layer { tables }, checker.mistakes)
}

struct Checker<'a> {
    below: &'a Stack<'a>,
    whole: &'a Stack<'a>,
    author: Author,
    mistakes: Vec<Warning>,
}

impl Checker<'_> {
    fn wrong(&mut self, line: u32, message: impl FnOnce() -> String) {
        if self.mistakes.len() < layer::MAX_MISTAKES {
            self.mistakes.push(Warning { file: None, line, message: message() });
        }
    }

    fn table(&mut self, table: &LayerTable) -> Option<LayerTable> {
        if table.name.is_empty() {
            for (key, line, fault) in table.faults.iter() {
                self.wrong(*line, || format!("{key}: {fault}"));
            }
            table.entries.iter().for_each(|entry| self.rows(entry));
            let entries = table.entries.iter().filter(|entry| self.is_allowed(entry)).cloned().collect();
            return Some(LayerTable { entries, ..LayerTable::default() });
        }
        let kind = self.kind(table)?;
        for (key, line, fault) in table.faults.iter() {
            self.wrong(*line, || format!("segments.{}.{key}: {fault}", table.name));
        }
        let entries = table.entries.iter().filter_map(|entry| self.entry(&table.name, kind, entry)).collect();
        Some(LayerTable { name: table.name.clone(), entries, faults: Cow::Borrowed(&[]) })
    }

    /// Budgets are the user's.
    fn is_allowed(&mut self, entry: &LayerEntry) -> bool {
        let is_refused = self.author == Author::Project && entry.key == "budget";
        if is_refused {
            self.wrong(entry.line, || "budget: a project file may not set this".to_owned());
        }
        !is_refused
    }

    /// Reports unknown segments in rows; they are skipped when rows are made.
    fn rows(&mut self, LayerEntry { key, value, line }: &LayerEntry) {
        let (KeyValue::Texts(rows), "rows" | "extra_rows" | "prompt_rows") = (value, key.as_ref()) else {
            return;
        };
        let groups = rows.iter().flat_map(|row| row::parse(row));
        for name in groups.flat_map(|group| group.names).take(MAX_SEGMENTS) {
            if self.whole.kind(name).is_none() {
                let known = segment::ALL.iter().map(|kind| kind.name).chain(["fill"]);
                self.wrong(*line, || format!("{key}: unknown segment {name}{}", did_you_mean(name, known)));
            }
        }
    }

    /// The kind that a table is about. `None`, with a report, if there is none.
    fn kind(&mut self, table: &LayerTable) -> Option<&'static Kind> {
        let name = &table.name;
        let lines = table.faults.iter().map(|(_, line, _)| *line);
        let line = table.entries.iter().map(|entry| entry.line).chain(lines).min()?;
        let Some(kind) = self.whole.kind(name) else {
            let known = segment::ALL.iter().map(|kind| kind.name);
            self.wrong(line, || match table.get("kind") {
                Some(KeyValue::Text(kind)) => {
                    format!("segments.{name}.kind: unknown kind {kind}{}", did_you_mean(kind, known))
                }
                _ => {
                    let hint = did_you_mean(name, known);
                    format!("segments.{name}: unknown segment{hint}; a custom segment needs a kind")
                }
            });
            return None;
        };
        // A project may configure segments that the user has set up.
        if self.author == Author::Project && !kind.is_harmless() && self.below.kind(name).is_none() {
            self.wrong(line, || format!("segments.{name}: a project file may not define a {}", kind.name));
            return None;
        }
        Some(kind)
    }

    fn entry(&mut self, segment: &str, kind: &'static Kind, entry: &LayerEntry) -> Option<LayerEntry> {
        let mut kept = entry.clone();
        let is_of_project = self.author == Author::Project;
        let mut wrong = |message: &dyn Fn() -> String| {
            self.wrong(entry.line, || format!("segments.{segment}.{}: {}", entry.key, message()));
            false
        };
        let mut has_field =
            |name: &str| kind.all_fields().any(|field| field.name == name) || wrong(&|| no_field(kind, name));
        let is_kept = match &mut kept.value {
            KeyValue::Formats(formats) => {
                formats.to_mut().retain(|format| format.fields().into_iter().all(&mut has_field));
                !formats.is_empty()
            }
            KeyValue::Conditions(conditions) => {
                conditions.to_mut().retain(|condition| has_field(&condition.field));
                true
            }
            KeyValue::Thresholds(thresholds) => {
                thresholds.to_mut().retain(|Threshold { level, .. }| {
                    kind.role_of(*level).is_some() || wrong(&|| Fault::Role(level.name().to_owned()).to_string())
                });
                true
            }
            KeyValue::Own(_) => match kind.keys.iter().find(|own| own.name == entry.key) {
                Some(own) if is_of_project && own.private => wrong(&|| "a project file may not set this".to_owned()),
                Some(_) => true,
                None => wrong(&|| {
                    let common = SEGMENT_KEYS.iter().map(|key| key.name);
                    let known = common.chain(kind.keys.iter().map(|own| own.name));
                    format!("unknown key{}", did_you_mean(&entry.key, known))
                }),
            },
            _ => true,
        };
        is_kept.then_some(kept)
    }
}

fn no_field(kind: &Kind, name: &str) -> String {
    let fields = || kind.all_fields().map(|field| field.name);
    let known: Vec<&str> = fields().collect();
    let hint = did_you_mean(name, fields());
    format!("unknown field {{{name}}}{hint}; available: {}", known.join(", "))
}

#[cfg(test)]
mod tests {
    use super::super::layer;
    use super::*;
    use crate::config::embedded;

    fn checked(source: &str, author: Author) -> (Layer, Vec<String>) {
        let (layer, mistakes) = layer::parse(source);
        assert_eq!(mistakes, [], "{source}");
        let (layer, mistakes) = check(&layer, &Stack(vec![&embedded::DEFAULT]), author);
        (layer, mistakes.into_iter().map(|mistake| format!("{}: {}", mistake.line, mistake.message)).collect())
    }

    #[test]
    fn what_does_not_fit_is_taken_out_and_explained() {
        let check = |source: &str, expected: &str| {
            let (_, mistakes) = checked(source, Author::User);
            assert_eq!(mistakes, [expected], "{source}");
        };
        check("rows = \"moddel | cost\"", "1: rows: unknown segment moddel; did you mean model?");
        check(
            "[segments.contxt]\npriority = 1",
            "2: segments.contxt: unknown segment; did you mean context?; a custom segment needs a kind",
        );
        check("[segments.x]\nkind = \"txt\"", "2: segments.x.kind: unknown kind txt; did you mean text?");
        check(
            "[segments.cost]\nformat = \"{usd} {eur}\"",
            "2: segments.cost.format: unknown field {eur}; available: usd, rate, budget, full, icon, columns, subscriber",
        );
        check(
            "[segments.cost]\nformat = \"{usd\"",
            "2: segments.cost.format: unmatched `{` (write `\\{` for the character itself)",
        );
        check(
            "[segments.cost]\nhide_when = \"usd ~ 5\"",
            "2: segments.cost.hide_when: expected a condition such as `used < 10`, found `usd ~ 5`",
        );
        check(
            "[segments.cost]\nhide_when = \"used < 5\"",
            "2: segments.cost.hide_when: unknown field {used}; did you mean usd?; available: usd, rate, budget, full, icon, columns, subscriber",
        );
        check(
            "[segments.cost]\nthresholds = [{ at = 5, role = \"dangr\" }]",
            "2: segments.cost.thresholds: unknown role dangr; did you mean danger?",
        );
        check("[segments.cost]\nrole = \"mauve\"", "2: segments.cost.role: unknown role mauve");
        check("[segments.cost]\nbugdet = 5", "2: segments.cost.bugdet: unknown key; did you mean budget?");
    }

    #[test]
    fn what_fits_is_kept() {
        let source = "rows = \"model | mine fill cost\"\n[segments.mine]\nkind = \"text\"\nformat = \"hello\"\n[segments.cost]\nbudget = 20\nthresholds = [{ at = 80, role = \"danger\" }, { at = 0, role = \"git\" }]\nhide_when = [\"subscriber\", \"usd < 0.01\", \"columns < 60\"]\n";
        let (layer, _) = layer::parse(source);
        assert_eq!(checked(source, Author::User), (layer, vec![]));
    }

    #[test]
    fn a_project_sets_looks_only() {
        let check = |source: &str, expected: &[&str]| {
            let (layer, mistakes) = checked(source, Author::Project);
            assert_eq!(mistakes, expected, "{source}");
            assert_eq!(layer.tables.iter().flat_map(|table| table.entries.iter()).count(), 0, "{source}");
        };
        check("[budget]\nday = 5", &["1: budget: a project file may not set this"]);
        check("[segments.env]\nvariable = \"TOKEN\"", &["2: segments.env.variable: a project file may not set this"]);
    }

    #[test]
    fn the_embedded_files_are_right() {
        let stack = Stack(vec![&embedded::DEFAULT]);
        let presets = embedded::PRESETS.iter().map(|preset| (preset.name, &preset.layer));
        for (name, layer) in presets.chain([("default.toml", &embedded::DEFAULT), ("prompt.toml", &embedded::PROMPT)]) {
            let (kept, mistakes) = super::check(layer, &stack, Author::User);
            assert_eq!((mistakes, &kept), (vec![], layer), "{name}");
        }
    }
}
