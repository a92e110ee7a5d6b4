//! How the line shall look: what the program brings, the user's file, the project's, the environment and
//! the flags say so, each over the one before. Names a theme; knows none.

mod check;
pub mod embedded;
pub mod key;
pub mod layer;
pub mod row;
pub mod schema;
mod terminal;

use std::borrow::Cow;
use std::fmt;
use std::path::{Path, PathBuf};

use crate::agent::Status;
use crate::env::Env;
use crate::input::appearance::Appearance;
use crate::layout::{Decor, Side, Style};
use crate::paint::{self, Depth, Theme, Unkept};
use crate::segment::{self, Condition, Cx, Icons, Kind, Settings, Threshold};
use crate::snapshot::Snapshot;
use crate::store::{self, Absent, Paths, Trust};
use crate::suggest;
use crate::text::Text;

use check::Author;
use key::KEYS;
use layer::{Layer, Mistake, Value};

/// What the command line says about the looks.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Flags {
    /// Keys of config that it sets.
    pub layer: Layer,
    /// `--width COLUMNS`: it can narrow what the host has.
    pub width: Option<usize>,
    /// `--agent NAME`: whose payload it is.
    pub agent: Option<String>,
}

/// How the line shall look.
pub struct Config {
    /// Rows from the top.
    pub rows: Vec<Row>,
    /// What sets groups apart.
    pub decor: Decor,
    /// Which icons the font has.
    pub icons: Icons,
    /// The styles.
    pub theme: Theme,
    /// Where these are to be kept, when they have been read anew.
    pub unkept: Option<Unkept>,
    /// How many colours.
    pub depth: Depth,
    /// Columns that a row may take.
    pub width: usize,
    /// Segments that are links.
    links: Vec<Cow<'static, str>>,
    /// Whether the last row ends in a line break.
    pub newline: bool,
    /// What was wrong, one for each thing that was left out.
    pub warnings: Vec<Warning>,
    /// What has decided where config leaves it to the terminal.
    pub reasons: Reasons,
}

/// What has decided where config leaves it to the terminal: a variable, or why none has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reasons {
    /// About the theme.
    pub theme: &'static str,
    /// About the number of colours.
    pub depth: &'static str,
    /// About icons.
    pub icons: &'static str,
    /// About the columns of a row.
    pub width: &'static str,
}

/// A row: what it begins with, and its groups.
pub struct Row {
    /// Text before everything else.
    pub prefix: Text,
    /// Groups from the left.
    pub groups: Vec<Group>,
}

/// Segments that belong together.
pub struct Group {
    /// Where in the row it stands.
    pub side: Side,
    /// Its segments.
    pub segments: Vec<Settings>,
}

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
#[expect(missing_docs, reason = "the names say it")]
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

    /// What counts where nobody says anything: the default, and the preset over it.
    pub fn brought(&self) -> Stack<'_> {
        let brought = |source: &Source| matches!(source, Source::Default | Source::Preset(_));
        Stack(self.named().filter(|(source, _)| brought(source)).map(|(_, layer)| layer).collect())
    }

    fn add_file(&mut self, path: PathBuf, author: Author) {
        let text = match store::read_text(&path, Trust::Lenient, MAX_FILE) {
            Ok(text) => text,
            Err(Absent::Missing) => return,
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
        for key in KEYS {
            let name = format!("BRIDGELINE_{}", key.name.to_ascii_uppercase());
            let Some(text) = env.var(&name) else { continue };
            match layer::from_text(key, &text) {
                Ok(value) => layer.set(key.name, value),
                Err(why) => {
                    let message = format!("{name}: {why}");
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

    fn text(&self, table: &str, key: &str) -> Cow<'static, str> {
        match self.get(table, key) {
            Some(Value::Text(text)) => text.clone(),
            _ => Cow::Borrowed(""),
        }
    }

    fn list(&self, table: &str, key: &str) -> &'a [Cow<'static, str>] {
        match self.get(table, key) {
            Some(Value::List(list)) => list,
            _ => &[],
        }
    }

    fn number(&self, table: &str, key: &str) -> Option<u32> {
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
        let option = |own: &segment::Own| match find(own.name) {
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

    fn rows(&self) -> Vec<Row> {
        let prefixes = self.list("", "prefix");
        let rows = self.list("", "rows").iter().chain(self.list("", "extra_rows"));
        let row = |(number, text): (usize, &Cow<'static, str>)| {
            let group = |group: row::Group| {
                let segments: Vec<Settings> =
                    group.names.iter().filter_map(|name| self.settings(name)).collect();
                (!segments.is_empty()).then_some(Group { side: group.side, segments })
            };
            let prefix = match prefixes {
                [one] => one.as_ref(),
                several => several.get(number).map_or("", |prefix| prefix),
            };
            Row {
                prefix: Text::new(prefix),
                groups: row::parse(text).into_iter().filter_map(group).collect(),
            }
        };
        rows.enumerate().map(row).collect()
    }
}

impl Config {
    /// Puts together what all layers say.
    /// Where the theme is `auto` and the terminal does not tell whether it is light, `agent_is_light` may.
    pub fn new(
        layers: Layers,
        flags: &Flags,
        env: &Env,
        paths: &Paths,
        agent_is_light: impl FnOnce() -> Option<bool>,
    ) -> Self {
        let stack = layers.stack();
        let rows = stack.rows();
        let text = |key: &str| stack.text("", key);
        let (theme, theme_by) = match text("theme").as_ref() {
            "auto" => match (terminal::is_light(env), agent_is_light) {
                (Some(true), _) => (text("theme_light"), "COLORFGBG says light"),
                (Some(false), _) => (text("theme_dark"), "COLORFGBG says dark"),
                (None, agent_is_light) => match agent_is_light() {
                    Some(true) => (text("theme_light"), "the agent's own theme is light"),
                    Some(false) => (text("theme_dark"), "the agent's own theme is dark"),
                    None => (text("theme_dark"), "nothing says light"),
                },
            },
            name => (Cow::Owned(name.to_owned()), "theme of config"),
        };
        let (theme, unkept) = paint::find_kept(&theme, paths.themes.as_deref(), paths.state.as_deref());
        let (depth, depth_by) = terminal::depth(&text("color"), theme.look.depth, env);
        let style = match text("style").as_ref() {
            // Bands are made of colours.
            _ if depth == Depth::None || !theme.look.has_colors() => Style::Plain,
            "powerline" => Style::Powerline,
            "capsule" => Style::Capsule,
            _ => Style::Plain,
        };
        let number = |key: &str| stack.number("", key).map(|number| number as usize);
        let width = terminal::Width {
            flag: flags.width,
            most: number("width"),
            margin: number("margin").unwrap_or(0),
            fallback: number("fallback_width").unwrap_or(80),
        };
        let set = |key: &str| Icons::ALL.iter().find(|(name, _)| *name == text(key)).map(|(_, icons)| *icons);
        let configured = set("icons").map(|icons| (icons, "icons of config"));
        let (icons, icons_by) = configured.unwrap_or_else(|| terminal::icons(env));
        let (width, width_by) = width.columns(env);
        let decor = Decor {
            style,
            separator: Text::new(text("separator")),
            gap: Text::new(text("gap")),
            padding: number("padding").unwrap_or(1),
            edges: set("edges").unwrap_or(icons),
        };
        let links = stack.list("", "links").to_vec();
        let newline = !matches!(stack.get("", "newline"), Some(Value::Bool(false)));
        let mut warnings = layers.warnings;
        let of_theme = |message: &String| Warning { file: None, line: 0, message: message.clone() };
        warnings.extend(theme.warnings.iter().map(of_theme));
        Config {
            rows,
            decor,
            icons,
            width,
            depth,
            links,
            newline,
            theme,
            unkept,
            warnings,
            reasons: Reasons { theme: theme_by, depth: depth_by, icons: icons_by, width: width_by },
        }
    }

    /// Reads and puts together.
    pub fn load(flags: &Flags, env: &Env, paths: &Paths, project: Option<&Path>) -> Self {
        let agent_is_light = || Appearance::new(env, None).is_light();
        Config::new(Layers::read(flags, env, paths, project), flags, env, paths, agent_is_light)
    }

    /// With the width that the agent itself tells, where the environment does not.
    #[must_use]
    pub fn for_host(mut self, status: &Status, env: &Env) -> Self {
        if let Some(columns) = status.columns.filter(|columns| *columns > 0 && !env.has("COLUMNS")) {
            self.reasons.width = if columns < self.width { "the payload" } else { self.reasons.width };
            self.width = self.width.min(columns);
        }
        self
    }

    /// What a segment of the line is made from.
    pub fn cx<'a>(&self, snapshot: &'a Snapshot, settings: &'a Settings) -> Cx<'a> {
        let links = self.links.iter().any(|name| name == settings.kind.name);
        Cx { snapshot, settings, icons: self.icons, columns: self.width, links }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::UNIX_EPOCH;

    fn config(flags: &str, vars: &[(&'static str, &str)]) -> Config {
        let env = Env::fixed(UNIX_EPOCH, vars.iter().map(|(key, value)| (*key, value.into())));
        let (layer, mistakes) = layer::parse(flags);
        assert_eq!(mistakes, []);
        Config::load(&Flags { layer, ..Flags::default() }, &env, &Paths::new(&env), None)
    }

    fn kinds(config: &Config) -> Vec<&str> {
        config
            .rows
            .iter()
            .flat_map(|row| &row.groups)
            .flat_map(|group| &group.segments)
            .map(|s| s.kind.name)
            .collect()
    }

    #[test]
    fn every_preset_has_rows() {
        for (name, _) in embedded::PRESETS {
            let config = config(&format!("preset = \"{name}\""), &[]);
            assert_eq!(config.warnings, [], "{name}");
            assert!(kinds(&config).len() >= 3, "{name}");
            assert!(
                config
                    .rows
                    .iter()
                    .flat_map(|row| &row.groups)
                    .flat_map(|group| &group.segments)
                    .all(|s| !s.formats.is_empty())
            );
        }
    }

    #[test]
    fn the_full_preset_has_every_segment() {
        let config = config("preset = \"full\"", &[]);
        let shown = kinds(&config);
        for kind in segment::ALL {
            let of_ones_own = matches!(kind.name, "age" | "env" | "text" | "command" | "classic");
            assert!(of_ones_own || shown.contains(&kind.name), "{}", kind.name);
        }
    }

    #[test]
    fn a_theme_of_a_presets_name_brings_it_and_a_preset_wins() {
        let first = |flags: &str| kinds(&config(flags, &[]))[0].to_owned();
        assert_eq!(first("theme = \"classic\""), "classic");
        assert_eq!(first("theme = \"mono\""), "model");
        assert_eq!(first("theme = \"classic\"\npreset = \"default\""), "model");
        assert_eq!(config("preset = \"classic\"", &[]).theme.name, "classic");
    }

    #[test]
    fn the_higher_layer_counts() {
        let vars = &[("BRIDGELINE_SEPARATOR", "/"), ("BRIDGELINE_PADDING", "3")];
        let config = config("separator = \"|\"", vars);
        assert_eq!((config.decor.separator.as_str(), config.decor.padding), ("|", 3));
    }

    #[test]
    fn what_is_wrong_is_reported_and_the_rest_counts() {
        let config = config("preset = \"defalt\"", &[("BRIDGELINE_STYLE", "fancy")]);
        let warnings: Vec<String> = config.warnings.iter().map(Warning::to_string).collect();
        assert_eq!(
            warnings,
            [
                "BRIDGELINE_STYLE: expected one of plain, powerline, capsule, found \"fancy\"",
                "preset defalt: not found; did you mean default?; the default is used"
            ]
        );
        assert_eq!(kinds(&config)[0], "model");
    }

    #[test]
    fn steps_belong_to_their_forms() {
        let steps = |flags: &str| {
            let config = config(&format!("rows = \"context\"\n{flags}"), &[]);
            config.rows[0].groups[0].segments[0].steps.clone()
        };
        assert_eq!(steps(""), [2, 10, 16, 65]);
        assert_eq!(steps("[segments.context]\nformat = [\"{used} used\", \"{used}\"]"), Vec::<u8>::new());
        assert_eq!(steps("[segments.context]\nsteps = [1]"), [1]);
    }

    #[test]
    fn a_segment_of_ones_own_is_its_kind_with_differences() {
        let config = config("rows = \"x\"\n[segments.x]\nkind = \"cost\"\npriority = 7", &[]);
        let settings = &config.rows[0].groups[0].segments[0];
        assert_eq!((settings.kind.name, settings.priority, settings.thresholds.len()), ("cost", 7, 3));
    }
}
