//! A repository is data: whatever its own configuration says, looking at it runs nothing of it and
//! writes nothing into it.

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::path::PathBuf;

use super::{Repo, fact, only_fact};

/// What a repository may have in it, with `EVIL` for a program; and what plain git would run it at.
/// `None` where git does not: then it is only made sure of.
type Trap = (&'static str, fn(&Repo, &str), Option<&'static [&'static str]>);

const STATUS: Option<&[&str]> = Some(&["status"]);

const TRAPS: &[Trap] = &[
    ("core.fsmonitor", |repo, evil| repo.git(&["config", "core.fsmonitor", evil]), STATUS),
    ("filter.clean", |repo, evil| filtered(repo, "clean", evil), STATUS),
    ("filter.process", |repo, evil| filtered(repo, "process", evil), STATUS),
    ("required filter", required_filter, STATUS),
    ("filter of an included file", included_filter, STATUS),
    ("filter of a working tree's configuration", worktree_filter, STATUS),
    ("filter by .git/info/attributes", filter_by_info, STATUS),
    ("filter of another working tree", other_worktree, STATUS),
    ("fsmonitor of a submodule", |repo, evil| submodule(repo, &["core.fsmonitor", evil]), STATUS),
    ("filter of a submodule", |repo, evil| submodule(repo, &["filter.evil.clean", evil]), STATUS),
    ("core.sshCommand of a partial clone", partial_clone, STATUS),
    ("gpg.program", signature, Some(&["log", "--max-count=1"])),
    ("aliases", aliases, None),
    ("pagers", pagers, None),
    ("hooks", hooks, None),
    ("diff drivers", diff_drivers, None),
    ("whatever else names a program", programs, None),
];

#[test]
fn nothing_of_a_repository_is_run() {
    for (name, set, control) in TRAPS {
        let repo = Repo::new();
        let marker = repo.sandbox.path("marker");
        let evil = evil(&repo);
        repo.commit("a", "content");
        set(&repo, evil.to_str().unwrap());
        make_racy(&repo);
        // Not all of these repositories make sense to git; what counts is what is not run.
        let refresh = repo.sandbox.call(&["refresh", "git", &repo.sandbox.text("work/repo")]);
        let printed = refresh.refreshing().run();
        assert!(!marker.exists(), "{name} is run by us: {printed:?}");
        assert_eq!(super::facts_in(&repo.sandbox).len(), 1, "{name}: {printed:?}");
        if let Some(args) = control {
            make_racy(&repo);
            _ = repo.sandbox.git("work/repo", args);
            assert!(marker.exists(), "{name}: this trap would catch nobody");
        }
    }
}

/// A program that leaves a mark when it is run.
fn evil(repo: &Repo) -> PathBuf {
    let marker = repo.sandbox.text("marker");
    script(repo, "bin/evil", &format!("touch '{marker}'; exit 1"))
}

fn script(repo: &Repo, name: &str, content: &str) -> PathBuf {
    let path = repo.sandbox.file(name, format!("#!/bin/sh\n{content}\n"));
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    path
}

/// Makes git look into the files: by their times the index does not know them.
fn make_racy(repo: &Repo) {
    for name in ["work/repo/a", "work/repo/sub/a", "work/other/a"] {
        if repo.sandbox.path(name).is_file() {
            repo.sandbox.set_modified(name, 1_000_000_000);
        }
    }
}

fn filtered(repo: &Repo, kind: &str, evil: &str) {
    repo.file(".gitattributes", "* filter=evil\n");
    repo.git(&["config", &format!("filter.evil.{kind}"), evil]);
}

fn required_filter(repo: &Repo, evil: &str) {
    filtered(repo, "clean", evil);
    repo.git(&["config", "filter.evil.required", "true"]);
}

fn included_filter(repo: &Repo, evil: &str) {
    repo.file(".gitattributes", "* filter=evil\n");
    repo.file("settings", &format!("[filter \"evil\"]\nclean = {evil}\n"));
    repo.git(&["config", "include.path", "../settings"]);
}

fn worktree_filter(repo: &Repo, evil: &str) {
    repo.file(".gitattributes", "* filter=evil\n");
    repo.git(&["config", "extensions.worktreeConfig", "true"]);
    repo.git(&["config", "--worktree", "filter.evil.clean", evil]);
}

fn filter_by_info(repo: &Repo, evil: &str) {
    repo.file(".git/info/attributes", "* filter=evil\n");
    repo.git(&["config", "filter.evil.clean", evil]);
}

fn other_worktree(repo: &Repo, evil: &str) {
    repo.sandbox.file("work/other/a", "content");
    repo.sandbox.file("work/other/.gitattributes", "* filter=evil\n");
    repo.git(&["config", "filter.evil.clean", evil]);
    repo.git(&["config", "core.worktree", "../../other"]);
}

fn submodule(repo: &Repo, setting: &[&str]) {
    let other = "work/other";
    assert!(repo.sandbox.git("work", &["clone", "--quiet", "repo", "other"]));
    repo.sandbox.file("work/other/.gitattributes", "* filter=evil\n");
    assert!(repo.sandbox.git(other, &["add", ".gitattributes"]));
    assert!(repo.sandbox.git(other, &["commit", "--message=b"]));
    repo.git(&["-c", "protocol.file.allow=always", "submodule", "add", "../other", "sub"]);
    repo.git(&["commit", "--message=sub"]);
    assert!(repo.sandbox.git("work/repo/sub", &[&["config"], setting].concat()));
    // Which the repository around it says is to be looked at.
    repo.git(&["config", "submodule.sub.ignore", "none"]);
}

/// git fetches what is missing, here the tree of the commit.
fn partial_clone(repo: &Repo, evil: &str) {
    let tree = repo.sandbox.git_says("work/repo", &["rev-parse", "HEAD^{tree}"]).unwrap();
    repo.remove(&format!(".git/objects/{}/{}", &tree[..2], &tree[2..]));
    for (name, value) in [
        ("core.repositoryFormatVersion", "1"),
        ("extensions.partialClone", "origin"),
        ("remote.origin.promisor", "true"),
        ("remote.origin.url", "ssh://example.org/x"),
        ("remote.origin.uploadpack", evil),
        ("core.sshCommand", evil),
    ] {
        repo.git(&["config", name, value]);
    }
}

/// A commit that claims to be signed, which the configuration says is to be checked.
fn signature(repo: &Repo, evil: &str) {
    let commit = repo.sandbox.git_says("work/repo", &["cat-file", "commit", "HEAD"]).unwrap();
    let (head, message) = commit.split_once("\n\n").unwrap();
    let signature = "-----BEGIN PGP SIGNATURE-----\n \n x\n -----END PGP SIGNATURE-----";
    repo.sandbox.file("work/commit", format!("{head}\ngpgsig {signature}\n\n{message}\n"));
    let hash = ["hash-object", "-t", "commit", "-w", "../commit"];
    let signed = repo.sandbox.git_says("work/repo", &hash).unwrap();
    repo.git(&["update-ref", "HEAD", &signed]);
    repo.git(&["config", "log.showSignature", "true"]);
    repo.git(&["config", "gpg.program", evil]);
}

fn aliases(repo: &Repo, evil: &str) {
    for name in ["status", "log", "config"] {
        repo.git(&["config", &format!("alias.{name}"), &format!("!{evil}")]);
    }
}

fn pagers(repo: &Repo, evil: &str) {
    for (name, value) in [("core.pager", evil), ("pager.status", evil), ("pager.log", evil)] {
        repo.git(&["config", name, value]);
    }
}

fn hooks(repo: &Repo, evil: &str) {
    repo.git(&["config", "core.hooksPath", ".hooks"]);
    for name in ["post-index-change", "fsmonitor-watchman", "reference-transaction", "pre-auto-gc"] {
        for folder in [".hooks", ".git/hooks"] {
            script(repo, &format!("work/repo/{folder}/{name}"), evil);
        }
    }
}

fn diff_drivers(repo: &Repo, evil: &str) {
    repo.file(".gitattributes", "* diff=evil merge=evil\n");
    for name in ["diff.external", "diff.evil.command", "diff.evil.textconv", "merge.evil.driver"] {
        repo.git(&["config", name, evil]);
    }
}

fn programs(repo: &Repo, evil: &str) {
    for name in [
        "core.editor",
        "core.askPass",
        "core.gitProxy",
        "core.alternateRefsCommand",
        "credential.helper",
        "sequence.editor",
        "uploadpack.packObjectsHook",
        "trace2.eventTarget",
        "gpg.ssh.program",
        "interactive.diffFilter",
    ] {
        repo.git(&["config", name, evil]);
    }
    repo.git(&["config", "status.submoduleSummary", "true"]);
}

#[test]
fn a_filter_of_the_user_is_trusted() {
    let repo = Repo::new();
    repo.commit("a", "content");
    // As git-lfs: what is stored differs from what is in the working tree.
    let upper = script(&repo, "bin/upper", "tr a-z A-Z");
    repo.add(".gitattributes", "a filter=upper\n");
    let setting = format!("[filter \"upper\"]\nclean = {}\n", upper.display());
    repo.sandbox.file("home/.gitconfig", setting);
    let program = format!("filter.upper.clean={}", upper.display());
    repo.git(&["-c", &program, "add", "--renormalize", "."]);
    repo.git(&["commit", "--quiet", "--message=upper"]);
    make_racy(&repo);
    let fact = fact(&repo.sandbox, "work/repo");
    assert_eq!((&fact["staged"], &fact["unstaged"]), (&0.into(), &0.into()));
    assert_eq!(repo.sandbox.git_says("work/repo", &["show", "HEAD:a"]).unwrap(), "CONTENT");
}

#[test]
fn no_program_of_the_repository_is_taken_for_git() {
    let repo = Repo::new();
    let evil = evil(&repo);
    repo.commit("a", "1");
    symlink(evil, repo.sandbox.path("work/repo/git")).unwrap();
    let path = std::env::var("PATH").unwrap();
    let refresh = repo.sandbox.call(&["refresh", "git", &repo.sandbox.text("work/repo")]).refreshing();
    refresh.cwd(repo.sandbox.path("work/repo")).env("PATH", format!(".::{path}")).run().painted();
    assert!(!repo.sandbox.path("marker").exists());
    assert_eq!(only_fact(&repo.sandbox)["value"]["branch"], "main");
}

#[test]
fn nothing_is_written_into_a_repository() {
    let repo = Repo::new();
    repo.commit("a", "content");
    repo.file("b", "new");
    // Plain git would write down that the file is the same after all.
    make_racy(&repo);
    let state = || {
        let folder = fs::metadata(repo.sandbox.path("work/repo/.git")).unwrap();
        let times = (folder.mtime(), folder.mtime_nsec());
        let index = fs::read(repo.sandbox.path("work/repo/.git/index")).unwrap();
        (times, index, repo.sandbox.files("work/repo"))
    };
    let before = state();
    assert_eq!(fact(&repo.sandbox, "work/repo")["untracked"], 1);
    assert!(state() == before, "a lock file changes the time of its folder");
    assert!(repo.sandbox.git("work/repo", &["status"]));
    assert!(state() != before, "plain git changes nothing either: this test could not fail");
}

#[test]
fn a_repository_of_somebody_else_gives_an_explanation() {
    let repo = Repo::new();
    repo.commit("a", "1");
    let refresh = repo.sandbox.call(&["refresh", "git", &repo.sandbox.text("work/repo")]).refreshing();
    // The way of git's own tests.
    let printed = refresh.env("GIT_TEST_ASSUME_DIFFERENT_OWNER", "1").run();
    assert_eq!(printed.code, Some(1));
    let fact = only_fact(&repo.sandbox);
    let error = fact["error"].as_str().unwrap();
    assert!(error.contains("dubious ownership"), "{error}");
    assert!(error.contains("git config --global --add safe.directory"), "{error}");
    assert!(printed.stderr.contains(error), "{}", printed.stderr);
    assert!(fact["value"].is_null());
    // The branch is no more than a file, and is shown.
    assert_eq!(super::line(&repo.sandbox, "work/repo"), "M │ repo ⎇ main");
}

#[test]
fn what_git_takes_for_no_repository_has_not_the_facts_of_the_one_around_it() {
    let repo = Repo::new();
    repo.file("inner/.git/HEAD", "ref: refs/heads/inner\n");
    let refresh = repo.sandbox.call(&["refresh", "git", &repo.sandbox.text("work/repo/inner")]);
    let printed = refresh.refreshing().run();
    assert!(printed.stderr.contains("not a git repository"), "{printed:?}");
    assert!(only_fact(&repo.sandbox)["value"].is_null());
}
