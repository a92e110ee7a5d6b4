//! The roles that text can play on the line, by the names that themes use. A role without a style
//! of its own takes that of its name without the last dotted part.

macro_rules! roles {
    ($($variant:ident = $name:literal,)*) => {
        /// What text stands for; a theme says how that looks.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        #[allow(missing_docs, reason = "the names say it")]
        pub enum Role { $($variant),* }

        impl Role {
            /// All roles, in the order of their numbers.
            pub const ALL: &[Role] = &[$(Role::$variant),*];

            /// As in a theme file.
            pub const fn name(self) -> &'static str {
                match self { $(Role::$variant => $name),* }
            }
        }
    };
}

roles! {
    Text = "text",
    Separator = "separator",
    Label = "label",
    Stale = "stale",
    Model = "model",
    Effort = "effort",
    Thinking = "thinking",
    Fast = "fast",
    Context = "context",
    ContextNotice = "context.notice",
    ContextWarning = "context.warning",
    ContextDanger = "context.danger",
    ContextTrack = "context.track",
    Cost = "cost",
    CostNotice = "cost.notice",
    CostWarning = "cost.warning",
    CostDanger = "cost.danger",
    Limits = "limits",
    LimitsNotice = "limits.notice",
    LimitsWarning = "limits.warning",
    LimitsDanger = "limits.danger",
    LimitsReset = "limits.reset",
    Cache = "cache",
    CacheCold = "cache.cold",
    Duration = "duration",
    Tools = "tools",
    Files = "files",
    LinesAdded = "lines.added",
    LinesRemoved = "lines.removed",
    Task = "task",
    TaskNext = "task.next",
    TaskProgress = "task.progress",
    Dir = "dir",
    Git = "git",
    GitDetached = "git.detached",
    Worktree = "worktree",
    Pr = "pr",
    PrApproved = "pr.approved",
    PrChanges = "pr.changes",
    Session = "session",
    Style = "style",
    Vim = "vim",
    Version = "version",
}
