//! The configuration of the line: the built-in files, the user's file, the project's, the environment and the
//! flags, each over the one before. It names a theme, but does not depend on any.

mod check;
pub mod embedded;
pub mod key;
pub mod layer;
mod layers;
pub mod row;
pub mod schema;
pub mod stack;
pub mod terminal;
pub mod value;

use std::borrow::Cow;
use std::path::{Path, PathBuf};

use crate::agent::{self, Status, model_name};
use crate::base::env::Env;
use crate::base::text::Text;
use crate::base::warning::Warning;
use crate::base::width;
use crate::layout::{Decor, GroupStyle, Side};
use crate::segment::{Cx, Icons, Settings};
use crate::session::appearance::Appearance;
use crate::snapshot::Snapshot;
use crate::spending::budget::Budget;
use crate::store::Paths;
use crate::theme::{self, CacheWrite, Depth, Theme};

use layer::Layer;
use stack::Stack;
use value::KeyValue;

pub use layers::{LayerSource, Layers};

/// The flags about looks.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Flags {
    /// Keys of config that they set.
    pub layer: Layer,
    /// `--width COLUMNS`: it can only narrow the agent's width.
    pub width: Option<usize>,
    /// `--agent NAME`: the agent that sent the payload.
    pub agent: Option<String>,
}

/// A call of the program: its environment, its files, and the flags for keys of config.
#[derive(Clone)]
pub struct Invocation {
    pub env: Env,
    pub paths: Paths,
    pub flags: Flags,
}

impl Invocation {
    pub fn new(env: Env, flags: Flags) -> Self {
        Invocation { paths: Paths::new(&env), env, flags }
    }

    /// The same with one more flag.
    #[must_use]
    pub fn with(&self, key: &'static str, value: KeyValue) -> Self {
        let mut call = self.clone();
        call.flags.layer.set(key, value);
        call
    }

    /// Reads a payload as that of the agent named by flags or `BRIDGELINE_AGENT`, else of the agent detected. `None` if
    /// it is invalid.
    pub fn status(&self, payload: &str) -> Option<Status> {
        let agent = self.flags.agent.clone().or_else(|| self.env.var("BRIDGELINE_AGENT"));
        agent::read_as(payload, agent.as_deref())
    }
}

/// The folder that may hold a project's config: the one that the agent was started in, else its working directory.
pub fn project(status: &Status) -> Option<PathBuf> {
    let folder = status.project_dir.as_deref().or(status.cwd.as_deref())?;
    Some(PathBuf::from(folder)).filter(|folder| folder.is_absolute())
}

/// The configuration of the line, with everything decided that depends on the terminal.
pub struct Config {
    /// Rows from the top.
    pub rows: Vec<Row>,
    pub decor: Decor,
    pub icons: Icons,
    gradient: bool,
    pub theme: Theme,
    /// Write to make after the line is out. `None` if the theme came from the cache.
    pub theme_cache_write: Option<CacheWrite>,
    pub depth: Depth,
    /// Columns that a row may take.
    pub width: usize,
    /// Names of the kinds of segments that are links.
    links: Vec<Cow<'static, str>>,
    /// The user's own names of models, by id or name.
    model_names: Vec<(Cow<'static, str>, Cow<'static, str>)>,
    pub budgets: Vec<Budget>,
    /// The last row ends in a line break.
    pub newline: bool,
    /// One for each part that was left out.
    pub warnings: Vec<Warning>,
    pub reasons: Reasons,
}

/// For each choice that config can leave to the terminal: the variable that decided it, or why none did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reasons {
    pub theme: &'static str,
    pub depth: &'static str,
    pub icons: &'static str,
    pub width: &'static str,
    pub links: &'static str,
}

/// A row of the line.
pub struct Row {
    /// Text before the first group.
    pub prefix: Text,
    /// Groups from the left.
    pub groups: Cow<'static, [Group]>,
}

/// Segments that belong together.
#[derive(Clone)]
pub struct Group {
    pub side: Side,
    segments: Cow<'static, [Cow<'static, Settings>]>,
}

impl Group {
    /// Its segments, in order.
    pub fn segments(&self) -> impl Iterator<Item = &Settings> {
        self.segments.iter().map(Cow::as_ref)
    }
}

impl Config {
    /// Resolves the layers. If the theme is `auto`, `appearance` gives the background.
    #[inline(never)]
    pub fn new(layers: Layers, call: &Invocation, appearance: impl FnOnce() -> Option<Appearance>) -> Self {
        let Invocation { env, paths, flags } = call;
        let stack = layers.stack();
        let (rows, excess) = layers.rows();
        let text = |key: &str| stack.text(key);
        let (theme, theme_by) = theme_name(&stack, env, appearance);
        let (theme, theme_cache_write) = theme::find_cached(&theme, paths.themes.as_deref(), paths.state.as_deref());
        let (depth, depth_by) = terminal::depth(&text("color"), theme.look.depth, env);
        // Bands need colours.
        let has_bands = depth != Depth::None && theme.look.has_colors();
        let style = match text("style").as_ref() {
            "powerline" if has_bands => GroupStyle::Powerline,
            "capsule" if has_bands => GroupStyle::Capsule,
            _ => GroupStyle::Plain,
        };
        let number = |key: &str| stack.number(key).expect("default.toml sets it");
        let width = terminal::Width {
            flag: flags.width,
            most: stack.number("width"),
            margin: number("margin"),
            fallback: number("fallback_width"),
        };
        let set = |key: &str| Icons::ALL.iter().find(|(name, _)| *name == text(key)).map(|(_, icons)| *icons);
        let configured = set("icons").map(|icons| (icons, "icons from the config"));
        let (icons, icons_by) = configured.unwrap_or_else(|| terminal::icons(env));
        let (width, width_by) = width.columns(env);
        let decor = Decor {
            style,
            separator: Text::new(text("separator")),
            gap: Text::new(text("gap")),
            padding: number("padding"),
            edges: set("edges").unwrap_or(icons),
        };
        width::set_ambiguous_is_wide(number("ambiguous_width") == 2);
        let model_names = match stack.get("", "model_names") {
            Some(KeyValue::Names(names)) => names.to_vec(),
            _ => Vec::new(),
        };
        let budgets = match stack.get("", "budget") {
            Some(KeyValue::Budgets(budgets)) => budgets.to_vec(),
            _ => Vec::new(),
        };
        let (links, links_by) = links(&stack, env, depth);
        let is_set = |key: &str| stack.get("", key) == Some(&KeyValue::Bool(true));
        let [gradient, newline] = ["gradient", "newline"].map(is_set);
        let mut warnings = layers.warnings;
        warnings.extend(excess);
        warnings.extend(theme.warnings.iter().cloned());
        Config {
            rows,
            decor,
            icons,
            gradient,
            width,
            depth,
            links,
            model_names,
            budgets,
            newline,
            theme,
            theme_cache_write,
            warnings,
            reasons: Reasons { theme: theme_by, depth: depth_by, icons: icons_by, width: width_by, links: links_by },
        }
    }

    /// Reads and resolves all layers.
    pub fn load(call: &Invocation, project: Option<&Path>) -> Self {
        Config::of(Layers::read(call, project), call)
    }

    /// Resolves the layers for a run that remembers no background.
    pub fn of(layers: Layers, call: &Invocation) -> Self {
        Config::new(layers, call, || Appearance::look_up(&call.env, call.paths.state.as_deref()))
    }

    /// With the width in the payload, if the environment has none.
    #[must_use]
    pub fn for_host(mut self, status: &Status, env: &Env) -> Self {
        let told = status.columns.filter(|columns| *columns > 0 && !env.has("COLUMNS"));
        let is_guess = self.reasons.width == terminal::FALLBACK;
        if let Some(columns) = told.filter(|columns| is_guess || *columns < self.width) {
            (self.width, self.reasons.width) = (columns, "the payload");
        }
        self
    }

    /// The context that a segment is computed in.
    pub fn cx<'a>(&'a self, snapshot: &'a Snapshot, settings: &'a Settings) -> Cx<'a> {
        Cx {
            snapshot,
            settings,
            icons: self.icons,
            has_track: self.theme.look.has_track(self.depth),
            gradient: self.gradient,
            columns: self.width,
            links: self.has_links(settings.kind.name),
            budgets: &self.budgets,
            model_names: &self.model_names,
        }
    }

    /// Segments of this kind are links.
    pub fn has_links(&self, kind: &str) -> bool {
        self.links.iter().any(|name| name == kind)
    }

    /// The user's own name for a model, by its id, else a short one.
    pub fn model_name(&self, id: &str) -> String {
        let name = model_name::short(id);
        model_name::own(&self.model_names, Some(id), &name).unwrap_or(&name).to_owned()
    }
}

/// All mistakes in config and themes, including the user's themes that are not in use.
pub fn mistakes(layers: &Layers, paths: &Paths) -> Vec<Warning> {
    let folder = paths.themes.as_deref();
    mistakes_beside(layers, Theme::all(folder), folder)
}

/// The same for these themes, including those of a folder.
pub fn mistakes_beside(layers: &Layers, themes: Vec<Theme>, folder: Option<&Path>) -> Vec<Warning> {
    let (stack, (_, excess)) = (layers.stack(), layers.rows());
    let mut all: Vec<Warning> = layers.warnings.iter().cloned().chain(excess).collect();
    for key in key::THEMES {
        let name = stack.text(key);
        if name != "auto" && themes.iter().all(|theme| theme.name != name) {
            all.push(layers.mistake(key, theme::not_found(&name, folder)));
        }
    }
    all.extend(themes.into_iter().flat_map(|theme| theme.warnings));
    all.sort();
    // Mistakes in a theme that others inherit from occur in each of them.
    all.dedup();
    all
}

/// The segments to print as links, and why.
fn links(stack: &Stack, env: &Env, depth: Depth) -> (Vec<Cow<'static, str>>, &'static str) {
    let mut links = stack.texts("links").to_vec();
    if links.iter().all(|word| word != "auto") {
        return (links, "links from the config");
    }
    let (takes_links, why) = terminal::links(env, depth);
    links.extend(key::LINKS.iter().filter(|_| takes_links).map(|word| Cow::Borrowed(*word)));
    (links, why)
}

/// The name of the theme, and what decided it.
pub fn theme_name(
    stack: &Stack, env: &Env, appearance: impl FnOnce() -> Option<Appearance>,
) -> (Cow<'static, str>, &'static str) {
    let name = stack.text("theme");
    if name != "auto" {
        return (name, "theme from the config");
    }
    let told = appearance().map(|told| match told.by_agent {
        true => (told.is_light, "matches the agent's own theme"),
        false => (told.is_light, "matches the terminal's last answer"),
    });
    let (key, why) = match told.or_else(|| Some((terminal::is_light(env)?, "from COLORFGBG"))) {
        Some((true, why)) => ("theme_light", why),
        Some((false, why)) => ("theme_dark", why),
        // Text in the terminal's own colours is readable on any background.
        None if stack.text("style") == "plain" => {
            return (theme::NEUTRAL.into(), "terminal background unknown");
        }
        None => ("theme_dark", "terminal background unknown; bands bring their own"),
    };
    (stack.text(key), why)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::UNIX_EPOCH;

    fn config(flags: &str, vars: &[(&'static str, &str)]) -> Config {
        let env = Env::fixed(UNIX_EPOCH, vars.iter().map(|(key, value)| (*key, value.into())));
        let (layer, mistakes) = layer::parse(flags);
        assert_eq!(mistakes, []);
        Config::load(&Invocation::new(env, Flags { layer, ..Flags::default() }), None)
    }

    fn segments(config: &Config) -> impl Iterator<Item = &Settings> {
        config.rows.iter().flat_map(|row| row.groups.iter()).flat_map(Group::segments)
    }

    fn kinds(config: &Config) -> Vec<&str> {
        segments(config).map(|settings| settings.kind.name).collect()
    }

    #[test]
    fn every_preset_has_rows() {
        for preset in embedded::PRESETS {
            let config = config(&format!("preset = \"{}\"", preset.name), &[]);
            assert_eq!(config.warnings, [], "{}", preset.name);
            assert!(kinds(&config).len() >= 3, "{}", preset.name);
            assert!(segments(&config).all(|settings| !settings.formats.is_empty()), "{}", preset.name);
        }
    }

    #[test]
    fn the_full_preset_has_every_segment() {
        let config = config("preset = \"full\"", &[]);
        let shown = kinds(&config);
        for kind in crate::segment::ALL {
            let of_ones_own = matches!(kind.name, "age" | "env" | "text" | "command" | "classic");
            assert!(of_ones_own || shown.contains(&kind.name), "{}", kind.name);
        }
    }

    #[test]
    fn a_theme_changes_no_numbers_and_its_former_name_is_warned_of() {
        let check = |flags: &str, kind: &str, theme: &str, warnings: usize| {
            let config = config(flags, &[]);
            assert_eq!((kinds(&config)[0], config.theme.name.as_ref()), (kind, theme), "{flags}");
            assert_eq!(config.warnings.len(), warnings, "{:?}", config.warnings);
        };
        check("theme = \"node\"", "model", "node", 0);
        check("preset = \"classic\"", "classic", "node", 0);
        check("preset = \"classic\"\ntheme = \"nord\"", "classic", "nord", 0);
        check("theme = \"classic\"", "classic", "node", 1);
        check("theme = \"classic\"\npreset = \"default\"", "model", "node", 1);
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
                "preset defalt: not found; did you mean default?"
            ]
        );
        assert_eq!(kinds(&config)[0], "model");
    }

    #[test]
    fn steps_belong_to_their_forms() {
        let steps = |flags: &str| {
            let config = config(&format!("rows = \"context\"\n{flags}"), &[]);
            config.rows[0].groups[0].segments[0].steps.to_vec()
        };
        assert_eq!(steps(""), [1, 2, 6, 39, 95]);
        assert_eq!(steps("[segments.context]\nformat = [\"{used} used\", \"{used}\"]"), Vec::<u8>::new());
        assert_eq!(steps("[segments.context]\nsteps = [1]"), [1]);
    }

    #[test]
    fn thresholds_of_a_budget_are_in_percent_of_it() {
        let bounds = |name: &str, flags: &str| {
            let config = config(&format!("rows = \"{name}\"\n[segments.{name}]\n{flags}"), &[]);
            let thresholds = config.rows[0].groups[0].segments[0].thresholds.iter();
            thresholds.map(|threshold| threshold.at).collect::<Vec<_>>()
        };
        assert_eq!(bounds("cost", ""), [5.0, 10.0, 50.0]);
        for name in ["cost", "today", "block"] {
            assert_eq!(bounds(name, "budget = 20"), [75.0, 90.0, 100.0]);
            let own = "budget = 20\nthresholds = [{ at = 40, role = \"danger\" }]";
            assert_eq!(bounds(name, own), [40.0]);
        }
    }

    #[test]
    fn a_segment_of_ones_own_is_its_kind_with_differences() {
        let config = config("rows = \"x\"\n[segments.x]\nkind = \"cost\"\npriority = 7", &[]);
        let settings = &config.rows[0].groups[0].segments[0];
        assert_eq!((settings.kind.name, settings.priority, settings.thresholds.len()), ("cost", 7, 3));
    }
}
