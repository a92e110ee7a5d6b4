//! State of a session, derived from its events: the table in `docs/states.md`.

use super::bound;
use super::event::{Event, EventKind, Want};
use super::ours::{Dialog, Ours, Running, SubagentRecord, ToolCall};
use crate::agent::{KIMI, QUESTION, State};

/// The main conversation is at work after an event. `None` if the event does not show it.
type TurnChange = Option<bool>;

const ON: TurnChange = Some(true);
const OFF: TurnChange = Some(false);
const SAME: TurnChange = None;

/// A notification this soon after the end of a turn, in milliseconds, means no more than that end: Qwen Code sends
/// `idle_prompt` at the end of each turn.
const SOON: u64 = 1000;

/// Running calls and open dialogs that an event ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Ends {
    Nothing,
    /// A dialog: its question is answered.
    Answer,
    /// A call, and the dialog about it.
    Call,
    /// All of the agent that it happened in.
    Agent,
    /// All but those of subagents that go on in the background.
    All,
}

/// The table. Events of subagents say nothing about the main conversation.
fn rule(event: &Event) -> (TurnChange, Ends) {
    let (turn, ends) = match event.kind {
        EventKind::SessionStart if event.payload.says("source", "compact") => (SAME, Ends::All),
        EventKind::SessionStart => (OFF, Ends::All),
        EventKind::UserPromptSubmit => (ON, Ends::All),
        EventKind::PreToolUse | EventKind::PermissionRequest => (ON, Ends::Nothing),
        EventKind::PermissionResult => (ON, Ends::Answer),
        EventKind::PostToolUseFailure if event.payload.bool("is_interrupt") == Some(true) => (OFF, Ends::All),
        EventKind::PostToolUse | EventKind::PostToolUseFailure => (ON, Ends::Call),
        EventKind::PermissionDenied => (ON, Ends::Call),
        EventKind::PostToolBatch => (ON, Ends::Agent),
        EventKind::PreCompact | EventKind::PostCompact if event.payload.says("trigger", "manual") => (OFF, Ends::All),
        EventKind::PreCompact | EventKind::PostCompact => (SAME, Ends::All),
        EventKind::Stop | EventKind::StopFailure | EventKind::Interrupt | EventKind::SessionEnd => (OFF, Ends::All),
        EventKind::SubagentStop => (SAME, Ends::Agent),
        EventKind::SubagentStart | EventKind::Notification | EventKind::TaskCreated | EventKind::TaskCompleted => {
            (SAME, Ends::Nothing)
        }
    };
    match (event.agent().is_empty(), ends) {
        (true, _) => (turn, ends),
        (false, Ends::All) => (SAME, Ends::Agent),
        (false, _) => (SAME, ends),
    }
}

/// Applies an event: running calls, open dialogs, subagents at work, and the resulting state.
pub fn apply(ours: &mut Ours, event: &Event, now_ms: u64) {
    let (turn, ends) = rule(event);
    let has_just_ended = !ours.is_in_turn() && ours.at_ms.is_some_and(|at| now_ms.saturating_sub(at) < SOON);
    let was_asked = ours.state == Some(State::Waiting) && ours.dialogs.is_empty();
    let is_in_turn = turn.unwrap_or_else(|| ours.is_in_turn());
    ours.turn = Some(is_in_turn);
    if turn != SAME {
        ours.at_ms = Some(now_ms);
    }
    set_agents(ours, event, is_in_turn, now_ms);
    end(ours, event, ends);
    let wants = (event.kind == EventKind::Notification).then(|| event.wants()).flatten();
    match event.kind {
        EventKind::PreToolUse => {
            answer_before_call(ours, event);
            begin_call(ours, event, now_ms);
        }
        EventKind::PermissionRequest => open_dialog(ours, event, now_ms),
        // The request itself has come before, where its hook is registered: its dialog is still open.
        EventKind::Notification if wants == Some(Want::Permission) => match ours.dialogs.last_mut() {
            Some(dialog) => dialog.at_ms = now_ms,
            None => open_dialog(ours, event, now_ms),
        },
        _ => {}
    }
    let had_ended = ours.state == Some(State::Ended);
    let has_ended = if turn == SAME { had_ended } else { event.kind == EventKind::SessionEnd };
    let is_nudge = has_just_ended && event.payload.says("notification_type", "idle_prompt");
    let is_asked = wants == Some(Want::Answer) && !is_nudge || was_asked && turn == SAME;
    let state = if has_ended {
        State::Ended
    } else if is_asked || !ours.dialogs.is_empty() {
        State::Waiting
    } else if is_in_turn || !ours.agents.is_empty() {
        State::Working
    } else {
        State::Idle
    };
    // Nothing is known before the first event that shows the state.
    if ours.state.is_none() && state == State::Idle && turn == SAME {
        return;
    }
    if ours.state != Some(state) {
        ours.state = Some(state);
        ours.since_ms = Some(now_ms);
    }
}

/// Updates the subagents at work. Killed ones are not reported, so the agent's list replaces ours when it is complete:
/// during a turn it lacks those that the turn waits for.
fn set_agents(ours: &mut Ours, event: &Event, is_in_turn: bool, now_ms: u64) {
    let own = event.agent();
    match event.kind {
        EventKind::SubagentStart if !own.is_empty() => {
            let kind = event.text("agent_type").map(|kind| bound::shown(&kind)).unwrap_or_default();
            let task = || ours.calls.iter().flatten().rfind(|call| call.tool.name == "Agent")?.tool.target.clone();
            // Codex names the task only in the call.
            let kind = Some(kind).filter(|kind| kind != "default").or_else(task).unwrap_or_default();
            add_agent(&mut ours.agents, own, kind, now_ms);
        }
        EventKind::SubagentStop | EventKind::Stop => {
            let listed = event.background();
            let shells = listed.iter().flatten().filter(|task| task.subagent.is_none()).count();
            ours.background = listed.as_ref().map(|_| shells as u64).or(ours.background);
            // Older agents send no list; all subagents end with the turn.
            let is_whole = event.kind == EventKind::Stop || listed.is_some() && !is_in_turn;
            let listed = listed.unwrap_or_default();
            if is_whole {
                ours.agents.retain(|agent| listed.iter().any(|task| task.id == agent.id));
            }
            let agents = listed.into_iter().filter_map(|task| Some((task.id, task.subagent?)));
            for (id, kind) in agents {
                add_agent(&mut ours.agents, id, kind, now_ms);
            }
            // It is still in the list of its own event.
            ours.agents.retain(|agent| own.is_empty() || agent.id != own);
        }
        EventKind::SessionStart if !own.is_empty() || event.payload.says("source", "compact") => {}
        EventKind::SessionStart | EventKind::SessionEnd | EventKind::StopFailure | EventKind::Interrupt => {
            ours.agents.clear();
        }
        _ => {}
    }
}

fn add_agent(agents: &mut Vec<SubagentRecord>, id: String, kind: String, since_ms: u64) {
    if !agents.iter().any(|agent| agent.id == id) {
        agents.push(SubagentRecord { id, kind, since_ms });
    }
}

fn end(ours: &mut Ours, event: &Event, ends: Ends) {
    let own = event.agent();
    let calls = ours.calls.get_or_insert_default();
    match ends {
        Ends::Nothing => {}
        Ends::Answer | Ends::Call => {
            ours.dialogs.retain(|dialog| !is_about(dialog, event, &own));
            if ends == Ends::Call
                && let Some(at) = position(calls, event, &own)
            {
                calls.remove(at);
            }
        }
        Ends::Agent => {
            calls.retain(|call| call.agent != own);
            ours.dialogs.retain(|dialog| dialog.agent != own);
        }
        Ends::All => {
            let goes_on = |agent: &String| ours.agents.iter().any(|running| running.id == *agent);
            calls.retain(|call| goes_on(&call.agent));
            ours.dialogs.retain(|dialog| goes_on(&dialog.agent));
        }
    }
}

/// Qwen Code reports a call once it may run: a dialog about a call that was unknown then is over.
fn answer_before_call(ours: &mut Ours, event: &Event) {
    let agent = event.agent();
    ours.dialogs.retain(|dialog| dialog.call.is_some() || !is_about(dialog, event, &agent));
}

fn is_about(dialog: &Dialog, event: &Event, agent: &str) -> bool {
    match (&dialog.call, event.call()) {
        (Some(call), Some(ended)) => *call == ended,
        _ => {
            let tool = event.tool();
            dialog.agent == agent && (dialog.tool.is_empty() || tool.is_empty() || dialog.tool == tool)
        }
    }
}

/// Position of the call that an event is about: by id, else an equal call, else one of the same tool and target, else
/// one of the same tool.
fn position(calls: &[Running], event: &Event, agent: &str) -> Option<usize> {
    let id = event.call();
    if let Some(at) = calls.iter().position(|call| call.id.is_some() && call.id == id) {
        return Some(at);
    }
    let may_be = |call: &Running| call.agent == agent && (call.id.is_none() || id.is_none());
    let hash = event.fingerprint();
    calls.iter().position(|call| may_be(call) && call.hash == hash).or_else(|| {
        let (tool, target) = (bound::shown(&event.tool()), event.target());
        let of_tool = |call: &Running| may_be(call) && call.tool.name == tool;
        let alike = calls.iter().rposition(|call| of_tool(call) && call.tool.target == target);
        alike.or_else(|| calls.iter().rposition(of_tool))
    })
}

fn begin_call(ours: &mut Ours, event: &Event, now_ms: u64) {
    let Some(tool) = tool(event, now_ms) else { return };
    ours.tool = Some(tool.clone());
    let (id, calls) = (event.call(), ours.calls.get_or_insert_default());
    if id.is_none() || calls.iter().all(|call| call.id != id) {
        // Claude Code has an event for the dialog of this tool, Kimi Code has none.
        let asks = tool.name == QUESTION || tool.name == "AskUserQuestion" && *event.sender() == KIMI;
        calls.push(Running { id, agent: event.agent(), hash: event.fingerprint(), tool });
        if asks {
            open_dialog(ours, event, now_ms);
        }
    }
}

/// The tool of an event. `None` if it names none.
pub fn tool(event: &Event, at_ms: u64) -> Option<ToolCall> {
    let name = event.tool_name()?;
    Some(ToolCall { name: bound::shown(&name), target: event.target(), at_ms })
}

fn open_dialog(ours: &mut Ours, event: &Event, at_ms: u64) {
    let agent = event.agent();
    let calls = ours.calls.as_deref().unwrap_or_default();
    let running = || position(calls, event, &agent).and_then(|at| calls[at].id.clone());
    let call = event.call().or_else(running);
    if call.is_none() || ours.dialogs.iter().all(|dialog| dialog.call != call) {
        ours.dialogs.push(Dialog { call, agent, tool: event.tool(), at_ms });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bridge::metrics;
    use crate::bridge::record::Record;
    use std::time::{Duration, UNIX_EPOCH};

    /// The state after each of these events, a second apart.
    fn after(events: &[&str]) -> Vec<Ours> {
        let mut record = Record::default();
        let each = events.iter().enumerate().map(|(second, payload)| {
            let event = Event::parse(payload).unwrap_or_else(|| panic!("{payload}"));
            metrics::apply(&mut record, &event, None, UNIX_EPOCH + Duration::from_secs(second as u64));
            record.ours.clone()
        });
        each.collect()
    }

    /// The state after each event, by its first letter, `.` where nothing is known; and since when it is
    /// the last one, in seconds.
    #[track_caller]
    fn check(events: &[&str], states: &str, since_s: u64) {
        let each = after(events);
        let letter = |ours: &Ours| match ours.state {
            None => '.',
            Some(State::Working) => 'w',
            Some(State::Waiting) => '?',
            Some(State::Idle) => 'i',
            Some(State::Ended) => 'e',
        };
        assert_eq!(each.iter().map(letter).collect::<String>(), states, "{events:?}");
        assert_eq!(each.last().unwrap().since_ms, Some(since_s * 1000), "{events:?}");
    }

    macro_rules! captured {
        ($name:literal) => {
            include_str!(concat!("../../tests/fixtures/hook/claude-code-2.1.332/", $name, ".json"))
        };
    }

    const START: &str = captured!("SessionStart-startup");
    const PROMPT: &str = captured!("UserPromptSubmit");
    const STOP: &str = captured!("Stop");
    const END: &str = captured!("SessionEnd-prompt_input_exit");
    const COMPACTED: &str = captured!("SessionStart-compact");

    /// An event of a call: its name, its id, its tool, the subagent that makes it.
    fn call(event: &str, id: &str, tool: &str, agent: &str) -> String {
        let payload = format!(
            r#"{{"hook_event_name":"{event}","tool_use_id":"{id}","tool_name":"{tool}","tool_input":{{"command":"{id}"}},"agent_id":"{agent}"}}"#
        );
        // Claude Code sends no id with it.
        if event == "PermissionRequest" { payload.replace("tool_use_id", "none") } else { payload }
    }

    fn pre(id: &str) -> String {
        call("PreToolUse", id, "Bash", "")
    }

    fn ask(id: &str) -> String {
        call("PermissionRequest", id, "Bash", "")
    }

    fn post(id: &str) -> String {
        call("PostToolUse", id, "Bash", "")
    }

    #[test]
    fn a_turn() {
        check(&[START], "i", 0);
        check(&[START, PROMPT, &pre("1"), &post("1"), STOP, END], "iwwwie", 5);
        check(&[START, PROMPT, captured!("StopFailure")], "iwi", 2);
        check(&[PROMPT, r#"{"hook_event_name":"Interrupt"}"#], "wi", 1);
        check(&[END, captured!("SessionStart-resume"), PROMPT], "eiw", 2);
        check(&[PROMPT, captured!("SessionEnd-clear"), captured!("SubagentStop-internal")], "wee", 1);
        check(&[captured!("TaskCreated"), PROMPT], ".w", 1);
        let failure = captured!("PostToolUseFailure-Bash");
        check(&[PROMPT, &pre("1"), failure], "www", 0);
        check(&[PROMPT, &pre("1"), &failure.replace("\"is_interrupt\": false", "\"is_interrupt\":true")], "wwi", 2);
    }

    #[test]
    fn the_call_that_a_dialog_is_about_is_shown() {
        let check = |events: &[&str], expected: Option<&str>| {
            let each = after(events);
            let shown = each.last().unwrap().activity().and_then(|tool| tool.target.as_deref());
            assert_eq!(shown, expected, "{events:?}");
        };
        check(&[PROMPT, &pre("1"), &pre("2")], Some("2"));
        check(&[PROMPT, &pre("1"), &pre("2"), &ask("1")], Some("1"));
        check(&[PROMPT, &pre("1"), &pre("2"), &ask("1"), &post("1")], Some("2"));
        check(&[PROMPT, &pre("1"), &ask("9"), &post("1")], None);
    }

    #[test]
    fn a_dialog_is_over_with_its_call_and_with_the_turn() {
        let denied = call("PermissionDenied", "1", "Bash", "");
        let failed = call("PostToolUseFailure", "1", "Bash", "");
        let answered = r#"{"hook_event_name":"PermissionResult"}"#;
        for end in [&post("1"), &failed, &denied, answered, PROMPT] {
            check(&[PROMPT, &pre("1"), &ask("1"), end], "ww?w", 3);
        }
        check(&[PROMPT, &pre("1"), &ask("1"), STOP], "ww?i", 3);
        check(&[PROMPT, &pre("1"), &ask("1"), END], "ww?e", 3);
        check(&[PROMPT, &pre("1"), &ask("1"), r#"{"hook_event_name":"PostToolBatch"}"#], "ww?w", 3);
        // Other calls, of subagents or at the same time, leave it open.
        let others = [call("PreToolUse", "2", "Bash", "a"), call("PostToolUse", "2", "Bash", "a")];
        check(&[PROMPT, &pre("1"), &ask("1"), &others[0], &others[1]], "ww???", 2);
        check(&[PROMPT, &pre("1"), &pre("2"), &ask("1"), &pre("3"), &post("2")], "www???", 3);
        // Codex adds a description to what it asks about.
        let described = ask("1").replacen("\"}", "\",\"description\":\"May I?\"}", 1);
        check(&[PROMPT, &pre("1"), &pre("2"), &described, &post("2"), &post("1")], "www??w", 5);
        check(&[PROMPT, &pre("1"), &ask("1"), captured!("SubagentStop-internal")], "ww??", 2);
        // One after the other, and a subagent's.
        check(&[PROMPT, &pre("1"), &pre("2"), &ask("1"), &ask("2"), &post("1"), &post("2")], "www???w", 6);
        let agents = [
            call("PreToolUse", "2", "Bash", "a"),
            call("PermissionRequest", "2", "Bash", "a"),
            call("PostToolUse", "2", "Bash", "a"),
        ];
        check(&[PROMPT, &agents[0], &agents[1], &pre("3"), &post("3"), &agents[2]], "ww???w", 5);
        // Reported twice, and without its call.
        check(&[PROMPT, &pre("1"), &ask("1"), &ask("1"), &post("1")], "ww??w", 4);
        check(&[PROMPT, &ask("1"), &post("9")], "w?w", 2);
        // Reported before its call.
        check(&[PROMPT, &ask("1"), &pre("1")], "w?w", 2);
        check(&[PROMPT, &ask("1"), &call("PreToolUse", "1", "Bash", "a")], "w??", 1);
    }

    #[test]
    fn captured_dialogs_are_over_with_their_calls() {
        let question = [
            captured!("PreToolUse-AskUserQuestion"),
            captured!("PermissionRequest-AskUserQuestion"),
            captured!("PostToolUse-AskUserQuestion"),
        ];
        check(&[&[PROMPT], &question[..]].concat(), "ww?w", 3);
        let plan = [
            captured!("UserPromptSubmit-plan"),
            captured!("PreToolUse-Read-plan"),
            captured!("PreToolUse-ExitPlanMode-plan"),
            captured!("PermissionRequest-ExitPlanMode"),
            captured!("PostToolUse-ExitPlanMode"),
        ];
        check(&plan, "www?w", 4);
        let prompted = captured!("Notification-permission_prompt");
        check(
            &[PROMPT, captured!("PreToolUse-WebFetch"), captured!("PermissionRequest-WebFetch"), prompted],
            "ww??",
            2,
        );
        // Where only the notification is registered.
        check(&[PROMPT, prompted, captured!("PostToolUse-Write")], "w?w", 2);
    }

    #[test]
    fn what_waits_for_a_prompt_waits_until_the_next_event_of_the_conversation() {
        let nudge = r#"{"hook_event_name":"Notification","notification_type":"idle_prompt"}"#;
        let told = r#"{"hook_event_name":"Notification","notification_type":"agent_completed"}"#;
        check(&[PROMPT, STOP, nudge, told, captured!("SubagentStop-internal"), PROMPT], "wi???w", 5);
        check(&[PROMPT, nudge, &pre("1")], "w?w", 2);
    }

    #[test]
    fn a_nudge_with_the_end_of_a_turn_says_no_more_than_that() {
        let nudge = r#"{"hook_event_name":"Notification","notification_type":"idle_prompt"}"#;
        let mut record = Record::default();
        let mut at = |payload: &str, ms: u64| {
            metrics::apply(&mut record, &Event::parse(payload).unwrap(), None, UNIX_EPOCH + Duration::from_millis(ms));
            record.ours.state
        };
        at(PROMPT, 0);
        assert_eq!(at(STOP, 5000), Some(State::Idle));
        assert_eq!(at(nudge, 5060), Some(State::Idle));
        assert_eq!(at(nudge, 65_000), Some(State::Waiting));
        at(PROMPT, 70_000);
        assert_eq!(at(nudge, 70_060), Some(State::Waiting));
    }

    #[test]
    fn a_compaction_by_hand_ends_idle_and_one_within_a_turn_goes_on() {
        let by_hand = captured!("PreCompact-manual");
        let internal = captured!("SubagentStop-internal");
        check(&[PROMPT, STOP, by_hand, internal, COMPACTED], "wiiii", 1);
        check(&[PROMPT, STOP, internal, COMPACTED], "wiii", 1);
        check(&[PROMPT, by_hand, COMPACTED], "wii", 1);
        let auto = by_hand.replace("manual", "auto");
        check(&[PROMPT, &pre("1"), &auto, internal, COMPACTED, &auto.replace("Pre", "Post")], "wwwwww", 0);
        check(&[PROMPT, internal, COMPACTED], "www", 0);
    }

    #[test]
    fn subagents_in_the_background_are_work_and_shells_are_not() {
        let (start, stop) = (captured!("SubagentStart"), captured!("SubagentStop"));
        let running = captured!("Stop-background-subagent");
        let noted = captured!("UserPromptSubmit-task-notification");
        check(&[PROMPT, start, running], "www", 0);
        let ours = after(&[PROMPT, start, running]).pop().unwrap();
        assert_eq!(
            ours.agents.iter().map(|agent| agent.kind.as_str()).collect::<Vec<_>>(),
            ["general-purpose", "Explore"]
        );
        assert_eq!((ours.agents[0].since_ms, ours.agents[1].since_ms, ours.background), (1000, 2000, Some(0)));
        // One ends, then the other, whose own end lists it still.
        let last = stop.replace("ac882cb756b25ed0e", "a66c0af3e3bc9ba1a");
        let gone = r#"{"hook_event_name":"SubagentStop","agent_id":"a66c0af3e3bc9ba1a","background_tasks":[{"id":"a66c0af3e3bc9ba1a","type":"subagent","status":"running"}]}"#;
        check(&[PROMPT, start, running, stop, gone], "wwwwi", 4);
        check(&[PROMPT, start, running, stop, noted, STOP], "wwwwwi", 5);
        check(&[PROMPT, start, &last], "www", 0);
        // Killed ones are not reported, only missing from the list.
        check(&[PROMPT, start, STOP], "wwi", 2);
        check(&[PROMPT, start, r#"{"hook_event_name":"Stop"}"#], "wwi", 2);
        // Within a turn the list lacks those that the turn waits for.
        let other = r#"{"hook_event_name":"SubagentStop","agent_id":"x","background_tasks":[]}"#;
        assert_eq!(after(&[PROMPT, start, other])[2].agents.len(), 1);
        // One that works on after the turn, and its calls.
        let call = captured!("PreToolUse-Write-subagent");
        let ours = after(&[PROMPT, start, running, call]).pop().unwrap();
        assert_eq!(ours.activity().unwrap().name, "Write");
        check(&[PROMPT, STOP, captured!("PostToolUse-Write-subagent"), start], "wiiw", 3);
        let shell = after(&[PROMPT, captured!("Stop-background-shell")]).pop().unwrap();
        assert_eq!((shell.state, shell.background, shell.agents), (Some(State::Idle), Some(1), vec![]));
    }

    #[test]
    fn activity_is_a_call_that_runs() {
        let check = |events: &[&str], expected: &[&str]| {
            let shown = |ours: &Ours| ours.activity().map_or("-".to_owned(), |tool| tool.target.clone().unwrap());
            let shown: Vec<String> = after(events).iter().map(shown).collect();
            assert_eq!(shown, expected, "{events:?}");
        };
        let (first, second) = (pre("1"), pre("2"));
        check(&[PROMPT, &first, &post("1"), PROMPT], &["-", "1", "-", "-"]);
        check(&[&first, &second, &post("1"), &post("2")], &["1", "2", "2", "-"]);
        check(&[&first, &second, &post("2"), &post("2"), &post("1")], &["1", "2", "1", "1", "-"]);
        check(&[&first, &first, &post("1")], &["1", "1", "-"]);
        for end in [
            PROMPT,
            STOP,
            COMPACTED,
            &call("PostToolUseFailure", "1", "Bash", ""),
            r#"{"hook_event_name":"PostToolBatch"}"#,
        ] {
            check(&[&first, end], &["1", "-"]);
        }
        // Without ids: the same call, else one of the same tool.
        let plain = |text: String| text.replace("tool_use_id", "none");
        let (first, second) = (plain(pre("1")), plain(pre("2")));
        check(&[&first, &second, &plain(post("1")), &plain(post("3"))], &["1", "2", "2", "-"]);
        // The number of running ones is bounded.
        let many: Vec<String> = (0..99).map(|id| pre(&id.to_string())).collect();
        let ours = after(&many.iter().map(String::as_str).collect::<Vec<_>>()).pop().unwrap();
        assert_eq!((ours.calls.unwrap().len(), ours.tool.unwrap().target), (16, Some("98".to_owned())));
    }
}
