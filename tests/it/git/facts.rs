//! Facts about a repository compared with git's own output, in every state that a repository can be in.

use std::fs::File;
use std::io::{self, Write};

use serde_json::{Value, json};

use super::{Repo, fact};
use crate::support::{Sandbox, said};

/// The commands that lead to a state, and its operation in progress.
type State = (&'static str, fn(&Repo), Option<&'static str>);

const STATES: &[State] = &[
    ("unborn", |repo| repo.file("new", "x"), None),
    ("unborn, staged", |repo| repo.add("new", "x"), None),
    ("clean", |repo| repo.commit("a", "1"), None),
    ("staged", |repo| (repo.commit("a", "1"), repo.add("a", "2"), repo.add("b", "1")).2, None),
    ("unstaged", |repo| (repo.commit("a", "1"), repo.file("a", "2")).1, None),
    ("staged and unstaged", |repo| (repo.commit("a", "1"), repo.add("a", "2"), repo.file("a", "3")).2, None),
    ("deleted", |repo| (repo.commit("a", "1"), repo.remove("a")).1, None),
    ("untracked", |repo| (repo.commit("a", "1"), repo.file("b", "1"), repo.file("c/d", "1")).2, None),
    ("intent to add", |repo| (repo.file("a", "1"), repo.git(&["add", "--intent-to-add", "a"])).1, None),
    ("renamed", renamed, None),
    ("odd names", odd_names, None),
    ("no untracked files wanted", no_untracked, None),
    ("conflict in a merge", |repo| (repo.fork(), repo.stops(&["merge", "side"])).1, Some("merge")),
    ("rebase", |repo| (repo.fork(), repo.stops(&["rebase", "--merge", "side"])).1, Some("rebase main 1/1")),
    ("rebase by apply", |repo| (repo.fork(), repo.stops(&["rebase", "--apply", "side"])).1, Some("rebase main 1/1")),
    ("rebase by hand", by_hand, Some("rebase main 2/4")),
    ("rebase of no branch", detached_rebase, Some("rebase 1/1")),
    ("am", am, Some("am 1/1")),
    ("cherry-pick", |repo| (repo.fork(), repo.stops(&["cherry-pick", "side"])).1, Some("cherry-pick")),
    ("cherry-pick of several", several, Some("cherry-pick")),
    ("revert", |repo| (repo.fork(), repo.commit("a", "4"), repo.stops(&["revert", "HEAD~1"])).2, Some("revert")),
    ("bisect", |repo| (repo.fork(), repo.git(&["bisect", "start"])).1, Some("bisect main")),
    ("stash", stash, None),
    ("detached", |repo| (repo.fork(), repo.git(&["checkout", "--detach"])).1, None),
    ("at a tag", |repo| (repo.commit("a", "1"), repo.git(&["tag", "v1"])).1, None),
    ("at two tags", two_tags, None),
    ("behind a tag", |repo| (repo.commit("a", "1"), repo.git(&["tag", "v1"]), repo.commit("a", "2")).2, None),
    ("ahead", |repo| (repo.follow(), repo.commit("a", "5"), repo.commit("a", "6")).2, None),
    ("behind", |repo| (repo.follow(), repo.git(&["reset", "--hard", "HEAD~1"])).1, None),
    ("diverged", diverged, None),
    ("level", Repo::follow, None),
    ("local upstream", |repo| (repo.fork(), repo.git(&["branch", "--set-upstream-to=side"])).1, None),
    ("gone upstream", gone, None),
    ("packed refs", |repo| (repo.follow(), repo.git(&["pack-refs", "--all"])).1, None),
    ("commits not counted for people", no_counting, None),
    ("branch with slashes", |repo| (repo.commit("a", "1"), repo.git(&["checkout", "-b", "feat/ü/x"])).1, None),
    ("sha256", sha256, None),
];

#[test]
fn the_branch_that_is_rebased_is_named() {
    let check = |bring_about: fn(&Repo), expected: &str| {
        let repo = Repo::new();
        bring_about(&repo);
        let payload = json!({"model": "M", "cwd": repo.sandbox.text("work/repo")});
        let format = "segments.git.format=\"[{branch}][@{commit:1}] {operation}\"";
        let call = repo.sandbox.render(&payload).args(&["--set", "rows=[\"git\"]", "--set", format]);
        assert_eq!(call.run().line(), expected);
    };
    check(|repo| (repo.fork(), repo.stops(&["rebase", "side"])).1, "main rebase 1/1");
    check(detached_rebase, "@… rebase 1/1");
}

#[test]
fn other_programs_and_the_list_of_sessions_are_told_the_branch_that_is_rebased() {
    let repo = Repo::new();
    repo.fork();
    repo.stops(&["rebase", "side"]);
    let payload = json!({"session_id": "7c1-x", "model": "M", "cwd": repo.sandbox.text("work/repo")});
    let printed = repo.sandbox.call(&["--format", "json"]).stdin(payload.to_string()).run().painted();
    let git = serde_json::from_str::<Value>(&printed).unwrap()["git"].take();
    let operation = json!({"name": "rebase", "branch": "main", "step": 1, "of": 1});
    assert_eq!((&git["branch"], &git["operation"]), (&json!("main"), &operation));
    assert!(git["commit"].is_string(), "the head is detached: {git}");
    let label = ["--set", "rows=[\"session\"]", "--set", "segments.session.format=\"{label}\""];
    assert_eq!(repo.sandbox.render(&payload).args(&label).run().line(), "7c1 main");
}

#[test]
fn facts_are_what_git_says() {
    for (name, bring_about, operation) in STATES {
        let repo = Repo::new();
        bring_about(&repo);
        compare(&repo.sandbox, "work/repo", name);
        let shown = operation.map(str::to_owned);
        assert_eq!(repo.operation("work/repo"), shown, "{name}");
    }
}

#[test]
fn linked_working_trees_have_facts_of_their_own() {
    let repo = Repo::new();
    repo.fork();
    repo.git(&["worktree", "add", "../linked", "side"]);
    repo.sandbox.file("work/linked/new", "");
    repo.add("a", "staged");
    compare(&repo.sandbox, "work/repo", "main");
    compare(&repo.sandbox, "work/linked", "linked");
    let linked = fact(&repo.sandbox, "work/linked");
    assert_eq!((&linked["worktree"], &linked["untracked"]), (&json!("linked"), &json!(1)));
    assert_eq!(fact(&repo.sandbox, "work/repo")["worktree"], Value::Null);
    assert!(!repo.sandbox.git("work/linked", &["merge", "main"]));
    assert_eq!(repo.operation("work/linked").as_deref(), Some("merge"));
    assert_eq!(repo.operation("work/repo"), None);
}

/// A repository, and `work/around`, which has it as the submodule `sub`.
fn with_submodule() -> Repo {
    let repo = Repo::new();
    repo.commit("a", "1");
    assert!(repo.sandbox.git("work", &["init", "--quiet", "around"]));
    let add = ["-c", "protocol.file.allow=always", "submodule", "add", "../repo", "sub"];
    assert!(repo.sandbox.git("work/around", &add));
    assert!(repo.sandbox.git("work/around", &["commit", "--message=sub"]));
    repo
}

#[test]
fn a_submodule_is_a_repository_and_its_commit_counts_in_the_one_around_it() {
    let repo = with_submodule();
    compare(&repo.sandbox, "work/around", "clean submodule");
    assert!(repo.sandbox.git("work/around/sub", &["commit", "--allow-empty", "--message=more"]));
    // It changes nothing in the repository around it, whose fact would stay valid until it is old.
    std::fs::remove_dir_all(repo.sandbox.path("state/git")).unwrap();
    compare(&repo.sandbox, "work/around", "moved submodule");
    assert_eq!(fact(&repo.sandbox, "work/around")["unstaged"], 1);
    repo.sandbox.file("work/around/sub/new", "");
    compare(&repo.sandbox, "work/around/sub", "within a submodule");
    assert_eq!(fact(&repo.sandbox, "work/around/sub")["untracked"], 1);
}

#[test]
fn what_a_submodule_contains_is_not_looked_at() {
    let repo = with_submodule();
    repo.sandbox.file("work/around/sub/a", "changed");
    // Otherwise git would run the filters that its configuration defines.
    assert_eq!(fact(&repo.sandbox, "work/around")["unstaged"], 0);
}

#[test]
fn a_bare_repository_has_a_head_and_no_files() {
    let repo = Repo::new();
    repo.commit("a", "1");
    assert!(repo.sandbox.git("work", &["clone", "--quiet", "--bare", "repo", "bare.git"]));
    for folder in ["work/bare.git", "work/bare.git/refs", "work/repo/.git"] {
        let fact = fact(&repo.sandbox, folder);
        let commit = repo.sandbox.git_says("work/repo", &["rev-parse", "--short", "HEAD"]);
        assert_eq!((&fact["commit"], &fact["staged"]), (&json!(commit), &json!(0)), "{folder}");
        assert_eq!(fact["branch"], "main", "{folder}");
        assert_eq!(super::line(&repo.sandbox, folder), format!("M │ {} ⎇ main", folder.rsplit('/').next().unwrap()));
    }
}

#[test]
fn git_dir_says_where_the_repository_is() {
    let repo = Repo::new();
    repo.commit("a", "1");
    repo.git(&["checkout", "-b", "elsewhere"]);
    repo.sandbox.file("work/tree/a", "changed");
    for git_dir in [repo.sandbox.text("work/repo/.git"), "../repo/.git".to_owned()] {
        let refresh = repo.sandbox.call(&["refresh", "git", &repo.sandbox.text("work/tree")]);
        refresh.refreshing().env("GIT_DIR", &git_dir).run().painted();
        let payload = json!({"model": "M", "cwd": repo.sandbox.text("work/tree")});
        let line = repo.sandbox.render(&payload).env("GIT_DIR", &git_dir).run().line();
        assert_eq!(line, "M │ tree ⎇ elsewhere ~1", "{git_dir}");
    }
}

#[test]
#[cfg(unix)]
fn links_are_gone_through_as_git_does() {
    use std::os::unix::fs::symlink;
    let repo = Repo::new();
    repo.commit("a", "1");
    repo.file("deep/b", "1");
    assert!(repo.sandbox.git("work", &["init", "--quiet", "--initial-branch=around", "around"]));
    symlink(repo.sandbox.path("work/repo"), repo.sandbox.path("work/link")).unwrap();
    symlink(repo.sandbox.path("work/repo/deep"), repo.sandbox.path("work/around/deep")).unwrap();
    for folder in ["work/link", "work/link/deep", "work/around/deep"] {
        assert_eq!(fact(&repo.sandbox, folder)["branch"], "main", "{folder}");
        assert!(super::line(&repo.sandbox, folder).ends_with("⎇ main ?1"), "{folder}");
    }
}

#[test]
fn refs_in_a_reftable_come_from_the_fact() {
    let sandbox = Sandbox::new();
    let version = sandbox.git_says("work", &["--version"]).unwrap();
    if !sandbox.git("work", &["init", "--quiet", "--ref-format=reftable", "--initial-branch=main", "repo"]) {
        let mut numbers = version.trim_start_matches("git version ").split('.');
        let mut number = || numbers.next().unwrap().parse::<u32>().unwrap();
        assert!((number(), number()) < (2, 45), "{version} refuses a reftable");
        _ = writeln!(io::stderr(), "NOT TESTED: {version} knows no reftable, which came with 2.45");
        return;
    }
    let repo = Repo { sandbox };
    assert_eq!(super::line(&repo.sandbox, "work/repo"), "M │ repo");
    repo.commit("a", "1");
    compare(&repo.sandbox, "work/repo", "reftable");
    assert_eq!(super::line(&repo.sandbox, "work/repo"), "M │ repo ⎇ main");
    // Every change of a ref is noticed.
    repo.git(&["checkout", "-b", "other"]);
    assert_eq!(fact(&repo.sandbox, "work/repo")["branch"], "other");
    repo.git(&["checkout", "--detach"]);
    compare(&repo.sandbox, "work/repo", "reftable, detached");
    assert!(super::line(&repo.sandbox, "work/repo").starts_with("M │ repo ➤ "));
}

#[test]
fn what_changes_in_the_repository_is_noticed_at_once() {
    let repo = Repo::new();
    repo.follow();
    type Change = (&'static str, fn(&Repo), &'static str, Value);
    let changes: [Change; 7] = [
        ("git add", |repo| repo.add("b", "1"), "staged", json!(1)),
        ("git commit", |repo| repo.git(&["commit", "--message=more"]), "ahead", json!(1)),
        ("git push", |repo| repo.git(&["push", "origin", "main"]), "ahead", json!(0)),
        ("git stash", |repo| (repo.file("a", "stashed"), repo.git(&["stash"])).1, "stashes", json!(1)),
        ("git stash again", |repo| (repo.file("a", "again"), repo.git(&["stash"])).1, "stashes", json!(2)),
        ("git stash drop", |repo| repo.git(&["stash", "drop", "stash@{1}"]), "stashes", json!(1)),
        ("git checkout", |repo| repo.git(&["checkout", "-b", "next"]), "branch", json!("next")),
    ];
    fact(&repo.sandbox, "work/repo");
    for (name, change, field, expected) in changes {
        change(&repo);
        // The clock stands still, so it never becomes stale by age.
        assert_eq!(fact(&repo.sandbox, "work/repo")[field], expected, "{name}");
    }
}

#[test]
fn an_edit_is_noticed_when_the_fact_is_five_seconds_old() {
    let repo = Repo::new();
    repo.commit("a", "1");
    fact(&repo.sandbox, "work/repo");
    repo.file("a", "edited");
    let unstaged = |seconds| {
        let folder = repo.sandbox.text("work/repo");
        repo.sandbox.call(&["refresh", "git", &folder]).refreshing().later(seconds).run().painted();
        super::only_fact(&repo.sandbox)["value"]["unstaged"].clone()
    };
    assert_eq!(unstaged(4), 0);
    assert_eq!(unstaged(60), 1);
}

#[test]
fn numbers_of_another_branch_are_not_shown() {
    let repo = Repo::new();
    repo.follow();
    repo.commit("a", "5");
    repo.file("b", "1");
    fact(&repo.sandbox, "work/repo");
    assert_eq!(super::line(&repo.sandbox, "work/repo"), "M │ repo ⎇ main ?1 ⇡1");
    repo.git(&["checkout", "--quiet", "side"]);
    assert_eq!(super::line(&repo.sandbox, "work/repo"), "M │ repo ⎇ side ?1");
}

#[test]
fn more_changes_than_can_be_counted_are_marked() {
    let repo = Repo::new();
    // Long names, so that few are enough. None needs a file: each is staged, and missing from the folder.
    let name = format!("{}name", "folder/".repeat(140));
    let staged: String = (0..4300).map(|number| format!("100644 {:040} 0\t{name}-{number}\n", 1)).collect();
    let staged = repo.sandbox.file("staged", staged);
    let mut add = repo.sandbox.git_command("work/repo", &["update-index", "--index-info"]);
    said(add.stdin(File::open(staged).unwrap()).output().unwrap());
    let fact = fact(&repo.sandbox, "work/repo");
    let counted = fact["staged"].as_u64().unwrap();
    assert!(fact["more"] == true && (3500..4300).contains(&counted), "{fact}");
    assert_eq!(fact["unstaged"], fact["staged"]);
}

fn renamed(repo: &Repo) {
    repo.commit("a", "some lines\nthat make\na file\n");
    repo.git(&["mv", "a", "b"]);
    repo.file("b", "some lines\nthat make\na file\nand one more\n");
}

fn odd_names(repo: &Repo) {
    repo.commit("a b", "1");
    repo.add("tab\tand\nnewline", "1");
    repo.add("ünï\u{1F600}", "1");
    repo.file("? question", "1");
    repo.file("1 M. looks like a record", "1");
    repo.git(&["mv", "a b", "b -> c"]);
}

fn no_untracked(repo: &Repo) {
    repo.git(&["config", "status.showUntrackedFiles", "no"]);
    repo.file("new", "1");
}

fn by_hand(repo: &Repo) {
    repo.fork();
    repo.commit("b", "1");
    let rebase = ["-c", "sequence.editor=:", "rebase", "--interactive", "--exec=false", "HEAD~2"];
    repo.stops(&rebase);
}

fn detached_rebase(repo: &Repo) {
    repo.fork();
    repo.git(&["checkout", "--detach"]);
    repo.stops(&["rebase", "side"]);
}

fn am(repo: &Repo) {
    repo.fork();
    repo.git(&["format-patch", "--quiet", "-1", "side", "--output-directory=../patches"]);
    repo.stops(&["am", "../patches/0001-a.patch"]);
}

/// Between two commits to pick, the first of which the user has committed.
fn several(repo: &Repo) {
    repo.fork();
    repo.git(&["checkout", "side"]);
    repo.commit("c", "1");
    repo.commit("a", "7");
    repo.git(&["checkout", "main"]);
    repo.stops(&["cherry-pick", "side~2", "side~1", "side"]);
    repo.add("a", "solved");
    repo.git(&["commit", "--message=solved"]);
}

fn stash(repo: &Repo) {
    repo.commit("a", "1");
    for content in ["2", "3"] {
        repo.file("a", content);
        repo.git(&["stash"]);
    }
}

fn two_tags(repo: &Repo) {
    repo.commit("a", "1");
    repo.git(&["tag", "v1"]);
    repo.git(&["tag", "--annotate", "--message=x", "v2"]);
}

fn diverged(repo: &Repo) {
    repo.follow();
    repo.git(&["reset", "--hard", "HEAD~1"]);
    repo.commit("a", "5");
    repo.commit("a", "6");
}

fn gone(repo: &Repo) {
    repo.follow();
    repo.git(&["update-ref", "-d", "refs/remotes/origin/main"]);
}

fn no_counting(repo: &Repo) {
    diverged(repo);
    repo.git(&["config", "status.aheadBehind", "false"]);
}

fn sha256(repo: &Repo) {
    std::fs::remove_dir_all(repo.sandbox.path("work/repo")).unwrap();
    let init = ["init", "--quiet", "--initial-branch=main", "--object-format=sha256", "repo"];
    assert!(repo.sandbox.git("work", &init));
    repo.commit("a", "1");
    repo.git(&["checkout", "--detach"]);
}

/// Compares the fact with other output of git.
#[track_caller]
fn compare(sandbox: &Sandbox, folder: &str, name: &str) {
    let says = |args: &[&str]| json!(sandbox.git_says(folder, args));
    let fact = fact(sandbox, folder);
    let check = |field: &str, expected: Value| assert_eq!(fact[field], expected, "{name}: {field}");
    check("branch", says(&["symbolic-ref", "--short", "--quiet", "HEAD"]));
    check("commit", says(&["rev-parse", "--short", "--verify", "--quiet", "HEAD"]));
    let time = sandbox.git_says(folder, &["show", "--no-patch", "--format=%ct", "HEAD"]);
    check("committed_at", json!(time.map(|time| time.parse::<u64>().unwrap())));
    let tags = sandbox.git_says(folder, &["tag", "--points-at=HEAD", "--sort=refname"]);
    check("tag", json!(tags.as_deref().and_then(|tags| tags.lines().last())));
    let upstream = says(&["for-each-ref", "--format=%(upstream:short)", &head_ref(sandbox, folder)]);
    let upstream = upstream.as_str().filter(|name| !name.is_empty());
    check("upstream", json!(upstream));
    let range = format!("HEAD...{}", upstream.unwrap_or("refs/heads/none"));
    let counts = sandbox.git_says(folder, &["rev-list", "--left-right", "--count", &range]);
    check("gone", json!(upstream.is_some() && counts.is_none()));
    let (ahead, behind) = counts.iter().filter_map(|counts| counts.split_once('\t')).next().unzip();
    check("ahead", json!(ahead.map(|count: &str| count.parse::<u64>().unwrap())));
    check("behind", json!(behind.map(|count: &str| count.parse::<u64>().unwrap())));
    let stashes = sandbox.git_says(folder, &["stash", "list"]).unwrap_or_default();
    check("stashes", json!(stashes.lines().count()));
    let [staged, unstaged, untracked, conflicts] = count_status(sandbox, folder);
    check("staged", json!(staged));
    check("unstaged", json!(unstaged));
    check("untracked", json!(untracked));
    check("conflicts", json!(conflicts));
    check("more", json!(false));
}

fn head_ref(sandbox: &Sandbox, folder: &str) -> String {
    sandbox.git_says(folder, &["symbolic-ref", "--quiet", "HEAD"]).unwrap_or_else(|| "refs/none".to_owned())
}

/// Counts by the two letters before each path in the short format.
fn count_status(sandbox: &Sandbox, folder: &str) -> [usize; 4] {
    let status = sandbox.git_says(folder, &["status", "--porcelain=v1", "-z"]).unwrap();
    let mut counts = [0; 4];
    let mut records = status.split_terminator('\0');
    while let Some(record) = records.next() {
        let letters = &record[..2];
        match letters {
            "??" => counts[2] += 1,
            "DD" | "AU" | "UD" | "UA" | "DU" | "AA" | "UU" => counts[3] += 1,
            _ => {
                counts[0] += usize::from(!letters.starts_with(' '));
                counts[1] += usize::from(!letters.ends_with(' '));
            }
        }
        if letters.contains(['R', 'C']) {
            records.next();
        }
    }
    counts
}
