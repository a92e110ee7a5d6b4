//! No circle of files: a file never uses one that uses it, directly or through others. A file and its folder belong
//! together and may name each other. Tests do not count.

use std::collections::{BTreeMap, BTreeSet};

use crate::tidy::{program, sources};

/// Known circles, each in order. One that is gone must be removed here too.
const KNOWN: &[&[&str]] = &[];

/// The modules that each module uses, by their paths without `crate`.
type Graph = BTreeMap<String, BTreeSet<String>>;

#[test]
fn no_file_uses_one_that_uses_it() {
    let graph = graph(sources().into_iter().map(|source| (source.name, source.text)));
    let edges: usize = graph.values().map(BTreeSet::len).sum();
    assert!(edges > 200, "{edges}");
    let known: Vec<Vec<&str>> = KNOWN.iter().map(|circle| circle.to_vec()).collect();
    assert_eq!(circles(&graph), known);
}

/// The graph of these files, given as their paths below `src` and their text.
fn graph(files: impl Iterator<Item = (String, String)>) -> Graph {
    let is_program = |(name, _): &(String, String)| !name.ends_with("tests.rs") && name != "main.rs";
    let files: BTreeMap<String, String> = files.filter(is_program).map(|(name, text)| (module(&name), text)).collect();
    let known = |path: &[&str]| {
        let longest = (1..=path.len()).rev().map(|length| path[..length].join("::"));
        longest.into_iter().find(|path| files.contains_key(path))
    };
    let is_within = |inner: &str, outer: &str| inner.strip_prefix(outer).is_some_and(|rest| rest.starts_with("::"));
    let of_file = |(own, text): (&String, &String)| {
        let uses = used(&program(text)).into_iter().filter_map(|path| known(&resolved(own, &path)));
        let others = uses.filter(|other| other != own && !is_within(other, own) && !is_within(own, other));
        (own.clone(), others.collect())
    };
    files.iter().map(of_file).collect()
}

/// The path of a file's module.
fn module(name: &str) -> String {
    let path = name.trim_end_matches(".rs").trim_end_matches("/mod");
    if path == "lib" { String::new() } else { path.replace('/', "::") }
}

/// The paths in a source that begin in its own crate, one for each name in braces.
pub(crate) fn used(source: &str) -> Vec<String> {
    let begins = |at: &usize| {
        let before = source[..*at].chars().next_back();
        !before.is_some_and(|c| c.is_alphanumeric() || matches!(c, '_' | ':'))
    };
    let starts = ["crate::", "super::", "self::"].into_iter().flat_map(|root| source.match_indices(root));
    starts.map(|(at, _)| at).filter(begins).flat_map(|at| expanded(&source[at..])).collect()
}

/// The paths at the beginning of a text: several if they end in braces.
fn expanded(text: &str) -> Vec<String> {
    let end = text.find(|c: char| !c.is_alphanumeric() && !matches!(c, '_' | ':')).unwrap_or(text.len());
    let (path, rest) = text.split_at(end);
    let Some(list) = rest.strip_prefix('{').filter(|_| path.ends_with("::")) else {
        return vec![path.to_owned()];
    };
    let mut depth = 0;
    let mut from = 0;
    let mut paths = Vec::new();
    for (at, c) in list.char_indices() {
        match c {
            ',' | '}' if depth == 0 => {
                paths.extend(expanded(list[from..at].trim()).iter().map(|name| format!("{path}{name}")));
                from = at + 1;
                if c == '}' {
                    break;
                }
            }
            '{' => depth += 1,
            '}' => depth -= 1,
            _ => {}
        }
    }
    paths
}

/// The parts of a path in the module `own`, from the root of the crate.
fn resolved<'a>(own: &'a str, path: &'a str) -> Vec<&'a str> {
    let mut parts: Vec<&str> = own.split("::").filter(|part| !part.is_empty()).collect();
    for part in path.split("::") {
        match part {
            "crate" => parts.clear(),
            "super" => _ = parts.pop(),
            "self" | "" => {}
            name => parts.push(name),
        }
    }
    parts
}

/// Every group of modules that use each other, in order.
fn circles(graph: &Graph) -> Vec<Vec<&str>> {
    let reached: BTreeMap<&str, BTreeSet<&str>> =
        graph.keys().map(|module| (module.as_str(), reached(graph, module))).collect();
    let circle = |module: &&str| -> Vec<&str> {
        let others = reached[module].iter().filter(|other| reached[*other].contains(module));
        others.copied().collect()
    };
    let circles: BTreeSet<Vec<&str>> = reached.keys().map(circle).filter(|circle| circle.len() > 1).collect();
    circles.into_iter().collect()
}

/// Everything that a module uses, directly or through others.
fn reached<'a>(graph: &'a Graph, module: &str) -> BTreeSet<&'a str> {
    let mut reached = BTreeSet::new();
    let mut next: Vec<&str> = graph[module].iter().map(String::as_str).collect();
    while let Some(module) = next.pop() {
        if reached.insert(module) {
            next.extend(graph[module].iter().map(String::as_str));
        }
    }
    reached
}

#[test]
fn a_circle_is_found_in_every_spelling() {
    let found = |files: &[(&str, &str)]| {
        let graph = graph(files.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())));
        circles(&graph).iter().map(|circle| circle.join(" ")).collect::<Vec<_>>()
    };
    let with = |one: &str, other: &str| {
        found(&[("lib.rs", ""), ("a/mod.rs", "pub mod b;"), ("a/b.rs", one), ("a/c.rs", other), ("d.rs", "")])
    };
    let circle = ["a::b a::c"];
    assert_eq!(with("use super::c::X;", "use super::b::Y;"), circle);
    assert_eq!(with("use crate::a::{self, c::{X, Z}};", "fn f() -> super::b::Y {}"), circle);
    assert_eq!(with("use crate::{\n    a::{\n        c,\n    },\n    d,\n};", "use crate::a::b;"), circle);
    let none: [&str; 0] = [];
    assert_eq!(with("use super::c::X;", "use crate::d;"), none);
    assert_eq!(with("use super::c::X;", "#[cfg(test)]\nmod tests {\n    use super::super::b::Y;\n}"), none);
    // A folder and a file in it; names that only end in `super`; the crate of that name.
    assert_eq!(found(&[("a/mod.rs", "use crate::a::b::X;"), ("a/b.rs", "use super::Y;")]), none);
    assert_eq!(with("use super::c::X;", "use my_super::b::X; use ::other::crate::a::b;"), none);
    let three =
        [("a.rs", "use crate::b;"), ("b.rs", "use crate::c;"), ("c.rs", "use crate::a;"), ("d.rs", "use crate::a;")];
    assert_eq!(found(&three), ["a b c"]);
}
