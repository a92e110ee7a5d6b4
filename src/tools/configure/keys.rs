//! The keys: their actions and descriptions.

use crossterm::event::{Event, KeyCode, KeyEvent, KeyModifiers};

use super::action::Action;
use super::rows::Way;

/// Keys in backticks, each followed by its action.
pub type Hints = &'static str;

/// All keys with descriptions, for the help page.
pub fn all() -> impl Iterator<Item = (&'static str, &'static str)> {
    include_str!("keys.txt").lines().filter_map(|line| line.split_once(": "))
}

/// Keys that always work.
pub const COMMON: Hints = "`- +` width  `c` depth  `p` session  `u` undo  `/` find  `s` save  `?` keys  `q` quit";

/// The most important of them.
pub const COMMON_NARROW: Hints = "`/` find  `u` undo  `s` save  `?` keys  `q` quit";

/// The action of a key; `typing` while a text is typed. `None` for a key without one.
pub fn action(event: &Event, typing: bool) -> Option<Action> {
    let KeyEvent { code, modifiers, .. } = event.as_key_press_event()?;
    let [shift, control] = [KeyModifiers::SHIFT, KeyModifiers::CONTROL].map(|key| modifiers.contains(key));
    Some(match code {
        KeyCode::Char('c') if control => Action::Interrupt,
        _ if control && typing => return None,
        KeyCode::Char('s') if control => Action::Key('s'),
        KeyCode::Char('z') if control => Action::Key('u'),
        KeyCode::Char('r' | 'y') if control => Action::Key('U'),
        _ if control => return None,
        KeyCode::Char(c) if typing => Action::Key(c),
        KeyCode::Char(c) => letter(c),
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
        KeyCode::Delete => Action::Key('d'),
        KeyCode::F(1) => Action::Key('?'),
        _ => return None,
    })
}

/// The item that an action moves the cursor to, in a grid of `count` items with `across` in a line. `None` if the
/// action is not a move, or there is no item.
pub fn moved(action: Action, at: usize, count: usize, across: usize) -> Option<usize> {
    const PAGE: usize = 8;
    let last = count.checked_sub(1)?;
    Some(match action {
        Action::Left if across > 1 => at.saturating_sub(1),
        Action::Right if across > 1 => (at + 1).min(last),
        Action::Up => at.checked_sub(across).unwrap_or(at),
        Action::Down if at + across > last => at,
        Action::Down => at + across,
        Action::PageUp => at.saturating_sub(PAGE),
        Action::PageDown => (at + PAGE).min(last),
        Action::Home => 0,
        Action::End => last,
        _ => return None,
    })
}

/// The action of a letter: the same as another key everywhere, or one of the panels' own.
fn letter(c: char) -> Action {
    match c {
        'k' => Action::Up,
        'j' => Action::Down,
        'h' => Action::Left,
        'l' => Action::Right,
        '<' => Action::Move(Way::Left),
        '>' => Action::Move(Way::Right),
        'K' => Action::Move(Way::Up),
        'J' => Action::Move(Way::Down),
        '1'..='9' => Action::Tab(c as usize - '1' as usize),
        ' ' => Action::Enter,
        '=' => Action::Key('+'),
        _ => Action::Key(c),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crossterm::event::KeyEventKind;

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
        check(KeyCode::Char('K'), shift, false, Some(Action::Move(Way::Up)));
        check(KeyCode::Char('C'), shift, true, Some(Action::Key('C')));
        check(KeyCode::Char('c'), control, false, Some(Action::Interrupt));
        check(KeyCode::Char('c'), control, true, Some(Action::Interrupt));
        check(KeyCode::Char('3'), none, false, Some(Action::Tab(2)));
        check(KeyCode::Char(' '), none, true, Some(Action::Key(' ')));
        check(KeyCode::Backspace, none, true, Some(Action::Backspace));
        check(KeyCode::Char('s'), control, true, None);
        check(KeyCode::Delete, none, false, Some(Action::Key('d')));
        check(KeyCode::Char('w'), control, true, None);
        let mut released = KeyEvent::new(KeyCode::Enter, none);
        released.kind = KeyEventKind::Release;
        assert_eq!(action(&Event::Key(released), false), None);
        assert_eq!(action(&Event::Resize(80, 24), true), None);
        assert_eq!(action(&Event::FocusGained, false), None);
    }
}
