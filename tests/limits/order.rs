//! The functions that runs call, for the linker to lay side by side: `link/order.ld`. A list that is out of date
//! costs page faults, and nothing else; `page_faults_are_few` tells. It is made anew from a program with its
//! symbols:
//!
//! `ORDER=overwrite CARGO_PROFILE_RELEASE_STRIP=none cargo test --release --target x86_64-unknown-linux-musl
//! --test limits order`

use std::collections::BTreeSet;
use std::fs;

use serde_json::Value;

use crate::{HOOK, RENDER, Scene};

const FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/link/order.ld");

const HEAD: &str =
    "/* What a run calls: the linker lays it side by side, so that fewer pages are touched. Made by
   tests/limits/order.rs. */
SECTIONS
{
  .text.first :
  {
    *crt1.o(.text)
    *(.text.main)
    *libc.a:*(.text .text.*)
";

#[test]
fn the_list_is_one_of_many_functions() {
    if std::env::var_os("ORDER").is_none_or(|order| order != "overwrite") {
        let listed = fs::read_to_string(FILE).unwrap();
        assert!(listed.starts_with(HEAD) && listed.lines().count() > 200);
        return;
    }
    let scene = Scene::new();
    let full = ["--preset", "full"];
    scene.run(&[], &full, &scene.payload);
    let runs = [
        (RENDER, scene.payload.clone()),
        (HOOK, scene.event(1)),
        (&scene.prompt(), Value::Null),
        (RENDER, scene.news(1)),
        (&full, scene.payload.clone()),
    ];
    let (mut seen, mut list) = (BTreeSet::new(), String::from(HEAD));
    for (args, input) in runs {
        for name in called(&scene, args, &input) {
            if seen.insert(name.clone()) {
                list.push_str(&format!("    *(.text*{name}*)\n"));
            }
        }
    }
    assert!(seen.len() > 200, "the program has no symbols");
    list.push_str("  }\n}\nINSERT BEFORE .text;\n");
    fs::write(FILE, list).unwrap();
}

/// The functions that a run calls, as patterns of the linker's.
fn called(scene: &Scene, args: &[&str], input: &Value) -> Vec<String> {
    let profile = scene.sandbox.text("profile");
    let out = format!("--callgrind-out-file={profile}");
    scene.run(&["valgrind", "--tool=callgrind", "--demangle=no", &out], args, input);
    let profile = scene.sandbox.read("profile");
    let names = profile.lines().filter_map(|line| {
        let line = line.strip_prefix("cfn=").or_else(|| line.strip_prefix("fn="))?;
        let name = line.split_once(") ")?.1;
        name.starts_with("_R").then(|| pattern(name))
    });
    names.collect()
}

/// A symbol (v0 mangling, RFC 2603) without what another compiler calls otherwise: the hashes of crates, and
/// the places that back references point to, which shift with them.
fn pattern(symbol: &str) -> String {
    // A function that calls itself has a number behind it; one that several codegen units know, a hash.
    let symbol = symbol.split('\'').next().unwrap_or(symbol);
    let symbol = symbol.split(".llvm.").next().unwrap_or(symbol);
    let mut pattern = String::new();
    let mut rest = symbol;
    while let Some(at) = rest.find("Cs").into_iter().chain(rest.find('B')).min() {
        let mark = if rest[at..].starts_with("Cs") { "Cs" } else { "B" };
        let (before, behind) = (&rest[..at], &rest[at + mark.len()..]);
        pattern.push_str(before);
        pattern.push_str(mark);
        let end = behind.find(|c: char| !c.is_ascii_alphanumeric()).unwrap_or(behind.len());
        let is_mark = behind[end..].starts_with('_') && (mark == "B" || end >= 8);
        rest = if is_mark { &behind[end..] } else { behind };
        if is_mark {
            pattern.push('*');
        }
    }
    pattern + rest
}

#[test]
fn hashes_are_left_open() {
    let check = |symbol: &str, expected: &str| assert_eq!(pattern(symbol), expected);
    check("_RNvNtCsaz6eC2DG7lh_3std2io5write", "_RNvNtCs*_3std2io5write");
    check("_RNvMNtCs7BliBxkEZsN_4core3strB2_3new'2", "_RNvMNtCs*_4core3strB*_3new");
    check("_RNvCs9U9EBQl3QRz_10bridgeline4main.llvm.123", "_RNvCs*_10bridgeline4main");
}
