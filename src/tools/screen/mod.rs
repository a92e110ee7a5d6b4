//! Full-screen use of the terminal. However it ends, the terminal is restored.

#[cfg_attr(unix, path = "unix.rs")]
#[cfg_attr(windows, path = "windows.rs")]
mod ends;

use std::io::{self, IsTerminal, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::time::{Duration, Instant};
use std::{panic, thread};

use crossterm::event::{self, DisableMouseCapture, EnableMouseCapture, Event};
use crossterm::terminal::{
    BeginSynchronizedUpdate, Clear, ClearType, DisableLineWrap, EnableLineWrap, EndSynchronizedUpdate,
    EnterAlternateScreen, LeaveAlternateScreen, disable_raw_mode, enable_raw_mode,
};
use crossterm::{cursor, execute, queue, style};
use ends::EndSignals;

/// Longest time until a signal is noticed.
const TICK: Duration = Duration::from_millis(100);

/// Standard input and output are a terminal, so a user can be asked.
pub fn is_at_terminal() -> bool {
    io::stdin().is_terminal() && io::stdout().is_terminal()
}

/// The full screen, until this is dropped.
pub struct Screen {
    events: Receiver<io::Result<Event>>,
    /// Stops the thread that reads events, and restores the effect of signals.
    is_left: Arc<AtomicBool>,
    ends: EndSignals,
    /// The lines that [`Screen::show`] has drawn. `None` if the terminal may have changed them.
    shown: Option<Vec<String>>,
}

/// Reason for the end of a wait.
pub enum Woken {
    /// An event of the user.
    By(Event),
    /// The time is up.
    ByTime,
    /// A signal or the end of the terminal; no events will follow.
    ByEnd,
}

impl Screen {
    /// Switches to full screen: keys arrive one by one without echo, and output goes to the alternate screen.
    ///
    /// # Errors
    /// The terminal cannot be written to or configured, or signals cannot be caught.
    pub fn enter() -> io::Result<Self> {
        let is_left = Arc::new(AtomicBool::new(false));
        let ends = EndSignals::new(&is_left)?;
        give_back_on_panic();
        enable_raw_mode()?;
        let taken = execute!(io::stdout(), EnterAlternateScreen, DisableLineWrap, cursor::Hide);
        match taken.and_then(|()| events(Arc::clone(&is_left))) {
            Ok(events) => Ok(Screen { events, is_left, ends, shown: None }),
            Err(err) => {
                give_back();
                Err(err)
            }
        }
    }

    /// Enables mouse events.
    ///
    /// # Errors
    /// The terminal cannot be written to.
    pub fn with_mouse(self) -> io::Result<Self> {
        execute!(io::stdout(), EnableMouseCapture).map(|()| self)
    }

    /// Draws lines from the top of the screen, unless they are already there.
    ///
    /// # Errors
    /// The terminal cannot be written to.
    pub fn show(&mut self, lines: Vec<String>) -> io::Result<()> {
        if self.shown.as_ref() == Some(&lines) {
            return Ok(());
        }
        let clear = Clear(ClearType::UntilNewLine);
        // Cleared first: after a full row it would remove the last character.
        let text: Vec<String> = lines.iter().map(|line| format!("{clear}{line}")).collect();
        let (text, rest) = (style::Print(text.join("\r\n")), Clear(ClearType::FromCursorDown));
        let mut out = io::stdout();
        queue!(out, BeginSynchronizedUpdate, cursor::MoveTo(0, 0), text, rest, EndSynchronizedUpdate)?;
        self.shown = Some(lines);
        out.flush()
    }

    /// Waits for an event of the user, until `until` if that is set.
    ///
    /// # Errors
    /// The terminal cannot be read.
    pub fn wait(&mut self, until: Option<Instant>) -> io::Result<Woken> {
        loop {
            if self.ends.came() {
                return Ok(Woken::ByEnd);
            }
            let left = until.map_or(TICK, |until| until.saturating_duration_since(Instant::now()));
            match self.events.recv_timeout(left.min(TICK)) {
                Ok(event) => {
                    // The terminal may have cut or wrapped the lines.
                    if matches!(event, Ok(Event::Resize(..))) {
                        self.shown = None;
                    }
                    return event.map(Woken::By);
                }
                Err(RecvTimeoutError::Disconnected) => return Ok(Woken::ByEnd),
                Err(RecvTimeoutError::Timeout) if left.is_zero() => return Ok(Woken::ByTime),
                Err(RecvTimeoutError::Timeout) => {}
            }
        }
    }
}

/// Events, read in a thread of their own: crossterm 0.29 never returns from reading a closed terminal. The thread ends
/// when the screen is left, so that later input is for others.
fn events(is_left: Arc<AtomicBool>) -> io::Result<Receiver<io::Result<Event>>> {
    let (sender, receiver) = mpsc::channel();
    thread::Builder::new().spawn(move || {
        while !is_left.load(Ordering::Relaxed) {
            let event = match event::poll(TICK) {
                Ok(false) => continue,
                Ok(true) => event::read(),
                Err(err) => Err(err),
            };
            let is_last = event.is_err();
            if sender.send(event).is_err() || is_last {
                break;
            }
        }
    })?;
    Ok(receiver)
}

impl Drop for Screen {
    fn drop(&mut self) {
        self.is_left.store(true, Ordering::Relaxed);
        while self.events.recv_timeout(TICK * 3).is_ok() {}
        // In a panic it has been restored already; doing it again would move the cursor over the message.
        if !thread::panicking() {
            give_back();
        }
    }
}

/// Restores the terminal. Errors are ignored: a closed terminal needs nothing.
fn give_back() {
    // Separately: on Windows it fails if the mouse was never captured.
    _ = execute!(io::stdout(), DisableMouseCapture);
    _ = execute!(io::stdout(), EnableLineWrap, cursor::Show, LeaveAlternateScreen);
    _ = disable_raw_mode();
}

/// Restores the terminal before a panic's message, which would be lost with the alternate screen.
fn give_back_on_panic() {
    let report = panic::take_hook();
    panic::set_hook(Box::new(move |info| {
        give_back();
        report(info);
    }));
}
