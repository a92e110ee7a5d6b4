//! `bridgeline themes`: all themes with a line in their colours, their names for scripts, or the file of one. It fails
//! if there is no such theme, or its output cannot be written.

use anyhow::anyhow;

use super::report::{self, clean};
use crate::cli::{ThemeCommand, ThemesArgs};
use crate::config::value::KeyValue;
use crate::config::{Config, Invocation};
use crate::segment::{Role, Span};
use crate::snapshot::sample;
use crate::theme::{Background, Theme};
use crate::{layout, line, paint};

/// The sample session for themes.
const SAMPLE: &str = "busy";

/// Maximum columns of a sample.
const MOST: usize = 120;

/// Runs the command.
pub fn run(themes: &ThemesArgs, call: &Invocation) -> anyhow::Result<()> {
    let folder = call.paths.themes.as_deref();
    if let Some(ThemeCommand::Show { name }) = &themes.theme {
        let source = Theme::source(name, folder).map_err(|why| anyhow!("{why}"))?;
        return report::print_texts(source.lines());
    }
    let all = Theme::all(folder);
    if themes.names {
        return report::print_texts(all.iter().map(|theme| theme.name.as_ref()));
    }
    let used = Config::load(call, None).theme;
    let entries = all.iter().map(|theme| entry(theme, theme.name == used.name, call));
    report::print(&entries.collect::<Vec<_>>().join("\n"))
}

/// The entry of a theme: a description, and a session in its colours on the background that it is made for.
fn entry(theme: &Theme, is_used: bool, call: &Invocation) -> String {
    let background = match theme.look.background {
        Background::Dark => "dark",
        Background::Light => "light",
    };
    let yours = if theme.path.is_some() { ", yours" } else { "" };
    let used = if is_used { ", in use" } else { "" };
    let mut text = format!("{} ({background}{yours}{used}): {}\n", clean(&theme.name), clean(&theme.about));
    text.extend(theme.warnings.iter().map(|warning| format!("  warning: {}\n", clean(&warning.to_string()))));
    let mut config = Config::load(&call.with("theme", KeyValue::text(theme.name.as_ref())), None);
    // Without a maximum width, as in the classic preset, a row is as wide as its text.
    let columns = config.width.min(MOST);
    config.width = columns.saturating_sub(2).max(1);
    let snapshot = sample::find(SAMPLE).expect("SAMPLE is one of sample::ALL").snapshot();
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
