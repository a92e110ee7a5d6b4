//! `bridgeline prompt`: the session of a folder as a segment of a shell prompt or of tmux's status line,
//! and the number of waiting sessions.
//!
//! Promise: prints what is known, possibly nothing, and exits 0. It writes no file and starts no process.

use std::path::Path;

use super::{guarded, print};
use crate::agent::State;
use crate::cli::{PromptArgs, PromptProgram};
use crate::config::{self, Config, Invocation, Layers};
use crate::paint::{self, Target};
use crate::segment::{Role, Span};
use crate::session::appearance::Appearance;
use crate::snapshot::{Snapshot, sessions};
use crate::{document, line};

/// Prints the segment.
pub fn run(prompt: &PromptArgs, call: &Invocation) {
    if let Some(text) = guarded(|| text(prompt, call)).flatten() {
        print(&format!("{text}\n"));
    }
}

/// The text without the last line break. `None` if there is nothing to show.
fn text(prompt: &PromptArgs, call: &Invocation) -> Option<String> {
    if prompt.all {
        return counts(prompt.reader, call);
    }
    let dir = prompt.dir.clone().or_else(|| call.env.current_dir())?;
    let snapshot = sessions::nearest(&dir, prompt.idle(), &call.env, &call.paths)?;
    if prompt.reader == PromptProgram::Json {
        return Some(document::of(&snapshot));
    }
    let project = config::project(&snapshot.status);
    let mut config = config_for(prompt.reader, call, project.as_deref(), snapshot.appearance);
    if prompt.reader == PromptProgram::Tmux {
        config.rows.truncate(1);
    }
    let rows = line::rows(&snapshot, &config);
    painted(&rows, &config, prompt.reader)
}

/// Numbers of live sessions that are waiting and working.
fn counts(reader: PromptProgram, call: &Invocation) -> Option<String> {
    let sessions = sessions::registered(&call.env, &call.paths);
    if reader == PromptProgram::Json {
        return Some(document::of_all(&sessions));
    }
    let mut row = Vec::new();
    for (state, mark, role) in [(State::Waiting, "◆", Role::StateWaiting), (State::Working, "●", Role::StateWorking)]
    {
        let is_so = |session: &&Snapshot| session.state().is_some_and(|(own, _)| own == state);
        let count = sessions.iter().filter(is_so).count();
        if count > 0 {
            let gap = if row.is_empty() { "" } else { " " };
            row.push(Span::fixed(Role::Text, gap));
            row.push(Span::new(role, format!("{mark} {count}")));
        }
    }
    let appearance = sessions.iter().find_map(|session| session.appearance);
    painted(&[row], &config_for(reader, call, None, appearance), reader)
}

fn config_for(
    reader: PromptProgram, call: &Invocation, project: Option<&Path>, appearance: Option<Appearance>,
) -> Config {
    let layers = Layers::read(call, project).for_prompt(None, target(reader).1);
    Config::new(layers, call, || appearance)
}

fn painted(rows: &[Vec<Span>], config: &Config, reader: PromptProgram) -> Option<String> {
    let painted = |row: &Vec<Span>| paint::paint_for(row, &config.theme.look, config.depth, target(reader).0);
    let rows: Vec<_> = rows.iter().filter(|row| !row.is_empty()).map(painted).collect();
    (!rows.is_empty()).then(|| rows.join("\n"))
}

/// The target of escapes, and the colours of `color = "auto"`.
fn target(reader: PromptProgram) -> (Target, Option<&'static str>) {
    match reader {
        PromptProgram::Bash => (Target::Bash, None),
        PromptProgram::Zsh => (Target::Zsh, None),
        // Tmux knows the abilities of its terminals, but does not pass them to its commands.
        PromptProgram::Tmux => (Target::Tmux, Some("truecolor")),
        PromptProgram::Plain => (Target::Terminal, Some("never")),
        PromptProgram::Fish | PromptProgram::Nu | PromptProgram::Pwsh | PromptProgram::Json => (Target::Terminal, None),
    }
}
