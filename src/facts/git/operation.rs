//! What git is in the middle of, from the files that it leaves in the git dir for itself.

use std::path::Path;
use std::time::SystemTime;

use crate::session::listing::Listings;
use crate::store::{self, Trust};

/// An operation that waits for its next step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Operation {
    /// What it is.
    pub kind: OperationKind,
    /// The branch that is rebased, or that the bisection began on. `None` for other operations, and
    /// where it began on no branch.
    pub branch: Option<String>,
    /// Which step it is at, from 1, and how many there are. `None` where git keeps no count.
    pub step: Option<(u64, u64)>,
}

/// Kinds of operations.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OperationKind {
    Rebase,
    Am,
    Merge,
    CherryPick,
    Revert,
    Bisect,
}

impl OperationKind {
    /// The name of git's command: `rebase`, `cherry-pick`, …
    pub fn name(self) -> &'static str {
        match self {
            OperationKind::Rebase => "rebase",
            OperationKind::Am => "am",
            OperationKind::Merge => "merge",
            OperationKind::CherryPick => "cherry-pick",
            OperationKind::Revert => "revert",
            OperationKind::Bisect => "bisect",
        }
    }
}

/// What stands in the git dir while an operation is under way (git's `wt-status.c` looks for the same).
const MARKS: [&str; 7] = [
    "rebase-merge",
    "rebase-apply",
    "MERGE_HEAD",
    "CHERRY_PICK_HEAD",
    "REVERT_HEAD",
    "sequencer",
    "BISECT_LOG",
];

/// More than git writes into one of these files, in bytes; a list of commits to pick may be longer.
const MAX_FILE: u64 = 64 * 1024;

/// The operation that is under way in a git dir. Costs one stat while there is none, and a listing
/// of the folder after each change in it.
pub fn operation(git_dir: &Path, listings: &mut Listings, now: SystemTime) -> Option<Operation> {
    let marks = listings.names(git_dir, now, |name| MARKS.contains(&name));
    if marks.is_empty() {
        return None;
    }
    let is_marked = |mark: &str| marks.iter().any(|name| name == mark);
    let of = |kind| Operation { kind, branch: None, step: None };
    // A rebase leaves the marks of the step that it is at, too.
    if is_marked("rebase-merge") {
        let folder = git_dir.join("rebase-merge");
        let step = step(&folder, "msgnum", "end");
        return Some(Operation {
            branch: branch(&folder.join("head-name")),
            step,
            ..of(OperationKind::Rebase)
        });
    }
    if is_marked("rebase-apply") {
        let folder = git_dir.join("rebase-apply");
        let is_am = store::version(&folder.join("applying")).is_some();
        let kind = if is_am { OperationKind::Am } else { OperationKind::Rebase };
        let step = step(&folder, "next", "last");
        return Some(Operation { branch: branch(&folder.join("head-name")), step, ..of(kind) });
    }
    if is_marked("MERGE_HEAD") {
        return Some(of(OperationKind::Merge));
    }
    if is_marked("CHERRY_PICK_HEAD") {
        return Some(of(OperationKind::CherryPick));
    }
    if is_marked("REVERT_HEAD") {
        return Some(of(OperationKind::Revert));
    }
    // Between two of several commits, after one that the user has committed.
    if is_marked("sequencer")
        && let Some(kind) = picked(&git_dir.join("sequencer/todo"))
    {
        return Some(of(kind));
    }
    let bisect = || Operation { branch: branch(&git_dir.join("BISECT_START")), ..of(OperationKind::Bisect) };
    is_marked("BISECT_LOG").then(bisect)
}

fn step(folder: &Path, at: &str, of: &str) -> Option<(u64, u64)> {
    let number = |name: &str| read(&folder.join(name))?.trim().parse().ok();
    Some((number(at)?, number(of)?))
}

/// The branch in a file that holds a ref (`refs/heads/x`), a branch (`x`), or no such thing.
fn branch(path: &Path) -> Option<String> {
    let name = read(path)?;
    let name = name.trim();
    let is_commit = name.len() >= 40 && name.bytes().all(|byte| byte.is_ascii_hexdigit());
    let branch = name.strip_prefix("refs/heads/").unwrap_or(name);
    // A rebase of no branch writes `detached HEAD`.
    (!is_commit && !branch.is_empty() && branch != "detached HEAD").then(|| branch.to_owned())
}

/// What the first line of a list of commits does with its commit.
fn picked(todo: &Path) -> Option<OperationKind> {
    let todo = read(todo)?;
    let line = todo.lines().find(|line| !line.starts_with('#'))?;
    match line.split(' ').next()? {
        "pick" | "p" => Some(OperationKind::CherryPick),
        "revert" => Some(OperationKind::Revert),
        _ => None,
    }
}

fn read(path: &Path) -> Option<String> {
    store::read_text(path, Trust::Lenient, MAX_FILE).ok()
}
