//! Tasks of the session: from the agent's task files, the hooks' records in the bridge, or the todo files of older
//! agents.

use std::path::Path;
use std::time::SystemTime;

use serde::Serialize;
use strum::EnumString;

use super::listing::Listings;
use crate::base::json::{self, Object};
use crate::store::{self, SessionId, Trust};

/// Summary of a task list, for one line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tasks {
    /// The task in progress, else the next one.
    pub current: Task,
    /// `true` when `current` is in progress.
    pub active: bool,
    /// Number of tasks done.
    pub done: usize,
    /// Number of all tasks.
    pub total: usize,
}

/// Source of a task list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TaskSource {
    /// The agent's task files.
    Files,
    /// The session bridge.
    Bridge,
    /// The agent's file of the session.
    Recorded,
    /// The todo files of older agents.
    Todos,
}

/// One task.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Task {
    /// The agent's id; empty for a todo, which has none.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub id: String,
    pub subject: String,
    /// Wording while the agent is at work on it; empty if none is given.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub active_form: String,
    pub status: TaskStatus,
    /// Ids of the tasks that it waits for.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub blocked_by: Vec<String>,
}

/// Status of a task.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, EnumString, Serialize)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum TaskStatus {
    #[default]
    Pending,
    InProgress,
    /// `done` in Kimi Code.
    #[strum(serialize = "completed", serialize = "done")]
    Completed,
}

/// Names of a task's text: of Claude Code now and before, of Codex, of Gemini CLI, and of Kimi Code.
const SUBJECTS: [&str; 5] = ["subject", "content", "step", "description", "title"];

/// Maximum size of a task file in bytes: a description can be long.
const MAX_TASK: u64 = 64 * 1024;

impl Task {
    /// A task file of Claude Code 2.1.16 and later, or an element of its older todo files (with `content` for
    /// `subject`). `None` if it is deleted or has no text.
    pub fn from_json(object: &Object) -> Option<Self> {
        Task::read(object).filter(Task::has_text)
    }

    /// Reads a task that may have no text, as stored in the bridge. `None` if it is deleted.
    pub fn read(object: &Object) -> Option<Self> {
        let status = object.string("status").unwrap_or_default();
        if matches!(status.as_str(), "deleted" | "cancelled") {
            return None;
        }
        Some(Task {
            id: object.string("id").unwrap_or_default(),
            subject: SUBJECTS.iter().find_map(|name| object.text(name)).unwrap_or_default(),
            active_form: object.text("activeForm").unwrap_or_default(),
            status: status.parse().unwrap_or_default(),
            blocked_by: object.array("blockedBy").into_iter().filter_map(json::string).collect(),
        })
    }

    fn has_text(&self) -> bool {
        !self.subject.is_empty() || !self.active_form.is_empty()
    }

    /// A pending task.
    pub fn new(id: String, subject: String, active_form: String) -> Self {
        Task { id, subject, active_form, ..Task::default() }
    }

    /// The text to show for it.
    pub fn title(&self, active: bool) -> &str {
        match active || self.subject.is_empty() {
            true if !self.active_form.is_empty() => &self.active_form,
            _ => &self.subject,
        }
    }
}

impl Tasks {
    /// Summarises a list in order. `None` if nothing is open: finished tasks need no room on a line.
    pub fn of(list: &[Task]) -> Option<Self> {
        let is_open = |id: &String| list.iter().any(|t| t.id == *id && t.status != TaskStatus::Completed);
        let of = |status| list.iter().filter(move |task| task.status == status && task.has_text());
        let in_progress = of(TaskStatus::InProgress).next();
        let next = || of(TaskStatus::Pending).find(|task| !task.blocked_by.iter().any(is_open));
        Some(Tasks {
            current: in_progress.or_else(next)?.clone(),
            active: in_progress.is_some(),
            done: list.iter().filter(|task| task.status == TaskStatus::Completed).count(),
            total: list.len(),
        })
    }
}

/// The tasks in `<config>/tasks/<id>/<n>.json`; the id is that of the list.
pub fn from_task_files(config: &Path, id: &SessionId, listings: &mut Listings, now: SystemTime) -> Vec<Task> {
    let folder = config.join("tasks").join(id.as_str());
    let is_task =
        |name: &str| name.strip_suffix(".json").is_some_and(|stem| stem.bytes().all(|byte| byte.is_ascii_digit()));
    let names = listings.names(&folder, now, is_task);
    // Listed from the newest, shown from the oldest.
    names.iter().rev().filter_map(|name| read_task(&folder.join(name))).collect()
}

fn read_task(path: &Path) -> Option<Task> {
    let text = store::read_text(path, Trust::Strict, MAX_TASK).ok()?;
    Task::from_json(&Object::parse(text.trim())?)
}

/// The todos in the newest `<config>/todos/<sid>-agent-….json`, which Claude Code wrote before 2.1.16.
pub fn from_todo_files(config: &Path, id: &SessionId, listings: &mut Listings, now: SystemTime) -> Vec<Task> {
    let folder = config.join("todos");
    let names = listings.names(&folder, now, |name| is_todo_file(name, id));
    let paths = names.iter().map(|name| folder.join(name));
    let newest = paths.filter_map(|path| Some((store::stamp(&path)?, path))).max();
    let text = newest.and_then(|(_, path)| store::read_text(&path, Trust::Strict, store::MAX_STATE).ok());
    text.map(|text| from_array(&text)).unwrap_or_default()
}

/// `true` if a file in `<config>/todos` belongs to this session: `<sid>-agent-….json`. A longer id with the
/// same beginning is another session.
fn is_todo_file(name: &str, session: &SessionId) -> bool {
    let rest = name.strip_prefix(session.as_str()).and_then(|rest| rest.strip_prefix("-agent-"));
    rest.is_some_and(|rest| rest.ends_with(".json"))
}

/// The tasks in a JSON array; elements that are not a task are skipped.
pub fn from_array(text: &str) -> Vec<Task> {
    let elements = json::array(text.trim()).unwrap_or_default();
    elements.into_iter().filter_map(|element| Task::from_json(&Object::parse(element)?)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn todo_files_belong_to_one_session() {
        let id = SessionId::new("abc").unwrap();
        let check = |name: &str, expected| assert_eq!(is_todo_file(name, &id), expected, "{name}");
        check("abc-agent-abc.json", true);
        check("abc-agent-1.json", true);
        check("abc-2-agent-1.json", false);
        check("abcd-agent-1.json", false);
        check("abc-agent-1.json.bak", false);
    }

    #[test]
    fn the_task_in_progress_comes_first_then_the_next_that_is_free() {
        let check = |list: &str, expected: Option<(&str, bool, usize, usize)>| {
            let tasks = Tasks::of(&from_array(list));
            let summary = tasks.as_ref().map(|t| (t.current.title(t.active), t.active, t.done, t.total));
            assert_eq!(summary, expected, "{list}");
        };
        let first = include_str!("../../tests/fixtures/tasks/claude-code-2.1.330/1.json");
        let second = include_str!("../../tests/fixtures/tasks/claude-code-2.1.330/2.json");
        check(&format!("[{first},{second}]"), Some(("Fixing auth flow", true, 0, 2)));
        check(
            r#"[{"id":"1","subject":"a","status":"completed"},{"id":"2","subject":"b","activeForm":"B-ing"}]"#,
            Some(("b", false, 1, 2)),
        );
        check(r#"[{"id":"1","subject":"a","blockedBy":["2"]},{"id":"2","subject":"b"}]"#, Some(("b", false, 0, 2)));
        check(
            r#"[{"id":"1","subject":"a","blockedBy":["2","9"]},{"id":"2","subject":"b","status":"completed"}]"#,
            Some(("a", false, 1, 2)),
        );
        check(r#"[{"id":"1","subject":"a","blockedBy":["1"]}]"#, None);
        check(r#"[{"content":"old","status":"in_progress","activeForm":""}]"#, Some(("old", true, 0, 1)));
        check(r#"[{"subject":"a","status":"completed"}]"#, None);
        check(r#"[{"subject":"a","status":"deleted"},7,null,[],{}]"#, None);
        check("[]", None);
        check("nonsense", None);
    }
}
