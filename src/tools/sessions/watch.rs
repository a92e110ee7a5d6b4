//! The table on the whole screen, until a key ends it.

use std::io::{self, Write};
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use crossterm::event::{Event, KeyCode, KeyEventKind, KeyModifiers};
use crossterm::terminal::{BeginSynchronizedUpdate, Clear, ClearType, EndSynchronizedUpdate};
use crossterm::{cursor, queue, style};

use super::table::Table;
use crate::base::env::Env;
use crate::base::text::Text;
use crate::base::width::cut;
use crate::config::{Flags, Invocation};
use crate::snapshot::sessions;
use crate::tools::screen::{Screen, Woken};

/// Time between two looks at the sessions.
const EVERY: Duration = Duration::from_secs(1);

/// Shows the sessions until `q`, Escape or Ctrl-C.
///
/// # Errors
/// The terminal cannot be written or read, or a signal has ended it.
pub fn run(all: bool, call: &Invocation) -> anyhow::Result<()> {
    let screen = Screen::enter().context("cannot take the screen")?;
    let mut shown = None;
    loop {
        let frame = frame(all, call.flags.clone());
        if shown.as_ref() != Some(&frame) {
            draw(&mut io::stdout(), &frame.1).context("standard output")?;
            shown = Some(frame);
        }
        match screen.wait(Some(Instant::now() + EVERY)).context("cannot read the terminal")? {
            Woken::By(event) if is_quit(&event) => return Ok(()),
            // The terminal may have cut or wrapped what was there.
            Woken::By(Event::Resize(..)) => shown = None,
            Woken::By(_) | Woken::ByTime => {}
            Woken::ByEnd => bail!("sessions --watch: ended from outside"),
        }
    }
}

/// The size of the screen, and its lines.
fn frame(all: bool, flags: Flags) -> ((usize, usize), Vec<String>) {
    let call = Invocation::new(Env::from_process(), flags);
    let (columns, rows) = call.env.terminal_size().unwrap_or((80, 24));
    let sessions = sessions::all(all, &call.env, &call.paths);
    let mut lines = Table::new(columns, true, &call).rows(&sessions);
    if sessions.is_empty() {
        lines = vec![cut(super::none(all), columns)];
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

/// A key that ends the list.
fn is_quit(event: &Event) -> bool {
    let Event::Key(key) = event else { return false };
    let control = key.modifiers.contains(KeyModifiers::CONTROL);
    let quits = match key.code {
        KeyCode::Char('c') => control,
        KeyCode::Char('q') | KeyCode::Esc => true,
        _ => false,
    };
    quits && key.kind != KeyEventKind::Release
}

/// Puts the lines on the screen, from its top.
fn draw(out: &mut impl Write, lines: &[String]) -> io::Result<()> {
    queue!(out, BeginSynchronizedUpdate)?;
    for (row, line) in lines.iter().enumerate() {
        let row = u16::try_from(row).unwrap_or(u16::MAX);
        queue!(out, cursor::MoveTo(0, row), style::Print(line), Clear(ClearType::UntilNewLine))?;
    }
    queue!(out, Clear(ClearType::FromCursorDown), EndSynchronizedUpdate)?;
    out.flush()
}
