//! Anything may be in the place of a hook's files, by accident or by malice: it is never waited for, followed or
//! replaced, and what the hook cannot write there is written elsewhere. Needs root to give files away.

use std::fs;
use std::os::unix::fs::{FileTypeExt, MetadataExt, symlink};
use std::os::unix::net::UnixListener;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use serde_json::json;

use crate::scene::{BRIDGE, FOREIGN, SHADOW, bridge, clock, event, run};
use crate::support::Sandbox;

/// Content that would count if it were read as the session's.
const PRECIOUS: &str = r#"{"session_id":"s","tool_count":666,"estimated_cost_usd":666}"#;

type Plant = fn(&Path, &Sandbox);

/// Things that are not regular files of ours, or lead elsewhere.
const THINGS: &[(&str, Plant)] = &[
    ("folder", |path, _| fs::create_dir(path).unwrap()),
    ("FIFO", |path, _| assert!(Command::new("mkfifo").arg(path).status().unwrap().success())),
    ("socket", |path, _| drop(UnixListener::bind(path).unwrap())),
    ("link to a file of the user", |path, sandbox| symlink(sandbox.path("victim"), path).unwrap()),
    ("link to nothing", |path, sandbox| symlink(sandbox.path("nothing"), path).unwrap()),
    ("link to /dev/zero", |path, _| symlink("/dev/zero", path).unwrap()),
    ("loop of links", |path, _| symlink(path, path).unwrap()),
    ("file of another user", |path, _| {
        fs::write(path, PRECIOUS).unwrap();
        let given = Command::new("chown").arg("1").arg(path).output().unwrap();
        assert!(given.status.success(), "root is needed: {given:?}");
    }),
];

/// The files that a hook reads or writes.
const PLACES: &[&str] = &[
    BRIDGE,
    "tmp/ecc-metrics-s.json.lock",
    "state/locks/ecc-metrics-s.json.lock",
    "state/locks",
    "state/spool",
    "tmp/ecc-ctx-warn-s.json",
    "state/locks/ecc-ctx-warn-s.json.lock",
    SHADOW,
    "state/shadow",
    "state/sessions/s.json",
    "config/metrics/costs.jsonl",
];

#[test]
fn things_that_are_not_our_files_are_never_waited_for_followed_or_replaced() {
    for place in PLACES {
        for (thing, plant) in THINGS {
            let what = format!("{thing} at {place}");
            let sandbox = Sandbox::new();
            sandbox.file("victim", PRECIOUS);
            // Enough files for a message, so that the record of messages is written.
            sandbox.file(BRIDGE, bridge(21));
            sandbox.file(SHADOW, bridge(21));
            let path = sandbox.path(place);
            match fs::symlink_metadata(&path) {
                Ok(metadata) if metadata.is_dir() => fs::remove_dir_all(&path).unwrap(),
                Ok(_) => fs::remove_file(&path).unwrap(),
                Err(_) => fs::create_dir_all(path.parent().unwrap()).unwrap(),
            }
            plant(&path, &sandbox);
            let before = state_of(&path);
            let start = Instant::now();
            for n in 1..=2 {
                run(&sandbox, &[], &["hook"], &event(n)).assert_quiet(&what);
            }
            assert!(start.elapsed() < Duration::from_secs(5), "{:?} with {what}", start.elapsed());
            if !["state/shadow", "state/locks", "state/spool"].contains(place) || *thing != "folder" {
                assert_eq!(state_of(&path), before, "{what}");
            }
            assert_eq!(sandbox.read("victim"), PRECIOUS, "{what}");
            assert!(!sandbox.path("nothing").exists(), "{what}");
            assert_eq!(sandbox.unfinished(), [].into(), "{what}");

            match fs::symlink_metadata(&path).unwrap().is_dir() {
                true => fs::remove_dir_all(&path).unwrap(),
                false => fs::remove_file(&path).unwrap(),
            }
            run(&sandbox, &[], &["hook"], &event(3)).assert_quiet(&what);
            let bridge = sandbox.json(BRIDGE);
            let counts = (&bridge["tool_count"], &bridge["files_modified_count"]);
            assert_eq!(counts, (&json!(24), &json!(24)), "{what}");
            assert!(sandbox.read(BRIDGE).contains(FOREIGN), "{what}");
        }
    }
}

/// Everything that a write, a rename or following a link would change.
fn state_of(path: &Path) -> String {
    let metadata = fs::symlink_metadata(path).unwrap();
    let kind = metadata.file_type();
    let target = fs::read_link(path).ok();
    let content = kind.is_file().then(|| fs::read(path).unwrap());
    let changed = (metadata.ino(), metadata.mtime(), metadata.mtime_nsec(), metadata.mode(), metadata.uid());
    format!("{changed:?} {} {} {target:?} {content:?}", kind.is_fifo(), kind.is_socket())
}

#[test]
fn a_bridge_that_makes_no_sense_is_begun_anew_from_what_we_know() {
    let half = bridge(9);
    let half = &half.as_bytes()[..half.len() / 2];
    for (content, garbage) in [
        ("5 MiB", [b"{\"x\":\"".as_slice(), &vec![b'x'; 5 << 20], b"\"}"].concat()),
        ("half", half.to_vec()),
        ("nothing", Vec::new()),
        ("NULs", vec![0; 300]),
        ("no UTF-8", vec![0xff; 300]),
        ("a list", b"[1]".to_vec()),
        ("two objects", b"{}{}".to_vec()),
    ] {
        let sandbox = Sandbox::new();
        sandbox.file(BRIDGE, garbage);
        sandbox.file(SHADOW, bridge(9));
        run(&sandbox, &[], &["hook"], &event(1)).assert_quiet(content);
        assert_eq!(sandbox.json(BRIDGE)["tool_count"], 10, "{content}");
        assert!(sandbox.read(BRIDGE).contains(FOREIGN), "{content}");
    }
}

#[test]
fn a_shadow_that_makes_no_sense_costs_nothing_that_is_in_the_bridge() {
    let deep = format!("{{\"x\":{}{}}}", "[".repeat(10_000), "]".repeat(10_000));
    for garbage in ["", "{\"tool_count\":", "[]", "null", &deep, &" ".repeat(5 << 20)] {
        let sandbox = Sandbox::new();
        sandbox.file(BRIDGE, bridge(9));
        sandbox.file(SHADOW, garbage);
        run(&sandbox, &[], &["hook"], &event(1)).assert_quiet("a run");
        for file in [BRIDGE, SHADOW] {
            assert_eq!(sandbox.json(file)["tool_count"], 10);
        }
    }
}

#[test]
fn a_bridge_nested_ten_thousand_deep_is_kept_as_it_is() {
    let deep = format!("\"deep\":{}{}", "[{\"x\":".repeat(5000) + "1", "}]".repeat(5000));
    let sandbox = Sandbox::new();
    sandbox.file(BRIDGE, format!("{{{deep},\"tool_count\":9}}"));
    run(&sandbox, &[], &["hook"], &event(1)).assert_quiet("a deep bridge");
    assert!(sandbox.read(BRIDGE).starts_with(&format!("{{{deep},\"tool_count\":10,")));
    let payload = json!({"session_id": "s", "model": "M"}).to_string();
    let line = run(&sandbox, &[], &["--color", "never", "--preset", "full"], &payload);
    line.assert_quiet("a deep bridge");
    assert!(line.stdout.contains("10 tools"), "{}", line.stdout);
}

#[test]
fn a_sweep_follows_no_links() {
    let sandbox = Sandbox::new();
    sandbox.file("victims/ecc-metrics-old.json", PRECIOUS);
    sandbox.set_modified("victims/ecc-metrics-old.json", clock() - 99 * 24 * 3600);
    symlink(sandbox.path("victims/ecc-metrics-old.json"), sandbox.path("tmp/ecc-metrics-old.json")).unwrap();
    let end = r#"{"session_id":"s","hook_event_name":"SessionEnd"}"#;
    run(&sandbox, &[], &["hook"], end).assert_quiet("a sweep");
    assert_eq!(sandbox.read("victims/ecc-metrics-old.json"), PRECIOUS);
    assert!(sandbox.path("tmp/ecc-metrics-old.json").is_symlink());
}
