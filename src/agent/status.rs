//! A session as its agent describes it, in one shape for all agents.

use std::time::{Duration, SystemTime};

use serde::Serialize;
use strum::EnumString;

/// A payload. Every field may be missing: `None` means unknown, never 0.
#[derive(Debug, Default, Clone, PartialEq)]
pub struct Status {
    /// Name of the agent in [`super::ALL`] whose payload it is, or is shaped like.
    pub agent: &'static str,
    /// Maximum number of rows that the agent shows. `None` if it shows all.
    pub max_rows: Option<usize>,
    /// Columns of a row, or of the terminal if the agent sends only that. `None` if it sets `COLUMNS`, or sends
    /// nothing.
    pub columns: Option<usize>,

    /// As sent. Only a `SessionId` may become a file name.
    pub session_id: Option<String>,
    /// Given by the user or the model; `None` until then.
    pub session_name: Option<String>,
    /// The agent's record of the conversation: a file, or a folder for Copilot. It need not exist.
    pub transcript_path: Option<String>,
    pub version: Option<String>,

    /// Directory that the agent works in.
    pub cwd: Option<String>,
    /// Directory that the agent was started in, or its worktree once it has moved into one.
    pub project_dir: Option<String>,
    /// Directory that the agent was started in, if it has moved into a worktree since.
    pub original_dir: Option<String>,
    /// Name or URL of the cloud folder that the session works on.
    pub cloud_dir: Option<String>,
    /// Additional working directories.
    pub added_dirs: Vec<String>,
    /// Name of the worktree that the session runs in.
    pub worktree: Option<String>,
    /// Branch of the agent's own worktree.
    pub worktree_branch: Option<String>,
    /// Branch that was checked out before the agent made its worktree.
    pub original_branch: Option<String>,
    /// Branch of the working copy as the agent sees it. `None` outside of a repository, on a detached head, and if the
    /// agent does not send it.
    pub branch: Option<String>,
    /// Host, owner and name of the repository.
    pub repo: Option<Repo>,
    /// The open pull request of the branch.
    pub pr: Option<PullRequest>,

    /// The model's display name, or one made of its id.
    pub model: Option<String>,
    pub model_id: Option<String>,
    /// Reasoning effort: `low` to `max`. `None` when the model has none.
    pub effort: Option<String>,
    /// Extended thinking is on.
    pub thinking: Option<bool>,
    /// Fast mode is on.
    pub fast: Option<bool>,
    /// Output style.
    pub style: Option<String>,
    /// Mode of vim key bindings; `None` when they are off.
    pub vim: Option<String>,
    /// Name of the session's agent profile (`--agent`); `None` without one.
    pub agent_name: Option<String>,
    /// Permission or planning mode in the agent's own word: `plan`, `manual`, `allow-all`, `autorun`, … `None` if
    /// it sends none, as some do for their normal mode.
    pub mode: Option<String>,
    /// Current activity.
    pub state: Option<State>,
    /// Running subagents. Empty if there are none, or the agent sends none.
    pub subagents: Vec<Subagent>,
    /// Number of background tasks.
    pub background_tasks: Option<u64>,

    /// The agent's own cost of the session so far, in USD, at list price.
    pub cost_usd: Option<f64>,
    /// Wall-clock time since the session began.
    pub duration: Option<Duration>,
    /// Time that the session waited for the model's provider, over all its requests.
    pub api_duration: Option<Duration>,
    pub lines_added: Option<u64>,
    pub lines_removed: Option<u64>,
    /// Tokens of the session so far. `None` if the agent sends no totals, or it is not certain what they count.
    pub session_usage: Option<Usage>,

    pub context: Context,
    /// Tokens of the last request. `None` before the first and after a compaction.
    pub usage: Option<Usage>,
    pub prompt_cache: Option<PromptCache>,
    /// Usage limits, in the order of the agent. `None` without a subscription and before the first response;
    /// empty if none is known at present.
    pub limits: Option<Vec<Limit>>,
}

/// A repository, by its remote `origin`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Repo {
    /// Such as `github.com`.
    pub host: String,
    /// User or organisation; on GitLab also `group/subgroup`.
    pub owner: String,
    pub name: String,
}

impl Repo {
    /// URL of its web page. `None` if a part has characters that are not allowed in a URL.
    pub fn url(&self) -> Option<String> {
        let is_word = |part: &str, more: &str| {
            let fits = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c) || more.contains(c);
            !part.is_empty() && part.chars().all(fits)
        };
        let steps = self.owner.split('/').chain([self.name.as_str()]);
        let is_path = steps.into_iter().all(|step| is_word(step, "~+") && step != "." && step != "..");
        (is_word(&self.host, ":") && is_path).then(|| format!("https://{}/{}/{}", self.host, self.owner, self.name))
    }
}

/// An open pull or merge request.
#[derive(Debug, Clone, PartialEq)]
pub struct PullRequest {
    pub number: u64,
    /// URL of its web page: `http` or `https`, without white space or control characters. `None` if the agent sends
    /// none, or something else.
    pub url: Option<String>,
    /// `None` if the agent does not send it.
    pub review: Option<Review>,
    /// It is a merge request on GitLab.
    pub merge_request: bool,
}

/// State of a review.
#[derive(Debug, Clone, Copy, PartialEq, Eq, EnumString, Serialize)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum Review {
    Approved,
    Pending,
    ChangesRequested,
    Draft,
}

/// Activity of a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq, EnumString, Serialize)]
#[serde(rename_all = "lowercase")]
#[strum(serialize_all = "lowercase")]
pub enum State {
    /// The model or a tool is at work.
    Working,
    /// The user has to answer.
    Waiting,
    /// The turn is over.
    Idle,
    /// The session is over. No payload reports it.
    Ended,
}

/// A subagent that is running.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subagent {
    pub name: Option<String>,
    /// Its purpose.
    pub role: Option<String>,
}

/// Token counts.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Usage {
    /// Input that was neither read from the cache nor written to it. All input if the agent does not distinguish;
    /// the cache counts are `None` then.
    pub input: Option<u64>,
    pub output: Option<u64>,
    /// Input read from the cache.
    pub cache_read: Option<u64>,
    /// Input written to the cache.
    pub cache_write: Option<u64>,
}

impl Usage {
    /// All input, cached or not. `None` instead of 0, since every request has a prompt.
    pub fn prompt(&self) -> Option<u64> {
        let parts = [self.input, self.cache_read, self.cache_write].into_iter().flatten();
        Some(parts.fold(0, u64::saturating_add)).filter(|sum| *sum > 0)
    }

    /// These counts, unless all of them are unknown.
    pub(super) fn known(self) -> Option<Self> {
        (self != Usage::default()).then_some(self)
    }
}

/// Use of the context window, in percent from 0 to 100, as computed by the agent.
#[derive(Debug, Default, Clone, PartialEq)]
pub struct Context {
    /// Used. `None` before the first response and after a compaction.
    pub used: Option<f64>,
    /// Remaining, as the agent sent it, even if it makes no sense and `used` is unknown for that reason.
    pub remaining: Option<f64>,
    /// `used` is our estimate from token counts: the agent sends no percentage (Claude Code before 2.1.6).
    pub estimated: bool,
    /// Size of the window in tokens.
    pub size: Option<u64>,
    /// Tokens in the window. `None` if it is not certain which of the agent's counts that is.
    pub tokens: Option<u64>,
}

impl Context {
    /// From the percentages that the agent sent, or else estimated from its tokens. Agents also send 0 % for an unknown
    /// value, so a 0 is accepted only together with tokens that round to it.
    pub(super) fn new(used: Option<f64>, left: Option<f64>, tokens: Option<u64>, size: Option<u64>) -> Self {
        let known = |count: &u64| *count > 0;
        let (tokens, size) = (tokens.filter(known), size.filter(known));
        let sent = used.or_else(|| left.map(|left| 100.0 - left));
        if sent == Some(0.0) && size.zip(tokens).is_none_or(|(size, tokens)| tokens >= size / 100) {
            return Context { remaining: left, size, tokens, ..Context::default() };
        }
        let used = sent.or_else(|| Some(tokens? as f64 / size? as f64 * 100.0));
        Context { used, remaining: left, estimated: sent.is_none() && used.is_some(), size, tokens }
    }
}

/// One usage limit.
#[derive(Debug, Clone, PartialEq)]
pub struct Limit {
    /// Short name: `5h`, `7d`, `7d opus` and `spend` for Claude Code, otherwise the agent's own, such as
    /// `gemini-weekly`.
    pub name: String,
    /// Used, in percent; a spending limit can exceed 100.
    pub used: f64,
    /// Time of the next reset.
    pub resets_at: Option<SystemTime>,
    /// Amounts of a spending limit. `None` for other limits.
    pub spend: Option<Spend>,
}

/// Amounts of a spending limit.
#[derive(Debug, Clone, PartialEq)]
pub struct Spend {
    /// Spent, in USD.
    pub used_usd: f64,
    /// The limit, in USD.
    pub limit_usd: f64,
    /// Period of the limit in the agent's word, such as `monthly`.
    pub period: Option<String>,
}

/// State of the prompt cache.
#[derive(Debug, Default, Clone, PartialEq)]
pub struct PromptCache {
    /// The last response used it.
    pub warm: Option<bool>,
    /// The provider has reported cached tokens in this session. If not, caching is off or cannot be seen, and the
    /// other fields mean nothing.
    pub observed: Option<bool>,
    /// Cache reads as a share of all input of this session, 0 to 1.
    pub hit_ratio: Option<f64>,
    /// Time when the cache expires.
    pub expires_at: Option<SystemTime>,
    /// Requests of the session that the numbers are about.
    pub requests: Option<u64>,
    /// Requests that could have read more from the cache than they did.
    pub misses: Option<u64>,
    /// Causes of the last miss in the agent's words, such as `tools_changed`. Empty if there was none, or the cause
    /// is unknown.
    pub last_miss_causes: Vec<String>,
    /// Tokens that the next request would have to write if the cache were cold.
    pub recache_tokens: Option<u64>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_repository_has_an_address_where_its_parts_can_stand_in_one() {
        let check = |host: &str, owner: &str, name: &str, expected: Option<&str>| {
            let repo = Repo { host: host.into(), owner: owner.into(), name: name.into() };
            assert_eq!(repo.url().as_deref(), expected, "{repo:?}");
        };
        check("github.com", "ada", "garden", Some("https://github.com/ada/garden"));
        check("gitlab.example:8443", "a/b/c", "d.e_f", Some("https://gitlab.example:8443/a/b/c/d.e_f"));
        check("git.sr.ht", "~ada", "c++", Some("https://git.sr.ht/~ada/c++"));
        check("github.com", "ada", "gar den", None);
        check("github.com", "ada", "x\x1b]8;;", None);
        check("github.com@evil.org", "ada", "garden", None);
        check("github.com", "..", "garden", None);
        check("github.com", "ada/", "garden", None);
        check("github.com", "ada", "garden?x", None);
        check("", "ada", "garden", None);
    }

    #[test]
    fn a_prompt_is_all_input_and_never_nothing() {
        let check = |usage: Usage, expected| assert_eq!(usage.prompt(), expected, "{usage:?}");
        check(Usage::default(), None);
        check(Usage { input: Some(0), output: Some(9), ..Usage::default() }, None);
        check(Usage { input: Some(5), cache_read: Some(7), cache_write: Some(1), output: Some(9) }, Some(13));
        check(Usage { input: Some(u64::MAX), cache_read: Some(1), ..Usage::default() }, Some(u64::MAX));
    }
}
