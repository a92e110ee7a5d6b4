//! `bridgeline usage`: tokens and cost of all sessions, from the transcripts of all projects.
//!
//! Promise: fails when the index or another machine's cannot be read or written. When transcripts
//! cannot be read, it prints what the others say and fails.

mod formats;
mod projects;
mod report;

use std::io::{self, IsTerminal, Write};

use anyhow::{Context, bail};
use indicatif::{ProgressBar, ProgressStyle};
use jiff::civil::Date;
use jiff::tz::TimeZone;

use self::projects::Projects;
use self::report::{Names, Report, harmless};
use crate::base::env::Env;
use crate::base::format::epoch_ms;
use crate::base::text::Text;
use crate::cli::{By, Format, UsageArgs, When};
use crate::config::{Config, Invocation};
use crate::session::cache;
use crate::spending::{self, zone};

/// Brings the index up to date and prints a report of it.
///
/// # Errors
/// See the promise; standard output cannot be written.
pub fn run(flags: &UsageArgs, call: &Invocation, out: &mut impl Write) -> anyhow::Result<()> {
    let Invocation { env, paths, .. } = call;
    let mut bar = Bar::default();
    let loaded = spending::load(paths, env, &mut |read, of| bar.show(read, of));
    bar.finish();
    let (mut messages, unreadable) = loaded.context("cannot bring the index of usage up to date")?;
    for folder in &flags.from {
        let other = spending::read(folder).with_context(|| format!("cannot read {}", folder.display()))?;
        let Some(other) = other else {
            bail!("no index of usage in {}: run `bridgeline usage` on that machine first", folder.display());
        };
        messages.merge(&other);
    }
    let (prices, warnings) = spending::prices(paths);
    for warning in warnings {
        _ = writeln!(io::stderr(), "warning: prices.toml: {}", Text::new(warning));
    }
    let zone = flags.timezone.clone().unwrap_or_else(|| zone::local(env));
    let by = flags.by().unwrap_or(if flags.format == Format::Prometheus { By::Project } else { By::Day });
    let date = |when: &Option<When>| when.map(|when| date(when, &zone, env));
    let days = (date(&flags.since), date(&flags.until));
    let projects = Projects::new(&messages, flags.worktrees);
    // Programs get ids.
    let config = (flags.format == Format::Table).then(|| Config::load(call, None));
    let name = |id: &String| config.as_ref().map_or_else(|| id.clone(), |config| config.model_name(id));
    let models = messages.models.list.iter().map(|id| harmless(&name(id))).collect();
    let names = Names { projects, models };
    let caches = paths.state.iter().flat_map(|state| cache::newest(state));
    let told =
        caches.filter_map(|cache| cache.status()).filter_map(|told| told.session_id.zip(told.cost_usd));
    let report = Report::new(&messages, &prices, &zone, by, days, &names, &told.collect());
    let text = match flags.format {
        Format::Table => formats::table(&report, env.terminal_columns()),
        Format::Json => formats::json(&report),
        Format::Csv => formats::csv(&report),
        Format::Prometheus => formats::prometheus(&report),
    };
    out.write_all(text.as_bytes()).and_then(|()| out.flush()).context("standard output")?;
    let Some((path, err)) = unreadable.first() else { return Ok(()) };
    let path = Text::new(path.to_string_lossy());
    bail!(
        "{} transcripts could not be read, so their use is missing; the first: {path}: {err}",
        unreadable.len()
    );
}

fn date(when: When, zone: &TimeZone, env: &Env) -> Date {
    match when {
        When::On(date) => date,
        When::Ago(long) => zone::date(zone, (epoch_ms(env.now) / 1000).saturating_sub(long.as_secs())),
    }
}

/// A bar on standard error, where that is a terminal and there is something to wait for.
#[derive(Default)]
struct Bar(Option<ProgressBar>);

impl Bar {
    /// With less to read it is over before it is seen, in bytes.
    const WORTH_IT: u64 = 64 << 20;

    fn show(&mut self, read: u64, of: u64) {
        if of < Self::WORTH_IT || !io::stderr().is_terminal() {
            return;
        }
        let bar = self.0.get_or_insert_with(|| {
            let style =
                ProgressStyle::with_template("reading transcripts {wide_bar} {bytes}/{total_bytes} {eta}");
            ProgressBar::new(of).with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
        });
        bar.set_position(read);
    }

    fn finish(&self) {
        if let Some(bar) = &self.0 {
            bar.finish_and_clear();
        }
    }
}
