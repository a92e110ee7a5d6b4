//! The current task: from the agent's task files, from hooks' records, or from the todo files of older versions; never
//! from another session.

use serde_json::{Value, json};

use crate::support::{Call, NOW, Sandbox};

fn render(sandbox: &Sandbox) -> Call {
    sandbox.render(&json!({"session_id": "s", "model": "M", "cwd": "/x"})).args(&["--width", "120"])
}

/// Puts task files of a list, numbered from 1.
fn put_tasks(sandbox: &Sandbox, list: &str, tasks: &[Value]) {
    for (n, task) in (1..).zip(tasks) {
        let mut task = task.clone();
        if let Some(task) = task.as_object_mut() {
            task.insert("id".to_owned(), json!(n.to_string()));
        }
        sandbox.file(&format!("config/tasks/{list}/{n}.json"), task.to_string());
    }
}

fn put_todo(sandbox: &Sandbox, file: &str, title: &str) {
    let todos = json!([{"content": title, "activeForm": title, "status": "in_progress"}]);
    sandbox.file(&format!("config/todos/{file}"), todos.to_string());
}

#[test]
fn the_task_in_progress_is_shown_else_the_next_that_is_free() {
    let check = |tasks: &[Value], expected: &str| {
        let sandbox = Sandbox::new();
        put_tasks(&sandbox, "s", tasks);
        assert_eq!(render(&sandbox).run().line(), format!("M │ {expected}x"), "{tasks:?}");
    };
    let done = json!({"subject": "Dig", "status": "completed"});
    let doing = json!({"subject": "Sow", "activeForm": "Sowing", "status": "in_progress"});
    let free = json!({"subject": "Water", "status": "pending"});
    let blocked = |by: &str| json!({"subject": "Reap", "status": "pending", "blockedBy": [by]});
    check(&[], "");
    check(std::slice::from_ref(&doing), "▸ Sowing │ ");
    check(&[done.clone(), doing.clone(), free.clone()], "▸ Sowing 1/3 │ ");
    check(&[free.clone(), done.clone(), doing.clone()], "▸ Sowing 1/3 │ ");
    check(&[done.clone(), free.clone()], "▹ Water 1/2 │ ");
    check(&[blocked("2"), free.clone()], "▹ Water 0/2 │ ");
    check(&[blocked("2"), done.clone()], "▹ Reap 1/2 │ ");
    check(&[blocked("7"), free.clone()], "▹ Reap 0/2 │ ");
    check(&[done.clone(), done.clone()], "");
    check(&[json!({"subject": "Gone", "status": "deleted"})], "");
    check(&[json!({"status": "in_progress"}), json!(null), json!([1]), doing], "▸ Sowing │ ");
}

#[test]
fn tasks_are_in_the_order_of_their_numbers() {
    let sandbox = Sandbox::new();
    let tasks: Vec<Value> = (1..=12).map(|n| json!({"subject": format!("Task {n}")})).collect();
    put_tasks(&sandbox, "s", &tasks);
    assert_eq!(render(&sandbox).run().line(), "M │ ▹ Task 1 0/12 │ x");
    let done = json!({"subject": "Task 1", "status": "completed"}).to_string();
    sandbox.file("config/tasks/s/1.json", done);
    assert_eq!(render(&sandbox).run().line(), "M │ ▹ Task 2 1/12 │ x");
}

#[test]
fn a_list_that_the_host_names_takes_the_place_of_the_sessions_own() {
    let sandbox = Sandbox::new();
    put_tasks(&sandbox, "s", &[json!({"subject": "Own"})]);
    put_tasks(&sandbox, "team", &[json!({"subject": "Shared"})]);
    let with_list = |list| render(&sandbox).env("CLAUDE_CODE_TASK_LIST_ID", list).run().line();
    assert_eq!(with_list("team"), "M │ ▹ Shared │ x");
    assert_eq!(with_list("none"), "M │ x");
    assert_eq!(with_list("../tasks/team"), "M │ ▹ Own │ x");
    assert_eq!(with_list(""), "M │ ▹ Own │ x");
}

#[test]
fn task_files_come_before_the_bridge_and_the_bridge_before_todo_files() {
    let sandbox = Sandbox::new();
    put_todo(&sandbox, "s-agent-s.json", "Of the todo file");
    assert_eq!(render(&sandbox).run().line(), "M │ ▸ Of the todo file │ x");
    let hooks = json!({"bridgeline": {"tasks": [{"subject": "Of the hooks", "status": "in_progress"}]}});
    sandbox.file("tmp/ecc-metrics-s.json", hooks.to_string());
    assert_eq!(render(&sandbox).run().line(), "M │ ▸ Of the hooks │ x");
    put_tasks(&sandbox, "s", &[json!({"subject": "Of the task file"})]);
    assert_eq!(render(&sandbox).run().line(), "M │ ▹ Of the task file │ x");
}

#[test]
fn a_longer_id_with_the_same_beginning_is_another_session() {
    let sandbox = Sandbox::new();
    for file in ["s2-agent-s2.json", "s-2-agent-x.json", "s.json", "s-agent-s.json.bak", "xs-agent-s.json"] {
        put_todo(&sandbox, file, file);
    }
    put_tasks(&sandbox, "s2", &[json!({"subject": "Of s2"})]);
    assert_eq!(render(&sandbox).run().line(), "M │ x");
}

#[test]
fn of_several_todo_files_the_newest_counts() {
    let sandbox = Sandbox::new();
    for (n, file) in (1..).zip(["s-agent-b.json", "s-agent-c.json", "s-agent-a.json"]) {
        put_todo(&sandbox, file, file);
        sandbox.set_modified(&format!("config/todos/{file}"), NOW + n);
    }
    assert_eq!(render(&sandbox).run().line(), "M │ ▸ s-agent-a.json │ x");
}

#[test]
#[cfg(unix)]
fn a_folder_with_many_foreign_todo_files_is_listed_once() {
    let sandbox = Sandbox::new();
    put_todo(&sandbox, "s-agent-s.json", "Mine");
    for n in 0..500 {
        sandbox.file(&format!("config/todos/{n:08}-agent-{n:08}.json"), "[]");
    }
    sandbox.set_modified("config/todos", NOW - 60);
    assert_eq!(render(&sandbox).run().line(), "M │ ▸ Mine │ x");

    // The second render uses the cache, in which the file is no longer listed.
    let mut cache = sandbox.json("state/sessions/s.json");
    let names = &mut cache["listings"][sandbox.text("config/todos")]["names"];
    assert_eq!(*names, json!(["s-agent-s.json"]));
    *names = json!([]);
    sandbox.file("state/sessions/s.json", cache.to_string());
    assert_eq!(render(&sandbox).run().line(), "M │ x");

    sandbox.set_modified("config/todos", NOW - 30);
    assert_eq!(render(&sandbox).run().line(), "M │ ▸ Mine │ x");
}

/// A second change within one tick of the file system's clock would go unnoticed.
#[test]
#[cfg(unix)]
fn a_folder_that_has_just_changed_is_listed_again() {
    let sandbox = Sandbox::new();
    put_todo(&sandbox, "s-agent-s.json", "Mine");
    sandbox.set_modified("config/todos", NOW - 1);
    assert_eq!(render(&sandbox).run().line(), "M │ ▸ Mine │ x");
    assert_eq!(sandbox.json("state/sessions/s.json")["listings"], json!({}));
}
