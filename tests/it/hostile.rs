//! Anything may be in the place of a file, by accident or by malice: the line is printed all the same, nothing hangs,
//! and files that are not ours stay as they are.

use std::fs;
use std::os::unix::fs::{FileTypeExt, MetadataExt, symlink};
use std::os::unix::net::UnixListener;
use std::path::Path;
use std::process::Command;

use serde_json::json;

use crate::support::Sandbox;

/// Content that would show on the line if it were read as a bridge or a task.
const PRECIOUS: &str = r#"{"tool_count":666,"subject":"Stolen","status":"in_progress"}"#;

type Plant = fn(&Path, &Sandbox);

/// Things that are not regular files, or lead elsewhere.
const THINGS: &[(&str, Plant)] = &[
    ("fifo", |path, _| assert!(Command::new("mkfifo").arg(path).status().unwrap().success())),
    ("folder", |path, _| fs::create_dir(path).unwrap()),
    ("socket", |path, _| drop(UnixListener::bind(path).unwrap())),
    ("link to a file", |path, sandbox| symlink(sandbox.path("victim"), path).unwrap()),
    ("link to nothing", |path, sandbox| symlink(sandbox.path("nothing"), path).unwrap()),
    ("link to /dev/zero", |path, _| symlink("/dev/zero", path).unwrap()),
    ("loop of links", |path, _| symlink(path, path).unwrap()),
];

/// Regular files whose content makes no sense.
const CONTENTS: &[(&str, Plant)] = &[
    ("2 MiB", |path, _| fs::write(path, vec![b' '; 2 << 20]).unwrap()),
    ("empty", |path, _| fs::write(path, "").unwrap()),
    ("null", |path, _| fs::write(path, "null").unwrap()),
    ("[]", |path, _| fs::write(path, "[]").unwrap()),
    ("half", |path, _| fs::write(path, "{\"a\":[1,{\"b\"").unwrap()),
    ("NULs", |path, _| fs::write(path, [0; 300]).unwrap()),
    ("no UTF-8", |path, _| fs::write(path, [0xff; 300]).unwrap()),
];

/// Files that the line is made from, and `true` for those that a render writes: garbage in these is replaced by a
/// complete file.
const PLACES: &[(&str, bool)] = &[
    ("tmp/ecc-metrics-s.json", false),
    ("tmp/ecc-metrics-s.json.lock", false),
    ("state/locks/ecc-metrics-s.json.lock", false),
    ("state/locks", false),
    ("tmp/harness-cost-s.json", true),
    ("state/sessions/s.json", true),
    ("config/todos/s-agent-s.json", false),
    ("config/tasks/s/1.json", false),
    ("config/tasks/s", false),
    ("home/.config/bridgeline/themes/x.toml", false),
    ("work/.git", false),
    ("work/.git/HEAD", false),
];

#[test]
fn things_that_are_not_files_are_never_waited_for_followed_or_replaced() {
    for (place, _) in PLACES {
        for (thing, plant) in THINGS {
            let (sandbox, before) = rendered_with(place, *plant);
            assert_eq!(state_of(&sandbox.path(place)), before, "{thing} at {place}");
            assert_eq!(sandbox.read("victim"), PRECIOUS, "{thing} at {place}");
            assert!(!sandbox.path("nothing").exists(), "{thing} at {place}");
        }
    }
}

#[test]
fn garbage_is_left_alone_unless_it_is_ours_to_replace() {
    for (place, ours) in PLACES.iter().filter(|(place, _)| !matches!(*place, "config/tasks/s" | "work/.git")) {
        for (content, plant) in CONTENTS {
            let (sandbox, before) = rendered_with(place, *plant);
            match ours {
                true => assert!(sandbox.json(place).is_object(), "{content} at {place}"),
                false => assert_eq!(state_of(&sandbox.path(place)), before, "{content} at {place}"),
            }
        }
    }
}

/// A sandbox after two renders with the thing in this place, and the thing's state before them.
#[track_caller]
fn rendered_with(place: &str, plant: Plant) -> (Sandbox, String) {
    let sandbox = Sandbox::new();
    sandbox.file("victim", PRECIOUS);
    if place.ends_with(".lock") {
        sandbox.file("tmp/ecc-metrics-s.json", r#"{"context_remaining_pct":50}"#);
    }
    let path = sandbox.path(place);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    plant(&path, &sandbox);
    let before = state_of(&path);
    let payload = json!({"session_id": "s", "model": "M", "cost": {"total_cost_usd": 1},
        "context_window": {"remaining_percentage": 60}, "cwd": sandbox.text("work")});
    for _ in 0..2 {
        let line = sandbox.render(&payload).args(&["--theme", "x"]).run().line();
        // A theme that cannot be read has no track.
        let line = line.replace('─', " ");
        assert_eq!(line, "M │ work │ $1.00 │ ctx ████       40%", "{place}");
    }
    assert_eq!(sandbox.unfinished(), [].into(), "{place}");
    (sandbox, before)
}

/// Everything that a write, a rename or following a link would change.
fn state_of(path: &Path) -> String {
    let metadata = fs::symlink_metadata(path).unwrap();
    let kind = metadata.file_type();
    let target = fs::read_link(path).ok();
    let content = kind.is_file().then(|| fs::read(path).unwrap());
    let changed = (metadata.ino(), metadata.mtime(), metadata.mtime_nsec(), metadata.mode());
    format!("{changed:?} {} {} {target:?} {content:?}", kind.is_fifo(), kind.is_socket())
}
