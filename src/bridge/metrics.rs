//! What an event changes in the record of its session.

use std::time::SystemTime;

use super::event::{Event, Kind};
use super::fingerprint::fingerprint;
use super::record::{Agent, Call, RING, Record, State, Tool};
use crate::format;
use crate::input::tasks::{self, Task, TaskStatus};
use crate::json::{self, Object};
use crate::text::Text;
use crate::width::cut;

/// More subagents or tasks than these are forgotten, the oldest first: no line shows so many, and a
/// client that never says that one has ended must not fill the file.
const MAX_AGENTS: usize = 50;
const MAX_TASKS: usize = 100;

/// Columns of a text that is kept.
const MAX_TEXT: usize = 200;

/// Takes an event into the record.
pub fn apply(record: &mut Record, event: &Event, now: SystemTime) {
    let now_ms = format::epoch_ms(now);
    let timestamp = format::timestamp(now);
    record.first.get_or_insert_with(|| timestamp.clone());
    record.last = Some(timestamp);
    record.ours.seq += 1;
    if let Some(mode) = event.text("permission_mode") {
        record.ours.mode = Some(shown(&mode));
    }
    set_state(record, event, now_ms);
    match event.kind {
        Kind::PreToolUse => set_tool(record, event, now_ms),
        Kind::PostToolUse => {
            set_tool(record, event, now_ms);
            count_tool(record, event);
            set_tasks(record, event);
        }
        Kind::PostToolUseFailure => record.ours.failures += 1,
        Kind::PreCompact => record.ours.compactions += 1,
        Kind::SubagentStart => start_agent(record, event, now_ms),
        Kind::SubagentStop => stop_agent(record, event),
        Kind::SessionStart if !goes_on(event) => record.ours.agents.clear(),
        Kind::SessionEnd => record.ours.agents.clear(),
        Kind::TaskCreated | Kind::TaskCompleted => set_task_of_event(record, event),
        Kind::SessionStart
        | Kind::UserPromptSubmit
        | Kind::PostToolBatch
        | Kind::Notification
        | Kind::PermissionRequest
        | Kind::PostCompact
        | Kind::Stop
        | Kind::StopFailure => {}
    }
}

/// Whether a session "starts" because its context was compacted, which may be in the middle of a turn.
fn goes_on(event: &Event) -> bool {
    event.text("source").as_deref() == Some("compact")
}

fn set_state(record: &mut Record, event: &Event, now_ms: u64) {
    let state = match event.kind {
        Kind::SessionStart if goes_on(event) => return,
        Kind::SessionStart | Kind::Stop | Kind::StopFailure => State::Idle,
        Kind::SessionEnd => State::Ended,
        Kind::PermissionRequest => State::Waiting,
        Kind::Notification if event.asks_the_user() => State::Waiting,
        // They tell of what goes on anyway, or may come late.
        Kind::Notification
        | Kind::SubagentStop
        | Kind::TaskCreated
        | Kind::TaskCompleted
        | Kind::PostCompact => return,
        _ => State::Working,
    };
    if record.ours.state != Some(state) {
        record.ours.state = Some(state);
        record.ours.since_ms = Some(now_ms);
    }
}

fn set_tool(record: &mut Record, event: &Event, now_ms: u64) {
    if let Some(name) = event.text("tool_name") {
        record.ours.tool = Some(Tool { name: shown(&name), target: event.target(), at_ms: now_ms });
    }
}

fn count_tool(record: &mut Record, event: &Event) {
    record.tool_count += 1;
    for file in event.modified_files() {
        record.add_file(&file);
    }
    let tool = event.text("tool_name").unwrap_or_default();
    let hash = fingerprint(&tool, event.raw_tool_input());
    record.recent.push(Call { tool, hash });
    let surplus = record.recent.len().saturating_sub(RING);
    record.recent.drain(..surplus);
}

fn start_agent(record: &mut Record, event: &Event, now_ms: u64) {
    let Some(id) = event.text("agent_id") else { return };
    let kind = event.text("agent_type").map(|kind| shown(&kind)).unwrap_or_default();
    record.ours.agents.retain(|agent| agent.id != id);
    record.ours.agents.push(Agent { id, kind, since_ms: now_ms });
    let surplus = record.ours.agents.len().saturating_sub(MAX_AGENTS);
    record.ours.agents.drain(..surplus);
}

fn stop_agent(record: &mut Record, event: &Event) {
    let id = event.text("agent_id");
    record.ours.agents.retain(|agent| Some(&agent.id) != id.as_ref());
}

/// The task list as the task tools show it: newest clients write no todo file.
fn set_tasks(record: &mut Record, event: &Event) {
    match event.text("tool_name").as_deref() {
        Some("TodoWrite") => {
            if let Some(todos) = event.todos() {
                let list = tasks::from_array(&todos).into_iter().take(MAX_TASKS);
                record.ours.tasks = list.map(shown_task).collect();
            }
        }
        Some("TaskCreate") => {
            let response = event.tool_response();
            if let Some(id) = response.object("task").and_then(|task| task.text("id")) {
                let input = event.tool_input();
                let subject = input.text("subject").unwrap_or_default();
                put_task(record, Task::new(id, subject, input.text("activeForm").unwrap_or_default()));
            }
        }
        Some("TaskUpdate") if event.tool_response().bool("success") != Some(false) => {
            update_task(record, &event.tool_input());
        }
        _ => {}
    }
}

fn set_task_of_event(record: &mut Record, event: &Event) {
    let Some(id) = event.text("task_id") else { return };
    let subject = event.text("task_subject").unwrap_or_default();
    if !record.ours.tasks.iter().any(|task| task.id == id) {
        put_task(record, Task::new(id.clone(), subject, String::new()));
    }
    if event.kind == Kind::TaskCompleted {
        let done = record.ours.tasks.iter_mut().filter(|task| task.id == id);
        done.for_each(|task| task.status = TaskStatus::Completed);
    }
}

/// Adds a task, or completes what is known of it. A new one after all are done begins a new list, as
/// it does at the host.
fn put_task(record: &mut Record, task: Task) {
    let task = shown_task(task);
    let list = &mut record.ours.tasks;
    if let Some(known) = list.iter_mut().find(|known| known.id == task.id) {
        known.subject = task.subject;
        known.active_form = task.active_form;
        return;
    }
    if list.iter().all(|task| task.status == TaskStatus::Completed) {
        list.clear();
    }
    list.push(task);
    let surplus = list.len().saturating_sub(MAX_TASKS);
    list.drain(..surplus);
}

fn update_task(record: &mut Record, input: &Object) {
    let Some(id) = input.text("taskId") else { return };
    let status = input.string("status");
    if status.as_deref() == Some("deleted") {
        record.ours.tasks.retain(|task| task.id != id);
        return;
    }
    let Some(task) = record.ours.tasks.iter_mut().find(|task| task.id == id) else { return };
    if let Some(status) = status.as_deref().and_then(TaskStatus::from_name) {
        task.status = status;
    }
    if let Some(subject) = input.text("subject") {
        task.subject = shown(&subject);
    }
    if let Some(active_form) = input.text("activeForm") {
        task.active_form = shown(&active_form);
    }
    task.blocked_by.extend(input.array("addBlockedBy").into_iter().filter_map(json::string));
}

/// Text of the payload that is shown later, made harmless and short when it comes in: the bridge has
/// to stay below the size that is read of it.
fn shown(text: &str) -> String {
    cut(Text::new(text).as_str(), MAX_TEXT)
}

fn shown_task(mut task: Task) -> Task {
    task.subject = shown(&task.subject);
    task.active_form = shown(&task.active_form);
    task
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::{Duration, UNIX_EPOCH};

    fn after(events: &[&str]) -> Record {
        let mut record = Record::default();
        for (i, payload) in events.iter().enumerate() {
            let event = Event::parse(payload).unwrap_or_else(|| panic!("{payload}"));
            apply(&mut record, &event, UNIX_EPOCH + Duration::from_secs(i as u64));
        }
        record
    }

    macro_rules! captured {
        ($name:literal) => {
            include_str!(concat!("../../tests/fixtures/hook/claude-code-2.1.330/", $name, ".json"))
        };
    }

    #[test]
    fn states_follow_the_events() {
        let prompt = r#"{"hook_event_name":"UserPromptSubmit","permission_mode":"plan"}"#;
        let tool = r#"{"hook_event_name":"PreToolUse","tool_name":"Bash","tool_input":{"command":"ls"}}"#;
        let ask = r#"{"hook_event_name":"PermissionRequest"}"#;
        let stop = r#"{"hook_event_name":"Stop"}"#;
        let nudge = r#"{"hook_event_name":"Notification","notification_type":"idle_prompt"}"#;
        let late = r#"{"hook_event_name":"SubagentStop","agent_id":"1"}"#;
        let end = r#"{"hook_event_name":"SessionEnd"}"#;
        let start = r#"{"hook_event_name":"SessionStart","source":"startup"}"#;
        let compacted = r#"{"hook_event_name":"SessionStart","source":"compact"}"#;
        let check = |events: &[&str], state, since_s: u64| {
            let ours = after(events).ours;
            assert_eq!((ours.state, ours.since_ms), (Some(state), Some(since_s * 1000)), "{events:?}");
        };
        check(&[start], State::Idle, 0);
        check(&[start, prompt, compacted], State::Working, 1);
        check(&[prompt], State::Working, 0);
        check(&[prompt, tool, tool], State::Working, 0);
        check(&[prompt, tool, ask], State::Waiting, 2);
        check(&[prompt, ask, tool], State::Working, 2);
        check(&[prompt, stop], State::Idle, 1);
        check(&[prompt, stop, nudge], State::Waiting, 2);
        check(&[prompt, stop, late], State::Idle, 1);
        check(&[prompt, stop, end], State::Ended, 2);
        assert_eq!(after(&[prompt]).ours.mode.as_deref(), Some("plan"));
    }

    #[test]
    fn tools_are_counted_with_their_files() {
        let write = captured!("PostToolUse-Write");
        let failure = r#"{"hook_event_name":"PostToolUseFailure","tool_name":"Bash"}"#;
        let record = after(&[write, write, failure]);
        assert_eq!((record.tool_count, record.ours.failures), (2, 1));
        assert_eq!(record.files, ["/home/dev/work/a.txt"]);
        assert_eq!(record.recent.len(), 2);
        assert_eq!(record.recent[0], record.recent[1]);
        let tool = record.ours.tool.unwrap();
        assert_eq!((tool.name.as_str(), tool.target.as_deref()), ("Write", Some("a.txt")));
        assert_eq!(after(&[write; 9]).recent.len(), RING);
    }

    #[test]
    fn the_task_list_is_what_the_tools_made_it() {
        let create = captured!("PostToolUse-TaskCreate");
        let update = captured!("PostToolUse-TaskUpdate");
        let created = captured!("TaskCreated");
        let titles = |events: &[&str]| {
            let tasks = after(events).ours.tasks;
            let summary = tasks::Tasks::of(&tasks);
            summary.map(|tasks| (tasks.current.title(tasks.active).to_owned(), tasks.active, tasks.total))
        };
        assert_eq!(titles(&[created, create]), Some(("Fix auth flow".to_owned(), false, 1)));
        assert_eq!(titles(&[created, create, update]), Some(("Fixing auth flow".to_owned(), true, 1)));
        let completed = r#"{"hook_event_name":"TaskCompleted","task_id":"1","task_subject":"x"}"#;
        assert_eq!(titles(&[create, update, completed]), None);
        let deleted = r#"{"hook_event_name":"PostToolUse","tool_name":"TaskUpdate","tool_input":{"taskId":"1","status":"deleted"}}"#;
        assert_eq!(after(&[create, deleted]).ours.tasks, []);
        let refused = r#"{"hook_event_name":"PostToolUse","tool_name":"TaskUpdate","tool_input":{"taskId":"1","status":"deleted"},"tool_response":{"success":false}}"#;
        assert_eq!(after(&[create, refused]).ours.tasks.len(), 1);
        assert_eq!(
            titles(&[captured!("PostToolUse-TodoWrite")]),
            Some(("Fixing auth flow".to_owned(), true, 2))
        );
    }

    #[test]
    fn a_new_task_after_all_are_done_begins_a_new_list() {
        let create = |id: u8| {
            format!(r#"{{"hook_event_name":"TaskCreated","task_id":"{id}","task_subject":"t{id}"}}"#)
        };
        let done = r#"{"hook_event_name":"TaskCompleted","task_id":"1"}"#;
        let record = after(&[&create(1), done, &create(2)]);
        assert_eq!(record.ours.tasks.iter().map(|task| task.id.as_str()).collect::<Vec<_>>(), ["2"]);
    }

    #[test]
    fn subagents_come_and_go() {
        let start = |id: u8| {
            format!(r#"{{"hook_event_name":"SubagentStart","agent_id":"{id}","agent_type":"Explore"}}"#)
        };
        let stop = r#"{"hook_event_name":"SubagentStop","agent_id":"1"}"#;
        let agents = |events: &[&str]| {
            after(events).ours.agents.iter().map(|agent| agent.id.clone()).collect::<Vec<_>>()
        };
        assert_eq!(agents(&[&start(1), &start(2), stop]), ["2"]);
        assert_eq!(agents(&[&start(1), &start(1)]), ["1"]);
        assert_eq!(agents(&[&start(1), r#"{"hook_event_name":"SessionEnd"}"#]), Vec::<String>::new());
    }

    #[test]
    fn compactions_are_counted_once_each() {
        let events = [r#"{"hook_event_name":"PreCompact"}"#, r#"{"hook_event_name":"PostCompact"}"#];
        assert_eq!(after(&events).ours.compactions, 1);
    }
}
