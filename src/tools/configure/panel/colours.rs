//! The roles of text, each in its look.

use toml_edit::InlineTable;

use super::swatches::Swatches;
use super::{Action, BOLD, Files, Hints, Item, Line, Next, Panel, Span, State, Typed, document, draw, painted};
use crate::segment::Role;
use crate::theme::Style;

/// The tab of roles.
pub struct Colours;

impl Panel for Colours {
    fn hints(&self) -> Hints {
        "`↑ ↓` go to  `Enter` colour  `b` bold  `d` dim  `a` type  `x` reset  `/` find"
    }

    fn items(&self, state: &State) -> Vec<Item> {
        let item = |role: &Role| Item::new(role.name(), words(state.preview.look.style(*role)), false);
        Role::ALL.iter().map(item).collect()
    }

    fn lines(&self, state: &State, at: usize, columns: usize) -> (Vec<Line<'static>>, usize) {
        let line = |(index, role): (usize, &Role)| {
            let style = state.preview.look.style(*role);
            let mark = Span::styled(if index == at { " > " } else { "   " }, BOLD);
            let name = Span::styled(role.name(), painted::style(style, state.preview.depth));
            let words = draw::padded(&words(style), columns.saturating_sub(25));
            Line::from(vec![mark, name, Span::raw(" ".repeat(21 - role.name().len())), Span::raw(words)])
        };
        (Role::ALL.iter().enumerate().map(line).collect(), at)
    }

    fn about(&self, state: &State, _: usize) -> String {
        match state.draft.files().themes.contains_key(&state.preview.theme) {
            true => format!("in your theme {}", state.preview.theme),
            false => format!("a change makes a theme of your own on top of {}", state.preview.theme),
        }
    }

    fn act(&mut self, action: Action, at: usize, state: &mut State) -> Next {
        let role = Role::ALL[at];
        let theme = &state.preview.theme;
        let files = match action {
            Action::Enter => return Next::open(role.name(), Swatches(role)),
            Action::Add => return typed(role, words(state.preview.look.style(role))),
            Action::Bold => toggled(state, role, "bold"),
            Action::Remove => toggled(state, role, "dim"),
            Action::Reset if state.draft.files().themes.contains_key(theme) => {
                state.draft.with_style(theme, role, None)
            }
            _ => return Next::STAY,
        };
        state.put(files);
        Next::STAY
    }
}

fn toggled(state: &State, role: Role, attribute: &str) -> Files {
    let mut style = document::style(state.preview.look.style(role));
    if style.remove(attribute).is_none() {
        style.insert(attribute, true.into());
    }
    state.draft.with_style(&state.preview.theme, role, Some(style.into()))
}

/// Opens the text of a style.
fn typed(role: Role, text: String) -> Next {
    let about = "colour, on a colour, attributes: #c0ffee on 236 bold dim; also names of the theme's palette";
    let accept = move |text: &str, _: usize, state: &mut State| {
        let style = Some(read(text).into());
        state.draft.put(state.draft.with_style(&state.preview.theme, role, style))?;
        Ok(Next::CLOSE)
    };
    Next::open(role.name(), Typed::new(about, text, accept))
}

/// A style in words.
fn words(mut style: Style) -> String {
    let colors = [("", style.fg), ("on ", style.bg)];
    let colors = colors.into_iter().filter_map(|(on, color)| Some(format!("{on}{}", document::short(color?))));
    let mut words: Vec<String> = colors.collect();
    let set = Style::ATTRIBUTES.iter().filter(|(_, attribute)| *attribute(&mut style));
    words.extend(set.map(|(name, _)| (*name).to_owned()));
    words.join(" ")
}

/// The style that words describe, as a theme file says it.
fn read(text: &str) -> InlineTable {
    let mut style = InlineTable::new();
    let mut part = "fg";
    for word in text.split_whitespace() {
        if word == "on" {
            part = "bg";
        } else if Style::ATTRIBUTES.iter().any(|(name, _)| *name == word) {
            style.insert(word, true.into());
        } else {
            style.insert(part, document::scalar(word));
        }
    }
    style
}
