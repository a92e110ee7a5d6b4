//! The whole screen of the terminal, taken while something is shown on it. Whatever ends that, the terminal
//! is given back as it was.

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

/// The longest time until an end is noticed.
const TICK: Duration = Duration::from_millis(100);

/// There is somebody at a terminal who can be shown something and asked.
pub fn is_at_terminal() -> bool {
    io::stdin().is_terminal() && io::stdout().is_terminal()
}

/// The screen, taken until this is dropped.
pub struct Screen {
    events: Receiver<io::Result<Event>>,
    /// EndSignals the thread that reads them, and gives signals back their effect.
    is_left: Arc<AtomicBool>,
    ends: EndSignals,
    /// The lines that [`Screen::show`] has put on it. `None` when the terminal may have changed them.
    shown: Option<Vec<String>>,
}

/// Why a wait is over.
pub enum Woken {
    /// The user has done something.
    By(Event),
    /// It was time.
    ByTime,
    /// A signal or the end of the terminal: nothing more will come.
    ByEnd,
}

impl Screen {
    /// Takes it: keys come one by one and unseen, and what is written goes to a page of its own.
    ///
    /// # Errors
    /// The terminal cannot be written or set, or signals cannot be caught.
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

    /// Clicks and the wheel come too.
    ///
    /// # Errors
    /// The terminal cannot be written.
    pub fn with_mouse(self) -> io::Result<Self> {
        execute!(io::stdout(), EnableMouseCapture).map(|()| self)
    }

    /// Puts lines on the screen, from its top, unless they are there.
    ///
    /// # Errors
    /// The terminal cannot be written.
    pub fn show(&mut self, lines: Vec<String>) -> io::Result<()> {
        if self.shown.as_ref() == Some(&lines) {
            return Ok(());
        }
        let clear = Clear(ClearType::UntilNewLine);
        // Cleared first: behind a row that is full it would take the last character.
        let text: Vec<String> = lines.iter().map(|line| format!("{clear}{line}")).collect();
        let (text, rest) = (style::Print(text.join("\r\n")), Clear(ClearType::FromCursorDown));
        let mut out = io::stdout();
        queue!(out, BeginSynchronizedUpdate, cursor::MoveTo(0, 0), text, rest, EndSynchronizedUpdate)?;
        self.shown = Some(lines);
        out.flush()
    }

    /// Waits for what the user does, until `until` where that is set.
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
                    // The terminal may have cut or wrapped what was there.
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

/// Events, read in a thread of their own: crossterm 0.29 never returns from reading a terminal that is gone. It ends
/// when the screen is left, so that what is typed then is for others.
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
        // In a panic it has been given back already, and once more would put the cursor over the message.
        if !thread::panicking() {
            give_back();
        }
    }
}

/// There is nobody to tell if that fails: a terminal that is gone needs nothing.
fn give_back() {
    // By itself: on Windows it fails where the mouse was never taken.
    _ = execute!(io::stdout(), DisableMouseCapture);
    _ = execute!(io::stdout(), EnableLineWrap, cursor::Show, LeaveAlternateScreen);
    _ = disable_raw_mode();
}

/// The message of a panic would go to the page that is left.
fn give_back_on_panic() {
    let report = panic::take_hook();
    panic::set_hook(Box::new(move |info| {
        give_back();
        report(info);
    }));
}
