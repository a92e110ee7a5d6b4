//! What a config file says, held against what there is: kinds of segments, their names and keys, the
//! roles of themes. What does not fit is taken out and reported; the rest counts.

use super::key::SEGMENT_KEYS;
use super::layer::{self, Entry, Layer, MAX_SEGMENTS, Mistake, Table, Value};
use super::{Stack, row};
use crate::base::suggest::did_you_mean;
use crate::segment::{self, Condition, Kind, Role, format};

/// Who has written a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Author {
    /// The user.
    User,
    /// Whoever has written the project: looks and layout only.
    Project,
}

/// The layer without what does not fit, and what that was. `below` are the layers that it lies on.
pub fn check(layer: &Layer, below: &Stack, author: Author) -> (Layer, Vec<Mistake>) {
    let whole = below.with(layer);
    let mut checker = Checker { below, whole: &whole, author, mistakes: Vec::new() };
    let tables = layer.tables.iter().filter_map(|table| checker.table(table)).collect::<Vec<_>>();
    (Layer { tables: tables.into() }, checker.mistakes)
}

struct Checker<'a> {
    below: &'a Stack<'a>,
    whole: &'a Stack<'a>,
    author: Author,
    mistakes: Vec<Mistake>,
}

impl Checker<'_> {
    fn wrong(&mut self, entry: &Entry, message: impl FnOnce() -> String) {
        if self.mistakes.len() < layer::MAX_MISTAKES {
            self.mistakes.push(Mistake { line: entry.line, message: message() });
        }
    }

    fn table(&mut self, table: &Table) -> Option<Table> {
        if table.name.is_empty() {
            table
                .entries
                .iter()
                .filter(|entry| matches!(entry.key.as_ref(), "rows" | "extra_rows" | "prompt_rows"))
                .for_each(|entry| self.rows(entry));
            return Some(table.clone());
        }
        let kind = self.kind(table)?;
        let kept = table.entries.iter().filter_map(|entry| self.entry(&table.name, kind, entry));
        Some(Table { name: table.name.clone(), entries: kept.collect::<Vec<_>>().into() })
    }

    /// Names in rows that are no segments; they are passed over when rows are made.
    fn rows(&mut self, entry: &Entry) {
        let Value::List(rows) = &entry.value else { return };
        let groups = rows.iter().flat_map(|row| row::parse(row));
        for name in groups.flat_map(|group| group.names).take(MAX_SEGMENTS) {
            if self.whole.kind(name).is_none() {
                let known = segment::ALL.iter().map(|kind| kind.name).chain(["fill"]);
                let hint = || did_you_mean(name, known);
                self.wrong(entry, || format!("{}: no segment {name}{}", entry.key, hint()));
            }
        }
    }

    /// The kind that a table is about. `None`, and reported, when there is none.
    fn kind(&mut self, table: &Table) -> Option<&'static Kind> {
        let first = table.entries.first()?;
        match self.whole.kind(&table.name) {
            Some(kind)
                if self.author == Author::Project
                    && !kind.is_harmless()
                    && self.below.kind(&table.name).is_none() =>
            {
                self.wrong(first, || {
                    format!("segments.{}: a project's file cannot make a {}", table.name, kind.name)
                });
                None
            }
            Some(kind) => Some(kind),
            None => {
                let known = segment::ALL.iter().map(|kind| kind.name);
                self.wrong(first, || match table.get("kind") {
                    Some(Value::Text(kind)) => {
                        format!("segments.{}.kind: no kind {kind}{}", table.name, did_you_mean(kind, known))
                    }
                    _ => {
                        let hint = did_you_mean(&table.name, known);
                        format!("segments.{0}: no segment {0}{hint}; one of your own has a kind", table.name)
                    }
                });
                None
            }
        }
    }

    fn entry(&mut self, segment: &str, kind: &'static Kind, entry: &Entry) -> Option<Entry> {
        let path = format!("segments.{segment}.{}", entry.key);
        let fields = || kind.all_fields().map(|field| field.name);
        let mut kept = entry.clone();
        match (entry.key.as_ref(), &mut kept.value) {
            ("format", Value::List(formats)) => {
                formats.to_mut().retain(|format| {
                    match format::check(format, |name| fields().any(|field| field == name)) {
                        Ok(()) => true,
                        Err(mistake) => {
                            self.wrong(entry, || format!("{path}: {}", in_words(&mistake, kind)));
                            false
                        }
                    }
                });
                if formats.is_empty() {
                    return None;
                }
            }
            ("hide_when", Value::List(conditions)) => conditions.to_mut().retain(|text| {
                let known = |condition: &Condition| fields().any(|field| field == condition.field);
                match Condition::parse(text) {
                    Some(condition) if known(&condition) => true,
                    Some(condition) => {
                        let mistake = format::Mistake::Unknown(condition.field);
                        self.wrong(entry, || format!("{path}: {}", in_words(&mistake, kind)));
                        false
                    }
                    None => {
                        self.wrong(entry, || {
                            format!("{path}: expected a condition such as `used < 10`, found `{text}`")
                        });
                        false
                    }
                }
            }),
            ("thresholds", Value::List(thresholds)) => thresholds.to_mut().retain(|text| {
                let role = text.split_once(' ').map_or("", |(_, role)| role);
                let is_role = role_of(role, kind).is_some();
                if !is_role {
                    self.wrong(entry, || format!("{path}: {}", no_role(role)));
                }
                is_role
            }),
            ("role", Value::Text(role)) if Role::find(role).is_none() => {
                self.wrong(entry, || format!("{path}: {}", no_role(role)));
                return None;
            }
            (key, _) if SEGMENT_KEYS.iter().any(|known| known.name == key) => {}
            (key, _) => match kind.keys.iter().find(|own| own.name == key) {
                Some(own) if self.author == Author::Project && own.private => {
                    self.wrong(entry, || format!("{path}: a project's file cannot set this"));
                    return None;
                }
                Some(_) => {}
                None => {
                    let known =
                        SEGMENT_KEYS.iter().map(|key| key.name).chain(kind.keys.iter().map(|own| own.name));
                    self.wrong(entry, || format!("{path}: no such key{}", did_you_mean(key, known)));
                    return None;
                }
            },
        }
        Some(kept)
    }
}

/// The role that a threshold names: a step of the segment's own, or any role of themes.
pub fn role_of(name: &str, kind: &Kind) -> Option<Role> {
    let step = ["notice", "warning", "danger"].iter().position(|step| *step == name);
    match (step, kind.role.levels()) {
        (Some(step), Some(levels)) => Some(levels[step]),
        _ if name == "normal" => Some(kind.role),
        _ => Role::find(name),
    }
}

fn no_role(name: &str) -> String {
    let known = Role::ALL.iter().map(|role| role.name()).chain(["normal", "notice", "warning", "danger"]);
    format!("no role {name}{}", did_you_mean(name, known))
}

fn in_words(mistake: &format::Mistake, kind: &Kind) -> String {
    let fields = || kind.all_fields().map(|field| field.name);
    match mistake {
        format::Mistake::Unknown(name) => {
            let known: Vec<&str> = fields().collect();
            format!(
                "{{{name}}} is nothing that it has{}; there are {}",
                did_you_mean(name, fields()),
                known.join(", ")
            )
        }
        format::Mistake::Unmatched(sign) => {
            format!("{sign} without its other half; \\{sign} is the sign itself")
        }
        format::Mistake::Columns(text) => {
            format!("expected a number of columns from 1 to 400, found `{text}`")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::layer;
    use super::*;
    use crate::config::embedded;

    fn checked(source: &str, author: Author) -> (Layer, Vec<String>) {
        let (layer, mistakes) = layer::parse(source);
        assert_eq!(mistakes, [], "{source}");
        let stack = Stack::of_defaults();
        let (layer, mistakes) = check(&layer, &stack, author);
        (
            layer,
            mistakes.into_iter().map(|mistake| format!("{}: {}", mistake.line, mistake.message)).collect(),
        )
    }

    #[test]
    fn what_does_not_fit_is_taken_out_and_explained() {
        let check = |source: &str, expected: &str| {
            let (_, mistakes) = checked(source, Author::User);
            assert_eq!(mistakes, [expected], "{source}");
        };
        check("rows = \"moddel | cost\"", "1: rows: no segment moddel; did you mean model?");
        check(
            "[segments.contxt]\npriority = 1",
            "2: segments.contxt: no segment contxt; did you mean context?; one of your own has a kind",
        );
        check("[segments.x]\nkind = \"txt\"", "2: segments.x.kind: no kind txt; did you mean text?");
        check(
            "[segments.cost]\nformat = \"{usd} {eur}\"",
            "2: segments.cost.format: {eur} is nothing that it has; there are usd, rate, budget, icon, columns, subscriber",
        );
        check(
            "[segments.cost]\nformat = \"{usd\"",
            "2: segments.cost.format: { without its other half; \\{ is the sign itself",
        );
        check(
            "[segments.cost]\nhide_when = \"usd ~ 5\"",
            "2: segments.cost.hide_when: expected a condition such as `used < 10`, found `usd ~ 5`",
        );
        check(
            "[segments.cost]\nhide_when = \"used < 5\"",
            "2: segments.cost.hide_when: {used} is nothing that it has; did you mean usd?; there are usd, rate, budget, icon, columns, subscriber",
        );
        check(
            "[segments.cost]\nthresholds = [{ at = 5, role = \"dangr\" }]",
            "2: segments.cost.thresholds: no role dangr; did you mean danger?",
        );
        check("[segments.cost]\nrole = \"mauve\"", "2: segments.cost.role: no role mauve");
        check("[segments.cost]\nbugdet = 5", "2: segments.cost.bugdet: no such key; did you mean budget?");
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
        check(
            "[segments.env]\nvariable = \"TOKEN\"",
            &["2: segments.env.variable: a project's file cannot set this"],
        );
    }

    #[test]
    fn the_embedded_files_are_right() {
        let stack = Stack::of_defaults();
        let presets = embedded::PRESETS.iter().map(|(name, layer)| (*name, layer));
        for (name, layer) in
            presets.chain([("default.toml", &embedded::DEFAULT), ("prompt.toml", &embedded::PROMPT)])
        {
            let (kept, mistakes) = super::check(layer, &stack, Author::User);
            assert_eq!((mistakes, &kept), (vec![], layer), "{name}");
        }
    }
}
