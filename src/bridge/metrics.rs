//! Applies an event to the record of its session.

use std::time::SystemTime;

use super::event::{Event, EventKind};
use super::ours::{Call, Cleared, MAX_TASKS, bounded_task};
use super::record::Record;
use super::{bound, state};
use crate::agent::CLAUDE_CODE;
use crate::base::format;
use crate::base::json::{self, Object};
use crate::session::tasks::{self, Task, TaskStatus};

/// Applies an event to the record. `percent` is the context left according to the bridge before it.
pub fn apply(record: &mut Record, event: &Event, percent: Option<f64>, now: SystemTime) {
    let now_ms = format::epoch_ms(now);
    let timestamp = format::timestamp(now);
    record.first.get_or_insert_with(|| timestamp.clone());
    record.last = Some(timestamp);
    let ours = &mut record.ours;
    if ours.seq == 0 {
        let sender = event.sender();
        ours.agent = (*sender != CLAUDE_CODE).then(|| sender.name.to_owned());
        ours.failures = sender.hooks.reports_failures.then_some(0);
    }
    increase(&mut ours.seq);
    if let Some(mode) = event.text("permission_mode") {
        ours.mode = Some(bound::shown(&mode));
    }
    state::apply(ours, event, now_ms);
    let has_ended = matches!(event.kind, EventKind::PostToolUse | EventKind::PostToolUseFailure);
    let is_new = has_ended && ours.counts(event.call().as_deref());
    match event.kind {
        EventKind::PostToolUse => {
            ours.tool = state::tool(event, now_ms).or(ours.tool.take());
            if is_new {
                count_tool(record, event);
            }
            set_tasks(record, event);
        }
        EventKind::PostToolUseFailure if is_new => increase(ours.failures.get_or_insert_default()),
        EventKind::TaskCreated | EventKind::TaskCompleted => set_task_of_event(record, event),
        _ => {}
    }
    if event.agent().is_empty() {
        follow_context(record, event, percent, now_ms);
    }
    record.ours.bound();
}

/// Counts compactions, each once: an agent reports the beginning, the end, or both. Earlier numbers of the context are
/// void afterwards.
fn follow_context(record: &mut Record, event: &Event, percent: Option<f64>, now_ms: u64) {
    let ours = &mut record.ours;
    let is_compaction = match event.kind {
        EventKind::PreCompact => !std::mem::replace(&mut ours.compacting, true),
        EventKind::SessionStart if event.payload.says("source", "compact") => !std::mem::take(&mut ours.compacting),
        EventKind::SessionStart if event.payload.says("source", "clear") => false,
        EventKind::PostCompact => false,
        // A compaction whose end never came.
        EventKind::UserPromptSubmit | EventKind::Stop => {
            ours.compacting = false;
            return;
        }
        _ => return,
    };
    if is_compaction {
        increase(&mut ours.compactions);
    }
    ours.cleared = Some(Cleared { at_ms: now_ms, percent });
}

fn increase(count: &mut u64) {
    *count = count.saturating_add(1);
}

fn count_tool(record: &mut Record, event: &Event) {
    increase(&mut record.tool_count);
    for file in event.modified_files() {
        record.add_file(&file);
    }
    record.add_call(event.agent(), Call { tool: event.tool(), hash: event.fingerprint() });
}

/// Updates the task list from calls of the task tools: the newest agents write no todo file.
fn set_tasks(record: &mut Record, event: &Event) {
    match event.tool_name().as_deref() {
        // The second is Kimi Code's.
        Some("TodoWrite" | "TodoList") => {
            let Some(todos) = event.todos() else { return };
            let list = tasks::from_array(&todos).into_iter().take(MAX_TASKS);
            record.ours.tasks = list.map(bounded_task).collect();
        }
        Some("TaskCreate") => {
            let response = event.payload.object_or_empty("tool_response");
            if let Some(id) = response.object("task").and_then(|task| task.text("id")) {
                let input = event.tool_input();
                let subject = input.text("subject").unwrap_or_default();
                put_task(record, Task::new(id, subject, input.text("activeForm").unwrap_or_default()));
            }
        }
        Some("TaskUpdate") if event.payload.object_or_empty("tool_response").bool("success") != Some(false) => {
            update_task(record, &event.tool_input());
        }
        _ => {}
    }
}

fn set_task_of_event(record: &mut Record, event: &Event) {
    let Some(id) = event.id("task_id") else { return };
    let subject = event.text("task_subject").unwrap_or_default();
    if !record.ours.tasks.iter().any(|task| task.id == id) {
        put_task(record, Task::new(id.clone(), subject, String::new()));
    }
    if event.kind == EventKind::TaskCompleted {
        let done = record.ours.tasks.iter_mut().filter(|task| task.id == id);
        done.for_each(|task| task.status = TaskStatus::Completed);
    }
}

/// Adds a task, or completes a known one. A new task after all others are done begins a new list, as in the agent.
fn put_task(record: &mut Record, task: Task) {
    let task = bounded_task(task);
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
}

fn update_task(record: &mut Record, input: &Object) {
    let Some(id) = input.text("taskId").map(bound::id) else { return };
    let status = input.string("status");
    if status.as_deref() == Some("deleted") {
        record.ours.tasks.retain(|task| task.id != id);
        return;
    }
    let Some(task) = record.ours.tasks.iter_mut().find(|task| task.id == id) else { return };
    if let Some(status) = status.and_then(|status| status.parse().ok()) {
        task.status = status;
    }
    if let Some(subject) = input.text("subject") {
        task.subject = bound::shown(&subject);
    }
    if let Some(active_form) = input.text("activeForm") {
        task.active_form = bound::shown(&active_form);
    }
    let more = input.array("addBlockedBy").into_iter().filter_map(json::string).map(bound::id);
    task.blocked_by.extend(more);
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::{Duration, UNIX_EPOCH};

    fn after(events: &[&str]) -> Record {
        let mut record = Record::default();
        for (i, payload) in events.iter().enumerate() {
            let event = Event::parse(payload).unwrap_or_else(|| panic!("{payload}"));
            apply(&mut record, &event, None, UNIX_EPOCH + Duration::from_secs(i as u64));
        }
        record
    }

    macro_rules! captured {
        ($name:literal) => {
            include_str!(concat!("../../tests/fixtures/hook/claude-code-2.1.330/", $name, ".json"))
        };
    }

    macro_rules! captured_now {
        ($name:literal) => {
            include_str!(concat!("../../tests/fixtures/hook/claude-code-2.1.332/", $name, ".json"))
        };
    }

    #[test]
    fn tools_are_counted_with_their_files() {
        let write = captured!("PostToolUse-Write");
        let failure = r#"{"hook_event_name":"PostToolUseFailure","tool_name":"Bash"}"#;
        // Without an id every event is a call of its own.
        let write = write.replace("tool_use_id", "other");
        let write = write.as_str();
        let record = after(&[write, write, failure]);
        assert_eq!((record.tool_count, record.ours.failures), (2, Some(1)));
        assert_eq!(record.files, ["/home/dev/work/a.txt"]);
        assert_eq!(record.recent.len(), 2);
        assert_eq!(record.recent[0], record.recent[1]);
        let tool = record.ours.tool.unwrap();
        assert_eq!((tool.name.as_str(), tool.target.as_deref()), ("Write", Some("a.txt")));
        assert_eq!(after(&[write; 9]).recent.len(), crate::bridge::record::RING);
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
        assert_eq!(titles(&[captured!("PostToolUse-TodoWrite")]), Some(("Fixing auth flow".to_owned(), true, 2)));
    }

    #[test]
    fn a_new_task_after_all_are_done_begins_a_new_list() {
        let create = |id: u8| format!(r#"{{"hook_event_name":"TaskCreated","task_id":"{id}","task_subject":"t{id}"}}"#);
        let done = r#"{"hook_event_name":"TaskCompleted","task_id":"1"}"#;
        let record = after(&[&create(1), done, &create(2)]);
        assert_eq!(record.ours.tasks.iter().map(|task| task.id.as_str()).collect::<Vec<_>>(), ["2"]);
    }

    #[test]
    fn compactions_are_counted_once_each() {
        let pre = r#"{"hook_event_name":"PreCompact","trigger":"auto"}"#;
        let post = r#"{"hook_event_name":"PostCompact","trigger":"auto"}"#;
        let start = r#"{"hook_event_name":"SessionStart","source":"compact"}"#;
        let stop = r#"{"hook_event_name":"Stop"}"#;
        let inner = r#"{"hook_event_name":"PreCompact","trigger":"auto","agent_id":"1"}"#;
        let check = |events: &[&str], expected| {
            assert_eq!(after(events).ours.compactions, expected, "{events:?}");
        };
        check(&[pre, post], 1);
        check(&[start], 1);
        check(&[start, start], 2);
        check(&[pre, start], 1);
        check(&[pre, post, start], 1);
        check(&[pre, start, post, pre, start, post], 2);
        check(&[pre, stop, pre], 2);
        check(&[pre, pre, start], 1);
        check(&[inner], 0);
    }

    #[test]
    fn the_context_begins_anew_with_a_compaction_and_a_clear() {
        let check = |event: &str, expected| {
            let events = [r#"{"hook_event_name":"UserPromptSubmit"}"#, event];
            assert_eq!(after(&events).ours.cleared.map(|cleared| cleared.at_ms), expected, "{event}");
        };
        check(r#"{"hook_event_name":"PreCompact"}"#, Some(1000));
        check(r#"{"hook_event_name":"PostCompact"}"#, Some(1000));
        check(captured_now!("SessionStart-compact"), Some(1000));
        check(captured_now!("SessionStart-clear"), Some(1000));
        check(captured_now!("SessionStart-resume"), None);
        check(captured_now!("Stop"), None);
    }

    #[test]
    fn a_call_that_is_told_of_twice_counts_once() {
        let post = |id: &str| {
            format!(r#"{{"hook_event_name":"PostToolUse","tool_name":"Bash","tool_input":{{}},"tool_use_id":"{id}"}}"#)
        };
        let failure = r#"{"hook_event_name":"PostToolUseFailure","tool_name":"Bash","tool_use_id":"f"}"#;
        let record = after(&[&post("a"), &post("a"), &post("b"), failure, failure, &post("b"), &post("a")]);
        assert_eq!((record.tool_count, record.ours.failures, record.recent.len()), (2, Some(1), 2));
        let many: Vec<String> = (0..99).map(|id| post(&id.to_string())).collect();
        let record = after(&many.iter().map(String::as_str).collect::<Vec<_>>());
        assert_eq!((record.tool_count, record.ours.counted.len()), (99, 32 * 17));
    }

    #[test]
    fn counters_stay_at_the_largest_number() {
        let bridge = r#"{"tool_count":1e300,"bridgeline":{"seq":18446744073709551615,"failures":1e300,"compactions":18446744073709551615}}"#;
        let mut record = Record::read(&Object::parse(bridge).unwrap());
        let events = [
            r#"{"hook_event_name":"PostToolUse","tool_name":"Bash"}"#,
            r#"{"hook_event_name":"PostToolUseFailure","tool_name":"Bash"}"#,
            r#"{"hook_event_name":"SessionStart","source":"compact"}"#,
        ];
        for event in events {
            apply(&mut record, &Event::parse(event).unwrap(), None, UNIX_EPOCH);
        }
        let ours = record.ours;
        assert_eq!(
            [Some(record.tool_count), Some(ours.seq), ours.failures, Some(ours.compactions)],
            [Some(u64::MAX); 4]
        );
    }

    #[test]
    fn a_task_without_a_text_is_kept() {
        let created = r#"{"hook_event_name":"TaskCreated","task_id":"7","task_subject":""}"#;
        let mut record = after(&[created]);
        let mut bridge = Object::default();
        record.write("s", &mut bridge);
        record = Record::read(&Object::parse(&bridge.to_string()).unwrap());
        assert_eq!((record.ours.tasks.len(), tasks::Tasks::of(&record.ours.tasks)), (1, None));
        let named = r#"{"hook_event_name":"PostToolUse","tool_name":"TaskUpdate","tool_input":{"taskId":"7","subject":"Rake","addBlockedBy":["1"]}}"#;
        apply(&mut record, &Event::parse(named).unwrap(), None, UNIX_EPOCH);
        assert_eq!((&*record.ours.tasks[0].subject, record.ours.tasks[0].blocked_by.len()), ("Rake", 1));
    }

    #[test]
    fn nothing_makes_a_bridge_larger_than_is_read_of_it() {
        let long = "\\u0001".repeat(200);
        let mut record = Record::default();
        for i in 0..210 {
            let text = format!("{i}{long}");
            let input = format!(
                r#"{{"file_path":"{text}","taskId":"{text}","subject":"{text}","activeForm":"{text}","addBlockedBy":["{text}","b{text}"]}}"#
            );
            let rest = format!(
                r#""agent_id":"{text}","agent_type":"{text}","tool_use_id":"{text}","permission_mode":"{text}","tool_input":{input},"task_id":"{text}","task_subject":"{text}","tool_response":{{"task":{{"id":"{text}"}}}}"#
            );
            let events = ["SubagentStart", "PreToolUse", "PermissionRequest", "TaskCreated", "PostToolUse"];
            for (event, tool) in
                events.iter().flat_map(|event| ["Edit", "TaskUpdate", "TaskCreate", &text].map(|tool| (event, tool)))
            {
                let payload = format!(r#"{{"hook_event_name":"{event}","tool_name":"{tool}",{rest}}}"#);
                apply(&mut record, &Event::parse(&payload).unwrap(), None, UNIX_EPOCH);
            }
        }
        assert_eq!((record.tool_count, record.files.len()), (210, 200));
        let mut bridge = Object::default();
        record.write(&"s".repeat(1024), &mut bridge);
        let text = bridge.to_string();
        assert!(text.len() < 800_000, "{}", text.len());
        assert_eq!(Record::read(&Object::parse(&text).unwrap()), record);
    }
}
