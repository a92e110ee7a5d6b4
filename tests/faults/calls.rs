//! As in SQLite's tests, the k-th system call of each kind fails, once or from then on, for k = 1, 2, 3… until no call
//! is left to fail; likewise, the process is killed at it.

use std::collections::BTreeMap;
use std::fs;

use serde_json::{Value, json};

use crate::scene::{BRIDGE, FOREIGN, Files, SHADOW, bridge, clock, event, furnish, leave, run};
use crate::support::{Printed, Sandbox};

const ERRORS: [&str; 8] = ["EACCES", "EPERM", "EBUSY", "ENOSPC", "EROFS", "EIO", "EINTR", "EMFILE"];

/// Calls that cannot fail, or are about memory and signals, for which we are not responsible.
const NOT_OURS: [&str; 12] = [
    "brk", "exit_group", "geteuid", "getpid", "mmap", "mprotect", "mremap", "munmap", "rt_sigaction", "rt_sigprocmask",
    "sigaltstack", "clock_gettime",
];

/// A run, and the files that it finds.
struct Case {
    args: &'static [&'static str],
    /// Prepares the files, and returns the standard input.
    arrange: fn(&Sandbox) -> String,
    /// Number of tool calls that the run adds.
    adds: u64,
    /// Further checks, with the output of the next event.
    check: fn(&Hit, &str),
}

/// The outcome of a run in which calls failed.
struct Hit<'a> {
    sandbox: &'a Sandbox,
    bridge_before: Option<String>,
    ran: Printed,
    /// Calls that were made to fail, as strace writes them.
    failed: Vec<String>,
    /// Only one call failed, and the program ended by itself.
    once: bool,
    what: String,
}

impl Hit<'_> {
    /// One of the calls was this, up to a comma or parenthesis.
    fn failed(&self, begin: &str) -> bool {
        self.failed.iter().any(|call| call.starts_with(begin))
    }

    /// The event could be read at all.
    fn heard(&self) -> bool {
        !["read(0", "poll(", "ppoll("].iter().any(|input| self.failed(input))
    }
}

const HOOK: &[&str] = &["hook"];
const RENDER: &[&str] = &["--color", "never"];

/// A session that has been running for a while.
const GOING_ON: Case = Case {
    args: HOOK,
    arrange: |sandbox| {
        furnish(sandbox);
        sandbox.file(BRIDGE, bridge(4));
        sandbox.file(SHADOW, bridge(4));
        event(1)
    },
    adds: 1,
    check: assert_silent,
};

/// One whose bridge was rolled back by a writer without the lock.
const PUT_BACK: Case = Case {
    arrange: |sandbox| {
        furnish(sandbox);
        sandbox.file(BRIDGE, bridge(4));
        sandbox.file(SHADOW, bridge(9));
        event(1)
    },
    ..GOING_ON
};

/// One whose bridge somebody has removed.
const REMOVED: Case = Case {
    arrange: |sandbox| {
        furnish(sandbox);
        sandbox.file(SHADOW, bridge(9));
        event(1)
    },
    ..GOING_ON
};

/// One with spooled events.
const LEFT: Case = Case {
    arrange: |sandbox| {
        (GOING_ON.arrange)(sandbox);
        for n in 5..=6 {
            leave(sandbox, n);
        }
        event(1)
    },
    adds: 3,
    ..GOING_ON
};

/// One that has just started, without files and folders.
const NEW: Case = Case { arrange: |_| event(1), ..GOING_ON };

/// One with a message for the agent.
const NEWS: Case = Case {
    arrange: |sandbox| {
        furnish(sandbox);
        sandbox.file(BRIDGE, bridge(21));
        sandbox.file(SHADOW, bridge(21));
        sandbox.file("tmp/ecc-ctx-warn-s.json", r#"{"callsSinceWarn":3}"#);
        event(1)
    },
    check: |hit, next| {
        let told = [&hit.ran.stdout, next].map(|printed| match serde_json::from_str::<Value>(printed) {
            Ok(output) => usize::from(output["hookSpecificOutput"]["additionalContext"].is_string()),
            Err(_) => {
                assert_eq!(printed, "", "after {}", hit.what);
                0
            }
        });
        let times = told.iter().sum::<usize>();
        // A message recorded as sent is not sent again, even if its reader was gone.
        let least = usize::from(hit.once && !hit.failed("write(1,"));
        assert!((least..=1).contains(&times), "told {times} times with {}", hit.what);
    },
    ..GOING_ON
};

/// The last event of one, in a folder with things to sweep.
const END: Case = Case {
    arrange: |sandbox| {
        (GOING_ON.arrange)(sandbox);
        for name in ["tmp/ecc-metrics-old.json", "state/shadow/old.json", "tmp/old.json"] {
            sandbox.file(name, r#"{"tool_count":1}"#);
            sandbox.set_modified(name, clock() - 30 * 24 * 3600);
        }
        json!({"session_id": "s", "hook_event_name": "SessionEnd"}).to_string()
    },
    adds: 0,
    ..GOING_ON
};

/// A render with new numbers, next to a bridge of the Node hooks.
const LINE: Case = Case {
    args: RENDER,
    arrange: |sandbox| {
        furnish(sandbox);
        sandbox.file(BRIDGE, format!(r#"{{{FOREIGN},"tool_count":4,"context_remaining_pct":80}}"#));
        sandbox.file("tmp/harness-cost-s.json", r#"{"ts":1,"cost_usd":2}"#);
        payload(sandbox)
    },
    adds: 0,
    check: |hit, _| {
        let unheard = !hit.heard();
        if hit.ran.signal.is_none() && !hit.failed("write(1,") && !hit.failed("writev(1,") {
            let line = hit.ran.stdout.strip_suffix('\n').unwrap_or_default();
            let expected = if unheard { "" } else { " │ $2.50 │ " };
            assert!(!line.is_empty() && line.contains(expected), "{line:?} after {}", hit.what);
        }
        let old = hit.bridge_before.as_ref().unwrap();
        let new = old.replace(":80}", ":57.5}");
        let now = hit.sandbox.read(BRIDGE);
        assert!(now == *old || now == new, "{now} after {}", hit.what);
        run(hit.sandbox, &[], RENDER, &payload(hit.sandbox)).assert_quiet(&hit.what);
        assert_eq!(hit.sandbox.read(BRIDGE), new, "after {}", hit.what);
    },
};

/// The payload of a render that has something new to write to every file.
fn payload(sandbox: &Sandbox) -> String {
    json!({"session_id": "s", "model": "M", "cwd": sandbox.path("work"), "cost": {"total_cost_usd": 2.5},
        "context_window": {"remaining_percentage": 57.5}})
    .to_string()
}

fn assert_silent(hit: &Hit, next: &str) {
    assert_eq!((hit.ran.stdout.as_str(), next), ("", ""), "after {}", hit.what);
}

impl Case {
    /// Calls of an undisturbed run: each kind that can fail, and how many of it come before stdin is read. Those belong
    /// to the loader and to std.
    fn kinds(&self) -> Vec<(String, usize)> {
        let sandbox = Sandbox::new();
        let input = (self.arrange)(&sandbox);
        let log = sandbox.text("log");
        run(&sandbox, &["strace", "-f", "-o", &log], self.args, &input).assert_quiet("nothing");
        let log = sandbox.read("log");
        let calls: Vec<&str> = log.lines().filter_map(call_of).collect();
        let start = calls.iter().position(|call| call.contains("fd=0, events=POLLIN}")).unwrap();
        let mut kinds = BTreeMap::new();
        for call in &calls[start..] {
            let name = call.split('(').next().unwrap();
            if !NOT_OURS.contains(&name) {
                let loading = calls[..start].iter().filter(|call| call.split('(').next() == Some(name));
                kinds.insert(name.to_owned(), loading.count());
            }
        }
        assert!(kinds.len() > 8, "{kinds:?}");
        kinds.into_iter().collect()
    }

    /// A run in which calls are tampered with. `None` if it ended before any was.
    fn hit<'a>(&self, sandbox: &'a Sandbox, kind: &str, tamper: &str) -> Option<(Hit<'a>, Files)> {
        let input = (self.arrange)(sandbox);
        let before = Files::of(sandbox);
        let bridge_before = fs::read_to_string(sandbox.path(BRIDGE)).ok();
        // Outside of the sandbox, whose files are compared.
        let log = format!("{}.log", sandbox.text("").trim_end_matches('/'));
        let (trace, inject) = (format!("trace={kind}"), format!("inject={kind}:{tamper}"));
        let tool = ["strace", "-f", "-qq", "-o", &log, "-e", &trace, "-e", &inject];
        let ran = run(sandbox, &tool, self.args, &input);
        let calls = fs::read_to_string(&log).unwrap();
        fs::remove_file(&log).unwrap();
        let failed = calls.lines().filter(|line| line.ends_with("(INJECTED)")).filter_map(call_of);
        let failed: Vec<String> = failed.map(str::to_owned).collect();
        let what = format!("{kind}:{tamper}, at\n{calls}");
        if failed.is_empty() && ran.signal.is_none() {
            ran.assert_quiet(&what);
            return None;
        }
        let once = failed.len() == 1 && ran.signal.is_none();
        Some((Hit { sandbox, bridge_before, ran, failed, once, what }, before))
    }

    /// Checks a run in which calls failed, and one more event in which none does.
    fn check(&self, hit: &Hit, before: &Files) {
        let killed = hit.ran.signal.is_some();
        if killed {
            assert_eq!(hit.ran.stderr, "", "{}", hit.what);
        } else {
            hit.ran.assert_quiet(&hit.what);
        }
        let unremovable = hit.failed("unlink");
        let temporary = if killed || unremovable { hit.failed.len().max(1) } else { 0 };
        let after = Files::of(hit.sandbox);
        after.assert_sound_since(before, temporary, &hit.what);
        let mut printed = String::new();
        if self.args == HOOK {
            let next = run(hit.sandbox, &[], HOOK, &event(2));
            next.assert_quiet(&hit.what);
            let then = Files::of(hit.sandbox);
            then.assert_sound_since(before, temporary, &hit.what);
            let added = then.counted() - before.counted();
            let most = self.adds + 1;
            // A single failure never matters, unless the event could not be read.
            let least = if hit.once && hit.heard() { most } else { 1 };
            assert!((least..=most).contains(&added), "{added} of {most} counted after {}", hit.what);
            printed = next.stdout;
        }
        (self.check)(hit, &printed);
    }

    /// Each call of each kind fails with each error, once and from then on.
    fn fail_each_call(&self) {
        let mut hits = 0;
        for (kind, loading) in self.kinds() {
            for error in ERRORS {
                // An interrupted call is repeated, also by std, so one that is interrupted each time would never end.
                let more = if error == "EINTR" { "..9" } else { "+" };
                for more in ["", more] {
                    for number in 1.. {
                        let first = loading + number;
                        let last = match more {
                            "..9" => format!("..{}", first + 9),
                            more => more.to_owned(),
                        };
                        let sandbox = Sandbox::new();
                        let tamper = format!("error={error}:when={first}{last}");
                        let Some((hit, before)) = self.hit(&sandbox, &kind, &tamper) else { break };
                        self.check(&hit, &before);
                        hits += 1;
                    }
                }
            }
        }
        assert!(hits > 300, "{hits}");
    }

    /// The process is killed at each call of each kind.
    fn kill_at_each_call(&self) {
        let mut kills = 0;
        for (kind, loading) in self.kinds() {
            for number in 1.. {
                let sandbox = Sandbox::new();
                let tamper = format!("signal=SIGKILL:when={}", loading + number);
                let Some((hit, before)) = self.hit(&sandbox, &kind, &tamper) else { break };
                assert_eq!(hit.ran.signal, Some(9), "{}", hit.what);
                self.check(&hit, &before);
                kills += 1;
            }
        }
        assert!(kills > 20, "{kills}");
    }
}

/// A line of a trace without its process. `None` for a line that is not a call.
fn call_of(line: &str) -> Option<&str> {
    let (_, call) = line.split_once(' ')?;
    Some(call.trim_start()).filter(|call| !call.starts_with(['+', '-', '<']))
}

macro_rules! cases {
    ($($fails:ident $killed:ident $case:expr;)*) => {$(
        #[test]
        fn $fails() {
            $case.fail_each_call();
        }

        #[test]
        fn $killed() {
            $case.kill_at_each_call();
        }
    )*};
}

cases! {
    any_call_of_a_hook_may_fail a_hook_may_be_killed_at_any_call GOING_ON;
    any_call_of_a_hook_may_fail_after_a_writer_without_lock
        a_hook_may_be_killed_at_any_call_after_a_writer_without_lock PUT_BACK;
    any_call_of_a_hook_may_fail_without_a_bridge a_hook_may_be_killed_at_any_call_without_a_bridge REMOVED;
    any_call_of_a_hook_may_fail_after_others a_hook_may_be_killed_at_any_call_after_others LEFT;
    any_call_of_a_first_hook_may_fail a_first_hook_may_be_killed_at_any_call NEW;
    any_call_of_a_hook_with_news_may_fail a_hook_with_news_may_be_killed_at_any_call NEWS;
    any_call_of_a_last_hook_may_fail a_last_hook_may_be_killed_at_any_call END;
    any_call_of_a_render_may_fail a_render_may_be_killed_at_any_call LINE;
}
