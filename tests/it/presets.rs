//! Every preset, on terminals of many widths and depths.

use std::fmt::Write;
use std::path::Path;

use serde_json::json;
use snapbox::{Data, assert_data_eq};
use unicode_width::UnicodeWidthStr;

use crate::support::{RICH, Sandbox, plain};

const PRESETS: [&str; 7] = ["minimal", "default", "full", "powerline", "two-row", "hud", "classic"];
const WIDTHS: [&str; 4] = ["40", "80", "120", "200"];
const DEPTHS: [(&str, &str); 4] = [("none", "0"), ("16", "1"), ("256", "2"), ("truecolor", "3")];

/// A session with many hook events.
fn scene() -> (Sandbox, serde_json::Value) {
    let sandbox = Sandbox::new();
    let payload = sandbox.rich();
    sandbox.bridge(
        RICH,
        json!({
            "total_cost_usd": 1.2, "tool_count": 47, "files_modified_count": 25,
            "bridgeline": {
                "seq": 9, "mode": "plan", "state": "working", "since_ms": 1_795_402_840_000_u64,
                "tool": {"name": "Edit", "target": "auth.rs", "at_ms": 1_795_402_890_000_u64},
                "agents": [{"id": "1", "type": "Explore", "since_ms": 1}, {"id": "2", "type": "Plan", "since_ms": 2}],
                "compactions": 2, "failures": 1,
            },
        }),
    );
    (sandbox, payload)
}

#[test]
fn every_preset_is_painted_as_its_picture_shows() {
    let (sandbox, payload) = scene();
    for preset in PRESETS {
        let mut painted = String::new();
        for (depth, level) in DEPTHS {
            for width in WIDTHS {
                writeln!(painted, "{depth}, {width} columns").unwrap();
                let args = ["--preset", preset, "--theme", "default", "--width", width];
                let rows = sandbox.render(&payload).args(&args).env("FORCE_COLOR", level).run().painted();
                for row in plain(&rows).lines() {
                    assert!(row.width() <= width.parse().unwrap(), "{preset} {width}: {row}");
                }
                writeln!(painted, "{}", rows.trim_end()).unwrap();
            }
        }
        let picture = format!("tests/snapshots/preset-{preset}.term.svg");
        let picture = Path::new(env!("CARGO_MANIFEST_DIR")).join(picture);
        assert_data_eq!(painted, Data::read_from(&picture, None));
    }
}

#[test]
fn bands_change_no_word() {
    let (sandbox, payload) = scene();
    let words = |style: &str| {
        let args = ["--style", style, "--preset", "default", "--width", "400"];
        let row = sandbox.render(&payload).args(&args).env("FORCE_COLOR", "3").run().line();
        row.replace(['│', '▌', '▐'], " ").split_whitespace().map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(words("powerline"), words("plain"));
    assert_eq!(words("capsule"), words("plain"));
}

#[test]
fn without_colours_there_are_no_bands() {
    let (sandbox, payload) = scene();
    let row = |style: &str, theme: &str, depth: &str| {
        let args = ["--style", style, "--preset", "default", "--theme", theme, "--width", "200"];
        plain(&sandbox.render(&payload).args(&args).env("FORCE_COLOR", depth).run().painted())
    };
    let plain = row("plain", "default", "0");
    assert_eq!(row("powerline", "default", "0"), plain);
    assert_eq!(row("capsule", "mono", "3"), plain);
}

#[test]
fn a_row_that_begins_with_room_keeps_it() {
    let (sandbox, payload) = scene();
    let args = ["--set", "rows = 'fill model'", "--width", "40", "--color", "never"];
    let row = sandbox.render(&payload).args(&args).run().line();
    // Agents trim white space from rows, but not this.
    assert!(row.starts_with('\u{2800}') && row.width() == 40, "{row:?}");
}
