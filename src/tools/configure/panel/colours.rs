//! The roles of text, each in its look.

use itertools::Itertools;

use super::swatches::Swatches;
use super::{Action, BOLD, Choice, EditorState, Hints, Line, Next, Panel, Span, Typed, document, draw, painted};
use crate::segment::Role;
use crate::theme::{Color, Style};

/// The tab of roles.
pub struct Colours;

impl Panel for Colours {
    fn hints(&self) -> Hints {
        "`↑ ↓` select  `Enter` colour  `b` bold  `d` dim  `a` type  `x` reset  `/` find"
    }

    fn items(&self, state: &EditorState) -> Vec<Choice> {
        Choice::all(Role::ALL.iter().map(|role| (role.name(), words(state.preview.look.style(*role)))))
    }

    fn lines(&self, state: &EditorState, at: usize, columns: usize) -> (Vec<Line<'static>>, usize) {
        let line = |(index, role): (usize, &Role)| {
            let style = state.preview.look.style(*role);
            let mark = Span::styled(if index == at { " > " } else { "   " }, BOLD);
            let name = Span::styled(role.name(), painted::style(style, state.preview.depth));
            let words = draw::padded(&words(style), columns.saturating_sub(25));
            Line::from(vec![mark, name, Span::raw(" ".repeat(21 - role.name().len())), Span::raw(words)])
        };
        (Role::ALL.iter().enumerate().map(line).collect(), at)
    }

    fn about(&self, state: &EditorState, _: usize) -> String {
        match state.draft.files().themes.contains_key(&state.preview.theme) {
            true => format!("in your theme {}", state.preview.theme),
            false => format!("a change creates your own theme based on {}", state.preview.theme),
        }
    }

    fn act(&mut self, action: Action, at: usize, state: &mut EditorState) -> Next {
        let role = Role::ALL[at];
        let theme = &state.preview.theme;
        let style = state.preview.look.style(role);
        let files = match action {
            Action::Enter => return Next::open(role.name(), Swatches(role)),
            Action::Key('a') => return typed(role, style.fg),
            Action::Key('b') => state.restyled(role, "bold", (!style.bold).then(|| true.into())),
            Action::Key('d') => state.restyled(role, "dim", (!style.dim).then(|| true.into())),
            Action::Key('x') if state.draft.files().themes.contains_key(theme) => {
                state.draft.with_style(theme, role, None)
            }
            _ => return Next::STAY,
        };
        state.put(files);
        Next::STAY
    }
}

/// Opens the text of a colour.
fn typed(role: Role, color: Option<Color>) -> Next {
    let about = "a colour: #c0ffee, 0 to 255, a name, or a name from the theme's palette";
    let accept = move |text: &str, _: usize, state: &mut EditorState| {
        state.draft.put(state.restyled(role, "fg", Some(document::scalar(text))))?;
        Ok(Next::CLOSE)
    };
    Next::open(role.name(), Typed::new(about, color.map(document::short).unwrap_or_default(), accept))
}

/// A style in words.
fn words(style: Style) -> String {
    let colors = [("", style.fg), ("on ", style.bg)];
    let colors = colors.into_iter().filter_map(|(on, color)| Some(format!("{on}{}", document::short(color?))));
    let set = style.set(Style::ATTRIBUTES).map(|(name, _)| name.to_owned());
    colors.chain(set).join(" ")
}
