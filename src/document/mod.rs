//! A session as one JSON object for other programs, described in `docs/json.md`. What is unknown is
//! left out; a key never changes its meaning within a version, and new keys may come.

mod repository;
mod usage;

use std::collections::BTreeMap;
use std::time::{Duration, SystemTime};

use serde::Serialize;

use crate::agent;
use crate::base::format;
use crate::base::json;
use crate::bridge::record::{State, Tool};
use crate::snapshot::Snapshot;
use repository::{Git, PullRequest, Repo};
use usage::Usage;

/// The version of the format.
pub const VERSION: u32 = 1;

/// The session as JSON on one line, without a line break. What a terminal would take for a command is
/// escaped, so that it can be looked at.
pub fn of(snapshot: &Snapshot) -> String {
    json::harmless(&serde_json::to_string(&Document::new(snapshot)).expect("plain data serialises"))
}

/// Several sessions: `{"version":1,"sessions":[…]}`.
pub fn of_all<'a>(snapshots: impl IntoIterator<Item = &'a Snapshot>) -> String {
    let documents: Vec<String> = snapshots.into_iter().map(of).collect();
    format!("{{\"version\":{VERSION},\"sessions\":[{}]}}", documents.join(","))
}

#[derive(Serialize)]
struct Document<'a> {
    version: u32,
    agent: Agent<'a>,
    session: Session<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    project: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    cwd: Option<String>,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    added_dirs: &'a [String],
    #[serde(skip_serializing_if = "Option::is_none")]
    worktree: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    original_dir: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    cloud_dir: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    state: Option<State>,
    #[serde(skip_serializing_if = "Option::is_none")]
    state_since_ms: Option<u64>,
    now_ms: u64,
    heard_ms: u64,
    ended: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    mode: Option<&'a str>,
    model: Model<'a>,
    context: Context,
    #[serde(skip_serializing_if = "Option::is_none")]
    cost: Option<Cost>,
    #[serde(skip_serializing_if = "Option::is_none")]
    limits: Option<Vec<Limit<'a>>>,
    tokens: BTreeMap<&'static str, Tokens>,
    #[serde(skip_serializing_if = "Option::is_none")]
    cache: Option<Cache>,
    #[serde(skip_serializing_if = "Option::is_none")]
    duration_ms: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    api_duration_ms: Option<u64>,
    lines: Lines,
    #[serde(skip_serializing_if = "Option::is_none")]
    tasks: Option<Tasks<'a>>,
    tools: Tools<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    files_modified: Option<u64>,
    subagents: Vec<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    background_tasks: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    compactions: Option<u64>,
    warnings: Vec<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    git: Option<Git<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    repo: Option<Repo<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pr: Option<PullRequest<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    usage: Option<Usage>,
}

#[derive(Serialize)]
struct Agent<'a> {
    name: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    version: Option<&'a str>,
}

#[derive(Serialize)]
struct Session<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    transcript: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    profile: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    output_style: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    vim: Option<&'a str>,
}

#[derive(Serialize)]
struct Model<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    effort: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    thinking: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    fast: Option<bool>,
}

#[derive(Serialize)]
struct Context {
    #[serde(skip_serializing_if = "Option::is_none")]
    used_percent: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    remaining_percent: Option<f64>,
    estimated: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    tokens: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    size: Option<u64>,
}

#[derive(Serialize)]
struct Cost {
    usd: f64,
    estimated: bool,
}

#[derive(Serialize)]
struct Limit<'a> {
    name: &'a str,
    used_percent: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    resets_ms: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    used_usd: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    limit_usd: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    period: Option<&'a str>,
}

#[derive(Serialize)]
struct Tokens {
    #[serde(skip_serializing_if = "Option::is_none")]
    input: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    output: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    cache_read: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    cache_write: Option<u64>,
}

#[derive(Serialize)]
struct Lines {
    #[serde(skip_serializing_if = "Option::is_none")]
    added: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    removed: Option<u64>,
}

#[derive(Serialize)]
struct Tasks<'a> {
    current: &'a str,
    active: bool,
    done: usize,
    total: usize,
}

#[derive(Serialize)]
struct Tools<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    count: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    failures: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    last: Option<&'a Tool>,
}

#[derive(Serialize)]
struct Cache {
    #[serde(skip_serializing_if = "Option::is_none")]
    warm: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    hit_percent: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    expires_ms: Option<u64>,
}

impl<'a> Document<'a> {
    fn new(snapshot: &'a Snapshot) -> Self {
        let status = &snapshot.status;
        let (bridge, ours) = (snapshot.bridge(), snapshot.ours());
        let state = snapshot.state();
        Document {
            version: VERSION,
            agent: Agent { name: status.agent, version: status.version.as_deref() },
            session: Session {
                id: status.session_id.as_deref(),
                name: status.session_name.as_deref(),
                transcript: status.transcript_path.as_deref(),
                profile: status.agent_name.as_deref(),
                output_style: status.style.as_deref(),
                vim: status.vim.as_deref(),
            },
            project: status.project_dir.as_deref(),
            cwd: snapshot.dir().map(|dir| dir.to_string_lossy().into_owned()),
            added_dirs: &status.added_dirs,
            worktree: status.worktree.as_deref(),
            original_dir: status.original_dir.as_deref(),
            cloud_dir: status.cloud_dir.as_deref(),
            state: state.map(|(state, _)| state),
            state_since_ms: state.and_then(|(_, since)| since),
            now_ms: format::epoch_ms(snapshot.now),
            heard_ms: format::epoch_ms(snapshot.heard.unwrap_or(snapshot.now)),
            ended: matches!(state, Some((State::Ended, _))),
            mode: snapshot.mode(),
            model: Model {
                id: status.model_id.as_deref(),
                name: status.model.as_deref(),
                effort: status.effort.as_deref(),
                thinking: status.thinking,
                fast: status.fast,
            },
            context: Context {
                used_percent: status.context.used,
                remaining_percent: status.context.used.and(status.context.remaining),
                estimated: status.context.estimated,
                tokens: status.context.tokens,
                size: status.context.size,
            },
            cost: snapshot.cost().map(|(usd, estimated)| Cost { usd, estimated }),
            limits: status.limits.as_ref().map(|limits| limits.iter().map(Limit::new).collect()),
            tokens: tokens(snapshot),
            cache: status.prompt_cache.as_ref().and_then(Cache::new),
            duration_ms: snapshot.duration().and_then(ms),
            api_duration_ms: status.api_duration.and_then(ms),
            lines: Lines { added: status.lines_added, removed: status.lines_removed },
            tasks: snapshot.tasks().map(|tasks| Tasks {
                current: tasks.current.title(tasks.active),
                active: tasks.active,
                done: tasks.done,
                total: tasks.total,
            }),
            tools: Tools {
                count: bridge.and_then(|bridge| bridge.tool_count),
                failures: ours.map(|ours| ours.failures),
                last: ours.and_then(|ours| ours.tool.as_ref()),
            },
            files_modified: bridge.and_then(|bridge| bridge.files_modified),
            subagents: snapshot.subagents(),
            background_tasks: status.background_tasks.or(ours.and_then(|ours| ours.background)),
            compactions: ours.map(|ours| ours.compactions),
            warnings: snapshot.warnings(),
            git: Git::new(snapshot),
            repo: status.repo.as_ref().map(Repo::new),
            pr: status.pr.as_ref().map(PullRequest::new),
            usage: Usage::new(snapshot),
        }
    }
}

impl<'a> Limit<'a> {
    fn new(limit: &'a agent::Limit) -> Self {
        let ms = |at: SystemTime| format::epoch_ms(at);
        let spend = limit.spend.as_ref();
        Limit {
            name: &limit.name,
            used_percent: limit.used,
            resets_ms: limit.resets_at.map(ms),
            used_usd: spend.map(|spend| spend.used_usd),
            limit_usd: spend.map(|spend| spend.limit_usd),
            period: spend.and_then(|spend| spend.period.as_deref()),
        }
    }
}

impl Cache {
    /// `None` where the provider has never told of a cache: then the rest says nothing.
    fn new(cache: &agent::PromptCache) -> Option<Self> {
        (cache.observed != Some(false)).then(|| Cache {
            warm: cache.warm,
            hit_percent: cache.hit_ratio.map(|ratio| ratio * 100.0),
            expires_ms: cache.expires_at.map(format::epoch_ms),
        })
    }
}

fn ms(time: Duration) -> Option<u64> {
    u64::try_from(time.as_millis()).ok()
}

fn tokens(snapshot: &Snapshot) -> BTreeMap<&'static str, Tokens> {
    let status = &snapshot.status;
    let kinds = [("session", &status.session_usage), ("last_request", &status.usage)];
    let known = kinds.into_iter().filter_map(|(name, usage)| Some((name, usage.as_ref()?)));
    let tokens = |usage: &agent::Usage| Tokens {
        input: usage.input,
        output: usage.output,
        cache_read: usage.cache_read,
        cache_write: usage.cache_write,
    };
    known.map(|(name, usage)| (name, tokens(usage))).collect()
}
