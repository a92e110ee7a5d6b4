//! Hooks of an agent as data: how they differ from those of Claude Code, whose names the bridge uses.

use std::path::PathBuf;

use super::{ALL, Agent, CLAUDE_CODE, Status};
use crate::base::env::Env;
use crate::base::format;
use crate::base::json::Object;
use crate::store::Lock;

/// Differences between an agent's hooks and those of Claude Code.
#[derive(Debug)]
pub struct HookDialect {
    /// Recognises an event of the agent by what no other agent sends, and by the file name of its transcript.
    pub recognises: fn(&Object, &str) -> bool,
    /// Events that the agent names differently: its name, then ours.
    pub events: &'static [(&'static str, &'static str)],
    /// Tools that the agent names differently, in lower case: its name, then that of Claude Code's tool or
    /// [`QUESTION`].
    pub tools: &'static [(&'static str, &'static str)],
    /// It reports which tool calls failed.
    pub reports_failures: bool,
    /// The agent starts its hooks itself, so that their environment and parent are those of the session.
    pub starts_hooks: bool,
    /// Makes a payload that [`Agent`] reads from what an event contains about its session.
    pub payload: fn(&Object) -> Object<'static>,
    /// Path of the file that the agent keeps locked while it has the session open. `None` if there is none.
    pub lock: fn(&Status, &Env) -> Option<PathBuf>,
}

/// A tool that asks the user, and has no event of its own for that.
pub const QUESTION: &str = "Question";

impl HookDialect {
    /// Claude Code's dialect. Most agents have adopted its payload.
    pub(super) const COMMON: HookDialect = HookDialect {
        recognises: |_, _| false,
        events: &[],
        tools: &[],
        reports_failures: true,
        starts_hooks: true,
        payload: |event| copied(event, &FIELDS.map(|name| (name, name))),
        lock: |_, _| None,
    };

    /// The agent's name for an event of ours.
    pub fn spelled(&self, event: &'static str) -> &'static str {
        self.events.iter().find(|(_, ours)| *ours == event).map_or(event, |(own, _)| *own)
    }
}

/// Fields of an event that describe its session; the last ones come from our plugin for OpenCode.
const FIELDS: [&str; 7] = ["session_id", "transcript_path", "cwd", "model", "title", "context_tokens", "cost_usd"];

/// An object of those fields that an event has; `names` are pairs of old and new names.
pub(super) fn copied(event: &Object, names: &[(&str, &str)]) -> Object<'static> {
    let mut copy = Object::default();
    for (name, new) in names {
        if let Some(value) = event.raw(name) {
            copy.set(new, value.to_owned());
        }
    }
    copy
}

/// The agent that sent a hook event: the one that it names, else the one that recognises it.
pub fn of_event(event: &Object) -> &'static Agent {
    let named = event.string("agent").and_then(|name| Agent::named(&name));
    let transcript = event.raw("transcript_path").map_or("", format::file_name);
    let recognised = || ALL.into_iter().rfind(|agent| (agent.hooks.recognises)(event, transcript));
    named.or_else(recognised).unwrap_or(&CLAUDE_CODE)
}

/// Our name for an event that its agent calls something else.
pub fn event_named(name: &str) -> Option<&'static str> {
    ours(name, |hooks| hooks.events)
}

/// Our name for a tool that its agent calls something else.
pub fn tool_named(name: &str) -> Option<&'static str> {
    // Claude Code's names begin with a capital letter.
    name.starts_with(|first: char| first.is_ascii_lowercase()).then(|| ours(name, |hooks| hooks.tools)).flatten()
}

fn ours(name: &str, table: fn(&HookDialect) -> &'static [(&'static str, &'static str)]) -> Option<&'static str> {
    let mut all = ALL.into_iter().flat_map(|agent| table(&agent.hooks));
    all.find(|(own, _)| *own == name).map(|(_, ours)| *ours)
}

impl Agent {
    /// The agent has the session open. `None` if it has no lock that shows this.
    pub fn has_open(&self, session: &Status, env: &Env) -> Option<bool> {
        let lock = (self.hooks.lock)(session, env)?;
        lock.parent()?.exists().then(|| Lock::is_held(&lock))
    }
}
