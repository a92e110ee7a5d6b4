//! The sources of values, for `explain` and `doctor`.

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
    /// The last output of a command of the user's.
    Command,
    /// Environment variables, and the system.
    Environment,
    Clock,
    Config,
    /// Differs by field.
    Several,
}
