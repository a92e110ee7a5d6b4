//! One file per segment: the names that its format strings may use, and what each says of a snapshot.
//! No colours, no arithmetic of widths: text with the role that it plays.

mod activity;
mod age;
mod agent;
mod agents;
mod block;
mod burn;
mod cache;
mod classic;
mod clock;
pub mod command;
mod compactions;
mod context;
mod cost;
mod dir;
mod duration;
mod effort;
mod env;
mod fast;
mod files;
pub mod format;
mod git;
mod host;
mod icon;
mod limits;
mod lines;
mod mode;
mod model;
mod pr;
mod repo;
mod role;
mod session;
mod settings;
mod source;
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

pub use icon::{Icon, Icons};
pub use role::Role;
pub use settings::{Condition, Op, Settings, Threshold};
pub use source::Source;
pub use span::{Form, Segment, Span};
pub use value::Value;

use std::borrow::Cow;

use crate::snapshot::Snapshot;

/// A kind of segment.
pub struct Kind {
    /// As in config and help.
    pub name: &'static str,
    /// What it shows, for help.
    pub about: &'static str,
    /// Where its values come from.
    pub source: Source,
    /// The role of its text.
    pub role: Role,
    /// The roles of notice, warning and danger, where it has a number that can be too high.
    pub levels: Option<[Role; 3]>,
    /// What `{icon}` is in each set.
    pub icon: Icon,
    /// The names that a format string may use, each with what it stands for.
    pub fields: &'static [(&'static str, &'static str)],
    /// Keys of its own in config.
    pub keys: &'static [Own],
    /// What a name stands for; `None` when that is unknown or would say nothing.
    pub value: fn(&Cx, &str) -> Option<Value>,
}

/// A key that only one kind of segment has.
pub struct Own {
    /// As in config.
    pub name: &'static str,
    /// What it is for.
    pub about: &'static str,
    /// Whether only the user may set it, and not a project's file: it reaches beyond looks.
    pub private: bool,
}

impl Kind {
    /// Whether a project's file may have segments of this kind.
    pub fn is_harmless(&self) -> bool {
        self.keys.iter().all(|key| !key.private)
    }
}

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

/// The kind of that name.
pub fn find(name: &str) -> Option<&'static Kind> {
    ALL.iter().copied().find(|kind| kind.name == name)
}

/// Names that every format string and condition may use besides those of its kind.
pub const COMMON: &[(&str, &str)] = &[
    ("icon", "the icon of the segment in the set that is chosen"),
    ("columns", "columns of the row"),
    ("subscriber", "there when usage limits apply in place of cost"),
];

/// What a segment is made from.
pub struct Cx<'a> {
    /// All that is known of the session.
    pub snapshot: &'a Snapshot,
    /// How the segment is configured.
    pub settings: &'a Settings,
    /// The characters that icons and bars are drawn with.
    pub icons: Icons,
    /// Columns of the row.
    pub columns: usize,
    /// Whether text may be a hyperlink.
    pub links: bool,
    /// The user's own names of models, as `claude-opus-4-8 = Opus`.
    pub model_names: &'a [Cow<'static, str>],
}

impl Cx<'_> {
    /// The segment in its longest form. `None` when there is nothing to show.
    pub fn longest(&self) -> Option<Segment> {
        if self.settings.hide_when.iter().any(|condition| condition.holds(|name| self.value(name))) {
            return None;
        }
        let found = (0..self.settings.formats.len()).find_map(|index| Some((index, self.form(index)?)));
        let (index, form) = found?;
        Some(Segment::new(index, form))
    }

    /// Adds the shorter forms to the longest.
    pub fn shorten(&self, segment: &mut Segment) {
        for index in segment.longest() + 1..self.settings.formats.len() {
            segment.extend(self.form(index));
        }
    }

    /// The form that the `index`th format string gives. `None` when it has nothing to show.
    fn form(&self, index: usize) -> Option<Form> {
        let settings = self.settings;
        let literal = settings.role.unwrap_or(Role::Label);
        let spans = |name: &str, columns| Some(self.value(name)?.into_spans(columns, self.icons, self.links));
        let mut spans = format::fill(&settings.formats[index], literal, spans)?;
        if !settings.prefix.is_empty() {
            spans.insert(0, Span::new(literal, settings.prefix.as_ref()));
        }
        let rank = index.checked_sub(1).map_or(0, |step| settings.step(step));
        Some(Form { rank, spans })
    }

    /// What a name stands for.
    pub fn value(&self, name: &str) -> Option<Value> {
        let own = match name {
            "icon" => Some(Value::text(self.settings.kind.role, self.settings.icon(self.icons)?)),
            "columns" => Some(Value::number(Role::Text, self.columns as f64, self.columns.to_string())),
            "subscriber" => {
                self.snapshot.status.limits.is_some().then(|| Value::text(Role::Text, "subscriber"))
            }
            _ => (self.settings.kind.value)(self, name),
        };
        // Of text from outside there may be nothing left to show.
        Some(own.filter(|value| !value.is_blank())?.in_role(self.settings))
    }

    /// The role of a number that can be too high.
    pub fn level(&self, number: f64) -> Role {
        let reached = self.settings.thresholds.iter().rfind(|threshold| threshold.at <= number);
        reached.map_or_else(|| self.settings.role.unwrap_or(self.settings.kind.role), |level| level.role)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn names_are_unique_and_words() {
        let names: BTreeSet<&str> = ALL.iter().map(|kind| kind.name).collect();
        assert_eq!(names.len(), ALL.len());
        for kind in ALL {
            let fields = kind.fields.iter().chain(COMMON).map(|(name, _)| *name);
            for name in fields.chain([kind.name]) {
                let is_word = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
                assert!(name.chars().all(is_word), "{}: {name}", kind.name);
            }
        }
    }
}
