//! Many hooks at once, beside writers that take no lock, and killed at any moment: nothing that a
//! process of ours has counted is lost, and the bridge is whole at every look.

use std::collections::BTreeSet;
use std::fs;
use std::io::ErrorKind;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::support::{Call, Sandbox};

const BRIDGE: &str = "tmp/ecc-metrics-s.json";

/// Distinct files among all events: as many as a bridge keeps.
const FILES: usize = 200;

fn event(sandbox: &Sandbox, n: usize) -> Call {
    let event = json!({"session_id": "s", "hook_event_name": "PostToolUse", "tool_name": "Write",
        "tool_input": {"file_path": format!("/f{}", n % FILES)}});
    sandbox.call(&["hook"]).env("BRIDGELINE_MONITOR", "off").stdin(event.to_string())
}

/// Tells those that look on that it is over, also when that is because of a panic.
struct Done<'a>(&'a AtomicBool);

impl Drop for Done<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// One storm at a time: two would measure each other.
static STORM: Mutex<()> = Mutex::new(());

/// Runs `events` events in so many processes at once, and then sets `done`. How long the slowest took.
fn storm(sandbox: &Sandbox, processes: usize, events: usize, done: &AtomicBool) -> Duration {
    let _done = Done(done);
    let _storm = STORM.lock().unwrap_or_else(PoisonError::into_inner);
    let (next, slowest) = (AtomicUsize::new(0), Mutex::new(Duration::ZERO));
    thread::scope(|scope| {
        for _ in 0..processes {
            scope.spawn(|| {
                loop {
                    let n = next.fetch_add(1, Ordering::Relaxed);
                    if n >= events {
                        return;
                    }
                    let start = Instant::now();
                    assert_eq!(event(sandbox, n).run().painted(), "");
                    let mut slowest = slowest.lock().unwrap();
                    *slowest = start.elapsed().max(*slowest);
                }
            });
        }
    });
    slowest.into_inner().unwrap()
}

/// The bridge holds that many calls and every file, and no temporary file is left.
#[track_caller]
fn check_complete(sandbox: &Sandbox, calls: usize) {
    let bridge = sandbox.json(BRIDGE);
    assert_eq!(bridge["tool_count"], calls);
    let files: BTreeSet<String> = serde_json::from_value(bridge["files_modified"].clone()).unwrap();
    assert_eq!(files, (0..FILES).map(|n| format!("/f{n}")).collect());
    assert_eq!((&bridge["files_modified_count"], files.len()), (&json!(FILES), FILES));
    let expected = [BRIDGE, "state/locks/ecc-metrics-s.json.lock", "state/shadow/s.json"];
    assert_eq!(sandbox.files("."), expected.map(|name| format!("./{name}")).into());
}

/// Looks at the bridge until `done`. How often `tool_count` was less than at the look before, and how
/// many looks there were.
fn watch(sandbox: &Sandbox, done: &AtomicBool) -> (usize, usize) {
    let (mut decreases, mut looks, mut last) = (0, 0, 0);
    while !done.load(Ordering::Relaxed) {
        match fs::read(sandbox.path(BRIDGE)) {
            Err(err) if err.kind() == ErrorKind::NotFound && looks == 0 => {}
            bytes => {
                let bytes = bytes.unwrap();
                let bridge: Value = serde_json::from_slice(&bytes)
                    .unwrap_or_else(|err| panic!("{err}: {}", String::from_utf8_lossy(&bytes)));
                let count = bridge["tool_count"].as_u64().unwrap();
                decreases += usize::from(count < last);
                (looks, last) = (looks + 1, count);
            }
        }
        thread::sleep(Duration::from_micros(500));
    }
    (decreases, looks)
}

/// Tells what has been measured, to whoever runs the test with `--nocapture`.
#[expect(clippy::disallowed_macros, reason = "what goes to stderr past the macro is always shown")]
fn tell(text: &str) {
    eprintln!("{text}");
}

#[test]
fn of_two_thousand_events_in_sixty_four_processes_at_once_none_is_lost() {
    let sandbox = Sandbox::new();
    let done = AtomicBool::new(false);
    thread::scope(|scope| {
        let watch = scope.spawn(|| watch(&sandbox, &done));
        let slowest = storm(&sandbox, 64, 2000, &done);
        tell(&format!("64 hooks at once: the slowest took {slowest:.1?}"));
        let (decreases, looks) = watch.join().unwrap();
        assert!(decreases == 0 && looks > 100, "{decreases} decreases in {looks} looks");
    });
    check_complete(&sandbox, 2000);
}

/// A statusline that writes as the Node one does: reads the bridge, changes the context, and replaces
/// the whole file by a name of its own, without any lock. What became of its writes.
struct Unlocked {
    writes: usize,
    /// Its context was gone at its next look.
    lost: usize,
}

fn write_without_lock(sandbox: &Sandbox, writer: usize, done: &AtomicBool) -> Unlocked {
    let path = sandbox.path(BRIDGE);
    let mut told = Unlocked { writes: 0, lost: 0 };
    while !done.load(Ordering::Relaxed) {
        thread::sleep(Duration::from_micros(1000 + 500 * writer as u64));
        let Ok(bytes) = fs::read(&path) else { continue };
        let mut bridge: Value = serde_json::from_slice(&bytes).unwrap();
        let mark = |n: usize| json!(n as f64 + 0.25 * writer as f64);
        told.lost += usize::from(told.writes > 0 && bridge["context_remaining_pct"] != mark(told.writes));
        told.writes += 1;
        bridge["context_remaining_pct"] = mark(told.writes);
        let temp = sandbox.path(&format!("{BRIDGE}.{}.{writer:08x}.tmp", std::process::id()));
        fs::write(&temp, bridge.to_string()).unwrap();
        // Windows refuses while somebody has the file open.
        while let Err(err) = fs::rename(&temp, &path) {
            if cfg!(unix) {
                panic!("{err}");
            }
            thread::sleep(Duration::from_millis(1));
        }
    }
    told
}

#[test]
fn writers_without_lock_take_nothing_of_ours_away() {
    for writers in [1, 2] {
        let sandbox = Sandbox::new();
        let done = AtomicBool::new(false);
        thread::scope(|scope| {
            let (sandbox, done) = (&sandbox, &done);
            let unlocked = (0..writers).map(|n| scope.spawn(move || write_without_lock(sandbox, n, done)));
            let unlocked: Vec<_> = unlocked.collect();
            let watch = scope.spawn(|| watch(sandbox, done));
            let start = Instant::now();
            let slowest = storm(sandbox, 64, 500, done);
            let took = start.elapsed();
            let (rolled_back, looks) = watch.join().unwrap();
            let unlocked: Vec<Unlocked> = unlocked.into_iter().map(|writer| writer.join().unwrap()).collect();
            let writes: usize = unlocked.iter().map(|writer| writer.writes).sum();
            let lost: usize = unlocked.iter().map(|writer| writer.lost).sum();
            tell(&format!(
                "{writers} without lock beside 64 hooks, {took:.1?}, the slowest {slowest:.1?}: {lost} of their {writes} writes lost; \
                 they put our count back in {rolled_back} of {looks} looks"
            ));
            assert!(writes > 100 && looks > 100, "{writes} {looks}");
        });
        event(&sandbox, 0).run().painted();
        check_complete(&sandbox, 501);
    }
}

#[test]
#[cfg(unix)]
fn a_kill_at_any_moment_loses_at_most_the_event_of_the_killed() {
    use std::os::unix::process::ExitStatusExt;
    const KILLS: usize = 1000;
    let sandbox = Sandbox::new();
    (0..10).for_each(|n| _ = event(&sandbox, n).run().painted());
    // How long the longest is left alone, in microseconds: so that about every second one is killed,
    // however fast the machine is at the moment.
    let span = AtomicUsize::new(10_000);
    let (next, survivors, done) = (AtomicUsize::new(0), AtomicUsize::new(10), AtomicBool::new(false));
    let run = |n: usize| {
        let mut child = event(&sandbox, n).spawn();
        // Evenly over the length of a run, in no order that the others could fall in step with.
        let longest = span.load(Ordering::Relaxed);
        thread::sleep(Duration::from_micros((longest * (n * 619 % KILLS) / KILLS) as u64));
        child.kill().unwrap();
        let longest = match child.wait().unwrap() {
            status if status.signal() == Some(9) => longest + longest / 20,
            status => {
                assert!(status.success(), "{status}");
                survivors.fetch_add(1, Ordering::Relaxed);
                longest - longest / 20
            }
        };
        span.store(longest, Ordering::Relaxed);
        if n.is_multiple_of(50) {
            let start = Instant::now();
            assert_eq!(event(&sandbox, n).run().painted(), "");
            survivors.fetch_add(1, Ordering::Relaxed);
            assert!(start.elapsed() < Duration::from_secs(20), "the lock is held: {:?}", start.elapsed());
        }
    };
    thread::scope(|scope| {
        let watch = scope.spawn(|| watch(&sandbox, &done));
        let over = Done(&done);
        let killers: Vec<_> = (0..8)
            .map(|_| {
                scope.spawn(|| {
                    while let n @ ..KILLS = next.fetch_add(1, Ordering::Relaxed) {
                        run(n);
                    }
                })
            })
            .collect();
        killers.into_iter().for_each(|killer| killer.join().unwrap());
        drop(over);
        let (decreases, looks) = watch.join().unwrap();
        assert!(decreases == 0 && looks > 100, "{decreases} decreases in {looks} looks");
    });
    event(&sandbox, 0).run().painted();
    let survivors = survivors.into_inner() + 1;
    let started = 10 + KILLS + KILLS / 50 + 1;
    let counted = sandbox.json(BRIDGE)["tool_count"].as_u64().unwrap() as usize;
    let left = sandbox.files(".").iter().filter(|name| name.ends_with(".tmp")).count();
    tell(&format!(
        "{started} started, {survivors} ended by themselves, {counted} counted, {left} temporary files left"
    ));
    assert!((survivors..=started).contains(&counted), "{counted} of {survivors}");
    assert!(
        (KILLS / 5..KILLS).contains(&(started - survivors)),
        "{survivors} of {started}: kills miss the run"
    );
    check_swept(&sandbox);
}

/// What killed processes have left goes with a sweep, and nothing else.
#[cfg(unix)]
fn check_swept(sandbox: &Sandbox) {
    let (temporary, whole): (BTreeSet<String>, BTreeSet<String>) =
        sandbox.files(".").into_iter().partition(|name| name.ends_with(".tmp"));
    let since_1970 = std::time::UNIX_EPOCH.elapsed().unwrap();
    for name in &temporary {
        sandbox.set_modified(name, since_1970.as_secs() - 7200);
    }
    let end = r#"{"session_id":"s","hook_event_name":"SessionEnd"}"#;
    sandbox.call(&["hook"]).without("BRIDGELINE_NOW").stdin(end).run().painted();
    assert_eq!(sandbox.files("."), whole);
}
