//! A repository and its head, found by its files: no process is started.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use crate::base::hash::Fnv;
use crate::store::{self, Absent, Trust};

/// The target of `HEAD`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Head {
    /// A branch, possibly without commits.
    Branch(String),
    /// A commit, by the first seven digits of its id.
    Detached(String),
}

/// A repository, as seen from one of its working trees.
#[derive(Debug, PartialEq)]
pub struct Repository {
    /// Folder that holds `.git` or `.jj`, or a bare repository itself. `None` when `GIT_DIR` names the repository.
    pub top: Option<PathBuf>,
    /// Files of this working tree: HEAD, the index, operations in progress. `.jj` of a Jujutsu repository
    /// without a `.git` next to it.
    pub git_dir: PathBuf,
    /// Files that all working trees share: refs and configuration. Usually the same folder.
    pub common_dir: PathBuf,
    /// Content of `HEAD`; empty if it cannot be read.
    head: String,
}

/// The folder of a Jujutsu repository, in the top folder of each of its working copies.
pub const DOT_JJ: &str = ".jj";

/// Maximum size of a `HEAD`, `.git` or `commondir` file in bytes.
const MAX_FILE: u64 = 8 * 1024;

/// Maximum length of a branch name in bytes: the name of its file is shorter.
const MAX_BRANCH: usize = 1024;

/// Ref that git writes into `HEAD` if the refs are in a reftable.
const REFTABLE: &str = "refs/heads/.invalid";

impl Repository {
    /// The repository that contains `start`, or the one that `GIT_DIR` names. `None` outside of one. Costs two opens
    /// and a stat for each folder on the way up, and below the top folder a check for links.
    pub fn find(start: &Path, variable: Option<&Path>) -> Option<Self> {
        // A relative path (as a Windows path is on Unix) would be resolved against our working directory.
        if !start.is_absolute() {
            return None;
        }
        if let Some(git_dir) = variable {
            return Some(Repository::linked(None, start.join(git_dir)));
        }
        let found = climb(start);
        if found.as_ref().is_some_and(|repository| repository.top.as_deref() == Some(start)) {
            return found;
        }
        // The folders above are those of the link's target. On Windows a canonical path is always spelled
        // differently, and links are rare.
        match start.canonicalize() {
            Ok(real) if cfg!(unix) && real != start => climb(&real),
            _ => found,
        }
    }

    /// The head. `None` with a reftable, which keeps refs elsewhere, and without a readable `HEAD`.
    pub fn head(&self) -> Option<Head> {
        parse_head(&self.head)
    }

    /// A number that changes with each file that git writes in a commit, a checkout, `git add`, a fetch or a
    /// stash. `upstream` is the ref that the branch follows.
    pub fn stamp(&self, upstream: Option<&str>) -> u64 {
        let mut fnv = Fnv::default();
        fnv.bytes(self.head.as_bytes());
        let mut file = |path: PathBuf| {
            let (changed, size) = store::version(&path).unwrap_or((0, u64::MAX));
            fnv.bytes(&changed.to_le_bytes());
            fnv.bytes(&size.to_le_bytes());
        };
        file(self.git_dir.join("index"));
        for name in ["packed-refs", "logs/refs/stash"] {
            file(self.common_dir.join(name));
        }
        let branch = self.head.strip_prefix("ref:").map(str::trim);
        // jj detaches the head, and writes this file with every command.
        if branch.is_none()
            && let Some(top) = &self.top
        {
            file(top.join(".jj/working_copy/checkout"));
        }
        if branch == Some(REFTABLE) {
            file(self.common_dir.join("reftable/tables.list"));
            file(self.git_dir.join("reftable/tables.list"));
        } else {
            for name in branch.into_iter().chain(upstream) {
                file(self.common_dir.join(name));
            }
        }
        fnv.finish()
    }

    /// Name of a linked working tree.
    pub fn worktree(&self) -> Option<String> {
        let name = self.top.as_ref().filter(|_| self.git_dir != self.common_dir)?.file_name()?;
        Some(name.to_string_lossy().into_owned())
    }

    fn plain(top: &Path, git_dir: PathBuf, head: String) -> Self {
        Repository { top: Some(top.to_owned()), common_dir: git_dir.clone(), git_dir, head }
    }

    /// A repository whose files may lie in two folders.
    fn linked(top: Option<PathBuf>, git_dir: PathBuf) -> Self {
        let head = read(&git_dir.join("HEAD")).unwrap_or_default();
        let common = read(&git_dir.join("commondir"));
        let common_dir = common.map_or_else(|_| git_dir.clone(), |common| git_dir.join(common.trim_end()));
        Repository { top, git_dir, common_dir, head }
    }
}

fn climb(start: &Path) -> Option<Repository> {
    start.ancestors().find_map(at)
}

/// The repository whose working tree has its top here, or which is this folder itself.
fn at(folder: &Path) -> Option<Repository> {
    let dot_git = folder.join(".git");
    match read(&dot_git.join("HEAD")) {
        Ok(head) => Some(Repository::plain(folder, dot_git, head)),
        Err(Absent::Unavailable(err)) if err.kind() == ErrorKind::NotADirectory => behind_file(folder, &dot_git),
        // Windows reports a file in the repository of a folder as missing.
        Err(Absent::Missing) if cfg!(windows) => behind_file(folder, &dot_git).or_else(|| without_git(folder)),
        Err(Absent::Missing) => without_git(folder),
        Err(_) => Some(Repository::plain(folder, dot_git, String::new())),
    }
}

/// A repository whose `.git` is a file that names the git dir, as in a linked worktree or a submodule.
fn behind_file(folder: &Path, dot_git: &Path) -> Option<Repository> {
    let file = read(dot_git).ok()?;
    let git_dir = file.strip_prefix("gitdir:")?.trim();
    Some(Repository::linked(Some(folder.to_owned()), folder.join(git_dir)))
}

fn without_git(folder: &Path) -> Option<Repository> {
    let is_jujutsu = || fs::metadata(folder.join(".jj/repo")).is_ok();
    let jujutsu = || Repository::plain(folder, folder.join(DOT_JJ), String::new());
    bare(folder).or_else(|| is_jujutsu().then(jujutsu))
}

/// A repository without working tree, recognised as git does: by HEAD, objects and refs.
fn bare(folder: &Path) -> Option<Repository> {
    let head = read(&folder.join("HEAD")).ok()?;
    let is_folder = |name: &str| fs::metadata(folder.join(name)).is_ok_and(|metadata| metadata.is_dir());
    let is_repository = is_folder("objects") && is_folder("refs");
    is_repository.then(|| Repository::plain(folder, folder.to_owned(), head))
}

fn read(path: &Path) -> Result<String, Absent> {
    store::read_text(path, Trust::Lenient, MAX_FILE)
}

fn parse_head(head: &str) -> Option<Head> {
    let head = head.trim();
    if let Some(name) = head.strip_prefix("ref:") {
        let name = name.trim();
        let branch = name.strip_prefix("refs/heads/").unwrap_or(name);
        let is_branch = name != REFTABLE && (1..=MAX_BRANCH).contains(&branch.len());
        return is_branch.then(|| Head::Branch(branch.to_owned()));
    }
    let is_id = head.len() >= 40 && head.bytes().all(|byte| byte.is_ascii_hexdigit());
    is_id.then(|| Head::Detached(head[..7].to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn heads() {
        let check = |head: &str, expected: Option<Head>| assert_eq!(parse_head(head), expected, "{head:?}");
        let branch = |name: &str| Some(Head::Branch(name.to_owned()));
        check("ref: refs/heads/main\n", branch("main"));
        check("ref: refs/heads/feature/a b\r\n", branch("feature/a b"));
        check("ref: refs/remotes/x", branch("refs/remotes/x"));
        check("ref: refs/heads/.invalid\n", None);
        check("ref: \n", None);
        check("3b1a5a6f9e103b1a5a6f9e103b1a5a6f9e103b1a\n", Some(Head::Detached("3b1a5a6".to_owned())));
        check(&format!("ref: refs/heads/{}", "x".repeat(1025)), None);
        check("3b1a5a6\n", None);
        check("", None);
        check("é".repeat(40).as_str(), None);
    }

    #[test]
    fn a_relative_start_finds_nothing() {
        assert_eq!(Repository::find(Path::new("src"), None), None);
        assert_eq!(Repository::find(Path::new(""), None), None);
    }
}
