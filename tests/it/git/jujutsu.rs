//! Jujutsu repositories. A script replaces jj: it prints what jj 0.45 prints for our template.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use serde_json::json;

use super::{Repo, only_fact};
use crate::support::{Printed, Sandbox};

/// Replaces jj by a script, which also appends its arguments to `calls`.
fn stand_in(sandbox: &Sandbox, script: &str) {
    let calls = sandbox.text("calls");
    let path = sandbox.file("bin/jj", format!("#!/bin/sh\necho \"$*\" >>'{calls}'\n{script}\n"));
    fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
}

fn refresh(sandbox: &Sandbox, folder: &str, seconds: u64) -> Printed {
    let path = format!("{}:{}", sandbox.text("bin"), std::env::var("PATH").unwrap());
    let call = sandbox.call(&["refresh", "git", &sandbox.text(folder)]).refreshing();
    call.later(seconds).env("PATH", path).run()
}

/// The line after a refresh.
fn shown(sandbox: &Sandbox, folder: &str, seconds: u64) -> String {
    _ = refresh(sandbox, folder, seconds);
    let payload = json!({"model": "M", "cwd": sandbox.text(folder)});
    sandbox.render(&payload).later(seconds).run().line()
}

/// Prints a change on top of the commit that `parent` prints.
fn printing(parent: &str, rest: &str) -> String {
    format!("printf 'kpqxywon\\n0e3a2bf\\n%s\\n{rest}' \"{parent}\"")
}

/// A detached head with jj's folder next to git's.
fn colocated() -> Repo {
    let repo = Repo::new();
    repo.commit("a", "1");
    repo.git(&["checkout", "--quiet", "--detach"]);
    fs::create_dir_all(repo.sandbox.path("work/repo/.jj/repo")).unwrap();
    repo.file(".git/info/exclude", ".jj");
    repo
}

/// A repository of jj alone, inside one of git.
fn alone() -> Sandbox {
    let sandbox = Sandbox::new();
    assert!(sandbox.git("work", &["init", "--quiet", "--initial-branch=outside"]));
    sandbox.file("work/repo/.jj/working_copy/checkout", "1");
    sandbox.file("work/repo/src/x", "");
    fs::create_dir_all(sandbox.path("work/repo/.jj/repo")).unwrap();
    sandbox
}

const HEAD: &str = "$(git rev-parse HEAD)";

#[test]
fn next_to_git_the_bookmark_and_the_change_stand_for_a_detached_head() {
    let repo = colocated();
    repo.file("new", "");
    let check = |seconds, rest: &str, expected: &str| {
        stand_in(&repo.sandbox, &printing(HEAD, rest));
        assert_eq!(shown(&repo.sandbox, "work/repo", seconds), format!("M │ repo {expected}"));
    };
    check(0, r"9\nfalse\n\nmain\n", "⎇ main kpqxywon ?1");
    check(60, r"9\nfalse\nmy-\033[31mbookmark other*\nmain\n", "⎇ my-[31mbookmark other* main kpqxywon ?1");
    check(120, r"9\nfalse\n", "➤ kpqxywon ?1");
    let printed = repo
        .sandbox
        .call(&["--format", "json"])
        .stdin(json!({"model": "M", "cwd": repo.sandbox.text("work/repo")}).to_string())
        .later(120)
        .run()
        .painted();
    assert!(printed.contains(r#""change":"kpqxywon""#), "{printed}");
    for flag in
        ["--ignore-working-copy", "--at-operation=@", "--no-pager", "--color=never", "--config=fsmonitor.backend=none"]
    {
        assert!(repo.sandbox.read("calls").contains(flag), "{flag}");
    }
}

#[test]
fn a_branch_that_git_has_checked_out_stays_with_the_change_next_to_it() {
    let repo = colocated();
    repo.git(&["checkout", "--quiet", "main"]);
    stand_in(&repo.sandbox, &printing(HEAD, r"0\nfalse\nfeat\n"));
    assert_eq!(shown(&repo.sandbox, "work/repo", 0), "M │ repo ⎇ main kpqxywon");
}

#[test]
fn where_jj_knows_nothing_of_the_head_it_is_gits() {
    let commit = |repo: &Repo| repo.sandbox.git_says("work/repo", &["rev-parse", "--short=7", "HEAD"]).unwrap();
    let known = printing(HEAD, r"0\nfalse\nmain\n");
    let stale = printing(&"1".repeat(40), r"0\nfalse\nmain\n");
    let failing = format!("{known}; exit 2");
    for script in ["exit 1", "echo", "yes", &stale, &failing] {
        let repo = colocated();
        stand_in(&repo.sandbox, script);
        assert_eq!(shown(&repo.sandbox, "work/repo", 0), format!("M │ repo ➤ {}", commit(&repo)), "{script}");
    }
    // Without jj's folder, jj is not run.
    let repo = colocated();
    fs::remove_dir_all(repo.sandbox.path("work/repo/.jj")).unwrap();
    stand_in(&repo.sandbox, &known);
    assert_eq!(shown(&repo.sandbox, "work/repo", 0), format!("M │ repo ➤ {}", commit(&repo)));
    assert!(!repo.sandbox.path("calls").exists());
}

#[test]
fn a_repository_without_git_next_to_it_is_jjs_from_every_folder() {
    let sandbox = alone();
    let zeros = "0".repeat(40);
    stand_in(&sandbox, &printing(&zeros, r"2\nfalse\nfeat\n"));
    assert_eq!(shown(&sandbox, "work/repo", 0), "M │ repo ⎇ feat kpqxywon ~2");
    assert_eq!(shown(&sandbox, "work/repo/src", 1), "M │ src ⎇ feat kpqxywon ~2");
    assert_eq!(shown(&sandbox, "work", 1), "M │ work ⎇ outside ?1");
    // Every command of jj writes that file.
    sandbox.file("work/repo/.jj/working_copy/checkout", "another");
    stand_in(&sandbox, &printing(&zeros, r"0\ntrue\n"));
    assert_eq!(shown(&sandbox, "work/repo", 2), "M │ repo ➤ kpqxywon !1…");
}

#[test]
fn a_further_working_copy_names_its_repository() {
    let sandbox = alone();
    sandbox.file("work/second/.jj/repo", "../../repo/.jj/repo");
    stand_in(&sandbox, &printing("1", r"0\nfalse\n"));
    assert_eq!(shown(&sandbox, "work/second", 0), "M │ second ➤ kpqxywon");
}

#[test]
fn a_jj_that_fails_leaves_no_head_and_says_why() {
    let check = |script: Option<&str>, why: &str| {
        let sandbox = alone();
        if let Some(script) = script {
            stand_in(&sandbox, script);
        }
        assert_eq!(shown(&sandbox, "work/repo", 0), "M │ repo");
        let error = only_fact(&sandbox)["error"].as_str().unwrap().to_owned();
        assert!(error.starts_with("jj log: ") && error.contains(why), "{script:?}: {error}");
    };
    check(None, "cannot be started");
    check(Some("echo 'Error: no such thing' >&2; exit 1"), "Error: no such thing");
    check(Some("yes"), "ended with a signal");
    check(Some("sleep 1000 & sleep 1000"), "took too long and was stopped");
}

/// jj moves such a file into the user's own configuration, with any programs that it names.
#[test]
fn a_jujutsu_configuration_in_the_repository_stays_there() {
    for (config, moved) in [("repo/config.toml", "repo/config-id"), ("workspace-config.toml", "workspace-config-id")] {
        let sandbox = alone();
        stand_in(&sandbox, &printing("1", r"0\nfalse\n"));
        std::os::unix::fs::symlink("nowhere", sandbox.path(&format!("work/repo/.jj/{config}"))).unwrap();
        let refused = refresh(&sandbox, "work/repo", 0);
        assert!(refused.stderr.contains(&format!("not run: {}", sandbox.text("work/repo/.jj"))), "{refused:?}");
        assert!(!sandbox.path("calls").exists(), "{config}");
        // Only older versions keep it there.
        sandbox.file(&format!("work/repo/.jj/{moved}"), "70d71d686cbd2413a7de");
        assert_eq!(shown(&sandbox, "work/repo", 60), "M │ repo ➤ kpqxywon");
    }
}

#[test]
fn a_repository_whose_folder_is_missing_is_not_asked_about() {
    let sandbox = alone();
    sandbox.file("work/second/.jj/repo", "../gone");
    stand_in(&sandbox, &printing("1", r"0\nfalse\n"));
    assert_eq!(shown(&sandbox, "work/second", 0), "M │ second");
    assert!(!sandbox.path("calls").exists());
}
