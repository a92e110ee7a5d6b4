//! Codex's rollout: `sessions/YYYY/MM/DD/rollout-<time>-<thread>.jsonl` in its folder, as 0.171 and its
//! predecessors write it.

use std::path::{Path, PathBuf};

use super::{Recorded, Turn, lines, shown, time};
use crate::agent::{Context, Limit, ROLLOUT, State, Usage, window_of};
use crate::base::json::Object;
use crate::session::tasks::{Task, TaskStatus};
use crate::store;

/// Tokens that Codex leaves out of its percentage, since its own instructions always need them.
const BASELINE: u64 = 12_000;

/// Maximum number of limit windows kept, and of steps of a plan.
const MOST: usize = 64;

/// Facts collected from a rollout, starting at its end.
#[derive(Default)]
struct Rollout {
    found: Recorded,
    /// Counts of the last response: all tokens, and by kind.
    last: Option<(u64, Option<Usage>)>,
    window: Option<u64>,
    /// The last good windows of each limit, by its id.
    limits: Option<Vec<(String, Vec<Limit>)>>,
    /// The plan has been read; it may be absent.
    has_plan: bool,
    has_settings: bool,
    has_begin: bool,
}

pub fn read(path: &Path, thread: &str) -> Option<Recorded> {
    let mut rollout = Rollout::default();
    lines::newest_first(path, |line| {
        rollout.add(line);
        rollout.is_complete()
    })?;
    let mut found = rollout.finish();
    found.status.session_name = name(path, thread);
    Some(found)
}

impl Rollout {
    fn add(&mut self, text: &str) -> Option<()> {
        let line = Object::parse(text)?;
        match line.string("type")?.as_str() {
            "turn_context" => self.add_settings(&line.object("payload")?),
            "token_usage_record" => {
                let payload = line.object("payload")?;
                self.add_tokens(payload.object("usage"), payload.object("thread_token_usage"));
            }
            "event_msg" => self.add_event(&line, &line.object("payload")?),
            "response_item" if text.contains("\"update_plan\"") => self.add_plan(&line.object("payload")?),
            _ => {}
        }
        Some(())
    }

    fn add_event(&mut self, line: &Object, event: &Object) {
        let kind = event.string("type").unwrap_or_default();
        let state = match kind.as_str() {
            "token_count" => return self.add_count(event),
            "task_started" => State::Working,
            "task_complete" | "turn_aborted" => State::Idle,
            _ => return,
        };
        if state == State::Working {
            self.has_begin = true;
            self.window = self.window.or_else(|| event.count("model_context_window"));
        }
        if self.found.turn.is_none() {
            let error = event.object("error").and_then(|error| shown(&error, "message"));
            self.found.turn = time(line).map(|at_ms| Turn { state, at_ms, error });
        }
    }

    /// A failed turn writes one without numbers.
    fn add_count(&mut self, event: &Object) {
        let Some(info) = event.object("info") else { return };
        self.window = self.window.or_else(|| info.count("model_context_window"));
        self.add_tokens(info.object("last_token_usage"), info.object("total_token_usage"));
        let all = self.limits.get_or_insert_default();
        let Some(limits) = event.object("rate_limits") else { return };
        let id = limits.text("limit_id").unwrap_or_default();
        let windows = ["primary", "secondary"].into_iter().filter_map(|slot| limits.object(slot));
        let windows: Vec<Limit> = windows.filter_map(|window| window_of(&limits, &window)).collect();
        if !windows.is_empty() && all.len() < MOST && all.iter().all(|(other, _)| *other != id) {
            all.push((id, windows));
        }
    }

    fn add_tokens(&mut self, last: Option<Object>, total: Option<Object>) {
        let Some(last) = last.filter(|_| self.last.is_none()) else { return };
        let all = last.count("total_tokens").unwrap_or(0);
        self.last = Some((all, usage(&last)));
        self.found.status.session_usage = total.and_then(|total| usage(&total));
    }

    fn add_settings(&mut self, settings: &Object) {
        if std::mem::replace(&mut self.has_settings, true) {
            return;
        }
        let status = &mut self.found.status;
        status.model_id = shown(settings, "model");
        status.effort = shown(settings, "effort");
        let is_free = settings.object_or_empty("sandbox_policy").says("type", "danger-full-access");
        let mode = match settings.string("approval_policy").as_deref() {
            _ if settings.object_or_empty("collaboration_mode").says("mode", "plan") => Some("plan"),
            Some("never") if is_free => Some("bypassPermissions"),
            _ => None,
        };
        status.mode = mode.map(str::to_owned);
    }

    /// A plan of an earlier turn says nothing about this one.
    fn add_plan(&mut self, call: &Object) {
        if self.has_begin || self.has_plan || !call.says("name", "update_plan") {
            return;
        }
        let arguments = call.string("arguments").unwrap_or_default();
        let Some(arguments) = Object::parse(&arguments) else { return };
        self.has_plan = true;
        self.found.plan = arguments.objects("plan").iter().take(MOST).filter_map(step).collect();
    }

    fn is_complete(&self) -> bool {
        self.has_begin && self.has_settings && self.last.is_some() && self.limits.is_some()
    }

    fn finish(self) -> Recorded {
        let Rollout { mut found, last, window, limits, .. } = self;
        let windows: Vec<Limit> = limits.into_iter().flatten().flat_map(|(_, windows)| windows).collect();
        found.status.limits = Some(windows).filter(|windows| !windows.is_empty());
        let (tokens, usage) = last.unzip();
        found.status.usage = usage.flatten();
        found.status.context = context(tokens, window);
        found
    }
}

/// The context as Codex shows it.
fn context(tokens: Option<u64>, size: Option<u64>) -> Context {
    let (tokens, size) = (tokens.filter(|count| *count > 0), size.filter(|count| *count > BASELINE));
    let share = |(tokens, size): (u64, u64)| {
        let used = tokens.saturating_sub(BASELINE) as f64 / (size - BASELINE) as f64;
        (used * 100.0).round().min(100.0)
    };
    Context { used: tokens.zip(size).map(share), size, tokens, ..Context::default() }
}

/// Counts of a response, or of all; `None` if all of them are 0, as after a compaction.
fn usage(counts: &Object) -> Option<Usage> {
    let count = |name: &str| counts.count(name);
    let (cache_read, cache_write) = (count("cached_input_tokens"), count("cache_write_input_tokens"));
    // Cached tokens are part of the input.
    let cached = cache_read.unwrap_or(0).saturating_add(cache_write.unwrap_or(0));
    let input = count("input_tokens").map(|input| input.saturating_sub(cached));
    let usage = Usage { input, output: count("output_tokens"), cache_read, cache_write };
    usage.prompt().map(|_| usage)
}

fn step(step: &Object) -> Option<Task> {
    let status: TaskStatus = step.string("status").and_then(|status| status.parse().ok()).unwrap_or_default();
    Some(Task { subject: shown(step, "step")?, status, ..Task::default() })
}

/// Name of a thread, from the index next to the folder of all sessions: one line each time a thread is named.
fn name(rollout: &Path, thread: &str) -> Option<String> {
    let home = rollout.ancestors().find(|folder| folder.ends_with("sessions"))?.parent()?;
    let mut found = None;
    lines::newest_first(&home.join("session_index.jsonl"), |line| {
        let entry = line.contains(thread).then(|| Object::parse(line)).flatten();
        found = entry.filter(|entry| entry.says("id", thread)).and_then(|entry| shown(&entry, "thread_name"));
        found.is_some()
    });
    found
}

/// The rollout of a thread below Codex's folder. Costs listing three folders: the id of a thread begins with its
/// creation time, whose local date is in the path.
pub fn find(home: &Path, thread: &str) -> Option<PathBuf> {
    const DAY_MS: i64 = 86_400_000;
    let made = i64::from_str_radix(&thread.get(..13)?.replace('-', ""), 16).ok()?;
    let end = format!("-{thread}.jsonl");
    [0, -1, 1].into_iter().find_map(|days| {
        let day = jiff::Timestamp::from_millisecond(made.checked_add(days * DAY_MS)?).ok()?;
        let folder = home.join("sessions").join(day.strftime("%Y/%m/%d").to_string());
        store::paths_in(&folder, |name| name.starts_with(ROLLOUT) && name.ends_with(&end)).next()
    })
}
