//! Hooks of an agent as data: how they differ from those of Claude Code, whose names the bridge uses.

/// Hooks of an agent, as far as they differ from those of Claude Code.
#[derive(Debug)]
pub struct HookDialect {
    /// Events with a name of their own: the agent's, then ours.
    pub events: &'static [(&'static str, &'static str)],
}

impl HookDialect {
    /// That of Claude Code.
    pub(super) const COMMON: HookDialect = HookDialect { events: &[] };

    /// The agent's name for an event of ours.
    pub fn spelled(&self, event: &'static str) -> &'static str {
        self.events.iter().find(|(_, ours)| *ours == event).map_or(event, |(own, _)| *own)
    }
}
