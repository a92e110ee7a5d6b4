//! Pages about the whole file.

use super::draw::NARROW;
use super::{Action, BOLD, Choice, DIM, EditorState, Effect, Hints, Line, Next, Panel, Span, clean, draw, keys};

/// A page about the whole file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Page {
    /// The changes that will be written.
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
            Page::Save => "what will be written",
            Page::Leave => "leave",
            Page::Help => "keys",
            Page::Warnings => "warnings",
        }
    }
}

impl Panel for Page {
    fn hints(&self) -> Hints {
        match self {
            Page::Save => "`Enter` write it  `↑ ↓` scroll  `Esc` back",
            Page::Leave => "`s` save  `d` leave without saving  `Esc` stay",
            Page::Help | Page::Warnings => "`Esc` back",
        }
    }

    /// What the cursor scrolls through.
    fn items(&self, state: &EditorState) -> Vec<Choice> {
        let count = match self {
            Page::Save => state.draft.diff().len(),
            Page::Help => keys::all().count(),
            Page::Leave | Page::Warnings => 0,
        };
        vec![Choice::new("", ""); count]
    }

    fn lines(&self, state: &EditorState, at: usize, columns: usize) -> (Vec<Line<'static>>, usize) {
        match self {
            Page::Save => diff(state, at, columns),
            Page::Leave => (vec![Line::raw(" Your changes are not saved.")], 0),
            Page::Help => help(at, columns),
            Page::Warnings => {
                let warnings = state.preview.warnings.iter().chain(&state.catalog.notices);
                let lines: Vec<Line> = warnings.map(|text| Line::raw(format!(" {}", clean(text)))).collect();
                (if lines.is_empty() { vec![Line::raw(" Nothing is wrong.")] } else { lines }, 0)
            }
        }
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

/// The changes that will be written, long lines in several; and the index at which the line of that number begins.
fn diff(state: &EditorState, at: usize, columns: usize) -> (Vec<Line<'static>>, usize) {
    let (mut lines, mut top) = (Vec::new(), 0);
    for (number, text) in state.draft.diff().into_iter().enumerate() {
        if number == at {
            top = lines.len();
        }
        let style = if text.starts_with(['+', '-']) { BOLD } else { DIM };
        let (sign, text) = text.split_at_checked(1).unwrap_or_default();
        for (index, part) in draw::parts(&clean(text), columns.saturating_sub(4)).into_iter().enumerate() {
            let sign = if index == 0 { sign } else { " " };
            lines.push(Line::styled(format!(" {sign} {part}"), style));
        }
    }
    (lines, top)
}

/// All keys, each above its words where there is no room beside it; and the index of the line of that number.
fn help(at: usize, columns: usize) -> (Vec<Line<'static>>, usize) {
    let line = |(keys, about): (&'static str, &'static str)| {
        let keys = Span::styled(format!(" {} ", draw::padded(keys, 21)), BOLD);
        if columns >= NARROW {
            return vec![Line::from(vec![keys, Span::raw(about)])];
        }
        let parts = draw::parts(about, columns.saturating_sub(3)).into_iter();
        [Line::from(keys)].into_iter().chain(parts.map(|part| Line::raw(format!("   {part}")))).collect()
    };
    (keys::all().flat_map(line).collect(), keys::all().take(at).flat_map(line).count())
}
