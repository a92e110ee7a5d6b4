//! What agents say of a session. One adapter file per agent turns its payload into a [`Status`];
//! the table below finds the adapter by what the payload holds.

mod claude_code;

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use crate::json::Object;

/// An agent whose payload we understand.
pub struct Adapter {
    /// As in `--agent` and the cache.
    pub name: &'static str,
    /// Whether a payload is by this agent. Adapters are asked in the order of [`ALL`].
    recognises: fn(&Object) -> bool,
    read: fn(&Object) -> Status,
}

/// All agents; the last one takes what the others leave, since newcomers copy its payload.
pub const ALL: &[Adapter] = &[Adapter { name: "claude-code", recognises: |_| true, read: claude_code::read }];

/// Reads a payload. `None` when it is no JSON object, or says nothing that we know.
pub fn read(payload: &str) -> Option<Status> {
    let object = Object::parse(payload)?;
    let adapter = ALL.iter().find(|adapter| (adapter.recognises)(&object))?;
    let status = (adapter.read)(&object);
    (status != Status::default()).then_some(status)
}

/// A session as its agent describes it. Every field may be missing: `None` means unknown, never 0.
#[derive(Debug, Default, Clone, PartialEq)]
pub struct Status {
    /// As sent: a file name is made of it by `SessionId` only.
    pub session_id: Option<String>,
    /// Given by the user or the model; `None` until then.
    pub session_name: Option<String>,
    /// Where the agent is working.
    pub cwd: Option<String>,
    /// Where the agent was started.
    pub project_dir: Option<String>,
    /// The model's name for people, else its id.
    pub model: Option<String>,
    /// Reasoning effort: `low` to `max`. `None` when the model has none.
    pub effort: Option<String>,
    /// Whether extended thinking is on.
    pub thinking: Option<bool>,
    /// Whether fast mode is on.
    pub fast: Option<bool>,
    /// Version of the agent.
    pub version: Option<String>,
    /// Output style.
    pub style: Option<String>,
    /// Mode of vim key bindings; `None` when they are off.
    pub vim: Option<String>,
    /// Name of the worktree that the session runs in.
    pub worktree: Option<String>,
    /// The host's own cost of the session so far, in USD, at list price.
    pub cost_usd: Option<f64>,
    /// Wall clock since the session began.
    pub duration: Option<Duration>,
    /// Lines that the session added.
    pub lines_added: Option<u64>,
    /// Lines that the session removed.
    pub lines_removed: Option<u64>,
    /// How full the context window is.
    pub context: Context,
    /// Usage limits. `None` without a subscription, or before the first response.
    pub limits: Option<Limits>,
    /// The prompt cache.
    pub prompt_cache: Option<PromptCache>,
    /// The open pull request of the branch.
    pub pr: Option<PullRequest>,
}

/// How full the context window is, in percent from 0 to 100, by the host's own reckoning.
#[derive(Debug, Default, Clone, PartialEq)]
pub struct Context {
    /// Used. `None` before the first response and after a compaction.
    pub used: Option<f64>,
    /// Left, as the host sent it.
    pub remaining: Option<f64>,
    /// Whether `used` is our estimate from token counts, because the host sends no percentage
    /// (Claude Code before 2.1.6).
    pub estimated: bool,
    /// Size of the window in tokens.
    pub size: Option<u64>,
}

/// Usage limits of a subscription.
#[derive(Debug, Default, Clone, PartialEq)]
pub struct Limits {
    /// The window of five hours.
    pub five_hour: Option<Limit>,
    /// The window of seven days.
    pub seven_day: Option<Limit>,
    /// Spending limit of a gateway.
    pub spend: Option<Limit>,
}

/// One usage limit.
#[derive(Debug, Clone, PartialEq)]
pub struct Limit {
    /// Used, in percent; a spending limit can exceed 100.
    pub used: f64,
    /// When it starts anew.
    pub resets_at: Option<SystemTime>,
}

/// State of the prompt cache.
#[derive(Debug, Clone, PartialEq)]
pub struct PromptCache {
    /// Whether the last response used it.
    pub warm: Option<bool>,
    /// Cache reads as a share of all input of this session, 0 to 1.
    pub hit_ratio: Option<f64>,
    /// When what is cached expires.
    pub expires_at: Option<SystemTime>,
}

/// An open pull or merge request.
#[derive(Debug, Clone, PartialEq)]
pub struct PullRequest {
    /// Its number.
    pub number: u64,
    /// Where a review stands; `None` when the host does not say.
    pub review: Option<Review>,
    /// Whether it is a merge request of GitLab.
    pub merge_request: bool,
}

/// Where a review stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs, reason = "the words of the contract")]
pub enum Review {
    Approved,
    Pending,
    ChangesRequested,
    Draft,
}

/// An instant from epoch seconds. `None` when it is out of the range of dates that we show.
fn epoch_seconds(seconds: f64) -> Option<SystemTime> {
    /// The year 9999, where formatting ends.
    const END: f64 = 253_402_300_799.0;
    (0.0..END).contains(&seconds).then(|| UNIX_EPOCH + Duration::from_secs_f64(seconds))
}
