//! The repository that the session works in. Its head and the operation in progress come from its files at every
//! render; what only git itself can compute is a [`Fact`], computed by a refresh.

mod jujutsu;
mod operation;
mod query;
mod repository;
mod status;

pub use operation::{Operation, REBASE, operation};
pub use repository::{Head, Repository};

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use serde::{Deserialize, Serialize};

use super::fact::{Fact, FactFile, FactLookup};
use super::refresh::{FactKind, Refresh};
use crate::base::env::Env;
use crate::base::hash::fnv;

/// The kind of these facts. Their subject is a folder of the working tree.
pub const KIND: FactKind = FactKind { name: "git", refresh };

/// Age limit of a fact. Files that git writes (in a commit, `git add`, a fetch…) are noticed at once; an edit of a file
/// only after this time.
pub const LIMIT: Duration = Duration::from_secs(5);

/// State of a repository and its working tree, as git reports it.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Git {
    /// The branch. `None` when the head is detached.
    pub branch: Option<String>,
    /// The commit, in the fewest digits that identify it. `None` before the first.
    pub commit: Option<String>,
    /// The Jujutsu change, in the letters that `jj log` shows. `None` without Jujutsu.
    pub change: Option<String>,
    /// Its bookmarks, or those of the nearest change before it that has some.
    pub bookmarks: Option<String>,
    /// Time of the commit, in epoch seconds.
    pub committed_at: Option<u64>,
    /// A tag on the commit; of several, the last by name.
    pub tag: Option<String>,
    /// The branch that ours follows, such as `origin/main`. `None` when it follows none.
    pub upstream: Option<String>,
    /// `true` when that branch does not exist.
    pub gone: bool,
    /// Commits that the upstream lacks. `None` without an upstream, or if that is gone.
    pub ahead: Option<u64>,
    /// Commits of the upstream that ours lacks. `None` as for `ahead`.
    pub behind: Option<u64>,
    /// Files with changes in the index. A file with changes in both counts in both.
    pub staged: u64,
    /// Files with changes in the working tree that are not in the index.
    pub unstaged: u64,
    /// Untracked files, a folder of nothing else counting as one. 0 if the user's `status.showUntrackedFiles` turns
    /// them off.
    pub untracked: u64,
    /// Files in conflict.
    pub conflicts: u64,
    /// `true` when there were too many to count: the numbers of files are lower bounds.
    pub more: bool,
    /// Entries of the stash.
    pub stashes: u64,
    /// Name of a linked working tree.
    pub worktree: Option<String>,
    /// The git dir, to distinguish it from another with the same hash.
    git_dir: String,
    /// The ref of `upstream`.
    upstream_ref: Option<String>,
    /// [`Repository::stamp`] from before git was asked.
    stamp: u64,
}

impl Git {
    /// `true` when the head has moved, or the index or a ref has been written since.
    fn is_outdated(&self, repository: &Repository) -> bool {
        self.git_dir != name(repository) || self.stamp != repository.stamp(self.upstream_ref.as_deref())
    }

    /// Without the values of the branch that was checked out then.
    fn on_another_branch(mut self) -> Git {
        (self.branch, self.commit, self.change, self.bookmarks) = Default::default();
        (self.committed_at, self.tag, self.upstream, self.gone) = Default::default();
        (self.ahead, self.behind) = Default::default();
        self
    }
}

/// The repository that `GIT_DIR` names, if it is set.
pub fn variable(env: &Env) -> Option<PathBuf> {
    env.var_os("GIT_DIR").map(PathBuf::from)
}

/// The file of the fact about a repository.
pub fn file(repository: &Repository, state: &Path) -> FactFile {
    FactFile::new(state, &KIND, fnv(repository.git_dir.as_os_str().as_encoded_bytes()), LIMIT)
}

/// The fact about a repository, without outdated values.
pub fn look_up(repository: &Repository, file: &FactFile, now: SystemTime) -> FactLookup<Git> {
    let found = file.look_up(now, |git: &Git| git.is_outdated(repository));
    FactLookup { fact: found.fact.map(|fact| usable(fact, repository)), ..found }
}

/// The fact, without values that do not apply to the present head.
pub fn usable(fact: Fact<Git>, repository: &Repository) -> Fact<Git> {
    let value = fact.value.filter(|git| git.git_dir == name(repository)).map(|git| match repository.head() {
        Some(Head::Branch(branch)) if git.branch.as_ref() != Some(&branch) => git.on_another_branch(),
        Some(Head::Detached(commit)) if !is_detached_at(&git, &commit) => git.on_another_branch(),
        _ => git,
    });
    Fact { value, ..fact }
}

fn is_detached_at(git: &Git, commit: &str) -> bool {
    let same = |known: &String| known.starts_with(commit) || commit.starts_with(known.as_str());
    git.branch.is_none() && git.commit.as_ref().is_some_and(same)
}

/// The head as git reported it, for repositories whose files do not show it.
pub fn head(git: &Git) -> Option<Head> {
    let detached = || Some(Head::Detached(git.commit.clone()?));
    git.branch.clone().map(Head::Branch).or_else(detached)
}

/// Updates the fact about the repository around a folder. Fails if the repository is gone, or git fails.
fn refresh(subject: &OsStr, run: &Refresh) -> Result<(), String> {
    let folder = Path::new(subject);
    let variable = variable(&run.env);
    let find = || Repository::find(folder, variable.as_deref());
    let Some(repository) = find() else {
        return Err(format!("{} is not inside a git repository", folder.display()));
    };
    let compute = |old: Option<&Git>| {
        // Read before git runs, so that a change meanwhile outdates the fact.
        let repository = find().ok_or("the repository is gone")?;
        let expected = old.and_then(|old| old.upstream_ref.clone());
        let stamp = repository.stamp(expected.as_deref());
        let mut git = query::query(&repository, folder, run)?;
        git.upstream_ref = git.upstream.as_deref().map(|upstream| upstream_ref(&repository, upstream));
        let is_expected = git.upstream_ref == expected;
        git.stamp = if is_expected { stamp } else { repository.stamp(git.upstream_ref.as_deref()) };
        git.git_dir = name(&repository);
        Ok(git)
    };
    file(&repository, &run.state).refresh(run.env.now, |git: &Git| git.is_outdated(&repository), compute)
}

/// The full name of an upstream ref: of a remote, or another local branch.
fn upstream_ref(repository: &Repository, upstream: &str) -> String {
    let local = format!("refs/heads/{upstream}");
    if repository.common_dir.join(&local).is_file() { local } else { format!("refs/remotes/{upstream}") }
}

fn name(repository: &Repository) -> String {
    repository.git_dir.to_string_lossy().into_owned()
}
