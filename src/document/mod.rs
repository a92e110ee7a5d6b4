//! A session as one JSON object for other programs, described in `docs/json.md`. Unknown values are left
//! out; a key never changes its meaning within a version, but new keys may be added.

mod object_writer;

use std::path::Path;
use std::time::Duration;

use crate::agent::{Context, Limit, PromptCache, State, Status, Usage};
use crate::base::format::epoch_ms;
use crate::base::json;
use crate::facts::git::{Head, Operation};
use crate::session::tasks::Tasks;
use crate::snapshot::Snapshot;
use crate::spending::summary::Summary;
use crate::spending::tokens::Spent;
use object_writer::{Json, object};

/// The version of the format.
pub const VERSION: u32 = 1;

/// The session as JSON on one line, without a line break. Characters that a terminal would interpret are escaped, so
/// that it can be printed.
pub fn of(snapshot: &Snapshot) -> String {
    let (status, bridge, ours) = (&snapshot.status, snapshot.bridge(), snapshot.ours());
    let (state, since_ms) = snapshot.state().unzip();
    let ms = |time: Duration| u64::try_from(time.as_millis()).ok();
    let document = object! {
        "version": VERSION,
        "agent": object! { "name": status.agent, "version": &status.version },
        "session": session(status),
        "project": &status.project_dir,
        "cwd": snapshot.dir().map(Path::to_string_lossy),
        "added_dirs": Some(&status.added_dirs).filter(|dirs| !dirs.is_empty()),
        "worktree": &status.worktree,
        "original_dir": &status.original_dir,
        "cloud_dir": &status.cloud_dir,
        "state": state,
        "state_since_ms": since_ms.flatten(),
        "error": snapshot.error(),
        "now_ms": epoch_ms(snapshot.now),
        "heard_ms": epoch_ms(snapshot.heard.unwrap_or(snapshot.now)),
        "ended": state == Some(State::Ended),
        "mode": snapshot.mode(),
        "model": model(status),
        "context": context(&status.context),
        "cost": snapshot.cost().map(|(usd, estimated)| object! { "usd": usd, "estimated": estimated }),
        "limits": status.limits.as_ref().map(|limits| limits.iter().map(limit).collect::<Vec<_>>()),
        "tokens": object! {
            "last_request": status.usage.as_ref().map(tokens),
            "session": status.session_usage.as_ref().map(tokens),
        },
        "cache": status.prompt_cache.as_ref().and_then(cache),
        "duration_ms": snapshot.duration().and_then(ms),
        "api_duration_ms": status.api_duration.and_then(ms),
        "lines": object! { "added": status.lines_added, "removed": status.lines_removed },
        "tasks": snapshot.tasks().map(tasks),
        "tools": object! {
            "count": bridge.and_then(|bridge| bridge.tool_count),
            "failures": ours.and_then(|ours| ours.failures),
            "last": ours.and_then(|ours| ours.tool.as_ref()),
        },
        "files_modified": bridge.and_then(|bridge| bridge.files_modified),
        "subagents": snapshot.subagents(),
        "background_tasks": status.background_tasks.or(ours.and_then(|ours| ours.background)),
        "compactions": ours.map(|ours| ours.compactions),
        "warnings": snapshot.warnings(),
        "git": git(snapshot),
        "repo": status.repo.as_ref().map(|repo| object! { ..Some(repo) => host, owner, name }),
        "pr": status.pr.as_ref().map(|pr| object! { ..Some(pr) => number, url, review }),
        "usage": snapshot.usage().map(|summary| usage(snapshot, summary)),
    };
    json::harmless(document.get())
}

/// Several sessions: `{"version":1,"sessions":[…]}`.
pub fn of_all<'a>(snapshots: impl IntoIterator<Item = &'a Snapshot>) -> String {
    let documents: Vec<String> = snapshots.into_iter().map(of).collect();
    format!("{{\"version\":{VERSION},\"sessions\":[{}]}}", documents.join(","))
}

fn session(status: &Status) -> Json {
    object! {
        "id": &status.session_id,
        "name": &status.session_name,
        "transcript": &status.transcript_path,
        "profile": &status.agent_name,
        "output_style": &status.style,
        "vim": &status.vim,
    }
}

fn model(status: &Status) -> Json {
    object! { "id": &status.model_id, "name": &status.model, ..Some(status) => effort, thinking, fast }
}

fn context(context: &Context) -> Json {
    object! {
        "used_percent": context.used,
        "remaining_percent": context.used.and(context.remaining),
        ..Some(context) => estimated, tokens, size
    }
}

fn limit(limit: &Limit) -> Json {
    let spend = limit.spend.as_ref();
    object! {
        "name": &limit.name,
        "used_percent": limit.used,
        "resets_ms": limit.resets_at.map(epoch_ms),
        "used_usd": spend.map(|spend| spend.used_usd),
        "limit_usd": spend.map(|spend| spend.limit_usd),
        "period": spend.and_then(|spend| spend.period.as_ref()),
    }
}

fn tokens(usage: &Usage) -> Json {
    object! { ..Some(usage) => input, output, cache_read, cache_write }
}

/// `None` if the provider has never reported a cache: the other values mean nothing then.
fn cache(cache: &PromptCache) -> Option<Json> {
    let expires_ms = cache.expires_at.map(epoch_ms);
    let hit_percent = cache.hit_ratio.map(|ratio| ratio * 100.0);
    let is_known = cache.observed != Some(false);
    is_known.then(|| object! { "warm": cache.warm, "hit_percent": hit_percent, "expires_ms": expires_ms })
}

fn tasks(tasks: &Tasks) -> Json {
    object! { "current": tasks.current.title(tasks.active), ..Some(tasks) => active, done, total }
}

/// Head and operation as of now, the rest as git last reported it. `None` outside of a repository.
fn git(snapshot: &Snapshot) -> Option<Json> {
    let branch = snapshot.branch();
    let commit = match snapshot.head() {
        Some(Head::Detached(id)) => Some(id),
        None if branch.is_none() => return None,
        _ => None,
    };
    let fact = snapshot.git().filter(|fact| fact.value.is_some());
    let git = fact.and_then(|fact| fact.value.as_ref());
    Some(object! {
        "branch": branch,
        "commit": commit,
        "operation": snapshot.operation().map(operation),
        "as_of_ms": fact.map(|fact| fact.at_ms),
        "sha": git.map(|git| &git.commit),
        "change": git.map(|git| &git.change),
        "bookmarks": git.map(|git| &git.bookmarks),
        "committed_ms": git.and_then(|git| git.committed_at?.checked_mul(1000)),
        ..git => tag, upstream, ahead, behind, staged, unstaged, untracked, conflicts, more, stashes, worktree
    })
}

fn operation(operation: &Operation) -> Json {
    let (step, of) = operation.step.unzip();
    object! { "name": operation.name, "branch": &operation.branch, "step": step, "of": of }
}

/// Usage of all sessions.
fn usage(snapshot: &Snapshot, summary: &Summary) -> Json {
    let as_of = summary.age(snapshot.now).and_then(|age| snapshot.now.checked_sub(age));
    object! {
        "as_of_ms": as_of.map(epoch_ms),
        "today": snapshot.used_today().map(sum),
        "week": sum(summary.week),
        "month": sum(summary.month),
        "block": block(snapshot),
    }
}

fn block(snapshot: &Snapshot) -> Option<Json> {
    let ((from, to), spent, burn) = (snapshot.block()?, snapshot.used_in_block()?, snapshot.burn());
    Some(object! {
        "from_ms": from.saturating_mul(1000),
        "to_ms": to.saturating_mul(1000),
        "usd": spent.cost_usd,
        "unpriced_messages": spent.unpriced,
        "tokens": spent.tokens.total(),
        ..burn.as_ref() => usd_per_hour, tokens_per_minute, projected_usd
    })
}

fn sum(spent: Spent) -> Json {
    object! { "usd": spent.cost_usd, "unpriced_messages": spent.unpriced, "tokens": spent.tokens.total() }
}
