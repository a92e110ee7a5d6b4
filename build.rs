//! Resolves the themes in `themes/` and the config files in `src/config` into Rust data, so that what is
//! embedded costs no parsing when the program starts. The same code reads the user's files at run time.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::Path;
use std::{env, fs};

use base::text::Text;
use config::key::KEYS;
use config::layer::{self, Layer, LayerEntry, LayerTable};
use config::row;
use config::stack::Stack;
use config::value::KeyValue;
use segment::{Condition, Format, Kind, Level, Part, Role, Settings, Test, Threshold};
use theme::file::{self, Loaded, ThemeText};

// Sources shared with the program, under the same module names.
#[path = "src/base"]
#[allow(dead_code)]
mod base {
    pub(crate) mod suggest;
    pub(crate) mod text;
    pub(crate) mod warning;
}
#[path = "src/segment"]
#[allow(dead_code)]
mod segment {
    mod condition;
    mod format;
    mod role;
    mod settings;

    pub(crate) use condition::{Condition, Test};
    pub(crate) use format::{Format, FormatMistake, Part};
    pub(crate) use role::Role;
    pub(crate) use settings::{Level, Settings, Threshold};

    /// A kind of segment, by its name: its functions exist only in the program.
    pub(crate) struct Kind {
        pub(crate) name: &'static str,
    }

    /// The kind with this name. An unknown one fails when the program is compiled.
    pub(crate) fn find(name: &str) -> Option<&'static Kind> {
        Some(Box::leak(Box::new(Kind { name: name.to_owned().leak() })))
    }
}
#[path = "src/layout"]
mod layout {
    mod side;

    pub(crate) use side::Side;
}
#[path = "src/config"]
#[allow(dead_code)]
mod config {
    pub(crate) mod key;
    pub(crate) mod layer;
    pub(crate) mod row;
    pub(crate) mod stack;
    pub(crate) mod value;
}
#[path = "src/theme"]
#[allow(dead_code)]
mod theme {
    use crate::segment::Role;

    pub(crate) mod file;
    mod look;
}

fn main() {
    let segment = ["condition", "format", "role", "settings"].map(|file| format!("src/segment/{file}.rs"));
    let shared = ["src/base/suggest.rs", "src/base/text.rs", "src/layout/side.rs"].map(str::to_owned);
    let folders = ["themes", "link", "src/config", "src/theme"].map(str::to_owned);
    for input in folders.into_iter().chain(shared).chain(segment) {
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

/// Linker arguments that make a release start fast.
fn link(root: &str) {
    let is = |name: &str, value: &str| env::var(name).is_ok_and(|is| is == value);
    if !is("CARGO_CFG_TARGET_OS", "linux") || is("OPT_LEVEL", "0") {
        return;
    }
    if is("CARGO_CFG_TARGET_ENV", "musl") {
        // Groups the functions of a run. `.cargo/config.toml` has the rest, on which the C library's start file
        // depends.
        println!("cargo::rustc-link-arg-bins=-T{root}/link/order.ld");
    } else if is("CARGO_CFG_TARGET_ENV", "gnu") {
        println!("cargo::rustc-link-arg-bins=-no-pie");
    }
}

fn themes(folder: &Path) -> String {
    let sources = sources(folder);
    let mut code = String::from("static EMBEDDED: &[Embedded] = &[\n");
    for (name, source) in &sources {
        let Loaded { look, about, .. } = resolve(name, source, &sources);
        let about = about.unwrap_or_else(|| panic!("themes/{name}.toml: says nothing about itself"));
        let (background, base, depth) = (look.background, look.base, look.depth);
        let depth = depth.map(|depth| format!("Depth::{depth:?}"));
        let depth = depth.map_or("None".to_owned(), |depth| format!("Some({depth})"));
        // Styles are plain data, so their debug form is Rust.
        let roles = format!("Cow::Borrowed(&{:?})", look.roles);
        let look = format!(
            "Look {{ background: Background::{background:?}, base: {base:?}, depth: {depth}, roles: {roles} }}"
        );
        writeln!(code, "Embedded {{ name: {name:?}, about: {about:?}, source: {source:?}, look: {look} }},")
            .expect("a string");
    }
    code + "];\n"
}

/// The default file, the presets and the defaults of prompts: each as a layer, and resolved.
fn configs(folder: &Path) -> String {
    let read = |name: &str| {
        let source = fs::read_to_string(folder.join(name)).expect("a config can be read");
        let (layer, mistakes) = layer::parse(&source);
        assert!(mistakes.is_empty(), "{name}: {mistakes:?}");
        layer
    };
    let (default, prompt) = (read("default.toml"), read("prompt.toml"));
    for key in KEYS.iter().filter(|key| !matches!(key.name, "rows" | "width" | "model_names" | "budget")) {
        assert!(default.get("", key.name).is_some(), "default.toml: {} is missing", key.name);
    }
    let stack = Stack(vec![&default]);
    let segments = segments(&default, &stack);
    let below = Laid { array: "SEGMENTS".to_owned(), segments, below: None };
    let mut arrays = below.code();
    let preset = |(number, (name, source)): (usize, (&String, &String))| {
        let layer = read(&format!("presets/{name}.toml"));
        let about = source.lines().next().unwrap_or_default().trim_start_matches(['#', ' ']);
        let stack = stack.with(&layer);
        let segments = self::segments(&layer, &stack);
        let laid = Laid { array: format!("SEGMENTS_{number}"), segments, below: Some(&below) };
        arrays += &laid.code();
        let texts = stack.texts("rows").iter().chain(stack.texts("extra_rows"));
        let (rows, array) = (texts.map(|row| laid.row(row)).collect::<String>(), &laid.array);
        let layer = layer.code();
        format!("Preset {{ name: {name:?}, about: {about:?}, layer: {layer}, segments: {array}, rows: &[{rows}] }},")
    };
    let presets: String = sources(&folder.join("presets")).iter().enumerate().map(preset).collect();
    let (default, prompt) = (default.code(), prompt.code());
    format!(
        "pub static DEFAULT: Layer = {default};\npub static PROMPT: Layer = {prompt};\n\
         pub static PRESETS: &[Preset] = &[{presets}];\n{arrays}"
    )
}

/// Settings of the segments that the top layer configures.
fn segments(layer: &Layer, stack: &Stack) -> Vec<Settings> {
    let tables = layer.tables.iter().filter(|table| !table.name.is_empty());
    tables.map(|table| stack.settings(&table.name).expect("each name is a kind's here")).collect()
}

/// Settings of segments, as an array in the generated code.
struct Laid<'a> {
    array: String,
    segments: Vec<Settings>,
    /// The array with the settings of all other segments.
    below: Option<&'a Laid<'a>>,
}

impl Laid<'_> {
    fn code(&self) -> String {
        format!("static {}: &[Settings] = {};\n", self.array, codes(&self.segments))
    }

    /// The groups of a row.
    fn row(&self, row: &str) -> String {
        let group = |group: row::GroupNames| {
            let names = group.names.into_iter();
            let segments: String = names.map(|name| format!("Cow::Borrowed({}),", self.segment(name))).collect();
            format!("Group {{ side: Side::{:?}, segments: Cow::Borrowed(&[{segments}]) }},", group.side)
        };
        format!("&[{}],", row::parse(row).into_iter().map(group).collect::<String>())
    }

    fn segment(&self, name: &str) -> String {
        match self.segments.iter().position(|settings| settings.name() == name) {
            Some(at) => format!("&{}[{at}]", self.array),
            None => self.below.expect("default.toml has each segment of a preset").segment(name),
        }
    }
}

/// Data as Rust code of a static.
trait Code {
    fn code(&self) -> String;
}

fn codes<T: Code>(list: &[T]) -> String {
    format!("&[{}]", list.iter().map(Code::code).collect::<Vec<_>>().join(", "))
}

impl Code for Cow<'_, str> {
    fn code(&self) -> String {
        format!("Cow::Borrowed({self:?})")
    }
}

impl<T: Code + Clone> Code for Cow<'_, [T]> {
    fn code(&self) -> String {
        format!("Cow::Borrowed({})", codes(self))
    }
}

impl<T: Code> Code for Option<T> {
    fn code(&self) -> String {
        self.as_ref().map_or("None".to_owned(), |some| format!("Some({})", some.code()))
    }
}

impl<A: Code, B: Code> Code for (A, B) {
    fn code(&self) -> String {
        format!("({}, {})", self.0.code(), self.1.code())
    }
}

impl Code for Text {
    fn code(&self) -> String {
        format!("Text::fixed({:?})", self.as_str())
    }
}

impl Code for Role {
    fn code(&self) -> String {
        format!("Role::{self:?}")
    }
}

impl Code for &Kind {
    fn code(&self) -> String {
        format!("known({:?})", self.name)
    }
}

impl Code for Part {
    fn code(&self) -> String {
        match self {
            Part::Literal(text) => format!("Part::Literal({})", text.code()),
            Part::Field(name, columns) => format!("Part::Field({}, {})", name.code(), columns.code()),
            Part::Optional(parts) => format!("Part::Optional({})", parts.code()),
        }
    }
}

impl Code for Test {
    fn code(&self) -> String {
        match self {
            Test::Present => "Test::Present".to_owned(),
            Test::Absent => "Test::Absent".to_owned(),
            Test::Equal(text) => format!("Test::Equal({})", text.code()),
            Test::Unequal(text) => format!("Test::Unequal({})", text.code()),
            Test::Ordered(order, bound) => format!("Test::Ordered({order}, {bound:?})"),
        }
    }
}

impl Code for Level {
    fn code(&self) -> String {
        match self {
            Level::Normal => "Level::Normal".to_owned(),
            Level::Step(step) => format!("Level::Step({step})"),
            Level::Role(role) => format!("Level::Role({})", role.code()),
        }
    }
}

impl Code for LayerTable {
    fn code(&self) -> String {
        assert!(self.faults.is_empty(), "{}: {:?}", self.name, self.faults);
        let (name, entries) = (self.name.code(), self.entries.code());
        format!("LayerTable {{ name: {name}, entries: {entries}, faults: Cow::Borrowed(&[]) }}")
    }
}

macro_rules! numbers {
    ($($number:ty)*) => {
        $(impl Code for $number {
            fn code(&self) -> String {
                format!("{self:?}")
            }
        })*
    };
}
numbers!(bool u8 u32 usize f64);

macro_rules! structs {
    ($($name:ident { $($field:ident)* })*) => {
        $(impl Code for $name {
            fn code(&self) -> String {
                let fields = [$(format!("{}: {}", stringify!($field), self.$field.code())),*];
                format!("{} {{ {} }}", stringify!($name), fields.join(", "))
            }
        })*
    };
}
structs! {
    Layer { tables }
    LayerEntry { key value line }
    Format { source parts }
    Condition { source field test }
    Threshold { at level }
    Settings { own_name kind priority formats steps prefix icon role thresholds hide_when options }
}

macro_rules! values {
    ($($variant:ident)*) => {
        impl Code for KeyValue {
            fn code(&self) -> String {
                match self {
                    $(KeyValue::$variant(value) => format!("KeyValue::{}({})", stringify!($variant), value.code()),)*
                }
            }
        }
    };
}
values!(Bool Number Text Own Role Texts Formats Conditions Steps Thresholds Names Budgets);

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
    let mut chain = vec![ThemeText { path: name, text }];
    while let Some(parent) = file::parent(chain[chain.len() - 1].text) {
        let (path, text) =
            sources.get_key_value(&parent).unwrap_or_else(|| panic!("themes/{name}.toml: no theme {parent}"));
        chain.push(ThemeText { path, text });
        assert!(chain.len() < 10, "themes/{name}.toml: builds on itself");
    }
    let loaded = file::resolve(&chain);
    assert!(loaded.warnings.is_empty(), "themes/{name}.toml: {:?}", loaded.warnings);
    loaded
}
