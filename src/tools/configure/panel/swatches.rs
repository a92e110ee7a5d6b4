//! Colours to choose from: those of the theme, the sixteen of the terminal, the 240 of xterm.

use ratatui::style::Style;
use toml_edit::Value as Toml;

use super::{Action, Choice, EditorState, Files, Hints, Line, Next, Panel, Span, document, painted};
use crate::segment::Role;
use crate::theme::file::color::{contrast, nearest_ansi, xterm_rgb};
use crate::theme::file::shown;
use crate::theme::{Color, Depth};

/// Number of colours in a line.
const ACROSS: usize = 16;

/// Colours for the text of a role.
pub struct Swatches(pub Role);

/// All colours, each as written in a theme file.
fn all(state: &EditorState) -> Vec<(Color, Toml)> {
    let mut all: Vec<(Color, Toml)> = Vec::new();
    let of_theme = state.preview.look.roles.iter().filter_map(|style| style.fg);
    let sixteen = (0..16).map(|ansi| Color { rgb: None, xterm: None, ansi });
    for color in of_theme.chain(sixteen) {
        if all.iter().all(|(known, _)| *known != color) {
            all.push((color, document::color(color)));
        }
    }
    let indexed = |index| {
        let ansi = nearest_ansi(xterm_rgb(index), |_| true);
        (Color { rgb: None, xterm: Some(index), ansi }, i64::from(index).into())
    };
    all.extend((16..=255).map(indexed));
    all
}

impl Panel for Swatches {
    fn hints(&self) -> Hints {
        "`arrows` preview  `Enter` choose  `x` the terminal's  `Esc` back"
    }

    fn items(&self, state: &EditorState) -> Vec<Choice> {
        let (look, depth) = (&state.preview.look, state.preview.depth.max(Depth::Ansi16));
        let style = look.style(self.0);
        let ground = shown(style.bg.unwrap_or(look.base), depth);
        let item = |(color, _): (Color, Toml)| {
            let contrast = contrast(shown(color, depth), ground);
            let about = format!("{}: contrast {contrast:.1}:1", document::short(color));
            Choice { is_chosen: style.fg == Some(color), ..Choice::new("", about) }
        };
        all(state).into_iter().map(item).collect()
    }

    fn lines(&self, state: &EditorState, at: usize, _: usize) -> (Vec<Line<'static>>, usize) {
        let depth = state.preview.depth;
        let cell = |(index, (color, _)): (usize, (Color, Toml))| {
            let text = if index == at { "[]" } else { "██" };
            let painted = Style::new().fg(painted::color(color, depth));
            Span::styled(text, if depth == Depth::None { Style::new() } else { painted })
        };
        let cells: Vec<_> = all(state).into_iter().enumerate().map(cell).collect();
        let line = |cells: &[Span<'static>]| [Span::raw(" ")].into_iter().chain(cells.to_vec()).collect();
        (cells.chunks(ACROSS).map(line).collect(), at / ACROSS)
    }

    fn candidate(&self, state: &EditorState, at: usize) -> Option<Files> {
        Some(state.restyled(self.0, "fg", Some(all(state).into_iter().nth(at)?.1)))
    }

    fn across(&self) -> usize {
        ACROSS
    }

    fn act(&mut self, action: Action, at: usize, state: &mut EditorState) -> Next {
        let files = match action {
            Action::Enter => self.candidate(state, at),
            Action::Key('x') => Some(state.restyled(self.0, "fg", None)),
            _ => None,
        };
        let Some(files) = files else { return Next::STAY };
        state.put(files);
        Next::CLOSE
    }
}
