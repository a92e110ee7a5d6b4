#![cfg(unix)]

use super::*;
use crate::store::tests::Folder;
use crate::store::{self, Patience};
use std::fs::OpenOptions;
use std::os::unix::fs::OpenOptionsExt;

const LONG: Duration = Duration::from_secs(60);

fn shell(script: &str) -> Command {
    let mut command = command("/bin/sh", None);
    command.args(["-c", script]);
    command
}

fn within(time: Duration) -> Instant {
    Instant::now() + time
}

#[test]
fn all_that_a_program_says_is_collected() {
    let script = "cat; echo to the side >&2; exit 3";
    let output = run(shell(script), b"from above".to_vec(), within(LONG), 100).unwrap();
    let said = (output.stdout.as_slice(), output.stderr.as_slice(), output.more, output.code);
    assert_eq!(said, (&b"from above"[..], &b"to the side\n"[..], false, Some(3)));
}

#[test]
fn nothing_on_stdin_is_its_end() {
    assert_eq!(run(shell("cat"), Vec::new(), within(LONG), 100).unwrap().code, Some(0));
}

#[test]
fn one_that_prints_without_end_is_cut_and_killed() {
    let output = run(shell("yes; yes"), Vec::new(), within(LONG), 1000).unwrap();
    assert_eq!((output.stdout.len(), output.more, output.code), (1000, true, None));
    let output = run(shell("printf 1234"), Vec::new(), within(LONG), 4).unwrap();
    assert_eq!((output.stdout.as_slice(), output.more, output.code), (&b"1234"[..], false, Some(0)));
    // Endless output on standard error doesn't keep a program from ending.
    let output = run(shell("yes >&2; echo done"), Vec::new(), within(LONG), 1000).unwrap();
    assert_eq!((output.stdout.as_slice(), output.stderr.len()), (&b"done\n"[..], 4096));
}

/// Runs a script whose descriptor 3 is a FIFO, and waits until nobody has it open any more.
fn run_to_the_last(script: &str, time: Duration) -> io::Result<Output> {
    let folder = Folder::new();
    let fifo = folder.path("fifo");
    let mut make = command("mkfifo", None);
    make.arg(&fifo);
    assert_eq!(run(make, Vec::new(), within(LONG), 10).unwrap().code, Some(0));
    let mut reader = OpenOptions::new();
    let nonblocking = rustix::fs::OFlags::NONBLOCK.bits() as i32;
    let mut reader = reader.read(true).custom_flags(nonblocking).open(&fifo).unwrap();
    let mut command = shell(&format!("exec 3>\"$0\"; {script}"));
    command.arg(&fifo);
    let result = run(command, Vec::new(), within(time), 10);
    while !matches!(reader.read(&mut [0]), Ok(0)) {
        thread::yield_now();
    }
    result
}

#[test]
fn one_that_does_not_end_is_killed_with_what_it_started() {
    let time = Duration::from_millis(200);
    let failure = run_to_the_last("sleep 1000 & sleep 1000", time).unwrap_err();
    assert!(failure.kind() == io::ErrorKind::TimedOut, "{failure}");
}

#[test]
fn what_a_program_leaves_behind_goes_with_it() {
    let script = "sleep 1000 >/dev/null 2>&1 & echo left";
    let output = run_to_the_last(script, LONG).unwrap();
    assert_eq!((output.stdout.as_slice(), output.code), (&b"left\n"[..], Some(0)));
}

#[test]
fn no_such_program_is_told() {
    let failure = run(command("bridgeline-no-such", None), Vec::new(), within(LONG), 1).unwrap_err();
    assert!(failure.to_string().starts_with("cannot be started: "), "{failure}");
}

#[test]
fn a_program_is_not_looked_for_in_relative_folders() {
    let check = |path: &str, expected: &str| {
        let command = command("x", Some(path.into()));
        let (_, path) = command.get_envs().find(|(name, _)| *name == "PATH").unwrap();
        assert_eq!(path, Some(OsStr::new(expected)));
    };
    check("/a:.::b:/c", "/a:/c");
    check(".:b", "/dev/null");
    check("", "/dev/null");
}

#[test]
fn who_holds_the_output_open_is_not_waited_for() {
    let output = run_to_the_last("sleep 1000 & echo left", LONG).unwrap();
    assert_eq!((output.stdout.as_slice(), output.code), (&b"left\n"[..], Some(0)));
}

/// Like a process that has left the group, and is not killed with it.
#[test]
fn what_is_in_a_pipe_is_there_though_another_holds_it_open() {
    let (reader, mut writer) = io::pipe().unwrap();
    writer.write_all(b"left").unwrap();
    let stream = Stream::of(Some(reader), 10);
    assert!(!stream.ends_within(Duration::ZERO));
    assert_eq!(stream.take(), b"left");
    drop(writer);
}

#[test]
fn a_program_is_found_in_the_folders_that_are_named() {
    let folder = Folder::new();
    let [first, second] = ["first", "second"].map(|name| folder.path(name));
    std::fs::create_dir_all(first.join("x")).unwrap();
    store::replace(&second.join("x"), b"x", Patience::HOOK).unwrap();
    let folders = [first, second.clone()];
    assert_eq!(find(Path::new("x"), &folders), second.join("x"));
    assert_eq!(find(Path::new("y"), &folders), Path::new("/dev/null/y"));
}
