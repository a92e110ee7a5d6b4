//! One file per segment: a table of the fields that its format strings may use, each with the function
//! that computes it. Text in roles; no colours, and no arithmetic of widths.

mod activity;
mod age;
mod agent;
mod agents;
pub mod bar;
mod block;
mod budget;
mod burn;
mod cache;
mod classic;
mod clock;
pub mod command;
mod compactions;
mod condition;
mod context;
mod cost;
mod dir;
mod duration;
mod effort;
mod env;
mod fast;
mod files;
mod fill;
mod format;
mod git;
mod host;
mod icon;
mod kind;
mod limits;
mod lines;
mod mode;
mod model;
pub mod pace;
mod pr;
mod repo;
mod role;
mod session;
mod settings;
mod span;
mod speed;
mod state;
mod style;
mod task;
mod text;
mod thinking;
mod today;
mod tokens;
mod tools;
mod value;
mod version;
mod vim;
mod warnings;
mod worktree;

pub use condition::{Condition, Test};
pub use format::{Format, FormatMistake, Part};
pub use icon::Icons;
pub use kind::{COMMON, Field, Kind, OwnKey, Source};
pub use role::Role;
pub use settings::{Level, Settings, Threshold};
pub use span::{Form, Ground, Span};
pub use value::Value;

use kind::{field, key, private_key};

use std::borrow::Cow;

use crate::agent::Status;
use crate::base::text::Link;
use crate::snapshot::Snapshot;
use crate::spending::budget::Budget;

/// Every segment, in the order of the documentation.
pub const ALL: &[&Kind] = &[
    &model::KIND,
    &effort::KIND,
    &thinking::KIND,
    &fast::KIND,
    &mode::KIND,
    &context::KIND,
    &cost::KIND,
    &today::KIND,
    &block::KIND,
    &budget::KIND,
    &burn::KIND,
    &limits::KIND,
    &cache::KIND,
    &tokens::KIND,
    &speed::KIND,
    &duration::KIND,
    &tools::KIND,
    &files::KIND,
    &lines::KIND,
    &compactions::KIND,
    &state::KIND,
    &activity::KIND,
    &agents::KIND,
    &warnings::KIND,
    &task::KIND,
    &dir::KIND,
    &repo::KIND,
    &git::KIND,
    &worktree::KIND,
    &pr::KIND,
    &session::KIND,
    &agent::KIND,
    &style::KIND,
    &vim::KIND,
    &version::KIND,
    &age::KIND,
    &clock::KIND,
    &host::KIND,
    &env::KIND,
    &command::KIND,
    &text::KIND,
    &classic::KIND,
];

/// The kind with this name.
pub fn find(name: &str) -> Option<&'static Kind> {
    ALL.iter().copied().find(|kind| kind.name == name)
}

/// The kind with this name, which must exist: for data that build.rs writes.
pub const fn known(name: &str) -> &'static Kind {
    let mut at = 0;
    while !is(ALL[at].name.as_bytes(), name.as_bytes()) {
        at += 1;
    }
    ALL[at]
}

const fn is(a: &[u8], b: &[u8]) -> bool {
    match (a, b) {
        ([], []) => true,
        ([a, rest @ ..], [b, others @ ..]) => *a == *b && is(rest, others),
        _ => false,
    }
}

/// The context that a segment is computed in.
#[derive(Clone, Copy)]
pub struct Cx<'a> {
    pub snapshot: &'a Snapshot,
    pub settings: &'a Settings,
    pub icons: Icons,
    /// The track of a bar has a visible background.
    pub has_track: bool,
    /// The colour of a bar runs along it, by thresholds.
    pub gradient: bool,
    /// Columns of the row.
    pub columns: usize,
    /// Text may be a hyperlink.
    pub links: bool,
    /// The user's budgets.
    pub budgets: &'a [Budget],
    /// The user's own names of models, by id or name.
    pub model_names: &'a [(Cow<'static, str>, Cow<'static, str>)],
}

impl<'a> Cx<'a> {
    /// The forms of the segment, the longest first, each computed on demand. Empty for a segment that is hidden or has
    /// nothing to show.
    pub fn forms(self) -> impl Iterator<Item = Form> + use<'a> {
        let conditions = &self.settings.hide_when;
        let is_hidden = conditions.iter().any(|condition| condition.holds(|name| self.value(name)));
        let count = if is_hidden { 0 } else { self.settings.formats.len() };
        (0..count).filter_map(move |index| self.form(index))
    }

    /// The form that the `index`th format string gives. `None` if it has nothing to show.
    fn form(&self, index: usize) -> Option<Form> {
        let settings = self.settings;
        let literal = settings.role.unwrap_or(Role::Label);
        let append = |name: &str, columns, spans: &mut Vec<Span>| {
            let value = self.value(name);
            value.map(|value| value.append_to(spans, columns, self)).is_some()
        };
        let mut spans = settings.formats[index].fill(literal, append)?;
        if !settings.prefix.is_empty() {
            spans.insert(0, Span::new(literal, settings.prefix.as_ref()));
        }
        let rank = index.checked_sub(1).map_or(0, |step| settings.step(step));
        Some(Form::new(rank, spans))
    }

    /// The value of a field. `None` if it is unknown or would show nothing.
    pub fn value(&self, name: &str) -> Option<Value> {
        let field = self.settings.kind.all_fields().find(|field| field.name == name)?;
        // Sanitised text may be blank.
        (field.value)(self).filter(|value| !value.is_blank())
    }

    /// The agent's payload.
    fn status(&self) -> &'a Status {
        &self.snapshot.status
    }

    /// The role of a number, by the thresholds of the segment.
    fn level(&self, number: f64) -> Role {
        let reached = self.settings.thresholds.iter().rfind(|threshold| threshold.at <= number);
        let role = reached.and_then(|threshold| self.settings.kind.role_of(threshold.level));
        role.or(self.settings.role).unwrap_or(self.settings.kind.role)
    }

    /// A hyperlink, if the segment may have one.
    fn link(&self, link: impl FnOnce() -> Option<Link>) -> Option<Link> {
        if self.links { link() } else { None }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn names_are_unique_words() {
        let names: BTreeSet<&str> = ALL.iter().map(|kind| kind.name).collect();
        assert_eq!(names.len(), ALL.len());
        for kind in ALL {
            let fields: Vec<&str> = kind.all_fields().map(|field| field.name).collect();
            assert_eq!(fields.iter().collect::<BTreeSet<_>>().len(), fields.len(), "{}", kind.name);
            assert!(!kind.about.is_empty(), "{}", kind.name);
            for name in fields.into_iter().chain([kind.name]) {
                let is_word = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
                assert!(name.chars().all(is_word), "{}: {name}", kind.name);
            }
        }
    }
}
