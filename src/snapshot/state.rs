//! State of the session, from the agent's payload, the hooks, and the end of the transcript for what no hook reports.

use std::path::Path;
use std::time::Duration;

use super::Snapshot;
use crate::agent::{CLAUDE_CODE, GEMINI, State};
use crate::base::format::epoch_ms;
use crate::bridge::ours::{Ours, ToolCall};
use crate::session::interrupt::Tail;
use crate::session::recorded::Turn;
use crate::store;

/// After an event, Claude Code may still draw a line from before it for this long, in milliseconds: it waits 300 ms
/// after the trigger of a line, which can be the last part of an answer that came with the event. If a busy machine
/// takes longer, the notification of the dialog corrects the state.
const DEBOUNCE: u64 = 500;

/// A hook that came before a line of the transcript may have run this much later, in milliseconds: a busy machine
/// starts hooks late.
const SLACK: u64 = 5_000;

impl Snapshot {
    /// State of the session and its beginning, in epoch milliseconds. Costs a stat of the transcript while a
    /// turn is in progress.
    pub fn state(&self) -> Option<(State, Option<u64>)> {
        *self.sources.state_now.get_or_init(|| self.find_state())
    }

    fn find_state(&self) -> Option<(State, Option<u64>)> {
        if self.gone {
            return Some((State::Ended, self.heard.map(epoch_ms)));
        }
        if let Some(state) = self.status.state {
            return Some(self.seen_by_hooks(state).unwrap_or((state, None)));
        }
        if let Some(turn) = self.recorded_turn() {
            return Some((turn.state, Some(turn.at_ms)));
        }
        let ours = self.ours()?;
        let state = ours.state?;
        let tail = self.tail(ours);
        if let Some(then) = tail.as_ref().and_then(|tail| interrupted(ours, tail)) {
            return Some((State::Idle, Some(then)));
        }
        if state == State::Waiting && self.is_cancelled(ours) {
            return Some((State::Idle, ours.since_ms));
        }
        let is_answered = state == State::Waiting && self.dialogs_are_over(ours, tail.as_ref());
        Some((if is_answered { State::Working } else { state }, ours.since_ms))
    }

    /// The state from hooks that replaces the agent's own: a newer one, or a question that the agent's `working` does
    /// not show (Codex 0.171).
    fn seen_by_hooks(&self, state: State) -> Option<(State, Option<u64>)> {
        let ours = self.ours()?;
        let asks = ours.state == Some(State::Waiting) && state == State::Working;
        let is_newer = ours.at_ms.is_some_and(|at| at > self.rendered_ms());
        Some((ours.state.filter(|_| asks || is_newer)?, ours.since_ms))
    }

    /// `true` if Gemini CLI has written to the chat since it opened its dialog. It does so once the dialog is over; if
    /// the user had agreed, a hook would have come first.
    fn is_cancelled(&self, ours: &Ours) -> bool {
        let Some(opened) = ours.asked_ms() else { return false };
        let changed = || store::version(Path::new(self.status.transcript_path.as_deref()?));
        self.status.agent == GEMINI.name && changed().is_some_and(|(at_ns, _)| at_ns / 1_000_000 > opened + DEBOUNCE)
    }

    /// The turn in the agent's own file, if it is newer than the hooks': Codex runs no hook when a turn fails.
    fn recorded_turn(&self) -> Option<&Turn> {
        let turn = self.sources.recorded.as_ref()?.turn.as_ref()?;
        let Some(ours) = self.ours().filter(|ours| ours.state.is_some()) else { return Some(turn) };
        let told = ours.at_ms.unwrap_or(0);
        let is_newer = match turn.state {
            State::Idle => ours.is_in_turn() && turn.at_ms.saturating_add(SLACK) >= told,
            state => turn.at_ms > told && ours.state != Some(state),
        };
        is_newer.then_some(turn)
    }

    /// Message of the error that ended the last turn, from the agent's own file.
    pub fn error(&self) -> Option<&str> {
        self.sources.recorded.as_ref()?.turn.as_ref()?.error.as_deref()
    }

    /// The end of the transcript, during a turn and if it is newer than the last hook.
    fn tail(&self, ours: &Ours) -> Option<Tail> {
        let path = Path::new(self.status.transcript_path.as_deref()?);
        Tail::read(path, ours.at_ms.filter(|_| ours.is_in_turn())?)
    }

    /// All permission dialogs have been answered, which no hook reports: Claude Code has drawn a line, which it does
    /// not do while one is open, or the call of each dialog has its result.
    fn dialogs_are_over(&self, ours: &Ours, tail: Option<&Tail>) -> bool {
        let has_result = |call: &String| tail.is_some_and(|tail| tail.has_result_of(call));
        let is_over = |call: &Option<String>| call.as_ref().is_some_and(has_result);
        !ours.dialogs.is_empty()
            && (self.draws_after_dialogs(self.rendered_ms()) || ours.dialogs.iter().all(|dialog| is_over(&dialog.call)))
    }

    /// A line drawn at this time, in epoch milliseconds, shows that no permission dialog was open.
    fn draws_after_dialogs(&self, drawn: u64) -> bool {
        let opened = self.ours().and_then(Ours::asked_ms);
        self.status.agent == CLAUDE_CODE.name && opened.is_some_and(|opened| drawn.saturating_sub(opened) > DEBOUNCE)
    }

    /// This render is the first to show that a dialog is over; `before` is the time of the previous one, in epoch
    /// milliseconds. Prompts see that only by the time in the cache.
    pub fn ends_dialog(&self, before: u64) -> bool {
        self.draws_after_dialogs(self.rendered_ms()) && !self.draws_after_dialogs(before)
    }

    /// Time when the payload was drawn, in epoch milliseconds.
    fn rendered_ms(&self) -> u64 {
        epoch_ms(self.heard.unwrap_or(self.now))
    }

    /// Permission mode: the agent's own, else the last one seen by hooks.
    pub fn mode(&self) -> Option<&str> {
        self.status.mode.as_deref().or_else(|| self.ours()?.mode.as_deref())
    }

    /// The mode was seen by hooks and may have changed since: between turns no event reports that.
    pub fn mode_is_stale(&self) -> bool {
        let seen = self.ours().filter(|_| self.status.mode.is_none()).and_then(|ours| ours.at_ms);
        let is_idle = self.state().is_some_and(|(state, _)| state == State::Idle);
        let is_in_turn = !is_idle && self.ours().is_some_and(Ours::is_in_turn);
        !is_in_turn && seen.is_some_and(|seen| self.rendered_ms().saturating_sub(seen) > DEBOUNCE)
    }

    /// The tool call in progress.
    pub fn activity(&self) -> Option<&ToolCall> {
        let (state, _) = self.state()?;
        self.ours()?.activity().filter(|_| matches!(state, State::Working | State::Waiting))
    }

    /// Time since the last activity of the session: a payload, a tool call, a change of its state. `None` for the
    /// session whose payload has just arrived.
    pub fn silence(&self) -> Option<Duration> {
        let heard = epoch_ms(self.heard?);
        let ours = self.ours();
        let tool = ours.and_then(|ours| Some(ours.tool.as_ref()?.at_ms));
        let last = heard.max(tool.unwrap_or(0)).max(ours.and_then(|ours| ours.since_ms).unwrap_or(0));
        Some(self.since_ms(last).unwrap_or_default())
    }

    /// Kinds of the subagents at work; empty for an unnamed one.
    pub fn subagents(&self) -> Vec<&str> {
        if !self.status.subagents.is_empty() {
            let agents = self.status.subagents.iter();
            let kinds = agents.map(|agent| agent.role.as_deref().or(agent.name.as_deref()));
            return kinds.map(Option::unwrap_or_default).collect();
        }
        let hooked = self.ours().map_or(&[][..], |ours| &ours.agents);
        hooked.iter().map(|agent| agent.kind.as_str()).collect()
    }
}

/// Time when the user stopped the turn, in epoch milliseconds, which no hook reports.
fn interrupted(ours: &Ours, tail: &Tail) -> Option<u64> {
    let asked = ours.since_ms.filter(|_| ours.state == Some(State::Waiting) && ours.dialogs.is_empty());
    let then = tail.interrupted()?;
    let is_newer = |told: Option<u64>| told.is_none_or(|told| then + SLACK >= told);
    (is_newer(ours.at_ms) && is_newer(asked)).then_some(then)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::agent::Status;
    use crate::base::env::Env;
    use crate::snapshot::Given;

    #[test]
    fn a_dialog_that_only_hooks_know_of_waits() {
        let check = |agent, told, by_hooks: &str, expected| {
            let status = Status { agent, state: Some(told), ..Status::default() };
            let bridge = format!(r#"{{"bridgeline":{{"seq":1,"state":"{by_hooks}"}}}}"#);
            let given = Given { bridge: Some(bridge), ..Given::default() };
            let snapshot = Snapshot::given(status, &Env::fixed(std::time::UNIX_EPOCH, []), given);
            assert_eq!(snapshot.state().map(|(state, _)| state), Some(expected), "{agent} {told:?} {by_hooks}");
        };
        check("codex", State::Working, "waiting", State::Waiting);
        check("codex", State::Working, "idle", State::Working);
        check("codex", State::Idle, "waiting", State::Idle);
    }
}
