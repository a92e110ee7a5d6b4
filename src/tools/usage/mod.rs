//! `bridgeline usage`: tokens and cost of all sessions, from the transcripts of all projects.
//!
//! Promise: fails when the index or another machine's cannot be read or written. When transcripts
//! cannot be read, it prints what the others say and fails.

mod export;
mod report;
mod table;

use std::io::{self, Write};

use anyhow::{Context, bail};
use indicatif::{ProgressBar, ProgressStyle};
use jiff::civil::Date;
use jiff::tz::TimeZone;

use self::report::{Names, Period, UsageReport};
use super::report::{clean, print};
use crate::base::env::Env;
use crate::base::format::epoch_ms;
use crate::base::text::Text;
use crate::cli::{By, ExportFormat, UsageArgs, When};
use crate::config::{Config, Invocation};
use crate::session::cache;
use crate::spending::{self, zone};

/// With less to read it is over before a bar is seen, in bytes.
const WORTH_A_BAR: u64 = 64 << 20;

/// Brings the index up to date and prints a report of it.
///
/// # Errors
/// See the promise; standard output cannot be written.
pub fn run(flags: &UsageArgs, call: &Invocation) -> anyhow::Result<()> {
    let Invocation { env, paths, .. } = call;
    let mut shown = None;
    let loaded = spending::load(paths, env, &mut |read, of| {
        if of >= WORTH_A_BAR {
            shown.get_or_insert_with(|| bar(of)).set_position(read);
        }
    });
    shown.iter().for_each(ProgressBar::finish_and_clear);
    let (mut messages, unreadable) = loaded.context("cannot update the usage index")?;
    for folder in &flags.from {
        let other = spending::read(folder).with_context(|| format!("cannot read {}", folder.display()))?;
        let Some(other) = other else {
            bail!("no usage index in {}; run `bridgeline usage` on that machine first", folder.display());
        };
        messages.merge(&other);
    }
    let messages = messages.of_agents(&flags.agent);
    let (prices, warnings) = spending::prices(paths);
    for warning in warnings {
        _ = writeln!(io::stderr(), "warning: prices.toml: {}", Text::new(warning));
    }
    let zone = flags.timezone.clone().unwrap_or_else(|| zone::local(env));
    let date = |when: &Option<When>| when.map(|when| date(when, &zone, env));
    let period = Period { since: date(&flags.since), until: date(&flags.until), zone: zone.clone() };
    // Programs get ids.
    let config = (flags.format == ExportFormat::Table).then(|| Config::load(call, None));
    let model = |id: &String| config.as_ref().map_or_else(|| id.clone(), |config| config.model_name(id));
    let names = Names {
        projects: report::projects(&messages, flags.worktrees),
        models: messages.models.list.iter().map(|id| clean(&model(id))).collect(),
    };
    let caches = paths.state.iter().flat_map(|state| cache::newest(state));
    let hosts = caches.filter_map(|cache| cache.status());
    let hosts = hosts.filter_map(|status| status.session_id.zip(status.cost_usd)).collect();
    let by = flags.by().unwrap_or(if flags.format == ExportFormat::Prometheus { By::Project } else { By::Day });
    let report = UsageReport::new(&messages, &prices, by, period, &names, &hosts);
    print(&match flags.format {
        ExportFormat::Table => table::table(&report, env.terminal_columns()),
        ExportFormat::Json => export::json(&report),
        ExportFormat::Csv => export::csv(&report),
        ExportFormat::Prometheus => export::prometheus(&report),
    })?;
    let Some((path, err)) = unreadable.first() else { return Ok(()) };
    let path = Text::new(path.to_string_lossy());
    let count = unreadable.len();
    bail!("{count} transcripts could not be read and are not counted; the first: {path}: {err}");
}

fn date(when: When, zone: &TimeZone, env: &Env) -> Date {
    match when {
        When::On(date) => date,
        When::Ago(long) => zone::date(zone, (epoch_ms(env.now) / 1000).saturating_sub(long.as_secs())),
    }
}

/// A bar on standard error, which shows itself on a terminal only.
fn bar(of: u64) -> ProgressBar {
    let style = ProgressStyle::with_template("reading transcripts {wide_bar} {bytes}/{total_bytes} {eta}");
    ProgressBar::new(of).with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
}
