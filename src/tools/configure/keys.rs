//! The keys: their actions, and words about them.

use crossterm::event::{Event, KeyCode, KeyEvent, KeyEventKind, KeyModifiers};

use super::action::Action;
use super::rows::Way;
use crate::layout::Side;

/// Keys in backticks, each with what it does behind it.
pub type Hints = &'static str;

/// All keys, for the page of help.
pub const ALL: &[(&str, &str)] = &[
    ("↑ ↓ ← →  h j k l", "go to"),
    ("Enter, Space", "choose, change, open"),
    ("Esc", "back"),
    ("Tab  1 2 3 4 5 6", "theme, preset, rows, line, colours, setup"),
    ("/", "search everything: go there, choose it, add it"),
    ("click, wheel", "go to; once more: what Enter does"),
    ("< >  Shift+← →", "move the segment along: its group, the next, next side"),
    ("K J  Shift+↑ ↓", "move it to the row above, below; or up and down a list"),
    ("L C R", "send the segment to the left, centre, right"),
    ("a", "add a segment, or an element of a list"),
    ("d, Del  b", "remove it; among colours: dim, bold"),
    ("n", "new row; among segments: one with a name of its own"),
    ("D", "remove the row"),
    ("x", "back to what the preset or the default says"),
    ("- + 0", "columns of the preview: fewer, more, as the terminal"),
    ("c  p", "preview at another depth of colour; of another session"),
    ("u, Ctrl-Z  U, Ctrl-R", "undo; do again"),
    ("s, Ctrl-S", "show what will be written, and save"),
    ("!", "what is wrong with the config"),
    ("q, Ctrl-C", "leave; asks when something is not saved"),
];

/// Keys that always work.
pub const COMMON: Hints = "`- +` width  `c` depth  `p` session  `u` undo  `/` find  `s` save  `?` keys  `q` leave";

/// The most important of them.
pub const COMMON_NARROW: Hints = "`/` find  `u` undo  `s` save  `?` keys  `q` leave";

/// The action of a key; `typing` while a text is typed. `None` for a key
/// without one.
pub fn action(event: &Event, typing: bool) -> Option<Action> {
    let Event::Key(KeyEvent { code, modifiers, kind, .. }) = event else { return None };
    if *kind == KeyEventKind::Release {
        return None;
    }
    if modifiers.contains(KeyModifiers::CONTROL) {
        return with_control(*code);
    }
    if let (true, KeyCode::Char(c)) = (typing, code) {
        return Some(Action::Type(*c));
    }
    let shift = modifiers.contains(KeyModifiers::SHIFT);
    Some(match code {
        KeyCode::Up if shift => Action::Move(Way::Up),
        KeyCode::Down if shift => Action::Move(Way::Down),
        KeyCode::Left if shift => Action::Move(Way::Left),
        KeyCode::Right if shift => Action::Move(Way::Right),
        KeyCode::Up => Action::Up,
        KeyCode::Down => Action::Down,
        KeyCode::Left => Action::Left,
        KeyCode::Right => Action::Right,
        KeyCode::PageUp => Action::PageUp,
        KeyCode::PageDown => Action::PageDown,
        KeyCode::Home => Action::Home,
        KeyCode::End => Action::End,
        KeyCode::Enter => Action::Enter,
        KeyCode::Esc => Action::Back,
        KeyCode::Tab => Action::NextTab,
        KeyCode::BackTab => Action::LastTab,
        KeyCode::Backspace if typing => Action::Backspace,
        KeyCode::Backspace => Action::Back,
        KeyCode::Delete if typing => Action::Delete,
        KeyCode::Delete => Action::Remove,
        KeyCode::F(1) => Action::Help,
        KeyCode::Char(c) => return letter(*c),
        _ => return None,
    })
}

fn with_control(code: KeyCode) -> Option<Action> {
    Some(match code {
        KeyCode::Char('c') => Action::Interrupt,
        KeyCode::Char('s') => Action::Save,
        KeyCode::Char('z') => Action::Undo,
        KeyCode::Char('r' | 'y') => Action::Redo,
        _ => return None,
    })
}

fn letter(c: char) -> Option<Action> {
    Some(match c {
        'k' => Action::Up,
        'j' => Action::Down,
        'h' => Action::Left,
        'l' => Action::Right,
        '<' => Action::Move(Way::Left),
        '>' => Action::Move(Way::Right),
        'K' => Action::Move(Way::Up),
        'J' => Action::Move(Way::Down),
        'L' => Action::Send(Side::Left),
        'C' => Action::Send(Side::Centre),
        'R' => Action::Send(Side::Right),
        '1'..='9' => Action::Tab(c as usize - '1' as usize),
        ' ' => Action::Enter,
        'a' => Action::Add,
        'd' => Action::Remove,
        'n' => Action::NewRow,
        'D' => Action::RemoveRow,
        'x' => Action::Reset,
        'u' => Action::Undo,
        'U' => Action::Redo,
        's' => Action::Save,
        'q' => Action::Quit,
        '?' => Action::Help,
        '!' => Action::Warnings,
        '/' => Action::Search,
        '-' => Action::Narrower,
        '+' | '=' => Action::Wider,
        '0' => Action::OwnWidth,
        'c' => Action::NextDepth,
        'p' => Action::NextSession,
        'b' => Action::Bold,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(code: KeyCode, modifiers: KeyModifiers) -> Event {
        Event::Key(KeyEvent::new(code, modifiers))
    }

    #[test]
    fn keys() {
        let check = |code, modifiers, typing, expected| {
            assert_eq!(action(&key(code, modifiers), typing), expected, "{code:?} {modifiers:?}");
        };
        let (none, shift, control) = (KeyModifiers::NONE, KeyModifiers::SHIFT, KeyModifiers::CONTROL);
        check(KeyCode::Up, none, false, Some(Action::Up));
        check(KeyCode::Up, shift, false, Some(Action::Move(Way::Up)));
        check(KeyCode::Char('C'), shift, false, Some(Action::Send(Side::Centre)));
        check(KeyCode::Char('C'), shift, true, Some(Action::Type('C')));
        check(KeyCode::Char('c'), control, false, Some(Action::Interrupt));
        check(KeyCode::Char('c'), control, true, Some(Action::Interrupt));
        check(KeyCode::Char('3'), none, false, Some(Action::Tab(2)));
        check(KeyCode::Char(' '), none, true, Some(Action::Type(' ')));
        check(KeyCode::Backspace, none, true, Some(Action::Backspace));
        check(KeyCode::Char('y'), none, false, None);
        check(KeyCode::Char('w'), control, true, None);
        let mut released = KeyEvent::new(KeyCode::Enter, none);
        released.kind = KeyEventKind::Release;
        assert_eq!(action(&Event::Key(released), false), None);
        assert_eq!(action(&Event::Resize(80, 24), true), None);
        assert_eq!(action(&Event::FocusGained, false), None);
    }

    /// Whatever the page of help or a footer names by one character is a key.
    #[test]
    fn what_is_named_on_screen_is_a_key() {
        let keys = ALL.iter().map(|(keys, _)| *keys).chain(COMMON.split('`').skip(1).step_by(2));
        let words = keys.flat_map(|keys| keys.split([' ', ',']));
        let letters = words.filter(|word| word.chars().count() == 1 && !"↑↓←→".contains(*word));
        for word in letters {
            assert!(letter(word.chars().next().unwrap()).is_some(), "{word}");
        }
    }
}
