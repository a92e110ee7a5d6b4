//! The repository that the session works in. Its head and the operation in progress come from its
//! files at every render; what git itself must be asked for is a [`Fact`], found out by a refresh.

mod jujutsu;
mod operation;
mod place;
mod query;
mod status;

pub use operation::{Operation, OperationKind, operation};
pub use place::{Head, Place};

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use serde::{Deserialize, Serialize};

use super::fact::{Fact, FactFile, Lookup};
use super::refresh::{Kind, Run};
use crate::base::env::Env;
use crate::base::hash::fnv;

/// The kind of these facts. Their subject is a folder of the working tree.
pub const KIND: Kind = Kind { name: "git", refresh };

/// How old a fact may get. What git writes (a commit, `git add`, a fetch…) is noticed at once; an edit
/// of a file only by this.
pub const LIMIT: Duration = Duration::from_secs(5);

/// What git says of a repository and its working tree.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Git {
    /// The branch. `None` when the head is detached.
    pub branch: Option<String>,
    /// The commit, in the fewest digits that name it. `None` before the first.
    pub commit: Option<String>,
    /// The Jujutsu change of a detached head: its id and bookmarks. `None` without Jujutsu.
    pub change: Option<String>,
    /// When it was committed, in epoch seconds.
    pub committed_at: Option<u64>,
    /// A tag on the commit; the last by name where there are several.
    pub tag: Option<String>,
    /// The branch that ours follows, such as `origin/main`. `None` when it follows none.
    pub upstream: Option<String>,
    /// Whether that branch is not there.
    pub gone: bool,
    /// Commits that it lacks. `None` without upstream, or where that is gone.
    pub ahead: Option<u64>,
    /// Commits of it that we lack. `None` as `ahead`.
    pub behind: Option<u64>,
    /// Files with changes in the index. One with changes in both counts in both.
    pub staged: u64,
    /// Files with changes in the working tree that are not in the index.
    pub unstaged: u64,
    /// Files, and folders of nothing else, that git does not know. 0 where the user's
    /// `status.showUntrackedFiles` says that they are not to be looked for.
    pub untracked: u64,
    /// Files in conflict.
    pub conflicts: u64,
    /// Whether there were too many to count, so that the numbers of files are lower bounds.
    pub more: bool,
    /// Entries of the stash.
    pub stashes: u64,
    /// The name of the working tree where it is a linked one.
    pub worktree: Option<String>,
    /// Where it was found, to tell it from another of the same hash.
    git_dir: String,
    /// The ref of `upstream`.
    upstream_ref: Option<String>,
    /// [`Place::stamp`] before git was asked.
    stamp: u64,
}

impl Git {
    /// Whether the head has moved or the index or a ref has been written since.
    fn is_outdated(&self, place: &Place) -> bool {
        self.git_dir != name(place) || self.stamp != place.stamp(self.upstream_ref.as_deref())
    }

    /// Without what is only true of the branch that it was found out on.
    fn on_another_branch(self) -> Git {
        Git {
            branch: None,
            commit: None,
            change: None,
            committed_at: None,
            tag: None,
            upstream: None,
            gone: false,
            ahead: None,
            behind: None,
            ..self
        }
    }
}

/// The repository that `GIT_DIR` names, if it is set.
pub fn variable(env: &Env) -> Option<PathBuf> {
    env.var_os("GIT_DIR").map(PathBuf::from)
}

/// The file of the fact about a repository.
pub fn file(place: &Place, state: &Path) -> FactFile {
    FactFile::new(state, &KIND, fnv(place.git_dir.as_os_str().as_encoded_bytes()), LIMIT)
}

/// The fact about a repository, as far as it holds now.
pub fn look_up(place: &Place, file: &FactFile, now: SystemTime) -> Lookup<Git> {
    let found = file.look_up(now, |git: &Git| git.is_outdated(place));
    Lookup { fact: found.fact.map(|fact| usable(fact, place)), ..found }
}

/// A fact as far as it holds for what the head is now.
pub fn usable(fact: Fact<Git>, place: &Place) -> Fact<Git> {
    let value = fact.value.filter(|git| git.git_dir == name(place)).map(|git| match place.head() {
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

/// The head where the files do not tell it.
pub fn head(git: &Git) -> Option<Head> {
    let detached = || Some(Head::Detached(git.commit.clone()?));
    git.branch.clone().map(Head::Branch).or_else(detached)
}

/// Brings the fact about the repository that a folder lies in up to date. Fails where there is no repository
/// any more, or git could not tell.
fn refresh(subject: &OsStr, run: &Run) -> Result<(), String> {
    let folder = Path::new(subject);
    let variable = variable(&run.env);
    let place = || Place::find(folder, variable.as_deref());
    let Some(seen) = place() else {
        return Err(format!("{} lies in no git repository", folder.display()));
    };
    let find = |old: Option<&Git>| {
        // Before git looks: what changes meanwhile is found outdated.
        let seen = place().ok_or("the repository is gone")?;
        let expected = old.and_then(|old| old.upstream_ref.clone());
        let stamp = seen.stamp(expected.as_deref());
        let mut git = query::query(&seen, folder, run)?;
        git.upstream_ref = git.upstream.as_deref().map(|upstream| upstream_ref(&seen, upstream));
        git.stamp =
            if git.upstream_ref == expected { stamp } else { seen.stamp(git.upstream_ref.as_deref()) };
        git.git_dir = name(&seen);
        Ok(git)
    };
    file(&seen, &run.state).refresh(run.env.now, |git: &Git| git.is_outdated(&seen), find)
}

/// The ref that git abbreviates so: of a remote, or another branch of ours.
fn upstream_ref(place: &Place, upstream: &str) -> String {
    let local = format!("refs/heads/{upstream}");
    if place.common_dir.join(&local).is_file() { local } else { format!("refs/remotes/{upstream}") }
}

fn name(place: &Place) -> String {
    place.git_dir.to_string_lossy().into_owned()
}
