//! What the program brings, the user's file, the project's, the environment and the flags say, each over
//! the one before, and what was wrong with them.

use std::borrow::Cow;
use std::fmt;
use std::path::{Path, PathBuf};

use super::check::{self, Author};
use super::key::KEYS;
use super::layer::{self, Layer, MAX_SEGMENTS, Mistake, Value};
use super::{Flags, Group, Row, embedded, row};
use crate::base::env::Env;
use crate::base::suggest;
use crate::base::text::Text;
use crate::segment::{self, Condition, Kind, Settings, Threshold};
use crate::store::{self, Absent, Paths, Trust};

/// What was wrong with config or theme, for people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Warning {
    /// The file, where it is one.
    pub file: Option<PathBuf>,
    /// The line, from 1; 0 where there is none.
    pub line: u32,
    /// What was wrong, and what would be right.
    pub message: String,
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(file) = &self.file {
            write!(f, "{}:", file.display())?;
            if self.line > 0 {
                write!(f, "{}:", self.line)?;
            }
            f.write_str(" ")?;
        }
        f.write_str(&self.message)
    }
}

/// Where a value comes from, in rising order of what counts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    Default,
    Preset(String),
    File(PathBuf),
    Environment,
    Flags,
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Source::Default => f.write_str("default"),
            Source::Preset(name) => write!(f, "preset {name}"),
            Source::File(path) => write!(f, "{}", path.display()),
            Source::Environment => f.write_str("environment"),
            Source::Flags => f.write_str("flag"),
        }
    }
}

/// Layers, the lowest first: what a higher one sets counts.
#[derive(Clone)]
pub struct Stack<'a>(Vec<&'a Layer>);

/// What files, environment and flags say, before it is put together.
pub struct Layers {
    named: Vec<(Source, Cow<'static, Layer>)>,
    /// What was wrong with them.
    pub warnings: Vec<Warning>,
}

/// Most that is read of a config file, in bytes.
const MAX_FILE: u64 = 64 * 1024;

/// Most that a project's file may be, in bytes: nobody has looked at it before.
const MAX_PROJECT_FILE: u64 = 16 * 1024;

/// What all rows may weigh, by [`Settings::weight`]; those of the fullest preset come to 2,000.
const MAX_WEIGHT: usize = MAX_SEGMENTS * Settings::LEAST_WEIGHT;

/// Name of a project's file.
const PROJECT_FILE: &str = ".bridgeline.toml";

impl Layers {
    /// Reads all of them. `project` is the folder that may hold a project's file.
    pub fn read(flags: &Flags, env: &Env, paths: &Paths, project: Option<&Path>) -> Self {
        let mut layers = Layers { named: Vec::with_capacity(6), warnings: Vec::new() };
        layers.named.push((Source::Default, Cow::Borrowed(&embedded::DEFAULT)));
        if let Some(path) = &paths.config {
            layers.add_file(path.clone(), Author::User);
        }
        if let Some(project) = project {
            layers.add_file(project.join(PROJECT_FILE), Author::Project);
        }
        let environment = layers.environment(env);
        if environment != Layer::default() {
            layers.named.push((Source::Environment, Cow::Owned(environment)));
        }
        if flags.layer != Layer::default() {
            layers.add_checked(Source::Flags, &flags.layer, Author::User);
        }
        layers.add_preset();
        layers
    }

    /// What the user's file says when it holds this text, without project and environment: for who
    /// edits it. `flags` lie above it.
    pub fn of_text(path: &Path, text: &str, flags: &Flags) -> Self {
        let mut layers = Layers { named: Vec::with_capacity(4), warnings: Vec::new() };
        layers.named.push((Source::Default, Cow::Borrowed(&embedded::DEFAULT)));
        layers.add_text(path.to_path_buf(), text, Author::User);
        if flags.layer != Layer::default() {
            layers.add_checked(Source::Flags, &flags.layer, Author::User);
        }
        layers.add_preset();
        layers
    }

    /// The same for a prompt or a list: what prompts bring lies above the preset, and `row`, else
    /// `prompt_rows`, stands in the place of all rows. `color` is what `auto` stands for, where that is
    /// not for the terminal to say.
    #[must_use]
    pub fn for_prompt(mut self, row: Option<String>, color: Option<&'static str>) -> Self {
        let preset = self.named.iter().position(|(source, _)| matches!(source, Source::Preset(_)));
        let above = preset.map_or(1, |preset| preset + 1);
        self.named.insert(above, (Source::Preset("prompt".to_owned()), Cow::Borrowed(&embedded::PROMPT)));
        let stack = self.stack();
        let mut layer = Layer::default();
        let row = row.map(|row| Value::List(Cow::Owned(vec![Cow::Owned(row)])));
        if let Some(rows) = row.or_else(|| stack.get("", "prompt_rows").cloned()) {
            layer.set("rows", rows);
        }
        for key in ["extra_rows", "prefix"] {
            layer.set(key, Value::List(Cow::Borrowed(&[])));
        }
        layer.set("margin", Value::Number(0));
        if let Some(color) = color.filter(|_| stack.text("", "color") == "auto") {
            layer.set("color", Value::text(color));
        }
        self.named.push((Source::Preset("prompt".to_owned()), Cow::Owned(layer)));
        self
    }

    /// All layers with where they come from, the lowest first.
    pub fn named(&self) -> impl DoubleEndedIterator<Item = (&Source, &Layer)> {
        self.named.iter().map(|(source, layer)| (source, layer.as_ref()))
    }

    /// All layers.
    pub fn stack(&self) -> Stack<'_> {
        Stack(self.named.iter().map(|(_, layer)| layer.as_ref()).collect())
    }

    /// The rows, and what was too much for them.
    pub fn rows(&self) -> (Vec<Row>, Option<Warning>) {
        self.stack().rows()
    }

    /// What counts where nobody says anything: the default, and the preset over it.
    pub fn brought(&self) -> Stack<'_> {
        let brought = |source: &Source| matches!(source, Source::Default | Source::Preset(_));
        Stack(self.named().filter(|(source, _)| brought(source)).map(|(_, layer)| layer).collect())
    }

    fn add_file(&mut self, path: PathBuf, author: Author) {
        let most = if author == Author::Project { MAX_PROJECT_FILE } else { MAX_FILE };
        let text = match store::read_text(&path, Trust::Lenient, most) {
            Ok(text) => text,
            Err(Absent::Missing) => return,
            // As made by `touch`.
            Err(Absent::Invalid(store::EMPTY)) => String::new(),
            Err(absent) => {
                let message = format!("not used, the file is {absent}");
                self.warnings.push(Warning { file: Some(path), line: 0, message });
                return;
            }
        };
        self.add_text(path, &text, author);
    }

    fn add_text(&mut self, path: PathBuf, text: &str, author: Author) {
        let before = self.warnings.len();
        let (layer, mistakes) = layer::parse(text);
        self.warn(Some(&path), mistakes);
        self.add_checked(Source::File(path), &layer, author);
        self.warnings[before..].sort_by_key(|warning| warning.line);
    }

    fn add_checked(&mut self, source: Source, layer: &Layer, author: Author) {
        let (layer, mistakes) = check::check(layer, &self.stack(), author);
        let file = match &source {
            Source::File(path) => Some(path.clone()),
            _ => None,
        };
        self.warn(file.as_deref(), mistakes);
        self.named.push((source, Cow::Owned(layer)));
    }

    fn warn(&mut self, file: Option<&Path>, mistakes: Vec<Mistake>) {
        self.warnings.extend(mistakes.into_iter().map(|Mistake { line, message }| Warning {
            file: file.map(Path::to_path_buf),
            line,
            message,
        }));
    }

    /// Each key at the top of a file as a variable `BRIDGELINE_<KEY>`.
    fn environment(&mut self, env: &Env) -> Layer {
        let mut layer = Layer::default();
        let ours = env.named("BRIDGELINE_");
        for key in KEYS {
            let capitals = || key.name.bytes().map(|byte| byte.to_ascii_uppercase());
            let is_it = |name: &str| {
                if cfg!(windows) { name.eq_ignore_ascii_case(key.name) } else { name.bytes().eq(capitals()) }
            };
            let Some((_, text)) = ours.iter().find(|(name, _)| is_it(name)) else { continue };
            match layer::from_text(key, text) {
                Ok(value) => layer.set(key.name, value),
                Err(why) => {
                    let message = format!("BRIDGELINE_{}: {why}", key.name.to_ascii_uppercase());
                    self.warnings.push(Warning { file: None, line: 0, message });
                }
            }
        }
        layer
    }

    /// The preset lies just above the defaults, whoever names it.
    fn add_preset(&mut self) {
        let chosen = |layer: &Layer| match layer.get("", "preset") {
            Some(Value::Text(name)) => Some(name.clone()),
            _ => None,
        };
        let theme = |layer: &Layer| match layer.get("", "theme") {
            Some(Value::Text(name)) => Some(name.clone()),
            _ => None,
        };
        let said = |of: &dyn Fn(&Layer) -> Option<Cow<'static, str>>| {
            self.named.iter().skip(1).rev().find_map(|(_, layer)| of(layer))
        };
        let name = match said(&chosen) {
            Some(name) => name,
            // A theme made for a preset brings it along.
            None => {
                said(&theme).filter(|theme| embedded::preset(theme).is_some()).unwrap_or("default".into())
            }
        };
        let (name, layer) = match embedded::preset(&name) {
            Some(layer) => (name.into_owned(), layer),
            None => {
                let hint = suggest::did_you_mean(&name, embedded::PRESETS.iter().map(|(name, _)| *name));
                let message = format!("preset {name}: not found{hint}; the default is used");
                self.warnings.push(Warning { file: None, line: 0, message });
                ("default".to_owned(), embedded::preset("default").expect("it is embedded"))
            }
        };
        self.named.insert(1, (Source::Preset(name), Cow::Borrowed(layer)));
    }
}

impl<'a> Stack<'a> {
    /// What the program brings.
    pub fn of_defaults() -> Stack<'static> {
        Stack(vec![&embedded::DEFAULT, embedded::preset("classic").expect("it is embedded")])
    }

    /// With a further layer on top.
    #[must_use]
    pub fn with(&self, layer: &'a Layer) -> Stack<'a> {
        Stack(self.0.iter().copied().chain([layer]).collect())
    }

    /// What a key is set to.
    pub fn get(&self, table: &str, key: &str) -> Option<&'a Value> {
        self.0.iter().rev().find_map(|layer| layer.get(table, key))
    }

    /// What a key of a segment is set to, for itself or for its kind.
    pub fn of_segment(&self, name: &str, key: &str) -> Option<&'a Value> {
        let kind = self.kind(name).map_or(name, |kind| kind.name);
        self.get(name, key).or_else(|| self.get(kind, key))
    }

    /// The kind of a segment: that which it names, else that of its own name.
    pub fn kind(&self, segment: &str) -> Option<&'static Kind> {
        match self.get(segment, "kind") {
            Some(Value::Text(kind)) => segment::find(kind),
            _ => segment::find(segment),
        }
    }

    pub(super) fn text(&self, table: &str, key: &str) -> Cow<'static, str> {
        match self.get(table, key) {
            Some(Value::Text(text)) => text.clone(),
            _ => Cow::Borrowed(""),
        }
    }

    pub(super) fn list(&self, table: &str, key: &str) -> &'a [Cow<'static, str>] {
        match self.get(table, key) {
            Some(Value::List(list)) => list,
            _ => &[],
        }
    }

    pub(super) fn number(&self, table: &str, key: &str) -> Option<u32> {
        match self.get(table, key) {
            Some(Value::Number(number)) => Some(*number),
            _ => None,
        }
    }

    /// How a segment is configured. `None` when there is no such segment.
    pub fn settings(&self, name: &str) -> Option<Settings> {
        let kind = self.kind(name)?;
        // A segment with a name of its own is its kind with differences.
        let tables = if name == kind.name { &[kind.name][..] } else { &[kind.name, name] };
        let tables: Vec<_> =
            tables.iter().flat_map(|table| self.0.iter().filter_map(|layer| layer.table(table))).collect();
        let find = |key: &str| tables.iter().rev().find_map(|table| table.get(key));
        let text = |key: &str| match find(key) {
            Some(Value::Text(text)) => Some(text.clone()),
            _ => None,
        };
        let list = |key: &str| match find(key) {
            Some(Value::List(list)) => list.as_ref(),
            _ => &[],
        };
        // Steps belong to the forms that they were written for.
        let with_format = tables.iter().rposition(|table| table.get("format").is_some()).unwrap_or(0);
        let steps = tables[with_format..].iter().rev().find_map(|table| table.get("steps"));
        let steps = match steps {
            Some(Value::List(steps)) => steps.iter().filter_map(|step| step.parse::<u8>().ok()).collect(),
            _ => Vec::new(),
        };
        let threshold = |text: &Cow<'static, str>| {
            let (at, role) = text.split_once(' ')?;
            Some(Threshold { at: at.parse().ok()?, role: check::role_of(role, kind)? })
        };
        let mut thresholds: Vec<Threshold> = list("thresholds").iter().filter_map(threshold).collect();
        thresholds.sort_by(|a, b| a.at.total_cmp(&b.at));
        let option = |own: &segment::OwnKey| match find(own.name) {
            Some(Value::Text(text)) => Some((own.name, text.clone())),
            _ => None,
        };
        Some(Settings {
            own_name: (name != kind.name).then(|| name.into()),
            kind,
            priority: match find("priority") {
                Some(Value::Number(priority)) => u8::try_from(*priority).unwrap_or(u8::MAX),
                _ => 0,
            },
            formats: list("format").to_vec(),
            steps,
            prefix: text("prefix").unwrap_or_default(),
            icon: text("icon"),
            role: text("role").and_then(|role| segment::Role::find(&role)),
            thresholds,
            hide_when: list("hide_when").iter().filter_map(|text| Condition::parse(text)).collect(),
            options: kind.keys.iter().filter_map(option).collect(),
        })
    }

    /// The rows, and what was too much for them. What a render is made of is bounded here, whoever has
    /// written the config.
    fn rows(&self) -> (Vec<Row>, Option<Warning>) {
        let prefixes = self.list("", "prefix");
        let mut left = MAX_WEIGHT;
        let mut excess = None;
        let mut settings = |name: &str, number: usize| {
            if excess.is_some() {
                return None;
            }
            let found = self.settings(name)?;
            match left.checked_sub(found.weight()) {
                Some(rest) => left = rest,
                None => excess = Some((name.to_owned(), number)),
            }
            excess.is_none().then_some(found)
        };
        let texts = self.list("", "rows").iter().chain(self.list("", "extra_rows"));
        let mut rows = Vec::new();
        for (number, text) in texts.enumerate() {
            let mut groups = Vec::new();
            for group in row::parse(text) {
                let names = group.names.into_iter();
                let segments: Vec<Settings> = names.filter_map(|name| settings(name, number + 1)).collect();
                if !segments.is_empty() {
                    groups.push(Group { side: group.side, segments });
                }
            }
            let prefix = match prefixes {
                [one] => one.as_ref(),
                several => several.get(number).map_or("", |prefix| prefix),
            };
            rows.push(Row { prefix: Text::new(prefix), groups });
        }
        let warning = excess.map(|(name, row)| {
            let message = format!(
                "rows: too much for a line: {name} in row {row} and what follows are left out; at most \
                 {MAX_SEGMENTS} segments, fewer where their formats and conditions are long"
            );
            Warning { file: None, line: 0, message }
        });
        (rows, warning)
    }
}
