//! A full disk and a read-only one, in a mount namespace of their own, for which root or user namespaces are needed.

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::MetadataExt;

use serde_json::json;

use crate::scene::{FOREIGN, bridge, event, run};
use crate::support::{Printed, Sandbox};

/// Mounts a disk of 64 KiB over `disk` and copies the content of `seed` to it.
const MOUNT: &str = r#"
mount -t tmpfs -o size=64k bridgeline "$ROOT/disk"
cp -R "$ROOT/seed/." "$ROOT/disk"
"#;

/// Runs the program with its files on the broken disk, copies the disk, and runs the program again once the disk is
/// mended.
const RUNS: &str = r#"
for folder in $FOLDERS; do
    case $folder in
    tmp) export TMPDIR="$ROOT/disk/tmp" ;;
    state) export BRIDGELINE_STATE_DIR="$ROOT/disk/state" ;;
    esac
done
status=0
break_disk
"$0" "$@" <"$ROOT/first" || status=$?
cp -R "$ROOT/disk/." "$ROOT/broken"
mend_disk
"$0" "$@" <"$ROOT/second" || status=$?
cp -R "$ROOT/disk/." "$ROOT/mended"
exit $status
"#;

/// Every block is taken.
const FULL: &str = r#"
break_disk() { cat /dev/zero >"$ROOT/disk/filler" 2>/dev/null || true; }
mend_disk() { rm "$ROOT/disk/filler"; }
"#;

const READ_ONLY: &str = r#"
break_disk() { mount -o remount,ro "$ROOT/disk"; }
mend_disk() { mount -o remount,rw "$ROOT/disk"; }
"#;

/// A session that has been running for a while, on a disk that is about to break.
fn scene(bridge: &str) -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.file("seed/tmp/ecc-metrics-s.json", bridge);
    sandbox.file("seed/state/shadow/s.json", bridge);
    sandbox.file("state/shadow/s.json", bridge);
    for folder in ["disk", "broken", "mended"] {
        fs::create_dir(sandbox.path(folder)).unwrap();
    }
    sandbox
}

/// Runs the program twice, on the broken disk and on the mended one.
#[track_caller]
fn run_on(sandbox: &Sandbox, disk: &str, folders: &str, args: &[&str]) -> Printed {
    let root = fs::metadata(sandbox.path("home")).unwrap().uid() == 0;
    let script = format!("FOLDERS='{folders}'{MOUNT}{disk}{RUNS}");
    let as_root: &[&str] = if root { &[] } else { &["--map-root-user"] };
    let tool = [&["unshare", "--mount"], as_root, &["sh", "-euc", &script]].concat();
    let ran = run(sandbox, &tool, args, "");
    ran.assert_quiet("a mount (it needs root or user namespaces)");
    ran
}

/// Names on the broken disk: those of `seed`, and these.
#[track_caller]
fn assert_left(sandbox: &Sandbox, copy: &str, besides: &[&str]) {
    let below = |folder: &str| -> BTreeSet<String> {
        let names = sandbox.files(folder).into_iter();
        names.map(|name| name.split_once('/').unwrap().1.to_owned()).collect()
    };
    let mut expected = below("seed");
    expected.extend(besides.iter().map(|name| (*name).to_owned()));
    assert_eq!(below(copy), expected);
}

/// An empty file, which is left even on a full disk.
const LOCK: &str = "state/locks/ecc-metrics-s.json.lock";
const REGISTER_LOCK: &str = "state/register.json.lock";

#[test]
fn a_hook_on_a_broken_disk_is_silent_and_loses_only_what_it_cannot_write_anywhere() {
    let before = bridge(4);
    for (disk, filler) in [(FULL, &["filler"][..]), (READ_ONLY, &[])] {
        for (folders, counted, lock) in [("tmp", 6, &[][..]), ("tmp state", 5, &[LOCK])] {
            let sandbox = scene(&before);
            sandbox.file("first", event(1));
            sandbox.file("second", event(2));
            let ran = run_on(&sandbox, disk, folders, &["hook"]);
            assert_eq!(ran.stdout, "", "{folders}");
            assert_left(&sandbox, "broken", &if disk == FULL { [lock, filler].concat() } else { Vec::new() });
            for file in ["tmp/ecc-metrics-s.json", "state/shadow/s.json"] {
                assert_eq!(sandbox.read(&format!("broken/{file}")), before, "{folders}");
            }
            assert_left(&sandbox, "mended", lock);
            let bridge = sandbox.json("mended/tmp/ecc-metrics-s.json");
            assert_eq!((&bridge["tool_count"], &bridge["theirs"]["a"]), (&json!(counted), &json!(null)));
            assert!(sandbox.read("mended/tmp/ecc-metrics-s.json").contains(FOREIGN), "{folders}");
        }
    }
}

#[test]
fn a_render_on_a_broken_disk_prints_its_line_and_leaves_the_files_as_they_are() {
    let before = format!(r#"{{{FOREIGN},"tool_count":4,"context_remaining_pct":80}}"#);
    for (disk, filler) in [(FULL, &["filler"][..]), (READ_ONLY, &[])] {
        let state = ["state/sessions/s.json", "state/register.json"];
        let all: [(_, &[_], &[_]); 2] = [("tmp", &[], &[]), ("tmp state", &[LOCK, REGISTER_LOCK], &state)];
        for (folders, locks, cache) in all {
            let sandbox = scene(&before);
            let payload = json!({"session_id": "s", "model": "M", "cost": {"total_cost_usd": 2.5},
                "context_window": {"remaining_percentage": 57.5}});
            sandbox.file("first", payload.to_string());
            sandbox.file("second", payload.to_string());
            let ran = run_on(&sandbox, disk, folders, &["--color", "never"]);
            let lines: Vec<&str> = ran.stdout.lines().collect();
            assert!(lines.len() == 2 && lines.iter().all(|line| line.contains(" │ $2.50 │ ")), "{lines:?}");
            let left = if disk == FULL { [locks, filler].concat() } else { Vec::new() };
            assert_left(&sandbox, "broken", &left);
            assert_eq!(sandbox.read("broken/tmp/ecc-metrics-s.json"), before, "{folders}");
            assert_left(&sandbox, "mended", &[&["tmp/harness-cost-s.json"], locks, cache].concat());
            assert_eq!(sandbox.read("mended/tmp/ecc-metrics-s.json"), before.replace(":80}", ":57.5}"));
        }
    }
}
