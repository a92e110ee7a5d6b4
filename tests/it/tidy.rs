//! The house keeps its floors: no module uses one above it, and what only one place may do is done
//! nowhere else.

use std::fs;
use std::path::{Path, PathBuf};

/// From the ground up; a module uses itself and what is below.
const FLOORS: [&[&str]; 18] = [
    &["base"],
    &["store"],
    &["agent", "process"],
    &["session"],
    &["facts"],
    &["spending"],
    &["bridge"],
    &["snapshot"],
    &["document", "segment"],
    &["layout", "theme"],
    &["paint"],
    &["config"],
    &["line"],
    &["settings"],
    &["cli"],
    &["commands"],
    &["tools"],
    &["lib", "main"],
];

/// All sources, each with the module that it belongs to and its path below `src`.
fn sources() -> Vec<(String, String, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut sources = Vec::new();
    collect(&root, &mut |path| {
        let below = path.strip_prefix(&root).unwrap();
        let module = Path::new(below.iter().next().unwrap()).file_stem().unwrap();
        let name = below.to_str().unwrap().replace('\\', "/");
        sources.push((module.to_str().unwrap().to_owned(), name, fs::read_to_string(&path).unwrap()));
    });
    assert!(sources.len() > 30, "{}", sources.len());
    sources
}

fn collect(folder: &Path, found: &mut impl FnMut(PathBuf)) {
    for entry in fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
        match entry.extension() {
            _ if entry.is_dir() => collect(&entry, found),
            Some(extension) if extension == "rs" => found(entry),
            _ => {}
        }
    }
}

/// The modules that a source names behind `crate::`, also several in braces.
fn used(source: &str) -> Vec<&str> {
    let names = source.split("crate::").skip(1).flat_map(|rest| match rest.strip_prefix('{') {
        Some(list) => list.split('}').next().unwrap().split(',').map(str::trim).collect(),
        None => vec![rest],
    });
    let end = |name: &str| name.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(name.len());
    names.map(|name| &name[..end(name)]).filter(|name| !name.is_empty()).collect()
}

fn floor(module: &str) -> usize {
    FLOORS.iter().position(|floor| floor.contains(&module)).unwrap_or_else(|| panic!("{module} has no floor"))
}

#[test]
fn no_module_uses_one_above_it() {
    let mut edges = 0;
    for (module, name, source) in sources() {
        for other in used(&source).into_iter().filter(|other| *other != module) {
            assert!(floor(other) < floor(&module), "{name} uses {other}");
            edges += 1;
        }
    }
    assert!(edges > 50, "{edges}");
}

#[test]
fn uses_are_found_in_every_spelling() {
    assert_eq!(
        used("use crate::json::{self, Object};\nuse crate::{paint, preset};"),
        ["json", "paint", "preset"]
    );
    assert_eq!(used("pub(crate) fn x() -> crate::text::Text"), ["text"]);
}

/// A source without its tests, which set the scene as they like.
fn program(source: &str) -> &str {
    source.split("#[cfg(test)]\nmod tests {").next().unwrap_or(source)
}

/// What only one place may do.
#[track_caller]
fn only_in(place: &str, deeds: &[&str]) {
    let (inside, outside): (Vec<_>, Vec<_>) =
        sources().into_iter().partition(|(_, name, _)| name.starts_with(place));
    for deed in deeds {
        assert!(inside.iter().any(|(_, _, source)| source.contains(deed)), "{place} has no {deed}");
        for (_, name, source) in outside.iter().filter(|(_, name, _)| !name.ends_with("/tests.rs")) {
            assert!(!program(source).contains(deed), "{name} has {deed}");
        }
    }
}

#[test]
fn only_env_reads_variables_directory_and_clock() {
    only_in("base/env.rs", &["std::env::var", "env::current_dir", "SystemTime::now"]);
}

#[test]
fn only_the_store_opens_writes_renames_and_removes_files() {
    only_in(
        "store/",
        &["OpenOptions", "fs::rename", "fs::remove_file", "DirBuilder", "create_new(", "read_dir("],
    );
}

#[test]
fn only_process_starts_processes() {
    only_in("process/", &["Stdio::", ".spawn()", "creation_flags"]);
}

#[test]
fn only_main_knows_exit_codes() {
    only_in("main.rs", &["ExitCode", "std::env::args"]);
}
