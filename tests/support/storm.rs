//! Many concurrent runs, next to writers without the lock, and killed at any moment. The same conditions hold for a
//! few, with every `cargo test`, and for thousands, in `tests/storms`.

use std::collections::BTreeSet;
use std::fs;
use std::io::ErrorKind;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use serde_json::{Value, json};

use super::{Call, LIMIT, Sandbox, is_unfinished, poll};

const BRIDGE: &str = "tmp/ecc-metrics-s.json";

/// Number of distinct files among all events: as many as a bridge keeps.
const FILES: usize = 200;

/// The nth tool call of the session `s`.
fn event(sandbox: &Sandbox, n: usize) -> Call {
    let event = json!({"session_id": "s", "hook_event_name": "PostToolUse", "tool_name": "Write",
        "tool_input": {"file_path": format!("/f{}", n % FILES)}});
    sandbox.call(&["hook"]).env("BRIDGELINE_MONITOR", "off").stdin(event.to_string())
}

/// Runs `run` for each number below `end`, in this many threads.
pub fn at_once(threads: usize, end: usize, run: impl Fn(usize) + Sync) {
    let next = AtomicUsize::new(0);
    thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                while let n = next.fetch_add(1, Ordering::Relaxed)
                    && n < end
                {
                    run(n);
                }
            });
        }
    });
}

/// Sets the flag at the end, even after a panic.
struct Done<'a>(&'a AtomicBool);

impl Drop for Done<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// Sends this many events, at most `processes` at a time, and then sets `done`.
fn send(sandbox: &Sandbox, processes: usize, events: usize, done: &AtomicBool) {
    let _done = Done(done);
    at_once(processes, events, |n| assert_eq!(event(sandbox, n).run().painted(), ""));
}

/// The bridge has this many calls and every file, and no temporary file is left.
#[track_caller]
fn check_complete(sandbox: &Sandbox, calls: usize) {
    let bridge = sandbox.json(BRIDGE);
    assert_eq!(bridge["tool_count"], calls);
    let files: BTreeSet<String> = serde_json::from_value(bridge["files_modified"].clone()).unwrap();
    let expected: BTreeSet<String> = (0..FILES.min(calls - 1)).map(|n| format!("/f{n}")).collect();
    assert_eq!(bridge["files_modified_count"], expected.len());
    assert_eq!(files, expected);
    let expected = [BRIDGE, "state/locks/ecc-metrics-s.json.lock", "state/shadow/s.json"];
    assert_eq!(sandbox.files("."), expected.map(|name| format!("./{name}")).into());
}

/// Reads the bridge until `done`; it is always complete. Returns how often `tool_count` was less than before, and the
/// number of reads.
fn watch(sandbox: &Sandbox, done: &AtomicBool) -> (usize, usize) {
    let (mut decreases, mut looks, mut last) = (0, 0, 0);
    while !done.load(Ordering::Relaxed) || looks == 0 {
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

/// No concurrent event is lost.
pub fn many_at_once(processes: usize, events: usize) {
    let sandbox = Sandbox::new();
    let done = AtomicBool::new(false);
    thread::scope(|scope| {
        let watch = scope.spawn(|| watch(&sandbox, &done));
        send(&sandbox, processes, events, &done);
        let (decreases, looks) = watch.join().unwrap();
        assert_eq!(decreases, 0, "in {looks} looks");
    });
    // A spooled event is merged by the next hook.
    event(&sandbox, 0).run().painted();
    check_complete(&sandbox, events + 1);
}

/// A statusline that writes like the Node one: reads the bridge, changes the context, and replaces the file through a
/// temporary name of its own, without a lock. Returns the number of its writes, and of those that were gone at its next
/// read.
fn write_without_lock(sandbox: &Sandbox, writer: usize, done: &AtomicBool) -> (usize, usize) {
    let path = sandbox.path(BRIDGE);
    let (mut writes, mut lost) = (0, 0);
    while !done.load(Ordering::Relaxed) || writes == 0 {
        thread::sleep(Duration::from_micros(1000 + 500 * writer as u64));
        let Ok(bytes) = fs::read(&path) else { continue };
        let mut bridge: Value = serde_json::from_slice(&bytes).unwrap();
        let mark = |n: usize| json!(n as f64 + 0.25 * writer as f64);
        lost += usize::from(writes > 0 && bridge["context_remaining_pct"] != mark(writes));
        writes += 1;
        bridge["context_remaining_pct"] = mark(writes);
        let temp = sandbox.path(&format!("{BRIDGE}.{}.{writer:08x}.tmp", std::process::id()));
        fs::write(&temp, bridge.to_string()).unwrap();
        // Windows refuses while another process has the file open.
        while let Err(err) = fs::rename(&temp, &path) {
            if cfg!(unix) {
                panic!("{err}");
            }
            thread::sleep(Duration::from_millis(1));
        }
    }
    (writes, lost)
}

/// Writers without the lock never remove our updates. Prints the measurements.
pub fn beside_writers_without_lock(writers: usize, processes: usize, events: usize) -> String {
    let sandbox = Sandbox::new();
    let done = AtomicBool::new(false);
    let told = thread::scope(|scope| {
        let (sandbox, done) = (&sandbox, &done);
        let unlocked = (0..writers).map(|n| scope.spawn(move || write_without_lock(sandbox, n, done)));
        let unlocked: Vec<_> = unlocked.collect();
        let watch = scope.spawn(|| watch(sandbox, done));
        send(sandbox, processes, events, done);
        let (rolled_back, looks) = watch.join().unwrap();
        let told = unlocked.into_iter().map(|writer| writer.join().unwrap());
        let (writes, lost) = told.fold((0, 0), |sum, told| (sum.0 + told.0, sum.1 + told.1));
        format!(
            "{writers} without lock beside {processes} hooks: {lost} of their {writes} writes lost; they put our \
             count back in {rolled_back} of {looks} looks"
        )
    });
    event(&sandbox, 0).run().painted();
    check_complete(&sandbox, events + 1);
    told
}

/// Kills runs at moments spread evenly over the duration of a run, however fast the machine is.
#[cfg(unix)]
pub struct Killer {
    kills: usize,
    /// Longest time before a kill, in microseconds: about every second run is killed.
    longest: AtomicU64,
    killed: AtomicUsize,
}

#[cfg(unix)]
impl Killer {
    /// Number of runs.
    pub fn new(kills: usize) -> Self {
        Killer { kills, longest: AtomicU64::new(10_000), killed: AtomicUsize::new(0) }
    }

    /// Starts the nth run, and kills it unless it is done.
    pub fn hit(&self, n: usize, mut call: Call) {
        use std::os::unix::process::ExitStatusExt;
        let mut child = call.spawn();
        // In an irregular order, so that others can't fall in step with it.
        let longest = self.longest.load(Ordering::Relaxed);
        let part = (n * 619 % self.kills) as u64;
        thread::sleep(Duration::from_micros(longest * part / self.kills as u64));
        child.kill().unwrap();
        let status = child.wait().unwrap();
        let is_killed = status.signal() == Some(9);
        assert!(is_killed || status.success(), "{status}");
        self.killed.fetch_add(usize::from(is_killed), Ordering::Relaxed);
        // From its present value, which other threads may have changed: else it would stay too short on a busy machine.
        let next = |longest| Some(if is_killed { longest + longest / 10 } else { longest - longest / 10 });
        self.longest.fetch_update(Ordering::Relaxed, Ordering::Relaxed, next).unwrap();
    }

    /// Number of killed runs: some, but not all.
    #[track_caller]
    pub fn killed(&self) -> usize {
        let killed = self.killed.load(Ordering::Relaxed);
        assert!((self.kills / 10..self.kills).contains(&killed), "{killed} of {} are hit", self.kills);
        killed
    }
}

/// A kill at any moment loses at most the event of the killed hook. Prints the measurements.
#[cfg(unix)]
pub fn hooks_killed(kills: usize) -> String {
    let sandbox = Sandbox::new();
    (0..10).for_each(|n| _ = event(&sandbox, n).run().painted());
    let (killer, done) = (Killer::new(kills), AtomicBool::new(false));
    let decreases = thread::scope(|scope| {
        let watch = scope.spawn(|| watch(&sandbox, &done));
        let over = Done(&done);
        at_once(8, kills, |n| {
            killer.hit(n, event(&sandbox, n));
            // No lock outlives its holder: an undisturbed run ends.
            if n.is_multiple_of(50) {
                assert_eq!(event(&sandbox, n).run().painted(), "");
            }
        });
        drop(over);
        watch.join().unwrap().0
    });
    assert_eq!(decreases, 0);
    event(&sandbox, 0).run().painted();
    let started = 10 + kills + kills.div_ceil(50) + 1;
    let survivors = started - killer.killed();
    let counted = sandbox.json(BRIDGE)["tool_count"].as_u64().unwrap() as usize;
    let left = sandbox.unfinished().len();
    assert!((survivors..=started).contains(&counted), "{counted} of {survivors}");
    check_swept(&sandbox);
    format!("{started} started, {survivors} ended by themselves, {counted} counted, {left} temporary files left")
}

/// A sweep removes files left by killed processes, and nothing else.
#[cfg(unix)]
fn check_swept(sandbox: &Sandbox) {
    let unfinished = sandbox.unfinished();
    let whole: BTreeSet<String> = sandbox.files(".").difference(&unfinished).cloned().collect();
    let since_1970 = std::time::UNIX_EPOCH.elapsed().unwrap();
    for name in &unfinished {
        sandbox.set_modified(name, since_1970.as_secs() - 7200);
    }
    let end = r#"{"session_id":"s","hook_event_name":"SessionEnd"}"#;
    sandbox.call(&["hook"]).without("BRIDGELINE_NOW").stdin(end).run().painted();
    assert_eq!(sandbox.files("."), whole);
}

/// The payload of a render in the nth round, different each time, so that every file is written.
fn round(n: usize) -> Value {
    json!({"session_id": "s", "model": "M", "cwd": "/x", "session_name": "x".repeat(n * 7 % 3000),
        "cost": {"total_cost_usd": n}, "context_window": {"remaining_percentage": n % 100}})
}

const CACHE: &str = "state/sessions/s.json";

/// Every file in the sandbox is complete, except those of unfinished writes.
#[track_caller]
fn check_whole(sandbox: &Sandbox) {
    for name in sandbox.files(".").into_iter().filter(|name| !name.ends_with(".lock")) {
        assert!(is_unfinished(&name, ".json") || sandbox.json(&name).is_object(), "{name}");
    }
}

/// Concurrent renders of one session don't disturb each other, and leave complete files.
pub fn renders_at_once(processes: usize, renders: usize) {
    let sandbox = Sandbox::new();
    sandbox.bridge("s", json!({"tool_count": 1}));
    at_once(processes, renders, |n| {
        sandbox.render(&round(n)).run().line();
        assert!(sandbox.json(CACHE).is_object());
    });
    check_whole(&sandbox);
    assert_eq!(sandbox.unfinished(), BTreeSet::new());
    assert_eq!(sandbox.json(BRIDGE)["tool_count"], 1);
}

/// A render killed at any moment leaves complete files.
#[cfg(unix)]
pub fn renders_killed(kills: usize) {
    let sandbox = Sandbox::new();
    sandbox.bridge("s", json!({"tool_count": 1}));
    let killer = Killer::new(kills);
    for n in 0..kills {
        killer.hit(n, sandbox.render(&round(n)));
        check_whole(&sandbox);
    }
    killer.killed();
    sandbox.render(&round(7)).run().line();
    assert_eq!(sandbox.json(CACHE)["payload"], round(7));
    assert_eq!(sandbox.json(BRIDGE)["tool_count"], 1);
}

/// A client that rewrites its settings all the time, atomically, next to this many runs of `install` and `uninstall`:
/// none of its edits is lost.
#[cfg(any(target_os = "linux", target_vendor = "apple"))]
pub fn installed_beside_a_client(rounds: usize) {
    let sandbox = Sandbox::new();
    let path = sandbox.file("config/settings.json", "{\n  \"theirs\": 0\n}\n");
    let read = || -> Value { serde_json::from_str(&fs::read_to_string(&path).unwrap()).unwrap() };
    let done = AtomicBool::new(false);
    thread::scope(|scope| {
        // Only it writes `theirs`, so it reads there what it wrote last.
        let client = scope.spawn(|| {
            let temp = sandbox.path("config/client.tmp");
            let mut last = 0;
            while !done.load(Ordering::Relaxed) {
                // Another edit may just be being put back.
                let found = poll(LIMIT, read, |settings| settings["theirs"] == last);
                let mut settings = found.unwrap_or_else(|found| panic!("edit {last} is lost: {found}"));
                last += 1;
                settings["theirs"] = json!(last);
                fs::write(&temp, settings.to_string()).unwrap();
                fs::rename(&temp, &path).unwrap();
                thread::sleep(Duration::from_millis(last % 20));
            }
            last
        });
        let over = Done(&done);
        for command in ["install", "uninstall"].into_iter().cycle().take(rounds) {
            let printed = sandbox.call(&[command, "--agent", "claude-code", "--yes"]).run();
            assert!(printed.code == Some(0) || printed.stderr.contains("all the time"), "{printed:?}");
        }
        drop(over);
        // It may write once more before it sees the flag.
        let last = client.join().unwrap();
        assert_eq!(read()["theirs"], last);
    });
    assert_eq!(sandbox.files("config").len(), 1);
}
