//! `bridgeline usage export`: what a team's monitoring reads, as a file for node_exporter or sent to a collector.
//!
//! Promise: fails when the index, the file or the collector cannot be read or written. When transcripts cannot be
//! read, it exports what the others say and fails.

use std::path::Path;

use anyhow::{Context, bail};

use super::metrics::{self, Labels};
use super::{export, fail_for, load, otlp, prices};
use crate::base::env::Env;
use crate::cli::ExportArgs;
use crate::config::Invocation;
use crate::store::{self, Patience};
use crate::tools::report::{clean, print};

/// Brings the index up to date and exports it.
///
/// # Errors
/// See the promise.
pub(super) fn run(args: &ExportArgs, call: &Invocation) -> anyhow::Result<()> {
    let origin = origin(args.host.as_deref(), &call.env)?;
    let (messages, unreadable) = load(call)?;
    let mut metrics = metrics::all(&messages, &prices(call), &origin, call);
    let state = call.paths.state.as_deref().context("no folder for state: set HOME or BRIDGELINE_STATE_DIR")?;
    let kept = metrics::keep_counting(&mut metrics, &messages, state);
    let since = kept.with_context(|| format!("writing exported.json in {}", state.display()))?;
    let text = export::exposition(&metrics);
    match (&args.textfile, &args.otlp) {
        (_, Some(url)) => otlp::send(url, &metrics, &origin, since, &call.env)?,
        (Some(path), None) => publish(path, &text)?,
        (None, None) => print(&text)?,
    }
    fail_for(&unreadable)
}

/// The machine and the user that all samples are of.
fn origin(host: Option<&str>, env: &Env) -> anyhow::Result<Labels> {
    let Some(host) = host.map(str::to_owned).or_else(|| env.host_name()) else {
        bail!("the name of this machine is unknown: name it with --host");
    };
    let user = ["USER", "USERNAME", "LOGNAME"].iter().find_map(|name| env.var(name));
    let labels = [("host", Some(host)), ("user", user)];
    Ok(labels.into_iter().filter_map(|(name, value)| Some((name, clean(&value?)))).collect())
}

fn publish(path: &Path, text: &str) -> anyhow::Result<()> {
    let written = store::publish(path, text.as_bytes(), Patience::HOOK);
    written.with_context(|| format!("writing {}", path.display()))
}
