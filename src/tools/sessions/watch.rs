//! The full-screen table, until a key ends it.

use std::time::{Duration, Instant};

use anyhow::{Context, bail};

use super::pane;
use super::table::SessionTable;
use crate::base::env::Env;
use crate::base::text::Text;
use crate::base::width::{cut, width};
use crate::config::Invocation;
use crate::session::cache;
use crate::snapshot::{Snapshot, sessions};
use crate::store::SessionId;
use crate::tools::configure::action::Action;
use crate::tools::configure::keys;
use crate::tools::report;
use crate::tools::screen::{Screen, Woken};

/// Time between two updates of the sessions.
const EVERY: Duration = Duration::from_secs(1);

/// Columns before a row: the mark of the chosen one.
const MARK: usize = 2;

/// Shows the sessions until `q`, Escape or Ctrl-C, or until the user goes to a session that cannot be shown here.
///
/// # Errors
/// The terminal cannot be written or read, a session cannot be hidden, or a signal stops the list.
pub fn run(all: bool, call: &Invocation) -> anyhow::Result<()> {
    let mut screen = Screen::enter().context("cannot set up the terminal")?;
    let mut list = List { all, ..List::default() };
    loop {
        let call = Invocation::new(Env::from_process(), call.flags.clone());
        list.refresh(&call);
        screen.show(list.frame(&call)).context("standard output")?;
        let event = match screen.wait(Some(Instant::now() + EVERY)).context("cannot read the terminal")? {
            Woken::By(event) => event,
            Woken::ByTime => continue,
            Woken::ByEnd => bail!("sessions --watch: stopped by a signal"),
        };
        match keys::action(&event, false) {
            Some(Action::Key('q') | Action::Back | Action::Interrupt) => return Ok(()),
            Some(Action::Key('g')) => list.go(Action::Home),
            Some(Action::Key('G')) => list.go(Action::End),
            Some(Action::Key('a')) => list.all = !list.all,
            Some(Action::Key('x')) => list.hide(&call)?,
            Some(Action::Enter) => {
                if let Some(text) = list.chosen().and_then(|session| pane::go(session, &call)) {
                    drop(screen);
                    return report::print(&text);
                }
            }
            action => action.into_iter().for_each(|action| list.go(action)),
        }
    }
}

/// The listed sessions, and the chosen one.
#[derive(Default)]
struct List {
    /// Ended sessions are listed too.
    all: bool,
    sessions: Vec<Snapshot>,
    /// Index of the chosen one.
    at: usize,
    /// The session that was chosen by a key; it stays listed when it ends. `None` before any key, while the first row
    /// is chosen.
    kept: Option<SessionId>,
}

impl List {
    fn refresh(&mut self, call: &Invocation) {
        let is_kept = |session: &Snapshot| self.kept.is_some() && session.session == self.kept;
        let is_hidden = |session: &Snapshot| {
            let id = session.session.as_ref().zip(call.paths.state.as_deref());
            id.is_some_and(|(id, state)| cache::is_hidden(id, state))
        };
        let is_listed =
            |session: &Snapshot| sessions::is_live(session) || (self.all || is_kept(session)) && !is_hidden(session);
        self.sessions = sessions::all(true, &call.env, &call.paths).into_iter().filter(is_listed).collect();
        let at = self.sessions.iter().position(is_kept).unwrap_or(self.at);
        self.at = at.min(self.sessions.len().saturating_sub(1));
    }

    fn chosen(&self) -> Option<&Snapshot> {
        self.sessions.get(self.at)
    }

    /// Chooses another session, if the action is a move.
    fn go(&mut self, action: Action) {
        if let Some(at) = keys::moved(action, self.at, self.sessions.len(), 1) {
            self.at = at;
            self.kept = self.chosen().and_then(|session| session.session.clone());
        }
    }

    /// Hides the chosen session, if it has ended.
    fn hide(&self, call: &Invocation) -> anyhow::Result<()> {
        let ended = self.chosen().filter(|session| !sessions::is_live(session));
        match ended.and_then(|ended| ended.session.as_ref()).zip(call.paths.state.as_deref()) {
            Some((id, state)) => cache::hide(id, state).context("cannot hide the session"),
            None => Ok(()),
        }
    }

    /// The lines of the screen.
    fn frame(&self, call: &Invocation) -> Vec<String> {
        let (columns, rows) = call.env.terminal_size().unwrap_or((80, 24));
        let table = SessionTable::new(columns.saturating_sub(MARK).max(1), true, call).rows(&self.sessions);
        let marks = (0..).map(|row| if row == self.at + 1 { '>' } else { ' ' });
        let mut lines: Vec<String> =
            table.iter().zip(marks).map(|(line, mark)| format!("{mark:MARK$}{line}")).collect();
        if self.sessions.is_empty() {
            lines = vec![cut(super::none(self.all), columns)];
        }
        // On a low screen, the sessions matter more than the keys.
        let footer = if rows < 5 { 0 } else { 2 };
        let room = rows.saturating_sub(footer).max(1);
        if lines.len() > room {
            let seen = room.saturating_sub(2).max(1);
            let hidden = self.sessions.len() - seen;
            // Keeps the chosen one visible.
            lines.drain(1..=(self.at + 1).saturating_sub(seen));
            lines.truncate(seen + 1);
            lines.push(cut(Text::new(format!("… {hidden} more")).as_str(), columns));
            lines.truncate(room);
        }
        if footer > 0 {
            lines.extend([String::new(), self.keys(columns)]);
        }
        lines
    }

    /// The keys that have an effect, as many as there is room for.
    fn keys(&self, columns: usize) -> String {
        let is_over = self.chosen().is_some_and(|session| !sessions::is_live(session));
        let all = if self.all { "a hide ended" } else { "a show ended" };
        let has = !self.sessions.is_empty();
        let others = [(has, "↑ ↓ select"), (has, "Enter go to it"), (is_over, "x hide"), (true, all)];
        let working = others.into_iter().filter(|(works, _)| *works);
        working.fold(cut("q quits", columns), |keys, (_, key)| {
            let longer = format!("{keys}  {key}");
            if width(&longer) <= columns { longer } else { keys }
        })
    }
}
