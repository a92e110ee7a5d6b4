//! What an agent can say of a session, in one shape for all agents.

use std::time::{Duration, SystemTime};

/// A session as its agent describes it. Every field may be missing: `None` means unknown, never 0.
#[derive(Debug, Default, Clone, PartialEq)]
pub struct Status {
    /// Name of the agent in [`super::ALL`] whose payload it is, or is shaped like.
    pub agent: &'static str,
    /// Rows that the agent shows at most. `None` where it shows all.
    pub max_rows: Option<usize>,
    /// Columns of a row, or of the terminal where the agent tells only that. `None` where it tells
    /// them by `COLUMNS`, or not at all.
    pub columns: Option<usize>,

    /// As sent: a file name is made of it by `SessionId` only.
    pub session_id: Option<String>,
    /// Given by the user or the model; `None` until then.
    pub session_name: Option<String>,
    /// Where the agent writes the conversation down: a file, a folder for Copilot. Neither has to
    /// exist.
    pub transcript_path: Option<String>,
    /// Version of the agent.
    pub version: Option<String>,

    /// Where the agent is working.
    pub cwd: Option<String>,
    /// Where the agent was started, or its worktree once it has moved into one.
    pub project_dir: Option<String>,
    /// Where the agent was started, when it has moved into a worktree since.
    pub original_dir: Option<String>,
    /// Name or address of the folder in the cloud that the session works on.
    pub cloud_dir: Option<String>,
    /// Further folders that it works in.
    pub added_dirs: Vec<String>,
    /// Name of the worktree that the session runs in.
    pub worktree: Option<String>,
    /// Branch of the agent's own worktree.
    pub worktree_branch: Option<String>,
    /// Branch that was checked out before the agent made its worktree.
    pub original_branch: Option<String>,
    /// The working copy as the agent sees it.
    pub vcs: Vcs,
    /// The repository's home.
    pub repo: Option<Repo>,
    /// The open pull request of the branch.
    pub pr: Option<PullRequest>,

    /// The model's name for people, else one made of its id.
    pub model: Option<String>,
    /// The model's id.
    pub model_id: Option<String>,
    /// Reasoning effort: `low` to `max`. `None` when the model has none.
    pub effort: Option<String>,
    /// Whether extended thinking is on.
    pub thinking: Option<bool>,
    /// Whether fast mode is on.
    pub fast: Option<bool>,
    /// Output style.
    pub style: Option<String>,
    /// Mode of vim key bindings; `None` when they are off.
    pub vim: Option<String>,
    /// Name of the agent profile that leads the session (`--agent`); `None` without one.
    pub agent_name: Option<String>,
    /// What the agent may do unasked, or that it plans, in its own word: `plan`, `manual`,
    /// `allow-all`, `autorun`, … `None` where it does not say, also when nothing is out of the ordinary.
    pub mode: Option<String>,
    /// What it does at this instant.
    pub state: Option<State>,
    /// Subagents that are running. Empty when there are none, or the agent does not say.
    pub subagents: Vec<Subagent>,
    /// Tasks in the background.
    pub background_tasks: Option<u64>,

    /// The host's own cost of the session so far, in USD, at list price.
    pub cost_usd: Option<f64>,
    /// Wall clock since the session began.
    pub duration: Option<Duration>,
    /// Time that the session waited for the model's provider, over all its requests.
    pub api_duration: Option<Duration>,
    /// Lines that the session added.
    pub lines_added: Option<u64>,
    /// Lines that the session removed.
    pub lines_removed: Option<u64>,
    /// Tokens of the session so far. `None` where the agent sends no totals, or it is not certain
    /// what they count.
    pub session_usage: Option<Usage>,

    /// How full the context window is.
    pub context: Context,
    /// Tokens of the last request. `None` before the first and after a compaction.
    pub usage: Option<Usage>,
    /// Whether the last response took input and output beyond 200,000 tokens, whatever the window.
    pub exceeds_200k: Option<bool>,
    /// The prompt cache.
    pub prompt_cache: Option<PromptCache>,
    /// Usage limits, in the order of the agent. `None` without a subscription, or before the first
    /// response; empty when none of them is known at present.
    pub limits: Option<Vec<Limit>>,
}

/// The working copy as the agent sees it.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Vcs {
    /// The branch. `None` outside of a repository, on a detached head, and where the agent does not say.
    pub branch: Option<String>,
    /// Whether there are changes that are not committed.
    pub dirty: Option<bool>,
}

/// The home of a repository, by its remote `origin`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Repo {
    /// Such as `github.com`.
    pub host: String,
    /// User or organisation; of GitLab also `group/subgroup`.
    pub owner: String,
    /// Its name.
    pub name: String,
}

impl Repo {
    /// Its page on the web. `None` where a part has characters that have no place in an address.
    pub fn url(&self) -> Option<String> {
        let is_word = |part: &str, more: &str| {
            let fits = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c) || more.contains(c);
            !part.is_empty() && part.chars().all(fits)
        };
        let steps = self.owner.split('/').chain([self.name.as_str()]);
        let is_path = steps.into_iter().all(|step| is_word(step, "~+") && step != "." && step != "..");
        (is_word(&self.host, ":") && is_path)
            .then(|| format!("https://{}/{}/{}", self.host, self.owner, self.name))
    }
}

/// An open pull or merge request.
#[derive(Debug, Clone, PartialEq)]
pub struct PullRequest {
    /// Its number.
    pub number: u64,
    /// Its page on the web: an address of `http` or `https` without white space or control
    /// characters. `None` when the host sends none, or something else.
    pub url: Option<String>,
    /// Where a review stands; `None` when the host does not say.
    pub review: Option<Review>,
    /// Whether it is a merge request of GitLab.
    pub merge_request: bool,
}

/// Where a review stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Review {
    Approved,
    Pending,
    ChangesRequested,
    Draft,
}

/// What an agent does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// The turn is over.
    Idle,
    /// The model or a tool is at work.
    Working,
    /// The user has to answer.
    Waiting,
}

/// A subagent that is running.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subagent {
    /// Its name.
    pub name: Option<String>,
    /// What it is there for.
    pub role: Option<String>,
}

/// Counts of tokens.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Usage {
    /// Input that was neither read from the cache nor written to it; all input where the agent does
    /// not tell them apart, which it then leaves `None`.
    pub input: Option<u64>,
    /// Output.
    pub output: Option<u64>,
    /// Input that came from the cache.
    pub cache_read: Option<u64>,
    /// Input that was written to the cache.
    pub cache_write: Option<u64>,
}

impl Usage {
    /// All input, cached or not. `None` where that would be nothing: no request is without a prompt.
    pub fn prompt(&self) -> Option<u64> {
        let parts = [self.input, self.cache_read, self.cache_write].into_iter().flatten();
        Some(parts.fold(0, u64::saturating_add)).filter(|sum| *sum > 0)
    }

    /// These counts, unless all of them are unknown.
    pub(super) fn known(self) -> Option<Self> {
        (self != Usage::default()).then_some(self)
    }
}

/// How full the context window is, in percent from 0 to 100, by the host's own reckoning.
#[derive(Debug, Default, Clone, PartialEq)]
pub struct Context {
    /// Used. `None` before the first response and after a compaction.
    pub used: Option<f64>,
    /// Left, as the host sent it, also where `used` is unknown because that makes no sense.
    pub remaining: Option<f64>,
    /// Whether `used` is our estimate from token counts, because the host sends no percentage
    /// (Claude Code before 2.1.6).
    pub estimated: bool,
    /// Size of the window in tokens.
    pub size: Option<u64>,
    /// Tokens that fill it. `None` where it is not certain which of the agent's counts does.
    pub tokens: Option<u64>,
}

impl Context {
    /// A window by the percentages that the host sent, else by an estimate from its tokens. Hosts also
    /// send 0 % for what they do not know, so a 0 counts only next to tokens that round to it.
    pub(super) fn new(
        used: Option<f64>,
        remaining: Option<f64>,
        tokens: Option<u64>,
        size: Option<u64>,
    ) -> Self {
        let known = |count: &u64| *count > 0;
        let (tokens, size) = (tokens.filter(known), size.filter(known));
        let sent = used.or_else(|| remaining.map(|left| 100.0 - left));
        if sent == Some(0.0) && size.zip(tokens).is_none_or(|(size, tokens)| tokens >= size / 100) {
            return Context { remaining, size, tokens, ..Context::default() };
        }
        let used = sent.or_else(|| Some(tokens? as f64 / size? as f64 * 100.0));
        Context { used, remaining, estimated: sent.is_none() && used.is_some(), size, tokens }
    }
}

/// One usage limit.
#[derive(Debug, Clone, PartialEq)]
pub struct Limit {
    /// Short name: `5h`, `7d`, `7d opus` and `spend` of Claude Code, else the agent's own, as
    /// `gemini-weekly`.
    pub name: String,
    /// Used, in percent; a spending limit can exceed 100.
    pub used: f64,
    /// When it starts anew.
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
    /// What the limit is for, in the agent's word, as `monthly`.
    pub period: Option<String>,
}

/// State of the prompt cache.
#[derive(Debug, Default, Clone, PartialEq)]
pub struct PromptCache {
    /// Whether the last response used it.
    pub warm: Option<bool>,
    /// Whether the provider has ever reported cached tokens in this session: if not, caching is off
    /// or cannot be seen, and the other fields say nothing.
    pub observed: Option<bool>,
    /// Cache reads as a share of all input of this session, 0 to 1.
    pub hit_ratio: Option<f64>,
    /// How long what is cached lives after its last use.
    pub ttl: Option<Duration>,
    /// When what is cached expires.
    pub expires_at: Option<SystemTime>,
    /// Requests of the session that the cache was reckoned over.
    pub requests: Option<u64>,
    /// Those that could have read more than they did.
    pub misses: Option<u64>,
    /// Why the last of them did not, in the agent's words, as `tools_changed`. Empty when there was
    /// none, or nobody knows.
    pub last_miss_causes: Vec<String>,
    /// Tokens that the next request would have to write, were the cache cold.
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
