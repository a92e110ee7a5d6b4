//! The task at hand, or the next one, and how many are done.

use super::{Cx, Icon, Icons, Kind, Role, Source, Value};

pub const KIND: Kind = Kind {
    name: "task",
    about: "current task and progress",
    source: Source::Tasks,
    role: Role::Task,
    levels: None,
    icon: Icon::picture("\u{f0ae}", "📋"),
    fields: &[
        ("title", "the task at hand, else the next one"),
        ("mark", "`▸` for a task at hand, `▹` for the next one"),
        ("progress", "how many are done of how many: `1/2`; absent for a single task"),
        ("done", "how many are done"),
        ("total", "how many there are"),
    ],
    keys: &[],
    value,
};

fn value(cx: &Cx, name: &str) -> Option<Value> {
    let tasks = cx.snapshot.tasks()?;
    let role = if tasks.active { Role::Task } else { Role::TaskNext };
    Some(match name {
        "title" => Value::text(role, tasks.current.title(tasks.active)).telling(),
        "mark" => {
            let mark = match (tasks.active, cx.icons) {
                (true, Icons::Ascii) => ">",
                (false, Icons::Ascii) => "-",
                (true, _) => "▸",
                (false, _) => "▹",
            };
            Value::text(role, mark).telling()
        }
        "done" => Value::number(Role::TaskProgress, tasks.done as f64, tasks.done.to_string()),
        "total" => Value::number(Role::TaskProgress, tasks.total as f64, tasks.total.to_string()),
        _ => {
            let progress = (tasks.total > 1).then(|| format!("{}/{}", tasks.done, tasks.total))?;
            Value::text(Role::TaskProgress, progress).telling()
        }
    })
}
