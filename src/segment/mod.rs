//! One file per segment: what it shows of a snapshot, from its longest form to its shortest. No
//! colours, no arithmetic of widths: text with the role that it plays.

mod cache;
pub mod classic;
mod context;
mod cost;
mod dir;
mod duration;
mod effort;
mod fast;
mod files;
mod git;
mod limits;
mod lines;
mod model;
mod pr;
mod role;
mod session;
mod style;
mod task;
mod thinking;
mod tools;
mod version;
mod vim;
mod worktree;

pub use role::Role;

use crate::snapshot::Snapshot;
use crate::text::Text;

/// A kind of segment.
pub struct Kind {
    /// As in config and help.
    pub name: &'static str,
    /// What it shows, for help.
    pub about: &'static str,
    /// What goes first on a narrow terminal: the lowest.
    pub priority: u8,
    /// The segment, `None` when there is nothing to show.
    pub build: fn(&Snapshot) -> Option<Segment>,
}

/// Every segment, in the order of the documentation.
pub const ALL: &[Kind] = &[
    Kind { name: "model", about: "model", priority: 90, build: model::build },
    Kind { name: "effort", about: "reasoning effort", priority: 50, build: effort::build },
    Kind { name: "thinking", about: "whether extended thinking is on", priority: 15, build: thinking::build },
    Kind { name: "fast", about: "whether fast mode is on", priority: 20, build: fast::build },
    Kind { name: "context", about: "context window in use", priority: 100, build: context::build },
    Kind {
        name: "cost",
        about: "cost of the session; hidden when limits apply",
        priority: 80,
        build: cost::build,
    },
    Kind { name: "limits", about: "usage limits and when they reset", priority: 80, build: limits::build },
    Kind {
        name: "cache",
        about: "prompt cache: hit ratio and time to expiry",
        priority: 18,
        build: cache::build,
    },
    Kind { name: "duration", about: "time since the session began", priority: 40, build: duration::build },
    Kind { name: "tools", about: "tool calls", priority: 30, build: tools::build },
    Kind { name: "files", about: "files modified", priority: 28, build: files::build },
    Kind { name: "lines", about: "lines added and removed", priority: 26, build: lines::build },
    Kind { name: "task", about: "current task and progress", priority: 70, build: task::build },
    Kind { name: "dir", about: "working directory", priority: 60, build: dir::build },
    Kind { name: "git", about: "branch", priority: 55, build: git::build },
    Kind { name: "worktree", about: "worktree of the session", priority: 22, build: worktree::build },
    Kind { name: "pr", about: "open pull request and its review", priority: 24, build: pr::build },
    Kind { name: "session", about: "name of the session", priority: 16, build: session::build },
    Kind { name: "style", about: "output style", priority: 12, build: style::build },
    Kind { name: "vim", about: "mode of vim key bindings", priority: 65, build: vim::build },
    Kind { name: "version", about: "version of the agent", priority: 10, build: version::build },
];

/// The kind of that name.
pub fn find(name: &str) -> Option<&'static Kind> {
    ALL.iter().chain(classic::ALL).find(|kind| kind.name == name)
}

/// Text in a role.
#[derive(Debug, Clone, PartialEq)]
pub struct Span {
    /// What it stands for.
    pub role: Role,
    /// What it says.
    pub text: Text,
}

impl Span {
    /// Text from outside, or made of it.
    pub fn new(role: Role, text: impl Into<String>) -> Self {
        Span { role, text: Text::new(text) }
    }

    /// Text of our own.
    pub const fn fixed(role: Role, text: &'static str) -> Self {
        Span { role, text: Text::fixed(text) }
    }
}

/// What a segment shows, in one or more forms.
#[derive(Debug, Clone, PartialEq)]
pub struct Segment {
    /// At least one, each shorter than the one before.
    forms: Vec<Form>,
}

/// One way to show a segment.
#[derive(Debug, Clone, PartialEq)]
pub struct Form {
    /// When the longer form before it gives way, among these and the priorities of other segments:
    /// the lowest first. Shortening mostly comes before anything is dropped.
    pub rank: u8,
    /// What is shown.
    pub spans: Vec<Span>,
}

impl Segment {
    /// A segment that has this form.
    pub fn new(spans: Vec<Span>) -> Self {
        Segment { forms: vec![Form { rank: 0, spans }] }
    }

    /// A segment of one text.
    pub fn of(role: Role, text: impl Into<String>) -> Self {
        Segment::new(vec![Span::new(role, text)])
    }

    /// With a shorter form, for which the one before gives way at `rank`.
    #[must_use]
    pub fn or(mut self, rank: u8, spans: Vec<Span>) -> Self {
        self.forms.push(Form { rank, spans });
        self
    }

    /// The forms, longest first.
    pub fn forms(&self) -> &[Form] {
        &self.forms
    }
}

/// How serious a number is. Colour is never all that tells: the number stands beside it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Level {
    Normal,
    Notice,
    Warning,
    Danger,
}

impl Level {
    /// The level of a value, by the bounds at which notice, warning and danger begin.
    pub(crate) fn of(value: f64, [notice, warning, danger]: [f64; 3]) -> Self {
        match value {
            v if v >= danger => Level::Danger,
            v if v >= warning => Level::Warning,
            v if v >= notice => Level::Notice,
            _ => Level::Normal,
        }
    }
}
