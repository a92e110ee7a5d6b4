//! `bridgeline usage export`: metrics for a team's monitoring, as a file for node_exporter or sent to a collector.
//!
//! Promise: it fails if the index, the file or the collector cannot be read or written. If some transcripts cannot be
//! read, it exports the others and fails.

use std::path::{Path, PathBuf};

use anyhow::{Context, bail, ensure};
use itertools::Itertools;

use super::metrics::{self, Labels};
use super::{export, fail_for, load, otlp, prices};
use crate::base::env::Env;
use crate::cli::ExportArgs;
use crate::config::Invocation;
use crate::settings::{self, Service};
use crate::spending;
use crate::store::{self, Patience};
use crate::tools::install;
use crate::tools::report::{clean, print};

/// Updates the index and exports it.
///
/// # Errors
/// See the promise.
pub(super) fn run(args: &ExportArgs, call: &Invocation) -> anyhow::Result<()> {
    if args.uninstall {
        service()?;
        return install::schedule(None, args.consent, call).map(drop);
    }
    let origin = origin(args.host.as_deref(), &call.env)?;
    let (messages, unreadable) = load(call)?;
    let mut metrics = metrics::all(&messages, &prices(call), &origin, call);
    let state = call.paths.state.as_deref().context("no state folder: set HOME or BRIDGELINE_STATE_DIR")?;
    let kept = metrics::keep_counting(&mut metrics, &messages, state);
    let since = kept.with_context(|| format!("cannot write exported.json in {}", state.display()))?;
    let text = export::exposition(&metrics);
    if args.install {
        return install(args, &origin, &text, call);
    }
    match (&args.textfile, &args.otlp) {
        (_, Some(url)) => otlp::send(url, &metrics, &origin, since, &call.env)?,
        (Some(path), None) => publish(path, &text)?,
        (None, None) => print(&text)?,
    }
    fail_for(&unreadable)
}

/// The machine and user of all samples.
fn origin(host: Option<&str>, env: &Env) -> anyhow::Result<Labels> {
    let Some(host) = host.map(str::to_owned).or_else(|| env.host_name()) else {
        bail!("the name of this machine is unknown; set it with --host");
    };
    let user = ["USER", "USERNAME", "LOGNAME"].iter().find_map(|name| env.var(name));
    let labels = [("host", Some(host)), ("user", user)];
    Ok(labels.into_iter().filter_map(|(name, value)| Some((name, clean(&value?)))).collect())
}

/// Folders of node_exporter's textfile collector, as packages set it up.
const TEXTFILE_FOLDERS: [&str; 3] =
    ["/var/lib/prometheus/node-exporter", "/var/lib/node_exporter/textfile_collector", "/var/lib/node_exporter"];

/// Variables that affect which config and state are used, and where transcripts are, besides those that move the
/// folder of an agent.
const PASSED_ON: [&str; 6] =
    ["BRIDGELINE_CONFIG", "BRIDGELINE_STATE_DIR", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME", "TZ"];

/// Sets up an export every minute. With consent, the first export is at once, which shows that the file can be written.
fn install(args: &ExportArgs, origin: &Labels, text: &str, call: &Invocation) -> anyhow::Result<()> {
    let service = service()?;
    let known = || TEXTFILE_FOLDERS.iter().map(PathBuf::from).find(|folder| folder.is_dir());
    let folder = args.textfile_dir.clone().or_else(known);
    let folder =
        folder.context("the folder of node_exporter's textfile collector is unknown; set it with --textfile-dir")?;
    ensure!(folder.is_dir(), "--textfile-dir: {}: not a folder", folder.display());
    let user = origin.iter().find(|(label, _)| *label == "user").map_or("", |(_, user)| user);
    let name = if user.is_empty() { "bridgeline.prom".to_owned() } else { format!("bridgeline-{user}.prom") };
    let path = std::path::absolute(folder.join(name.replace(std::path::is_separator, "_")))?;
    let name = path.to_str().context("the folder's path is not Unicode")?;
    let host = args.host.iter().flat_map(|host| ["--host", host]);
    let words = ["usage", "export", "--textfile", name].into_iter().chain(host).map(str::to_owned);
    let of_agents = spending::COUNTED.iter().flat_map(|agent| agent.settings.moved_by).map(|(name, _)| *name);
    let passed_on = PASSED_ON.into_iter().chain(of_agents).unique();
    let set = passed_on.filter_map(|name| Some(format!("{name}={}", call.env.var(name)?)));
    if install::schedule(Some((set.collect(), words.collect())), args.consent, call)? {
        publish(&path, text)?;
        print(&format!("start it with:\n  {}\n", service.start))?;
    }
    Ok(())
}

fn service() -> anyhow::Result<&'static Service> {
    settings::service()
        .context("this system has neither systemd nor launchd; run `bridgeline usage export --textfile` every minute")
}

fn publish(path: &Path, text: &str) -> anyhow::Result<()> {
    let written = store::publish(path, text.as_bytes(), Patience::HOOK);
    written.with_context(|| format!("cannot write {}", path.display()))
}
