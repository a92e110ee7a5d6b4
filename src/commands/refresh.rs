//! `bridgeline refresh`: updates facts. Renders start it without streams and never wait for it; a person who runs it
//! sees what failed.
//!
//! Promise: it ends within its limit, with all processes that it has started.

use std::ffi::OsString;
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, anyhow, bail};

use crate::bridge::monitor::TOLD;
use crate::bridge::spool::SPOOLED;
use crate::bridge::{BRIDGE, SHADOW};
use crate::config::Invocation;
use crate::facts::refresh::{self, FactKind, Refresh};
use crate::facts::{command, git};
use crate::session::cache::{CACHE, HARNESS_COST, HIDDEN};
use crate::spending::transcript::LEDGER;
use crate::store::{self, KeyedFile};
use crate::{process, spending};

/// All kinds of facts.
pub const KINDS: [&FactKind; 3] = [&git::KIND, &spending::KIND, &command::KIND];

/// The files that are swept: those of sessions and facts, each kind as declared by its owner.
pub fn swept() -> Vec<KeyedFile> {
    let of_sessions = [CACHE, HIDDEN, HARNESS_COST, BRIDGE, SHADOW, TOLD, SPOOLED, LEDGER];
    of_sessions.into_iter().chain(KINDS.map(|kind| KeyedFile::State(kind.name))).collect()
}

/// Time left to record that a fact took too long.
const GRACE: Duration = Duration::from_secs(1);

/// Updates the facts in `args`: kind and subject of each.
///
/// # Errors
/// A kind is unknown, or a fact could not be computed, which its file then records too.
pub fn run(args: &[OsString], call: &Invocation) -> anyhow::Result<()> {
    process::settle();
    let Invocation { env, paths, .. } = call;
    let state = paths.state.clone().context("no folder for facts: set HOME or BRIDGELINE_STATE_DIR")?;
    let Some(limit) = refresh::limit(env) else { return Ok(()) };
    let refresh = Refresh { env: env.clone(), state, deadline: Instant::now() + limit };
    let (sender, receiver) = mpsc::channel();
    for pair in args.chunks(2) {
        let [name, subject] = pair else { bail!("{} needs a subject", pair[0].display()) };
        let (kind, subject) = (find(name)?, subject.clone());
        let (refresh, sender) = (refresh.clone(), sender.clone());
        // A thread that hangs on a dead disk is abandoned and ends with the process.
        thread::spawn(move || _ = sender.send((kind.refresh)(&subject, &refresh)));
    }
    drop(sender);
    let mut result = Ok(());
    for _ in args.chunks(2) {
        let left = (refresh.deadline + GRACE).saturating_duration_since(Instant::now());
        let done = receiver.recv_timeout(left).context("computing a fact took too long")?;
        result = result.and(done.map_err(|error| anyhow!(error)));
    }
    store::sweep_daily(paths, &swept(), env.now);
    result
}

fn find(name: &OsString) -> anyhow::Result<&'static FactKind> {
    let kind = KINDS.into_iter().find(|kind| name == kind.name);
    kind.with_context(|| format!("unknown kind of fact {}", name.display()))
}
