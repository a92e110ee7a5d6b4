//! `bridgeline sessions`: the live sessions and those that wait, as a table, as JSON, or full-screen and kept up to
//! date. It fails if its output cannot be written, or `--watch` has no terminal.

mod pane;
mod table;
mod watch;

use std::io::{self, IsTerminal};

use anyhow::ensure;

use super::report;
use crate::cli::SessionsArgs;
use crate::config::Invocation;
use crate::document;
use crate::snapshot::sessions;
pub use table::SessionTable;

/// Prints the sessions.
pub fn run(asked: &SessionsArgs, call: &Invocation) -> anyhow::Result<()> {
    let is_terminal = io::stdout().is_terminal();
    if asked.watch {
        ensure!(is_terminal, "sessions --watch: standard output is not a terminal; run it in one");
        return watch::run(asked.all, call);
    }
    let sessions = sessions::all(asked.all, &call.env, &call.paths);
    if asked.json {
        return report::print(&format!("{}\n", document::of_all(&sessions)));
    }
    if sessions.is_empty() {
        return report::print(&format!("{}\n", none(asked.all)));
    }
    let rows = SessionTable::new(usize::MAX, is_terminal, call).rows(&sessions);
    report::print(&format!("{}\n", rows.join("\n")))
}

/// Printed instead of a table without sessions.
fn none(all: bool) -> &'static str {
    if all {
        "no sessions yet; run `bridgeline install` and start an agent"
    } else {
        "no live sessions; use `sessions --all` to include ended ones"
    }
}
