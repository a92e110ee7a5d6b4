//! Where the values of a segment come from, for `explain` and `doctor`.

/// Where the values of a kind come from. What the payload itself tells counts first in all of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// The agent's payload, and the last ones of the session.
    Payload,
    /// The session bridge, which hooks write.
    Hooks,
    /// The agent's task files, the bridge, or todo files.
    Tasks,
    /// The files of the repository, and what git last said of it.
    Git,
    /// Transcripts of all sessions, as they were last read.
    Usage,
    /// What a command of the user's printed last.
    Command,
    /// Variables of the environment, and the system.
    Environment,
    /// The clock.
    Clock,
    /// Config itself.
    Config,
    /// One or another of these for each value.
    Several,
}
