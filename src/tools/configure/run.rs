//! `bridgeline configure`: the user's config edited in a screen that shows the line as it will be.
//!
//! Fails loudly: where there is no terminal, where the file cannot be edited, and when a signal or the end of the
//! terminal ends it.
//! Whatever ends it, the terminal is given back as it was.

use std::io::{self, IsTerminal};

use anyhow::{Context, bail};
use ratatui::Terminal;
use ratatui::backend::CrosstermBackend;

use super::action::Effect;
use super::file::ConfigFile;
use super::model::Model;
use super::state::{Catalog, DEPTHS, Preview};
use super::{keys, painted, view};
use crate::agent;
use crate::base::env::Env;
use crate::base::format;
use crate::config::key::KEYS;
use crate::config::value::Value;
use crate::config::{Config, Flags, Invocation, Layers};
use crate::line;
use crate::session::cache;
use crate::snapshot::Snapshot;
use crate::snapshot::sample;
use crate::store::Paths;
use crate::theme::Theme;
use crate::tools::screen::{Screen, Woken};

/// Edits the user's config until the user leaves.
///
/// # Errors
/// There is no terminal; there is no home; the file cannot be read or is no TOML; the terminal fails; a
/// signal has ended it.
pub fn run(env: &Env) -> anyhow::Result<()> {
    if !io::stdin().is_terminal() || !io::stdout().is_terminal() {
        bail!("configure: needs a terminal to draw in; run it in one, or edit the config file by hand");
    }
    let paths = Paths::new(env);
    let path = paths.config.clone().context("configure: no home is known; set HOME or BRIDGELINE_CONFIG")?;
    let file = ConfigFile::read(&path).context("configure")?;
    let sessions = sessions(env, &paths);
    let catalog = Catalog {
        file: format::from_home(&path, env.home().as_deref()),
        themes: themes(&paths),
        sessions: sessions.iter().map(|(name, _)| name.clone()).collect(),
        notices: notices(env),
    };
    let columns = env.terminal_columns().unwrap_or(80);
    let mut model = Model::new(path, file.text(), catalog, columns);
    let preview = |model: &Model| preview(model, &sessions, env, &paths);
    let screen = Screen::enter().context("configure: the screen cannot be taken")?;
    edit(&mut model, file, &screen, preview).context("configure")
}

/// Shows, waits and does what the keys say, until the end.
fn edit(
    model: &mut Model,
    mut file: ConfigFile,
    screen: &Screen,
    preview: impl Fn(&Model) -> Preview,
) -> anyhow::Result<()> {
    let mut terminal = Terminal::new(CrosstermBackend::new(io::stdout())).context("the terminal")?;
    loop {
        model.state.preview = preview(model);
        terminal.draw(|frame| view::draw(frame, model)).context("the terminal")?;
        let Woken::By(event) = screen.wait(None).context("the terminal")? else {
            bail!(
                "ended from outside{}",
                if model.state.draft.is_changed() { "; changes were not saved" } else { "" }
            );
        };
        let Some(action) = keys::action(&event, model.is_typing()) else { continue };
        let effect = match model.update(action) {
            Some(Effect::Write(text)) => match file.write(&text) {
                Ok(()) => model.saved(),
                Err(err) => {
                    model.failed(format!("not saved: {err}"));
                    None
                }
            },
            effect => effect,
        };
        if effect == Some(Effect::Leave) {
            return Ok(());
        }
    }
}

/// The line as the text of the model configures it.
fn preview(model: &Model, sessions: &[(String, Snapshot)], env: &Env, paths: &Paths) -> Preview {
    let scene = &model.state.scene;
    let mut flags = Flags::default();
    if scene.depth > 0 {
        flags.layer.set("color", Value::text(DEPTHS[scene.depth]));
    }
    let layers = Layers::of_text(model.state.draft.path(), &model.previewed(), &flags);
    let most = match layers.stack().get("", "width") {
        Some(Value::Number(most)) => *most as usize,
        _ => usize::MAX,
    };
    let mut config = Config::of(layers, &Invocation { env: env.clone(), paths: paths.clone(), flags });
    config.width = scene.columns.min(most);
    let rows = sessions.get(scene.session).map(|(_, snapshot)| line::rows(snapshot, &config));
    let rows = rows.unwrap_or_default();
    Preview {
        rows: rows.iter().map(|row| painted::line(row, &config.theme.look, config.depth)).collect(),
        warnings: config.warnings.iter().map(ToString::to_string).collect(),
    }
}

/// Sessions for the preview, by name: the last one, then samples, a busy one first.
fn sessions(env: &Env, paths: &Paths) -> Vec<(String, Snapshot)> {
    let caches = paths.state.iter().flat_map(|state| cache::newest(state));
    let last = caches.into_iter().find_map(|cache| {
        let status = agent::read(cache.payload_text()?)?;
        let kept = (cache.history.clone(), cache.listings.clone());
        Some(("your last session".to_owned(), Snapshot::new(status, env, paths, kept)))
    });
    let mut samples: Vec<_> = sample::ALL.iter().map(|sample| (sample.name, sample.snapshot())).collect();
    samples.sort_by_key(|(name, _)| *name != "busy");
    last.into_iter()
        .chain(samples.into_iter().map(|(name, snapshot)| (format!("sample \"{name}\""), snapshot)))
        .collect()
}

fn themes(paths: &Paths) -> Vec<(String, String)> {
    let all = Theme::all(paths.themes.as_deref());
    all.into_iter().map(|theme| (theme.name.into_owned(), theme.about.into_owned())).collect()
}

/// Variables that override the file.
fn notices(env: &Env) -> Vec<String> {
    let variable = |name: &str| format!("BRIDGELINE_{}", name.to_ascii_uppercase());
    let set = KEYS.iter().map(|key| (key.name, variable(key.name))).filter(|(_, name)| env.has(name));
    set.map(|(key, name)| format!("{name} is set and counts more than {key} in the file")).collect()
}
