//! The branch, as real repositories have it, without a git process.

use serde_json::json;

use crate::support::Sandbox;

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
