//! `bridgeline setup`: a few questions full-screen, then a diff of all changes, then the changes.
//!
//! Promise: nothing is written before the last question; however it ends, the terminal is restored. The commands that
//! it prints do the same.

mod questions;
mod view;

use std::io;

use anyhow::{Context, bail};
use ratatui::Terminal;
use ratatui::backend::CrosstermBackend;

use self::questions::{Answers, Questions};
use super::configure::action::Action;
use super::configure::keys;
use super::console::Console;
use super::install::Installer;
use super::screen::{Screen, Woken, is_at_terminal};
use crate::config::Invocation;

/// Asks, shows the changes, and makes them with consent, unless it is a dry run.
///
/// # Errors
/// There is no terminal; a file cannot be read or written, or does not parse; a signal stops it.
pub fn run(dry_run: bool, call: &Invocation) -> anyhow::Result<()> {
    if !is_at_terminal() {
        bail!("setup: standard input is not a terminal; use `bridgeline install` with flags");
    }
    let questions = Questions::new(call).context("setup")?;
    let asked = Screen::enter().map(|mut screen| ask(&questions, &mut screen));
    let answers = asked.context("setup: cannot set up the terminal")?.context("setup")?;
    let mut console = Console::new(&call.env);
    let Some(mut answers) = answers else { return console.say("nothing was changed") };
    answers.args.consent.dry_run = dry_run;
    let mut installer = Installer::new(&answers.args, call)?;
    installer.config = questions.config_text(&answers);
    answers.commands().iter().try_for_each(|command| console.say(&format!("same as: {command}")))?;
    let is_done = installer.install(&answers.agents(), &mut console)?;
    if is_done { include_str!("next.txt").lines().try_for_each(|line| console.say(line)) } else { Ok(()) }
}

/// Asks all questions. `None` if the user quits.
fn ask(questions: &Questions, screen: &mut Screen) -> anyhow::Result<Option<Answers>> {
    let mut terminal = Terminal::new(CrosstermBackend::new(io::stdout()))?;
    let mut answers = questions.first_answers();
    let (mut step, mut cursor) = (0, None);
    loop {
        let pages = questions.pages(&answers, usize::from(terminal.size()?.width));
        let Some(page) = pages.get(step) else { return Ok(Some(answers)) };
        let taken = page.choices.iter().rposition(|choice| choice.then == answers);
        let at = cursor.or(taken).unwrap_or(0);
        terminal.draw(|frame| view::draw(frame, page, at, (step + 1, pages.len())))?;
        let Woken::By(event) = screen.wait(None)? else { bail!("stopped by a signal; nothing was changed") };
        (step, cursor) = match keys::action(&event, false) {
            Some(Action::Back) => (step.saturating_sub(1), None),
            Some(Action::Key('q') | Action::Interrupt) => return Ok(None),
            Some(action @ (Action::Enter | Action::Tab(_))) => {
                let chosen = if let Action::Tab(number) = action { number } else { at };
                let Some(choice) = page.choices.get(chosen) else { continue };
                answers = choice.then.clone();
                if choice.stays { (step, Some(chosen)) } else { (step + 1, None) }
            }
            action => (step, action.and_then(|action| keys::moved(action, at, page.choices.len(), 1)).or(cursor)),
        };
    }
}
