//! Modules keep their order: none uses one above it, and certain calls are made in one place only.

use std::fs;
use std::path::{Path, PathBuf};

use crate::circles::used;
use crate::support::ROOT;

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

/// A file of `src`.
pub(crate) struct Source {
    /// Its path below `src`.
    pub(crate) name: String,
    pub(crate) text: String,
}

impl Source {
    /// The module that stands in `lib.rs` or `main.rs`.
    fn top(&self) -> &str {
        self.name.split('/').next().unwrap().trim_end_matches(".rs")
    }
}

pub(crate) fn sources() -> Vec<Source> {
    let root = Path::new(ROOT).join("src");
    let mut sources = Vec::new();
    collect(&root, &mut |path| {
        let name = path.strip_prefix(&root).unwrap().to_str().unwrap().replace('\\', "/");
        sources.push(Source { name, text: fs::read_to_string(&path).unwrap() });
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

fn floor(module: &str) -> usize {
    FLOORS.iter().position(|floor| floor.contains(&module)).unwrap_or_else(|| panic!("{module} has no floor"))
}

#[test]
fn no_module_uses_one_above_it() {
    let mut edges = 0;
    for source in sources() {
        for path in used(&source.text) {
            let Some(path) = path.strip_prefix("crate::") else { continue };
            let other = path.split("::").next().unwrap();
            if other != source.top() {
                assert!(floor(other) < floor(source.top()), "{} uses {other}", source.name);
                edges += 1;
            }
        }
    }
    assert!(edges > 50, "{edges}");
}

/// A source without comments and without its tests, which may use anything.
pub(crate) fn program(source: &str) -> String {
    let mut program = String::new();
    let mut lines = source.lines();
    while let Some(line) = lines.next() {
        if line == "#[cfg(test)]" {
            let item = lines.next().unwrap_or_default();
            if item.ends_with('{') {
                _ = lines.find(|line| *line == "}");
            }
            continue;
        }
        let code = line.split("//").next().unwrap_or_default();
        program.extend([code, "\n"]);
    }
    program
}

/// Calls that only one place may make.
#[track_caller]
fn only_in(place: &str, deeds: &[&str]) {
    let (inside, outside): (Vec<_>, Vec<_>) = sources().into_iter().partition(|source| source.name.starts_with(place));
    for deed in deeds {
        assert!(inside.iter().any(|source| source.text.contains(deed)), "{place} has no {deed}");
        for source in outside.iter().filter(|source| !source.name.ends_with("/tests.rs")) {
            assert!(!program(&source.text).contains(deed), "{} has {deed}", source.name);
        }
    }
}

#[test]
fn only_env_reads_variables_directory_and_clock() {
    only_in("base/env.rs", &["std::env::var", "env::current_dir", "SystemTime::now"]);
}

#[test]
fn only_the_store_opens_writes_renames_and_removes_files() {
    only_in("store/", &["OpenOptions", "fs::rename", "fs::remove_file", "DirBuilder", "create_new(", "read_dir("]);
}

#[test]
fn only_process_starts_processes() {
    only_in("process/", &["Stdio::", ".spawn()", "creation_flags"]);
}

#[test]
fn only_main_knows_exit_codes() {
    only_in("main.rs", &["ExitCode", "std::env::args"]);
}
