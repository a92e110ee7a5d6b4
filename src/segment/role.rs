//! The roles of text on the line, by their names in themes. A role without a style takes that of its
//! name without the last dotted part.

macro_rules! roles {
    ($($variant:ident = $name:literal,)*) => {
        /// The meaning of text; a theme gives it a look.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum Role { $($variant),* }

        impl Role {
            /// All roles, in the order of their numbers.
            pub const ALL: &[Role] = &[$(Role::$variant),*];

            /// As in a theme file.
            pub const fn name(self) -> &'static str {
                match self { $(Role::$variant => $name),* }
            }

            /// The role with this name.
            pub fn find(name: &str) -> Option<Role> {
                Role::ALL.iter().copied().find(|role| role.name() == name)
            }

            /// The roles of notice, warning and danger. `None` for text without levels.
            pub const fn levels(self) -> Option<[Role; 3]> {
                match self {
                    Role::Context => {
                        Some([Role::ContextNotice, Role::ContextWarning, Role::ContextDanger])
                    }
                    Role::Cost => Some([Role::CostNotice, Role::CostWarning, Role::CostDanger]),
                    Role::Limits => Some([Role::LimitsNotice, Role::LimitsWarning, Role::LimitsDanger]),
                    _ => None,
                }
            }

            /// 1 for notice, 2 for warning, 3 for danger or a mode without permission checks, else 0.
            pub const fn level(self) -> u8 {
                match self {
                    Role::ContextNotice | Role::CostNotice | Role::LimitsNotice => 1,
                    Role::ContextWarning | Role::CostWarning | Role::LimitsWarning => 2,
                    Role::ContextDanger | Role::CostDanger | Role::LimitsDanger | Role::ModeBypass => 3,
                    _ => 0,
                }
            }

            /// It only separates other text, so themes may paint it fainter.
            pub const fn is_decoration(self) -> bool {
                matches!(self, Role::Separator | Role::ContextTrack)
            }
        }
    };
}

roles! {
    Text = "text",
    Separator = "separator",
    Label = "label",
    Stale = "stale",
    StaleMode = "stale.mode",
    Model = "model",
    Effort = "effort",
    Thinking = "thinking",
    Fast = "fast",
    Mode = "mode",
    ModePlan = "mode.plan",
    ModeEdits = "mode.edits",
    ModeBypass = "mode.bypass",
    Context = "context",
    ContextNotice = "context.notice",
    ContextWarning = "context.warning",
    ContextDanger = "context.danger",
    ContextTrack = "context.track",
    ContextForecast = "context.forecast",
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
    Tokens = "tokens",
    Speed = "speed",
    Duration = "duration",
    Tools = "tools",
    Files = "files",
    LinesAdded = "lines.added",
    LinesRemoved = "lines.removed",
    Compactions = "compactions",
    State = "state",
    StateWorking = "state.working",
    StateWaiting = "state.waiting",
    Activity = "activity",
    ActivityTarget = "activity.target",
    Agents = "agents",
    Warnings = "warnings",
    Task = "task",
    TaskNext = "task.next",
    TaskProgress = "task.progress",
    Dir = "dir",
    Repo = "repo",
    Git = "git",
    GitDetached = "git.detached",
    GitChanges = "git.changes",
    GitConflicts = "git.conflicts",
    GitOperation = "git.operation",
    GitSync = "git.sync",
    Worktree = "worktree",
    Pr = "pr",
    PrApproved = "pr.approved",
    PrChanges = "pr.changes",
    Session = "session",
    Agent = "agent",
    Style = "style",
    Vim = "vim",
    Version = "version",
    Clock = "clock",
    Host = "host",
    Env = "env",
    Command = "command",
}
