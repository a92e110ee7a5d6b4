//! Going to a session: its tmux pane, or the command that resumes it elsewhere.

use std::time::{Duration, Instant};

use crate::agent::{Agent, Status};
use crate::base::env::Env;
use crate::config::Invocation;
use crate::process;
use crate::session::cache::{CACHE, Cache, Pane};
use crate::settings::on_command_line;
use crate::snapshot::{Snapshot, sessions};
use crate::tools::report::clean;

/// Longest time that tmux may take.
const LIMIT: Duration = Duration::from_secs(2);

/// Shows the pane of a session. `None` if that worked, else a text to print after the list is closed.
pub fn go(session: &Snapshot, call: &Invocation) -> Option<String> {
    let is_live = sessions::is_live(session);
    let cache = || Cache::read(&CACHE.path(call.paths.state.as_deref()?, session.session.as_ref()?));
    let pane = is_live.then(cache).flatten().and_then(|cache| cache.pane);
    let attach = pane.and_then(|pane| select(&pane, &call.env)).unwrap_or_else(|| resume(session, is_live));
    // A popup has no pane of its own, and covers the others until it ends.
    (!attach.is_empty() || !call.env.has("TMUX_PANE")).then_some(attach)
}

/// Makes tmux show a pane, and returns the command that attaches another terminal, which is empty if this terminal
/// shows the pane. `None` if tmux or the pane is gone.
fn select(Pane { id, server }: &Pane, env: &Env) -> Option<String> {
    let (socket, process) = server.rsplit_once(',')?;
    let tmux = |args: &[&str]| {
        let mut command = process::command("tmux", env.var_os("PATH"));
        command.args(["-S", socket]).args(args);
        process::run(command, Vec::new(), Instant::now() + LIMIT, 64).ok().filter(process::Output::is_success)
    };
    // A server started since then gives the same ids to other panes.
    let told = tmux(&["display-message", "-p", "#{pid}"]).filter(|told| told.stdout.trim_ascii() == process.as_bytes());
    told.and_then(|_| tmux(&["select-window", "-t", id, ";", "select-pane", "-t", id]))?;
    if env.var("TMUX").is_some_and(|own| own.rsplit_once(',').is_some_and(|(own, _)| own == server)) {
        // Fails if no terminal shows the server's sessions, which does not matter.
        _ = tmux(&["switch-client", "-t", id]);
        return Some(String::new());
    }
    Some(format!("tmux -S {} attach-session -t {}\n", word(socket), word(id)))
}

/// The command that resumes a session, in the folder that it was started in.
fn resume(session: &Snapshot, is_live: bool) -> String {
    let Status { agent, session_id, original_dir, project_dir, cwd, .. } = &session.status;
    let folder = original_dir.as_ref().or(project_dir.as_ref()).or(cwd.as_ref());
    let folder = folder.map(|folder| format!("cd {} && ", word(folder))).unwrap_or_default();
    let program = Agent::named(agent).map_or("", |agent| agent.resume);
    let id = session_id.as_ref().map(|id| word(id)).unwrap_or_default();
    let why = if is_live { "Its tmux pane is unknown. Once it has ended, resume it with:\n" } else { "" };
    format!("{why}{folder}{program} {id}\n")
}

/// Text from outside as a word of a command line.
fn word(text: &str) -> String {
    on_command_line(&clean(text)).into_owned()
}
