//! The git operation in progress, from git's own files in the git dir.

use std::path::Path;
use std::time::SystemTime;

use crate::session::listing::Listings;
use crate::store::{self, Trust};

/// An operation that waits for its next step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Operation {
    /// As git's command: `rebase`, `am`, `merge`, `cherry-pick`, `revert`, `bisect`.
    pub name: &'static str,
    /// The branch being rebased, or the one that the bisection began on. `None` for other operations, and on a detached
    /// head.
    pub branch: Option<String>,
    /// Current step, from 1, and number of steps. `None` if git keeps no count.
    pub step: Option<(u64, u64)>,
}

/// The name of a rebase.
pub const REBASE: &str = "rebase";

/// Files whose presence alone shows an operation (git's `wt-status.c` looks for the same).
const HEADS: [(&str, &str); 3] =
    [("MERGE_HEAD", "merge"), ("CHERRY_PICK_HEAD", "cherry-pick"), ("REVERT_HEAD", "revert")];

/// Further files and folders that git leaves in the git dir during an operation.
const MARKS: [&str; 4] = ["rebase-merge", "rebase-apply", "sequencer", "BISECT_LOG"];

/// Maximum size in bytes of one of these files; only a list of commits to pick may be longer.
const MAX_FILE: u64 = 64 * 1024;

/// The operation in progress in a git dir. Costs one stat while there is none, and a listing of the folder
/// after each change in it.
pub fn operation(git_dir: &Path, listings: &mut Listings, now: SystemTime) -> Option<Operation> {
    let is_mark = |name: &str| MARKS.contains(&name) || HEADS.iter().any(|(head, _)| *head == name);
    let marks = listings.names(git_dir, now, is_mark);
    let is_marked = |mark: &str| marks.iter().any(|name| name == mark);
    let of = |name| Operation { name, branch: None, step: None };
    let rebase = |name, folder: &str, at, of| {
        let folder = git_dir.join(folder);
        Operation { name, branch: branch(&folder.join("head-name")), step: step(&folder, at, of) }
    };
    // First, since a rebase also leaves the marks of its current step.
    if is_marked("rebase-merge") {
        return Some(rebase(REBASE, "rebase-merge", "msgnum", "end"));
    }
    if is_marked("rebase-apply") {
        let is_am = store::version(&git_dir.join("rebase-apply/applying")).is_some();
        let name = if is_am { "am" } else { REBASE };
        return Some(rebase(name, "rebase-apply", "next", "last"));
    }
    if let Some((_, name)) = HEADS.iter().find(|(head, _)| is_marked(head)) {
        return Some(of(name));
    }
    // Between two of several commits, after one that the user has committed.
    if is_marked("sequencer")
        && let Some(name) = picked(&git_dir.join("sequencer/todo"))
    {
        return Some(of(name));
    }
    let bisect = || Operation { branch: branch(&git_dir.join("BISECT_START")), ..of("bisect") };
    is_marked("BISECT_LOG").then(bisect)
}

fn step(folder: &Path, at: &str, of: &str) -> Option<(u64, u64)> {
    let number = |name: &str| read(&folder.join(name))?.trim().parse().ok();
    Some((number(at)?, number(of)?))
}

/// The branch in a file that holds a ref (`refs/heads/x`), a branch (`x`), or something else.
fn branch(path: &Path) -> Option<String> {
    let name = read(path)?;
    let name = name.trim();
    let is_commit = name.len() >= 40 && name.bytes().all(|byte| byte.is_ascii_hexdigit());
    let branch = name.strip_prefix("refs/heads/").unwrap_or(name);
    // A rebase of no branch writes `detached HEAD`.
    (!is_commit && !branch.is_empty() && branch != "detached HEAD").then(|| branch.to_owned())
}

/// The operation in the first line of a list of commits.
fn picked(todo: &Path) -> Option<&'static str> {
    let todo = read(todo)?;
    let line = todo.lines().find(|line| !line.starts_with('#'))?;
    match line.split(' ').next()? {
        "pick" | "p" => Some("cherry-pick"),
        "revert" => Some("revert"),
        _ => None,
    }
}

fn read(path: &Path) -> Option<String> {
    store::read_text(path, Trust::Lenient, MAX_FILE).ok()
}
