//! Real repositories: the branch without a git process, and the facts from git.

mod facts;
#[cfg(unix)]
mod hostile;
#[cfg(unix)]
mod jujutsu;
#[cfg(unix)]
mod refresh;

use std::fs;
use std::time::UNIX_EPOCH;

use bridgeline::facts::git::{self, Repository};
use bridgeline::session::listing::Listings;
use serde_json::{Value, json};

use crate::support::Sandbox;

/// A repository in `work/repo`.
struct Repo {
    sandbox: Sandbox,
}

impl Repo {
    fn new() -> Self {
        let sandbox = Sandbox::new();
        assert!(sandbox.git("work", &["init", "--quiet", "--initial-branch=main", "repo"]));
        Repo { sandbox }
    }

    #[track_caller]
    fn git(&self, args: &[&str]) {
        assert!(self.sandbox.git("work/repo", args), "git {args:?}");
    }

    /// Runs a command that stops before its end.
    #[track_caller]
    fn stops(&self, args: &[&str]) {
        assert!(!self.sandbox.git("work/repo", args), "git {args:?}");
    }

    fn file(&self, name: &str, content: &str) {
        self.sandbox.file(&format!("work/repo/{name}"), content);
    }

    fn remove(&self, name: &str) {
        fs::remove_file(self.sandbox.path("work/repo").join(name)).unwrap();
    }

    #[track_caller]
    fn add(&self, name: &str, content: &str) {
        self.file(name, content);
        self.git(&["add", "--", name]);
    }

    #[track_caller]
    fn commit(&self, name: &str, content: &str) {
        self.add(name, content);
        self.git(&["commit", "--quiet", "--message=a"]);
    }

    /// The operation in progress in a folder, as `<kind> [<branch>] [<step>/<steps>]`.
    fn operation(&self, folder: &str) -> Option<String> {
        let repository = Repository::find(&self.sandbox.path(folder), None).unwrap();
        let operation = git::operation(&repository.git_dir, &mut Listings::default(), UNIX_EPOCH)?;
        let step = operation.step.map(|(at, of)| format!("{at}/{of}"));
        let parts = [Some(operation.name.to_owned()), operation.branch, step];
        Some(parts.into_iter().flatten().collect::<Vec<_>>().join(" "))
    }

    /// Two branches, `main` and `side`, that cannot be merged.
    #[track_caller]
    fn fork(&self) {
        self.commit("a", "1");
        self.git(&["checkout", "--quiet", "-b", "side"]);
        self.commit("a", "2");
        self.git(&["checkout", "--quiet", "main"]);
        self.commit("a", "3");
    }

    /// A branch that follows one of a remote, level with it.
    #[track_caller]
    fn follow(&self) {
        self.fork();
        assert!(self.sandbox.git("work", &["init", "--quiet", "--bare", "remote.git"]));
        self.git(&["remote", "add", "origin", "../remote.git"]);
        self.git(&["push", "--quiet", "--set-upstream", "origin", "main"]);
    }
}

/// The fact about a folder's repository after a refresh.
#[track_caller]
fn fact(sandbox: &Sandbox, folder: &str) -> Value {
    sandbox.call(&["refresh", "git", &sandbox.text(folder)]).refreshing().run().painted();
    let git_dir = sandbox.git_says(folder, &["rev-parse", "--absolute-git-dir"]).unwrap();
    let git_dir = fs::canonicalize(git_dir).unwrap();
    let of_folder = |fact: &Value| {
        let found = fact["value"]["git_dir"].as_str().unwrap();
        fs::canonicalize(found).unwrap() == git_dir
    };
    let fact = facts_in(sandbox).into_iter().find(of_folder).expect("there is a fact about it");
    assert_eq!((&fact["error"], &fact["failures"]), (&Value::Null, &json!(0)));
    fact["value"].clone()
}

/// Every fact about a repository.
fn facts_in(sandbox: &Sandbox) -> Vec<Value> {
    let files = sandbox.files("state/git");
    files.iter().filter(|name| name.ends_with(".json")).map(|name| sandbox.json(name)).collect()
}

/// The only fact, with its times and errors.
#[track_caller]
fn only_fact(sandbox: &Sandbox) -> Value {
    let mut facts = facts_in(sandbox);
    assert_eq!(facts.len(), 1, "{facts:?}");
    facts.remove(0)
}

/// The line of a session in a folder, without colours.
#[track_caller]
fn line(sandbox: &Sandbox, folder: &str) -> String {
    sandbox.render(&json!({"model": "M", "cwd": sandbox.text(folder)})).run().line()
}

/// The line of a session in a folder of `work`.
#[track_caller]
fn check(sandbox: &Sandbox, folder: &str, expected: &str) {
    let payload = json!({"model": "M", "cwd": sandbox.text(&format!("work/{folder}"))});
    assert_eq!(sandbox.render(&payload).run().line(), expected);
}

fn repository() -> Sandbox {
    let sandbox = Sandbox::new();
    assert!(sandbox.git("work", &["init", "--quiet", "--initial-branch=feature/shed", "repo"]));
    sandbox
}

fn commit(sandbox: &Sandbox) {
    assert!(sandbox.git("work/repo", &["commit", "--quiet", "--allow-empty", "--message=first"]));
}

#[test]
fn a_branch_is_shown_from_its_birth_and_in_every_folder_below() {
    let sandbox = repository();
    sandbox.file("work/repo/src/deep/x", "");
    check(&sandbox, "repo", "M │ repo ⎇ feature/shed");
    commit(&sandbox);
    check(&sandbox, "repo", "M │ repo ⎇ feature/shed");
    check(&sandbox, "repo/src/deep", "M │ deep ⎇ feature/shed");
}

#[test]
fn a_detached_head_shows_its_commit() {
    let sandbox = repository();
    commit(&sandbox);
    assert!(sandbox.git("work/repo", &["checkout", "--quiet", "--detach"]));
    let commit = sandbox.read("work/repo/.git/HEAD");
    check(&sandbox, "repo", &format!("M │ repo ➤ {}", &commit[..7]));
}

#[test]
fn a_linked_worktree_has_a_branch_of_its_own() {
    let sandbox = repository();
    commit(&sandbox);
    assert!(sandbox.git("work/repo", &["worktree", "add", "--quiet", "-b", "side", "../linked"]));
    check(&sandbox, "linked", "M │ linked ⎇ side");
    check(&sandbox, "repo", "M │ repo ⎇ feature/shed");
}

#[test]
fn refs_in_a_reftable_are_unknown_and_not_wrong() {
    let sandbox = Sandbox::new();
    if !sandbox.git("work", &["init", "--quiet", "--ref-format=reftable", "repo"]) {
        sandbox.file("work/repo/.git/HEAD", "ref: refs/heads/.invalid\n");
    }
    assert_eq!(sandbox.read("work/repo/.git/HEAD").trim(), "ref: refs/heads/.invalid");
    check(&sandbox, "repo", "M │ repo");
}

#[test]
fn no_repository_is_no_branch() {
    let sandbox = Sandbox::new();
    sandbox.file("work/plain/x", "");
    check(&sandbox, "plain", "M │ plain");
    check(&sandbox, "gone/away", "M │ away");
}
