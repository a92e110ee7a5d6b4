//! The refresh that a render starts: never waited for, one at a time, gone when it is done.

use std::env;
use std::fs;
use std::os::unix::fs::PermissionsExt;

use rustix::process::{Pid, Signal};
use serde_json::{Value, json};

use super::{Repo, facts_in, line, only_fact};
use crate::support::{Call, NOW, Sandbox, wait_until};

/// A git that records each of its calls, runs `first`, and then the call.
fn wrap_git(sandbox: &Sandbox, first: &str) {
    let installed = env::var_os("PATH").unwrap();
    let mut git = env::split_paths(&installed).map(|folder| folder.join("git"));
    let git = git.find(|path| path.is_file()).expect("git is installed");
    let calls = sandbox.text("calls");
    let script = format!("#!/bin/sh\necho \"$*\" >>'{calls}'\n{first}\nexec '{}' \"$@\"\n", git.display());
    let path = sandbox.file("bin/git", script);
    fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
}

/// A git that answers only once the file `gate` exists.
fn hold_git(sandbox: &Sandbox) {
    let gate = sandbox.text("gate");
    wrap_git(sandbox, &format!("while [ ! -e '{gate}' ]; do sleep 0.01; done"));
}

/// Number of calls of git, the first of which lists filters and hooks.
fn questions(sandbox: &Sandbox) -> usize {
    let calls = fs::read_to_string(sandbox.path("calls")).unwrap_or_default();
    calls.lines().filter(|call| call.contains("--get-regexp")).count()
}

/// A render some seconds later, with that git and refreshes.
fn render(sandbox: &Sandbox, seconds: u64) -> Call {
    prepare(sandbox, sandbox.call(&[]), seconds)
}

fn prepare(sandbox: &Sandbox, call: Call, seconds: u64) -> Call {
    let installed = env::var_os("PATH").unwrap();
    let path = [sandbox.path("bin")].into_iter().chain(env::split_paths(&installed));
    let path = env::join_paths(path).unwrap();
    let payload = json!({"model": "M", "session_id": "s", "cwd": sandbox.text("work/repo")});
    let call = call.stdin(payload.to_string()).refreshing().later(seconds).env("PATH", path);
    call.env("BRIDGELINE_GIT_WAIT_MS", "0")
}

/// A repository that is known to be unchanged.
fn known() -> Repo {
    let repo = Repo::new();
    repo.commit("a", "1");
    super::fact(&repo.sandbox, "work/repo");
    repo
}

#[test]
fn a_stale_fact_is_shown_at_once_and_found_out_once_behind_the_line() {
    let repo = known();
    let sandbox = &repo.sandbox;
    repo.file("a", "edited");
    hold_git(sandbox);
    assert_eq!(render(sandbox, 1).run().line(), "M │ repo ⎇ main");
    assert_eq!(questions(sandbox), 0);
    // git does not answer before the gate is open, so a render that waited for it would not get here.
    for _ in 0..3 {
        assert_eq!(render(sandbox, 60).run().line(), "M │ repo ⎇ main");
        wait_until("a question to git", || questions(sandbox) > 0);
    }
    sandbox.file("gate", "");
    wait_until("the fact", || only_fact(sandbox)["value"]["unstaged"] == 1);
    assert_eq!(render(sandbox, 61).run().line(), "M │ repo ⎇ main ~1");
    assert_eq!(questions(sandbox), 1);
}

#[test]
fn the_first_line_in_a_repository_may_wait_for_git() {
    let repo = Repo::new();
    repo.file("new", "");
    wrap_git(&repo.sandbox, "");
    let first = render(&repo.sandbox, 0).env("BRIDGELINE_GIT_WAIT_MS", "60000").run();
    assert_eq!(first.line(), "M │ repo ⎇ main ?1");
    assert_eq!(questions(&repo.sandbox), 1);
}

#[test]
fn the_first_line_waits_no_longer_than_it_may() {
    for wait in ["0", "20"] {
        let repo = Repo::new();
        repo.file("new", "");
        hold_git(&repo.sandbox);
        let first = render(&repo.sandbox, 0).env("BRIDGELINE_GIT_WAIT_MS", wait).run();
        assert_eq!(first.line(), "M │ repo ⎇ main");
        repo.sandbox.file("gate", "");
        wait_until("the fact", || !facts_in(&repo.sandbox).is_empty());
        assert_eq!(render(&repo.sandbox, 0).run().line(), "M │ repo ⎇ main ?1");
        assert_eq!(questions(&repo.sandbox), 1);
    }
}

#[test]
fn refreshes_can_be_turned_off() {
    let repo = known();
    repo.file("a", "edited");
    hold_git(&repo.sandbox);
    let off = render(&repo.sandbox, 60).env("BRIDGELINE_REFRESH_MS", "0").run();
    assert_eq!(off.line(), "M │ repo ⎇ main");
    repo.sandbox.wait_for_the_last_process();
    assert_eq!(questions(&repo.sandbox), 0);
}

#[test]
fn a_git_that_hangs_is_killed_with_what_it_started_and_left_alone_for_a_while() {
    // On a busy machine, time may be up before git has started.
    let asked = ["200", "2000", "20000"].into_iter().map(|limit| {
        let repo = known();
        let sandbox = &repo.sandbox;
        wrap_git(sandbox, "sleep 1000 & sleep 1000");
        let refresh = render(sandbox, 60).args(&["refresh", "git", &sandbox.text("work/repo")]);
        let printed = refresh.env("BRIDGELINE_REFRESH_MS", limit).run();
        assert_eq!(printed.code, Some(1));
        assert!(printed.stderr.contains("git config: took too long"), "{}", printed.stderr);
        sandbox.wait_for_the_last_process();
        repo
    });
    let repo = asked.into_iter().find(|repo| questions(&repo.sandbox) == 1).expect("git is asked");
    let sandbox = &repo.sandbox;
    let fact = only_fact(sandbox);
    assert_eq!((&fact["failures"], &fact["value"]["branch"]), (&json!(1), &json!("main")));
    // Not asked again within five seconds.
    assert_eq!(render(sandbox, 64).run().line(), "M │ repo ⎇ main (1m)");
    sandbox.wait_for_the_last_process();
    assert_eq!(questions(sandbox), 1);
    wrap_git(sandbox, "");
    assert_eq!(render(sandbox, 65).run().line(), "M │ repo ⎇ main (1m)");
    wait_until("the fact", || only_fact(sandbox)["failures"] == 0);
    assert_eq!(questions(sandbox), 2);
}

#[test]
fn a_git_that_fails_leaves_the_fact_and_its_message() {
    let repo = known();
    wrap_git(&repo.sandbox, "echo 'fatal: out of order' >&2; exit 128");
    assert_eq!(render(&repo.sandbox, 60).run().line(), "M │ repo ⎇ main");
    wait_until("the failure", || only_fact(&repo.sandbox)["failures"] == 1);
    let fact = only_fact(&repo.sandbox);
    assert_eq!(fact["error"], "git config: out of order");
    assert_eq!(fact["value"]["branch"], "main");
}

#[test]
fn a_place_without_git_has_a_line() {
    let repo = Repo::new();
    let empty = repo.sandbox.path("tmp");
    assert_eq!(render(&repo.sandbox, 0).env("PATH", empty).run().line(), "M │ repo ⎇ main");
    wait_until("the failure", || !facts_in(&repo.sandbox).is_empty());
    let fact = only_fact(&repo.sandbox);
    assert!(fact["error"].as_str().unwrap().starts_with("git config: cannot be started"), "{fact}");
}

#[test]
fn fifty_renders_leave_nothing_behind() {
    let repo = known();
    let sandbox = &repo.sandbox;
    wrap_git(sandbox, "");
    for number in 1..=50 {
        render(sandbox, number * 60).run().line();
    }
    sandbox.wait_for_the_last_process();
    // The last one started has computed the fact, or found another process doing so.
    let at = |fact: &Value| fact["at_ms"].as_u64().unwrap();
    assert!(at(&only_fact(sandbox)) > NOW * 1000, "{}", only_fact(sandbox));
    assert_eq!(only_fact(sandbox)["failures"], 0);
    assert_eq!(sandbox.unfinished(), [].into());
}

#[test]
fn a_refresh_outlives_the_process_group_of_its_render_and_holds_nothing_of_it() {
    let repo = known();
    let sandbox = &repo.sandbox;
    repo.file("a", "edited");
    let [gate, leaked, niceness] = ["gate", "leaked", "niceness"].map(|name| sandbox.text(name));
    wrap_git(
        sandbox,
        &format!(
            "nice >'{niceness}'; if (: >&3) 2>/dev/null; then : >'{leaked}'; fi; while [ ! -e '{gate}' ]; do sleep 0.01; done"
        ),
    );
    let mut call = prepare(sandbox, sandbox.redirected("3>descriptor"), 60).in_a_group();
    let child = call.spawn();
    let group = child.id();
    assert_eq!(call.finish(child).line(), "M │ repo ⎇ main");
    wait_until("a question to git", || questions(sandbox) > 0);
    // Like an agent that ends its processes; nobody is left to read the output.
    _ = rustix::process::kill_process_group(Pid::from_raw(group as i32).unwrap(), Signal::KILL);
    sandbox.file("gate", "");
    wait_until("the fact", || only_fact(sandbox)["value"]["unstaged"] == 1);
    assert!(sandbox.read("niceness").trim().parse::<i32>().unwrap() >= 10);
    assert!(!sandbox.path("leaked").exists(), "an open file of whoever started the render");
    assert_eq!(line(sandbox, "work/repo"), "M │ repo ⎇ main ~1");
}
