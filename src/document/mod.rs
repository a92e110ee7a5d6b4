//! A session as one JSON object for other programs, described in `docs/json.md`. Unknown values are left
//! out; a key never changes its meaning within a version, and new keys may come.

mod object_writer;

use std::path::Path;
use std::time::Duration;

use serde_json::value::RawValue;

use crate::agent::{self, State};
use crate::base::format::epoch_ms;
use crate::base::json;
use crate::facts::git::Head;
use crate::snapshot::Snapshot;
use crate::spending::tokens::Spent;
use object_writer::ObjectWriter;

/// The version of the format.
pub const VERSION: u32 = 1;

/// The session as JSON on one line, without a line break. What a terminal would take for a command is
/// escaped, so that it can be looked at.
pub fn of(snapshot: &Snapshot) -> String {
    let document = ObjectWriter::object(|out| {
        who_and_where(out, snapshot);
        state(out, snapshot);
        numbers(out, snapshot);
        work(out, snapshot);
        git(out, snapshot);
        home(out, snapshot);
        usage(out, snapshot);
    });
    json::harmless(document.get())
}

/// Several sessions: `{"version":1,"sessions":[…]}`.
pub fn of_all<'a>(snapshots: impl IntoIterator<Item = &'a Snapshot>) -> String {
    let documents: Vec<String> = snapshots.into_iter().map(of).collect();
    format!("{{\"version\":{VERSION},\"sessions\":[{}]}}", documents.join(","))
}

fn who_and_where(out: &mut ObjectWriter, snapshot: &Snapshot) {
    let status = &snapshot.status;
    out.put("version", VERSION);
    out.put_object("agent", |out| {
        out.put("name", status.agent);
        out.put("version", &status.version);
    });
    out.put_object("session", |out| {
        out.put("id", &status.session_id);
        out.put("name", &status.session_name);
        out.put("transcript", &status.transcript_path);
        out.put("profile", &status.agent_name);
        out.put("output_style", &status.style);
        out.put("vim", &status.vim);
    });
    out.put("project", &status.project_dir);
    out.put("cwd", snapshot.dir().map(Path::to_string_lossy));
    out.put("added_dirs", Some(&status.added_dirs).filter(|dirs| !dirs.is_empty()));
    out.put("worktree", &status.worktree);
    out.put("original_dir", &status.original_dir);
    out.put("cloud_dir", &status.cloud_dir);
}

fn state(out: &mut ObjectWriter, snapshot: &Snapshot) {
    let state = snapshot.state();
    out.put("state", state.map(|(state, _)| state));
    out.put("state_since_ms", state.and_then(|(_, since)| since));
    out.put("now_ms", epoch_ms(snapshot.now));
    out.put("heard_ms", epoch_ms(snapshot.heard.unwrap_or(snapshot.now)));
    out.put("ended", matches!(state, Some((State::Ended, _))));
    out.put("mode", snapshot.mode());
}

fn numbers(out: &mut ObjectWriter, snapshot: &Snapshot) {
    let status = &snapshot.status;
    out.put_object("model", |out| {
        out.put("id", &status.model_id);
        out.put("name", &status.model);
        out.put("effort", &status.effort);
        out.put("thinking", status.thinking);
        out.put("fast", status.fast);
    });
    out.put_object("context", |out| {
        out.put("used_percent", status.context.used);
        out.put("remaining_percent", status.context.used.and(status.context.remaining));
        out.put("estimated", status.context.estimated);
        out.put("tokens", status.context.tokens);
        out.put("size", status.context.size);
    });
    out.put_known("cost", snapshot.cost(), |out, (usd, estimated)| {
        out.put("usd", usd);
        out.put("estimated", estimated);
    });
    out.put("limits", status.limits.as_ref().map(|limits| limits.iter().map(limit).collect::<Vec<_>>()));
    out.put_object("tokens", |out| {
        out.put_known("last_request", status.usage.as_ref(), tokens);
        out.put_known("session", status.session_usage.as_ref(), tokens);
    });
    // Where the provider has never told of a cache, the rest says nothing.
    let cache = status.prompt_cache.as_ref().filter(|cache| cache.observed != Some(false));
    out.put_known("cache", cache, |out, cache| {
        out.put("warm", cache.warm);
        out.put("hit_percent", cache.hit_ratio.map(|ratio| ratio * 100.0));
        out.put("expires_ms", cache.expires_at.map(epoch_ms));
    });
}

fn limit(limit: &agent::Limit) -> Box<RawValue> {
    ObjectWriter::object(|out| {
        out.put("name", &limit.name);
        out.put("used_percent", limit.used);
        out.put("resets_ms", limit.resets_at.map(epoch_ms));
        let spend = limit.spend.as_ref();
        out.put("used_usd", spend.map(|spend| spend.used_usd));
        out.put("limit_usd", spend.map(|spend| spend.limit_usd));
        out.put("period", spend.and_then(|spend| spend.period.as_ref()));
    })
}

fn tokens(out: &mut ObjectWriter, usage: &agent::Usage) {
    out.put("input", usage.input);
    out.put("output", usage.output);
    out.put("cache_read", usage.cache_read);
    out.put("cache_write", usage.cache_write);
}

fn work(out: &mut ObjectWriter, snapshot: &Snapshot) {
    let (status, bridge, ours) = (&snapshot.status, snapshot.bridge(), snapshot.ours());
    let ms = |time: Duration| u64::try_from(time.as_millis()).ok();
    out.put("duration_ms", snapshot.duration().and_then(ms));
    out.put("api_duration_ms", status.api_duration.and_then(ms));
    out.put_object("lines", |out| {
        out.put("added", status.lines_added);
        out.put("removed", status.lines_removed);
    });
    out.put_known("tasks", snapshot.tasks(), |out, tasks| {
        out.put("current", tasks.current.title(tasks.active));
        out.put("active", tasks.active);
        out.put("done", tasks.done);
        out.put("total", tasks.total);
    });
    out.put_object("tools", |out| {
        out.put("count", bridge.and_then(|bridge| bridge.tool_count));
        out.put("failures", ours.map(|ours| ours.failures));
        out.put("last", ours.and_then(|ours| ours.tool.as_ref()));
    });
    out.put("files_modified", bridge.and_then(|bridge| bridge.files_modified));
    out.put("subagents", snapshot.subagents());
    out.put("background_tasks", status.background_tasks.or(ours.and_then(|ours| ours.background)));
    out.put("compactions", ours.map(|ours| ours.compactions));
    out.put("warnings", snapshot.warnings());
}

/// Head and operation as of now, the rest as git last reported it. Absent outside of a repository.
fn git(out: &mut ObjectWriter, snapshot: &Snapshot) {
    let branch = snapshot.branch();
    let commit = match snapshot.head() {
        Some(Head::Detached(id)) => Some(id),
        None if branch.is_none() => return,
        _ => None,
    };
    out.put_object("git", |out| {
        out.put("branch", branch);
        out.put("commit", commit);
        out.put_known("operation", snapshot.operation(), |out, operation| {
            let (step, of) = operation.step.unzip();
            out.put("name", operation.name);
            out.put("branch", &operation.branch);
            out.put("step", step);
            out.put("of", of);
        });
        let Some((fact, git)) = snapshot.git().and_then(|fact| Some((fact, fact.value.as_ref()?))) else {
            return;
        };
        out.put("as_of_ms", fact.at_ms);
        out.put("sha", &git.commit);
        out.put("change", &git.change);
        out.put("bookmarks", &git.bookmarks);
        out.put("committed_ms", git.committed_at.and_then(|seconds| seconds.checked_mul(1000)));
        out.put("tag", &git.tag);
        out.put("upstream", &git.upstream);
        out.put("ahead", git.ahead);
        out.put("behind", git.behind);
        out.put("staged", git.staged);
        out.put("unstaged", git.unstaged);
        out.put("untracked", git.untracked);
        out.put("conflicts", git.conflicts);
        out.put("more", git.more);
        out.put("stashes", git.stashes);
        out.put("worktree", &git.worktree);
    });
}

/// The repository's home, and the open pull request.
fn home(out: &mut ObjectWriter, snapshot: &Snapshot) {
    out.put_known("repo", snapshot.status.repo.as_ref(), |out, repo| {
        out.put("host", &repo.host);
        out.put("owner", &repo.owner);
        out.put("name", &repo.name);
    });
    out.put_known("pr", snapshot.status.pr.as_ref(), |out, pr| {
        out.put("number", pr.number);
        out.put("url", &pr.url);
        out.put("review", pr.review);
    });
}

/// Usage of all sessions. Absent until it has been summed up for the first time.
fn usage(out: &mut ObjectWriter, snapshot: &Snapshot) {
    out.put_known("usage", snapshot.usage(), |out, summary| {
        let as_of = summary.age(snapshot.now).and_then(|age| snapshot.now.checked_sub(age));
        out.put("as_of_ms", as_of.map(epoch_ms));
        out.put_known("today", snapshot.used_today(), sum);
        out.put_object("week", |out| sum(out, summary.week()));
        out.put_object("month", |out| sum(out, summary.month()));
        let block = snapshot.block().zip(snapshot.used_in_block());
        out.put_known("block", block, |out, ((from, to), spent)| {
            out.put("from_ms", from.saturating_mul(1000));
            out.put("to_ms", to.saturating_mul(1000));
            sum(out, spent);
            let burn = snapshot.burn();
            out.put("usd_per_hour", burn.as_ref().map(|burn| burn.usd_per_hour));
            out.put("tokens_per_minute", burn.as_ref().map(|burn| burn.tokens_per_minute));
            out.put("projected_usd", burn.as_ref().map(|burn| burn.projected_usd));
        });
    });
}

fn sum(out: &mut ObjectWriter, spent: Spent) {
    out.put("usd", spent.cost_usd);
    out.put("unpriced_messages", spent.unpriced);
    out.put("tokens", spent.tokens.total());
}
