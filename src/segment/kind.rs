//! A kind of segment, as a table: its fields with their values, and its keys in config.

use super::{Cx, Level, Role, Value};

/// A kind of segment.
pub struct Kind {
    /// As in config and help.
    pub name: &'static str,
    /// Its purpose, for help.
    pub about: &'static str,
    pub source: Source,
    /// The role of its text.
    pub role: Role,
    /// `{icon}` in each set of [`super::Icons`]; empty if a word or nothing is enough.
    pub icon: [&'static str; 4],
    /// The names that its format strings may use, besides [`COMMON`].
    pub fields: &'static [Field],
    /// The keys in config that only it has.
    pub keys: &'static [OwnKey],
}

/// The source of a segment's values. The payload takes precedence in all of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// The agent's payload, and earlier ones of the session.
    Payload,
    /// The session bridge, which hooks write.
    Hooks,
    /// The agent's task files, the bridge, or todo files.
    Tasks,
    /// The files of the repository, and the last output of git.
    Git,
    /// The transcripts of all sessions, as last read.
    Usage,
    /// The last output of the user's command.
    Command,
    /// Environment variables, and the system.
    Environment,
    Clock,
    Config,
    /// Differs by field.
    Several,
}

/// A name that format strings and conditions may use.
pub struct Field {
    /// As in braces.
    pub name: &'static str,
    /// Its meaning, for help.
    pub about: &'static str,
    /// Computes it. `None` if it is unknown or would show nothing.
    pub value: fn(&Cx) -> Option<Value>,
}

/// A key that only one kind of segment has.
pub struct OwnKey {
    /// As in config.
    pub name: &'static str,
    /// Its meaning, for help.
    pub about: &'static str,
    /// It affects more than looks, so only the user may set it, not a project's file.
    pub private: bool,
}

/// The fields of every kind.
pub const COMMON: &[Field] = &[
    field("icon", "icon of the segment from the chosen set, or a word instead", |cx| {
        let icon = cx.icons.of(cx.settings)?;
        let is_word = icon.bytes().all(|byte| byte.is_ascii_alphanumeric());
        Some(if is_word { Value::text(icon).state(Role::Label) } else { Value::text(icon) })
    }),
    field("columns", "width of the row in columns", |cx| {
        Some(Value::number(cx.columns as f64, cx.columns.to_string()).in_role(Role::Text))
    }),
    field("subscriber", "present when usage limits apply instead of cost", |cx| {
        cx.status().limits.as_ref().map(|_| Value::fixed("subscriber").in_role(Role::Text))
    }),
];

impl Kind {
    /// A kind without icon, fields and keys.
    pub(super) const fn new(name: &'static str, source: Source, role: Role) -> Self {
        Kind { name, about: "", source, role, icon: [""; 4], fields: &[], keys: &[] }
    }

    pub(super) const fn about(self, about: &'static str) -> Self {
        Kind { about, ..self }
    }

    pub(super) const fn icon(self, icon: [&'static str; 4]) -> Self {
        Kind { icon, ..self }
    }

    pub(super) const fn fields(self, fields: &'static [Field]) -> Self {
        Kind { fields, ..self }
    }

    pub(super) const fn keys(self, keys: &'static [OwnKey]) -> Self {
        Kind { keys, ..self }
    }

    /// Its own fields, then the common ones.
    pub fn all_fields(&self) -> impl Iterator<Item = &'static Field> {
        self.fields.iter().chain(COMMON)
    }

    /// The role of a level. `None` for a step of a kind without levels.
    pub fn role_of(&self, level: Level) -> Option<Role> {
        match level {
            Level::Normal => Some(self.role),
            Level::Step(step) => self.role.levels().map(|levels| levels[step]),
            Level::Role(role) => Some(role),
        }
    }

    /// A project's file may have segments of this kind.
    pub fn is_harmless(&self) -> bool {
        self.keys.iter().all(|key| !key.private)
    }
}

/// A row in the table of fields.
pub(super) const fn field(name: &'static str, about: &'static str, value: fn(&Cx) -> Option<Value>) -> Field {
    Field { name, about, value }
}

/// A row in the table of keys.
pub(super) const fn key(name: &'static str, about: &'static str) -> OwnKey {
    OwnKey { name, about, private: false }
}

/// A key that a project's file may not set.
pub(super) const fn private_key(name: &'static str, about: &'static str) -> OwnKey {
    OwnKey { name, about, private: true }
}
