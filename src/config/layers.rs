//! The built-in files, the user's file, the project's, the environment and the flags, each over the one before,
//! and their mistakes.

use std::borrow::Cow;
use std::fmt;
use std::path::{Path, PathBuf};

use super::check::{self, Author};
use super::embedded::{self, Preset};
use super::key::KEYS;
use super::layer::{self, Layer};
use super::row::{self, MAX_SEGMENTS};
use super::stack::Stack;
use super::value::KeyValue;
use super::{Flags, Group, Invocation, Row};
use crate::base::env::Env;
use crate::base::suggest;
use crate::base::text::Text;
use crate::base::warning::Warning;
use crate::segment::Settings;
use crate::store::{self, Absent, Trust};
use crate::theme;

/// The origin of a value, in rising order of precedence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LayerSource {
    Default,
    Preset(String),
    File(PathBuf),
    Environment,
    Flags,
}

impl fmt::Display for LayerSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            LayerSource::Default => f.write_str("default"),
            LayerSource::Preset(name) => write!(f, "preset {name}"),
            LayerSource::File(path) => write!(f, "{}", path.display()),
            LayerSource::Environment => f.write_str("environment"),
            LayerSource::Flags => f.write_str("flag"),
        }
    }
}

/// Files, environment and flags, before they are put together.
#[derive(Clone)]
pub struct Layers {
    /// The default file, the preset, and the layers above these.
    named: Vec<(LayerSource, Cow<'static, Layer>)>,
    preset: &'static Preset,
    pub warnings: Vec<Warning>,
}

/// Maximum size of a config file in bytes.
const MAX_FILE: u64 = 64 * 1024;

/// Maximum size of a project's file in bytes: the user may never have seen it.
const MAX_PROJECT_FILE: u64 = 16 * 1024;

/// Maximum weight of all rows, by [`Settings::weight`]; the fullest preset has 2,000.
const MAX_WEIGHT: usize = MAX_SEGMENTS * Settings::LEAST_WEIGHT;

/// Name of a project's file.
const PROJECT_FILE: &str = ".bridgeline.toml";

impl Layers {
    /// Reads all of them. `project` is the folder that may hold a project's file.
    pub fn read(call: &Invocation, project: Option<&Path>) -> Self {
        let Invocation { env, paths, flags } = call;
        let mut layers = Layers::built_in_only();
        if let Some(path) = &paths.config {
            layers.add_file(path.clone(), Author::User);
        }
        if let Some(project) = project {
            layers.add_file(project.join(PROJECT_FILE), Author::Project);
        }
        let environment = layers.environment(env);
        if environment != Layer::default() {
            layers.named.push((LayerSource::Environment, Cow::Owned(environment)));
        }
        layers.under(flags)
    }

    /// The user's file with this text, without project and environment, and the flags above it: for an editor.
    pub fn of_text(path: &Path, text: &str, flags: &Flags) -> Self {
        let mut layers = Layers::built_in_only();
        layers.add_text(path, text, Author::User);
        layers.under(flags)
    }

    fn built_in_only() -> Self {
        let mut named = Vec::with_capacity(6);
        named.push((LayerSource::Default, Cow::Borrowed(&embedded::DEFAULT)));
        Layers { named, preset: embedded::default_preset(), warnings: Vec::new() }
    }

    /// With the flags on top, and the preset above the defaults, whichever layer names it.
    fn under(mut self, flags: &Flags) -> Self {
        if flags.layer != Layer::default() {
            self.add_checked(LayerSource::Flags, &flags.layer, Author::User);
        }
        self.preset = self.chosen_preset();
        let preset = (LayerSource::Preset(self.preset.name.to_owned()), Cow::Borrowed(&self.preset.layer));
        self.named.insert(1, preset);
        self
    }

    /// The same for a prompt or a list: the prompt's own defaults lie above the preset, and `row`, else
    /// `prompt_rows`, replaces all rows. `color` replaces `auto`, for output that does not go to the terminal directly.
    #[must_use]
    pub fn for_prompt(mut self, row: Option<String>, color: Option<&'static str>) -> Self {
        let source = || LayerSource::Preset("prompt".to_owned());
        self.named.insert(2, (source(), Cow::Borrowed(&embedded::PROMPT)));
        let stack = self.stack();
        let mut layer = Layer::default();
        let row = row.map(|row| KeyValue::texts([row]));
        if let Some(rows) = row.or_else(|| stack.get("", "prompt_rows").cloned()) {
            layer.set("rows", rows);
        }
        for key in ["extra_rows", "prefix"] {
            layer.set(key, KeyValue::Texts(Cow::Borrowed(&[])));
        }
        layer.set("margin", KeyValue::Number(0));
        if let Some(color) = color.filter(|_| stack.text("color") == "auto") {
            layer.set("color", KeyValue::text(color));
        }
        self.named.push((source(), Cow::Owned(layer)));
        self
    }

    /// The name of the preset.
    pub fn preset(&self) -> &'static str {
        self.preset.name
    }

    /// All layers with their origins, the lowest first.
    pub fn named(&self) -> impl DoubleEndedIterator<Item = (&LayerSource, &Layer)> {
        self.named.iter().map(|(source, layer)| (source, layer.as_ref()))
    }

    /// All layers.
    pub fn stack(&self) -> Stack<'_> {
        Stack(self.named.iter().map(|(_, layer)| layer.as_ref()).collect())
    }

    /// Layers above the preset.
    fn above(&self) -> impl Iterator<Item = &Layer> {
        self.named.iter().skip(2).map(|(_, layer)| layer.as_ref())
    }

    fn add_file(&mut self, path: PathBuf, author: Author) {
        let most = if author == Author::Project { MAX_PROJECT_FILE } else { MAX_FILE };
        match store::read_text(&path, Trust::Lenient, most) {
            Ok(text) => self.add_text(&path, &text, author),
            Err(Absent::Missing) => {}
            // As made by `touch`.
            Err(Absent::Invalid(store::EMPTY)) => self.add_text(&path, "", author),
            Err(absent) => {
                let message = format!("ignored: the file is {absent}");
                self.warnings.push(Warning { file: Some(path), message, line: 0 });
            }
        }
    }

    fn add_text(&mut self, path: &Path, text: &str, author: Author) {
        let before = self.warnings.len();
        let (layer, mistakes) = layer::parse(text);
        self.warnings.extend(mistakes);
        self.add_checked(LayerSource::File(path.to_path_buf()), &layer, author);
        let warnings = &mut self.warnings[before..];
        warnings.iter_mut().for_each(|warning| warning.file = Some(path.to_path_buf()));
        warnings.sort_by_key(|warning| warning.line);
    }

    fn add_checked(&mut self, source: LayerSource, layer: &Layer, author: Author) {
        let (layer, mistakes) = check::check(layer, &self.stack(), author);
        self.warnings.extend(mistakes);
        self.named.push((source, Cow::Owned(layer)));
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
            match key.takes.read_text(text) {
                Ok(value) => layer.set(key.name, value),
                Err(why) => {
                    let message = format!("BRIDGELINE_{}: {why}", key.name.to_ascii_uppercase());
                    self.warnings.push(message.into());
                }
            }
        }
        layer
    }

    /// The preset that the highest layer names.
    fn chosen_preset(&mut self) -> &'static Preset {
        let named = |key: &str| self.named.iter().skip(1).rev().find_map(|(_, layer)| layer.get("", key));
        let is_classic = matches!(named("theme"), Some(KeyValue::Text(name)) if name == theme::CLASSIC);
        let preset = match named("preset") {
            Some(KeyValue::Text(name)) => Some(name.clone()),
            _ => is_classic.then_some(Cow::Borrowed(theme::CLASSIC)),
        };
        if is_classic {
            let message = "theme classic: now use preset = \"classic\" for its line, theme = \"node\" for its colours";
            self.warnings.push(self.mistake("theme", message.to_owned()));
        }
        let Some(name) = preset else { return embedded::default_preset() };
        embedded::preset(&name).unwrap_or_else(|| {
            let hint = suggest::did_you_mean(&name, embedded::PRESETS.iter().map(|preset| preset.name));
            let message = format!("preset {name}: not found{hint}");
            self.warnings.push(self.mistake("preset", message));
            embedded::default_preset()
        })
    }

    /// A mistake in the value of a key at the top, with its place if that is in a file.
    pub fn mistake(&self, key: &str, message: String) -> Warning {
        let entry =
            |layer: &Layer| layer.table("")?.entries.iter().find(|entry| entry.key == key).map(|entry| entry.line);
        match self.named().rev().find_map(|(source, layer)| Some((source, entry(layer)?))) {
            Some((LayerSource::File(path), line)) => Warning { file: Some(path.clone()), line, message },
            _ => message.into(),
        }
    }

    /// The settings of a segment; those of the built-in files if no layer above mentions it.
    fn settings(&self, stack: &Stack, name: &str) -> Option<Cow<'static, Settings>> {
        let is_unchanged = |settings: &&Settings| {
            let kind = settings.kind.name;
            !self.above().any(|layer| layer.table(name).or_else(|| layer.table(kind)).is_some())
        };
        match self.preset.settings(name).filter(is_unchanged) {
            Some(built_in) => Some(Cow::Borrowed(built_in)),
            None => stack.settings(name).map(Cow::Owned),
        }
    }

    /// The rows, and a warning if there are too many. This bounds the work of a render for any config.
    pub fn rows(&self) -> (Vec<Row>, Option<Warning>) {
        let stack = self.stack();
        let prefixes = stack.texts("prefix");
        let row = |(number, groups)| {
            let prefix = if let [one] = prefixes { Some(one) } else { prefixes.get(number) };
            Row { prefix: prefix.map_or(Text::fixed(""), |prefix| Text::new(prefix.as_ref())), groups }
        };
        let sets_rows = |layer: &Layer| {
            ["rows", "extra_rows"].iter().any(|key| layer.get("", key).is_some())
                || layer.tables.iter().any(|table| !table.name.is_empty())
        };
        if !self.above().any(sets_rows) {
            let rows = self.preset.rows.iter().map(|groups| Cow::Borrowed(*groups));
            return (rows.enumerate().map(row).collect(), None);
        }
        let mut left = MAX_WEIGHT;
        let mut excess = None;
        let mut settings = |name: &str, number: usize| {
            if excess.is_some() {
                return None;
            }
            let found = self.settings(&stack, name)?;
            match left.checked_sub(found.weight()) {
                Some(rest) => left = rest,
                None => excess = Some((name.to_owned(), number)),
            }
            excess.is_none().then_some(found)
        };
        let texts = stack.texts("rows").iter().chain(stack.texts("extra_rows"));
        let rows = texts.enumerate().map(|(number, text)| {
            let group = |group: row::GroupNames| {
                let names = group.names.into_iter();
                let segments = names.filter_map(|name| settings(name, number + 1)).collect::<Cow<_>>();
                (!segments.is_empty()).then_some(Group { side: group.side, segments })
            };
            (number, row::parse(text).into_iter().filter_map(group).collect())
        });
        let rows = rows.map(row).collect();
        let warning = excess.map(|(name, row)| {
            let message = format!(
                "rows: too many segments: {name} in row {row} and all after it are left out; at most {MAX_SEGMENTS}, \
                 fewer if their formats and conditions are long"
            );
            message.into()
        });
        (rows, warning)
    }
}
