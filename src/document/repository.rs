//! The repository that a session works in: what git says of it, its home, and the pull request.

use serde::Serialize;

use crate::agent::{self, Review};
use crate::facts::git::{self, Head, Operation};
use crate::snapshot::Snapshot;

/// The head and the operation as of now, the rest as git said it last.
#[derive(Serialize)]
pub struct Git<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    branch: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    commit: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    operation: Option<Step<'a>>,
    #[serde(flatten)]
    found: Option<Found<'a>>,
}

#[derive(Serialize)]
struct Step<'a> {
    name: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    branch: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    step: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    of: Option<u64>,
}

#[derive(Serialize)]
struct Found<'a> {
    as_of_ms: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    sha: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    committed_ms: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tag: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    upstream: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ahead: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    behind: Option<u64>,
    staged: u64,
    unstaged: u64,
    untracked: u64,
    conflicts: u64,
    more: bool,
    stashes: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    worktree: Option<&'a str>,
}

impl<'a> Git<'a> {
    /// `None` outside of a repository.
    pub fn new(snapshot: &'a Snapshot) -> Option<Self> {
        let (branch, commit) = match snapshot.head() {
            Some(Head::Branch(name)) => (Some(name.as_str()), None),
            Some(Head::Detached(id)) => (None, Some(id.as_str())),
            // Where there are no files to look at, as on another machine, the agent may know.
            None => (Some(snapshot.status.vcs.branch.as_deref()?), None),
        };
        let operation = snapshot.operation().map(Step::new);
        let found = snapshot.git().and_then(|fact| Some(Found::new(fact.value.as_ref()?, fact.at_ms)));
        Some(Git { branch, commit, operation, found })
    }
}

impl<'a> Step<'a> {
    fn new(operation: &'a Operation) -> Self {
        let (step, of) = operation.step.unzip();
        Step { name: operation.kind.name(), branch: operation.branch.as_deref(), step, of }
    }
}

impl<'a> Found<'a> {
    fn new(git: &'a git::Git, as_of_ms: u64) -> Self {
        Found {
            as_of_ms,
            sha: git.commit.as_deref(),
            committed_ms: git.committed_at.and_then(|seconds| seconds.checked_mul(1000)),
            tag: git.tag.as_deref(),
            upstream: git.upstream.as_deref(),
            ahead: git.ahead,
            behind: git.behind,
            staged: git.staged,
            unstaged: git.unstaged,
            untracked: git.untracked,
            conflicts: git.conflicts,
            more: git.more,
            stashes: git.stashes,
            worktree: git.worktree.as_deref(),
        }
    }
}

/// Where it is at home.
#[derive(Serialize)]
pub struct Repo<'a> {
    host: &'a str,
    owner: &'a str,
    name: &'a str,
}

impl<'a> Repo<'a> {
    pub fn new(repo: &'a agent::Repo) -> Self {
        Repo { host: &repo.host, owner: &repo.owner, name: &repo.name }
    }
}

/// The open pull request.
#[derive(Serialize)]
pub struct PullRequest<'a> {
    number: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    url: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    review: Option<&'static str>,
}

impl<'a> PullRequest<'a> {
    pub fn new(pr: &'a agent::PullRequest) -> Self {
        let review = pr.review.map(|review| match review {
            Review::Approved => "approved",
            Review::Pending => "pending",
            Review::ChangesRequested => "changes_requested",
            Review::Draft => "draft",
        });
        PullRequest { number: pr.number, url: pr.url.as_deref(), review }
    }
}
