//! The current task, or the next one, and the number done.

use super::{Icons, Kind, Role, Source, Value, field};

pub const KIND: Kind = Kind::new("task", Source::Tasks, Role::Task)
    .about("current task and progress")
    .icon(["\u{f0ae}", "📋", "", ""])
    .fields(&[
        field("title", "current task, else the next one", |cx| {
            let tasks = cx.snapshot.tasks()?;
            Some(Value::text(tasks.current.title(tasks.active)).state(role(tasks.active)))
        }),
        field("mark", "`▸` for the current task, `▹` for the next one", |cx| {
            let active = cx.snapshot.tasks()?.active;
            let [mark, next] = if cx.icons == Icons::Ascii { [">", "-"] } else { ["▸", "▹"] };
            Some(Value::fixed(if active { mark } else { next }).state(role(active)))
        }),
        field("progress", "done and total: `1/2`; absent for a single task", |cx| {
            let tasks = cx.snapshot.tasks().filter(|tasks| tasks.total > 1)?;
            Some(Value::text(format!("{}/{}", tasks.done, tasks.total)).state(Role::TaskProgress))
        }),
        field("done", "number done", |cx| Some(count(cx.snapshot.tasks()?.done))),
        field("total", "total number", |cx| Some(count(cx.snapshot.tasks()?.total))),
    ]);

fn role(is_active: bool) -> Role {
    if is_active { Role::Task } else { Role::TaskNext }
}

/// A count that is shown even if it is 0, unlike others.
fn count(count: usize) -> Value {
    Value::number(count as f64, count.to_string()).in_role(Role::TaskProgress)
}
