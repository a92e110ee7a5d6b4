//! The functions that runs call, which the linker groups: `link/order.ld`. An outdated list costs page faults, and
//! nothing else; `page_faults_are_few` shows it. It is renewed from a program with its symbols. The compiler inlines
//! other functions in a program with other features, so those of the packages are written first and those of a plain
//! build added:
//!
//! ```sh
//! export CARGO_PROFILE_RELEASE_STRIP=none
//! limits='--release --target x86_64-unknown-linux-musl --test limits'
//! ORDER=overwrite cargo test $limits --features opencode order
//! ORDER=add cargo test $limits order
//! ```

use std::collections::BTreeSet;
use std::fs;
use std::process::Command;

use serde_json::{Value, json};

use crate::support::fixture;
use crate::{HOOK, RENDER, Scene};

const FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/link/order.ld");

const HEAD: &str = "\
/* What a run calls: the linker lays it side by side, so that fewer pages are touched. Made by
   tests/limits/order.rs. */
SECTIONS
{
  .text.first :
  {
    *crt1.o(.text)
    *libc.a:*(.text .text.*)
";

const TAIL: &str = "  }
}
INSERT BEFORE .text;
";

#[test]
fn the_list_is_one_of_many_functions() {
    let listed = fs::read_to_string(FILE).unwrap();
    let mut list = match std::env::var("ORDER").as_deref() {
        Ok("overwrite") => HEAD.to_owned(),
        Ok("add") => listed.strip_suffix(TAIL).expect("the list ends as it is written").to_owned(),
        _ => {
            assert!(listed.starts_with(HEAD) && listed.lines().count() > 200);
            return;
        }
    };
    let scene = Scene::new();
    let full = ["--preset", "full"];
    scene.run(&[], &full, &scene.payload);
    // One that is billed by tokens, in the middle of a turn.
    let mut plain = fixture("claude-code-2.1.330/status-5.json");
    plain["workspace"] = scene.payload["workspace"].clone();
    scene.run(&[], RENDER, &plain);
    for event in ["UserPromptSubmit", "PostToolUse", "PreToolUse"] {
        let event = json!({"session_id": plain["session_id"], "hook_event_name": event, "tool_name": "Bash",
            "permission_mode": "plan"});
        scene.run(&[], HOOK, &event);
    }
    scene.run(&[], RENDER, &plain);
    let runs = [
        (RENDER, scene.payload.clone()),
        (RENDER, plain),
        (HOOK, scene.event(1)),
        (&scene.prompt(), Value::Null),
        (RENDER, scene.news(1)),
        (&full, scene.payload.clone()),
    ];
    let symbols = symbols();
    let mut seen = BTreeSet::new();
    for (args, input) in runs {
        let profile = profile(&scene, args, &input);
        for pattern in called(&profile, &symbols).into_iter().map(pattern) {
            let line = format!("    *(.text.{pattern} .text.unlikely.{pattern})\n");
            if seen.insert(pattern) && !list.contains(&line) {
                list.push_str(&line);
            }
        }
    }
    assert!(seen.len() > 200, "the program has no symbols");
    fs::write(FILE, list + TAIL).unwrap();
}

/// Callgrind's record of a run.
fn profile(scene: &Scene, args: &[&str], input: &Value) -> String {
    let out = format!("--callgrind-out-file={}", scene.sandbox.text("profile"));
    scene.run(&["valgrind", "--tool=callgrind", "--demangle=no", &out], args, input);
    scene.sandbox.read("profile")
}

/// The functions of the program, with their addresses.
fn symbols() -> Vec<(String, String)> {
    let output = Command::new("nm").arg(env!("CARGO_BIN_EXE_bridgeline")).output().expect("nm is needed");
    let lines = String::from_utf8(output.stdout).unwrap();
    let symbols = lines.lines().filter_map(|line| line.split_once(' '));
    symbols.map(|(place, symbol)| (symbol[2..].to_owned(), place.to_owned())).collect()
}

/// The functions that a run calls. One that is merged with others has all their names: the linker knows it by any of
/// them.
fn called<'a>(profile: &str, symbols: &'a [(String, String)]) -> Vec<&'a str> {
    let lines = profile.lines().filter_map(|line| line.strip_prefix("cfn=").or_else(|| line.strip_prefix("fn=")));
    // A recursive one has a number after its name.
    let names = lines.filter_map(|line| line.split_once(") ")?.1.split('\'').next());
    let places = names.filter_map(|name| symbols.iter().find(|(symbol, _)| symbol == name));
    let same = places.flat_map(|(_, at)| symbols.iter().filter(move |(_, place)| place == at));
    same.map(|(symbol, _)| symbol.as_str()).collect()
}

/// A function's name as a pattern for the linker. Of a mangled one (v0, RFC 2603), everything is left out that the next
/// change to code or compiler would alter: hashes of crates, numbers of implementations and closures, and positions of
/// back references.
fn pattern(symbol: &str) -> String {
    // One in several codegen units has a hash after it.
    let symbol = symbol.split('.').next().unwrap_or(symbol);
    let Some(mut rest) = symbol.strip_prefix("_R") else { return symbol.to_owned() };
    let mut pattern = String::from("_R");
    while let Some(first) = rest.chars().next() {
        let digits = rest.len() - rest.trim_start_matches(|c: char| c.is_ascii_digit()).len();
        let name = rest[..digits].parse().map_or(0, |length: usize| digits + length);
        let number = rest[1..].split(|c: char| !c.is_ascii_alphanumeric()).next().map_or(0, str::len);
        if name > digits && name <= rest.len() {
            pattern.push_str(&rest[..name]);
            rest = &rest[name..];
        } else if matches!(first, 's' | 'B') && rest[1 + number..].starts_with('_') {
            pattern.push('*');
            rest = &rest[number + 2..];
        } else {
            pattern.push(first);
            rest = &rest[1..];
        }
    }
    format!("{}*", pattern.trim_end_matches('*'))
}

#[test]
fn what_changes_is_left_open() {
    let check = |symbol: &str, expected: &str| assert_eq!(pattern(symbol), expected);
    check("memcpy", "memcpy");
    check("_RNvNtCsaz6eC2DG7lh_3std2io5write", "_RNvNtC*3std2io5write*");
    check("_RNvMs0_NtCs7BliBxkEZsN_4core3strNtB2_6Us_two3new", "_RNvM*NtC*4core3strNt*6Us_two3new*");
    check("_RNCNvCs9U9EBQl3QRz_10bridgeline4mains_0.llvm.123", "_RNCNvC*10bridgeline4main*0*");
}
