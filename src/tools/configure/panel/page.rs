//! Pages about the whole file.

use super::draw::NARROW;
use super::{Action, BOLD, Choice, DIM, EditorState, Effect, Hints, Line, Next, Panel, Span, clean, draw, keys};

/// A page about the whole file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Page {
    /// The changes to be saved.
    Save,
    /// Asks whether to leave without saving.
    Leave,
    /// All keys.
    Help,
    /// Mistakes in the config.
    Warnings,
}

impl Page {
    pub fn title(self) -> &'static str {
        match self {
            Page::Save => "changes to save",
            Page::Leave => "leave",
            Page::Help => "keys",
            Page::Warnings => "warnings",
        }
    }
}

impl Panel for Page {
    fn hints(&self) -> Hints {
        match self {
            Page::Save => "`Enter` save  `↑ ↓` scroll  `Esc` back",
            Page::Leave => "`s` save  `d` discard  `Esc` stay",
            Page::Help | Page::Warnings => "`Esc` back",
        }
    }

    /// Empty items for the cursor to scroll through.
    fn items(&self, state: &EditorState) -> Vec<Choice> {
        let count = match self {
            Page::Save => state.draft.diff().len(),
            Page::Help => keys::all().count(),
            Page::Leave | Page::Warnings => 0,
        };
        vec![Choice::new("", ""); count]
    }

    fn lines(&self, state: &EditorState, at: usize, columns: usize) -> (Vec<Line<'static>>, usize) {
        let mut items: Vec<Vec<Line>> = match self {
            Page::Save => state.draft.diff().iter().map(|line| difference(line, columns)).collect(),
            Page::Leave => vec![vec![Line::raw(" You have unsaved changes.")]],
            Page::Help => keys::all().map(|(keys, about)| help(keys, about, columns)).collect(),
            Page::Warnings => {
                let warnings = state.preview.warnings.iter().chain(&state.catalog.notices);
                let lines = warnings.flat_map(|text| draw::wrapped(&clean(text), columns.saturating_sub(1)));
                lines.map(|line| vec![Line::raw(format!(" {line}"))]).collect()
            }
        };
        if items.is_empty() && *self == Page::Warnings {
            items.push(vec![Line::raw(" No mistakes.")]);
        }
        let top = items.iter().take(at).map(Vec::len).sum();
        (items.concat(), top)
    }

    fn act(&mut self, action: Action, _: usize, _: &mut EditorState) -> Next {
        match (self, action) {
            (Page::Save, Action::Enter) => Next::Do(Effect::Write),
            (Page::Leave, Action::Key('d')) => Next::Do(Effect::Leave),
            _ => Next::STAY,
        }
    }

    fn page(&self) -> Option<Page> {
        Some(*self)
    }
}

/// A line of a diff, in several lines if it is long.
fn difference(text: &str, columns: usize) -> Vec<Line<'static>> {
    let style = if text.starts_with(['+', '-']) { BOLD } else { DIM };
    let (sign, text) = text.split_at_checked(1).unwrap_or_default();
    let parts = draw::parts(&clean(text), columns.saturating_sub(4)).into_iter();
    let signs = [sign].into_iter().chain(std::iter::repeat(" "));
    parts.zip(signs).map(|(part, sign)| Line::styled(format!(" {sign} {part}"), style)).collect()
}

/// Keys and their descriptions, side by side or below each other if there is no room.
fn help(keys: &str, about: &'static str, columns: usize) -> Vec<Line<'static>> {
    let keys = Span::styled(format!(" {} ", draw::padded(keys, 21)), BOLD);
    if columns >= NARROW {
        return vec![Line::from(vec![keys, Span::raw(about)])];
    }
    let parts = draw::parts(about, columns.saturating_sub(3)).into_iter();
    [Line::from(keys)].into_iter().chain(parts.map(|part| Line::raw(format!("   {part}")))).collect()
}
