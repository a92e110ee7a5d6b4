//! The table on the whole screen, until a key ends it. Whatever ends it, the terminal is given back as it
//! was.

use std::io::{self, Write};
use std::panic;
use std::time::{Duration, Instant};

use anyhow::Context;
use crossterm::event::{self, Event, KeyCode, KeyEventKind, KeyModifiers};
use crossterm::terminal::{
    BeginSynchronizedUpdate, Clear, ClearType, DisableLineWrap, EnableLineWrap, EndSynchronizedUpdate,
    EnterAlternateScreen, LeaveAlternateScreen, disable_raw_mode, enable_raw_mode,
};
use crossterm::{cursor, execute, queue, style};

use super::table::Table;
use crate::cli::Sessions;
use crate::env::Env;
use crate::store::Paths;
use crate::text::Text;
use crate::width::cut;

/// How often sessions are looked at.
const EVERY: Duration = Duration::from_secs(1);

/// Shows the sessions until `q`, Escape or Ctrl-C.
///
/// # Errors
/// The terminal cannot be written or read.
pub fn watch(asked: &Sessions) -> anyhow::Result<()> {
    give_back_on_panic();
    let mut screen = Screen::enter(io::stdout()).context("cannot take the screen")?;
    let mut shown = None;
    loop {
        let next = Instant::now() + EVERY;
        let frame = frame(asked);
        if shown.as_ref() != Some(&frame) {
            screen.draw(&frame.1).context("standard output")?;
            shown = Some(frame);
        }
        match wait(next).context("cannot read the terminal")? {
            Woken::ToQuit => return Ok(()),
            // The terminal may have cut or wrapped what was there.
            Woken::ByResize => shown = None,
            Woken::ByTime => {}
        }
    }
}

/// The size of the screen, and what shall be on it.
fn frame(asked: &Sessions) -> ((usize, usize), Vec<String>) {
    let env = Env::from_process();
    let paths = Paths::new(&env);
    let (columns, rows) = env.terminal_size().unwrap_or((80, 24));
    let sessions = super::all(asked.all, &env, &paths);
    let table = Table::new(&asked.flags, true, &env, &paths).within(columns);
    let mut lines = table.rows(&sessions);
    if sessions.is_empty() {
        lines = vec![cut(super::none(asked), columns)];
    }
    // On a low screen the sessions matter more than how to leave it.
    let footer = if rows < 5 { 0 } else { 2 };
    let room = rows.saturating_sub(footer).max(1);
    if lines.len() > room {
        let hidden = lines.len() + 1 - room;
        lines.truncate(room.saturating_sub(1));
        lines.push(cut(Text::new(format!("… {hidden} more")).as_str(), columns));
    }
    if footer > 0 {
        lines.push(String::new());
        lines.push(cut("q quits", columns));
    }
    ((columns, rows), lines)
}

enum Woken {
    ToQuit,
    ByResize,
    ByTime,
}

/// Waits until `next` for a key that quits or a change of the size.
fn wait(next: Instant) -> io::Result<Woken> {
    while event::poll(next.saturating_duration_since(Instant::now()))? {
        match event::read()? {
            Event::Resize(..) => return Ok(Woken::ByResize),
            Event::Key(key) if key.kind != KeyEventKind::Release => {
                let control = key.modifiers.contains(KeyModifiers::CONTROL);
                match key.code {
                    KeyCode::Char('c') if control => return Ok(Woken::ToQuit),
                    KeyCode::Char('q') | KeyCode::Esc => return Ok(Woken::ToQuit),
                    _ => {}
                }
            }
            _ => {}
        }
    }
    Ok(Woken::ByTime)
}

/// The screen, taken until this is dropped.
struct Screen<W: Write>(W);

impl<W: Write> Screen<W> {
    fn enter(out: W) -> io::Result<Self> {
        enable_raw_mode()?;
        // From here on its end gives back whatever was taken.
        let mut screen = Screen(out);
        execute!(screen.0, EnterAlternateScreen, DisableLineWrap, cursor::Hide)?;
        Ok(screen)
    }

    fn draw(&mut self, lines: &[String]) -> io::Result<()> {
        queue!(self.0, BeginSynchronizedUpdate)?;
        for (row, line) in lines.iter().enumerate() {
            let row = u16::try_from(row).unwrap_or(u16::MAX);
            queue!(self.0, cursor::MoveTo(0, row), style::Print(line), Clear(ClearType::UntilNewLine))?;
        }
        queue!(self.0, Clear(ClearType::FromCursorDown), EndSynchronizedUpdate)?;
        self.0.flush()
    }
}

impl<W: Write> Drop for Screen<W> {
    fn drop(&mut self) {
        give_back(&mut self.0);
    }
}

/// There is nobody to tell if that fails.
fn give_back(out: &mut impl Write) {
    _ = execute!(out, EnableLineWrap, cursor::Show, LeaveAlternateScreen);
    _ = disable_raw_mode();
}

/// The message of a panic would go to the screen that is left.
fn give_back_on_panic() {
    let report = panic::take_hook();
    panic::set_hook(Box::new(move |info| {
        give_back(&mut io::stdout());
        report(info);
    }));
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::panic::AssertUnwindSafe;

    #[test]
    fn the_screen_is_given_back_when_drawing_panics() {
        let mut written = Vec::new();
        let draw = || {
            let mut screen = Screen(&mut written);
            screen.draw(&["table".to_owned()]).unwrap();
            panic!("a defect");
        };
        assert!(panic::catch_unwind(AssertUnwindSafe(draw)).is_err());
        let written = String::from_utf8(written).unwrap();
        assert!(
            written.contains("table") && written.ends_with("\x1b[?7h\x1b[?25h\x1b[?1049l"),
            "{written:?}"
        );
    }
}
