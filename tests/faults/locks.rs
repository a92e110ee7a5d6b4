//! Locks that are held for ever, that nobody can take, and that disappear: no event is lost or counted twice, and no
//! hook waits for long.

use std::fs::{self, File};
use std::os::unix::process::CommandExt;
use std::process::{Child, Command};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::json;

use crate::scene::{BRIDGE, SHADOW, bridge, event, furnish, leave, run};
use crate::support::{Sandbox, storm};

const LOCK: &str = "state/locks/ecc-metrics-s.json.lock";
const BESIDE: &str = "tmp/ecc-metrics-s.json.lock";

const STOP: &str = r#"{"session_id":"s","hook_event_name":"Stop"}"#;

/// A hook stopped by another program, and that program.
struct Stopped {
    tracer: Child,
    hook: u32,
}

impl Stopped {
    /// A hook that holds the lock and has written its event only to the shadow.
    fn new(sandbox: &Sandbox) -> Stopped {
        let mut tracer = Command::new("strace");
        let inject = "inject=renameat2:signal=SIGSTOP:when=1";
        tracer.args(["-qq", "-o", "/dev/null", "-e", "trace=renameat2", "-e", inject]);
        tracer.args([env!("CARGO_BIN_EXE_bridgeline"), "hook"]).env_clear().current_dir(sandbox.path("work"));
        tracer.env("PATH", std::env::var_os("PATH").unwrap());
        tracer.env("TMPDIR", sandbox.path("tmp")).env("BRIDGELINE_STATE_DIR", sandbox.path("state"));
        sandbox.file("input", event(1));
        tracer.stdin(File::open(sandbox.path("input")).unwrap()).process_group(0);
        let tracer = tracer.spawn().unwrap();
        let shadow = sandbox.read(SHADOW);
        let hook = loop {
            let id = tracer.id();
            let children = fs::read_to_string(format!("/proc/{id}/task/{id}/children")).unwrap_or_default();
            if let Some(hook) = children.split_whitespace().next().and_then(|pid| pid.parse().ok()) {
                let status = fs::read_to_string(format!("/proc/{hook}/stat")).unwrap_or_default();
                let is_stopped = status.rsplit(") ").next().unwrap().starts_with(['t', 'T']);
                if is_stopped && sandbox.read(SHADOW) != shadow {
                    break hook;
                }
            }
            thread::sleep(Duration::from_millis(5));
        };
        Stopped { tracer, hook }
    }

    /// Continues it, or ends it.
    fn signal(mut self, signal: &str) {
        let sent = Command::new("kill").args([signal, &self.hook.to_string()]).status().unwrap();
        assert!(sent.success());
        self.tracer.wait().unwrap();
    }
}

/// Far less than the half minute that a hook once waited, and more than a busy machine adds.
const SOON: Duration = Duration::from_secs(15);

#[test]
fn a_stopped_lock_holder_delays_no_hook_and_merges_spooled_events() {
    let sandbox = Sandbox::new();
    furnish(&sandbox);
    sandbox.file(BRIDGE, bridge(4));
    sandbox.file(SHADOW, bridge(4));
    let stopped = Stopped::new(&sandbox);
    thread::scope(|scope| {
        for input in (2..=128).map(event).chain([STOP.to_owned()]) {
            let sandbox = &sandbox;
            scope.spawn(move || {
                let start = Instant::now();
                run(sandbox, &[], &["hook"], &input).assert_quiet("a stopped holder");
                assert!(start.elapsed() < SOON, "{:?}", start.elapsed());
            });
        }
    });
    assert_eq!(sandbox.json(BRIDGE)["tool_count"], 4);
    stopped.signal("-CONT");
    check(&sandbox, 4 + 128);
    assert_eq!(sandbox.json(BRIDGE)["bridgeline"]["seq"], 4 + 129);
}

#[test]
fn a_stopped_holder_that_is_ended_has_lost_nothing() {
    let sandbox = Sandbox::new();
    furnish(&sandbox);
    sandbox.file(BRIDGE, bridge(4));
    sandbox.file(SHADOW, bridge(4));
    leave(&sandbox, 9);
    let stopped = Stopped::new(&sandbox);
    run(&sandbox, &[], &["hook"], &event(2)).assert_quiet("a stopped holder");
    stopped.signal("-KILL");
    run(&sandbox, &[], &["hook"], &event(3)).assert_quiet("after it");
    for file in sandbox.unfinished() {
        fs::remove_file(sandbox.path(&file)).unwrap();
    }
    check(&sandbox, 8);
}

#[test]
fn without_the_first_lock_hooks_agree_on_another() {
    let planted = |paths: &'static [&'static str]| {
        move |sandbox: &Sandbox| {
            for path in paths {
                sandbox.file(path, "");
                let given = Command::new("chown").arg("1").arg(sandbox.path(path)).output().unwrap();
                assert!(given.status.success(), "root is needed: {given:?}");
            }
        }
    };
    let no_locks = ["strace", "-f", "-qq", "-o", "/dev/null", "-e", "trace=flock", "-e", "inject=flock:error=ENOLCK"];
    storm("planted in the temp folder", &[], planted(&[BESIDE]));
    storm("planted in ours", &[], planted(&[LOCK]));
    storm("planted everywhere", &[], planted(&[LOCK, BESIDE]));
    storm("no locks in the file system", &no_locks, |_| ());
}

#[test]
fn events_are_counted_once_while_the_temp_folder_comes_and_goes() {
    let done = AtomicBool::new(false);
    let sandbox = Sandbox::new();
    thread::scope(|scope| {
        scope.spawn(|| {
            while !done.load(Ordering::Relaxed) {
                _ = fs::remove_dir_all(sandbox.path("tmp"));
                thread::sleep(Duration::from_millis(15));
                _ = fs::create_dir(sandbox.path("tmp"));
                thread::sleep(Duration::from_millis(25));
            }
        });
        at_once(&sandbox, &[], 300);
        done.store(true, Ordering::Relaxed);
    });
    _ = fs::create_dir(sandbox.path("tmp"));
    run(&sandbox, &[], &["hook"], &event(1)).assert_quiet("the last");
    check(&sandbox, 301);
}

/// Many concurrent hooks in a sandbox that is prepared like this; all are counted.
#[track_caller]
fn storm(what: &str, tool: &[&str], arrange: impl Fn(&Sandbox)) {
    let sandbox = Sandbox::new();
    arrange(&sandbox);
    at_once(&sandbox, tool, 120);
    assert_eq!(sandbox.json(BRIDGE)["tool_count"], 120, "{what}");
}

fn at_once(sandbox: &Sandbox, tool: &[&str], events: u32) {
    storm::at_once(16, events as usize, |n| {
        run(sandbox, tool, &["hook"], &event(n as u32)).assert_quiet("many at once");
    });
}

/// That many calls are counted, and no file is left over.
#[track_caller]
fn check(sandbox: &Sandbox, calls: u32) {
    for file in [BRIDGE, SHADOW] {
        assert_eq!(sandbox.json(file)["tool_count"], json!(calls), "{file}");
    }
    assert!(!sandbox.path("state/spool").exists(), "{:?}", sandbox.files("state/spool"));
    assert_eq!(sandbox.unfinished(), [].into());
}
