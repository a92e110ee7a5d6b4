//! `bridgeline prompt`: the session of a folder as a segment of a shell prompt or of tmux's status line,
//! and how many sessions wait.
//!
//! Promise: prints what it could learn, which can be nothing, and exits 0. Writes no file, and starts no
//! process.

use std::io::{self, Write};
use std::panic::{self, AssertUnwindSafe};
use std::path::Path;

use super::render;
use crate::base::env::Env;
use crate::bridge::record::State;
use crate::cli::{Prompt, Reader};
use crate::config::{Config, Layers};
use crate::document;
use crate::line;
use crate::paint::{self, Target};
use crate::segment::{Role, Span};
use crate::snapshot::Snapshot;
use crate::snapshot::sessions;
use crate::store::Paths;

/// Prints the segment.
pub fn run(prompt: &Prompt, env: &Env) {
    // A defect must not show up in every prompt.
    panic::set_hook(Box::new(|_| {}));
    let text = panic::catch_unwind(AssertUnwindSafe(|| text(prompt, env))).ok().flatten();
    if let Some(text) = text {
        let mut stdout = io::stdout().lock();
        _ = writeln!(stdout, "{text}").and_then(|()| stdout.flush());
    }
}

/// What is printed, without the last line break. `None` when there is nothing to say.
fn text(prompt: &Prompt, env: &Env) -> Option<String> {
    let paths = Paths::new(env);
    if prompt.all {
        return counts(prompt, env, &paths);
    }
    let dir = prompt.dir.clone().or_else(|| env.current_dir())?;
    let snapshot = sessions::nearest(&dir, prompt.idle, env, &paths)?;
    if prompt.reader == Reader::Json {
        return Some(document::of(&snapshot));
    }
    let project = render::project(&snapshot.status);
    let mut config = config(prompt, env, &paths, project.as_deref(), snapshot.agent_is_light);
    if prompt.reader == Reader::Tmux {
        config.rows.truncate(1);
    }
    let rows = line::rows(&snapshot, &config);
    painted(&rows, &config, prompt.reader)
}

/// How many live sessions wait, and how many work.
fn counts(prompt: &Prompt, env: &Env, paths: &Paths) -> Option<String> {
    let sessions = sessions::registered(env, paths);
    if prompt.reader == Reader::Json {
        return Some(document::of_all(&sessions));
    }
    let mut row = Vec::new();
    for (state, mark, role) in
        [(State::Waiting, "◆", Role::StateWaiting), (State::Working, "●", Role::StateWorking)]
    {
        let is_so = |session: &&Snapshot| session.state().is_some_and(|(own, _)| own == state);
        let count = sessions.iter().filter(is_so).count();
        if count > 0 {
            let gap = if row.is_empty() { "" } else { " " };
            row.push(Span::fixed(Role::Text, gap));
            row.push(Span::new(role, format!("{mark} {count}")));
        }
    }
    painted(&[row], &config(prompt, env, paths, None, None), prompt.reader)
}

fn config(
    prompt: &Prompt,
    env: &Env,
    paths: &Paths,
    project: Option<&Path>,
    agent_is_light: Option<bool>,
) -> Config {
    let layers = Layers::read(&prompt.flags, env, paths, project);
    let layers = layers.for_prompt(None, color(prompt.reader));
    Config::new(layers, &prompt.flags, env, paths, || agent_is_light)
}

fn painted(rows: &[Vec<Span>], config: &Config, reader: Reader) -> Option<String> {
    let rows = rows.iter().filter(|row| !row.is_empty());
    let rows: Vec<String> =
        rows.map(|row| paint::paint_for(row, &config.theme.look, config.depth, target(reader))).collect();
    (!rows.is_empty()).then(|| rows.join("\n"))
}

fn target(reader: Reader) -> Target {
    match reader {
        Reader::Bash => Target::Bash,
        Reader::Zsh => Target::Zsh,
        Reader::Tmux => Target::Tmux,
        Reader::Fish | Reader::Nu | Reader::Pwsh | Reader::Plain | Reader::Json => Target::Terminal,
    }
}

/// What `color = "auto"` stands for.
fn color(reader: Reader) -> Option<&'static str> {
    match reader {
        // Tmux knows what its terminals can show, and tells its commands of none.
        Reader::Tmux => Some("truecolor"),
        Reader::Plain => Some("never"),
        _ => None,
    }
}
