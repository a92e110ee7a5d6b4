//! `bridgeline configure`: edits the user's config full-screen, with a preview of the line.
//!
//! Fails loudly: without a terminal, if the file cannot be edited, and if a signal or the end of the terminal stops it.
//! However it ends, the terminal is restored.

use std::io::{self, Write};

use anyhow::{Context, bail};
use crossterm::event::{Event, MouseButton, MouseEvent, MouseEventKind};
use itertools::Itertools;
use ratatui::Terminal;
use ratatui::backend::CrosstermBackend;
use ratatui::layout::{Position, Rect};

use super::action::{Action, Effect};
use super::draw::Choice;
use super::model::Model;
use super::state::{Catalog, DEPTHS, Preview};
use super::{keys, painted, view};
use crate::base::env::Env;
use crate::base::format;
use crate::config::key::KEYS;
use crate::config::stack::Stack;
use crate::config::value::KeyValue;
use crate::config::{Config, Flags, Invocation, Layers, theme_name};
use crate::segment::{self, Cx, Format, Settings, Span};
use crate::session::appearance::Appearance;
use crate::snapshot::{Snapshot, sample};
use crate::theme::Theme;
use crate::tools::files::{self, Files};
use crate::tools::screen::{Screen, Woken, is_at_terminal};
use crate::tools::{install, preview};
use crate::{line, process};

/// Edits the user's config and themes until the user quits.
///
/// # Errors
/// There is no terminal or no home directory; the file cannot be read or is not TOML; the terminal fails; a signal
/// stops it.
pub fn run(call: &Invocation) -> anyhow::Result<()> {
    let Invocation { env, paths, .. } = call;
    if !is_at_terminal() {
        bail!("configure: not a terminal; run it in one, or use `bridgeline config edit`");
    }
    let path = files::config_path(paths).context("configure")?;
    let files = Files::read(paths).context("configure")?;
    let sessions = sessions(call);
    let catalog = Catalog {
        file: format::from_home(path, env.home().as_deref()),
        themes: Choice::all(Theme::all(paths.themes.as_deref()).into_iter().map(|theme| (theme.name, theme.about))),
        sessions: sessions.iter().map(|(name, _)| name.clone()).collect(),
        notices: notices(env),
    };
    let columns = env.terminal_columns().unwrap_or(80);
    let mut model = Model::new(path.to_owned(), files, catalog, columns);
    let preview = |model: &Model| preview(model, &sessions, call);
    let screen = Screen::enter().and_then(Screen::with_mouse).context("configure: cannot set up the terminal")?;
    edit(&mut model, screen, call, preview).context("configure")
}

/// Draws, waits and applies actions, until the end.
fn edit(
    model: &mut Model, mut screen: Screen, call: &Invocation, preview: impl Fn(&Model) -> Preview,
) -> anyhow::Result<()> {
    let mut terminal = Terminal::new(CrosstermBackend::new(io::stdout())).context("the terminal")?;
    loop {
        // A resize event can be lost after a key.
        model.state.scene.resize(terminal.size().context("the terminal")?.width.into());
        model.state.preview = preview(model);
        let area = terminal.draw(|frame| view::draw(frame, model)).context("the terminal")?.area;
        let Woken::By(event) = screen.wait(None).context("the terminal")? else {
            bail!(
                "stopped by a signal{}",
                if model.state.draft.is_changed() { "; changes were not saved" } else { "" }
            );
        };
        let action = match event {
            Event::Mouse(event) => mouse(event, area, model),
            event => keys::action(&event, model.is_typing()),
        };
        let effect = match action.and_then(|action| model.update(action)) {
            Some(Effect::Write) => model.written(model.state.draft.write(&call.paths)),
            Some(Effect::Run(args)) => {
                drop(screen);
                run_outside(&args, call)?;
                screen = Screen::enter().and_then(Screen::with_mouse).context("cannot set up the terminal")?;
                terminal.clear().context("the terminal")?;
                model.returned(Files::read(&call.paths)?);
                None
            }
            effect => effect,
        };
        if effect == Some(Effect::Leave) {
            return Ok(());
        }
    }
}

fn mouse(event: MouseEvent, area: Rect, model: &Model) -> Option<Action> {
    match event.kind {
        MouseEventKind::ScrollUp => Some(Action::Up),
        MouseEventKind::ScrollDown => Some(Action::Down),
        MouseEventKind::Down(MouseButton::Left) => view::click(area, model, Position { x: event.column, y: event.row }),
        _ => None,
    }
}

/// Runs this program as if it had been called with these arguments, and waits until the user has read its output.
fn run_outside(args: &[String], call: &Invocation) -> anyhow::Result<()> {
    let program = call.env.program().context("the path of this program is unknown")?;
    let args = args.iter().map(|word| install::absolute(word, &call.env));
    process::command(program, None).args(args).status().context("cannot start this program")?;
    let mut out = io::stdout();
    write!(out, "Press Enter to return to the editor ")?;
    out.flush()?;
    io::stdin().read_line(&mut String::new())?;
    Ok(())
}

/// The line as configured by the model's files.
fn preview(model: &Model, sessions: &[(String, Snapshot)], call: &Invocation) -> Preview {
    let Invocation { env, paths, .. } = call;
    let (scene, draft) = (&model.state.scene, &model.state.draft);
    let mut flags = Flags::default();
    if scene.depth > 0 {
        flags.layer.set("color", KeyValue::text(DEPTHS[scene.depth]));
    }
    let files = model.previewed();
    let in_use = files_theme(draft.files(), &draft.stack(), call);
    let layers = Layers::of_text(draft.path(), &files.config, &flags);
    let theme = files_theme(&files, &layers.stack(), call);
    let kinds: Vec<Settings> = segment::ALL.iter().filter_map(|kind| layers.stack().settings(kind.name)).collect();
    let typed = typed(model, &layers);
    let most = layers.stack().number("width").unwrap_or(usize::MAX);
    let mut config = Config::of(layers, &Invocation { env: env.clone(), paths: paths.clone(), flags });
    config.width = scene.columns.min(most);
    // The disk does not have the edited version.
    if files.themes.contains_key(theme.name.as_ref()) {
        let old = std::mem::replace(&mut config.theme, theme);
        config.warnings.retain(|warning| !old.warnings.contains(warning));
    }
    let snapshot = &sessions[scene.session].1;
    let line = |spans: &[Span]| painted::line(spans, &config.theme.look, config.depth);
    Preview {
        rows: line::rows(snapshot, &config).iter().map(|row| line(row)).collect(),
        theme: in_use.name.into_owned(),
        look: in_use.look,
        depth: config.depth,
        samples: kinds.iter().flat_map(|kind| samples(&config.cx(snapshot, kind))).collect(),
        typed: typed.and_then(|settings| Some(line(&config.cx(snapshot, &settings).forms().next()?.spans))),
        warnings: config.warnings.iter().map(ToString::to_string).collect(),
    }
}

/// The theme chosen by the files.
fn files_theme(files: &Files, stack: &Stack, Invocation { env, paths, .. }: &Invocation) -> Theme {
    let (name, _) = theme_name(stack, env, || Appearance::look_up(env, paths.state.as_deref()));
    files.theme(&name)
}

/// The segment whose format is being typed, with only that form. `None` if no valid format is being typed.
fn typed(model: &Model, layers: &Layers) -> Option<Settings> {
    let typed = model.top().panel.typed()?;
    let format = Format::parse(typed.input.text()).ok()?;
    let settings = layers.stack().settings(typed.segment()?)?;
    Some(Settings { formats: vec![format].into(), hide_when: Vec::new().into(), ..settings })
}

/// Sample values of a kind of segment and of each of its fields.
fn samples(cx: &Cx) -> Vec<((&'static str, &'static str), String)> {
    let kind = cx.settings.kind;
    let values = kind.all_fields().filter_map(|field| Some((field.name, cx.value(field.name)?.as_text())));
    let whole = cx.forms().next().map(|form| ("", line::plain(&form.spans)));
    whole.into_iter().chain(values).map(|(field, text)| ((kind.name, field), text)).collect()
}

/// Sessions for the preview, by name: the last one, then samples, a busy one first.
fn sessions(call: &Invocation) -> Vec<(String, Snapshot)> {
    let last = preview::session("last", call).map(|last| ("your last session".to_owned(), last));
    let samples = sample::ALL.iter().sorted_by_key(|sample| sample.name != "busy");
    let samples = samples.map(|sample| (format!("sample \"{}\"", sample.name), sample.snapshot()));
    last.into_iter().chain(samples).collect()
}

/// Variables that override the file.
fn notices(env: &Env) -> Vec<String> {
    let variable = |name: &str| format!("BRIDGELINE_{}", name.to_ascii_uppercase());
    let set = KEYS.iter().map(|key| (key.name, variable(key.name))).filter(|(_, name)| env.has(name));
    set.map(|(key, name)| format!("{name} is set and overrides {key} in the file")).collect()
}
