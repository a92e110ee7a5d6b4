//! The branch, from the files of a repository: no process is started.

use std::io::ErrorKind;
use std::path::Path;

use crate::store::{self, Absent, Trust};

/// What `HEAD` points to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Head {
    /// A branch, also one that has no commit yet.
    Branch(String),
    /// A commit, by the first seven digits of its id.
    Detached(String),
}

/// More than any `HEAD` or `.git` file holds, in bytes.
const MAX_FILE: u64 = 8 * 1024;

/// The head of the repository that `start` lies in. `None` outside of one, or where the files do
/// not tell: reftable keeps its refs elsewhere. Costs one open for each folder on the way up.
pub fn head(start: &Path) -> Option<Head> {
    // A relative path (as a Windows path is on Unix) would be looked up where we happen to run.
    let mut folders = start.ancestors().take_while(|folder| folder.is_absolute());
    parse(&folders.find_map(head_file)?)
}

/// The content of `HEAD` where `folder` is the top of a working tree; empty when it cannot be read.
fn head_file(folder: &Path) -> Option<String> {
    let dot_git = folder.join(".git");
    match store::read_text(&dot_git.join("HEAD"), Trust::Lenient, MAX_FILE) {
        Ok(head) => Some(head),
        Err(Absent::Unavailable(err)) if err.kind() == ErrorKind::NotADirectory => {
            linked_head(folder, &dot_git)
        }
        // Windows does not tell a file in the place of a folder from none.
        Err(Absent::Missing) if cfg!(windows) => linked_head(folder, &dot_git),
        Err(Absent::Missing) => None,
        Err(_) => Some(String::new()),
    }
}

/// The same where `.git` is a file, as in a linked worktree or a submodule, and says where to look.
fn linked_head(folder: &Path, dot_git: &Path) -> Option<String> {
    let file = store::read_text(dot_git, Trust::Lenient, MAX_FILE).ok()?;
    let git_dir = folder.join(file.strip_prefix("gitdir:")?.trim());
    Some(store::read_text(&git_dir.join("HEAD"), Trust::Lenient, MAX_FILE).unwrap_or_default())
}

fn parse(head: &str) -> Option<Head> {
    let head = head.trim();
    if let Some(name) = head.strip_prefix("ref:") {
        let name = name.trim();
        let branch = name.strip_prefix("refs/heads/").unwrap_or(name);
        // What git writes where the refs are in a reftable.
        return (branch != ".invalid" && !branch.is_empty()).then(|| Head::Branch(branch.to_owned()));
    }
    let is_id = head.len() >= 40 && head.bytes().all(|byte| byte.is_ascii_hexdigit());
    is_id.then(|| Head::Detached(head[..7].to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn heads() {
        let check = |head: &str, expected: Option<Head>| assert_eq!(parse(head), expected, "{head:?}");
        let branch = |name: &str| Some(Head::Branch(name.to_owned()));
        check("ref: refs/heads/main\n", branch("main"));
        check("ref: refs/heads/feature/a b\r\n", branch("feature/a b"));
        check("ref: refs/remotes/x", branch("refs/remotes/x"));
        check("ref: refs/heads/.invalid\n", None);
        check("ref: \n", None);
        check("3b1a5a6f9e103b1a5a6f9e103b1a5a6f9e103b1a\n", Some(Head::Detached("3b1a5a6".to_owned())));
        check("3b1a5a6\n", None);
        check("", None);
        check("é".repeat(40).as_str(), None);
    }

    #[test]
    fn a_relative_start_finds_nothing() {
        assert_eq!(head(Path::new("src")), None);
        assert_eq!(head(Path::new("")), None);
    }
}
