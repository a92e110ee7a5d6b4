//! Resolves the themes in `themes/` into Rust data, so that an embedded theme costs no parsing when
//! the program starts. The same code reads the user's themes at run time.
#![allow(clippy::disallowed_methods, clippy::disallowed_macros, reason = "the lints are for the program")]

use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::Path;
use std::{env, fs};

#[path = "src/paint/look.rs"]
#[allow(dead_code)]
mod look;
#[path = "src/segment/role.rs"]
#[allow(dead_code)]
mod role;
#[path = "src/suggest.rs"]
mod suggest;
#[path = "src/paint/theme_file.rs"]
mod theme_file;

use role::Role;
use theme_file::{Loaded, Source};

fn main() {
    let code = ["paint/color.rs", "paint/look.rs", "paint/theme_file.rs", "segment/role.rs", "suggest.rs"];
    println!("cargo::rerun-if-changed=themes");
    for input in code {
        println!("cargo::rerun-if-changed=src/{input}");
    }
    let root = env::var("CARGO_MANIFEST_DIR").expect("cargo sets it");
    let sources = sources(&Path::new(&root).join("themes"));
    let mut code = String::from("static EMBEDDED: &[Embedded] = &[\n");
    for (name, source) in &sources {
        let Loaded { look, about, .. } = resolve(name, source, &sources);
        let about = about.unwrap_or_else(|| panic!("themes/{name}.toml: says nothing about itself"));
        let (background, base, depth) = (look.background, look.base, look.depth);
        writeln!(code, "Embedded {{ name: {name:?}, about: {about:?}, source: {source:?}, look: Look {{")
            .expect("a string");
        let depth = depth.map(|depth| format!("Depth::{depth:?}"));
        let depth = depth.map_or("None".to_owned(), |depth| format!("Some({depth})"));
        // The debug form of the styles is Rust as well: they are plain data.
        writeln!(
            code,
            "background: Background::{background:?}, base: {base:?}, depth: {depth}, roles: {:?} }} }},",
            look.roles
        )
        .expect("a string");
    }
    code.push_str("];\n");
    let out = env::var("OUT_DIR").expect("cargo sets it");
    fs::write(Path::new(&out).join("themes.rs"), code).expect("OUT_DIR can be written");
}

/// Theme files by name.
fn sources(folder: &Path) -> BTreeMap<String, String> {
    let entries = fs::read_dir(folder).expect("themes/ is there");
    let paths = entries.map(|entry| entry.expect("themes/ can be read").path());
    paths
        .filter(|path| path.extension().is_some_and(|extension| extension == "toml"))
        .map(|path| {
            let name = path.file_stem().expect("it has an extension").to_string_lossy().into_owned();
            (name, fs::read_to_string(&path).expect("a theme can be read"))
        })
        .collect()
}

fn resolve(name: &str, text: &str, sources: &BTreeMap<String, String>) -> Loaded {
    let mut chain = vec![Source { path: name, text }];
    while let Some(parent) = theme_file::parent(chain[chain.len() - 1].text) {
        let (path, text) =
            sources.get_key_value(&parent).unwrap_or_else(|| panic!("themes/{name}.toml: no theme {parent}"));
        chain.push(Source { path, text });
        assert!(chain.len() < 10, "themes/{name}.toml: builds on itself");
    }
    let loaded = theme_file::resolve(&chain);
    assert!(loaded.warnings.is_empty(), "themes/{name}.toml: {}", loaded.warnings.join("; "));
    loaded
}
