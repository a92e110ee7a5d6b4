//! `bridgeline refresh`: finds facts out anew. Started by render, with no streams and for nobody to
//! wait for; a person who runs it is told what failed.
//!
//! Promise: ends within its limit, with all that it has started.

use std::ffi::{OsStr, OsString};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, anyhow, bail};

use crate::base::env::Env;
use crate::facts::refresh::{self, Run};
use crate::facts::{command, git};
use crate::process;
use crate::spending;
use crate::store::{self, Paths};

/// A kind of fact.
pub struct Kind {
    /// Its folder in our state, and its name among the arguments of a refresh.
    pub name: &'static str,
    /// Brings the fact about a subject up to date, in the way of [`crate::facts::fact::Slot::refresh`].
    pub refresh: fn(subject: &OsStr, run: &Run) -> Result<(), String>,
}

/// Every kind.
pub const KINDS: &[Kind] = &[
    Kind { name: git::KIND, refresh: git::refresh },
    Kind { name: spending::KIND, refresh: spending::refresh_fact },
    Kind { name: command::KIND, refresh: command::refresh },
];

/// What is left for writing down that something took too long.
const GRACE: Duration = Duration::from_secs(1);

/// Brings the facts up to date that `args` names: kind and subject of each.
///
/// # Errors
/// A kind is unknown, or a fact could not be found out, which has then been written down beside it.
pub fn run(args: &[OsString], env: &Env) -> anyhow::Result<()> {
    process::settle();
    let paths = Paths::new(env);
    let state = paths.state.clone().context("there is no home to keep facts in: set BRIDGELINE_STATE_DIR")?;
    let Some(limit) = refresh::limit(env) else { return Ok(()) };
    let run = Run { env: env.clone(), state, deadline: Instant::now() + limit };
    let (sender, receiver) = mpsc::channel();
    for pair in args.chunks(2) {
        let [name, subject] = pair else { bail!("{} has no subject", pair[0].display()) };
        let (kind, subject) = (find(name)?, subject.clone());
        let (run, sender) = (run.clone(), sender.clone());
        // One that hangs on a dead disk is left behind: it ends with the process.
        thread::spawn(move || _ = sender.send((kind.refresh)(&subject, &run)));
    }
    drop(sender);
    let mut result = Ok(());
    for _ in args.chunks(2) {
        let left = (run.deadline + GRACE).saturating_duration_since(Instant::now());
        let done = receiver.recv_timeout(left).context("a fact took too long to find out")?;
        result = result.and(done.map_err(|error| anyhow!(error)));
    }
    store::sweep_daily(&paths, env.now);
    result
}

fn find(name: &OsString) -> anyhow::Result<&'static Kind> {
    let kind = KINDS.iter().find(|kind| name == kind.name);
    kind.with_context(|| format!("there are no facts of the kind {}", name.display()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::STATE_FOLDERS;

    #[test]
    fn facts_of_every_kind_are_swept() {
        for kind in KINDS {
            assert!(STATE_FOLDERS.contains(&kind.name), "{}", kind.name);
        }
    }
}
