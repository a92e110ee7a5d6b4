//! `bridgeline sessions`: which sessions there are and which of them wait, as a table, as JSON, or kept up
//! to date on the whole screen. Fails when its output cannot be written, or is to be watched and no terminal.

mod table;
mod watch;

use std::io::{self, IsTerminal, Write};

use anyhow::{Context, ensure};

use crate::base::env::Env;
use crate::cli::Sessions;
use crate::document;
use crate::snapshot::sessions;
use crate::store::Paths;
use table::Table;

/// Prints the sessions.
///
/// # Errors
/// Standard output cannot be written, or shall be watched and is no terminal.
pub fn run(asked: &Sessions, env: &Env) -> anyhow::Result<()> {
    if asked.watch {
        ensure!(io::stdout().is_terminal(), "sessions --watch needs a terminal: standard output is none");
        return watch::run(asked);
    }
    let paths = Paths::new(env);
    let sessions = sessions::all(asked.all, env, &paths);
    let mut out = io::stdout().lock();
    if asked.json {
        return writeln!(out, "{}", document::of_all(&sessions)).context("standard output");
    }
    let table = Table::new(&asked.flags, out.is_terminal(), env, &paths);
    let rows = table.rows(&sessions).join("\n");
    writeln!(out, "{}", if sessions.is_empty() { none(asked) } else { &rows }).context("standard output")
}

/// What stands in the place of a table without sessions.
fn none(asked: &Sessions) -> &'static str {
    match asked.all {
        true => "no session yet: the agent's statusline has to run `bridgeline` first",
        false => "no session is live; `bridgeline sessions --all` shows those that have ended",
    }
}
