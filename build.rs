//! Resolves the themes in `themes/` and the config files in `src/config` into Rust data, so that what is
//! embedded costs no parsing when the program starts. The same code reads the user's files at run time.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::Path;
use std::{env, fs};

#[path = "src/config/key.rs"]
#[allow(dead_code)]
mod key;
#[path = "src/config/layer.rs"]
#[allow(dead_code)]
mod layer;
#[path = "src/theme/look.rs"]
#[allow(dead_code)]
mod look;
#[path = "src/segment/role.rs"]
#[allow(dead_code)]
mod role;
#[path = "src/base/suggest.rs"]
mod suggest;
#[path = "src/theme/file.rs"]
mod theme_file;

/// The names that the sources have in the program.
mod base {
    pub(crate) use super::suggest;
}

use layer::{Layer, Value};

use role::Role;
use theme_file::{Loaded, Source};

fn main() {
    for input in ["themes", "src/config", "src/theme", "src/segment/role.rs", "src/base/suggest.rs", "link"] {
        println!("cargo::rerun-if-changed={input}");
    }
    let root = env::var("CARGO_MANIFEST_DIR").expect("cargo sets it");
    link(&root);
    let root = Path::new(&root);
    let out = env::var("OUT_DIR").expect("cargo sets it");
    let out = Path::new(&out);
    fs::write(out.join("themes.rs"), themes(&root.join("themes"))).expect("OUT_DIR can be written");
    fs::write(out.join("config.rs"), configs(&root.join("src/config"))).expect("OUT_DIR can be written");
}

/// How the program is linked where it is to start fast.
fn link(root: &str) {
    let is = |name: &str, value: &str| env::var(name).is_ok_and(|is| is == value);
    if !is("CARGO_CFG_TARGET_OS", "linux") || is("OPT_LEVEL", "0") {
        return;
    }
    if is("CARGO_CFG_TARGET_ENV", "musl") {
        // Functions of a run side by side. `.cargo/config.toml` has the rest: the C library's start file is
        // chosen by what is compiled.
        println!("cargo::rustc-link-arg-bins=-T{root}/link/order.ld");
    } else if is("CARGO_CFG_TARGET_ENV", "gnu") {
        println!("cargo::rustc-link-arg-bins=-no-pie");
    }
}

fn themes(folder: &Path) -> String {
    let sources = sources(folder);
    // Looks apart from what has addresses in it: those are put right when the program starts, by a copy of
    // every page that has one.
    let mut code = String::from("static EMBEDDED: &[Embedded] = &[\n");
    let mut looks = format!("static LOOKS: [Look; {}] = [\n", sources.len());
    for (at, (name, source)) in sources.iter().enumerate() {
        let Loaded { look, about, .. } = resolve(name, source, &sources);
        let about = about.unwrap_or_else(|| panic!("themes/{name}.toml: says nothing about itself"));
        let (background, base, depth) = (look.background, look.base, look.depth);
        writeln!(
            code,
            "Embedded {{ name: {name:?}, about: {about:?}, source: {source:?}, look: &LOOKS[{at}] }},"
        )
        .expect("a string");
        let depth = depth.map(|depth| format!("Depth::{depth:?}"));
        let depth = depth.map_or("None".to_owned(), |depth| format!("Some({depth})"));
        // The debug form of the styles is Rust as well: they are plain data.
        writeln!(
            looks,
            "Look {{ background: Background::{background:?}, base: {base:?}, depth: {depth}, roles: {:?} }},",
            look.roles
        )
        .expect("a string");
    }
    code.push_str("];\n");
    code + &looks + "];\n"
}

/// The default file and the presets, as layers.
fn configs(folder: &Path) -> String {
    let default = fs::read_to_string(folder.join("default.toml")).expect("it is there");
    let presets = sources(&folder.join("presets"));
    let prompt = fs::read_to_string(folder.join("prompt.toml")).expect("it is there");
    let mut code = format!(
        "/// The default file.\npub static DEFAULT: Layer = {};\n/// What prompts do otherwise.\npub static PROMPT: Layer = {};\n",
        layer_code("default.toml", &default),
        layer_code("prompt.toml", &prompt)
    );
    let list = |of: &dyn Fn(&str, &str) -> String| {
        presets.iter().map(|(name, source)| format!("({name:?}, {}),", of(name, source))).collect::<String>()
    };
    let layers = list(&|name, source| layer_code(name, source));
    let about = list(&|_, source| {
        format!("{:?}", source.lines().next().unwrap_or("").trim_start_matches(['#', ' ']))
    });
    code.push_str(&format!(
        "/// The presets, by name.\npub static PRESETS: &[(&str, Layer)] = &[{layers}];\n"
    ));
    code.push_str(&format!("static ABOUT: &[(&str, &str)] = &[{about}];\n"));
    code
}

fn layer_code(name: &str, source: &str) -> String {
    let (Layer { tables }, mistakes) = layer::parse(source);
    assert!(mistakes.is_empty(), "{name}: {mistakes:?}");
    let text = |text: &str| format!("Cow::Borrowed({text:?})");
    let value = |value: &Value| match value {
        Value::Bool(truth) => format!("Value::Bool({truth})"),
        Value::Number(number) => format!("Value::Number({number})"),
        Value::Text(words) => format!("Value::Text({})", text(words)),
        Value::List(list) => {
            let list: Vec<String> = list.iter().map(|element| text(element)).collect();
            format!("Value::List(Cow::Borrowed(&[{}]))", list.join(", "))
        }
    };
    let mut code = String::from("Layer { tables: Cow::Borrowed(&[");
    for table in tables.iter() {
        code.push_str(&format!("Table {{ name: {}, entries: Cow::Borrowed(&[", text(&table.name)));
        for entry in table.entries.iter() {
            let (key, value) = (text(&entry.key), value(&entry.value));
            code.push_str(&format!("Entry {{ key: {key}, value: {value}, line: {} }},", entry.line));
        }
        code.push_str("]) },");
    }
    code.push_str("]) }");
    code
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
