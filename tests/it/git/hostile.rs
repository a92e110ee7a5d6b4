//! A repository is data: whatever its configuration, looking at it runs nothing of it and writes nothing into it.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::path::{Path, PathBuf};

use serde_json::json;

use super::{Repo, fact, only_fact};

/// The possible content of a repository, with `EVIL` for a program, and the git command that would run it. `None` if
/// git never does; then it is only checked that nothing runs.
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
    ("filter whose name has an equals sign", filter_with_equals, STATUS),
    ("filter whose name is not UTF-8", filter_not_utf8, STATUS),
    ("filter of a file that an included file includes", filter_far_away, STATUS),
    ("commondir, relative", |repo, evil| commondir(repo, evil, b"real", b"real\n"), STATUS),
    ("commondir, absolute", absolute_commondir, STATUS),
    ("commondir, blank at its end", |repo, evil| commondir(repo, evil, b"real ", b"real \n"), STATUS),
    ("commondir, blank before it", |repo, evil| commondir(repo, evil, b" real", b" real\n"), STATUS),
    ("commondir, NBSP", |repo, evil| commondir(repo, evil, b"real\xc2\xa0", b"real\xc2\xa0\n"), STATUS),
    ("commondir, BOM", |repo, evil| commondir(repo, evil, b"\xef\xbb\xbfreal", b"\xef\xbb\xbfreal\n"), STATUS),
    ("commondir, many line ends", |repo, evil| commondir(repo, evil, b"real", &long(b"real")), STATUS),
    ("gitdir, blank at its end", |repo, evil| gitdir(repo, evil, b"real ", b"gitdir: real \n"), STATUS),
    ("gitdir, blank before it", |repo, evil| gitdir(repo, evil, b" real", b"gitdir:  real\n"), STATUS),
    ("gitdir, NBSP", |repo, evil| gitdir(repo, evil, b"real\xc2\xa0", b"gitdir: real\xc2\xa0\n"), STATUS),
    ("gitdir, many line ends", |repo, evil| gitdir(repo, evil, b"real", &long(b"gitdir: real")), STATUS),
    ("bare layout beside a .git with only HEAD", bare_layout, STATUS),
    // File names of macOS are UTF-8.
    #[cfg(target_os = "linux")]
    ("commondir, not UTF-8", |repo, evil| commondir(repo, evil, b"r\xff", b"r\xff\n"), STATUS),
    #[cfg(target_os = "linux")]
    ("gitdir, not UTF-8", |repo, evil| gitdir(repo, evil, b"r\xff", b"gitdir: r\xff\n"), STATUS),
    ("commondir of a submodule", submodule_commondir, STATUS),
    ("core.sshCommand of a partial clone", partial_clone, STATUS),
    ("gpg.program", signature, Some(&["log", "--max-count=1"])),
    ("aliases", aliases, None),
    ("pagers", pagers, None),
    ("hooks", hooks, None),
    ("diff drivers", diff_drivers, None),
    ("whatever else names a program", programs, None),
];

#[test]
fn nothing_in_a_repository_is_run() {
    for (name, set, control) in TRAPS {
        let repo = Repo::new();
        let marker = repo.sandbox.path("marker");
        let evil = evil(&repo);
        repo.commit("a", "content");
        set(&repo, evil.to_str().unwrap());
        make_racy(&repo);
        // Some of these repositories are invalid for git; it only matters that nothing is run.
        let refresh = repo.sandbox.call(&["refresh", "git", &repo.sandbox.text("work/repo")]);
        let printed = refresh.refreshing().run();
        assert!(!marker.exists(), "{name} is run by us: {printed:?}");
        let is_seen = super::facts_in(&repo.sandbox).len() == 1;
        assert!(is_seen || printed.stderr.contains("is not inside a git repository"), "{name}: {printed:?}");
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

/// Makes git read the files: their times differ from those in the index.
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

fn filter_with_equals(repo: &Repo, evil: &str) {
    repo.file(".gitattributes", "* filter=a=b\n");
    repo.git(&["config", "filter.a=b.clean", evil]);
}

fn filter_not_utf8(repo: &Repo, evil: &str) {
    repo.sandbox.file("work/repo/.gitattributes", b"* filter=\xff\n");
    let config = [&b"[filter \"\xff\"]\nclean = "[..], evil.as_bytes(), b"\n"].concat();
    repo.sandbox.file("work/repo/settings", config);
    repo.git(&["config", "include.path", "../settings"]);
}

fn filter_far_away(repo: &Repo, evil: &str) {
    included_filter(repo, evil);
    repo.git(&["config", "--unset", "include.path"]);
    repo.file("between", "[include]\npath = settings\n");
    repo.git(&["config", "includeIf.onbranch:main.path", "../between"]);
}

/// Moves the files that all working trees share into a folder of that name in `.git`, which `commondir` names.
fn commondir(repo: &Repo, evil: &str, name: &[u8], content: &[u8]) {
    filtered(repo, "clean", evil);
    move_common(&repo.sandbox.path("work/repo/.git"), name, content);
}

fn move_common(git_dir: &Path, name: &[u8], content: &[u8]) {
    let common = git_dir.join(OsStr::from_bytes(name));
    fs::create_dir(&common).unwrap();
    for part in ["objects", "refs", "config"] {
        fs::rename(git_dir.join(part), common.join(part)).unwrap();
    }
    fs::write(git_dir.join("commondir"), content).unwrap();
    // A configuration outside of the repository has no filter.
    fs::write(git_dir.join("config"), "").unwrap();
}

fn absolute_commondir(repo: &Repo, evil: &str) {
    let path = repo.sandbox.text("work/repo/.git/real");
    commondir(repo, evil, b"real", format!("{path}\n").as_bytes());
}

/// Moves `.git` into the working tree under that name, and leaves a file that names it.
fn gitdir(repo: &Repo, evil: &str, name: &[u8], content: &[u8]) {
    filtered(repo, "clean", evil);
    let top = repo.sandbox.path("work/repo");
    fs::rename(top.join(".git"), top.join(OsStr::from_bytes(name))).unwrap();
    fs::write(top.join(".git"), content).unwrap();
}

/// Longer than any such file that git writes.
fn long(name: &[u8]) -> Vec<u8> {
    [name, &[b'\n'; 9000]].concat()
}

fn bare_layout(repo: &Repo, evil: &str) {
    filtered(repo, "clean", evil);
    let top = repo.sandbox.path("work/repo");
    repo.git(&["config", "core.bare", "false"]);
    repo.git(&["config", "core.worktree", top.to_str().unwrap()]);
    for part in ["objects", "refs", "config", "index"] {
        fs::rename(top.join(".git").join(part), top.join(part)).unwrap();
    }
    fs::copy(top.join(".git/HEAD"), top.join("HEAD")).unwrap();
    for entry in fs::read_dir(top.join(".git")).unwrap().map(Result::unwrap) {
        let path = entry.path();
        match entry.file_name() == "HEAD" {
            true => {}
            false if path.is_dir() => fs::remove_dir_all(path).unwrap(),
            false => fs::remove_file(path).unwrap(),
        }
    }
}

fn submodule_commondir(repo: &Repo, evil: &str) {
    submodule(repo, &["filter.evil.clean", evil]);
    move_common(&repo.sandbox.path("work/repo/.git/modules/sub"), b"real", b"real\n");
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
    // The repository around it asks git to look into it.
    repo.git(&["config", "submodule.sub.ignore", "none"]);
}

/// git fetches missing objects, here the tree of the commit.
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

/// A commit that claims to be signed, and a configuration that has signatures checked.
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
fn nothing_in_a_submodule_is_run_inside_it() {
    for setting in ["filter.evil.clean", "core.fsmonitor"] {
        for has_commondir in [false, true] {
            let repo = Repo::new();
            let evil = evil(&repo);
            repo.commit("a", "content");
            submodule(&repo, &[setting, evil.to_str().unwrap()]);
            if has_commondir {
                move_common(&repo.sandbox.path("work/repo/.git/modules/sub"), b"real", b"real\n");
            }
            make_racy(&repo);
            repo.sandbox.call(&["refresh", "git", &repo.sandbox.text("work/repo/sub")]).refreshing().run();
            assert!(!repo.sandbox.path("marker").exists(), "{setting} {has_commondir}");
            make_racy(&repo);
            assert!(repo.sandbox.git("work/repo/sub", &["status"]), "{setting} {has_commondir}");
            assert!(repo.sandbox.path("marker").exists(), "{setting}: this trap would catch nobody");
        }
    }
}

/// `git config` reads the file in this variable, `git status` does not.
#[test]
fn no_variable_redirects_git() {
    let repo = Repo::new();
    let evil = evil(&repo);
    repo.commit("a", "content");
    filtered(&repo, "clean", evil.to_str().unwrap());
    make_racy(&repo);
    let empty = repo.sandbox.file("empty", "");
    let refresh = repo.sandbox.call(&["refresh", "git", &repo.sandbox.text("work/repo")]).refreshing();
    refresh.env("GIT_CONFIG", empty).run().painted();
    assert!(!repo.sandbox.path("marker").exists());
}

#[test]
fn a_repository_that_could_run_something_has_no_counts_and_a_reason() {
    let repo = Repo::new();
    let evil = evil(&repo);
    repo.commit("a", "content");
    filter_with_equals(&repo, evil.to_str().unwrap());
    let refresh = repo.sandbox.call(&["refresh", "git", &repo.sandbox.text("work/repo")]).refreshing();
    assert_eq!(refresh.run().code, Some(1));
    assert!(only_fact(&repo.sandbox)["value"].is_null());
    let payload = json!({"model": "M", "cwd": repo.sandbox.text("work/repo")});
    assert_eq!(repo.sandbox.render(&payload).run().line(), "M │ repo ⎇ main");
    let explained = repo.sandbox.call(&["explain"]).stdin(payload.to_string()).run().stdout;
    assert!(explained.contains("filter"), "{explained}");
}

/// git-lfs would run the programs in the repository's `lfs.extension`, and `python -m` a module in it.
#[test]
fn a_filter_of_the_user_is_not_run_in_a_repository_either() {
    let repo = Repo::new();
    let evil = evil(&repo);
    repo.commit("a", "content");
    repo.file(".gitattributes", "* filter=mine\n");
    repo.sandbox.file("home/.gitconfig", format!("[filter \"mine\"]\nclean = {}\n", evil.display()));
    make_racy(&repo);
    let fact = fact(&repo.sandbox, "work/repo");
    assert!(!repo.sandbox.path("marker").exists());
    assert_eq!((&fact["unstaged"], &fact["untracked"]), (&0.into(), &1.into()));
}

#[test]
fn no_program_in_the_repository_is_run_as_git() {
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
    // Plain git would record that the file has not changed.
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
    // As in git's own tests.
    let printed = refresh.env("GIT_TEST_ASSUME_DIFFERENT_OWNER", "1").run();
    assert_eq!(printed.code, Some(1));
    let fact = only_fact(&repo.sandbox);
    let error = fact["error"].as_str().unwrap();
    assert!(error.contains("dubious ownership"), "{error}");
    assert!(error.contains("git config --global --add safe.directory"), "{error}");
    assert!(printed.stderr.contains(error), "{}", printed.stderr);
    assert!(fact["value"].is_null());
    // The branch is only a file, and is shown.
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
