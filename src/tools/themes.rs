//! `bridgeline themes`: every theme with a line in its colours, their names for scripts, or the file of
//! one. Fails when there is no such theme, or its output cannot be written.

use std::io::Write;

use anyhow::{Context, anyhow};

use crate::base::env::Env;
use crate::base::text::Text;
use crate::cli::Themes;
use crate::config::value::Value;
use crate::config::{Config, Flags};
use crate::layout;
use crate::line;
use crate::paint;
use crate::segment::{Role, Span};
use crate::snapshot::sample;
use crate::store::Paths;
use crate::theme::{Background, Theme};

/// The session that themes are shown with.
const SAMPLE: &str = "busy";

/// Prints what is asked for.
///
/// # Errors
/// There is no such theme, or its file cannot be read, or standard output cannot be written.
pub fn run(themes: &Themes, env: &Env, out: &mut impl Write) -> anyhow::Result<()> {
    let paths = Paths::new(env);
    let folder = paths.themes.as_deref();
    let text = match themes {
        Themes::List(flags) => {
            let themes = Theme::all(folder);
            let used = Config::load(flags, env, &paths, None).theme;
            let entry = |theme: &Theme| entry(theme, theme.name == used.name, flags, env, &paths);
            themes.iter().map(entry).collect::<Vec<_>>().join("\n")
        }
        Themes::Names => Theme::all(folder).iter().map(|theme| format!("{}\n", shown(&theme.name))).collect(),
        Themes::Show(name) => {
            let source = Theme::source(name, folder);
            let source = source.map_err(|why| anyhow!("{why}"))?;
            source.lines().map(|line| format!("{}\n", shown(line))).collect()
        }
    };
    out.write_all(text.as_bytes()).context("standard output")
}

fn shown(text: &str) -> Text {
    Text::new(text)
}

/// What is said of a theme, and a session in its colours on the background that it is made for.
fn entry(theme: &Theme, is_used: bool, flags: &Flags, env: &Env, paths: &Paths) -> String {
    let background = match theme.look.background {
        Background::Dark => "dark",
        Background::Light => "light",
    };
    let yours = if theme.path.is_some() { ", yours" } else { "" };
    let used = if is_used { ", in use" } else { "" };
    let mut text = format!("{} ({background}{yours}{used}): {}\n", shown(&theme.name), shown(&theme.about));
    for warning in &theme.warnings {
        text.push_str(&format!("  warning: {}\n", shown(warning)));
    }
    let mut flags = flags.clone();
    flags.layer.set("theme", Value::text(theme.name.as_ref()));
    let mut config = Config::load(&flags, env, paths, None);
    // Without a bound of its own, as the classic preset is, a row is as wide as its text.
    let columns = config.width.min(MOST);
    config.width = columns.saturating_sub(2).max(1);
    let snapshot = sample::find(SAMPLE).expect("it is one of them").snapshot();
    for mut row in line::rows(&snapshot, &config) {
        let wide = layout::columns_of(&row);
        let blank = |columns: usize| Span::new(Role::Text, " ".repeat(columns));
        row.insert(0, blank(1));
        row.push(blank(columns.saturating_sub(wide + 1)));
        text.push_str(paint::paint_on_base(&row, &config.theme.look, config.depth).trim_end_matches(' '));
        text.push('\n');
    }
    text
}

/// Columns of a sample at most.
const MOST: usize = 120;
